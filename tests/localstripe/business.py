"""Enters a small business into a localstripe, by its API as anybody would: plans, customers, what they subscribed to
and what came of it. Every customer has a mailbox of its own there, by its number."""

import base64
import json
import urllib.parse
import urllib.request

KEY = "sk_test_localstripe"
GOOD_CARD, FAILING_CARD = "4242424242424242", "4000000000000341"
MAILBOX = "billing.riverside.example"


def enter(address):
    stripe = Stripe(address)
    stripe.plan("care", 4999, "eur", "Care")
    stripe.plan("fleet", 5000, "jpy", "Fleet")

    good = stripe.customer("C-1001", "Riverside Labs GmbH", GOOD_CARD)
    stripe.subscription(good, "care", 3)
    fleet = stripe.subscription(good, "fleet", 2)
    stripe.ask("DELETE", f"/v1/subscriptions/{fleet['id']}")
    ending = stripe.subscription(good, "care", 1)
    stripe.ask("POST", f"/v1/subscriptions/{ending['id']}", cancel_at_period_end="true")

    late = stripe.customer("C-1002", "Oldcastle Ltd", FAILING_CARD)
    stripe.subscription(late, "care", 1)

    gone = stripe.customer("C-1003", "Meadow & Sons", FAILING_CARD)
    given_up = stripe.subscription(gone, "care", 2)
    stripe.ask("POST", f"/v1/invoices/{given_up['latest_invoice']}/void")

    once = stripe.customer("C-1004", "Paper Mill SA", GOOD_CARD)
    stripe.subscription(once, "care", 1)
    item = {"customer": once, "amount": 12550, "currency": "eur", "description": "Installation"}
    stripe.ask("POST", "/v1/invoiceitems", **item)
    stripe.ask("POST", "/v1/invoices", customer=once, description="Installation")

    # Somebody else has this mailbox now; its number is another one's.
    stripe.customer("C-1006", "Stranger Inc", GOOD_CARD, mailbox="C-1005")


class Stripe:
    def __init__(self, address):
        self.address = address

    def plan(self, id, amount, currency, nickname):
        product = {"product[name]": nickname}
        self.ask("POST", "/v1/plans", id=id, amount=amount, currency=currency, interval="week", nickname=nickname, **product)

    def customer(self, number, name, card, mailbox=None):
        email = f"{mailbox or number}@{MAILBOX}"
        id = self.ask("POST", "/v1/customers", name=name, email=email, **{"metadata[erp_id]": number})["id"]
        details = {"card[number]": card, "card[exp_month]": "12", "card[exp_year]": "2040", "card[cvc]": "123"}
        method = self.ask("POST", "/v1/payment_methods", type="card", **details)["id"]
        self.ask("POST", f"/v1/payment_methods/{method}/attach", customer=id)
        self.ask("POST", f"/v1/customers/{id}", **{"invoice_settings[default_payment_method]": method})
        return id

    def subscription(self, customer, plan, quantity):
        items = {"items[0][plan]": plan, "items[0][quantity]": quantity}
        return self.ask("POST", "/v1/subscriptions", customer=customer, **items)

    def ask(self, method, path, **form):
        data = urllib.parse.urlencode(form).encode() if method == "POST" else None
        request = urllib.request.Request(self.address + path, data=data, method=method)
        request.add_header("Authorization", "Basic " + base64.b64encode(f"{KEY}:".encode()).decode())
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.load(answer)
