"""NetSuite, by netsuite: its users' own client for SuiteQL.

It signs each request by OAuth 1.0, as the vendor let everybody do for years. Here it is given the token that Portico
works with: the one for a statement that a certificate's key has signed.
"""

import asyncio
import json
import time

import httpx
import jwt
import requests
from netsuite import Config, NetSuiteRestApi, TokenAuth
from netsuite.exceptions import NetsuiteAPIRequestError

from sandbox import ADDRESS, CREDENTIALS, fault, tell

STATEMENT = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def token(**otherwise):
    now = int(time.time())
    claims = {
        "iss": CREDENTIALS["client_id"],
        "aud": CREDENTIALS["token_url"],
        "scope": [CREDENTIALS["scope"]],
        "iat": now,
        "exp": now + 300,
        **otherwise,
    }
    statement = jwt.encode(claims, CREDENTIALS["private_key"], "ES256", {"kid": CREDENTIALS["certificate_id"]})
    form = {"grant_type": "client_credentials", "client_assertion_type": STATEMENT, "client_assertion": statement}
    return requests.post(CREDENTIALS["token_url"], data=form)


class Bearer(httpx.Auth):
    def __init__(self, token):
        self.token = token

    def auth_flow(self, request):
        request.headers["Authorization"] = f"Bearer {self.token}"
        yield request


class Account(NetSuiteRestApi):
    def __init__(self, token):
        unused = TokenAuth(consumer_key="", consumer_secret="", token_id="", token_secret="")
        super().__init__(Config(account="1234567", auth=unused))
        self.token = token

    def _make_auth(self):
        return Bearer(self.token)

    def _make_url(self, subpath):
        return f"{ADDRESS}/services/rest{subpath}"


async def refused(call):
    try:
        await call
    except NetsuiteAPIRequestError as error:
        return {"raised": type(error).__name__, "status": error.status_code, "body": json.loads(error.response_text)}
    return "nothing was raised"


async def main():
    granted = token().json()
    account = Account(granted["access_token"])

    good = await account.suiteql("SELECT id, entityid, companyname FROM customer WHERE entityid = 'G-2001'")
    either = await account.suiteql("SELECT entityid FROM customer WHERE entityid IN ('G-2002','G-2001') ORDER BY entityid")
    hostile = await account.suiteql("SELECT id FROM customer WHERE entityid = 'O''Neill'' OR 1=1 --'")

    # Page by page, as long as the answer says that there is more.
    pages, ids = [], []
    while not pages or pages[-1]["hasMore"]:
        ask = account.suiteql("SELECT entityid FROM customer ORDER BY id", limit=300, offset=len(ids))
        pages.append(await ask)
        ids += [item["entityid"] for item in pages[-1]["items"]]

    with fault("throttled"):
        throttled = await refused(account.suiteql("SELECT id FROM customer"))
    with fault("expired_token"):
        expired = await refused(account.suiteql("SELECT id FROM customer"))
    account = Account(token().json()["access_token"])
    late = token(exp=int(time.time()) - 60)
    tell(
        token={name: value for name, value in granted.items() if name != "access_token"},
        good=[{name: item[name] for name in ("entityid", "companyname")} for item in good["items"]],
        texts=all(isinstance(value, str) for item in good["items"] for name, value in item.items() if name != "links"),
        either=[item["entityid"] for item in either["items"]],
        hostile_finds_nothing=hostile["totalResults"],
        first_page={name: pages[0][name] for name in ("count", "hasMore", "offset")},
        links=sorted(link["rel"] for link in pages[1]["links"]),
        pages={"read": len(pages), "all": len(ids) == pages[0]["totalResults"], "distinct": len(set(ids)) == len(ids)},
        odd_offset=await refused(account.suiteql("SELECT id FROM customer", limit=300, offset=100)),
        no_such_column=await refused(account.suiteql("SELECT nope FROM customer")),
        bad_query=await refused(account.suiteql("SELECT id FROM customer WHERE entityid = 'x")),
        not_transient=await refused(account.suiteql("SELECT id FROM customer", headers={"Prefer": ""})),
        throttled=throttled,
        expired=expired,
        late_statement={"status": late.status_code, **late.json()},
    )


asyncio.run(main())
