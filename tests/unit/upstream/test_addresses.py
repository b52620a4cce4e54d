"""Which addresses count as public, private and reserved, and what a policy allows."""

import pytest

from tapbot.errors import InvalidInput
from tapbot.upstream import AddressKind, OutgoingPolicy, classify_address

PUBLIC = ["8.8.8.8", "93.184.216.34", "2606:2800:220:1::1", "64:ff9b::808:808", "::ffff:8.8.8.8"]
PRIVATE = [
    "10.0.0.1",
    "172.16.5.4",
    "172.31.255.255",
    "192.168.1.1",
    "127.0.0.1",
    "127.255.255.254",
    "100.64.0.1",
    "::1",
    "fd12:3456::1",
    "::ffff:10.0.0.1",
    "::ffff:127.0.0.1",
    "::127.0.0.1",
    "::ffff:0:192.168.1.1",
    "64:ff9b::a00:1",
]
RESERVED = [
    "0.0.0.0",  # noqa: S104
    "0.1.2.3",
    "169.254.169.254",
    "169.254.1.1",
    "100.100.100.200",
    "168.63.129.16",
    "192.0.0.192",
    "192.0.2.1",
    "192.88.99.1",
    "198.18.0.1",
    "198.51.100.7",
    "203.0.113.9",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "fd00:ec2::254",
    "fd20:ce::254",
    "::ffff:169.254.169.254",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::1",
    "2002:7f00:1::",
    "2002:808:808::1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "2001:db8::1",
    "2a00:1450::5efe:7f00:1",
    "2a00:1450::200:5efe:a00:1",
    "100::1",
    "3fff::1",
    "5f00::1",
    "4000::1",
]


@pytest.mark.parametrize(
    ("address", "kind"),
    [(address, AddressKind.PUBLIC) for address in PUBLIC]
    + [(address, AddressKind.PRIVATE) for address in PRIVATE]
    + [(address, AddressKind.RESERVED) for address in RESERVED],
)
def test_an_address_is_of_its_kind_in_every_form(address: str, kind: AddressKind) -> None:
    assert classify_address(address) is kind


def test_nothing_but_public_addresses_is_allowed_by_default() -> None:
    policy = OutgoingPolicy()
    assert all(policy.allows("shop.test", address) for address in PUBLIC)
    assert not any(policy.allows("shop.test", address) for address in PRIVATE + RESERVED)


def test_allowing_the_private_network_does_not_allow_cloud_metadata() -> None:
    policy = OutgoingPolicy(allow_private_network=True)
    assert all(policy.allows("shop.test", address) for address in PRIVATE)
    assert not any(policy.allows("shop.test", address) for address in RESERVED)


def test_a_named_host_or_range_is_allowed_and_its_neighbours_are_not() -> None:
    policy = OutgoingPolicy(allow_hosts=("CRM.shop.test.", "10.1.0.0/16", "[::1]", "192.168.7.7"))
    assert policy.allows("crm.shop.test", "10.9.9.9")
    assert policy.allows("other.test", "10.1.2.3")
    assert policy.allows("other.test", "::ffff:10.1.2.3")
    assert policy.allows("other.test", "::1")
    assert policy.allows("other.test", "192.168.7.7")
    assert not policy.allows("other.test", "10.2.0.1")
    assert not policy.allows("evil-crm.shop.test", "10.9.9.9")


def test_a_malformed_range_is_named_at_the_start() -> None:
    with pytest.raises(InvalidInput, match=r"10\.0\.0\.0/99"):
        OutgoingPolicy(allow_hosts=("10.0.0.0/99",))
