"""Enters the business of one day: three customers, what they ordered, got, were billed for and paid.

Every date is so many days before or after that day, which is what the suite's answers say too.
"""

import datetime
import json
import pathlib
import sys
from decimal import Decimal

from seeding import ADMIN, connect

# What Portico may read, and nothing more. What is not named here is open to every user of Tryton, or not needed. The
# pack's README tells operators the same.
READS = [
    "account.invoice",
    "account.move.line",
    "account.move.reconciliation",
    "party.party",
    "product.product",
    "sale.line",
    "sale.sale",
    "stock.shipment.out",
]


def main(place, today):
    connect(place)
    from trytond.modules.company.tests.tools import get_company

    business = Business(get_company(), today)
    business.books()
    business.catalogue()
    # By the dates of their invoices: a sequence never goes back.
    business.oldcastle()
    business.riverside()
    business.newcomer()
    key = key_for_portico(business.company)
    told = {"database": str(place / "erp.sqlite"), "key": key, "today": today.isoformat()}
    (place / "seeded.json").write_text(json.dumps(told))


class Business:
    def __init__(self, company, today):
        from proteus import Model

        self.get = Model.get
        self.company = company
        self.today = today
        self.products = {}

    def day(self, offset):
        return self.today + datetime.timedelta(days=offset)

    def books(self):
        """A fiscal year around the day, a payment term and a way to be paid."""
        from trytond.modules.account.tests.tools import create_fiscalyear, get_accounts
        from trytond.modules.account_invoice.tests.tools import set_fiscalyear_invoice_sequences

        self.accounts = get_accounts(self.company)
        year = set_fiscalyear_invoice_sequences(create_fiscalyear(self.company, self.today))
        year.click("create_period")
        numbers = year.invoice_sequences[0].out_invoice_sequence
        numbers.prefix = "INV-"
        numbers.save()

        Term = self.get("account.invoice.payment_term")
        self.term = Term(name="30 days net")
        self.term.lines.new(type="remainder").relativedeltas.new(days=30)
        self.term.save()
        self.halves = Term(name="Half in 10 days, half in 30")
        self.halves.lines.new(type="percent_on_total", ratio=Decimal("0.5")).relativedeltas.new(days=10)
        self.halves.lines.new(type="remainder").relativedeltas.new(days=30)
        self.halves.save()

        journal, = self.get("account.journal").find([("type", "=", "cash")])
        self.bank = self.get("account.invoice.payment.method")(name="Bank", journal=journal)
        self.bank.credit_account = self.bank.debit_account = self.accounts["cash"]
        self.bank.save()

    def catalogue(self):
        unit, = self.get("product.uom").find([("name", "=", "Unit")])
        group = self.get("product.category")(name="Goods", accounting=True)
        group.account_expense = self.accounts["expense"]
        group.account_revenue = self.accounts["revenue"]
        group.save()
        for sku, name, price in [("SRV-9", "Servo drive 9", "125.50"), ("CBL-2", "Cable 2 m", "9.95")]:
            template = self.get("product.template")(name=name, code=sku, type="goods", salable=True)
            template.default_uom = unit
            template.list_price = Decimal(price)
            template.account_category = group
            template.save()
            self.products[sku], = template.products

    def customer(self, number, name, email, limit=None):
        germany, = self.get("country.country").find([("code", "=", "DE")]) or [None]
        party = self.get("party.party")(name=name, code=number)
        party.customer_payment_term = self.term
        address, = party.addresses
        address.street = "Am Fluss 4"
        address.postal_code = "89073"
        address.city = "Ulm"
        address.country = germany
        party.contact_mechanisms.new(type="email", value=email)
        party.credit_limit_amount = limit
        party.save()
        return party

    def order(self, party, ordered, lines, reference=None, until="process", term=None):
        sale = self.get("sale.sale")(party=party, sale_date=self.day(ordered), reference=reference)
        sale.payment_term = term or self.term
        sale.shipping_date = self.day(ordered + 14)
        sale.invoice_method = "order"
        for sku, quantity in lines:
            line = sale.lines.new()
            line.product = self.products[sku]
            line.quantity = quantity
        sale.save()
        for step in ["quote", "confirm", "process"]:
            if until == "draft":
                break
            sale.click(step)
            if step == until:
                break
        return sale

    def bill(self, sale, billed, paid=None):
        invoice, = sale.invoices
        invoice.invoice_date = self.day(billed)
        invoice.save()
        invoice.click("post")
        if paid:
            pay = invoice.click("pay")
            pay.form.date = self.day(billed + 5)
            whole = paid == "whole"
            pay.form.amount = invoice.total_amount if whole else Decimal(paid)
            pay.form.payment_method = self.bank
            pay.execute("choice")
            if pay.state != "end":
                pay.form.type = "partial"
                pay.execute("pay")
        return invoice

    def ship(self, sale, shipped):
        shipment, = sale.shipments
        for step in ["assign_force", "pick", "pack", "ship"]:
            shipment.click(step)
        shipment.effective_date = self.day(shipped)
        shipment.save()
        shipment.click("do")

    def riverside(self):
        """Well within its limit: one order done, one paid in part, one not billed yet, one only promised."""
        party = self.customer("C-1001", "Riverside Labs GmbH", "accounts@riverside.example", Decimal("10000"))
        done = self.order(party, -90, [("SRV-9", 1)], "PO-7001")
        self.ship(done, -80)
        self.bill(done, -80, paid="whole")
        sent = self.order(party, -20, [("SRV-9", 3), ("CBL-2", 10)], "PO-7002")
        self.ship(sent, -10)
        self.bill(sent, -10, paid="100.00")
        self.order(party, -5, [("CBL-2", 100)], "PO-7003")
        self.order(party, -1, [("SRV-9", 2)], "PO-7004", until="confirm")
        # A draft has no number yet and is nobody's order.
        self.order(party, 0, [("SRV-9", 50)], until="draft")

    def oldcastle(self):
        """Paid half of what it got: the other half of an invoice is 55 days past its due date."""
        party = self.customer("C-1002", "Oldcastle Ltd", "office@oldcastle.example", Decimal("5000"))
        late = self.order(party, -90, [("SRV-9", 8)], term=self.halves)
        self.bill(late, -85, paid="502.00")

    def newcomer(self):
        """Nothing bought, and no limit agreed."""
        self.customer("C-1003", "Newcomer AG", "hello@newcomer.example")


def key_for_portico(company):
    """A user who may read what the pack reads, with a key for the REST service."""
    from proteus import Model

    group = Model.get("res.group")(name="Portico")
    group.save()
    Access = Model.get("ir.model.access")
    for model in READS:
        Access(model=model, group=group, perm_read=True).save()
    user = Model.get("res.user")(name="Portico", login="portico")
    user.groups.append(group)
    user.companies.append(company)
    user.company = company
    user.save()
    application = Model.get("res.user.application")(user=user, application="rest")
    application.save()
    return application.key


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]), datetime.date.fromisoformat(sys.argv[2]))
