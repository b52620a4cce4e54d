"""Described services: each operation, run by the real engine against a server made of its documentation's example."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from email import message_from_bytes, policy
from typing import Any

import httpx2
import pytest
from tests.contract.nodes.bench import Bench, around, outputs_of, prepare

from tapbot.credentials.kinds import find_kind
from tapbot.errors import InvalidInput
from tapbot.nodes import catalogue
from tapbot.nodes.services.describe import Operation, Service, read_service, service_names
from tapbot.nodes.services.makers import MAKERS
from tapbot.nodes.services.notion_values import read_property, simple_page
from tapbot.nodes.services.values import Values
from tapbot.workflow.types import Item

pytestmark = pytest.mark.asyncio(loop_scope="package")
OPERATIONS = [
    pytest.param(service, f"{resource}.{name}", operation, id=f"{service.type}/{resource}.{name}")
    for service in map(read_service, service_names())
    for resource, operations in service.resources.items()
    for name, operation in operations.items()
]
ADDRESSES = {"host": "https://project.supabase.co", "domain": "https://shop.atlassian.net"}
ADDRESSES |= {"baseUrl": "https://n8n.example.com/api/v1"}
ADDRESSES |= {"webhookUri": "https://discord.com/api/webhooks/1/token", "url": "https://example.com"}
ADDRESSES |= {"webhookUrl": "https://shop.bitrix24.kz/rest/1/token"}
OF_KIND = {"amoCrmApi": {"domain": "https://shop.amocrm.ru"}, "smscApi": {"host": "smsc.kz"}}
OF_KIND |= {"yclientsApi": {"host": "https://api.yclients.com"}, "altegioApi": {"host": "https://api.alteg.io"}}
OF_KIND |= {
    "halykEpayApi": {"host": "https://epay-api.homebank.kz"},
    "oneCApi": {"url": "https://1c.example.com/trade"},
    "twilioApi": {"accountSid": "AC1"},
}
ANYTHING = {"accessToken": "secret-token", "expiresAt": "2099-01-01T00:00:00+00:00"}


@dataclass(slots=True)
class ContractServer:
    """Answers as the documentation's example does, and takes no other request."""

    left: list[Mapping[str, Any]]
    key_header: str = ""

    def answer(self, request: httpx2.Request) -> httpx2.Response:
        """Compare a request with the next one of the example."""
        assert self.left, f"an unexpected call: {request.method} {request.url}"
        wanted, reply = self.left[0]["request"], self.left[0]["reply"]
        self.left = self.left[1:]
        called = request.url.copy_with(query=None)
        assert (request.method, str(called)) == (wanted["method"], wanted["url"])
        query = {name: value for name, value in request.url.params.multi_items() if value not in SECRETS}
        assert query == wanted.get("query", {})
        self._compare_body(request, wanted)
        for name, value in wanted.get("headers", {}).items():
            assert request.headers[name] == value
        if self.key_header:
            assert request.headers[self.key_header], "the documentation says that a key is honoured; none was sent"
        content = reply["text"].encode() if "text" in reply else json.dumps(reply.get("json")).encode()
        if "json" not in reply and "text" not in reply:
            content = b""
        return httpx2.Response(reply.get("status", 200), headers=reply.get("headers"), content=content)

    def _compare_body(self, request: httpx2.Request, wanted: Mapping[str, Any]) -> None:
        if "json" in wanted:
            assert json.loads(request.content) == wanted["json"]
            assert request.headers["content-type"] == wanted.get("content_type", "application/json")
        elif "form" in wanted:
            assert dict(httpx2.QueryParams(request.content.decode())) == wanted["form"]
        elif "mail" in wanted:
            body = json.loads(request.content)
            mail = message_from_bytes(base64.urlsafe_b64decode(body.get("message", body)["raw"]), policy=policy.default)
            assert {name: mail[name] for name in wanted["mail"] if name != "text"} | {
                "text": mail.get_body(("plain", "html")).get_content()
            } == wanted["mail"]
        elif "contains" in wanted:
            assert all(part in request.content.decode() for part in wanted["contains"])
        else:
            assert request.content == b""


