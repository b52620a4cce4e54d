"""JWT: signs JSON web tokens, checks them, and reads what they say (RFC 7519)."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from tapbot.credentials.types import Opened
from tapbot.errors import InvalidInput
from tapbot.loader import load
from tapbot.nodes.fields import FromJson, Text
from tapbot.workflow.node import NodeParams, Step, node
from tapbot.workflow.types import Item, StepKind

Algorithm = Literal[
    "HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "ES256", "ES384", "ES512", "PS256", "PS384", "PS512",
]  # fmt: skip


class Claims(NodeParams):
    """What the token says, beside when it was made."""

    audience: Text = ""
    """For whom it is (`aud`)."""
    expires_in: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    """After how many seconds it is void (`exp`)."""
    issuer: Text = ""
    """Who made it (`iss`)."""
    jwtid: Text = ""
    """Its own id (`jti`)."""
    not_before: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    """After how many seconds it counts (`nbf`)."""
    subject: Text = ""
    """Whom it is about (`sub`)."""


class JwtOptions(NodeParams):
    """Less used settings."""

    algorithm: Algorithm | None = None
    """Algorithm in place of the credential's."""
    complete: bool = False
    """Give the header and the signature, too."""
    ignore_expiration: bool = False
    """Take a token that is void by now."""
    ignore_not_before: bool = False
    """Take a token that does not count yet."""
    clock_tolerance: float = Field(default=0, ge=0, le=86_400)
    """How many seconds clocks may differ."""
    kid: Text = ""
    """Id of the key, for the header."""


class JwtParams(NodeParams):
    """What is done with which token."""

    operation: Literal["sign", "verify", "decode"] = "sign"
    """`sign` makes a token, `verify` checks one, `decode` only reads it: what it says may be anybody's."""
    use_json: bool = False
    """Give the claims as JSON."""
    claims: Claims = Field(default_factory=Claims)
    """What the token says."""
    claims_json: Annotated[dict[str, Any] | None, FromJson] = None
    """The same as JSON, for `useJson`."""
    token: Text = ""
    """The token to check or to read."""
    options: JwtOptions = Field(default_factory=JwtOptions)
    """Less used settings."""


@node("n8n-nodes-base.jwt", JwtParams, version=1, label="JWT", kind=StepKind.SAFE)
async def work_with_token(params: JwtParams, _item: Item, step: Step) -> Item:
    """Sign, check or read one token."""
    if params.operation == "decode":
        return Item(json=_told(params, _read(params.token)))
    opened = await step.credential("jwtAuth")
    seconds = step.now.timestamp()
    if params.operation == "sign":
        return Item(json={"token": _sign(params, opened, int(seconds))})
    return Item(json=_told(params, _verify(params, opened, seconds)))


def _sign(params: JwtParams, opened: Opened, now: int) -> str:
    """A token.

    Raises:
        InvalidInput: The key does not fit the algorithm.
    """
    library = load("jwt")
    claims = dict(params.claims_json or {}) if params.use_json else _claims(params.claims, now)
    claims.setdefault("iat", now)
    pem = opened.text("keyType") == "pemKey"
    key = opened.text("privateKey") if pem else opened.text("secret")
    headers = {"kid": params.options.kid} if params.options.kid else None
    try:
        token: str = library.encode(claims, _readable(key), algorithm=_algorithm(params, opened), headers=headers)
    except (library.exceptions.PyJWTError, ValueError, TypeError, NotImplementedError):
        raise _unfit(opened) from None
    return token


def _claims(claims: Claims, now: int) -> dict[str, Any]:
    given = {"aud": claims.audience, "iss": claims.issuer, "jti": claims.jwtid, "sub": claims.subject}
    made: dict[str, Any] = {name: value for name, value in given.items() if value}
    if claims.expires_in is not None:
        made["exp"] = now + int(claims.expires_in)
    if claims.not_before is not None:
        made["nbf"] = now + int(claims.not_before)
    return made


def _verify(params: JwtParams, opened: Opened, now: float) -> dict[str, Any]:
    """The parts of a token whose signature fits and whose time it is.

    Raises:
        InvalidInput: The signature does not fit, or it is too early or too late.
    """
    library = load("jwt")
    parts = _read(params.token)
    pem = opened.text("keyType") == "pemKey"
    key = opened.text("publicKey") if pem else opened.text("secret")
    unchecked = {f"verify_{name}": False for name in ("exp", "nbf", "iat", "aud", "sub", "jti", "iss")}
    try:
        library.decode(params.token, _readable(key), algorithms=[_algorithm(params, opened)], options=unchecked)
    except library.exceptions.InvalidKeyError:
        raise _unfit(opened) from None
    except (library.exceptions.PyJWTError, ValueError, TypeError, NotImplementedError):
        raise _refused("its signature does not fit the key and the algorithm of the credential") from None
    _check_times(parts["payload"], params.options, now)
    return parts


def _check_times(payload: dict[str, Any], options: JwtOptions, now: float) -> None:
    """Refuse a token before and after its time."""
    slack = options.clock_tolerance
    if not options.ignore_expiration and "exp" in payload and _moment(payload, "exp") <= now - slack:
        raise _refused("it has expired")
    if not options.ignore_not_before and "nbf" in payload and _moment(payload, "nbf") > now + slack:
        raise _refused("it does not count yet")


def _moment(payload: dict[str, Any], name: str) -> float:
    value = payload[name]
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise _refused(f"its {name!r} is no time")
    return float(value)


def _read(token: str) -> dict[str, Any]:
    """Header, payload and signature of a token, unchecked.

    Raises:
        InvalidInput: It is none.
    """
    library = load("jwt")
    try:
        read = library.decode_complete(token.strip(), options={"verify_signature": False})
    except (library.exceptions.PyJWTError, ValueError, TypeError):
        raise _refused("it is malformed") from None
    return {"header": read["header"], "payload": read["payload"], "signature": token.strip().rpartition(".")[2]}


def _told(params: JwtParams, parts: dict[str, Any]) -> dict[str, Any]:
    return parts if params.options.complete else {"payload": parts["payload"]}


def _algorithm(params: JwtParams, opened: Opened) -> str:
    return params.options.algorithm or opened.text("algorithm") or "HS256"


def _readable(key: str) -> str:
    """A PEM on one line has its breaks written out."""
    return key.replace("\\n", "\n")


def _refused(problem: str) -> InvalidInput:
    return InvalidInput(f"The token is not accepted: {problem}.", code="node.invalid_parameter", place="token")


def _unfit(opened: Opened) -> InvalidInput:
    return InvalidInput(
        f"The key of the credential {opened.name!r} does not fit the algorithm.",
        code="credential.bad_field",
        hint="HS takes a secret, RS, PS and ES a key in PEM.",
    )
