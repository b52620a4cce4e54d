"""Text messages: numbers, parts, what services say, statuses, and nothing that is paid for twice."""

from __future__ import annotations

import hashlib
import json
from typing import Any
from urllib.parse import urlencode

import httpx2
import pytest
from pydantic import SecretStr
from tests.contract.channels.conftest import NOW, now
from tests.servers.sms_services import API_ID, LOGIN, PASSWORD, SmsServices

from tapbot.channels.sms.channel import SmsChannel, create
from tapbot.channels.sms.parts import measure
from tapbot.channels.sms.phones import normalise
from tapbot.channels.types import Button, File, Outgoing
from tapbot.errors import InvalidInput, NotAllowed, UpstreamRejected, UpstreamUnavailable
from tapbot.settings import SmsSection
from tapbot.upstream import MAY_HAVE_ARRIVED, HttpClient

WORD = "a-secret-word-of-the-account"


def make_channel(service: str, other_side: Any, **more: Any) -> SmsChannel:
    secret = {"sms.ru": API_ID, "smsc": PASSWORD, "http": "a-key-that-must-not-leak"}[service]
    given = {"service": service, "user": LOGIN, "secret": SecretStr(secret), "callback_secret": SecretStr(WORD), **more}
    return create(SmsSection(**given), HttpClient(httpx2.MockTransport(other_side)), bot_id="taxi", now=now)


def outgoing(text: str = "Сәлем", chat_id: str = "+7 701 123-45-67", **more: Any) -> Outgoing:
    return Outgoing(**{"chat_id": chat_id, "text": text, "buttons": (), "send_key": "k1", **more})


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("+77011234567", "+77011234567"),
        ("8 (701) 123-45-67", "+77011234567"),
        ("77011234567", "+77011234567"),
        ("007 701 123 45 67", "+77011234567"),
        ("+84 912 345 678", "+84912345678"),
        ("998901234567", "+998901234567"),
    ],
)
def test_numbers_are_written_as_the_world_does(written: str, number: str) -> None:
    assert normalise(written) == number


@pytest.mark.parametrize("written", ["", "+", "12345", "+7701123456x", "a@example.org", "+7701,+7702", "+" + "7" * 16])
def test_what_is_no_number_is_refused(written: str) -> None:
    with pytest.raises(InvalidInput, match="no phone number"):
        normalise(written)


@pytest.mark.parametrize(
    ("text", "alphabet", "units", "parts"),
    [
        ("a" * 160, "GSM 7", 160, 1),
        ("a" * 161, "GSM 7", 161, 2),
        ("a" * 306, "GSM 7", 306, 2),
        ("a" * 307, "GSM 7", 307, 3),
        ("€" * 80, "GSM 7", 160, 1),
        ("a" * 152 + "€" + "a" * 152, "GSM 7", 306, 3),  # an escape is never torn from its letter
        ("ж" * 70, "UCS-2", 70, 1),
        ("ж" * 71, "UCS-2", 71, 2),
        ("ж" * 134, "UCS-2", 134, 2),
        ("ж" * 135, "UCS-2", 135, 3),
        ("ж" * 66 + "😀" + "ж" * 66, "UCS-2", 134, 3),
        ("`", "UCS-2", 1, 1),
    ],
)
def test_parts_are_counted_as_the_network_does(text: str, alphabet: str, units: int, parts: int) -> None:
    size = measure(text)
    assert (size.alphabet, size.units, size.parts) == (alphabet, units, parts)


@pytest.mark.parametrize(("service", "to", "text"), [("sms.ru", "to", "msg"), ("smsc", "phones", "mes")])
async def test_a_message_goes_out_with_its_sender_and_choices(service: str, to: str, text: str) -> None:
    services = SmsServices()
    channel = make_channel(service, services, sender="TAXI")
    delivered = await channel.send(outgoing(chat_id="87011234567", buttons=(Button("Иә", "yes"), Button("Жоқ", "no"))))
    [form] = services.taken
    assert delivered.external_id
    assert form[to].removeprefix("+") == "77011234567"
    assert form[text] == "Сәлем\n- Иә\n- Жоқ"
    assert "TAXI" in form.values()


