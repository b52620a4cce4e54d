"""Connections of other protocols than HTTP, such as SMTP: the same guard on addresses, a plain socket."""

from __future__ import annotations

import asyncio
import socket
import ssl
from contextlib import suppress

import httpx2

from tapbot.errors import UpstreamRejected, UpstreamUnavailable
from tapbot.upstream.addresses import OutgoingPolicy
from tapbot.upstream.transport import Resolve, resolve_name


async def open_socket(
    policy: OutgoingPolicy,
    host: str,
    port: int,
    *,
    service: str,
    timeout_seconds: float,
    resolve: Resolve = resolve_name,
) -> socket.socket:
    """Connect to the first address of a host that the policy allows and that answers.

    Args:
        service: Name of the other side in messages.
        timeout_seconds: Longest wait for one address.

    Raises:
        UpstreamRejected: The policy allows none of its addresses.
        UpstreamUnavailable: None answers.
    """
    try:
        found = await resolve(host, port)
    except httpx2.ConnectError:
        raise _not_reached(service, host) from None
    allowed = [address for address in found if policy.allows(host, address)]
    if found and not allowed:
        raise UpstreamRejected(
            f"{host} is in a private or reserved network, which outgoing calls may not reach. "
            "Name it in upstream.allow_hosts if this call is wanted.",
            code="upstream.address_refused",
        )
    loop = asyncio.get_running_loop()
    for address in allowed:
        opened = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
        opened.setblocking(False)
        try:
            async with asyncio.timeout(timeout_seconds):
                await loop.sock_connect(opened, (address, port))
        except (OSError, TimeoutError):
            opened.close()
            continue
        except BaseException:
            opened.close()
            raise
        return opened
    raise _not_reached(service, host)


def tls_context(*, checked: bool = True) -> ssl.SSLContext:
    """How TLS is spoken to servers of other protocols.

    Args:
        checked: Whether the server's certificate must be signed for its name.
    """
    context = ssl.create_default_context()
    if not checked:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def close_socket(opened: socket.socket) -> None:
    """Close a socket; a thread that waits at it wakes up."""
    with suppress(OSError):
        opened.shutdown(socket.SHUT_RDWR)
    opened.close()


def _not_reached(service: str, host: str) -> UpstreamUnavailable:
    return UpstreamUnavailable(f"{service} ({host}) could not be reached.", code="upstream.not_reached")
