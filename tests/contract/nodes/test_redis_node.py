"""Redis against a real server."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import pytest
from tests.contract.nodes.bench import Bench, around, outputs_of, prepare
from tests.servers.redis import RedisServer

from tapbot.errors import UpstreamRejected, UpstreamUnavailable
from tapbot.upstream import OutgoingPolicy
from tapbot.upstream.redis import RedisServer as Place
from tapbot.upstream.redis import open_redis

pytestmark = pytest.mark.asyncio(loop_scope="package")


@pytest.fixture(autouse=True)
def empty(redis_server: RedisServer) -> None:
    redis_server.wipe()


async def run(bench: Bench, server: RedisServer, parameters: dict[str, Any], *items: Any, **more: Any) -> Any:
    fields = {"host": "127.0.0.1", "port": str(server.port), **more.pop("fields", {})}
    settings = {"credentials": await bench.enter({"redis": fields}), **more}
    inputs = [[{"json": item} for item in items or [{}]]]
    case = {"parameters": parameters, "settings": settings, "inputs": inputs}
    return await bench.run(prepare(around("n8n-nodes-base.redis", case)), "Start", [{"json": {}}])


async def records(bench: Bench, server: RedisServer, parameters: dict[str, Any], *items: Any, **more: Any) -> Any:
    outcome = await run(bench, server, parameters, *items, **more)
    assert outcome.error is None, outcome.error
    return [item["json"] for item in outputs_of(outcome, "Node")[0]]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ({"value": "қалай"}, "қалай"),
        ({"value": 7}, "7"),
        ({"value": "={{ ['a', 1] }}"}, ["a", "1"]),
        ({"value": "={{ ({ a: 1, b: [2] }) }}"}, {"a": "1", "b": "[2]"}),
        ({"value": '{"a": "x"}', "keyType": "hash"}, {"a": "x"}),
        ({"value": "a x b y", "keyType": "hash", "valueIsJSON": False}, {"a": "x", "b": "y"}),
        ({"value": '["b", "a", "b"]', "keyType": "sets"}, ["a", "b"]),
        ({"value": '["b", "a"]', "keyType": "list"}, ["b", "a"]),
        ({"value": '{"a": 1}', "keyType": "string"}, '{"a": 1}'),
    ],
)
async def test_what_is_written_is_read_by_its_kind(
    bench: Bench, redis_server: RedisServer, written: dict[str, Any], read: Any
) -> None:
    item = {"id": 7}
    given = {"operation": "set", "key": "=k:{{ $json.id }}", **written}
    assert await records(bench, redis_server, given, item) == [item]
    assert await records(bench, redis_server, given, item) == [item]
    asked = {"operation": "get", "key": "k:7", "propertyName": "found.value"}
    assert await records(bench, redis_server, asked) == [{"found": {"value": read}}]
    plain = {**asked, "options": {"dotNotation": False}}
    assert await records(bench, redis_server, plain) == [{"found.value": read}]


async def test_keys_end_are_counted_found_and_deleted(bench: Bench, redis_server: RedisServer) -> None:
    await records(bench, redis_server, {"operation": "set", "key": "a:1", "value": "x", "expire": True, "ttl": 50})
    assert redis_server.ask("TTL a:1") in {":50", ":49"}
    counting = {"operation": "incr", "key": "a:n", "expire": True, "ttl": 9}
    assert await records(bench, redis_server, counting, {}, {}) == [{"a:n": 1}, {"a:n": 2}]
    assert redis_server.ask("TTL a:n") in {":9", ":8"}
    looking = {"operation": "keys", "keyPattern": "a:*"}
    assert await records(bench, redis_server, looking) == [{"a:1": "x", "a:n": "2"}]
    assert await records(bench, redis_server, {**looking, "getValues": False}) == [{"keys": ["a:1", "a:n"]}]
    assert await records(bench, redis_server, {"operation": "delete", "key": "a:1"}, {"n": 1}) == [{"n": 1}]
    assert await records(bench, redis_server, {"operation": "get", "key": "a:1"}) == [{"propertyName": None}]


async def test_a_list_has_two_ends(bench: Bench, redis_server: RedisServer) -> None:
    push = {"operation": "push", "list": "l", "messageData": "={{ $json.m }}"}
    await records(bench, redis_server, {**push, "tail": True}, {"m": "b"}, {"m": {"c": 1}})
    await records(bench, redis_server, push, {"m": "a"})
    assert await records(bench, redis_server, {"operation": "llen", "list": "l"}) == [{"l": 3}]
    pop = {"operation": "pop", "list": "l", "propertyName": "got"}
    assert await records(bench, redis_server, {**pop, "tail": True}) == [{"got": {"c": 1}}]
    assert await records(bench, redis_server, pop, {}, {}, {}) == [{"got": "a"}, {"got": "b"}, {"got": None}]


async def test_a_message_reaches_who_listens(bench: Bench, redis_server: RedisServer) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", redis_server.port)
    writer.write(b"SUBSCRIBE news\r\n")
    for _ in range(6):
        await reader.readline()
    sent = {"operation": "publish", "channel": "news", "messageData": "сәлем"}
    await records(bench, redis_server, sent)
    assert "сәлем".encode() in await reader.readuntil("сәлем".encode())
    writer.close()


async def test_the_server_tells_about_itself(bench: Bench, redis_server: RedisServer) -> None:
    [told] = await records(bench, redis_server, {}, {}, {})
    assert told["redis_version"]


@pytest.mark.parametrize(
    ("parameters", "problem"),
    [
        ({"operation": "get"}, "'key' is missing"),
        ({"operation": "push"}, "'list' is missing"),
        ({"operation": "keys"}, "'keyPattern' is missing"),
        ({"operation": "publish"}, "'channel' is missing"),
        ({"operation": "set", "key": "k", "keyType": "hash", "value": "x"}, "has no fields"),
        ({"operation": "set", "key": "k", "keyType": "hash", "value": "a b c", "valueIsJSON": False}, "has no fields"),
        ({"operation": "set", "key": "k", "keyType": "list", "value": "[]"}, "a list with entries"),
        ({"operation": "set", "key": "k", "expire": True, "ttl": 0}, "ttl"),
        ({"operation": "incr", "key": "text"}, "not an integer"),
        ({"operation": "get", "key": "text", "keyType": "list"}, "WRONGTYPE"),
        ({"operation": "get", "key": "stream"}, "holds a stream"),
        ({"operation": "flush"}, "operation"),
    ],
)
async def test_what_does_not_fit_is_named(
    bench: Bench, redis_server: RedisServer, parameters: dict[str, Any], problem: str
) -> None:
    redis_server.ask("SET text x")
    redis_server.ask("XADD stream * a b")
    outcome = await run(bench, redis_server, parameters)
    assert problem.lower() in outcome.error["message"].lower(), outcome.error


async def test_a_failed_item_stands_beside_the_others(bench: Bench, redis_server: RedisServer) -> None:
    redis_server.ask("SET text x")
    given = {"operation": "incr", "key": "={{ $json.k }}"}
    items = [{"k": "text"}, {"k": "n"}]
    made = await records(bench, redis_server, given, *items, onError="continueRegularOutput")
    assert "not an integer" in made[0]["error"]
    assert made[1] == {"n": 1}


async def test_who_may_not_log_in_is_told_the_credentials_name_alone(bench: Bench, redis_server: RedisServer) -> None:
    wrong = await run(bench, redis_server, {}, fields={"user": "aya", "password": "hidden1"})
    assert wrong.error["message"] == "Redis did not accept the credential 'case'."
    away = await run(bench, redis_server, {}, fields={"port": "1"})
    assert "could not be reached" in away.error["message"]
    for field in ("port", "database"):
        assert "no such number" in (await run(bench, redis_server, {}, fields={field: "x"})).error["message"]
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        port = str(deaf.getsockname()[1])
        for tls in (False, True):
            place = Place("127.0.0.1", int(port), 0, "", "", tls=tls)
            with pytest.raises(UpstreamUnavailable, match="broke off"):
                async with open_redis(OutgoingPolicy(allow_hosts=("127.0.0.1",)), place, timeout_seconds=0.1) as client:
                    await client.get("a")


async def test_a_private_server_is_refused() -> None:
    with pytest.raises(UpstreamRejected, match="private or reserved"):
        async with open_redis(OutgoingPolicy(), Place("127.0.0.1", 6379, 0, "", ""), timeout_seconds=1) as client:
            await client.get("a")
