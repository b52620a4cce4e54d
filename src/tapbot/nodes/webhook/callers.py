"""Who calls a webhook: its proof is compared with the node's credential. Pure; the API calls it."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tapbot.credentials.types import Opened
from tapbot.loader import load
from tapbot.workflow.node import WebhookReply

PLAIN = {"content-type": "text/plain; charset=utf-8"}
MISSING = b"Authorization is required!"
WRONG = b"Authorization data is wrong!"


class Refused(Exception):
    """The caller did not prove who it is.

    Args:
        reply: What it is told.
    """

    def __init__(self, reply: WebhookReply) -> None:
        super().__init__("refused")
        self.reply = reply


@dataclass(frozen=True, slots=True)
class Proof:
    """How a caller proved who it is.

    Args:
        hidden: Header with a secret, which is not kept with the run.
        claims: What its JSON web token says.
    """

    hidden: str | None = None
    claims: Mapping[str, Any] | None = None


def check_proof(opened: Opened, headers: Mapping[str, str], raw_body: bytes) -> Proof:
    """Compare a caller's proof with the credential.

    Args:
        headers: By name in lower case; of one that came twice, the first.

    Raises:
        Refused: 401 where a login is missing, 403 where the proof is wrong.
    """
    if opened.kind == "httpBasicAuth":
        _check_basic(opened, headers.get("authorization", ""))
        return Proof("authorization")
    if opened.kind == "httpHeaderAuth":
        if not _same(headers.get(opened.text("name").lower(), ""), opened.text("value")):
            raise _wrong()
        return Proof(opened.text("name").lower())
    if opened.kind == "hmacAuth":
        _check_signature(opened, headers.get(opened.text("header").lower(), ""), raw_body)
        return Proof()
    return Proof("authorization", _read_token(opened, headers.get("authorization", "")))


def _check_basic(opened: Opened, given: str) -> None:
    scheme, _, encoded = given.partition(" ")
    if scheme.lower() != "basic":
        raise Refused(WebhookReply(401, {**PLAIN, "www-authenticate": 'Basic realm="Webhook"'}, MISSING))
    try:
        pair = base64.b64decode(encoded.strip(), validate=True).decode()
    except ValueError:  # no base64, or no text in it
        raise _wrong() from None
    if not _same(pair, f"{opened.text('user')}:{opened.text('password')}"):
        raise _wrong()


def _check_signature(opened: Opened, given: str, raw_body: bytes) -> None:
    """Over the bytes as they came: written anew they could differ."""
    digest = hmac.new(opened.text("secret").encode(), raw_body, getattr(hashlib, opened.text("algorithm"))).digest()
    as_base64 = opened.text("encoding") == "base64"
    written = base64.b64encode(digest).decode() if as_base64 else digest.hex()
    if not as_base64:
        given = given.lower()
    if not given or not _same(given, opened.text("prefix") + written):
        raise _wrong()


def _read_token(opened: Opened, given: str) -> dict[str, Any]:
    scheme, _, token = given.partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Refused(WebhookReply(401, {**PLAIN, "www-authenticate": "Bearer"}, b"No token provided"))
    jwt = load("jwt")
    key = opened.text("publicKey") if opened.text("keyType") == "pemKey" else opened.text("secret")
    try:
        readable = key.replace("\\n", "\n")
        algorithms, options = [opened.text("algorithm")], {"verify_aud": False}
        claims: dict[str, Any] = jwt.decode(token.strip(), readable, algorithms=algorithms, options=options)
    except (jwt.exceptions.PyJWTError, ValueError, TypeError):
        raise Refused(WebhookReply(403, PLAIN, b"Invalid token")) from None
    return claims


def _same(given: str, wanted: str) -> bool:
    """Compare without telling by the time where the first difference is; an empty secret opens nothing."""
    return bool(wanted) and hmac.compare_digest(given.encode(), wanted.encode())


def _wrong() -> Refused:
    return Refused(WebhookReply(403, PLAIN, WRONG))
