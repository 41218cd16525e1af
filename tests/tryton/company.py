"""Makes a database with the modules that the pack reads, a company in euros and its chart of accounts."""

import pathlib
import sys

from seeding import DATABASE, administer, connect

MODULES = ["party", "product", "sale", "account_invoice", "stock", "account_invoice_stock", "account_credit_limit"]


def main(place):
    (place / f"{DATABASE}.sqlite").touch()
    administer(place, "--update", "ir", "res", *MODULES, "--activate-dependencies", "--email", "admin@example.com")
    connect(place)

    from proteus import Model
    from trytond.modules.account.tests.tools import create_chart
    from trytond.modules.company.tests.tools import create_company, get_company
    from trytond.modules.currency.tests.tools import get_currency

    ours = Model.get("party.party")(name="Example Instruments")
    ours.save()
    create_company(party=ours, currency=get_currency("EUR"))
    create_chart(get_company())
    for kind, prefix in [("Sale", "SO-"), ("Customer Shipment", "OUT-")]:
        for sequence in Model.get("ir.sequence").find([("sequence_type.name", "=", kind)]):
            sequence.prefix = prefix
            sequence.save()


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
