"""Every channel, made ready for the one suite: how its requests look, and an other side that remembers."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx2
import pytest
from pydantic import SecretStr
from tests.contract.nodes.test_send_email import MailServer
from tests.servers.sms_services import API_ID, LOGIN, PASSWORD, SmsServices

from tapbot.channels.email import channel as mail
from tapbot.channels.sms import channel as sms
from tapbot.channels.telegram import channel as telegram
from tapbot.channels.types import Channel
from tapbot.channels.webchat import channel as webchat
from tapbot.channels.webchat.tokens import hash_chat_token, new_chat_token
from tapbot.channels.webhook import channel as webhook
from tapbot.channels.whatsapp import channel as whatsapp
from tapbot.settings import (
    EmailSection,
    SmsSection,
    TelegramSection,
    WebchatSection,
    WebhookSection,
    WhatsappSection,
)
from tapbot.upstream import HttpClient, OutgoingPolicy, guarded_client

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
TELEGRAM_TOKEN = "1234567890:AAErandomlookingtokenthatmustnotleak"
WEBHOOK_SECRET = "a-webhook-secret-of-32-characters"
ACCESS_TOKEN = "EAAGrandomlookingtokenthatmustnotleak"
APP_SECRET = "an-app-secret-of-32-characters-00"
VERIFY_TOKEN = "a-word-of-our-own"
PHONE_ID = "123456789012345"
HOOK_SECRET = "a-hook-secret-of-32-characters-00"
SECRET_WORD = "a-secret-word-of-the-account"
CHAT_TOKEN = new_chat_token(lambda size: bytes(range(size)))


def now() -> datetime:
    return NOW


@dataclass
class OtherSide:
    """Stands for the channel's servers: answers well, or as it was told."""

    requests: list[dict[str, Any]] = field(default_factory=list)
    answers: list[httpx2.Response | Exception] = field(default_factory=list)
    addresses: list[str] = field(default_factory=list)

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        self.addresses.append(str(request.url))
        is_json = not request.headers.get("content-type", "").startswith("multipart/")
        body = json.loads(request.content or b"{}") if is_json else {}
        self.requests.append({"method": request.url.path.rsplit("/", 1)[-1], **body})
        if self.answers:
            answer = self.answers.pop(0)
            if isinstance(answer, Exception):
                raise answer
            return answer
        if request.url.host == "graph.facebook.com":
            name = f"wamid.{len(self.requests)}"
            return httpx2.Response(200, json={"success": True, "id": name, "messages": [{"id": name}]})
        message = {"message_id": 100 + len(self.requests), "date": 0, "chat": {"id": 7, "type": "private"}}
        is_message = request.url.path.endswith(("/sendMessage", "/sendDocument"))
        return httpx2.Response(200, json={"ok": True, "result": message if is_message else True})

    def client(self) -> HttpClient:
        return HttpClient(httpx2.MockTransport(self))


@dataclass(frozen=True)
class Case:
    """One channel and how a customer's doings reach it."""

    channel: Channel
    other_side: OtherSide | SmsServices
    headers_of: Callable[[bytes], dict[str, str]]
    wrong_headers: list[dict[str, str]]
    text_body: Callable[[str], bytes]
    press_body: Callable[[str], bytes]
    secrets: list[str]
    chat_id: str
    language: str | None = "kk"
    """What the channel tells about the customer's language."""
    message_id: str = "900"
    status_body: bytes | None = None
    """A call that tells that `ours` was not delivered, where the channel tells such things."""
    text_units: int = 4096
    takes_files: bool = True
    edit_body: Callable[[str], bytes] | None = None
    """A call that tells that the message of `text_body` says something else now, where customers can edit."""
    link_answer: httpx2.Response | None = None
    """What the other side tells of itself when a link to it is made."""
    secret_in_address: bool = False
    """Telegram alone wants it there: https://core.telegram.org/bots/api#making-requests."""


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
        edit_body=lambda text: telegram_update(edited_message={**MESSAGE, "text": text}),
        link_answer=httpx2.Response(
            200, json={"ok": True, "result": {"id": 1, "is_bot": True, "first_name": "Taxi", "username": "taxi_bot"}}
        ),
        secrets=[TELEGRAM_TOKEN, WEBHOOK_SECRET],
        chat_id="7",
        secret_in_address=True,
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
        link_answer=httpx2.Response(200, json={"display_phone_number": "+7 701 000 00 00", "id": PHONE_ID}),
        secrets=[ACCESS_TOKEN, APP_SECRET, VERIFY_TOKEN],
        chat_id="77011234567",
        language=None,
        status_body=whatsapp_call(
            statuses=[{"id": "ours", "status": "failed", "timestamp": "1", "errors": [{"code": 131026, "title": "no"}]}]
        ),
    )


def hook_signature(body: bytes, secret: str = HOOK_SECRET) -> dict[str, str]:
    return {"X-Signature": hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}


