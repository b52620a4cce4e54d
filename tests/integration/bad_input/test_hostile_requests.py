"""Requests that mean no good: each gets a clear refusal, and the server does not notice otherwise."""

from __future__ import annotations

import itertools
import json
import socket
from contextlib import ExitStack
from typing import Any

import httpx2
import pytest
from tests.chaos.process import TapbotProcess
from tests.integration.bad_input.conftest import SECRET

from tapbot.api.chat import MOST_STREAMS_A_CHAT

JSON = {"Content-Type": "application/json"}
TWENTY_MB = 20_000_000
IDS = itertools.count(1)


def open_chat(server: TapbotProcess) -> dict[str, str]:
    """The header of a new chat."""
    token = httpx2.post(f"{server.url}/chat/helper/token", json={}, timeout=30).json()["token"]
    return {"X-Chat-Token": token}


def say(server: TapbotProcess, text: str, *, wait: bool = False) -> httpx2.Response:
    """Write into a new chat."""
    query = "?wait=30" if wait else ""
    body = {"id": f"m{next(IDS)}", "text": text}
    return httpx2.post(f"{server.url}/chat/helper/messages{query}", json=body, headers=open_chat(server), timeout=60)


def check_problem(answer: httpx2.Response, status: int, code: str) -> dict[str, Any]:
    """The answer is a problem as RFC 9457 writes it."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = answer.json()
    assert problem["code"] == code
    assert problem["status"] == status
    assert problem["detail"]
    return problem


def speak_raw(server: TapbotProcess, request: bytes) -> bytes:
    """What comes back to bytes on a socket."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
        received = b""
        try:
            connection.sendall(request)
            while part := connection.recv(65536):
                received += part
        except ConnectionError:
            pass  # it hung up in the middle of a flood, as it should
        return received


# --- sizes ---


def test_a_chat_message_of_20_megabytes_is_refused(server: TapbotProcess) -> None:
    body = json.dumps({"id": "big", "text": "x" * TWENTY_MB})
    url = f"{server.url}/chat/helper/messages"
    answer = httpx2.post(url, content=body, headers={**JSON, **open_chat(server)}, timeout=60)
    assert "64000 bytes" in check_problem(answer, 413, "api.body_too_large")["detail"]


def test_a_webhook_body_of_20_megabytes_is_refused(server: TapbotProcess) -> None:
    answer = httpx2.post(f"{server.url}/webhook/echo", content=b"x" * TWENTY_MB, timeout=60)
    assert "16000000 bytes" in check_problem(answer, 413, "api.body_too_large")["detail"]


def test_a_body_that_does_not_announce_its_size_is_refused_as_well(server: TapbotProcess) -> None:
    parts = (b'{"x": "' if not number else b"x" * 1_000_000 for number in range(20))
    answer = httpx2.post(f"{server.url}/webhook/echo", content=parts, headers=JSON, timeout=60)
    check_problem(answer, 413, "api.body_too_large")


def test_a_body_that_announces_more_than_it_sends_gets_no_answer_and_holds_nothing_up(server: TapbotProcess) -> None:
    head = b"POST /webhook/echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nshort"
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
        connection.sendall(head)


@pytest.mark.parametrize(("length", "status"), [(4096, 202), (4097, 413)])
def test_a_text_may_have_4096_letters(server: TapbotProcess, length: int, status: int) -> None:
    assert say(server, "ә" * length).status_code == status


# --- what is not what it says it is ---


@pytest.mark.parametrize(
    "body",
    [
        b'{"id": "1", "text": "\xff\xfe"}',
        b'{"id": "1", "text": "\xed\xa0\x80"}',
        b'{"id": "1", "text": ',
        b"",
        b"[]",
        b"null",
        b'"text"',
        b'{"id": "1", "text": NaN}',
        b'{"id": 1, "text": "x"}',
        b'{"id": "1", "text": "x", "role": "admin"}',
        b'{"id": "1", "text": {"__proto__": 1}}',
        b'{"id": "1", "text": "x", "__proto__": {}}',
        b'{"id": "1", "text": ' + b"[" * 30_000 + b"]" * 30_000 + b"}",
        b"\xef\xbb\xbf" + b'{"id": "\xf0\x9f\x98\x80", "text": "x"}',
        '{"id": "1", "text": "x"}'.encode("utf-16"),
    ],
)
def test_what_is_no_chat_message_is_refused(server: TapbotProcess, body: bytes) -> None:
    url = f"{server.url}/chat/helper/messages?wait=5"
    answer = httpx2.post(url, content=body, headers={**JSON, **open_chat(server)}, timeout=30)
    assert answer.status_code == 400, answer.text
    assert answer.json()["code"].startswith("webchat.")


