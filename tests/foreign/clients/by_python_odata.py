"""Dynamics 365, by python-odata: a client that knows OData 4 and nothing of this vendor."""

import requests
from odata import ODataService

from sandbox import ADDRESS, CREDENTIALS, fault, refused, tell


def token():
    """The directory hands out tokens for the environment's address."""
    form = {
        "grant_type": "client_credentials",
        "client_id": CREDENTIALS["client_id"],
        "client_secret": CREDENTIALS["client_secret"],
        "scope": CREDENTIALS["scope"],
    }
    return requests.post(CREDENTIALS["token_url"], data=form).json()


class SignedIn(requests.auth.AuthBase):
    """The token, and what the vendor wants beside OData's own options to show more than the user's own company."""

    def __init__(self, across=True):
        self.across, self.authorization = across, f"Bearer {token()['access_token']}"

    def __call__(self, request):
        request.headers["Authorization"] = self.authorization
        if self.across and "cross-company" not in request.url:
            request.prepare_url(request.url, {"cross-company": "true"})
        return request


def environment(across=True):
    session = requests.Session()
    session.auth = SignedIn(across)
    return ODataService(f"{ADDRESS}/data/", session=session, reflect_entities=True, quiet_progress=True)


ERROR = ("status_code", "code", "message", "detailed_message")

# The library learns the sets and their types from `$metadata`.
service = environment()
Customer, Order, Line = (service.entities[name] for name in ("CustomersV3", "SalesOrderHeadersV2", "SalesOrderLinesV3"))


def customers(*conditions):
    query = service.query(Customer)
    for condition in (Customer.dataAreaId == "acmf", *conditions):
        query = query.filter(condition)
    return query


good = service.query(Customer).get(dataAreaId="acmf", CustomerAccount="C-1001")
two = service.query(Customer)
either = two.or_(Customer.CustomerAccount == "C-1001", Customer.CustomerAccount == "C-1002")
two = customers(either).order_by(Customer.CustomerAccount.desc()).all()
everybody = customers().select(Customer.CustomerAccount).all()
order = service.query(Order).filter(Order.dataAreaId == "acmf").filter(Order.SalesOrderNumber == "SO-1042").one()
lines = service.query(Line).filter(Line.dataAreaId == "acmf").filter(Line.SalesOrderNumber == "SO-1042")
lines = lines.order_by(Line.LineNumber.asc()).all()

# Pages as small as the client asks for; the library follows their links.
small = environment()
paging = small.default_context.connection.session
paging.headers["Prefer"] = "odata.maxpagesize=100"
pages = []
paging.hooks["response"].append(lambda response, *_, **__: pages.append(len(response.json()["value"])))
Row = small.entities["CustomersV3"]
paged = small.query(Row).filter(Row.dataAreaId == "acmf").select(Row.CustomerAccount).order_by(Row.CustomerAccount.asc())
paged = [row["CustomerAccount"] for row in paged]
skipped = customers().select(Customer.CustomerAccount).order_by(Customer.CustomerAccount.asc()).offset(2).limit(2).all()

at_home = environment(across=False)
Home = at_home.entities["CustomersV3"]
home = at_home.query(Home).filter(Home.CustomerAccount == "C-1001").all()


def throttled():
    with fault("throttled", 7):
        return refused(lambda: customers().first(), *ERROR)


def expired():
    with fault("expired_token"):
        return refused(lambda: customers().first(), "status_code", "message")


def raw(options):
    return lambda: service.query(Customer).raw(options)


tell(
    token={name: value for name, value in token().items() if name != "access_token"},
    sets=sorted(service.entities),
    keys=[name for name, _ in good.__odata__.primary_key_properties],
    by_key={
        "OrganizationName": good.OrganizationName,
        "CreditLimit": good.CreditLimit,
        "OnHoldStatus": good.OnHoldStatus,
        "PaymentTerms": good.PaymentTerms,
    },
    either=[one.CustomerAccount for one in two],
    order={
        "SalesOrderStatus": order.SalesOrderStatus,
        "OrderTotalAmount": order.OrderTotalAmount,
        "AreTotalsCalculated": order.AreTotalsCalculated,
        "OrderCreationDateTime": order.OrderCreationDateTime,
        "ConfirmedShippingDate": order.ConfirmedShippingDate,
    },
    lines=[(one.LineNumber, one.ItemNumber, one.OrderedSalesQuantity, one.LineAmount) for one in lines],
    counted=customers().count() == len(everybody),
    pages={"read": len(pages), "longest": max(pages), "all": len(paged) == len(everybody), "sorted": paged == sorted(paged)},
    skipped=[row["CustomerAccount"] for row in skipped],
    quoted=len(customers(Customer.OrganizationName == "O'Neill ' or 1 eq 1").all()),
    wildcard=len(customers(Customer.CustomerAccount == "C-100*").all()),
    without_cross_company=[(one.dataAreaId, one.CustomerAccount) for one in home],
    no_such_customer=refused(lambda: service.query(Customer).get(dataAreaId="acmf", CustomerAccount="nobody")),
    no_such_property=refused(raw({"$filter": "Nope eq 'x'"}), *ERROR),
    bad_filter=refused(raw({"$filter": "CustomerAccount eq 'x"}), *ERROR),
    not_supported=refused(raw({"$filter": "CustomerAccount in ('C-1001')"}), "status_code"),
    throttled=throttled(),
    expired=expired(),
)
