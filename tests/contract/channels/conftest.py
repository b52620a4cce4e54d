"""Every channel, made ready for the one suite: how its requests look, and an other side that remembers."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx2
import pytest
from pydantic import SecretStr

from tapbot.channels.telegram import channel as telegram
from tapbot.channels.types import Channel
from tapbot.channels.webchat import channel as webchat
from tapbot.channels.webchat.tokens import hash_chat_token, new_chat_token
from tapbot.channels.whatsapp import channel as whatsapp
from tapbot.settings import TelegramSection, WebchatSection, WhatsappSection
from tapbot.upstream import HttpClient

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
TELEGRAM_TOKEN = "1234567890:AAErandomlookingtokenthatmustnotleak"
WEBHOOK_SECRET = "a-webhook-secret-of-32-characters"
ACCESS_TOKEN = "EAAGrandomlookingtokenthatmustnotleak"
APP_SECRET = "an-app-secret-of-32-characters-00"
VERIFY_TOKEN = "a-word-of-our-own"
PHONE_ID = "123456789012345"
CHAT_TOKEN = new_chat_token(lambda size: bytes(range(size)))


def now() -> datetime:
    return NOW


@dataclass
class OtherSide:
    """Stands for the channel's servers: answers well, or as it was told."""

    requests: list[dict[str, Any]] = field(default_factory=list)
    answers: list[httpx2.Response | Exception] = field(default_factory=list)

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        body = json.loads(request.content or b"{}")
        self.requests.append({"method": request.url.path.rsplit("/", 1)[-1], **body})
        if self.answers:
            answer = self.answers.pop(0)
            if isinstance(answer, Exception):
                raise answer
            return answer
        if request.url.host == "graph.facebook.com":
            name = f"wamid.{len(self.requests)}"
            return httpx2.Response(200, json={"success": True, "messages": [{"id": name}]})
        message = {"message_id": 100 + len(self.requests), "date": 0, "chat": {"id": 7, "type": "private"}}
        is_message = request.url.path.endswith("/sendMessage")
        return httpx2.Response(200, json={"ok": True, "result": message if is_message else True})

    def client(self) -> HttpClient:
        return HttpClient(httpx2.MockTransport(self))


@dataclass(frozen=True)
class Case:
    """One channel and how a customer's doings reach it."""

    channel: Channel
    other_side: OtherSide
    headers_of: Callable[[bytes], dict[str, str]]
    wrong_headers: list[dict[str, str]]
    text_body: Callable[[str], bytes]
    press_body: Callable[[str], bytes]
    secrets: list[str]
    chat_id: str
    language: str | None = "kk"
    """What the channel tells about the customer's language."""


def make_telegram(**section: Any) -> tuple[telegram.TelegramChannel, OtherSide]:
    settings = {"token": SecretStr(TELEGRAM_TOKEN), "mode": "webhook", "secret": SecretStr(WEBHOOK_SECRET), **section}
    other_side = OtherSide()
    channel = telegram.create(TelegramSection(**settings), other_side.client(), bot_id="taxi", now=now)
    return channel, other_side


USER = {"id": 7, "is_bot": False, "first_name": "Айгүл", "last_name": "Серік", "language_code": "kk-KZ"}
MESSAGE = {"message_id": 5, "date": 1_795_334_400, "chat": {"id": 7, "type": "private"}, "from": USER}


def telegram_update(**content: Any) -> bytes:
    return json.dumps({"update_id": 900, **content}, ensure_ascii=False).encode()


def telegram_case() -> Case:
    channel, other_side = make_telegram()
    header = "X-Telegram-Bot-Api-Secret-Token"
    return Case(
        channel,
        other_side,
        headers_of=lambda _body: {header: WEBHOOK_SECRET},
        wrong_headers=[{}, {header: ""}, {header: WEBHOOK_SECRET + "x"}, {header: "кілт"}],
        text_body=lambda text: telegram_update(message={**MESSAGE, "text": text}),
        press_body=lambda value: telegram_update(
            callback_query={"id": "77", "from": USER, "message": MESSAGE, "chat_instance": "1", "data": value}
        ),
        secrets=[TELEGRAM_TOKEN, WEBHOOK_SECRET],
        chat_id="7",
    )


def webchat_case() -> Case:
    other_side = OtherSide()
    channel = webchat.create(WebchatSection(), other_side.client(), bot_id="taxi", now=now)
    return Case(
        channel,
        other_side,
        headers_of=lambda _body: {"X-Chat-Token": CHAT_TOKEN, "Accept-Language": "kk-KZ,kk;q=0.9"},
        wrong_headers=[{}, {"X-Chat-Token": ""}, {"X-Chat-Token": "guess"}, {"X-Chat-Token": CHAT_TOKEN + "="}],
        text_body=lambda text: json.dumps({"id": "900", "text": text}).encode(),
        press_body=lambda value: json.dumps({"id": "900", "value": value}).encode(),
        secrets=[CHAT_TOKEN],
        chat_id=hash_chat_token(CHAT_TOKEN),
    )


def make_whatsapp(**section: Any) -> tuple[whatsapp.WhatsappChannel, OtherSide]:
    settings = {
        "phone_number_id": PHONE_ID,
        "business_account_id": "100000000000001",
        "token": SecretStr(ACCESS_TOKEN),
        "app_secret": SecretStr(APP_SECRET),
        "verify_token": SecretStr(VERIFY_TOKEN),
        **section,
    }
    other_side = OtherSide()
    return whatsapp.create(WhatsappSection(**settings), other_side.client(), bot_id="taxi", now=now), other_side


def whatsapp_call(phone_id: str = PHONE_ID, field: str = "messages", **value: Any) -> bytes:
    metadata = {"display_phone_number": "77000000001", "phone_number_id": phone_id}
    change = {"field": field, "value": {"messaging_product": "whatsapp", "metadata": metadata, **value}}
    body = {"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": [change]}]}
    return json.dumps(body).replace("/", "\\/").encode()


def whatsapp_message(kind: str, content: Any, **more: Any) -> bytes:
    contact = {"profile": {"name": "Айгүл Серік"}, "wa_id": "77011234567"}
    message = {"from": "77011234567", "id": "900", "timestamp": str(int(NOW.timestamp())), "type": kind, kind: content}
    return whatsapp_call(contacts=[contact], messages=[{**message, **more}])


def sign(body: bytes, secret: str = APP_SECRET) -> dict[str, str]:
    return {"X-Hub-Signature-256": "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}


def whatsapp_case() -> Case:
    channel, other_side = make_whatsapp()
    name = "X-Hub-Signature-256"
    return Case(
        channel,
        other_side,
        headers_of=sign,
        wrong_headers=[{}, {name: ""}, {name: "sha256="}, {name: "sha256=" + "0" * 64}, sign(b"another body")],
        text_body=lambda text: whatsapp_message("text", {"body": text}),
        press_body=lambda value: whatsapp_message(
            "interactive", {"type": "button_reply", "button_reply": {"id": value, "title": "Иә"}}
        ),
        secrets=[ACCESS_TOKEN, APP_SECRET, VERIFY_TOKEN],
        chat_id="77011234567",
        language=None,
    )


@pytest.fixture(params=[telegram_case, webchat_case, whatsapp_case], ids=["telegram", "webchat", "whatsapp"])
def case(request: pytest.FixtureRequest) -> Case:
    made: Case = request.param()
    return made
