"""The webhook channel: what the settings describe, and nothing that is evaluated."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime
from typing import Any

import httpx2
import pytest
from pydantic import SecretStr
from tests.contract.channels.conftest import HOOK_SECRET, NOW, now

from tapbot.channels.paths import find, find_text
from tapbot.channels.types import Attachment, Button, File, Heard, Outgoing
from tapbot.channels.webhook.channel import WebhookChannel, create
from tapbot.errors import InvalidInput, LimitExceeded, NotAllowed, TooLarge, UpstreamRejected, UpstreamUnavailable
from tapbot.settings import WebhookSection
from tapbot.upstream import MAY_HAVE_ARRIVED, HttpClient

URL = "https://service.example.org/messages"
MESSAGE = {"id": "1", "chat_id": "c1", "text": "Сәлем"}


def make_channel(answer: Any = None, **more: Any) -> WebhookChannel:
    section = WebhookSection(**{"secret": SecretStr(HOOK_SECRET), "url": URL, **more})
    transport = httpx2.MockTransport(answer or (lambda _: httpx2.Response(200, json={"id": "s1"})))
    return create(section, HttpClient(transport), bot_id="taxi", now=now)


def hear(body: Any, **section: Any) -> Heard:
    return make_channel(**section).hear(json.dumps(body).encode())


def outgoing(**more: Any) -> Outgoing:
    return Outgoing(**{"chat_id": "c1", "text": "Сәлем", "buttons": (), "send_key": "k1", **more})


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("", {"a": [{"b": 1}], "c.d": 2, "0": "x"}),
        ("a.0.b", 1),
        ("a.1.b", None),
        ("a.-1", None),
        ("a.b", None),
        ("0", "x"),
        ("c.d", None),
        ("__class__", None),
        ("a.0.b.real", None),
        ("a.99999999999999999999", None),
    ],
)
def test_a_path_is_names_and_positions_alone(path: str, found: Any) -> None:
    assert find({"a": [{"b": 1}], "c.d": 2, "0": "x"}, path) == found


def test_texts_at_a_path_are_texts_and_numbers() -> None:
    body = {"n": 7, "f": 1.5, "t": "a\0b", "b": True, "o": {}, "x": None}
    assert [find_text(body, name) for name in body] == ["7", "1.5", "ab", "", "", ""]


def test_messages_are_found_where_the_settings_say() -> None:
    call = {
        "events": [
            {
                "uid": 17,
                "from": {"phone": "+77011234567", "who": "Айгүл", "lang": "KK"},
                "body": {"words": "Сәлем"},
                "ts": 1_795_334_400_000,
                "media": [{"href": "https://files.example.org/1", "title": "a.jpg", "mime": "image/jpeg"}],
            },
            {"uid": 18, "from": {"phone": "+77011234567"}, "body": {"picked": "yes"}},
            {"uid": 19, "from": {"phone": "+77011234567"}, "body": {"words": "  "}},
        ]
    }
    heard = hear(
        call,
        items="events",
        message_id="uid",
        chat_id="from.phone",
        name="from.who",
        language="from.lang",
        text="body.words",
        value="body.picked",
        sent_at="ts",
        files="media",
        file_url="href",
        file_name="title",
        file_type="mime",
    )
    first, second = heard.inbound
    assert (first.chat_id, first.message_id, first.text, first.value) == ("+77011234567", "17", "Сәлем", None)
    assert (first.sender.name, first.sender.language, first.sent_at) == ("Айгүл", "kk", NOW)
    assert first.attachments == (
        Attachment("photo", source="https://files.example.org/1", name="a.jpg", media_type="image/jpeg"),
    )
    assert (second.text, second.value) == (None, "yes")


def test_files_may_be_plain_addresses_and_nothing_else() -> None:
    files = ["https://files.example.org/1", "file:///etc/passwd", "ftp://x", 5, None, {"url": "javascript:1"}]
    [inbound] = hear({**MESSAGE, "text": "", "files": files}).inbound
    assert [one.source for one in inbound.attachments] == ["https://files.example.org/1"]
    assert inbound.text == ""


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2026-11-22T12:00:00+05:00", datetime(2026, 11, 22, 7, 0, tzinfo=UTC)),
        (1_700_000_000, datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)),
        ("1700000000", datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)),
        ("2026-11-22T12:00:00", NOW),  # without a zone it says nothing
        ("2999-01-01T00:00:00Z", NOW),
        (1e300, NOW),
        ("yesterday", NOW),
        ([], NOW),
    ],
)
def test_times(written: Any, read: datetime) -> None:
    [inbound] = hear({**MESSAGE, "sent_at": written}).inbound
    assert inbound.sent_at == read


def test_long_ids_and_texts() -> None:
    [inbound] = hear({**MESSAGE, "id": "x" * 500}).inbound
    assert len(inbound.message_id) == 64
    with pytest.raises(TooLarge):
        hear({**MESSAGE, "text": "x" * 20_001})
    with pytest.raises(InvalidInput):
        hear({**MESSAGE, "chat_id": "x" * 129})
    with pytest.raises(TooLarge):
        hear({"all": [MESSAGE] * 101}, items="all")


def test_what_became_of_our_messages_is_heard_in_the_services_words() -> None:
    words = {"receipt_id": "ref", "receipt_status": "state", "receipt_reason": "why", "statuses": {"SEEN": "read"}}
    told = [{"ref": "s1", "state": "SEEN"}, {"ref": "s1", "state": "failed", "why": "no such person"}]
    heard = hear({"all": [*told, {"ref": "s1", "state": "WHATEVER"}, MESSAGE]}, items="all", **words)
    read, failed = heard.receipts
    assert (read.external_id, read.status, read.code) == ("s1", "read", None)
    assert (failed.status, failed.code, failed.reason) == ("failed", "webhook.undelivered", "no such person")
    assert [one.text for one in heard.inbound] == ["Сәлем"]


@pytest.mark.parametrize("encoding", ["hex", "base64"])
def test_a_signature_is_over_the_bytes_as_they_came(encoding: str) -> None:
    channel = make_channel(signature_encoding=encoding, signature_prefix="sha256=", signature_header="X-Sig")
    raw = b'{"id": 1,  "text":"\\u0041"}'
    digest = hmac.new(HOOK_SECRET.encode(), raw, hashlib.sha256).digest()
    written = digest.hex() if encoding == "hex" else base64.b64encode(digest).decode()
    channel.verify({"x-sig": f"sha256={written}"}, raw)
    for wrong in (written, f"sha256={written}x", "sha256=", "", "sha256=қ"):
        with pytest.raises(NotAllowed):
            channel.verify({"X-Sig": wrong}, raw)
    with pytest.raises(NotAllowed):
        channel.verify({"X-Sig": f"sha256={written}"}, json.dumps(json.loads(raw)).encode())


def test_a_service_that_signs_nothing_shows_the_secret() -> None:
    channel = make_channel(signature="secret", signature_header="Authorization", signature_prefix="Bearer ")
    channel.verify({"authorization": f"Bearer {HOOK_SECRET}"}, b"")
    with pytest.raises(NotAllowed):
        channel.verify({"authorization": HOOK_SECRET}, b"")
    with pytest.raises(NotAllowed):
        channel.answer_challenge({"challenge": "x"})


async def test_an_answer_is_signed_and_names_its_sending() -> None:
    seen: list[httpx2.Request] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        seen.append(request)
        return httpx2.Response(201, json={"result": {"message": 5}})

    channel = make_channel(
        answer, id_path="result.message", headers={"X-Key": "k {secret}"}, send_secret=SecretStr("another-secret-00")
    )
    file = File(b"%PDF", "application/pdf", "a.pdf")
    delivered = await channel.send(outgoing(buttons=(Button("Иә", "yes"),), files=(file,), language="kk"))
    [request] = seen
    assert delivered.external_id == "5"
    digest = hmac.new(b"another-secret-00", request.content, hashlib.sha256).hexdigest()
    assert request.headers["x-tapbot-signature"] == f"sha256={digest}"
    assert (request.headers["idempotency-key"], request.headers["x-key"]) == ("k1", "k another-secret-00")
    assert json.loads(request.content) == {
        "idempotency_key": "k1",
        "chat_id": "c1",
        "text": "Сәлем",
        "buttons": [{"label": "Иә", "value": "yes"}],
        "files": [{"name": "a.pdf", "media_type": "application/pdf", "content": "JVBERg=="}],
        "language": "kk",
    }


@pytest.mark.parametrize("idempotent", [True, False])
@pytest.mark.parametrize("answer", [httpx2.Response(500), httpx2.Response(502)])
async def test_an_answer_that_leaves_it_open_is_a_doubt_unless_the_key_is_known(
    answer: httpx2.Response, idempotent: bool
) -> None:
    channel = make_channel(lambda _: answer, idempotent=idempotent)
    with pytest.raises(UpstreamUnavailable) as caught:
        await channel.send(outgoing())
    assert channel.repeatable is idempotent
    assert (caught.value.code in MAY_HAVE_ARRIVED) is not idempotent


@pytest.mark.parametrize("status", [429, 503])
async def test_a_busy_service_is_asked_again_when_it_says(status: int) -> None:
    channel = make_channel(lambda _: httpx2.Response(status, headers={"Retry-After": "9"}))
    with pytest.raises(UpstreamUnavailable) as caught:
        await channel.send(outgoing())
    assert (caught.value.code, caught.value.retry_after_seconds) == ("upstream.busy", 9)


@pytest.mark.parametrize("status", [302, 400, 401, 404, 422])
async def test_a_refusal_is_final(status: int) -> None:
    answer = httpx2.Response(status, headers={"Location": "https://elsewhere.example.org"})
    with pytest.raises(UpstreamRejected):
        await make_channel(lambda _: answer).send(outgoing())


async def test_a_file_is_fetched_without_any_secret_and_within_its_limit() -> None:
    seen: list[httpx2.Request] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        seen.append(request)
        return httpx2.Response(200, content=b"x" * 100, headers={"Content-Type": "image/png; a=b"})

    channel = make_channel(answer, headers={"X-Key": "{secret}"})
    attachment = Attachment("document", source="https://files.example.org/1")
    file = await channel.fetch(attachment, limit_bytes=100)
    assert (file.media_type, len(file.content)) == ("image/png", 100)
    assert HOOK_SECRET not in str(seen[0].headers)
    with pytest.raises(LimitExceeded):
        await channel.fetch(attachment, limit_bytes=99)
    with pytest.raises(InvalidInput):
        await channel.fetch(Attachment("document", source="file:///etc/passwd"), limit_bytes=9)


@pytest.mark.parametrize(
    ("section", "code"),
    [
        ({"url": URL}, "webhook.weak_secret"),
        ({"url": URL, "secret": SecretStr("short")}, "webhook.weak_secret"),
        ({"secret": SecretStr(HOOK_SECRET)}, "webhook.no_address"),
    ],
)
def test_what_is_missing_is_said_at_the_start(section: dict[str, Any], code: str) -> None:
    http = HttpClient(httpx2.MockTransport(lambda _: httpx2.Response(500)))
    with pytest.raises(InvalidInput) as caught:
        create(WebhookSection(**section), http, bot_id="taxi", now=now)
    assert caught.value.code == code
