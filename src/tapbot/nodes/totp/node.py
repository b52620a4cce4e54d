"""TOTP: the one-time password of this moment (RFC 6238), once per item."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from typing import Literal

from pydantic import Field

from tapbot.errors import InvalidInput
from tapbot.workflow.node import NodeParams, Step, node
from tapbot.workflow.types import Item, StepKind

DIGESTS = {
    "SHA1": "sha1", "SHA224": "sha224", "SHA256": "sha256", "SHA384": "sha384", "SHA512": "sha512",
    "SHA3-224": "sha3_224", "SHA3-256": "sha3_256", "SHA3-384": "sha3_384", "SHA3-512": "sha3_512",
}  # fmt: skip


class TotpOptions(NodeParams):
    """Less used settings."""

    algorithm: Literal[
        "SHA1", "SHA224", "SHA256", "SHA384", "SHA512", "SHA3-224", "SHA3-256", "SHA3-384", "SHA3-512"
    ] = "SHA1"
    """Digest."""
    digits: int = Field(default=6, ge=1, le=10)
    """How many digits the password has."""
    period: int = Field(default=30, ge=1, le=86_400)
    """How many seconds it counts."""


class TotpParams(NodeParams):
    """How the password is made."""

    operation: Literal["generateSecret"] = "generateSecret"
    """Make the password of this moment."""
    options: TotpOptions = Field(default_factory=TotpOptions)
    """Less used settings."""


@node("n8n-nodes-base.totp", TotpParams, version=1, label="TOTP", kind=StepKind.SAFE)
async def make_password(params: TotpParams, _item: Item, step: Step) -> Item:
    """Make the password, and say how long it still counts. The clock is the world's: a run may be days old by now."""
    opened = await step.credential("totpApi")
    key = read_secret(opened.text("secret"), opened.name)
    seconds, options = int(time.time()), params.options
    token = password_at(key, seconds, digest=options.algorithm, digits=options.digits, period=options.period)
    return Item(json={"token": token, "secondsRemaining": options.period - seconds % options.period})


def read_secret(text: str, credential: str) -> bytes:
    """The bytes of a secret in base32 (RFC 4648); blanks and small letters are as good.

    Raises:
        InvalidInput: It is none.
    """
    plain = "".join(text.split()).replace("-", "").rstrip("=").upper()
    try:
        key = base64.b32decode(plain + "=" * (-len(plain) % 8))
    except ValueError:
        key = b""
    if not key:
        raise InvalidInput(
            f"The secret of the credential {credential!r} is not base32.", code="credential.bad_field", place="secret"
        )
    return key


def password_at(key: bytes, seconds: int, *, digest: str, digits: int, period: int) -> str:
    """The password of a moment (RFC 4226, section 5.3).

    Args:
        seconds: Since 1970.
    """
    made = hmac.new(key, (seconds // period).to_bytes(8, "big"), getattr(hashlib, DIGESTS[digest])).digest()
    start = made[-1] & 0xF
    number = int.from_bytes(made[start : start + 4], "big") & 0x7FFF_FFFF
    return str(number % 10**digits).zfill(digits)
