"""What every channel promises."""

import contextlib
import logging
from dataclasses import replace
from typing import Any

import httpx2
import pytest
from tests.contract.channels.conftest import NOW, Case

from tapbot.channels.types import Attachment, Button, File, Inbound, LinkedChannel, Outgoing, TypingChannel
from tapbot.errors import InvalidInput, NotAllowed, TapbotError


def message(case: Case, text: str = "Сәлем", *buttons: Button) -> Outgoing:
    return Outgoing(case.chat_id, text, buttons, "send-1", customer_wrote_at=NOW, language="kk")


def read(case: Case, body: bytes) -> list[Inbound]:
    return case.channel.parse(body, case.headers_of(body))


def test_a_genuine_request_passes_whatever_the_case_of_its_header_names(case: Case) -> None:
    body = case.text_body("hi")
    headers = case.headers_of(body)
    case.channel.verify(headers, body)
    case.channel.verify({name.lower(): value for name, value in headers.items()}, body)


def test_a_request_without_the_right_secret_is_not_allowed(case: Case) -> None:
    for headers in case.wrong_headers:
        with pytest.raises(NotAllowed) as caught:
            case.channel.verify(headers, case.text_body("hi"))
        assert not any(value and value in str(caught.value) for value in headers.values())


def test_a_text_is_read_with_who_wrote_it_where_and_under_which_id(hearing: Case) -> None:
    [inbound] = read(hearing, hearing.text_body("Алматыдан Таразға 😀"))
    assert inbound.channel == hearing.channel.name
    assert inbound.bot_id == "taxi"
    assert inbound.chat_id == hearing.chat_id
    assert inbound.message_id == hearing.message_id
    assert (inbound.text, inbound.value) == ("Алматыдан Таразға 😀", None)
    assert inbound.sender.language == hearing.language
    assert inbound.sent_at == NOW


def test_the_same_request_again_gives_the_same_message(hearing: Case) -> None:
    body = hearing.text_body("again")
    assert read(hearing, body) == read(hearing, body)


def test_a_pressed_button_is_read_as_its_value(case: Case) -> None:
    [inbound] = read(case, case.press_body("confirm:yes"))
    assert (inbound.text, inbound.value) == (None, "confirm:yes")


def test_a_nul_letter_never_reaches_the_database(hearing: Case) -> None:
    [inbound] = read(hearing, hearing.text_body("a\0b"))
    assert inbound.text == "ab"


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"null", b'{"id":1}', b"\xff\xfe", b'{"id":"1","text":"\\ud800"}', b"[" * 100_000]
)
def test_anything_else_is_invalid_input_and_never_a_crash(hearing: Case, body: bytes) -> None:
    with pytest.raises(InvalidInput):
        read(hearing, body)


async def test_a_message_with_buttons_is_delivered(every: Case) -> None:
    delivered = await every.channel.send(message(every, "Брондаймыз ба?", Button("Иә", "yes"), Button("Жоқ", "no")))
    assert delivered.external_id


async def test_an_empty_message_is_refused_here_and_not_by_the_other_side(every: Case) -> None:
    with pytest.raises(InvalidInput):
        await every.channel.send(message(every, " \n"))
    assert every.other_side.requests == []


async def test_a_file_goes_or_is_refused_here_with_a_reason(every: Case) -> None:
    outgoing = replace(message(every), files=(File(b"%PDF", "application/pdf", "a.pdf"),))
    if every.takes_files:
        assert (await every.channel.send(outgoing)).external_id
        return
    with pytest.raises(InvalidInput) as caught:
        await every.channel.send(outgoing)
    assert caught.value.code.endswith(".no_files")
    assert every.other_side.requests == []


async def test_a_file_that_was_never_sent_cannot_be_fetched(every: Case) -> None:
    with pytest.raises(InvalidInput):
        await every.channel.fetch(Attachment("document"), limit_bytes=1000)


async def test_what_became_of_a_message_is_told_once_by_its_name(telling: Case) -> None:
    hear: Any = telling.channel
    heard = hear.hear(telling.status_body)
    [receipt] = heard.receipts
    assert (receipt.external_id, receipt.status, heard.inbound) == ("ours", "failed", ())
    assert receipt.code
    assert receipt.reason
    assert receipt.at <= NOW


