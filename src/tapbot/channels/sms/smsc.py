"""SMSC: https://smsc.ru/api/http/ (and smsc.kz). Written from its documentation; unverified live."""

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

SERVICE = "SMSC"
TOO_MANY = 9
PAUSE_SECONDS = 60.0
"""The same text to the same number is taken once a minute."""
CODES = {2: "sms.bad_login", 4: "sms.bad_login", 3: "sms.no_money", 7: "sms.bad_number", 8: "sms.bad_number"}
STATUSES = {0: "sent", 1: "delivered", 2: "read", 4: "read"}
REASONS = {
    3: "the message expired",
    20: "it cannot be delivered",
    22: "the number is wrong",
    23: "the number is forbidden",
    24: "the money does not suffice",
    25: "the number cannot be reached",
}


class Smsc:
    """An account at SMSC."""

    repeatable = False
    thanks = ""

    def __init__(self, section: SmsSection, http: HttpClient) -> None:
        self._section = section
        self._http = http

    async def send(self, phone: str, text: str, send_key: str) -> str:
        """Send one message: `POST /sys/send.php`. The password is in the body, so that no address holds it."""
        del send_key  # it has no key of ours that survives
        password = self._section.secret.get_secret_value() if self._section.secret else ""
        form = {"login": self._section.user, "psw": password, "phones": phone, "mes": text, "fmt": "3"}
        form |= {"charset": "utf-8"} | ({"sender": self._section.sender} if self._section.sender else {})
        address = f"{(self._section.api_url or 'https://smsc.ru').rstrip('/')}/sys/send.php"
        status, answer = await post(self._http, address, service=SERVICE, repeatable=False, form=form)
        code, message_id = find(answer, "error_code"), find_text(answer, "id")
        if code == TOO_MANY:
            busy = f"{SERVICE} is busy ({code})."
            raise UpstreamUnavailable(busy, retry_after_seconds=PAUSE_SECONDS, code="sms.busy")
        if code is not None or find(answer, "error") or status >= 400:
            raise refused(SERVICE, code, find(answer, "error") or f"status {status}", CODES, password)
        if not message_id:
            raise unknown(f"{SERVICE} answered with something unexpected", repeatable=False)
        return message_id

    def verify(self, raw_body: bytes) -> None:
        """Compare the signature over id, phone and status with the secret word; without one, nobody is believed."""
        fields = dict(read_form(raw_body))
        word = self._section.callback_secret.get_secret_value() if self._section.callback_secret else ""
        signed = ":".join((fields.get("id", ""), fields.get("phone", ""), fields.get("status", ""), word))
        right = hashlib.sha1(signed.encode(), usedforsecurity=False).hexdigest()  # the service has none better
        if not word or not hmac.compare_digest(fields.get("sha1", "").encode(), right.encode()):
            raise wrong_signature()

    def hear(self, raw_body: bytes, now: datetime) -> tuple[Receipt, ...]:
        """One status a call; those of a message that still waits give nothing."""
        fields = dict(read_form(raw_body))
        written, message_id = fields.get("status", ""), fields.get("id", "")
        code = int(written) if written.isdecimal() and len(written) < 4 else -1
        if not message_id or (code not in STATUSES and code not in REASONS):
            return ()
        at = read_time(fields.get("ts", ""), now)
        if code in STATUSES:
            return (Receipt(message_id, STATUSES[code], at),)
        said = f"{SERVICE} did not deliver the message: {REASONS[code]} ({code})."
        return (Receipt(message_id, "failed", at, "sms.undelivered", said),)