SECRETS = {"secret-token", "secret", "secret-secret"}


def credential_of(kind_name: str) -> dict[str, str]:
    """Every field filled in; tokens are fresh."""
    kind = find_kind(kind_name)
    fields = {field.name: ADDRESSES.get(field.name, "secret") for field in kind.fields if not field.choices}
    return {**fields, **(ANYTHING if kind.oauth2 else {}), **OF_KIND.get(kind_name, {})}


@pytest.mark.parametrize(("service", "name", "operation"), OPERATIONS)
async def test_an_operation_makes_the_documented_request(
    service: Service, name: str, operation: Operation, bench: Bench
) -> None:
    example = operation.example
    chosen = str(example.parameters.get("authentication", next(iter(service.credentials))))
    kind = service.credentials[chosen]
    credentials = await bench.enter({kind: credential_of(kind)} if kind else {})
    case = {"parameters": example.parameters, "settings": {"credentials": credentials}}
    case["inputs"] = [[example.item or {"json": {}}]]
    server = ContractServer(list(example.calls), operation.idempotency.header if operation.idempotency else "")
    outcome = await bench.run(prepare(around(service.type, case)), "Start", [{"json": {}}], answer=server.answer)
    assert outcome.error is None, outcome.error
    assert not server.left, "not every documented call was made"
    (items,) = outputs_of(outcome, "Node")
    wanted = example.items if example.items is not None else [example.calls[-1]["reply"]["json"]]
    assert [item["json"] for item in items] == wanted
    if operation.output.file:
        assert base64.b64decode(items[0]["binary"]["data"]["data"]).decode() == example.calls[-1]["reply"]["text"]
    assert service.find(*name.split(".")) is operation


@pytest.mark.parametrize("name", service_names())
async def test_a_service_cites_its_pages_and_names_its_kinds(name: str) -> None:
    service = read_service(name)
    for kind in filter(None, service.credentials.values()):
        find_kind(kind)
    pages = [service.page, *(one.page for operations in service.resources.values() for one in operations.values())]
    assert all(page.startswith("https://") for page in pages)
    for resource, operation in service.operation.items():
        assert service.find(resource, operation)
    for alias in service.aliases:
        assert service.find(*alias.split("."))


async def test_an_operation_that_is_not_described_is_refused_at_load() -> None:
    with pytest.raises(InvalidInput, match="has no operation 'erase' of 'message' here"):
        prepare(around("n8n-nodes-base.slack", {"parameters": {"resource": "message", "operation": "erase"}}))
    with pytest.raises(InvalidInput, match="no authentication 'magic'"):
        prepare(around("n8n-nodes-base.slack", {"parameters": {"authentication": "magic"}}))


async def run_slack(bench: Bench, parameters: dict[str, Any], *replies: httpx2.Response) -> Any:
    """Post a message to a Slack that answers so."""
    left = list(replies)
    case = {
        "parameters": parameters,
        "settings": {"credentials": await bench.enter({"slackApi": {"accessToken": "s"}})},
    }
    return await bench.run(
        prepare(around("n8n-nodes-base.slack", case)), "Start", [{"json": {}}], answer=lambda _request: left.pop(0)
    )


@pytest.mark.parametrize(
    ("name", "kind", "parameters", "said", "problem"),
    [
        (
            "tapbot.smsRu",
            "smsRuApi",
            {"to": "7", "text": "a"},
            {"status": "ERROR", "status_text": "нет денег"},
            "нет денег",
        ),
        ("tapbot.smsc", "smscApi", {"to": "7", "text": "a"}, {"error": "no money", "error_code": 3}, "no money"),
        (
            "tapbot.twoGis",
            "twoGisApi",
            {"query": "a"},
            {"meta": {"code": 403, "error": {"message": "bad key"}}},
            "bad key",
        ),
    ],
)
async def test_a_service_that_refuses_politely_fails_the_node(
    bench: Bench, name: str, kind: str, parameters: dict[str, Any], said: dict[str, Any], problem: str
) -> None:
    case = {"parameters": parameters, "settings": {"credentials": await bench.enter({kind: credential_of(kind)})}}
    reply = httpx2.Response(200, json=said)
    outcome = await bench.run(prepare(around(name, case)), "Start", [{"json": {}}], answer=lambda _request: reply)
    assert f"refused: {problem}" in outcome.error["message"]


