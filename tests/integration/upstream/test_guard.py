"""The guard against real sockets: private addresses, rebinding, pinning, TLS names, redirects."""

import asyncio
import ssl
import subprocess
from pathlib import Path

import pytest
from tests.integration.upstream.conftest import Serve, answer

from tapbot.errors import UpstreamRejected, UpstreamUnavailable
from tapbot.upstream import HttpClient, OutgoingPolicy, call, guarded_client


class Names:
    """A resolver that gives one prepared answer after another, then the last one for ever."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    async def __call__(self, host: str, port: int) -> list[str]:
        self.asked.append(host)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


async def get(http: HttpClient, url: str, **arguments: float) -> str:
    return (await call(http, "GET", url, service="Shop", timeout_seconds=arguments.get("timeout_seconds", 2))).text


LOOPBACK = ("127.0.0.1", "localhost", "127.1", "2130706433", "0x7f.1", "[::1]", "[::ffff:127.0.0.1]")
NOWHERE = ("0.0.0.0", "0")  # noqa: S104


@pytest.mark.parametrize("host", [*LOOPBACK, *NOWHERE])
async def test_no_spelling_of_loopback_is_reached(serve: Serve, host: str) -> None:
    async with serve(answer()) as server, guarded_client(OutgoingPolicy()) as http:
        with pytest.raises((UpstreamRejected, UpstreamUnavailable)):
            await get(http, f"http://{host}:{server.port}/")
        assert server.connections == 0


@pytest.mark.parametrize("host", ["169.254.169.254", "[::ffff:a9fe:a9fe]", "[64:ff9b::a9fe:a9fe]", "[2002:7f00:1::]"])
async def test_metadata_and_tunnels_are_refused_even_in_a_private_network(host: str) -> None:
    async with guarded_client(OutgoingPolicy(allow_private_network=True)) as http:
        with pytest.raises(UpstreamRejected, match="may not reach") as caught:
            await get(http, f"http://{host}/latest/meta-data/")
    assert caught.value.code == "upstream.address_refused"


async def test_a_second_answer_of_the_resolver_cannot_move_a_call_inside(serve: Serve) -> None:
    names = Names(["198.51.100.1", "127.0.0.1"], ["127.0.0.1"])
    async with serve(answer()) as server, guarded_client(OutgoingPolicy(), resolve=names) as http:
        for _ in range(2):
            with pytest.raises(UpstreamRejected):
                await get(http, f"http://rebind.test:{server.port}/")
        assert server.connections == 0


async def test_each_connection_asks_the_resolver_once_and_goes_where_it_said(serve: Serve) -> None:
    names = Names(["127.0.0.1"], ["198.51.100.1"])
    policy = OutgoingPolicy(allow_hosts=("crm.shop.test",))
    async with serve(answer()) as server, guarded_client(policy, resolve=names) as http:
        for _ in range(3):
            assert await get(http, f"http://crm.shop.test:{server.port}/") == "ok"
        assert names.asked == ["crm.shop.test"]
        assert server.connections == 1
        assert f"Host: crm.shop.test:{server.port}".encode() in server.requests[0]


async def test_only_the_named_host_is_let_through_to_a_shared_address(serve: Serve) -> None:
    policy = OutgoingPolicy(allow_hosts=("crm.shop.test",))
    async with serve(answer()) as server, guarded_client(policy, resolve=Names(["127.0.0.1"])) as http:
        with pytest.raises(UpstreamRejected, match=r"other\.test"):
            await get(http, f"http://other.test:{server.port}/")
        assert server.connections == 0


async def test_a_dead_address_is_passed_over_for_the_next_one(serve: Serve) -> None:
    names = Names(["127.9.9.9", "127.0.0.1"])
    policy = OutgoingPolicy(allow_private_network=True)
    async with serve(answer()) as server, guarded_client(policy, resolve=names) as http:
        assert await get(http, f"http://two.test:{server.port}/") == "ok"


async def test_a_redirect_inside_is_refused_at_its_hop(serve: Serve) -> None:
    to_metadata = answer(status="302 Found", headers="Location: http://169.254.169.254/latest/meta-data/\r\n")
    policy = OutgoingPolicy(allow_private_network=True)
    async with serve(to_metadata) as server, guarded_client(policy) as http:
        with pytest.raises(UpstreamRejected, match="may not reach"):
            await get(http, server.url)


async def test_a_redirect_from_an_allowed_host_does_not_open_its_neighbour(serve: Serve) -> None:
    async with serve(answer()) as inner:
        to_inner = answer(status="302 Found", headers=f"Location: http://127.0.0.1:{inner.port}/\r\n")
        policy = OutgoingPolicy(allow_hosts=("shop.test",))
        names = Names(["127.0.0.1"])
        async with serve(to_inner) as server, guarded_client(policy, resolve=names) as http:
            with pytest.raises(UpstreamRejected, match="may not reach"):
                await get(http, f"http://shop.test:{server.port}/")
        assert inner.connections == 0


async def test_the_environment_names_no_proxy(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    async with serve(answer(b"proxied")) as proxy, serve(answer(b"direct")) as server:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.setenv("ALL_PROXY", proxy.url)
        async with guarded_client(OutgoingPolicy(allow_private_network=True)) as http:
            assert await get(http, server.url) == "direct"
        assert proxy.connections == 0


def make_certificate(folder: Path, name: str) -> tuple[Path, Path]:
    certificate, key = folder / "cert.pem", folder / "key.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={name}"]
    subprocess.run(
        [*command, "-addext", f"subjectAltName=DNS:{name}", "-keyout", key, "-out", certificate],
        check=True,
        capture_output=True,
    )
    return certificate, key


async def test_tls_is_checked_against_the_name_and_not_the_address(serve: Serve, tmp_path: Path) -> None:
    certificate, key = await asyncio.to_thread(make_certificate, tmp_path, "shop.test")
    server_side = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server_side.load_cert_chain(certificate, key)
    asked_names: list[str | None] = []
    server_side.sni_callback = lambda _socket, name, _context: asked_names.append(name)
    trusted = ssl.create_default_context(cafile=certificate)
    policy = OutgoingPolicy(allow_private_network=True)
    async with (
        serve(answer(), ssl=server_side) as server,
        guarded_client(policy, resolve=Names(["127.0.0.1"]), ssl_context=trusted) as http,
    ):
        assert await get(http, f"https://shop.test:{server.port}/") == "ok"
        with pytest.raises(UpstreamUnavailable):
            await get(http, f"https://other.test:{server.port}/")
    assert asked_names == ["shop.test", "other.test"]
