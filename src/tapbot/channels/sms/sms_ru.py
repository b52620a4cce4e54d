"""SMS.ru: https://sms.ru/api. Written from its documentation; unverified live."""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime

from tapbot.channels.paths import find, find_text
from tapbot.channels.posting import post, unknown
from tapbot.channels.sms.services import read_form, read_time, refused, wrong_signature
from tapbot.channels.types import Receipt
from tapbot.errors import UpstreamUnavailable
from tapbot.settings import SmsSection
from tapbot.upstream import HttpClient

SERVICE = "SMS.ru"
TAKEN = 100
BUSY, BROKEN = 220, 500
CODES = {200: "sms.bad_login", 300: "sms.bad_login", 301: "sms.bad_login", 302: "sms.bad_login"}
CODES |= {201: "sms.no_money", 202: "sms.bad_number", 207: "sms.bad_number", 204: "sms.bad_sender"}
STATUSES = {102: "sent", 103: "delivered", 110: "read"}
STATUSES |= dict.fromkeys((104, 105, 106, 107, 108, 150), "failed")
REASONS = {
    104: "the message expired",
    105: "the operator deleted it",
    106: "the phone failed",
    107: "nobody knows why",
    108: "it was rejected",
    150: "there is no way to this number",
}


class SmsRu:
    """An account at SMS.ru."""

    repeatable = False
    thanks = "100"
    """SMS.ru takes anything else for a failure and calls again."""

    def __init__(self, section: SmsSection, http: HttpClient) -> None:
        self._section = section
        self._http = http

    @property
    def _api_id(self) -> str:
        return self._section.secret.get_secret_value() if self._section.secret else ""

    async def send(self, phone: str, text: str, send_key: str) -> str:
        """Send one message: `POST /sms/send`. The `api_id` is in the body, so that no address holds it."""
        del send_key  # it has no key of ours
        form = {"api_id": self._api_id, "to": phone.removeprefix("+"), "msg": text, "json": "1"}
        if self._section.sender:
            form["from"] = self._section.sender
        address = f"{(self._section.api_url or 'https://sms.ru').rstrip('/')}/sms/send"
        status, answer = await post(self._http, address, service=SERVICE, repeatable=False, form=form)
        numbers = find(answer, "sms")
        about = next(iter(numbers.values()), None) if isinstance(numbers, dict) else None
        about = answer if find(answer, "status") != "OK" else about
        code = find(about, "status_code")
        message_id = find_text(about, "sms_id")
        if code == TAKEN and message_id:
            return message_id
        if code == BUSY:
            raise UpstreamUnavailable(f"{SERVICE} is busy ({code}).", code="sms.busy")
        if code in {BROKEN, TAKEN} or (not isinstance(code, int) and status < 400):
            raise unknown(f"{SERVICE} answered with something unexpected", repeatable=False)
        raise refused(SERVICE, code, find(about, "status_text") or f"status {status}", CODES, self._api_id)

    def verify(self, raw_body: bytes) -> None:
        """Compare the hash over the entries and the `api_id`."""
        fields = read_form(raw_body)
        entries = "".join(value for name, value in fields if name.startswith("data["))
        given = next((value for name, value in fields if name == "hash"), "")
        right = hashlib.sha256((self._api_id + entries).encode()).hexdigest()
        if not hmac.compare_digest(given.encode(), right.encode()):
            raise wrong_signature()

    def hear(self, raw_body: bytes, now: datetime) -> tuple[Receipt, ...]:
        """Entries of four lines: what it is, the message's id, its status and when that was."""
        told = []
        for name, value in read_form(raw_body):
            lines = [*value.split("\n"), "", "", ""]
            code = int(lines[2]) if lines[2].isdecimal() else 0
            if name.startswith("data[") and lines[0] == "sms_status" and lines[1] and code in STATUSES:
                told.append(_receipt(lines[1], code, read_time(lines[3], now)))
        return tuple(told)


def _receipt(message_id: str, code: int, at: datetime) -> Receipt:
    status, reason = STATUSES[code], REASONS.get(code)
    said = f"{SERVICE} did not deliver the message: {reason} ({code})." if reason else None
    return Receipt(message_id, status, at, "sms.undelivered" if reason else None, said)
