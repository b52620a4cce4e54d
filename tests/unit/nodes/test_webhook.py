"""What a request becomes, and what its caller gets."""

import base64
from typing import Any

import pytest

from tapbot.errors import InvalidInput, NotAllowed
from tapbot.nodes import replies
from tapbot.nodes.webhook.params import WebhookParams, upgrade
from tapbot.nodes.webhook.reply import reply_at_once, reply_for_error, reply_from_items, reply_unanswered
from tapbot.nodes.webhook.request import allowed_origin, check_caller, item_from_request, parse_body
from tapbot.workflow.types import Item


def webhook(**parameters: Any) -> WebhookParams:
    return WebhookParams.model_validate({"path": "book", **parameters})


def receive(body: bytes = b"", content_type: str = "application/json", **parameters: Any) -> Item:
    headers = [("content-type", content_type), ("x-a", "1"), ("x-a", "2")]
    return item_from_request(
        webhook(**parameters),
        method="POST",
        headers=headers,
        path_params={"id": "7"},
        query=[("a", "1"), ("b", "2"), ("b", "3"), ("c[]", "4")],
        raw_body=body,
        url="https://example.com/webhook/book",
    )


def test_a_request_becomes_an_item() -> None:
    item = receive(b'{"seats": 2}')
    assert item.json == {
        "headers": {"content-type": "application/json", "x-a": "1, 2"},
        "params": {"id": "7"},
        "query": {"a": "1", "b": ["2", "3"], "c": ["4"]},
        "body": {"seats": 2},
        "webhookUrl": "https://example.com/webhook/book",
        "executionMode": "production",
    }
    assert item.binary is None


@pytest.mark.parametrize(
    ("body", "content_type", "expected"),
    [
        (b"", "application/json", {}),
        (b"[1]", "application/problem+json; charset=utf-8", [1]),
        (b"a=1&a=2&b=", "application/x-www-form-urlencoded", {"a": ["1", "2"], "b": ""}),
        (b"<a/>", "text/xml", "<a/>"),
        ("привет".encode("cp1251"), "text/plain; charset=windows-1251", "привет"),
        (b"plain", "", "plain"),
    ],
)
def test_a_body_is_read_by_its_type(body: bytes, content_type: str, expected: Any) -> None:
    assert parse_body(body, content_type) == expected


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"{", "application/json"),
        (b"NaN", "application/json"),
        (b"\xff", "application/json"),
        (b"[" * 100_000, "application/json"),
        (b"a", "text/plain; charset=none"),
        (b"no boundary", "multipart/form-data"),
        (b"--x\r\nbroken", "multipart/form-data; boundary=x"),
    ],
)
def test_a_body_that_is_not_what_it_says_is_refused(body: bytes, content_type: str) -> None:
    with pytest.raises(InvalidInput, match="cannot be read") as refused:
        receive(body, content_type)
    assert refused.value.code == "webhook.malformed_body"


def test_a_form_gives_fields_and_files_of_its_own_parts_alone() -> None:
    body = (
        b'--x\r\nContent-Disposition: form-data; name="city"\r\n\r\ntaraz\r\n'
        b'--x\r\nContent-Disposition: form-data; name="photo"; filename="../../a.png"\r\n'
        b"Content-Type: image/png\r\n\r\nPNG\r\n"
        b'--x\r\nContent-Disposition: form-data; name="city"\r\n\r\nalmaty\r\n--x--\r\n'
    )
    item = receive(body, "multipart/form-data; boundary=x")
    assert item.json["body"] == {"city": ["taraz", "almaty"]}
    file = {"data": base64.b64encode(b"PNG").decode(), "mimeType": "image/png", "fileName": "a.png"}
    assert item.binary == {"photo": {**file, "fileExtension": "png"}}


def test_json_never_makes_a_file() -> None:
    # CVE-2026-21858: a JSON body that describes files was taken for an upload.
    item = receive(b'{"files": {"f": {"filepath": "/etc/passwd"}}}')
    assert item.binary is None


def test_other_bodies_and_raw_ones_are_files() -> None:
    assert receive(b"PNG", "image/png").binary == {
        "data": {"data": "UE5H", "mimeType": "image/png", "fileName": "body"}
    }
    raw = receive(b'{"a": 1}', options={"rawBody": True, "binaryPropertyName": "raw"})
    assert raw.json["body"] == {}
    assert raw.binary is not None
    assert base64.b64decode(raw.binary["raw"]["data"]) == b'{"a": 1}'


def test_several_methods_are_told_apart() -> None:
    both = webhook(multipleMethods=True, httpMethod=["GET", "POST"])
    assert both.methods == ["GET", "POST"]
    assert webhook(httpMethod="POST").methods == ["POST"]
    assert receive(multipleMethods=True, httpMethod=["GET", "POST"]).json["httpMethod"] == "POST"


