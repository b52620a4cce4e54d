"""The item that a request becomes, and whether the request is welcome. Pure; the API calls it."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl

from tapbot.errors import InvalidInput, NotAllowed
from tapbot.nodes.fields import split_names
from tapbot.nodes.javascript import parse_json
from tapbot.nodes.multipart import describe_file, parse_multipart
from tapbot.nodes.webhook.callers import Proof
from tapbot.nodes.webhook.params import WebhookParams
from tapbot.workflow.types import Item

MOST_FIELDS = 10_000
HIDDEN = "**hidden**"
BOTS = ("bot", "crawler", "spider", "preview", "facebookexternalhit", "slurp", "whatsapp", "embedly", "pingdom")


def item_from_request(
    params: WebhookParams,
    *,
    method: str,
    headers: Iterable[tuple[str, str]],
    path_params: Mapping[str, str],
    query: Iterable[tuple[str, str]],
    raw_body: bytes,
    url: str,
    mode: str = "production",
    proof: Proof | None = None,
) -> Item:
    """The item that starts the run.

    Args:
        headers: Names in lower case, as ASGI has them.
        path_params: What the parts of the path such as `:id` took.
        query: Names and values, decoded, in order.
        url: Address that was called, without its query.
        mode: `"production"` or `"test"`.
        proof: How the caller proved who it is.

    Raises:
        InvalidInput: The body is not what its content type says.
    """
    named = _join(headers, separator=", ")
    content_type = str(named.get("content-type", ""))
    options = params.options
    record: dict[str, Any] = {
        "headers": named,
        "params": dict(path_params),
        "query": read_pairs(query),
        "body": {} if options.raw_body else parse_body(raw_body, content_type),
        "webhookUrl": url,
        "executionMode": mode,
    }
    if params.multiple_methods and len(params.methods) > 1:
        record["httpMethod"] = method
    if proof is not None and proof.hidden in named:
        named[str(proof.hidden)] = HIDDEN
    if proof is not None and proof.claims is not None:
        record["jwtPayload"] = dict(proof.claims)
    files: dict[str, Any] = {}
    if options.raw_body or (raw_body and _is_file(content_type)):
        files[options.binary_property_name] = describe_file(raw_body, content_type, "body")
    elif content_type.lower().startswith("multipart/form-data"):
        record["body"], files = parse_multipart(raw_body, content_type)
    return Item(json=record, binary=files or None)


def parse_body(raw_body: bytes, content_type: str) -> Any:
    """The body as a value: JSON, a form's fields, or a text; `{}` where there is none or it is a file.

    Raises:
        InvalidInput: It is not what its content type says.
    """
    kind, charset = _kind_of(content_type)
    if not raw_body or kind == "multipart/form-data" or _is_file(content_type):
        return {}
    try:
        text = raw_body.decode(charset)
        if kind.endswith(("/json", "+json")):
            return parse_json(text)
        if kind == "application/x-www-form-urlencoded":
            return read_pairs(parse_qsl(text, keep_blank_values=True, max_num_fields=MOST_FIELDS))
    except (ValueError, LookupError):
        raise InvalidInput(
            "The body of the request cannot be read.",
            code="webhook.malformed_body",
            hint=_how_to_send(kind),
        ) from None
    return text


@lru_cache(maxsize=64)
def _kind_of(content_type: str) -> tuple[str, str]:
    """What a content type names: the kind in lower case, and how its letters are written."""
    kind, _, rest = content_type.partition(";")
    charset = next((part.partition("=")[2].strip(' "') for part in rest.split(";") if "charset=" in part), "utf-8")
    return kind.strip().lower(), charset


def _how_to_send(kind: str) -> str:
    if kind == "application/x-www-form-urlencoded":
        return f"A form has at most {MOST_FIELDS} fields, in UTF-8."
    return f"Its content type is {kind or 'missing'}: send valid JSON in UTF-8, or name another type."


@lru_cache(maxsize=64)
def _is_file(content_type: str) -> bool:
    """Whether a body is kept as a file."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "multipart/form-data":
        return False
    readable = ("text/", "application/x-www-form-urlencoded", "application/xml", "application/javascript")
    return bool(kind) and not kind.startswith(readable) and not kind.endswith(("/json", "+json", "+xml"))


def read_pairs(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Names and values as an object; a repeated name, or one that ends in `[]`, makes a list."""
    read: dict[str, Any] = {}
    for written, value in pairs:
        name = written.removesuffix("[]")
        if name in read:
            read[name] = [*(read[name] if isinstance(read[name], list) else [read[name]]), value]
        else:
            read[name] = [value] if written.endswith("[]") else value
    return read


def _join(pairs: Iterable[tuple[str, str]], *, separator: str) -> dict[str, Any]:
    joined: dict[str, Any] = {}
    for written, value in pairs:
        name = written.lower()
        joined[name] = f"{joined[name]}{separator}{value}" if name in joined else value
    return joined


def check_caller(params: WebhookParams, *, address: str, user_agent: str) -> None:
    """Refuse callers that the author does not want.

    Args:
        address: IP address of the caller.

    Raises:
        NotAllowed: A crawler, or an address that is not on the list.
    """
    options = params.options
    if options.ignore_bots and any(word in user_agent.lower() for word in BOTS):
        raise NotAllowed("Crawlers are not served here.", code="webhook.bot")
    if not options.ip_whitelist:
        return
    allowed = params.allowed_addresses
    if allowed and not any(_within(address, entry) for entry in allowed):
        raise NotAllowed("This address may not call this webhook.", code="webhook.address_refused")


def _within(address: str, entry: str) -> bool:
    try:
        return ipaddress.ip_address(address) in ipaddress.ip_network(entry, strict=False)
    except ValueError:
        return False


def allowed_origin(params: WebhookParams, origin: str) -> str | None:
    """What `Access-Control-Allow-Origin` says to a page of this origin; `None`: it may not call."""
    allowed = split_names(params.options.allowed_origins) or ["*"]
    if "*" in allowed:
        return "*"
    return origin if origin in allowed else None
