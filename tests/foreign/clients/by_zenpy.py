"""Zendesk Support, by zenpy."""

import requests
from zenpy import Zenpy
from zenpy.lib.exception import APIException

from sandbox import CREDENTIALS, everywhere, fault, refused, tell

everywhere()
# The library leaves signing in to its user: a token of the account's own, as the vendor hands it out.
granted = requests.post(
    CREDENTIALS["token_url"],
    json={
        "grant_type": "client_credentials",
        "client_id": CREDENTIALS["client_id"],
        "client_secret": CREDENTIALS["client_secret"],
        "scope": "read",
    },
)
account = Zenpy(
    subdomain="acme", oauth_token=granted.json()["access_token"], ratelimit_budget=0, disable_cache=True
)
stranger = Zenpy(subdomain="acme", oauth_token="nobody", disable_cache=True)


def organization(one):
    return {"external_id": one.external_id, "name": one.name, "domain_names": one.domain_names}


# Not by `organizations.external`: that puts a second question mark into the address, behind the id.
[good] = account.organizations(external_ids=["C-1001"])
asked = ["C-1003", "C-1001", "C-0000", "C-1002"]
several = list(account.organizations(external_ids=asked))
by_id = list(account.organizations(ids=[one.id for one in reversed(several)]))

found = account.search(type="ticket", organization=good.id, sort_by="created_at", sort_order="desc")
tickets = list(found)
ticket = account.tickets(id=tickets[0].id)
requester = account.users(id=ticket.requester_id)
listed = list(account.tickets.organizations(good.id))
unsolved = list(account.search(type="ticket", organization=good.id, status_less_than="solved"))

many = [one.id for one in account.tickets(ids=[one.id for one in reversed(tickets)])]
asked_by = [one.id for one in account.users.requested(ticket.requester_id)]

# The first cursor page of a list and the one after it.
paged = account.tickets(cursor_pagination=5)
first = [one.id for _, one in zip(range(5), paged)]
whole = [one.id for one in account.tickets(cursor_pagination=100)]
by_offset = [one.id for _, one in zip(range(7), account.tickets(cursor_pagination=False))]


def throttled():
    """The library waits as long as it is told, unless that is more than it may."""
    with fault("throttled", 7):
        return refused(lambda: account.tickets(id=ticket.id))


def expired():
    with fault("expired_token"):
        return refused(lambda: account.tickets(id=ticket.id))


def status(call):
    try:
        call()
    except APIException as error:
        return {"raised": type(error).__name__, "status": error.response.status_code, "body": error.response.json()}
    return "nothing was raised"


tell(
    token={name: value for name, value in granted.json().items() if name != "access_token"},
    external=organization(good),
    show_many=sorted(one.external_id for one in several),
    show_many_keeps_the_order=[one.external_id for one in several] == [id for id in asked if id != "C-0000"],
    by_id=sorted(one.external_id for one in by_id),
    found={
        "count": len(found) == len(tickets),
        "newest_first": [one.created_at for one in tickets] == sorted((one.created_at for one in tickets), reverse=True),
        "of_the_organization": {one.organization_id for one in tickets} == {good.id},
    },
    unsolved=all(one.status in ("new", "open", "pending", "hold") for one in unsolved),
    listed=sorted(one.id for one in listed) == sorted(one.id for one in tickets),
    ticket={"status": ticket.status, "priority": ticket.priority, "subject": ticket.subject, "created": str(ticket.created)[:10]},
    organization_of_ticket=ticket.organization.name,
    requester={"name": requester.name, "email": requester.email, "role": requester.role},
    many=sorted(many) == sorted(one.id for one in tickets),
    requested=ticket.id in asked_by,
    comments=len(list(account.tickets.comments(ticket.id))),
    by_external_id=[one.external_id for one in account.tickets(external_id=ticket.external_id)][:1] if ticket.external_id else None,
    user_search=[one.email for one in account.users.search(query=f"email:{requester.email}")],
    me=account.users.me().role,
    pages={"first": len(first), "same_beginning": whole[:5] == first, "distinct": len(whole) == len(set(whole)), "offset": len(by_offset)},
    counted=len(account.search(type="ticket")) == len(whole),
    no_such_ticket=status(lambda: account.tickets(id=999_999_999)),
    no_such_organization=list(account.organizations(external_ids=["nobody"])),
    organization_search=[one.external_id for one in account.search(f'type:organization external_id:"{good.external_id}"')],
    too_many=status(lambda: list(account.organizations(ids=list(range(1, 102))))),
    throttled=throttled(),
    expired=expired(),
    stranger=status(lambda: stranger.users.me()),
)
