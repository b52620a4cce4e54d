"""The one door out: outgoing HTTP with a guard on addresses, limits, deadlines and no secret in a message."""

from tapbot.upstream.addresses import AddressKind, OutgoingPolicy, classify_address
from tapbot.upstream.client import HttpClient, Response, guarded_client, shown
from tapbot.upstream.plain import open_socket
from tapbot.upstream.sending import MAY_HAVE_ARRIVED, Sent, call, check_status, read_retry_after, request

__all__ = [
    "MAY_HAVE_ARRIVED",
    "AddressKind",
    "HttpClient",
    "OutgoingPolicy",
    "Response",
    "Sent",
    "call",
    "check_status",
    "classify_address",
    "guarded_client",
    "open_socket",
    "read_retry_after",
    "request",
    "shown",
]
