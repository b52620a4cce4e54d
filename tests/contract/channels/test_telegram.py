"""What Telegram alone does: settings, updates, long texts, keyboards, polling, and its errors."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import httpx2
import pytest
from pydantic import SecretStr
from tests.contract.channels.conftest import MESSAGE, USER, make_telegram, telegram_update

from tapbot.channels.telegram.channel import UPDATES_WANTED
from tapbot.channels.telegram.keyboard import make_keyboard
from tapbot.channels.types import Button, Moved, Outgoing
from tapbot.errors import InvalidInput, NotAllowed, UpstreamRejected, UpstreamUnavailable

GROUP = {"id": -55, "type": "group", "title": "Drivers"}
BOT = {"id": 123, "is_bot": True, "first_name": "Taxi", "username": "TaxiBot"}

MEMBERS = {
    "chat": MESSAGE["chat"],
    "from": USER,
    "date": 1,
    "old_chat_member": {"status": "member", "user": USER},
    "new_chat_member": {"status": "kicked", "user": USER, "until_date": 0},
}

LONG = "x" * 65


def refusal(code: int, description: str = "Bad Request: x", **parameters: int) -> httpx2.Response:
    body: dict[str, Any] = {"ok": False, "error_code": code, "description": description}
    return httpx2.Response(code, json={**body, "parameters": parameters} if parameters else body)


def outgoing(text: str = "hi", *buttons: Button) -> Outgoing:
    return Outgoing(chat_id="7", text=text, buttons=buttons, send_key="key-1")


@pytest.mark.parametrize("secret", [None, "", "short", "fifteen-letters", "кілт-кілт-кілт-кілт", "x" * 257, "a b" * 8])
def test_webhook_mode_is_refused_without_a_good_secret(secret: str | None) -> None:
    with pytest.raises(InvalidInput, match="16 to 256") as caught:
        make_telegram(secret=SecretStr(secret) if secret is not None else None)
    assert caught.value.place == "channels.telegram.taxi"


def test_a_missing_token_is_named_with_its_variable() -> None:
    with pytest.raises(InvalidInput, match="TAPBOT_CHANNELS__TELEGRAM__TAXI__TOKEN"):
        make_telegram(token=None)


def test_a_polling_bot_takes_no_webhook() -> None:
    channel, _ = make_telegram(mode="polling", secret=None)
    with pytest.raises(NotAllowed):
        channel.verify({"X-Telegram-Bot-Api-Secret-Token": ""}, b"")


@pytest.mark.parametrize(
    "content",
    [
        {"edited_message": {**MESSAGE, "text": "changed"}},
        {"message": {**MESSAGE, "chat": {"id": -100, "type": "supergroup", "title": "Drivers"}, "text": "hi"}},
        {"message": {**MESSAGE, "from": {**USER, "is_bot": True}, "text": "hi"}},
        {"channel_post": {**MESSAGE, "text": "hi"}},
        {"my_chat_member": {**MEMBERS, "chat": {**MESSAGE["chat"], "type": "channel"}}},
        {"a_kind_of_next_year": {"x": 1}},
    ],
    ids=["edited", "group", "bot", "channel", "member", "unknown"],
)
def test_what_a_bot_need_not_see_gives_nothing(content: dict[str, Any]) -> None:
    channel, _ = make_telegram()
    assert channel.parse(telegram_update(**content)) == []


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ({"text": "/start ref42"}, "/start"),
        ({"photo": [], "caption": "паспорт"}, "паспорт"),
        ({"contact": {"phone_number": "+77011234567", "first_name": "А"}}, "+77011234567"),
        ({"sticker": {"file_id": "s", "is_animated": False, "is_video": False, "emoji": "👍"}}, ""),
    ],
    ids=["start", "caption", "contact", "sticker"],
)
def test_a_message_of_any_kind_has_a_text(content: dict[str, Any], text: str) -> None:
    channel, _ = make_telegram()
    [inbound] = channel.parse(telegram_update(message={**MESSAGE, **content}))
    assert inbound.text == text
    assert inbound.sender.name == "Айгүл Серік"


async def test_a_long_text_goes_in_parts_and_the_buttons_below_the_last() -> None:
    channel, server = make_telegram()
    await channel.send(outgoing("Сөз. " * 2000, Button("Иә", "yes")))
    parts = server.requests
    assert len(parts) == 3
    assert all(len(part["text"]) <= 4096 for part in parts)
    assert [("reply_markup" in part) for part in parts] == [False, False, True]
    assert parts[-1]["reply_markup"]["inline_keyboard"] == [[{"text": "Иә", "callback_data": "yes"}]]


async def test_a_retry_goes_on_after_the_parts_that_were_taken_also_in_another_process() -> None:
    channel, server = make_telegram()
    taken = {"ok": True, "result": {"message_id": 1, "date": 0, "chat": {"id": 7, "type": "private"}}}
    server.answers = [httpx2.Response(200, json=taken), refusal(500)]
    noted: list[int] = []

    async def note_part(parts_sent: int) -> None:
        assert len(server.requests) == parts_sent, "a part is kept before the next is sent"
        noted.append(parts_sent)

    with pytest.raises(UpstreamUnavailable):
        await channel.send(replace(outgoing("y" * 6000), note_part=note_part))
    another, other_server = make_telegram()
    await another.send(replace(outgoing("y" * 6000), parts_sent=noted[-1]))
    assert noted == [1]
    assert [len(one["text"]) for one in [*server.requests, *other_server.requests]] == [4096, 1904, 1904]


def test_short_labels_share_a_row() -> None:
    labels = ["1", "2", "3", "4", "Алматы — Тараз, ертең 08:00", "Жоқ"]
    keyboard = make_keyboard(tuple(Button(label, label[:20]) for label in labels))
    assert keyboard is not None
    assert [[button.text for button in row] for row in keyboard.inline_keyboard] == [
        ["1", "2", "3"],
        ["4"],
        ["Алматы — Тараз, ертең 08:00"],
        ["Жоқ"],
    ]


@pytest.mark.parametrize("value", ["", "x" * 65, "ә" * 33])
async def test_a_value_that_telegram_cannot_carry_is_refused_with_its_button_named(value: str) -> None:
    channel, server = make_telegram()
    with pytest.raises(InvalidInput, match="'Иә'"):
        await channel.send(outgoing("ok", Button("Иә", value)))
    assert server.requests == []


async def test_too_many_requests_say_when_to_come_back() -> None:
    channel, server = make_telegram()
    server.answers = [refusal(429, "Too Many Requests: retry after 17", retry_after=17)]
    with pytest.raises(UpstreamUnavailable) as caught:
        await channel.send(outgoing())
    assert caught.value.retry_after_seconds == 17


@pytest.mark.parametrize(
    "answer", [refusal(500), refusal(502), httpx2.Response(502, text="<html>"), httpx2.ReadTimeout("x")]
)
async def test_a_failing_server_is_unavailable(answer: httpx2.Response | Exception) -> None:
    channel, server = make_telegram()
    server.answers = [answer]
    with pytest.raises(UpstreamUnavailable):
        await channel.send(outgoing())


@pytest.mark.parametrize(
    ("code", "description", "expected"),
    [
        (403, "Forbidden: bot was blocked by the user", "telegram.blocked"),
        (400, "Bad Request: chat not found", "telegram.rejected"),
        (401, "Unauthorized", "telegram.bad_token"),
        (409, "Conflict: terminated by other getUpdates request", "telegram.conflict"),
    ],
)
async def test_a_refusal_says_why(code: int, description: str, expected: str) -> None:
    channel, server = make_telegram()
    server.answers = [refusal(code, description)]
    with pytest.raises(UpstreamRejected) as caught:
        await channel.send(outgoing())
    assert (caught.value.code, caught.value.status) == (expected, code)


async def test_a_press_that_is_too_old_to_acknowledge_is_let_be() -> None:
    channel, server = make_telegram()
    body = telegram_update(
        callback_query={"id": "77", "from": USER, "message": MESSAGE, "chat_instance": "1", "data": "y"}
    )
    [inbound] = channel.parse(body)
    server.answers = [refusal(400, "Bad Request: query is too old")]
    await channel.acknowledge(inbound)
    assert server.requests == [{"method": "answerCallbackQuery", "callback_query_id": "77"}]


async def test_polling_gives_updates_as_they_came_and_confirms_only_what_it_is_told() -> None:
    channel, server = make_telegram(mode="polling", secret=None)
    updates = [{"update_id": 41, "message": {**MESSAGE, "text": "a"}}, {"update_id": 43, "poll": {}}]
    server.answers = [httpx2.Response(200, json={"ok": True, "result": updates})] * 2
    first = await channel.poll(None, wait_seconds=1)
    assert [json.loads(update) for update in first.updates] == updates
    assert first.next_offset == 44
    assert [inbound.text for update in first.updates for inbound in channel.parse(update)] == ["a"]
    await channel.poll(first.next_offset, wait_seconds=1)
    assert [request.get("offset") for request in server.requests] == [None, 44]
    assert server.requests[0]["allowed_updates"] == UPDATES_WANTED


async def test_an_empty_poll_keeps_the_offset() -> None:
    channel, server = make_telegram(mode="polling", secret=None)
    server.answers = [httpx2.Response(200, json={"ok": True, "result": []})]
    assert (await channel.poll(44, wait_seconds=1)).next_offset == 44


async def test_starting_sets_the_webhook_with_its_secret_or_removes_it() -> None:
    hooked, server = make_telegram()
    name = httpx2.Response(200, json={"ok": True, "result": BOT})
    server.answers = [httpx2.Response(200, json={"ok": True, "result": True}), name]
    await hooked.start("https://bots.example.com/telegram/taxi")
    assert server.requests[0]["method"] == "setWebhook"
    assert server.requests[0]["secret_token"]
    polling, other = make_telegram(mode="polling", secret=None)
    other.answers = [httpx2.Response(200, json={"ok": True, "result": True}), name]
    await polling.start(None)
    assert other.requests == [{"method": "deleteWebhook", "drop_pending_updates": False}, {"method": "getMe"}]
    with pytest.raises(InvalidInput, match=r"server\.public_url"):
        await hooked.start(None)


async def test_a_group_that_became_a_supergroup_is_written_to_under_its_new_id() -> None:
    channel, server = make_telegram()
    sent = {"message_id": 9, "date": 1, "chat": {"id": -1001234, "type": "supergroup"}}
    server.answers = [
        refusal(400, "Bad Request: group chat was upgraded", migrate_to_chat_id=-1001234),
        httpx2.Response(200, json={"ok": True, "result": sent}),
    ]
    delivered = await channel.send(Outgoing(chat_id="-55", text="hi", buttons=(), send_key="k"))
    assert [request["chat_id"] for request in server.requests] == [-55, -1001234]
    assert delivered.moved == Moved("-55", "-1001234")


def said(text: str, *entities: tuple[str, str], **content: Any) -> dict[str, Any]:
    """A message in a group, with entities by the words that they are about."""
    placed = [
        {"type": kind, "offset": len(text[: text.index(words)].encode("utf-16-le")) // 2, "length": len(words)}
        for kind, words in entities
    ]
    return {**MESSAGE, "chat": GROUP, "text": text, "entities": placed, **content}


@pytest.mark.parametrize(
    ("message", "heard"),
    [
        (said("how are you"), None),
        (said("@taxibot how much to Taraz?", ("mention", "@taxibot")), "how much to Taraz?"),
        (said("😀 сколько стоит, @TaxiBot", ("mention", "@TaxiBot")), "😀 сколько стоит"),
        (said("@otherbot hi", ("mention", "@otherbot")), None),
        (said("/order now", ("bot_command", "/order")), "/order now"),
        (said("/order@TaxiBot now", ("bot_command", "/order@TaxiBot")), "/order now"),
        (said("/order@otherbot now", ("bot_command", "/order@otherbot")), None),
        (said("the price?", reply_to_message={**MESSAGE, "chat": GROUP, "from": BOT}), "the price?"),
        (said("the price?", reply_to_message={**MESSAGE, "chat": GROUP}), None),
    ],
)
async def test_in_a_group_the_bot_hears_what_is_addressed_to_it(message: dict[str, Any], heard: str | None) -> None:
    channel, server = make_telegram(mode="polling", secret=None, token=SecretStr("123:secret"))
    ok = httpx2.Response(200, json={"ok": True, "result": True})
    server.answers = [ok, httpx2.Response(200, json={"ok": True, "result": BOT})]
    await channel.start(None)
    found = channel.parse(telegram_update(message=message))
    assert [one.text for one in found] == ([] if heard is None else [heard])
    assert all((one.chat_id, one.group, one.sender.external_id) == ("-55", "Drivers", str(USER["id"])) for one in found)


def test_what_a_bot_hears_in_groups_can_be_set() -> None:
    deaf, _ = make_telegram(groups="off")
    assert deaf.parse(telegram_update(message=said("/order", ("bot_command", "/order")))) == []
    listening, _ = make_telegram(groups="all")
    assert [one.text for one in listening.parse(telegram_update(message=said("hello all")))] == ["hello all"]


def test_a_press_in_a_group_is_the_pressing_persons() -> None:
    channel, _ = make_telegram()
    press = {"id": "1", "from": USER, "message": {**MESSAGE, "chat": GROUP}, "data": "yes", "chat_instance": "x"}
    [inbound] = channel.parse(telegram_update(callback_query=press))
    assert (inbound.chat_id, inbound.value, inbound.sender.external_id) == ("-55", "yes", str(USER["id"]))


def test_a_group_says_that_it_has_another_id() -> None:
    channel, _ = make_telegram()
    heard = channel.hear(telegram_update(message={**MESSAGE, "chat": GROUP, "migrate_to_chat_id": -1001234}))
    assert (heard.inbound, heard.moved) == ((), (Moved("-55", "-1001234"),))


def test_an_edit_says_which_message_says_what_now_and_in_which_order() -> None:
    channel, _ = make_telegram()
    [edit] = channel.hear(
        telegram_update(edited_message={**MESSAGE, "text": "changed\0", "edit_date": 1_790_000_000})
    ).edits
    assert (edit.chat_id, edit.external_id, edit.text) == ("7", str(MESSAGE["message_id"]), "changed")
    assert edit.edited_at.timestamp() == 1_790_000_000
    [inbound] = channel.hear(telegram_update(message={**MESSAGE, "text": "first"})).inbound
    assert inbound.external_id == edit.external_id


@pytest.mark.parametrize(("status", "blocked"), [("kicked", True), ("left", True), ("member", False)])
def test_who_blocks_the_bot_or_lets_it_in_is_heard(status: str, blocked: bool) -> None:
    channel, _ = make_telegram()
    change = {**MEMBERS, "new_chat_member": {"status": status, "user": USER}}
    [heard] = channel.hear(telegram_update(my_chat_member=change)).blockings
    assert (heard.chat_id, heard.blocked) == ("7", blocked)


@pytest.mark.parametrize(
    ("text", "link"),
    [
        ("/start ref42", "ref42"),
        ("/start", None),
        ("/start a b", None),
        ("/started x", None),
        ("/start " + "x" * 65, None),
    ],
)
def test_what_a_link_carried_stands_by_itself(text: str, link: str | None) -> None:
    channel, _ = make_telegram()
    [inbound] = channel.parse(telegram_update(message={**MESSAGE, "text": text}))
    assert inbound.link == link


@pytest.mark.parametrize("payload", ["a b", "кк", "x" * 65, "a&b=c"])
async def test_a_link_takes_no_payload_that_telegram_would_drop(payload: str) -> None:
    channel, _ = make_telegram()
    with pytest.raises(InvalidInput, match="64 Latin letters"):
        await channel.link(payload)


BUSINESS = {**MESSAGE, "business_connection_id": "b-1", "text": "hi"}


@pytest.mark.parametrize(
    ("content", "inbound", "own", "edits"),
    [
        ({"business_message": BUSINESS}, 1, 0, 0),
        ({"business_message": {**BUSINESS, "from": {**USER, "id": 900}}}, 0, 1, 0),
        ({"business_message": {**BUSINESS, "sender_business_bot": {**USER, "is_bot": True}}}, 0, 0, 0),
        ({"edited_business_message": BUSINESS}, 0, 0, 1),
    ],
    ids=["customer", "owner", "the bot itself", "edited"],
)
def test_in_a_business_account_customers_its_owner_and_the_bot_are_told_apart(
    content: dict[str, Any], inbound: int, own: int, edits: int
) -> None:
    channel, _ = make_telegram()
    heard = channel.hear(telegram_update(**content))
    assert (len(heard.inbound), len(heard.own), len(heard.edits)) == (inbound, own, edits)
    assert {one.chat_id for part in (heard.inbound, heard.own, heard.edits) for one in part} <= {"b-1:7"}


async def test_an_answer_in_a_business_account_names_its_connection() -> None:
    channel, server = make_telegram()
    await channel.send(replace(outgoing("hi"), chat_id="b-1:7"))
    await channel.show_typing("b-1:7")
    assert [(one["business_connection_id"], one["chat_id"]) for one in server.requests] == [("b-1", 7)] * 2