@pytest.mark.parametrize(
    "body",
    [
        b"\xff\xfe",
        b'{"x": "\xff"}',
        b'{"x": ',
        b'{"x": NaN}',
        b"[" * 200_000 + b"]" * 200_000,
        b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
        '{"x": 1}'.encode("utf-16"),
    ],
)
def test_a_webhook_body_that_is_not_json_is_refused(server: TapbotProcess, body: bytes) -> None:
    answer = httpx2.post(f"{server.url}/webhook/echo", content=body, headers=JSON, timeout=60)
    problem = check_problem(answer, 400, "webhook.malformed_body")
    assert "application/json" in problem["hint"]


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/json; charset=nonsense", b"{}"),
        ("application/json; charset=base64", b'{"a": 1}'),
        ("multipart/form-data", b"no boundary"),
        ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data\r\n\r\n"),
        ("application/x-www-form-urlencoded", b"&".join([b"a=1"] * 20_000)),
    ],
)
def test_a_body_that_is_not_what_its_type_says_is_refused(
    server: TapbotProcess, content_type: str, body: bytes
) -> None:
    answer = httpx2.post(f"{server.url}/webhook/echo", content=body, headers={"Content-Type": content_type}, timeout=30)
    assert answer.status_code == 400, answer.text
    assert answer.json()["code"].startswith("webhook.")


@pytest.mark.parametrize("content_type", ["", "x", "/", "text/plain", "application/xml", "image/png", "a" * 5000])
def test_a_body_of_another_type_is_taken_as_what_it_is(server: TapbotProcess, content_type: str) -> None:
    answer = httpx2.post(
        f"{server.url}/webhook/echo", content=b"plain", headers={"Content-Type": content_type}, timeout=30
    )
    assert answer.status_code == 200, answer.text


# --- who and where ---


@pytest.mark.parametrize("path", ["token", "messages", "events", ""])
def test_an_unknown_bot_is_answered_with_the_known_ones(server: TapbotProcess, path: str) -> None:
    method = "GET" if path in {"events", ""} else "POST"
    url = f"{server.url}/chat/nobody/{path}".rstrip("/")
    answer = httpx2.request(method, url, content=b"{}", headers=JSON, timeout=30)
    assert "helper" in check_problem(answer, 404, "bot.not_found")["detail"]


@pytest.mark.parametrize("wait", ["nan", "inf", "-inf", "soon", "1e400"])
def test_a_wait_that_is_no_number_is_refused_before_the_message_is_taken(server: TapbotProcess, wait: str) -> None:
    url, token = f"{server.url}/chat/helper/messages", open_chat(server)
    answer = httpx2.post(f"{url}?wait={wait}", json={"id": "1", "text": "hello"}, headers=token, timeout=30)
    check_problem(answer, 400, "webchat.bad_wait")
    assert httpx2.get(url, headers=token, timeout=30).json() == {"messages": []}


def test_one_chat_has_a_few_live_streams_and_no_more(server: TapbotProcess) -> None:
    url, token = f"{server.url}/chat/helper/events", open_chat(server)
    with httpx2.Client(timeout=10) as client, ExitStack() as streams:
        opened = [streams.enter_context(client.stream("GET", url, headers=token)) for _ in range(MOST_STREAMS_A_CHAT)]
        lines = [stream.iter_lines() for stream in opened]  # one that nobody holds closes its stream
        assert [next(line) for line in lines] == [": open"] * MOST_STREAMS_A_CHAT
        check_problem(client.get(url, headers=token), 429, "api.too_many_streams")
        with client.stream("GET", url, headers=open_chat(server)) as other:
            assert next(other.iter_lines()) == ": open"


GUESSES = ["", "x", "0" * 32, "A" * 43, "ә" * 43, "A" * 10_000, "' OR 1=1 --", "../../etc/passwd"]


