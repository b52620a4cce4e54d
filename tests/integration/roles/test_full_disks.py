"""PostgreSQL's disk is full: nothing is lost, and work goes on when there is room (a worker's: test_lost_network)."""

from __future__ import annotations

import contextlib
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest
from tests.integration.roles.cluster import CountingServer, Process, cluster, post, until
from tests.servers.postgres import PostgresServer
from tests.servers.redis import RedisServer

DISK_BYTES = 192 * 1024 * 1024
LARGE = 400_000
LONGER_THAN_A_LEASE_SECONDS = 8.0


@pytest.fixture
def small_disk() -> Iterator[PostgresServer]:
    """A server whose files are on a disk of their own, which can be filled."""
    server = PostgresServer(durable=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tapbot-test", str(server.folder)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode:
        server.end()
        pytest.skip("only root may mount a disk that is small enough to fill")
    try:
        server.create()
        yield server
    finally:
        server.stop(at_once=True)
        subprocess.run(["umount", "-l", str(server.folder)], check=True)
        server.end()


@contextmanager
def filled(server: PostgresServer) -> Iterator[None]:
    """No block is free on the server's disk."""
    ballast = server.folder / "ballast"
    with ballast.open("wb") as file:
        while True:
            try:
                file.write(bytes(1 << 16))
                file.flush()
            except OSError:
                break
    try:
        yield
    finally:
        ballast.unlink(missing_ok=True)


def fill_table(web: Process) -> httpx2.Response:
    """A call whose row needs more blocks of its table."""
    return post(web, "later", {"n": 0, "text": os.urandom(LARGE // 2).hex()})


def end_log(server: PostgresServer) -> None:
    """Write so much of the log of changes that it needs another file: the server ends with a panic."""
    with contextlib.suppress(RuntimeError):
        for _ in range(50):
            server.sql("SELECT pg_logical_emit_message(false, 'test', repeat('x', 1000000)); SELECT pg_switch_wal()")
    assert "PANIC" in (server.folder / "log").read_text(errors="replace")


def check_refused(answer: httpx2.Response, code: str) -> None:
    """Whoever calls is told to come back."""
    assert answer.status_code == 503, answer.text
    assert answer.json()["code"] == code
    assert "nothing was" in answer.json()["detail"]
    assert int(answer.headers["retry-after"]) >= 1


@pytest.mark.parametrize(("ends", "code"), [(False, "storage.full"), (True, "storage.gone")])
def test_callers_are_told_while_postgresql_has_no_room_and_nothing_is_lost(
    tmp_path: Path,
    small_disk: PostgresServer,
    redis_server: RedisServer,
    project: Path,
    service: CountingServer,
    ends: bool,
    code: str,
) -> None:
    """A full disk refuses rows, and ends the server as soon as its log of changes needs another file."""
    redis_server.stop()
    redis_server.start()
    with cluster(tmp_path, small_disk, redis_server.url, project) as made:
        made.env["TAPBOT_STORAGE__WAIT_SECONDS"] = "2"
        web, worker, scheduler = made.web(), made.worker(), made.scheduler()
        service.delay_seconds = 0.3  # some are under way when the disk is full
        assert [post(web, "later", {"n": number}).status_code for number in range(1, 31)] == [200] * 30
        with filled(small_disk):
            if ends:
                end_log(small_disk)
            until(lambda: fill_table(web).status_code == 503)
            for _ in range(3):
                check_refused(fill_table(web), code)
            time.sleep(LONGER_THAN_A_LEASE_SECONDS)
            assert all(process.child.poll() is None for process in (web, worker, scheduler))
        if not small_disk.answers():
            small_disk.restart()
        until(lambda: post(web, "later", {"n": 99}).status_code == 200, 30)
        until(lambda: not made.count("name = 'later' AND status IN ('ready', 'running')"), 60)
        assert not made.count("name = 'later' AND status <> 'succeeded'")
        assert {f"/{number}" for number in [*range(1, 31), 99]} <= set(service.seen)
        if not ends:
            assert worker.said("PostgreSQL has no room left on its disk") or web.said("no room left on its disk")
