"""Crypto: hashes, keyed hashes and random values."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import uuid
from typing import Literal

from pydantic import Field

from tapbot.errors import InvalidInput
from tapbot.nodes.binaries import read_binary
from tapbot.nodes.fields import Text
from tapbot.nodes.paths import set_path
from tapbot.storage.types import JsonObject
from tapbot.workflow.node import NodeParams, Step, node
from tapbot.workflow.types import Item, StepKind

HASHES = {
    "MD5": "md5",
    "SHA1": "sha1",
    "SHA256": "sha256",
    "SHA384": "sha384",
    "SHA512": "sha512",
    "SHA3-256": "sha3_256",
    "SHA3-384": "sha3_384",
    "SHA3-512": "sha3_512",
}
LETTERS = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


class CryptoParams(NodeParams):
    """What to work out."""

    action: Literal["hash", "hmac", "sign", "generate"] = "hash"
    """`hash`: a digest. `hmac`: one with a secret. `generate`: a random value. `sign` needs credentials."""
    type: Literal["MD5", "SHA1", "SHA256", "SHA384", "SHA512", "SHA3-256", "SHA3-384", "SHA3-512"] = "MD5"
    """Kind of the digest."""
    binary_data: bool = False
    """Take a file of the item, instead of the text."""
    binary_property_name: Text = "data"
    """Name of that file."""
    value: Text = ""
    """Text."""
    secret: Text = ""
    """Secret of a keyed digest."""
    data_property_name: Text = "data"
    """Field to write."""
    encoding: Literal["hex", "base64"] = "hex"
    """How the digest is written."""
    encoding_type: Literal["uuid", "ascii", "base64", "hex"] = "uuid"
    """Kind of the random value."""
    string_length: int = Field(default=32, ge=1, le=10_000)
    """Its length."""


def step_kind(params: CryptoParams) -> StepKind:
    """A random value is recorded, so that a run that goes on later has the same; a digest is worked out again."""
    return StepKind.SAFE if params.action == "generate" else StepKind.PURE


@node("n8n-nodes-base.crypto", CryptoParams, version=1, label="Crypto", kind=step_kind)
def work_out(params: CryptoParams, item: Item, _step: Step) -> Item:
    """Write the digest or the random value into a field beside the others."""
    if params.action == "sign":
        raise InvalidInput(
            "Signing needs a key from credentials, which are not supported yet.", code="node.not_supported"
        )
    record: JsonObject = dict(item.json)
    made = _random(params) if params.action == "generate" else _digest(params, item)
    set_path(record, params.data_property_name, made)
    return Item(json=record, binary=item.binary)


def _digest(params: CryptoParams, item: Item) -> str:
    content = read_binary(item, params.binary_property_name)[0] if params.binary_data else params.value.encode()
    name = HASHES[params.type]
    if params.action == "hmac":
        if not params.secret:
            raise InvalidInput("A keyed digest needs a secret.", code="node.invalid_parameter", place="secret")
        found = hmac.new(params.secret.encode(), content, name).digest()
    else:
        found = hashlib.new(name, content, usedforsecurity=False).digest()
    return found.hex() if params.encoding == "hex" else base64.b64encode(found).decode()


def _random(params: CryptoParams) -> str:
    length = params.string_length
    if params.encoding_type == "uuid":
        return str(uuid.uuid4())
    if params.encoding_type == "ascii":
        return "".join(secrets.choice(LETTERS) for _ in range(length))
    if params.encoding_type == "hex":
        return secrets.token_hex(length)[:length]
    return base64.b64encode(secrets.token_bytes(length)).decode()[:length]