def test_a_channel_that_takes_no_calls_refuses_every_one(silent: Case) -> None:
    for body in (b"", b"{}", silent.text_body("hi"), silent.press_body("yes"), silent.status_body or b"x"):
        for headers in silent.wrong_headers:
            with pytest.raises(NotAllowed):
                silent.channel.verify(headers, body)


async def test_no_secret_stands_in_an_address(every: Case) -> None:
    await every.channel.send(message(every))
    for secret in every.secrets if not every.secret_in_address else ():
        assert all(secret not in address for address in every.other_side.addresses)


async def test_a_press_can_be_acknowledged(case: Case) -> None:
    [inbound] = read(case, case.press_body("yes"))
    await case.channel.acknowledge(inbound)


async def test_typing_is_shown_in_the_chat_or_with_the_press_or_not_at_all(every: Case) -> None:
    """Telegram shows it by a call of its own, WhatsApp with the acknowledgement; the web chat has its own sign."""
    if isinstance(every.channel, TypingChannel):
        await every.channel.show_typing(every.chat_id)
        [asked] = every.other_side.requests
        assert (asked["method"], str(asked["chat_id"]), asked["action"]) == ("sendChatAction", every.chat_id, "typing")
    elif every.channel.name == "whatsapp":
        [inbound] = read(every, every.text_body("hi"))
        await every.channel.acknowledge(inbound)
        [asked] = every.other_side.requests
        assert (asked["message_id"], asked["typing_indicator"]) == (inbound.callback_id, {"type": "text"})
    else:
        assert every.channel.name in {"webchat", "email", "sms", "webhook"}


def test_an_edit_names_the_message_that_it_changes_and_is_no_message(hearing: Case) -> None:
    if hearing.edit_body is None:
        assert hearing.channel.name != "telegram", "its customers can edit"
        return
    [inbound] = read(hearing, hearing.text_body("to Tarz"))
    hear: Any = hearing.channel
    heard = hear.hear(hearing.edit_body("to Taraz"))
    [edit] = heard.edits
    assert heard.inbound == ()
    assert (edit.chat_id, edit.external_id, edit.text) == (inbound.chat_id, inbound.external_id, "to Taraz")


async def test_a_link_opens_a_chat_and_carries_what_it_is_given(every: Case) -> None:
    if not isinstance(every.channel, LinkedChannel):
        assert every.channel.name in {"webchat", "sms", "webhook"}, "a page, a number or an address of the company's"
        return
    if every.link_answer is not None:
        every.other_side.answers = [every.link_answer, every.link_answer]
    plain, carrying = await every.channel.link(""), await every.channel.link("autumn_21")
    assert carrying.startswith(plain)
    assert carrying.endswith("=autumn_21")
    assert not any(secret in carrying for secret in every.secrets)


def test_limits_are_stated(every: Case) -> None:
    limits = every.channel.limits
    assert limits.text_units >= every.text_units
    assert limits.value_bytes >= 64


async def test_no_secret_appears_in_a_log_an_error_or_a_printed_channel(
    every: Case, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    told = [repr(every.channel), str(vars(every.channel))]
    every.other_side.answers = [
        httpx2.ConnectError(f"cannot reach https://api.telegram.org/bot{every.secrets[0]}/sendMessage"),
        httpx2.Response(400, json={"error": {"code": 100, "message": f"bad {every.secrets[0]}"}}),
        httpx2.Response(404, json={"ok": False, "description": f"no bot {every.secrets[0]}"}),
        httpx2.Response(400, json={"ok": False, "error_code": 400, "description": f"bad {every.secrets[0]}"}),
        httpx2.Response(200, content=every.secrets[0].encode()),
        httpx2.Response(200, json={"ok": True, "result": every.secrets[0]}),
    ]
    for _ in range(7):
        with contextlib.suppress(TapbotError):
            try:
                await every.channel.send(message(every))
            except TapbotError as error:
                told += [str(error), repr(error), str(error.hint)]
                raise
    for headers in [*every.wrong_headers, every.headers_of(b"{")]:
        for body in (b"{", every.text_body("hi")):
            try:
                every.channel.verify(headers, body)
                every.channel.parse(body, headers)
            except TapbotError as error:
                told += [str(error), repr(error)]
    printed = capsys.readouterr()
    everything = "\n".join([*told, caplog.text, printed.out, printed.err])
    for secret in every.secrets:
        assert secret not in everything
