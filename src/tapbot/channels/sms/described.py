"""Any service with an HTTP interface, described by settings: fields are filled in, nothing is evaluated."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime

from tapbot import upstream
from tapbot.channels.paths import find, find_text
from tapbot.channels.posting import post
from tapbot.channels.sms.services import refused
from tapbot.channels.types import Receipt
from tapbot.errors import NotAllowed
from tapbot.settings import SmsSection
from tapbot.upstream import HttpClient

PLACE = re.compile(r"\{(to|text|sender|key|secret)\}")
SERVICE = "The SMS service"


class DescribedService:
    """A service as the settings describe it. It tells no statuses."""

    thanks = ""

    def __init__(self, section: SmsSection, http: HttpClient) -> None:
        self._section = section
        self._http = http
        self.repeatable = section.idempotent

    async def send(self, phone: str, text: str, send_key: str) -> str:
        """Post the fields; the answer's id, or the send key where it has none."""
        secret = self._section.secret.get_secret_value() if self._section.secret else ""
        known = {"to": phone, "text": text, "sender": self._section.sender, "key": send_key, "secret": secret}
        fields, headers = fill(self._section.fields, known), fill(self._section.headers, known)
        body: upstream.Sent = {"json": fields} if self._section.body == "json" else {"form": fields}
        body["headers"] = headers
        status, answer = await post(self._http, self._section.url, service=SERVICE, repeatable=self.repeatable, **body)
        reason = find(answer, self._section.error_path) if self._section.error_path else None
        if status >= 300 or reason:
            raise refused(SERVICE, None, reason or f"status {status}", {}, secret)
        return find_text(answer, self._section.id_path)[:128] or send_key

    def verify(self, raw_body: bytes) -> None:
        """Nothing is taken from it."""
        del raw_body
        raise NotAllowed("Text messages only go out; nothing is taken.", code="sms.not_posted")

    def hear(self, raw_body: bytes, now: datetime) -> tuple[Receipt, ...]:
        """It tells nothing."""
        del raw_body, now
        return ()


def fill(written: Mapping[str, str], known: Mapping[str, str]) -> dict[str, str]:
    """Put what is known into the places, in one go: what was put in is not looked at again."""
    return {name: PLACE.sub(lambda place: known[place[1]], text) for name, text in written.items()}
