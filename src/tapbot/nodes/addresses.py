"""Addresses that authors write."""

from __future__ import annotations

from urllib.parse import urlsplit

from tapbot.errors import InvalidInput


def host_of(url: str) -> str:
    """The host, for messages: the rest of an address may hold a secret.

    Raises:
        InvalidInput: The address is not valid.
    """
    try:
        parts = urlsplit(url.strip())
        host = parts.hostname if parts.scheme in {"http", "https"} else None
    except ValueError:
        host = None
    if not host:
        raise InvalidInput(
            "The address of the request is not valid.",
            code="node.invalid_parameter",
            place="url",
            hint="It begins with http:// or https:// and names a host.",
        )
    return host
