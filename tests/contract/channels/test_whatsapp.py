"""What WhatsApp alone does: signatures over raw bytes, receipts, echoes, the window, templates, and its errors."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import httpx2
import pytest
from pydantic import SecretStr
from tests.contract.channels.conftest import (
    NOW,
    VERIFY_TOKEN,
    make_whatsapp,
    sign,
    whatsapp_call,
    whatsapp_message,
)

from tapbot.channels.types import Button, Outgoing
from tapbot.channels.whatsapp.channel import WhatsappChannel, create
from tapbot.emulators.whatsapp.server import Identity, create_app
from tapbot.errors import InvalidInput, NotAllowed, UpstreamRejected, UpstreamUnavailable
from tapbot.settings import WhatsappSection
from tapbot.upstream import HttpClient

AT = str(int(NOW.timestamp()))
SENDS = 300
"""Simulated sends; `make prove-window` makes 10,000."""


def outgoing(text: str = "hi", *buttons: Button, wrote_at: datetime | None = NOW, key: str = "k") -> Outgoing:
    return Outgoing("77011234567", text, buttons, key, customer_wrote_at=wrote_at, language="kk")


@pytest.mark.parametrize("name", ["token", "app_secret", "verify_token"])
@pytest.mark.parametrize("given", [None, SecretStr("")])
def test_a_missing_secret_is_named_with_its_variable(name: str, given: SecretStr | None) -> None:
    with pytest.raises(InvalidInput, match=f"TAPBOT_CHANNELS__WHATSAPP__TAXI__{name.upper()}"):
        make_whatsapp(**{name: given})


def test_the_signature_is_over_the_bytes_and_not_over_the_same_json_written_anew() -> None:
    channel, _ = make_whatsapp()
    body = whatsapp_message("text", {"body": "Сәлем / 😀"})
    channel.verify(sign(body), body)
    with pytest.raises(NotAllowed):
        channel.verify(sign(body), json.dumps(json.loads(body), ensure_ascii=False).encode())


def test_the_challenge_is_repeated_to_who_knows_the_word_alone() -> None:
    channel, _ = make_whatsapp()
    asked = {"hub.mode": "subscribe", "hub.verify_token": VERIFY_TOKEN, "hub.challenge": "1158201444"}
    assert channel.answer_challenge(asked) == "1158201444"
    for wrong in ({"hub.verify_token": "guess"}, {"hub.verify_token": "сөз"}, {"hub.mode": "unsubscribe"}):
        with pytest.raises(NotAllowed):
            channel.answer_challenge(asked | wrong)
    with pytest.raises(NotAllowed):
        channel.answer_challenge({})


@pytest.mark.parametrize(
    ("kind", "content", "text", "value"),
    [
        ("image", {"id": "1", "mime_type": "image/png", "sha256": "", "caption": "паспорт"}, "паспорт", None),
        ("audio", {"id": "1", "mime_type": "audio/ogg", "sha256": "", "voice": True}, "", None),
        ("location", {"latitude": 43.2, "longitude": 76.9, "address": "Абай 1"}, "Абай 1", None),
        ("location", {"latitude": 43.2, "longitude": 76.9}, "43.2, 76.9", None),
        ("contacts", [{"phones": [{"phone": "+77011234567"}]}], "+77011234567", None),
        ("button", {"payload": "yes", "text": "Иә"}, None, "yes"),
        ("interactive", {"type": "list_reply", "list_reply": {"id": "taraz", "title": "Т"}}, None, "taraz"),
        ("interactive", {"type": "nfm_reply", "nfm_reply": {"response_json": '{"a":1}'}}, '{"a":1}', None),
        ("unsupported", {}, "", None),
    ],
)
def test_each_kind_of_message_is_read(kind: str, content: Any, text: str | None, value: str | None) -> None:
    channel, _ = make_whatsapp()
    [inbound] = channel.parse(whatsapp_message(kind, content))
    assert (inbound.text, inbound.value, inbound.sender.name) == (text, value, "Айгүл Серік")


@pytest.mark.parametrize(
    "body",
    [
        whatsapp_message("reaction", {"message_id": "wamid.1", "emoji": "👍"}),
        whatsapp_call(phone_id="999999999999999", messages=[]),
        whatsapp_call(field="message_template_status_update", event="APPROVED"),
        whatsapp_call(statuses=[{"id": "wamid.1", "status": "played", "timestamp": AT}]),
    ],
    ids=["reaction", "another number", "template", "a status of next year"],
)
def test_what_is_not_for_the_bot_gives_nothing(body: bytes) -> None:
    channel, _ = make_whatsapp()
    heard = channel.hear(body)
    assert (heard.inbound, heard.receipts, heard.own) == ((), (), ())


@pytest.mark.parametrize(
    ("kind", "content"), [("text", {}), ("button", {}), ("location", {}), ("contacts", ["x"]), ("text", "x")]
)
def test_a_message_with_holes_is_invalid_input(kind: str, content: Any) -> None:
    channel, _ = make_whatsapp()
    with pytest.raises(InvalidInput):
        channel.parse(whatsapp_message(kind, content))


def test_receipts_say_why_a_message_failed_and_which_sending_it_was() -> None:
    channel, _ = make_whatsapp()
    error = {"code": 131047, "title": "Re-engagement message", "error_data": {"details": "24 hours."}}
    status = {"id": "wamid.1", "status": "failed", "timestamp": AT, "errors": [error]}
    [receipt] = channel.hear(whatsapp_call(statuses=[{**status, "biz_opaque_callback_data": "1/1 run/0"}])).receipts
    assert (receipt.code, receipt.reason) == ("whatsapp.window_closed", "Re-engagement message: 24 hours (131047)")
    assert (receipt.external_id, receipt.status, receipt.note, receipt.at) == ("wamid.1", "failed", "1/1 run/0", NOW)


def test_what_the_company_writes_from_its_phone_is_heard_as_its_own() -> None:
    channel, _ = make_whatsapp()
    echo = {"from": "77000000001", "to": "77011234567", "id": "wamid.7", "timestamp": AT, "type": "text"}
    call = whatsapp_call(field="smb_message_echoes", message_echoes=[{**echo, "text": {"body": "Мен жауап берем"}}])
    heard = channel.hear(call)
    assert heard.inbound == ()
    assert [(own.chat_id, own.text) for own in heard.own] == [("77011234567", "Мен жауап берем")]


async def test_three_short_buttons_are_buttons_more_or_longer_ones_a_list() -> None:
    channel, server = make_whatsapp()
    await channel.send(outgoing("?", Button("Иә", "yes"), Button("Жоқ", "no")))
    await channel.send(outgoing("?", *(Button(f"Бекет № {n}", str(n)) for n in range(12))))
    await channel.send(outgoing("?", Button("Алматы — Тараз, ертең сағат 08:00-де", "a"), Button("Жоқ", "b")))
    actions = [request["interactive"]["action"] for request in server.requests]
    assert [button["reply"]["id"] for button in actions[0]["buttons"]] == ["yes", "no"]
    assert [len(action["sections"][0]["rows"]) for action in actions[1:]] == [10, 2, 2]
    row = actions[3]["sections"][0]["rows"][0]
    assert (len(row["title"]), row["description"]) == (24, "Алматы — Тараз, ертең сағат 08:00-де")
    assert actions[1]["button"] == "Таңдау"


async def test_rows_that_would_look_alike_are_numbered() -> None:
    channel, server = make_whatsapp()
    await channel.send(outgoing("?", *(Button("Алматы — Тараз, ертең " + "!" * n, str(n)) for n in range(4, 8))))
    rows = server.requests[0]["interactive"]["action"]["sections"][0]["rows"]
    assert len({row["title"] for row in rows}) == 4
    assert all(len(row["title"]) <= 24 for row in rows)


@pytest.mark.parametrize(
    "buttons",
    [(Button("Иә", "ә" * 101),), (Button("Иә", ""),), (Button(" ", "x"),), (Button("a", "x"), Button("b", "x"))],
)
async def test_what_whatsapp_cannot_carry_is_refused_here(buttons: tuple[Button, ...]) -> None:
    channel, server = make_whatsapp()
    with pytest.raises(InvalidInput):
        await channel.send(outgoing("?", *buttons))
    assert server.requests == []


async def test_a_retry_goes_on_after_the_parts_that_were_taken() -> None:
    channel, server = make_whatsapp()
    server.answers = [httpx2.Response(200, json={"messages": [{"id": "wamid.1"}]}), httpx2.Response(500)]
    noted: list[int] = []

    async def note_part(parts_sent: int) -> None:
        noted.append(parts_sent)

    with pytest.raises(UpstreamUnavailable):
        await channel.send(replace(outgoing("y" * 6000), note_part=note_part))
    await channel.send(replace(outgoing("y" * 6000), parts_sent=noted[-1], note_part=note_part))
    assert noted == [1]
    assert [len(request["text"]["body"]) for request in server.requests] == [4096, 1904, 1904]
    assert [request["biz_opaque_callback_data"] for request in server.requests] == ["1/2 k", "2/2 k", "2/2 k"]


async def test_a_message_that_goes_in_fewer_parts_than_before_goes_whole() -> None:
    channel, server = make_whatsapp()
    await channel.send(replace(outgoing("hello"), parts_sent=1))
    assert [request["text"]["body"] for request in server.requests] == ["hello"]


async def test_people_who_hide_their_number_are_written_to_by_their_id() -> None:
    channel, server = make_whatsapp()
    await channel.send(Outgoing("KZ.13491208655302741918", "hi", (), "k", customer_wrote_at=NOW))
    assert server.requests[0]["recipient"] == "KZ.13491208655302741918"
    assert "to" not in server.requests[0]


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        (400, 130429, UpstreamUnavailable),
        (400, 131056, UpstreamUnavailable),
        (429, 4, UpstreamUnavailable),
        (500, 131000, UpstreamUnavailable),
        (400, 131047, "whatsapp.window_closed"),
        (401, 190, "whatsapp.bad_token"),
        (400, 131026, "whatsapp.undeliverable"),
        (400, 100, "whatsapp.rejected"),
    ],
)
async def test_refusals_become_errors_that_say_what_to_do(status: int, code: int, expected: Any) -> None:
    channel, server = make_whatsapp()
    server.answers = [httpx2.Response(status, json={"error": {"code": code, "message": "no"}})]
    if isinstance(expected, str):
        with pytest.raises(UpstreamRejected) as rejected:
            await channel.send(outgoing())
        assert rejected.value.code == expected
    else:
        with pytest.raises(expected):
            await channel.send(outgoing())


class Clock:
    """A clock that is moved."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


