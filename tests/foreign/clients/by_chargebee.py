"""Chargebee, by its own library."""

from chargebee import Chargebee, Filters

from sandbox import ADDRESS, CREDENTIALS, fault, refused, tell

# The library makes its address of the site's name and a domain.
SITE, DOMAIN = ADDRESS.removeprefix("http://").split(".", 1)


def site(key):
    return Chargebee(api_key=key, site=SITE, chargebee_domain=DOMAIN, protocol="http")


# What `protocol` says is not looked at by what sends.
Chargebee.verify_ca_certs = False
account = site(CREDENTIALS["api_key"])
stranger = site("test_of_nobody")
Customers, Subscriptions = account.Customer, account.Subscription
ERROR = ("http_status_code", "api_error_code", "type", "param")

good = Customers.retrieve("G-2001").customer
two = Customers.list(Customers.ListParams(id=Filters.StringFilter(IN=["G-2001", "G-2002"])))
hostile = Customers.list(Customers.ListParams(id=Filters.StringFilter(IN=['G-2001","G-2002', "]"])))
by_email = Customers.list(Customers.ListParams(email=Filters.StringFilter(IS=good.email)))

page = Customers.list(Customers.ListParams(limit=100))
ids, pages = [], 0
while True:
    ids += [entry.customer.id for entry in page.list]
    pages += 1
    if page.next_offset is None:
        break
    page = Customers.list(Customers.ListParams(limit=100, offset=page.next_offset))

subscriptions = Subscriptions.list(Subscriptions.ListParams(customer_id=Filters.StringFilter(IS="G-2001")))
subscription = Subscriptions.retrieve(subscriptions.list[0].subscription.id)
item = subscription.subscription.subscription_items[0]
active = Subscriptions.list(Subscriptions.ListParams(status=Filters.EnumFilter(IN=["active"]), limit=5))
invoices = account.Invoice.list(account.Invoice.ListParams(customer_id=Filters.StringFilter(IS="G-2001"), limit=3))


def throttled():
    with fault("throttled", 7):
        return refused(lambda: Customers.retrieve("G-2001"), *ERROR)


def expired():
    with fault("expired_token"):
        return refused(lambda: Customers.retrieve("G-2001"), *ERROR)


def bad_offset():
    Customers.list(Customers.ListParams(offset="[\"nowhere\"]"))


tell(
    good={"id": good.id, "company": good.company, "custom": good.cf_erp_id},
    two=sorted(entry.customer.id for entry in two.list),
    hostile_finds_nothing=len(hostile.list),
    by_email=[entry.customer.id for entry in by_email.list],
    pages={"read": pages, "distinct": len(ids) == len(set(ids)), "all_there": "G-2001" in ids},
    subscriptions=[entry.subscription.status for entry in subscriptions.list],
    subscription={
        "status": subscription.subscription.status,
        "customer": subscription.customer.id,
        "currency": subscription.subscription.currency_code,
        "item_price": item.item_price_id,
        "unit_price": item.unit_price,
        "quantity": item.quantity,
        "billing_period": [subscription.subscription.billing_period, subscription.subscription.billing_period_unit],
        "term_is_a_number": isinstance(subscription.subscription.current_term_end, int),
    },
    active={entry.subscription.status for entry in active.list} == {"active"},
    invoices=[
        {
            "status": entry.invoice.status,
            "currency": entry.invoice.currency_code,
            "due": entry.invoice.total - entry.invoice.amount_paid == entry.invoice.amount_due,
            "of": entry.invoice.customer_id,
        }
        for entry in invoices.list
    ],
    no_such_customer=refused(lambda: Customers.retrieve("nobody"), *ERROR),
    bad_offset=refused(bad_offset, *ERROR),
    wrong_key=refused(lambda: stranger.Customer.retrieve("G-2001"), *ERROR),
    throttled=throttled(),
    expired=expired(),
)