POST = {"channelId": "C1", "text": "hi"}


async def test_a_refusal_in_a_good_reply_fails_the_node_with_its_reason(bench: Bench) -> None:
    outcome = await run_slack(bench, POST, httpx2.Response(200, json={"ok": False, "error": "channel_not_found"}))
    assert outcome.error["message"] == "Slack refused: channel_not_found."


async def test_a_busy_service_is_asked_again_when_it_says(bench: Bench) -> None:
    busy = httpx2.Response(429, headers={"retry-after": "0"})
    outcome = await run_slack(bench, POST, busy, httpx2.Response(200, json={"ok": True, "ts": "1"}))
    assert outcome.items[0].json == {"ok": True, "ts": "1"}


async def test_a_wrong_token_names_the_credential_and_not_the_token(bench: Bench) -> None:
    outcome = await run_slack(bench, POST, httpx2.Response(401, json={"ok": False}))
    assert outcome.error["message"] == "Slack did not accept the credential 'case'."


@pytest.mark.parametrize(
    ("parameters", "problem"),
    [
        ({"operation": "update", "channelId": "C1"}, "'ts' is missing"),
        ({"operation": "delete", "channelId": "C1"}, "'timestamp' is missing"),
        ({"resource": "channel", "operation": "history", "channelId": "C1", "limit": 0}, "limit is a whole number"),
        ({**POST, "blocksUi": "{"}, "not valid JSON"),
    ],
)
async def test_a_parameter_that_does_not_fit_is_named(bench: Bench, parameters: dict[str, Any], problem: str) -> None:
    outcome = await run_slack(bench, parameters)
    assert problem in outcome.error["message"]


async def test_a_supabase_table_is_not_emptied_for_want_of_a_condition(bench: Bench) -> None:
    for operation in ("update", "delete"):
        case = {"parameters": {"operation": operation, "tableId": "people", "filters": {}}}
        case["settings"] = {"credentials": await bench.enter({"supabaseApi": credential_of("supabaseApi")})}
        outcome = await bench.run(prepare(around("n8n-nodes-base.supabase", case)), "Start", [{"json": {}}])
        assert "every row" in outcome.error["message"]


@pytest.mark.parametrize(
    ("wanted", "made"),
    [
        ({"start": {"dateTime": "$absent"}, "name": "$name"}, {"name": "A"}),
        ({"parents": [{"first": ["$absent", "$empty"]}]}, {}),
        ({"parents": [], "fields": {}}, {"parents": [], "fields": {}}),
        ({"name": {"when": "$name", "is": ["A", "B"], "then": 1}}, {"name": 1}),
        ({"name": {"when": "$name", "is": "B", "then": 1}}, {}),
        ({"text": "$name", "first": ["x"], "by": 1}, {"text": "A", "first": ["x"], "by": 1}),
        ({"each": {"each": "$list", "take": "$n"}, "joined": {"join": "$names"}}, {"each": [1, 2], "joined": "a,b"}),
        ({"pairs": {"object": "$list", "name": "k", "value": "n"}}, {"pairs": {"x": 1, "y": 2}}),
        ({"parts": {"split": "$commas"}, "as": {"fill": "<{name}>"}, "like": {"literal": "$name"}},
         {"parts": ["a", "b"], "as": "<A>", "like": "$name"}),
        ({"from": {"epoch": "$at", "in": "milliseconds"}, "to": {"epoch": "$local", "in": "seconds"}},
         {"from": 1772685000000, "to": 1772668800}),
        ({"at": {"epoch": "$already", "in": "seconds"}, "none": {"epoch": "$absent", "in": "seconds"}}, {"at": 17}),
    ],
)  # fmt: skip
async def test_values_are_made_of_parameters(wanted: dict[str, Any], made: dict[str, Any]) -> None:
    given = {"name": "A", "empty": "", "names": ["a", "b"], "commas": "a, b"}
    given |= {"at": "2026-03-05T09:30:00+05:00", "local": "2026-03-05", "already": 17}
    given["list"] = [{"n": 1, "k": "x"}, {"n": 2, "k": "y"}]
    assert Values(given, Item(json={})).object(wanted) == made


