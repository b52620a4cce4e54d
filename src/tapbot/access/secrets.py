"""Secrets that tapbot gives out: made here, kept only as hashes."""

from __future__ import annotations

import hashlib
import hmac
from secrets import token_urlsafe

SECRET_BYTES = 32


def new_secret() -> str:
    """A secret of 256 bits for a cookie or a link."""
    return token_urlsafe(SECRET_BYTES)


def hash_secret(secret: str) -> str:
    """What is kept of a secret. It is long and random, so a plain hash is enough."""
    return hashlib.sha256(secret.encode()).hexdigest()


def derive_csrf_token(session_token: str) -> str:
    """The token against forged requests that belongs to a session; who knows it does not know the session."""
    return hmac.new(session_token.encode(), b"tapbot csrf", hashlib.sha256).hexdigest()


def same_secret(given: str, expected: str) -> bool:
    """Compare without telling by the time where the first difference is."""
    return hmac.compare_digest(given.encode(), expected.encode())