@pytest.mark.parametrize("guess", GUESSES)
@pytest.mark.parametrize("place", ["GET messages", "POST messages", "GET events"])
def test_a_guessed_chat_token_reads_and_writes_nothing(server: TapbotProcess, guess: str, place: str) -> None:
    method, path = place.split()
    headers = {**JSON, "X-Chat-Token": guess.encode()}
    content = b'{"id": "1", "text": "hello"}' if method == "POST" else None
    url = f"{server.url}/chat/helper/{path}"
    answer = httpx2.request(method, url, headers=headers, content=content, timeout=30)
    assert answer.status_code in {401, 403}, answer.text
    assert answer.json()["code"].startswith("webchat.")


def test_a_token_of_one_bot_opens_no_chat_of_another_project(server: TapbotProcess) -> None:
    url = f"{server.url}/p/other/dev/chat/helper/messages"
    answer = httpx2.get(url, headers=open_chat(server), timeout=30)
    assert answer.status_code == 404


@pytest.mark.parametrize("secret", [None, "", "wrong", SECRET + "x", SECRET.upper(), "ә" * 20])
def test_a_wrong_telegram_secret_is_refused(server: TapbotProcess, secret: str | None) -> None:
    headers = {} if secret is None else {"X-Telegram-Bot-Api-Secret-Token": secret.encode()}
    answer = httpx2.post(f"{server.url}/telegram/helper", json={"update_id": 1}, headers=headers, timeout=30)
    check_problem(answer, 403, "telegram.wrong_secret")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b'{"update_id": "x"}',
        b'{"update_id": 1e400}',
        b'{"update_id": 1, "message": 7}',
        b'{"update_id": 1, "message": {"message_id": 1, "date": -1e300, "chat": {"id": 1, "type": "private"}}}',
        b"\xff",
        b"[" * 30_000,
    ],
)
def test_what_is_no_update_is_refused_or_let_be(server: TapbotProcess, body: bytes) -> None:
    headers = {**JSON, "X-Telegram-Bot-Api-Secret-Token": SECRET}
    answer = httpx2.post(f"{server.url}/telegram/helper", content=body, headers=headers, timeout=30)
    assert answer.status_code in {200, 400}, answer.text


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("DELETE", "/chat/helper/messages"),
        ("PUT", "/chat/helper/token"),
        ("POST", "/health"),
        ("POST", "/chat/helper/events"),
    ],
)
def test_a_wrong_method_is_named(server: TapbotProcess, method: str, path: str) -> None:
    answer = httpx2.request(method, f"{server.url}{path}", timeout=30)
    check_problem(answer, 405, "api.method_not_allowed")


def test_a_webhook_called_by_another_method_is_not_there(server: TapbotProcess) -> None:
    answer = httpx2.get(f"{server.url}/webhook/echo", timeout=30)
    assert answer.status_code in {404, 405}
    assert answer.json()["code"].startswith("webhook.")


@pytest.mark.parametrize("wait", ["x", "", "nan", "inf", "-inf", "{}"])
def test_a_wait_that_is_no_number_is_refused(server: TapbotProcess, wait: str) -> None:
    url, body = f"{server.url}/chat/helper/messages", {"id": "w", "text": "hello"}
    answer = httpx2.post(url, params={"wait": wait}, json=body, headers=open_chat(server), timeout=30)
    check_problem(answer, 400, "webchat.bad_wait")


@pytest.mark.parametrize("wait", ["-1", "1e-300"])
def test_a_wait_below_zero_waits_not_at_all(server: TapbotProcess, wait: str) -> None:
    url, body = f"{server.url}/chat/helper/messages", {"id": "w", "text": "hello"}
    answer = httpx2.post(url, params={"wait": wait}, json=body, headers=open_chat(server), timeout=30)
    assert answer.status_code == 200
    assert answer.elapsed.total_seconds() < 20