async def test_a_value_does_not_become_a_condition() -> None:
    conditions = [{"keyName": "a", "keyValue": '1,id.gt.0)"'}, {"keyName": "b", "condition": "in", "keyValue": "(1,2)"}]
    given = {"matchType": "anyFilter", "filters": {"conditions": conditions}}
    assert MAKERS["supabase_filters"](given, Item(json={})) == {"or": '(a.eq."1,id.gt.0)\\"",b.in.(1,2))'}


@pytest.mark.parametrize("part", ["", ".", "..", None])
async def test_a_part_of_a_path_cannot_leave_its_place(bench: Bench, part: Any) -> None:
    case = {"parameters": {"operation": "get", "base": "appX", "table": "tblY", "id": part}}
    case["settings"] = {"credentials": await bench.enter({"airtableTokenApi": {"accessToken": "s"}})}
    outcome = await bench.run(prepare(around("n8n-nodes-base.airtable", case)), "Start", [{"json": {}}])
    assert "'id' is missing" in outcome.error["message"]


def properties(key: str, **entry: Any) -> dict[str, Any]:
    return {"propertiesUi": {"propertyValues": [{"key": key, **entry}]}}


@pytest.mark.parametrize(
    ("maker", "given", "problem"),
    [
        ("notion_properties", properties("Name"), "'Name' cannot be written"),
        ("notion_properties", properties("Price|number", numberValue="many"), "'many' is no number"),
        ("notion_properties", properties("Sum|formula"), "'Sum' cannot be written"),
        ("notion_blocks", {"blockUi": {"blockValues": [{"type": "video"}]}}, "kind 'video' cannot be written"),
        ("notion_filter", {"filterType": "json", "filterJson": "{"}, "not valid JSON"),
        (
            "notion_filter",
            {"filterType": "manual", "filters": {"conditions": [{"key": "|title"}]}},
            "names no property",
        ),
        ("docs_requests", {}, "nothing to change"),
        (
            "docs_requests",
            {"actionsUi": {"actionFields": [{"action": "delete"}]}},
            "'delete' on 'text' is not supported",
        ),
        (
            "docs_requests",
            {"actionsUi": {"actionFields": [{"action": "insert", "locationChoice": "location"}]}},
            "index",
        ),
        ("discord_embeds", {"embeds": {"values": [{"inputMethod": "json", "json": "{"}]}}, "not valid JSON"),
        ("github_file", {"binaryData": True}, "none was found"),
    ],
)
async def test_a_value_that_a_service_cannot_take_is_named(maker: str, given: dict[str, Any], problem: str) -> None:
    with pytest.raises(InvalidInput, match=problem):
        MAKERS[maker](given, Item(json={}))


@pytest.mark.parametrize(
    ("given", "made"),
    [
        (properties("When|date", range=True, dateStart="2026-03-05T10:00", dateEnd="2026-03-06T10:00",
                    timezone="Asia/Almaty"),
         {"start": "2026-03-05T10:00", "end": "2026-03-06T10:00", "time_zone": "Asia/Almaty"}),
        (properties("Papers|files", fileUrls={"fileUrl": [{"name": "a", "url": "https://example.com/a"}]}),
         [{"name": "a", "type": "external", "external": {"url": "https://example.com/a"}}]),
        (properties("Who|people", peopleValue=["a", "b,c"]), [{"object": "user", "id": name} for name in "abc"]),
        (properties("Note|rich_text", textContent="x" * 2001),
         [{"type": "text", "text": {"content": "x" * 2000}}, {"type": "text", "text": {"content": "x"}}]),
    ],
)  # fmt: skip
async def test_notion_takes_values_of_each_kind(given: dict[str, Any], made: Any) -> None:
    [value] = MAKERS["notion_properties"](given, Item(json={})).values()
    assert value[value["type"]] == made