async def test_a_text_of_too_many_parts_is_refused_with_the_count() -> None:
    services = SmsServices()
    channel = make_channel("sms.ru", services, most_parts=2)
    await channel.send(outgoing("ж" * 134))
    with pytest.raises(InvalidInput, match=r"3 parts \(135 letters in UCS-2\); 2 are the most"):
        await channel.send(outgoing("ж" * 135))
    with pytest.raises(InvalidInput, match="files"):
        await channel.send(outgoing(files=(File(b"x", "text/plain"),)))
    assert len(services.taken) == 1


@pytest.mark.parametrize(
    ("service", "reply", "code"),
    [
        ("sms.ru", {"status": "ERROR", "status_code": 200, "status_text": f"bad {API_ID}"}, "sms.bad_login"),
        ("sms.ru", {"status": "ERROR", "status_code": 201, "status_text": "no money"}, "sms.no_money"),
        ("sms.ru", {"status": "OK", "sms": {"7": {"status": "ERROR", "status_code": 207}}}, "sms.bad_number"),
        ("sms.ru", {"status": "ERROR", "status_code": 999}, "sms.rejected"),
        ("smsc", {"error": f"wrong {PASSWORD}", "error_code": 2}, "sms.bad_login"),
        ("smsc", {"error": "no money", "error_code": 3}, "sms.no_money"),
        ("smsc", {"error": "invalid number", "error_code": 7}, "sms.bad_number"),
        ("smsc", {"error": "forbidden", "error_code": 6}, "sms.rejected"),
    ],
)
async def test_a_refusal_has_its_reason_and_no_secret(service: str, reply: Any, code: str) -> None:
    services = SmsServices(answers=[httpx2.Response(200, json=reply)])
    with pytest.raises(UpstreamRejected) as caught:
        await make_channel(service, services).send(outgoing())
    assert caught.value.code == code
    assert API_ID not in str(caught.value)
    assert PASSWORD not in str(caught.value)


LOST = [httpx2.ReadTimeout("t"), httpx2.ReadError("r"), httpx2.Response(502)]
SAYS_NOTHING = httpx2.Response(200, text="<html>")


@pytest.mark.parametrize(
    ("service", "answer"),
    [
        *[(service, answer) for service in ("sms.ru", "smsc", "http") for answer in LOST],
        *[(service, SAYS_NOTHING) for service in ("sms.ru", "smsc")],
    ],
)
async def test_an_answer_that_leaves_it_open_becomes_a_doubt(service: str, answer: Any) -> None:
    services = SmsServices(answers=[answer])
    channel = make_channel(service, services, url="https://sms.example.org/send", body="form")
    with pytest.raises(UpstreamUnavailable) as caught:
        await channel.send(outgoing())
    assert not channel.repeatable
    assert caught.value.code in MAY_HAVE_ARRIVED


@pytest.mark.parametrize(
    ("service", "answer"),
    [
        ("sms.ru", httpx2.Response(200, json={"status": "ERROR", "status_code": 220})),
        ("smsc", httpx2.Response(200, json={"error": "too many", "error_code": 9})),
        ("sms.ru", httpx2.Response(429, headers={"Retry-After": "7"})),
        ("smsc", httpx2.ConnectError("nobody")),
    ],
)
async def test_what_was_surely_not_taken_is_tried_again(service: str, answer: Any) -> None:
    with pytest.raises(UpstreamUnavailable) as caught:
        await make_channel(service, SmsServices(answers=[answer])).send(outgoing())
    assert caught.value.code not in MAY_HAVE_ARRIVED


def sms_ru_statuses(*entries: str, secret: str = API_ID) -> bytes:
    digest = hashlib.sha256((secret + "".join(entries)).encode()).hexdigest()
    return urlencode({**{f"data[{at}]": one for at, one in enumerate(entries)}, "hash": digest}).encode()


def smsc_status(status: str, word: str = WORD, **more: str) -> bytes:
    signed = f"12:77011234567:{status}:{word}"
    sha1 = hashlib.sha1(signed.encode(), usedforsecurity=False).hexdigest()
    return urlencode({"id": "12", "phone": "77011234567", "status": status, "sha1": sha1, **more}).encode()