def test_unwelcome_callers_are_refused() -> None:
    guarded = webhook(options={"ignoreBots": True, "ipWhitelist": "10.0.0.0/8, 2001:db8::1"})
    check_caller(guarded, address="10.1.2.3", user_agent="curl/8")
    check_caller(guarded, address="2001:db8::1", user_agent="")
    for address in ("11.0.0.1", "unknown", ""):
        with pytest.raises(NotAllowed):
            check_caller(guarded, address=address, user_agent="curl/8")
    with pytest.raises(NotAllowed):
        check_caller(guarded, address="10.1.2.3", user_agent="TelegramBot (like TwitterBot)")


def test_origins_are_allowed_by_name() -> None:
    assert allowed_origin(webhook(), "https://a.test") == "*"
    named = webhook(options={"allowedOrigins": "https://a.test, https://b.test"})
    assert allowed_origin(named, "https://b.test") == "https://b.test"
    assert allowed_origin(named, "https://c.test") is None


def test_an_immediate_answer_says_that_it_began() -> None:
    reply = reply_at_once(webhook())
    assert (reply.status, reply.body) == (200, b'{"message":"Workflow was started"}')
    own = webhook(options={"responseData": "ok", "responseCode": {"values": {"responseCode": 202}}})
    assert (reply_at_once(own).status, reply_at_once(own).body) == (202, b"ok")
    custom = {"values": {"responseCode": "customCode", "customCode": 418}}
    silent = webhook(options={"noResponseBody": True, "responseCode": custom})
    assert (reply_at_once(silent).status, reply_at_once(silent).body) == (418, b"")


ITEMS = [
    Item(json={"a": 1, "n": {"t": "x"}}, binary={"data": {"data": "aGk=", "mimeType": "text/plain"}}),
    Item(json={"a": 2}),
]


@pytest.mark.parametrize(
    ("parameters", "body"),
    [
        ({}, b'{"a":1,"n":{"t":"x"}}'),
        ({"responseData": "allEntries"}, b'[{"a":1,"n":{"t":"x"}},{"a":2}]'),
        ({"responseData": "noData"}, b""),
        ({"responseData": "firstEntryBinary"}, b"hi"),
        ({"options": {"responsePropertyName": "n.t"}}, b"x"),
        ({"options": {"responsePropertyName": "n"}}, b'{"t":"x"}'),
    ],
)
def test_the_last_node_answers(parameters: dict[str, Any], body: bytes) -> None:
    assert reply_from_items(webhook(**parameters), ITEMS).body == body


def test_no_items_and_errors_have_an_answer() -> None:
    assert b"no data was returned" in reply_from_items(webhook(), []).body
    assert reply_from_items(webhook(responseData="allEntries"), []).body == b"[]"
    assert (reply_for_error().status, reply_for_error().body) == (500, b'{"message":"Error in workflow"}')
    assert reply_unanswered().status == 200
    with pytest.raises(InvalidInput, match="no file"):
        reply_from_items(webhook(responseData="firstEntryBinary"), [Item(json={})])


def test_a_header_of_the_author_wins() -> None:
    entries = {"entries": [{"name": "Content-Type", "value": "text/csv"}, {"name": "X-A", "value": 5}]}
    reply = reply_from_items(webhook(options={"responsePropertyName": "n.t", "responseHeaders": entries}), ITEMS)
    assert reply.headers["content-type"] == "text/csv"
    assert reply.headers["x-a"] == "5"


@pytest.mark.parametrize(
    "content_type",
    [
        "text/html",
        "TEXT/HTML; charset=utf-8",
        "image/svg+xml",
        "application/xml",
        "application/atom+xml",
        "x",
        "multipart/mixed",
        "",
    ],
)
def test_whatever_may_become_a_page_runs_in_a_sandbox(content_type: str) -> None:
    reply = replies.reply_text("<script>", headers={"content-type": content_type})
    policy = reply.headers["content-security-policy"]
    assert policy.startswith("sandbox")
    assert "allow-same-origin" not in policy
    assert reply.headers["x-content-type-options"] == "nosniff"


def test_a_policy_of_the_author_holds_together_with_ours() -> None:
    reply = replies.reply_text("<p>", headers={"Content-Security-Policy": "default-src 'none'"})
    assert reply.headers["content-security-policy"].startswith("default-src 'none', sandbox")


@pytest.mark.parametrize(
    ("name", "value"),
    [("X A", "1"), ("X-A", "1\r\nX-B: 2"), ("Content-Length", "5"), ("Set-Cookie", "tapbot_session=x"), ("X:A", "1")],
)
def test_a_header_that_breaks_the_reply_is_refused(name: str, value: str) -> None:
    entries = {"entries": [{"name": name, "value": value}]}
    with pytest.raises(InvalidInput, match="cannot be sent"):
        reply_at_once(webhook(options={"responseHeaders": entries}))


def test_the_status_of_older_versions_moves_into_the_options() -> None:
    upgraded = WebhookParams.model_validate(upgrade({"path": "a", "responseCode": 201}, 1.1))
    assert upgraded.options.response_code.status == 201