class Company:
    """Our channel over the emulator, both on one simulated clock."""

    def __init__(self, **section: Any) -> None:
        self.clock, self.me = Clock(), Identity()
        app = create_app(now=self.clock)
        self.http = httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://emulator")
        settings = WhatsappSection(
            phone_number_id=self.me.phone_number_id,
            business_account_id=self.me.business_account_id,
            token=SecretStr(self.me.access_token),
            app_secret=SecretStr(self.me.app_secret),
            verify_token=SecretStr(self.me.verify_token),
            api_url="http://emulator",
            **section,
        )
        client = HttpClient(httpx2.ASGITransport(app))
        self.channel: WhatsappChannel = create(settings, client, bot_id="taxi", now=self.clock)

    async def hear(self, person: str) -> datetime:
        url = f"/emulator/{self.me.phone_number_id}/users/{person}/messages"
        (await self.http.post(url, json={"text": "hi"})).raise_for_status()
        return self.clock.now

    async def counts(self) -> dict[str, int]:
        found: dict[str, int] = (await self.http.get("/emulator/businesses")).json()["businesses"][0]["counts"]
        return found

    async def said(self, person: str) -> list[dict[str, Any]]:
        chat = (await self.http.get(f"/emulator/{self.me.phone_number_id}/chats/{person}")).json()
        return [one for one in chat["messages"] if one["author"] == "business"]


