"""What every channel promises."""

import contextlib
import logging

import httpx2
import pytest
from tests.contract.channels.conftest import NOW, Case

from tapbot.channels.types import Button, Inbound, Outgoing
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


def test_a_text_is_read_with_who_wrote_it_where_and_under_which_id(case: Case) -> None:
    [inbound] = read(case, case.text_body("Алматыдан Таразға 😀"))
    assert inbound.channel == case.channel.name
    assert inbound.bot_id == "taxi"
    assert inbound.chat_id == case.chat_id
    assert inbound.message_id == "900"
    assert (inbound.text, inbound.value) == ("Алматыдан Таразға 😀", None)
    assert inbound.sender.language == case.language
    assert inbound.sent_at == NOW


def test_the_same_request_again_gives_the_same_message(case: Case) -> None:
    body = case.text_body("again")
    assert read(case, body) == read(case, body)


def test_a_pressed_button_is_read_as_its_value(case: Case) -> None:
    [inbound] = read(case, case.press_body("confirm:yes"))
    assert (inbound.text, inbound.value) == (None, "confirm:yes")


def test_a_nul_letter_never_reaches_the_database(case: Case) -> None:
    [inbound] = read(case, case.text_body("a\0b"))
    assert inbound.text == "ab"


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"null", b'{"id":1}', b"\xff\xfe", b'{"id":"1","text":"\\ud800"}', b"[" * 100_000]
)
def test_anything_else_is_invalid_input_and_never_a_crash(case: Case, body: bytes) -> None:
    with pytest.raises(InvalidInput):
        read(case, body)


async def test_a_message_with_buttons_is_delivered(case: Case) -> None:
    delivered = await case.channel.send(message(case, "Брондаймыз ба?", Button("Иә", "yes"), Button("Жоқ", "no")))
    assert delivered.external_id


async def test_an_empty_message_is_refused_here_and_not_by_the_other_side(case: Case) -> None:
    with pytest.raises(InvalidInput):
        await case.channel.send(message(case, " \n"))
    assert case.other_side.requests == []


async def test_a_press_can_be_acknowledged(case: Case) -> None:
    [inbound] = read(case, case.press_body("yes"))
    await case.channel.acknowledge(inbound)


def test_limits_are_stated(case: Case) -> None:
    limits = case.channel.limits
    assert limits.text_units >= 4096
    assert limits.value_bytes >= 64


async def test_no_secret_appears_in_a_log_an_error_or_a_printed_channel(
    case: Case, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    told = [repr(case.channel), str(vars(case.channel))]
    case.other_side.answers = [
        httpx2.ConnectError(f"cannot reach https://api.telegram.org/bot{case.secrets[0]}/sendMessage"),
        httpx2.Response(400, json={"error": {"code": 100, "message": f"bad {case.secrets[0]}"}}),
        httpx2.Response(404, json={"ok": False, "description": f"no bot {case.secrets[0]}"}),
        httpx2.Response(400, json={"ok": False, "error_code": 400, "description": f"bad {case.secrets[0]}"}),
        httpx2.Response(200, content=case.secrets[0].encode()),
        httpx2.Response(200, json={"ok": True, "result": case.secrets[0]}),
    ]
    for _ in range(7):
        with contextlib.suppress(TapbotError):
            try:
                await case.channel.send(message(case))
            except TapbotError as error:
                told += [str(error), repr(error), str(error.hint)]
                raise
    for headers in [*case.wrong_headers, case.headers_of(b"{")]:
        for body in (b"{", case.text_body("hi")):
            try:
                case.channel.verify(headers, body)
                case.channel.parse(body, headers)
            except TapbotError as error:
                told += [str(error), repr(error)]
    printed = capsys.readouterr()
    everything = "\n".join([*told, caplog.text, printed.out, printed.err])
    for secret in case.secrets:
        assert secret not in everything