@pytest.mark.parametrize(
    ("one", "read"),
    [
        ({"type": "rollup", "rollup": {"type": "array", "array": [{"type": "number", "number": 1}]}}, [1]),
        ({"type": "unique_id", "unique_id": {"prefix": "TX", "number": 7}}, "TX-7"),
        ({"type": "people", "people": [{"id": "a", "person": {"email": "a@b.kz"}}]}, ["a@b.kz"]),
        ({"type": "files", "files": [{"type": "file", "file": {"url": "u"}}]}, ["u"]),
        ({"type": "relation", "relation": [{"id": "r"}]}, ["r"]),
        ({"type": "select", "select": None}, None),
        ({"type": "created_by", "created_by": {"id": "x"}}, "x"),
        ({"type": "date", "date": {"start": "2026-03-05"}}, {"start": "2026-03-05"}),
    ],
)
async def test_notion_values_become_plain(one: dict[str, Any], read: Any) -> None:
    assert read_property(one) == read


def parameters_at_load(name: str, version: float, **parameters: Any) -> dict[str, Any]:
    """What a node of that version means, after its workflow was loaded."""
    upgrade = catalogue.find(read_service(name).type).upgrade
    return dict(upgrade(parameters, version))


async def test_older_versions_of_services_are_read_at_load() -> None:
    told = parameters_at_load("discord", 1, webhookUri="https://discord.com/api/webhooks/1/t", text="hi")
    assert (told["resource"], told["operation"], told["authentication"]) == ("legacy", "send", "address")
    assert parameters_at_load("hubspot", 1, operation="get")["resource"] == "deal"
    assert parameters_at_load("hubspot", 1, resource="contact")["resource"] == "contact"
    assert "resource" not in parameters_at_load("hubspot", 2, operation="get")
    page = {"id": "a", "url": "u", "properties": {"Full name": {"type": "title", "title": [{"plain_text": "One"}]}}}
    assert simple_page(page, parameters_at_load("notion", 1)) == {"id": "a", "Full name": "One"}
    assert simple_page(page, parameters_at_load("notion", 2))["property_full_name"] == "One"


@pytest.mark.parametrize("address", ["https://example.com/api/webhooks/1/t", "https://discord.com/api/webhooks/1", ""])
async def test_an_address_that_is_no_webhook_of_discord_is_refused(bench: Bench, address: str) -> None:
    case = {"parameters": {"webhookUri": address, "text": "hi"}, "version": 1}
    outcome = await bench.run(prepare(around("n8n-nodes-base.discord", case)), "Start", [{"json": {}}])
    assert "no address of a Discord webhook" in outcome.error["message"]


@pytest.mark.parametrize("path", ["", "../x", "a//b", "."])
async def test_a_path_of_several_parts_cannot_leave_its_place(path: str) -> None:
    with pytest.raises(InvalidInput, match="'p' is missing"):
        Values({"p": path}, Item(json={})).path("/contents/{p/}")


@pytest.mark.parametrize("key", ["1", "7c5ea3b8-1d3b-11e6-80c2-0050568e2c1f')/Post"])
async def test_a_key_within_quotes_is_a_guid_and_nothing_else(key: str) -> None:
    with pytest.raises(InvalidInput, match="is no GUID"):
        Values({"entity": "Catalog_A", "key": key}, Item(json={})).path("/{entity}(guid'{key!guid}')")


async def test_a_time_that_is_none_is_named() -> None:
    with pytest.raises(InvalidInput, match="'yesterday' is no time"):
        Values({"at": "yesterday"}, Item(json={})).make({"epoch": "$at", "in": "seconds"})


async def test_what_an_operation_cannot_do_is_refused_and_not_left_out(bench: Bench) -> None:
    parameters = {"person": "1", "text": "hi", "shareMediaCategory": "IMAGE"}
    kind = "linkedInOAuth2Api"
    case = {"parameters": parameters, "settings": {"credentials": await bench.enter({kind: credential_of(kind)})}}
    outcome = await bench.run(prepare(around("n8n-nodes-base.linkedIn", case)), "Start", [{"json": {}}])
    assert "'IMAGE' is not described here" in outcome.error["message"]
