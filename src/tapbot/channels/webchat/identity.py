"""Who a visitor is, signed by the company's own site: only what carries a good signature is believed."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import jwt

from tapbot.errors import NotAllowed
from tapbot.storage.types import Scope

ALGORITHM = "HS256"
LONGEST_TOKEN = 4096
LONGEST_LIFE = timedelta(days=1)
CLOCKS_APART = timedelta(minutes=1)
LONGEST_SUBJECT, LONGEST_NAME = 200, 200
PHONE = re.compile(r"\+[1-9][0-9]{7,14}")
CHECKS = {"require": ["sub", "exp"], "verify_exp": False, "verify_iat": False, "verify_nbf": False, "verify_aud": False}


@dataclass(frozen=True, slots=True)
class Identity:
    """A visitor as the site knows them; the names are those of OpenID Connect."""

    subject: str
    """The site's own id of the person."""
    name: str | None = None
    phone: str | None = None
    """As +7…, and only one that the site verified."""


def read_identity(token: str, secret: str, *, now: datetime) -> Identity:
    """Check a signed identity and read it.

    Args:
        token: A JWT (RFC 7519) signed with HS256, with `sub` and `exp`, and perhaps `name`, `phone_number` and
            `phone_number_verified`.
        secret: What the site and the bot share.

    Raises:
        NotAllowed: It is not signed with this secret, is over, or lives longer than a day.
    """
    if len(token) > LONGEST_TOKEN:
        raise _refused("it is too long")
    try:
        claims = jwt.decode(token, secret, algorithms=[ALGORITHM], options=CHECKS)  # type: ignore[arg-type]  # a plain dict
    except jwt.InvalidTokenError:
        raise _refused("its signature or its form is wrong") from None
    _check_time(claims["exp"], now)
    subject = claims["sub"]
    if not 0 < len(subject) <= LONGEST_SUBJECT or "\0" in subject:
        raise _refused("sub is no id")
    return Identity(subject, _name(claims.get("name")), _phone(claims))


def chat_token_of(subject: str, secret: str, scope: Scope, bot_id: str) -> str:
    """The token of a person's one chat: the same on every device, and not to be guessed without the secret."""
    place = "\0".join(("tapbot chat", scope.project_id, scope.environment, bot_id, subject))
    digest = hmac.new(secret.encode(), place.encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _check_time(ends: Any, now: datetime) -> None:
    if isinstance(ends, bool) or not isinstance(ends, int | float):
        raise _refused("exp is no time")
    left_seconds = ends - now.timestamp()
    if not left_seconds > -CLOCKS_APART.total_seconds():
        raise _refused("it is over")
    if left_seconds > (LONGEST_LIFE + CLOCKS_APART).total_seconds():
        raise _refused("it lives longer than a day")


def _name(given: Any) -> str | None:
    return given.replace("\0", "").strip()[:LONGEST_NAME] or None if isinstance(given, str) else None


def _phone(claims: dict[str, Any]) -> str | None:
    phone = re.sub(r"[\s()-]", "", str(claims.get("phone_number") or ""))
    return phone if claims.get("phone_number_verified") is True and PHONE.fullmatch(phone) else None


def _refused(why: str) -> NotAllowed:
    return NotAllowed(
        f"The identity is not accepted: {why}.",
        code="webchat.bad_identity",
        hint="Let your site sign a JWT by HS256 with the bot's identity_secret, with sub, and exp within a day.",
    )
