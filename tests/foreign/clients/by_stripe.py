"""Stripe, by its own library."""

import stripe

from sandbox import ADDRESS, CREDENTIALS, fault, refused, tell

account = stripe.StripeClient(CREDENTIALS["api_key"], base_addresses={"api": ADDRESS}, max_network_retries=0)
v1 = account.v1

found = v1.customers.search({"query": "metadata['erp_id']:'C-1001'", "expand": ["data.subscriptions"]})
customer = found.data[0]
two = v1.customers.search({"query": "metadata['erp_id']:'C-1001' OR metadata['erp_id']:'C-1002'"})
hostile = v1.customers.search({"query": r"metadata['erp_id']:'O\'Neill \\ OR metadata'"})

subscriptions = v1.subscriptions.list({"customer": customer.id, "status": "all"})
subscription = v1.subscriptions.retrieve(subscriptions.data[0].id, {"expand": ["customer", "latest_invoice"]})
item = subscription["items"].data[0]
invoices = v1.invoices.list({"customer": customer.id, "limit": 2})

lines = list(invoices.data[0].lines.auto_paging_iter())
told_lines = v1.invoices.line_items.list(invoices.data[0].id)
items = v1.subscription_items.list({"subscription": subscription.id})
owing = v1.invoices.search({"query": "status:'open'", "limit": 3})

first = v1.customers.list({"limit": 100})
everybody = [one.id for one in first.auto_paging_iter()]
last = v1.customers.list({"limit": 3, "ending_before": everybody[3]})
searched = v1.customers.search({"query": "created>0", "limit": 100})
by_search = [one.id for one in searched.auto_paging_iter()]



def refusal(call):
    """What of a refusal the library hands on; it keeps the code in the object that the vendor calls `error`."""
    told = refused(call, "http_status", "error")
    error = told.pop("error")
    return {**told, "error": {name: error.to_dict().get(name) for name in ("type", "code", "param", "message")}}


def throttled():
    with fault("throttled"):
        return refusal(lambda: v1.customers.retrieve(customer.id))


def retried():
    """The library waits and asks again by itself where it is told that it may."""
    patient = stripe.StripeClient(CREDENTIALS["api_key"], base_addresses={"api": ADDRESS}, max_network_retries=1)
    with fault("throttled"):
        return refused(lambda: patient.v1.customers.retrieve(customer.id), "http_status")


def expired():
    with fault("expired_token"):
        return refusal(lambda: v1.customers.retrieve(customer.id))


stranger = stripe.StripeClient("sk_test_of_nobody", base_addresses={"api": ADDRESS}, max_network_retries=0)
tell(
    customer={"name": customer.name, "metadata": customer.metadata.to_dict(), "object": customer.object},
    subscriptions_of_search=[one.status for one in customer.subscriptions.data],
    two_found=sorted(one.metadata["erp_id"] for one in two.data),
    hostile_finds_nothing=len(hostile.data),
    subscriptions=[one.status for one in subscriptions.data],
    subscription={
        "status": subscription.status,
        "customer_expanded": subscription.customer.id == customer.id,
        "latest_invoice_expanded": subscription.latest_invoice.object,
        "currency": item.price.currency,
        "unit_amount": item.price.unit_amount,
        "interval": item.price.recurring.interval,
        "quantity": item.quantity,
        "period_is_a_number": isinstance(item.current_period_end, int),
        "cancel_at_period_end": subscription.cancel_at_period_end,
    },
    invoices=[
        {"status": one.status, "currency": one.currency, "due": one.amount_due - one.amount_paid == one.amount_remaining}
        for one in invoices.data
    ],
    invoice_names_its_subscription=invoices.data[0].parent.subscription_details.subscription == subscription.id,
    lines=[{"amount_is_of_the_invoice": one.amount == invoices.data[0].total, "quantity": one.quantity} for one in lines],
    told_lines=[one.id for one in told_lines.data] == [one.id for one in lines],
    items=[one.id for one in items.data] == [item.id],
    owing={"status": {one.status for one in owing.data} == {"open"}, "remaining": all(one.amount_remaining > 0 for one in owing.data)},
    pages={
        "first": len(first.data),
        "more": first.has_more,
        "distinct": len(everybody) == len(set(everybody)),
        "backwards": [one.id for one in last.data] == everybody[:3],
        "newest_first": first.data[0].created >= first.data[-1].created,
    },
    search_pages={"distinct": len(by_search) == len(set(by_search)), "same": sorted(by_search) == sorted(everybody)},
    retrieved=v1.customers.retrieve(customer.id).id == customer.id,
    entitlements=[one.lookup_key for one in v1.entitlements.active_entitlements.list({"customer": customer.id}).data],
    balance=v1.balance.retrieve().object,
    request_id=first.last_response.request_id.startswith("req_"),
    version=first.last_response.headers["stripe-version"] == stripe.api_version,
    no_such_customer=refusal(lambda: v1.customers.retrieve("cus_nope")),
    no_such_owner=refusal(lambda: v1.subscriptions.list({"customer": "cus_nope"})),
    unknown_parameter=refusal(lambda: v1.customers.list({"bogus": 1})),
    bad_search=refusal(lambda: v1.customers.search({"query": "nope"})),
    mixed_search=refusal(lambda: v1.customers.search({"query": "email:'a' AND email:'b' OR email:'c'"})),
    wrong_key=refusal(lambda: stranger.v1.customers.list()),
    throttled=throttled(),
    retried=retried(),
    expired=expired(),
)
