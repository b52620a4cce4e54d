"""SMS.ru and SMSC as their documentation describes them, and a plain service: strict, and they remember."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

import httpx2

API_ID = "11111111-2222-3333-4444-555555555555"
LOGIN, PASSWORD = "taxi", "a-password-that-must-not-leak"
Form = dict[str, str]


@dataclass
class SmsServices:
    """All three behind one transport.

    Args:
        taken: Forms of messages that were taken.
        answers: What is answered in place of the ordinary, first come first; an exception breaks off.
    """

    taken: list[Form] = field(default_factory=list)
    answers: list[httpx2.Response | Exception] = field(default_factory=list)
    addresses: list[str] = field(default_factory=list)

    @property
    def requests(self) -> list[Form]:
        """What was taken, as other sides call it."""
        return self.taken

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        self.addresses.append(str(request.url))
        assert request.method == "POST"
        assert not request.url.query, "secrets and texts belong in the body"
        assert request.headers["content-type"] == "application/x-www-form-urlencoded"
        if self.answers:
            answer = self.answers.pop(0)
            if isinstance(answer, Exception):
                raise answer
            return answer
        form = dict(parse_qsl(request.content.decode(), strict_parsing=True))
        if request.url.path == "/send":
            self.taken.append(form)
            return httpx2.Response(200, json={"id": len(self.taken)})
        reply = self._sms_ru(form) if request.url.path == "/sms/send" else self._smsc(request.url.path, form)
        return httpx2.Response(200, json=reply)

    def _sms_ru(self, form: Form) -> dict[str, Any]:
        """https://sms.ru/api/send."""
        assert set(form) <= {"api_id", "to", "msg", "json", "from"}
        assert form["json"] == "1"
        if form["api_id"] != API_ID:
            return {"status": "ERROR", "status_code": 200, "status_text": f"Неправильный api_id {form['api_id']}"}
        if not form["to"].isdecimal():
            reply = {"status": "ERROR", "status_code": 202, "status_text": "Неправильно указан номер телефона"}
            return {"status": "OK", "status_code": 100, "sms": {form["to"]: reply}}
        self.taken.append(form)
        sent = {"status": "OK", "status_code": 100, "sms_id": f"000000-{len(self.taken)}"}
        return {"status": "OK", "status_code": 100, "sms": {form["to"]: sent}, "balance": 4122.56}

    def _smsc(self, path: str, form: Form) -> dict[str, Any]:
        """https://smsc.ru/api/http/send/sms/."""
        assert path == "/sys/send.php"
        assert set(form) <= {"login", "psw", "phones", "mes", "fmt", "charset", "sender"}
        assert (form["fmt"], form["charset"]) == ("3", "utf-8")
        if (form["login"], form["psw"]) != (LOGIN, PASSWORD):
            return {"error": "authorise error", "error_code": 2}
        if not form["phones"].removeprefix("+").isdecimal():
            return {"error": "invalid number", "error_code": 7, "id": 0}
        self.taken.append(form)
        return {"id": len(self.taken), "cnt": 1}
