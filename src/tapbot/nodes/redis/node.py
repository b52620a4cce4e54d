"""Redis: reads, writes and counts keys, works with lists, and publishes messages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field

from tapbot.credentials.types import Opened
from tapbot.errors import InvalidInput, TapbotError
from tapbot.nodes.fields import Text, read_text
from tapbot.nodes.javascript import parse_json, stringify
from tapbot.nodes.paths import set_path
from tapbot.upstream.redis import RedisServer, open_redis
from tapbot.workflow.node import NodeCall, NodeParams, batch_node
from tapbot.workflow.types import Item, OnError, Outputs, Pair, StepKind

MOST_KEYS = 10_000
SAFE = frozenset({"delete", "get", "info", "keys", "llen", "set"})


class RedisOptions(NodeParams):
    """Less used settings."""

    dot_notation: bool = True
    """A dot in the name of the field means a field within it."""


class RedisParams(NodeParams):
    """What is done with which key."""

    operation: Literal["delete", "get", "incr", "info", "keys", "llen", "pop", "publish", "push", "set"] = "info"
    """What is done."""
    property_name: Text = "propertyName"
    """Field that takes what is read."""
    key: Text = ""
    """Key."""
    key_type: Literal["automatic", "hash", "list", "sets", "string"] = "automatic"
    """Kind of value; `automatic` asks the server, or goes by what is written."""
    value: Any = ""
    """What is written."""
    value_is_json: bool = Field(default=True, alias="valueIsJSON")
    """A hash is given as JSON; otherwise as names and values in turn, with blanks between."""
    expire: bool = False
    """Forget the key after a while."""
    ttl: int = Field(default=60, ge=1)
    """After how many seconds."""
    key_pattern: Text = ""
    """Keys that are looked for, such as `user:*`."""
    get_values: bool = True
    """Read the values of the keys, too."""
    channel: Text = ""
    """Channel of a message."""
    message_data: Any = ""
    """The message, or the entry of a list."""
    list_name: Text = Field(default="", alias="list")
    """List."""
    tail: bool = False
    """At the end of the list instead of its beginning."""
    options: RedisOptions = Field(default_factory=RedisOptions)
    """Less used settings."""


def step_kind(params: NodeParams) -> StepKind:
    """What comes to the same when it is done twice may run again."""
    assert isinstance(params, RedisParams)  # noqa: S101  # the declaration names the model
    return StepKind.SAFE if params.operation in SAFE else StepKind.NEVER


@batch_node("n8n-nodes-base.redis", RedisParams, version=1, label="Redis", kind=step_kind)
async def work_with_redis(call: NodeCall[RedisParams]) -> Outputs:
    """Do what each item asks for, in order, over one connection."""
    each = call.params_each()
    for params in each:
        _check(params)
    server = _server(await call.step.credential("redis"))
    timeout = call.step.http_timeout_seconds
    if call.params.operation == "info":
        each = each[:1]
    made: list[Item] = []
    for index, params in enumerate(each):
        try:
            async with open_redis(call.step.http.policy, server, timeout_seconds=timeout) as client:
                record = await _work(client, params, call.items[index])
        except TapbotError as error:
            if call.step.node.on_error is OnError.STOP:
                raise
            made.append(Item(json={"error": error.message}, error=error.message, paired_item=(Pair(index),)))
            continue
        made.append(Item(json=record, paired_item=(Pair(index),)))
    return [made]


def _check(params: RedisParams) -> None:
    """Refuse what names nothing.

    Raises:
        InvalidInput: The key, list, channel or pattern is missing.
    """
    needed = {"keys": "key_pattern", "publish": "channel", "push": "list_name", "pop": "list_name", "llen": "list_name"}
    name = needed.get(params.operation, "" if params.operation == "info" else "key")
    if name and not getattr(params, name):
        shown = {"key_pattern": "keyPattern", "list_name": "list"}.get(name, name)
        raise InvalidInput(f"{shown!r} is missing.", code="node.invalid_parameter", place=shown, hint="Fill it in.")


async def _work(client: Any, params: RedisParams, item: Item) -> dict[str, Any]:
    """What one item becomes."""
    operation = params.operation
    if operation == "info":
        return {name: value for name, value in (await client.info()).items()}
    if operation == "get":
        return _written(params, await _read(client, params.key, params.key_type))
    if operation == "keys":
        return await _keys(client, params)
    if operation in {"incr", "llen"}:
        counting = operation == "incr"
        name = params.key if counting else params.list_name
        return {name: await (_count(client, params) if counting else client.llen(name))}
    if operation == "pop":
        found = await (client.rpop if params.tail else client.lpop)(params.list_name)
        return _written(params, _as_json(found))
    if operation == "push":
        await (client.rpush if params.tail else client.lpush)(params.list_name, read_text(params.message_data))
    elif operation == "publish":
        await client.publish(params.channel, read_text(params.message_data))
    elif operation == "delete":
        await client.delete(params.key)
    else:
        await _write(client, params)
    return item.json


def _written(params: RedisParams, value: Any) -> dict[str, Any]:
    record: dict[str, Any] = {}
    if params.options.dot_notation:
        set_path(record, params.property_name, value)
        return record
    return {params.property_name: value}


def _as_json(text: str | None) -> Any:
    if text is None:
        return None
    try:
        return parse_json(text)
    except ValueError:
        return text


async def _read(client: Any, key: str, key_type: str) -> Any:
    """A value by its kind; nothing where there is no such key."""
    kind = {"sets": "set"}.get(key_type, key_type)
    if kind == "automatic":
        kind = await client.type(key)
    if kind == "hash":
        return await client.hgetall(key)
    if kind == "list":
        return await client.lrange(key, 0, -1)
    if kind == "set":
        return sorted(await client.smembers(key))
    if kind in {"string", "none"}:
        return await client.get(key)
    raise InvalidInput(
        f"The key {key!r} holds a {kind}, which is not supported.", code="node.not_supported", place="key"
    )


async def _keys(client: Any, params: RedisParams) -> dict[str, Any]:
    found = []
    async for key in client.scan_iter(params.key_pattern, count=1000):
        found.append(key)
        if len(found) > MOST_KEYS:
            raise InvalidInput(
                f"More than {MOST_KEYS} keys fit {params.key_pattern!r}.",
                code="node.too_many_items",
                place="keyPattern",
                hint="Name them more closely.",
            )
    names = sorted(set(found))
    if not params.get_values:
        return {"keys": names}
    return {key: await _read(client, key, "automatic") for key in names}


async def _count(client: Any, params: RedisParams) -> int:
    """Count one more; a time to live is set with it."""
    async with client.pipeline(transaction=True) as together:
        together.incr(params.key)
        if params.expire:
            together.expire(params.key, params.ttl)
        return int((await together.execute())[0])


async def _write(client: Any, params: RedisParams) -> None:
    """Write a value in place of what was there, with its time to live, in one go."""
    key, value = params.key, params.value
    kind = _kind_of(value) if params.key_type == "automatic" else params.key_type
    async with client.pipeline(transaction=True) as together:
        if kind == "string":
            together.set(key, read_text(value), ex=params.ttl if params.expire else None)
            await together.execute()
            return
        if kind == "hash":
            together.hset(key, mapping=_fields(params))
        else:
            entries = [read_text(entry) for entry in _entries(value)]
            together.delete(key)
            (together.rpush if kind == "list" else together.sadd)(key, *entries)
        if params.expire:
            together.expire(key, params.ttl)
        await together.execute()


def _kind_of(value: Any) -> str:
    return "list" if isinstance(value, list) else "hash" if isinstance(value, dict) else "string"


def _entries(value: Any) -> list[Any]:
    read = _as_json(value) if isinstance(value, str) else value
    if not isinstance(read, list) or not read:
        raise InvalidInput(
            "A list or a set is written from a list with entries.",
            code="node.invalid_parameter",
            place="value",
            hint='Write it as ["a", "b"].',
        )
    return read


def _fields(params: RedisParams) -> Mapping[str, str]:
    """The fields of a hash."""
    value = params.value
    if not params.value_is_json:
        words = read_text(value).split()
        found: Any = dict(zip(words[::2], words[1::2], strict=True)) if len(words) % 2 == 0 else None
    else:
        found = _as_json(value) if isinstance(value, str) else value
    if not isinstance(found, dict) or not found:
        raise InvalidInput(
            "The value of a hash has no fields.",
            code="node.invalid_parameter",
            place="value",
            hint='Write it as {"name": "value"}.',
        )
    return {
        name: stringify(entry) if isinstance(entry, (dict, list)) else read_text(entry) for name, entry in found.items()
    }


def _server(opened: Opened) -> RedisServer:
    """The server of a credential.

    Raises:
        InvalidInput: Its port, or the number of the database, is none.
    """
    port, number = opened.text("port"), opened.text("database") or "0"
    for place, text, most in (("port", port, 65535), ("database", number, 10_000)):
        if not text.isdecimal() or int(text) > most:
            raise InvalidInput(
                f"The field {place!r} of the credential {opened.name!r} is no such number.",
                code="credential.bad_field",
                place=place,
            )
    return RedisServer(
        host=opened.text("host"),
        port=int(port),
        database=int(number),
        user=opened.text("user"),
        password=opened.text("password"),
        tls=opened.text("ssl") == "true",
        name=opened.name,
    )
