"""ServiceNow, by pysnc: its maker's own GlideRecord for Python."""

from pysnc import ServiceNowClient
from pysnc.auth import ServiceNowClientCredentialsFlow

from sandbox import CREDENTIALS, everywhere, fault, refused, tell

everywhere()
INSTANCE = "globex"
instance = ServiceNowClient(
    INSTANCE, ServiceNowClientCredentialsFlow(CREDENTIALS["client_id"], CREDENTIALS["client_secret"]), auto_retry=False
)
by_password = ServiceNowClient(INSTANCE, (CREDENTIALS["client_id"], CREDENTIALS["client_secret"]), auto_retry=False)


def records(table, prepare, client=instance, batch_size=100):
    record = client.GlideRecord(table, batch_size=batch_size)
    prepare(record)
    record.query()
    return record


def values(record, *fields):
    return [{field: one.get_value(field) for field in fields} for one in record]


def numbered(record):
    record.add_query("number", "IN", "G-2001,G-2002")
    record.order_by_desc("number")


def of_good(record):
    record.add_query("account", good.sys_id)
    record.order_by_desc("sys_created_on")


good = instance.GlideRecord("customer_account")
found_by_number = good.get("number", "G-2001")
cases = records("sn_customerservice_case", of_good)
contacts = records("customer_contact", lambda record: record.add_query("account", good.sys_id))
first_contact = next(iter(contacts))

assets = records("alm_asset", lambda record: record.add_query("serial_number", "GX-77"))
dotted = instance.GlideRecord("alm_asset")
dotted.fields = ["serial_number", "account.number", "model.name"]
dotted.add_query("serial_number", "GX-77")
dotted.query()

# Pages as the library asks for them.
everybody = records("customer_account", lambda record: record.order_by("sys_id"), batch_size=500)
all_ids = [one.get_value("sys_id") for one in everybody]
either = instance.GlideRecord("customer_account")
either.add_query("number", "G-2001").add_or_condition("number", "G-2003")
either.order_by("number")
either.query()
limited = instance.GlideRecord("customer_account")
limited.limit = 3
limited.query()
counted = instance.GlideRecord("customer_account")
counted.add_query("number", "STARTSWITH", "G-200")
counted.query()
batched = []
instance.batch_api.get(instance.GlideRecord("customer_account"), good.sys_id, lambda response: batched.append(response.json()["result"]["number"]))
instance.batch_api.get(instance.GlideRecord("customer_account"), "0" * 32, lambda response: batched.append(response.status_code))
instance.batch_api.execute()


def throttled():
    with fault("throttled", 7):
        return refused(lambda: records("customer_account", numbered), "args")


def expired():
    """The library fetches a token by its time only."""
    with fault("expired_token"):
        return refused(lambda: records("customer_account", numbered), "args")


def of_table(table):
    return lambda: records(table, lambda record: None)


nobody = instance.GlideRecord("customer_account")
tell(
    found_by_number=found_by_number,
    good={"name": good.get_value("name"), "number": good.get_value("number"), "display": good.get_display_value("name")},
    by_sys_id=instance.GlideRecord("customer_account").get(good.sys_id),
    both=values(records("customer_account", numbered), "number"),
    by_password=values(records("customer_account", numbered, by_password), "number"),
    either=values(either, "number"),
    cases={"rows": len(cases) == len(list(cases)), "account": {one.get_value("account") for one in cases} == {good.sys_id}},
    case_state={name: getattr(next(iter(cases)), name).get_display_value() for name in ("state", "priority")},
    contact={"reference": first_contact.get_value("account") == good.sys_id, "shown": first_contact.get_display_value("account")},
    asset=values(assets, "serial_number"),
    dotted=values(dotted, "serial_number", "account.number", "model.name"),
    pages={"rows": len(everybody), "all": len(all_ids) == len(everybody), "distinct": len(set(all_ids)) == len(all_ids)},
    limited=len(list(limited)),
    counted=counted.get_row_count(),
    batched=batched,
    no_such_record=[nobody.get("0" * 32), nobody.get("number", "nobody")],
    # The library escapes nothing, and neither does the vendor: such a value reaches every row.
    hostile=len(records("customer_account", lambda record: record.add_query("number", "G-2001^ORnumberISNOTEMPTY"))),
    no_such_table=refused(of_table("nope"), "args"),
    throttled=throttled(),
    expired=expired(),
    wrong_secret=refused(lambda: ServiceNowClient(INSTANCE, ServiceNowClientCredentialsFlow("nobody", "wrong")), "args"),
)
