"""The proof's subject in many processes: one web, one scheduler and three workers over PostgreSQL and Redis."""

from __future__ import annotations

import random
import signal
import time
from collections.abc import Callable
from pathlib import Path

from tests.chaos.durable.judging import KeptRun, Kill
from tests.integration.roles.cluster import Cluster, Process
from tests.servers.postgres import PostgresServer
from tests.servers.redis import RedisServer

WORKERS = 3
FROZEN_SECONDS = 8.0
"""Longer than a lease: what the frozen process works on goes on elsewhere."""
QUIET_SECONDS = 90.0
KEPT = "SELECT input::jsonb -> 0 -> 'json' -> 'query' ->> 'run', workflow_id, status, reason FROM runs"


def count_stored(rows: Callable[[str], list[list[str]]]) -> dict[str, int]:
    """How many records each run stored.

    Args:
        rows: Asks the database.
    """
    find = "SELECT quote_ident(table_schema) || '.' || quote_ident(table_name) FROM information_schema.tables"
    table = rows(f"{find} WHERE table_name LIKE '%effects'")[0][0]
    counted = rows(f"SELECT run, count(*) FROM {table} GROUP BY run")  # noqa: S608  # a name from above
    return {run: int(times) for run, times in counted}


class Scaled:
    """Processes of every role, of which one at a time is killed, or frozen for longer than its leases.

    Args:
        home: A folder of its own.
    """

    def __init__(self, home: Path, project: Path) -> None:
        self.kills: list[Kill] = []
        self._postgres = PostgresServer(durable=True)
        self._redis = RedisServer()
        self._home = home
        self._project = project
        self._workers: list[Process] = []

    @property
    def url(self) -> str:
        """Where its web process answers."""
        return str(self._web.url)

    def start(self) -> None:
        """Start the servers, then every role."""
        self._postgres.create()
        self._redis.start()
        self._cluster = Cluster(self._home, self._postgres, self._redis.url, [self._project])
        self._cluster.env["TAPBOT_LOG__LEVEL"] = "info"
        self._web = self._cluster.web()
        self._scheduler = self._cluster.scheduler()
        self._workers = [self._cluster.worker() for _ in range(WORKERS)]

    def kill_one(self, chance: random.Random) -> None:
        """Mostly a worker is killed; now and then one is frozen, or the web process or the scheduler dies."""
        what = chance.choice(["worker"] * 6 + ["frozen"] * 2 + ["web", "scheduler"])
        place = chance.randrange(WORKERS)
        began_at = time.monotonic()
        if what == "frozen":
            self._workers[place].signal(signal.SIGSTOP)
            time.sleep(FROZEN_SECONDS)
            ended_at = time.monotonic()  # before it goes on: what it then has in hand may arrive at once
            self._workers[place].signal(signal.SIGCONT)
        else:
            {"worker": self._workers[place], "web": self._web, "scheduler": self._scheduler}[what].kill()
            ended_at = time.monotonic()
        self.kills.append(Kill(began_at, ended_at, frozen=what == "frozen"))
        if what == "worker":
            self._workers[place] = self._cluster.worker()
        elif what == "web":
            self._web = self._cluster.web(port=int(self.url.rsplit(":", 1)[1]))
        elif what == "scheduler":
            self._scheduler = self._cluster.scheduler()

    def revive(self) -> bool:
        """Nothing here dies by itself."""
        return False

    def stop(self) -> None:
        """End everything."""
        if hasattr(self, "_cluster"):
            self._cluster.end()
        self._redis.remove()
        self._postgres.end()

    def wait_quiet(self) -> None:
        """Let every run come to its end; gives up after a while, and the judge sees what is left."""
        deadline = time.monotonic() + QUIET_SECONDS
        while self._cluster.count("status IN ('ready', 'running', 'waiting')") and time.monotonic() < deadline:
            time.sleep(0.2)

    def kept(self) -> list[KeptRun]:
        """Every run in the journal."""
        return [KeptRun(*row) for row in self._cluster.rows(KEPT)]

    def stored(self) -> dict[str, int]:
        """How many records each run stored."""
        return count_stored(self._cluster.rows)
