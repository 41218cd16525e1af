"""Salesforce, by simple-salesforce."""

from simple_salesforce import Salesforce, SalesforceLogin, format_soql

from sandbox import CREDENTIALS, everywhere, fault, refused, tell

# Signing in by client credentials goes to the organisation's own domain.
everywhere()
DOMAIN = "acme.my"
org = Salesforce(
    consumer_key=CREDENTIALS["client_id"],
    consumer_secret=CREDENTIALS["client_secret"],
    version="66.0",
    domain=DOMAIN,
)


def plain(record):
    return {name: value for name, value in record.items() if name != "attributes"}


found = org.query("SELECT Id, Name, AccountNumber, Owner.Name FROM Account WHERE AccountNumber IN ('C-1001','C-1002') ORDER BY AccountNumber")
good = found["records"][0]

# Pages as small as the vendor makes them.
small = {"Sforce-Query-Options": "batchSize=200"}
accounts = "SELECT Id, AccountNumber FROM Account ORDER BY Id"
first = org.query(accounts, headers=small)
everybody = org.query_all(accounts, headers=small)
read_one_by_one = [record["Id"] for record in org.query_all_iter(accounts, headers=small)]
followed = org.query_more(first["nextRecordsUrl"], identifier_is_url=True)

hostile = r"O'Neill \' OR Name != '"
children = org.query(
    "SELECT Id, (SELECT Name, Email FROM Contacts ORDER BY Name LIMIT 2) FROM Account WHERE AccountNumber = 'C-1001'"
)
described = org.Account.describe()
composite = org.restful(
    "composite",
    method="POST",
    json={
        "allOrNone": False,
        "compositeRequest": [
            {"method": "GET", "referenceId": "good", "url": f"/services/data/v66.0/sobjects/Account/{good['Id']}?fields=Name"},
            {"method": "GET", "referenceId": "bad", "url": "/services/data/v66.0/query?q=SELECT+Id+FROM+Nope"},
        ],
    },
)
many = org.restful(
    "composite/sobjects/Account", method="POST", json={"ids": [good["Id"], "001000000000000AAA"], "fields": ["Name"]}
)


def expired():
    """The library signs in again by itself, because the refusal says what it waits for."""
    before = org.session_id
    with fault("expired_token"):
        answered = org.query("SELECT Id FROM Account LIMIT 1")["totalSize"]
    return {"answered": answered, "signed_in_again": org.session_id != before}


def throttled():
    with fault("throttled"):
        return refused(lambda: org.query("SELECT Id FROM Account LIMIT 1"), "status", "content")


def wrong_secret():
    SalesforceLogin(consumer_key=CREDENTIALS["client_id"], consumer_secret="wrong", domain=DOMAIN)


tell(
    instance=org.sf_instance,
    query={"totalSize": found["totalSize"], "done": found["done"], "records": [plain(r) for r in found["records"]]},
    record_type=good["attributes"]["type"],
    owner_attributes=sorted(good["Owner"]["attributes"]),
    first_page={"records": len(first["records"]), "done": first["done"]},
    second_page={"records": len(followed["records"]), "continues": followed["records"][0] == everybody["records"][200]},
    all_pages={
        "records": len(everybody["records"]) == everybody["totalSize"],
        "done": everybody["done"],
        "distinct": len({record["Id"] for record in everybody["records"]}) == everybody["totalSize"],
        "one_by_one": read_one_by_one == [record["Id"] for record in everybody["records"]],
    },
    no_rows=org.query("SELECT Id FROM Account WHERE AccountNumber = 'nobody'"),
    hostile_finds_nothing=org.query(format_soql("SELECT Id FROM Account WHERE Name = {}", hostile))["totalSize"],
    like_is_escaped=org.query(format_soql("SELECT Id FROM Account WHERE Name LIKE '{:like}%'", "%"))["totalSize"],
    children=[plain(contact) for contact in children["records"][0]["Contacts"]["records"]],
    counted=org.query("SELECT COUNT() FROM Account")["totalSize"] == everybody["totalSize"],
    by_id=plain(org.Account.get(good["Id"]))["AccountNumber"],
    by_short_id=plain(org.Account.get(good["Id"][:15]))["Id"] == good["Id"],
    described={
        "fields": "AccountNumber" in {field["name"] for field in described["fields"]},
        "prefix": described["keyPrefix"],
        "objects": "Asset" in {thing["name"] for thing in org.describe()["sobjects"]},
    },
    composite=[(part["referenceId"], part["httpStatusCode"]) for part in composite["compositeResponse"]],
    many=[None if record is None else record["Name"] for record in many],
    limits=sorted(org.limits()["DailyApiRequests"]),
    usage=sorted(org.api_usage["api-usage"]._fields),
    no_such_record=refused(lambda: org.Account.get("001000000000000AAA"), "status", "content"),
    no_such_column=refused(lambda: org.query("SELECT Nope__c FROM Account"), "status", "content"),
    no_such_object=refused(lambda: org.query("SELECT Id FROM Nope"), "status", "content"),
    bad_query=refused(lambda: org.query("SELECT Id FROM"), "status"),
    throttled=throttled(),
    expired=expired(),
    wrong_secret=refused(wrong_secret, "code", "message"),
)