def webhook_case() -> Case:
    other_side = OtherSide()
    section = WebhookSection(
        secret=SecretStr(HOOK_SECRET),
        url="https://service.example.org/messages",
        headers={"Authorization": "Bearer {secret}"},
        receipt_id="ref",
        receipt_status="state",
    )
    said = {"id": "900", "chat_id": "77", "language": "kk"}
    return Case(
        webhook.create(section, other_side.client(), bot_id="taxi", now=now),
        other_side,
        headers_of=hook_signature,
        wrong_headers=[{}, {"X-Signature": ""}, {"X-Signature": "құпия"}, hook_signature(b"another body")],
        text_body=lambda text: json.dumps({**said, "text": text}).encode(),
        press_body=lambda value: json.dumps({**said, "value": value}).encode(),
        secrets=[HOOK_SECRET],
        chat_id="77",
        status_body=b'{"ref": "ours", "state": "failed"}',
    )


def sms_case(service: str, status: str) -> Case:
    other_side = SmsServices()
    secret = {"sms.ru": API_ID, "smsc": PASSWORD}.get(service, HOOK_SECRET)
    given = {"service": service, "user": LOGIN, "secret": SecretStr(secret), "callback_secret": SecretStr(SECRET_WORD)}
    given |= {"url": "https://sms.example.org/send", "body": "form", "headers": {"X-Key": "{secret}"}}
    client = HttpClient(httpx2.MockTransport(other_side))
    return Case(
        sms.create(SmsSection(**given), client, bot_id="taxi", now=now),
        other_side,
        headers_of=lambda _body: {},
        wrong_headers=[{}, {"X-Key": "guess"}],
        text_body=lambda text: json.dumps({"text": text}).encode(),
        press_body=lambda value: json.dumps({"value": value}).encode(),
        secrets=[secret, SECRET_WORD],
        chat_id="+77011234567",
        status_body=status.encode() or None,
        text_units=153,
        takes_files=False,
    )


MAIL = """\
From: Aru <aru@example.com>
Message-ID: <900@example.com>
Date: Sun, 22 Nov 2026 13:00:00 +0500
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 8bit

"""
BOUNCE = """\
From: MAILER-DAEMON@example.com
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.com

Final-Recipient: rfc822; a@example.com
Action: failed

--b
Content-Type: message/rfc822

Message-ID: ours

--b--
"""


async def email_case(stack: AsyncExitStack) -> Case:
    """Mail goes to a real server of its own, which keeps what it takes."""
    smtp, other_side = MailServer(words={"AUTH": "235 welcome"}), OtherSide()
    server = await stack.enter_async_context(await asyncio.start_server(smtp.serve, "127.0.0.1", 0))
    section = EmailSection(
        address="taxi@example.org",
        password=SecretStr(PASSWORD),
        imap_host="127.0.0.1",
        smtp_host="127.0.0.1",
        smtp_port=server.sockets[0].getsockname()[1],
        plain=True,
    )
    client = guarded_client(OutgoingPolicy(allow_private_network=True))
    return Case(
        mail.create(section, client, bot_id="taxi", now=now),
        other_side,
        headers_of=lambda _body: {},
        wrong_headers=[{}, {"Authorization": PASSWORD}],
        text_body=lambda text: MAIL.encode() + text.encode(),
        press_body=lambda value: MAIL.encode() + value.encode(),
        secrets=[PASSWORD],
        chat_id="aru@example.com",
        language=None,
        message_id="<900@example.com>",
        status_body=BOUNCE.encode(),
    )


POSTED: dict[str, Callable[[], Case]] = {
    "telegram": telegram_case,
    "webchat": webchat_case,
    "whatsapp": whatsapp_case,
    "webhook": webhook_case,
}
"""Channels whose customers' words come as calls."""
OTHERS: dict[str, Callable[[], Case] | None] = {
    "email": None,
    "sms.ru": lambda: sms_case("sms.ru", "data[0]=sms_status%0Aours%0A105%0A1"),
    "smsc": lambda: sms_case("smsc", "id=ours&phone=7&status=20"),
    "sms by http": lambda: sms_case("http", ""),
}


@pytest.fixture(params=POSTED)
def case(request: pytest.FixtureRequest) -> Case:
    return POSTED[request.param]()


@pytest.fixture(params=[*POSTED, "email"])
async def hearing(request: pytest.FixtureRequest) -> AsyncIterator[Case]:
    """A channel whose customers write, by whatever way."""
    async with AsyncExitStack() as stack:
        yield await _made(request.param, stack)


@pytest.fixture(params=[*POSTED, *OTHERS])
async def every(request: pytest.FixtureRequest) -> AsyncIterator[Case]:
    """Every channel."""
    async with AsyncExitStack() as stack:
        yield await _made(request.param, stack)


@pytest.fixture(params=OTHERS)
async def silent(request: pytest.FixtureRequest) -> AsyncIterator[Case]:
    """A channel that takes no customer's words by a call."""
    async with AsyncExitStack() as stack:
        yield await _made(request.param, stack)


@pytest.fixture(params=["whatsapp", "webhook", "email", "sms.ru", "smsc"])
async def telling(request: pytest.FixtureRequest) -> AsyncIterator[Case]:
    """A channel that tells later what became of a message."""
    async with AsyncExitStack() as stack:
        yield await _made(request.param, stack)


async def _made(name: str, stack: AsyncExitStack) -> Case:
    make = POSTED.get(name) or OTHERS[name]
    return make() if make else await email_case(stack)