def test_statuses_of_sms_ru_are_receipts() -> None:
    channel = make_channel("sms.ru", SmsServices())
    body = sms_ru_statuses(
        "sms_status\n000-1\n103\n1690000000", "sms_status\n000-2\n105\n", "sms_status\n000-3\n100\n", "x"
    )
    channel.verify({}, body)
    heard = channel.hear(body)
    assert heard.inbound == ()
    first, second = heard.receipts
    assert (first.external_id, first.status, first.at.year, first.code) == ("000-1", "delivered", 2023, None)
    assert (second.external_id, second.status, second.at, second.code) == ("000-2", "failed", NOW, "sms.undelivered")
    assert channel.answer_challenge({}) == channel.thanks == "100"


def test_statuses_of_smsc_are_receipts() -> None:
    channel = make_channel("smsc", SmsServices())
    for status, told in (("0", "sent"), ("1", "delivered"), ("2", "read"), ("20", "failed")):
        body = smsc_status(status, ts="1690000000")
        channel.verify({}, body)
        [receipt] = channel.hear(body).receipts
        assert (receipt.external_id, receipt.status) == ("12", told)
    assert channel.hear(smsc_status("-1")).receipts == ()


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"\xff", b"a", b"a=" * 500, sms_ru_statuses("x", secret="guess"), smsc_status("1", "")]
)
@pytest.mark.parametrize("service", ["sms.ru", "smsc", "http"])
def test_nobody_else_is_believed(service: str, body: bytes) -> None:
    channel = make_channel(service, SmsServices(), url="https://sms.example.org/send")
    with pytest.raises(NotAllowed):
        channel.verify({}, body)


def test_without_a_secret_word_no_status_is_believed() -> None:
    channel = make_channel("smsc", SmsServices(), callback_secret=None)
    with pytest.raises(NotAllowed):
        channel.verify({}, smsc_status("1", ""))


async def test_a_service_is_described_by_settings() -> None:
    seen: list[httpx2.Request] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        seen.append(request)
        return httpx2.Response(200, json={"messages": [{"id": 77}]})

    channel = make_channel(
        "http",
        answer,
        url="https://sms.example.org/v1",
        sender="TAXI",
        fields={"dst": "{to}", "body": "{text}", "ref": "{key}", "src": "{sender}", "kind": "{plain}"},
        headers={"Authorization": "Bearer {secret}"},
        id_path="messages.0.id",
        idempotent=True,
    )
    delivered = await channel.send(outgoing("say {secret} {key}"))
    [request] = seen
    assert delivered.external_id == "77"
    assert channel.repeatable
    assert request.headers["authorization"] == "Bearer a-key-that-must-not-leak"
    assert json.loads(request.content) == {
        "dst": "+77011234567",
        "body": "say {secret} {key}",  # a customer's words are never filled in
        "ref": "k1",
        "src": "TAXI",
        "kind": "{plain}",
    }


@pytest.mark.parametrize(
    "reply",
    [
        httpx2.Response(403, json={"error": "no a-key-that-must-not-leak"}),
        httpx2.Response(200, json={"error": "no a-key-that-must-not-leak"}),
        httpx2.Response(302, headers={"Location": "https://sms.example.org/else"}),
    ],
)
async def test_a_described_service_refuses_with_its_reason(reply: httpx2.Response) -> None:
    channel = make_channel("http", lambda _: reply, url="https://sms.example.org/v1", error_path="error")
    with pytest.raises(UpstreamRejected) as caught:
        await channel.send(outgoing())
    assert "must-not-leak" not in str(caught.value)


@pytest.mark.parametrize(
    ("section", "code"),
    [
        ({"service": "sms.ru"}, "sms.no_secret"),
        ({"service": "smsc", "secret": SecretStr("x")}, "sms.no_login"),
        ({"service": "http"}, "sms.bad_address"),
        ({"service": "http", "url": "https://sms.example.org/?key={secret}"}, "sms.bad_address"),
        ({"service": "http", "url": "https://sms.example.org", "headers": {"X": "{secret}"}}, "sms.no_secret"),
    ],
)
def test_what_is_missing_is_said_at_the_start(section: dict[str, Any], code: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        create(SmsSection(**section), HttpClient(httpx2.MockTransport(SmsServices())), bot_id="taxi", now=now)
    assert caught.value.code == code
