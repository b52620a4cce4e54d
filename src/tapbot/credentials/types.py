"""What a credential is, sealed and opened, and what it adds to a request. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Field:
    """One entry of a credential's form.

    Args:
        secret: It is asked for without an echo, and never shown.
        choices: The values that it may have; any when empty.
    """

    name: str
    label: str
    secret: bool = False
    required: bool = True
    default: str = ""
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OAuth2:
    """How a kind gets its access token (RFC 6749); empty texts leave it to the credential's own fields."""

    token_url: str = ""
    scope: str = ""
    grant: str = "refresh_token"
    """`refresh_token`, `client_credentials`, `jwt_bearer` (a service account, RFC 7523), or `login`."""
    body: Mapping[str, str] = field(default_factory=dict)
    """For `login`, a service's own way to a token, the JSON that it takes; for `client_credentials` more fields of the
    form. `{field}` stands for the field's value; an empty one is left out."""
    answer: str = "access_token"
    """Where the answer holds the token."""


@dataclass(frozen=True, slots=True)
class CredentialKind:
    """A kind of credential, under n8n's name where n8n has it.

    Args:
        name: For example `"httpBasicAuth"`.
        headers: What it adds to a request; `{field}` stands for the field's value.
        query: The same for the address.
        basic: The fields that are user and password of HTTP's basic authentication.
        hosts: Hosts that it may be sent to; any when empty. A name that begins with a dot stands for all below it.
        page: Documentation of how the service is authorised.
    """

    name: str
    label: str
    fields: tuple[Field, ...]
    headers: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    basic: tuple[str, str] | None = None
    oauth2: OAuth2 | None = None
    hosts: tuple[str, ...] = ()
    page: str = ""


@dataclass(frozen=True, slots=True)
class Sealed:
    """A credential as it is kept: all but its secrets can be read.

    Args:
        sealed: The fields, encrypted and authenticated; base64.
        key_id: Which key opens them.
    """

    credential_id: str
    kind: str
    name: str
    sealed: str
    key_id: str
    created_at: datetime
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Opened:
    """A credential with its fields in the open, for as long as a call takes. It prints without them."""

    credential_id: str
    kind: str
    name: str
    fields: Mapping[str, str] = field(repr=False)

    def text(self, name: str) -> str:
        """A field; empty where it was left out."""
        return self.fields.get(name, "")


@dataclass(frozen=True, slots=True)
class Signature:
    """What a credential adds to a request. It prints without its values."""

    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    query: Mapping[str, str] = field(default_factory=dict, repr=False)
