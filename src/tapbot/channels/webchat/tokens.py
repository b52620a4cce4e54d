"""Chat tokens: who holds one may read and write its chat, so they are long, random and stored only as a hash."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Mapping

from tapbot.errors import NotAllowed

TOKEN_HEADER = "x-chat-token"  # noqa: S105  # a header's name
TOKEN_BYTES = 32
TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")


def new_chat_token(random: Callable[[int], bytes]) -> str:
    """Make a token of 256 random bits, safe in headers and addresses.

    Args:
        random: Gives that many random bytes, for example `secrets.token_bytes`.
    """
    return base64.urlsafe_b64encode(random(TOKEN_BYTES)).rstrip(b"=").decode()


def hash_chat_token(token: str) -> str:
    """The SHA-256 of a token in hex: the only form that is stored, and the chat's id."""
    return hashlib.sha256(token.encode()).hexdigest()


def read_chat_token(headers: Mapping[str, str]) -> str:
    """Take the token from the request's headers.

    Raises:
        NotAllowed: There is none, or something that was never issued. Whether it was issued only the caller knows.
    """
    token = next((value for name, value in headers.items() if name.lower() == TOKEN_HEADER), "")
    if not TOKEN.fullmatch(token):
        raise NotAllowed("The chat's token is missing or malformed.", code="webchat.no_token")
    return token
