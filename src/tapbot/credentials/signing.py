"""What a credential adds to a request. Pure; values are put in place of names and never read as anything else."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping

from tapbot.credentials.types import CredentialKind, Opened, Signature
from tapbot.errors import InvalidInput, NotAllowed

_FIELD = re.compile(r"\{(\w+)\}")


def sign(kind: CredentialKind, opened: Opened) -> Signature:
    """The headers and the query of a credential.

    Raises:
        InvalidInput: A field that it needs is empty, or cannot stand in a header.
    """
    headers = {_fill(name, opened): _fill(value, opened) for name, value in kind.headers.items()}
    if kind.basic is not None:
        pair = f"{opened.text(kind.basic[0])}:{opened.text(kind.basic[1])}"
        headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
    for value in headers.values():
        if "\r" in value or "\n" in value:
            raise InvalidInput(
                f"The credential {opened.name!r} holds a line break, which no header may.",
                code="credential.bad_field",
                hint="Enter it anew with `tapbot credential add --replace`.",
            )
    return Signature(headers, {_fill(name, opened): _fill(value, opened) for name, value in kind.query.items()})


def check_host(kind: CredentialKind, opened: Opened, host: str) -> None:
    """Refuse to send a credential to a host that it is not for.

    Raises:
        NotAllowed: The kind belongs to other hosts, or its owner named others.
    """
    own = [entry.strip() for entry in opened.text("allowedDomains").split(",") if entry.strip()]
    allowed = own if opened.text("allowedHttpRequestDomains") == "domains" else list(kind.hosts)
    if allowed and not any(_matches(_fill(entry, opened), host.lower()) for entry in allowed):
        raise NotAllowed(
            f"The credential {opened.name!r} may not be sent to {host}.",
            code="credential.other_host",
            hint=f"It is for: {', '.join(allowed)}.",
        )


def _matches(entry: str, host: str) -> bool:
    entry = entry.lower().removeprefix("*")
    entry = entry.partition("://")[2].partition("/")[0] if "://" in entry else entry
    return host.endswith(entry) if entry.startswith(".") else host == entry.partition(":")[0]


def _fill(template: str, opened: Opened) -> str:
    return fill(template, opened.fields)


def fill(template: str, fields: Mapping[str, str]) -> str:
    """A text with `{name}` replaced by values; an unknown name is empty."""
    return _FIELD.sub(lambda found: fields.get(found[1], ""), template)