@pytest.mark.parametrize(
    "path",
    [
        "/../pyproject.toml",
        "/..%2f..%2fetc%2fpasswd",
        "/assets/..%2f..%2findex.html",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/chat/..%2f..%2fchannel.py.js",
        "/chat/../../../../etc/passwd.js",
        "/chat/....//....//etc/passwd.css",
        "//etc/passwd",
        "/%00",
        "/assets/%00.js",
        "/\\..\\..\\etc\\passwd",
        "/" + "a" * 3000 + ".js",
    ],
)
def test_no_path_leads_out_of_the_folders_that_are_served(server: TapbotProcess, path: str) -> None:
    received = speak_raw(server, f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
    status = received.split(b" ", 2)[1]
    assert b"root:" not in received
    assert b"[project]" not in received
    assert b"from __future__" not in received
    assert status in {b"400", b"404", b"503"} or (status == b"200" and b"<!doctype html" in received.lower()), received


HEAD = b"GET /health HTTP/1.1\r\nHost: localhost\r\n"


@pytest.mark.parametrize(
    "flood",
    [
        b"".join(b"X-%d: %s\r\n" % (number, b"a" * 1000) for number in range(70)),
        b"".join(b"X-%d: %s\r\n" % (number, b"a" * 1000) for number in range(5000)),
        b"X: y\r\n" * 30_000,
        b"X-Long: " + b"a" * 1_000_000,
        b"X-" + b"a" * 1_000_000,
    ],
    ids=["just over", "many", "small", "one long value", "one long name"],
)
def test_a_flood_of_headers_is_cut_off(server: TapbotProcess, flood: bytes) -> None:
    received = speak_raw(server, HEAD + flood + b"\r\n\r\n")
    # The answer may be lost with the connection, since more is on its way than anybody reads.
    assert received == b"" or received.startswith(b"HTTP/1.1 431 "), received


def test_an_address_of_a_megabyte_is_cut_off(server: TapbotProcess) -> None:
    received = speak_raw(server, b"GET /" + b"a" * 1_000_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert received == b"" or received.startswith(b"HTTP/1.1 431 "), received


def test_a_long_head_that_is_within_the_limit_is_served(server: TapbotProcess) -> None:
    received = speak_raw(server, HEAD + b"Connection: close\r\nX-Long: " + b"a" * 60_000 + b"\r\n\r\n")
    assert received.startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize("start", [b"\x16\x03\x01\x02\x00\x01", b"\0" * 100, b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n"])
def test_what_is_no_http_is_refused(server: TapbotProcess, start: bytes) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
        connection.sendall(start)
        connection.shutdown(socket.SHUT_WR)
        assert b" 200 " not in connection.recv(1000)


# --- texts of all kinds ---


@pytest.mark.parametrize(
    "text",
    [
        "a\0b",
        "\u202eright to left\u202c",
        "👨‍👩‍👧‍👦🏳️‍🌈",
        "Z͑ͫa̴l̷g̸o" * 50,
        "مرحبا שלום 你好",
        "\u200d\u200b\ufeffx",
        "\x1b[31mred\x1b[0m",
        "{{ $json }} ={{ 1 }} ${x} %s {name}",
        "<script>alert(1)</script>",
        "'; DROP TABLE rides; --",
        "__proto__",
        "😀" * 2000,
        " \n\t x \n",
    ],
)
def test_any_text_is_kept_as_it_is_and_answered(server: TapbotProcess, text: str) -> None:
    headers, url = open_chat(server), f"{server.url}/chat/helper/messages"
    answer = httpx2.post(f"{url}?wait=30", json={"id": "1", "text": text}, headers=headers, timeout=60)
    assert answer.status_code == 200, answer.text
    assert answer.json()["messages"], "it is answered"
    said = httpx2.get(url, headers=headers, timeout=30).json()["messages"][0]["text"]
    assert said == text.replace("\0", "").strip()


@pytest.mark.parametrize("text", ["", " ", "\0", "\n\t"])
def test_a_text_of_nothing_is_refused(server: TapbotProcess, text: str) -> None:
    check_problem(say(server, text), 400, "webchat.empty")


@pytest.mark.parametrize("text", ["a\0b", "\ud800", "👨‍👩‍👧‍👦", "\u202e", "__proto__", "\x1b[31m", "x" * 100_000])
def test_a_webhook_takes_any_text(server: TapbotProcess, text: str) -> None:
    body = json.dumps({"x": text})
    answer = httpx2.post(f"{server.url}/webhook/echo", content=body, headers=JSON, timeout=60)
    assert answer.status_code == 200, answer.text
    assert json.loads(answer.json()["answer"]) == {"x": text.encode("utf-8", "replace").decode().replace("?", "\ufffd")}