async def test_outside_the_window_an_approved_template_in_the_customers_language_takes_the_text() -> None:
    company = Company(window_template="news")
    templates = company.channel.templates
    await templates.submit("news", "ru", "Новости: {{1}} Спасибо!", category="UTILITY", example="едем")
    late = outgoing("Жүргізуші\nкелді", Button("Иә", "yes"), wrote_at=NOW - timedelta(hours=25))
    await company.channel.send(late)
    company.clock.now += timedelta(minutes=6)
    await templates.submit("news", "kk", "Жаңалық: {{1}} Рақмет!", category="UTILITY", example="жолдамыз")
    await company.channel.send(late)
    texts = [one["text"] for one in await company.said("77011234567")]
    assert texts == ["Новости: Жүргізуші келді (Иә) Спасибо!", "Жаңалық: Жүргізуші келді (Иә) Рақмет!"]


@pytest.mark.parametrize("section", [{}, {"window_template": "unknown"}])
async def test_without_an_approved_template_nothing_is_sent_and_the_reason_is_told(section: dict[str, Any]) -> None:
    company = Company(**section)
    for wrote_at in (None, NOW - timedelta(hours=24), NOW - timedelta(hours=23, minutes=59, seconds=30)):
        with pytest.raises(InvalidInput, match="24 hours"):
            await company.channel.send(outgoing(wrote_at=wrote_at))
    assert await company.counts() == {}


async def simulate(sends: int, seed: int) -> dict[str, int]:
    """People write now and then, and the company writes at any time; gives the emulator's counts."""
    chance = random.Random(seed)  # noqa: S311  # a simulation that can be repeated
    company = Company(window_template="news")
    await company.channel.templates.submit("news", "kk", "Жаңалық: {{1}} Рақмет!", category="UTILITY", example="x")
    wrote_at: dict[str, datetime] = {}
    for number in range(sends):
        person = f"7701000000{chance.randrange(10)}"
        company.clock.now += timedelta(minutes=chance.choice([1, 10, 60, 240, 1439]))
        if chance.random() < 0.3:
            wrote_at[person] = await company.hear(person)
        text = Outgoing(person, f"№ {number}", (), str(number), wrote_at.get(person), "kk")
        await company.channel.send(text)
    return await company.counts()


async def test_no_free_text_is_ever_sent_outside_the_window() -> None:
    counts = await simulate(SENDS, seed=20261123)
    assert counts == {"taken": SENDS, "shown": SENDS}
