"""Selling: invoices, the last questions before a payment, and giving stars back."""

from __future__ import annotations

import re

from tapbot.emulators.telegram.calls import Call, method
from tapbot.emulators.telegram.facts import bad_request, query_is_too_old
from tapbot.emulators.telegram.sending import send
from tapbot.emulators.telegram.world import Json, Question

STARS = "XTR"
CURRENCY = re.compile(r"[A-Z]{3}")
LONGEST_TITLE = 32
LONGEST_DESCRIPTION = 255
LONGEST_PAYLOAD_BYTES = 128


@method
async def send_invoice(call: Call) -> Json:
    """A bill with a button to pay."""
    total = _check_invoice(call)
    told = call.chosen("title", "description", "currency")
    start = call.arguments.get("start_parameter", "")
    message = send(call, {"invoice": {**told, "start_parameter": start, "total_amount": total}})
    call.bot.invoices[message["message_id"]] = call.arguments
    return message


@method
async def create_invoice_link(call: Call) -> str:
    """A bill as a link."""
    _check_invoice(call)
    return f"https://t.me/$emulated{call.bot.new_id()}"


def _check_invoice(call: Call) -> int:
    """Refuse a bill that cannot be paid, else give what it comes to."""
    given = call.arguments
    if not 1 <= len(given["title"]) <= LONGEST_TITLE:
        raise bad_request("INVOICE_TITLE_INVALID")
    if not 1 <= len(given["description"]) <= LONGEST_DESCRIPTION:
        raise bad_request("INVOICE_DESCRIPTION_INVALID")
    if not 1 <= len(given["payload"].encode()) <= LONGEST_PAYLOAD_BYTES:
        raise bad_request("INVOICE_PAYLOAD_INVALID")
    if not CURRENCY.fullmatch(given["currency"]):
        raise bad_request("CURRENCY_INVALID")
    stars = given["currency"] == STARS
    if not stars and not given.get("provider_token"):
        raise bad_request("PAYMENT_PROVIDER_INVALID")
    total: int = sum(price["amount"] for price in given["prices"])
    if total <= 0 or (stars and len(given["prices"]) != 1):
        raise bad_request("CURRENCY_TOTAL_AMOUNT_INVALID")
    return total


@method
async def answer_shipping_query(call: Call) -> bool:
    """How, or why not, it can be brought; then the person may pay."""
    question = _take(call.bot.shippings.get(call.arguments["shipping_query_id"]))
    if call.arguments["ok"] and not call.arguments.get("shipping_options"):
        raise bad_request("shipping options must be non-empty")
    _check_reason(call)
    question.answer = call.arguments
    return True


@method
async def answer_pre_checkout_query(call: Call) -> bool:
    """Yes: the person has paid. No: they read why."""
    question = _take(call.bot.checkouts.get(call.arguments["pre_checkout_query_id"]))
    _check_reason(call)
    question.answer = call.arguments
    if call.arguments["ok"]:
        call.world.finish_payment(call.bot, question)
    return True


@method
async def refund_star_payment(call: Call) -> bool:
    """Stars go back, once."""
    payment = call.bot.payments.get(call.arguments["telegram_payment_charge_id"])
    if payment is None or payment["currency"] != STARS:
        raise bad_request("CHARGE_ID_INVALID")
    if payment.get("refunded"):
        raise bad_request("CHARGE_ALREADY_REFUNDED")
    payment["refunded"] = True
    return True


def _take(question: Question | None) -> Question:
    if question is None or question.answer is not None:
        raise query_is_too_old()
    return question


def _check_reason(call: Call) -> None:
    if not call.arguments["ok"] and not call.arguments.get("error_message", "").strip():
        raise bad_request("error message must be non-empty")
