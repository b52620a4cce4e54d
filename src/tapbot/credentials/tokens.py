"""Access tokens of OAuth2 credentials: when one must be renewed, the request for it, and what its answer says. Pure."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

import msgspec

from tapbot.credentials.signing import fill
from tapbot.credentials.types import CredentialKind, Opened
from tapbot.errors import InvalidInput, UpstreamRejected
from tapbot.loader import load

EARLY = timedelta(seconds=60)
"""A token is renewed this long before it ends."""
USUAL_LIFE = timedelta(hours=1)
JWT_LIFE = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class TokenRequest:
    """A request to a token endpoint. It prints without its secrets.

    Args:
        json: The body, where it is no form.
    """

    url: str
    form: Mapping[str, str] | None = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    json: Mapping[str, str] | None = field(default=None, repr=False)


def is_fresh(opened: Opened, now: datetime) -> bool:
    """Whether its access token may be used."""
    if not opened.text("accessToken"):
        return False
    ends = opened.text("expiresAt")
    return not ends or datetime.fromisoformat(ends) - EARLY > now


def may_renew(kind: CredentialKind, opened: Opened) -> bool:
    """Whether a new access token can be had without a person."""
    grant = grant_of(kind, opened)
    return grant != "refresh_token" or bool(opened.text("refreshToken"))


def grant_of(kind: CredentialKind, opened: Opened) -> str:
    """The grant (RFC 6749, section 1.3): a kind's own, or what the credential says in n8n's words."""
    chosen = {"clientCredentials": "client_credentials"}.get(opened.text("grantType"))
    return chosen or (kind.oauth2.grant if kind.oauth2 else "refresh_token")


def token_request(kind: CredentialKind, opened: Opened, now: datetime) -> TokenRequest:
    """What to ask the token endpoint.

    Raises:
        InvalidInput: The credential has no token that could be renewed, or no endpoint.
    """
    assert kind.oauth2 is not None  # noqa: S101  # the caller asks for kinds with OAuth2
    url = kind.oauth2.token_url or opened.text("accessTokenUrl")
    grant = grant_of(kind, opened)
    if not url or not may_renew(kind, opened):
        raise InvalidInput(
            f"The credential {opened.name!r} has no refresh token with which a new access token could be had.",
            code="credential.not_authorised",
            hint="Authorise it at the service and enter `refreshToken` with `tapbot credential add --replace`.",
        )
    filled = {name: fill(value, opened.fields) for name, value in kind.oauth2.body.items()}
    more = {name: value for name, value in filled.items() if value}
    if grant == "login":
        return TokenRequest(url, None, {}, more)
    scope = opened.text("scope") or kind.oauth2.scope
    if grant == "jwt_bearer":
        form = {
            "grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer",
            "assertion": _assertion(opened, url, scope, now),
        }
        return TokenRequest(url, form, {})
    form = {"grant_type": grant, **more}
    if grant == "refresh_token":
        form["refresh_token"] = opened.text("refreshToken")
    elif scope:
        form["scope"] = scope
    client = opened.text("clientId"), opened.text("clientSecret")
    if opened.text("authentication") == "body":
        return TokenRequest(url, {**form, "client_id": client[0], "client_secret": client[1]}, {})
    pair = ":".join(quote(part, safe="") for part in client)  # RFC 6749, section 2.3.1
    return TokenRequest(url, form, {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"})


def _assertion(opened: Opened, audience: str, scope: str, now: datetime) -> str:
    """A signed claim to be that service account (RFC 7523)."""
    key = opened.text("privateKey").replace("\\n", "\n")
    issued = int(now.timestamp())
    claims = {
        "iss": opened.text("email"),
        "scope": scope,
        "aud": audience,
        "iat": issued,
        "exp": issued + int(JWT_LIFE.total_seconds()),
    }
    if opened.text("delegatedEmail"):
        claims["sub"] = opened.text("delegatedEmail")
    jwt = load("jwt")
    try:
        return str(jwt.encode(claims, key, algorithm="RS256"))
    except (ValueError, TypeError, jwt.exceptions.PyJWTError):
        raise InvalidInput(
            f"The private key of the credential {opened.name!r} cannot be read.",
            code="credential.bad_field",
            place="privateKey",
            hint="It is a PEM text that begins with -----BEGIN PRIVATE KEY-----.",
        ) from None


def read_tokens(content: bytes, now: datetime, place: str = "access_token") -> dict[str, str]:
    """The token fields of an endpoint's answer (RFC 6749, section 5.1).

    Args:
        place: Where it holds the token.

    Raises:
        UpstreamRejected: There is no token in it.
    """
    try:
        answer: Any = msgspec.json.decode(content)
        token = answer[place]
        life = timedelta(seconds=float(answer["expires_in"])) if answer.get("expires_in") else USUAL_LIFE
    except (msgspec.DecodeError, KeyError, TypeError, ValueError, AttributeError, OverflowError):
        token = None
    if not isinstance(token, str) or not token:
        raise UpstreamRejected("The token endpoint gave no access token.", code="credential.no_token")
    tokens = {"accessToken": token, "expiresAt": (now + life).isoformat()}
    if isinstance(answer.get("refresh_token"), str):  # some services give a new one each time
        tokens["refreshToken"] = answer["refresh_token"]
    return tokens
