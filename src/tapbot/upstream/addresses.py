"""Which addresses an outgoing call may reach: the kind of an IP address and the policy that judges it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

from tapbot.errors import InvalidInput

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


class AddressKind(Enum):
    """What an address is, as far as a caller's right to reach it goes."""

    PUBLIC = "public"
    PRIVATE = "private"
    """This machine and its neighbours: allowed by `allow_private_network`."""
    RESERVED = "reserved"
    """Nobody's, everybody's, or a cloud's metadata service: allowed by name or range only."""


def _networks(*ranges: str) -> tuple[Network, ...]:
    return tuple(ip_network(text) for text in ranges)


# Cloud metadata hands out credentials to whoever asks. Some of it lives in ranges that look public or private.
METADATA = _networks(
    "169.254.0.0/16",
    "100.100.100.200/32",
    "168.63.129.16/32",
    "192.0.0.192/32",
    "fd00:ec2::/32",
    "fd20:ce::254/128",
    "fd00:42::42/128",
)
PRIVATE = _networks(
    "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "100.64.0.0/10", "::1/128", "fc00::/7"
)
# Ranges that Python 3.11 calls global, or that only lead to another address (6to4, Teredo, IANA specials).
RESERVED = _networks(
    "192.0.0.0/24", "192.88.99.0/24", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20", "5f00::/16"
)
GLOBAL_UNICAST = ip_network("2000::/3")
# Forms of IPv6 that carry an IPv4 address in their last 32 bits: mapped, compatible, translated, NAT64.
CARRIES_IPV4 = _networks("::ffff:0:0/96", "::/96", "::ffff:0:0:0/96", "64:ff9b::/96")
ISATAP_MARKS = (0x0000_5EFE, 0x0200_5EFE)


def classify_address(text: str) -> AddressKind:
    """Tell public addresses from private and reserved ones; an IPv4 address inside an IPv6 one counts as itself.

    Args:
        text: An address as the resolver gave it, for example `"::ffff:10.0.0.1"`.
    """
    address = _unwrap(_parse(text))
    if _within(address, METADATA):
        return AddressKind.RESERVED
    if _within(address, PRIVATE):
        return AddressKind.PRIVATE
    if _within(address, RESERVED) or address.is_multicast or not address.is_global:
        return AddressKind.RESERVED
    if isinstance(address, IPv6Address) and (address not in GLOBAL_UNICAST or _is_isatap(address)):
        return AddressKind.RESERVED
    return AddressKind.PUBLIC


def _parse(text: str) -> Address:
    """Read an address; the zone of a link-local one (`%eth0`) does not matter."""
    return ip_address(text.partition("%")[0])


def _unwrap(address: Address) -> Address:
    if isinstance(address, IPv6Address) and address != IPv6Address("::1") and _within(address, CARRIES_IPV4):
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address


def _is_isatap(address: IPv6Address) -> bool:
    """Such an address is a tunnel to the IPv4 address in its end (RFC 5214)."""
    return (int(address) >> 32) & 0xFFFF_FFFF in ISATAP_MARKS


def _within(address: Address, networks: tuple[Network, ...]) -> bool:
    return any(address.version == network.version and address in network for network in networks)


@dataclass(frozen=True)
class OutgoingPolicy:
    """What outgoing calls may reach and how much they may read.

    Args:
        allow_private_network: Private and loopback addresses are allowed. Link-local ones (cloud metadata) are not.
        allow_hosts: Host names and CIDR ranges that are allowed whatever they resolve to.
        timeout_seconds: Longest silence of the other side where a call names none.
        response_limit_bytes: Largest answer that is read, unpacked.

    Raises:
        InvalidInput: An entry of `allow_hosts` is a malformed range.
    """

    allow_private_network: bool = False
    allow_hosts: tuple[str, ...] = ()
    timeout_seconds: float = 30
    response_limit_bytes: int = 20_000_000
    _names: frozenset[str] = field(init=False, repr=False, compare=False, default=frozenset())
    _ranges: tuple[Network, ...] = field(init=False, repr=False, compare=False, default=())

    def __post_init__(self) -> None:
        """Sort the entries into names and ranges once."""
        ranges = tuple(network for entry in self.allow_hosts if (network := _read_range(entry)))
        object.__setattr__(self, "_ranges", ranges)
        object.__setattr__(self, "_names", frozenset(_plain(entry) for entry in self.allow_hosts))

    def allows(self, host: str, address: str) -> bool:
        """Judge one resolved address of a host."""
        kind = classify_address(address)
        if kind is AddressKind.PUBLIC or (kind is AddressKind.PRIVATE and self.allow_private_network):
            return True
        return _plain(host) in self._names or _within(_unwrap(_parse(address)), self._ranges)


def _plain(host: str) -> str:
    return host.strip("[]").rstrip(".").lower()


def _read_range(entry: str) -> Network | None:
    """Read `10.0.0.0/8` or a single address; a host name is no range."""
    try:
        return ip_network(_plain(entry), strict=False)
    except ValueError:
        if "/" not in entry:
            return None
        raise InvalidInput(
            f"{entry!r} is neither a host name nor a CIDR range.",
            code="upstream.bad_range",
            place="upstream.allow_hosts",
        ) from None
