"""Read the JSON text that a sandbox child wrote."""

from __future__ import annotations

import re
from typing import Any

import msgspec

_LONE_SURROGATE = re.compile(rb"(?<!\\)((?:\\\\)*)\\u[dD][89a-fA-F][0-9a-fA-F]{2}")


def decode_json(body: bytes) -> Any:
    """Decode an answer.

    JavaScript's strings may hold half of a surrogate pair, which UTF-8 and databases refuse; it becomes U+FFFD.

    Args:
        body: UTF-8 JSON from `JSON.stringify`, which escapes lone surrogates and nothing else beyond ASCII control.
    """
    try:
        return msgspec.json.decode(body)
    except msgspec.DecodeError:
        return msgspec.json.decode(_LONE_SURROGATE.sub(rb"\1\\ufffd", body))
