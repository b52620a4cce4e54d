"""Where a crowd writes: to one process over Telegram, and to three workers over PostgreSQL and Redis by WhatsApp."""

from __future__ import annotations

import json
import os
import random
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

from tests.chaos import telegram as telegrams
from tests.chaos import whatsapp as whatsapps
from tests.chaos.crowd import Crowd, Patient, Size, Verdict, roomy_taxi
from tests.chaos.process import COMMAND_SECONDS, HTTP, ROOT, TapbotProcess, nursery
from tests.integration.roles.cluster import Cluster, Process
from tests.servers.postgres import PostgresServer
from tests.servers.redis import RedisServer

TAXI = ROOT / "examples" / "taxi"
WORKERS = 3


class Alone:
    """One process over SQLite."""

    def __init__(self, server: TapbotProcess) -> None:
        self._server = server

    def kill_one(self, chance: random.Random) -> None:
        """Kill it, and start it again."""
        del chance
        self._server.kill()
        self._server.start()

    def ask(self, *command: str) -> Any:
        """The JSON of a command."""
        return self._server.ask(*command)

    def rows(self, query: str) -> list[list[str]]:
        """Rows of the database."""
        with sqlite3.connect(self._server.data / "tapbot.db", timeout=30) as db:
            db.create_function("chr", 1, chr)
            return [[str(value) for value in row] for row in db.execute(query)]

    def rides(self) -> str:
        """Name of the table of rides."""
        return self.rows("SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE '%rides'")[0][0]


class Together:
    """One web process, one scheduler and three workers over PostgreSQL and Redis; one at a time is killed."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self.web = cluster.web()
        self._scheduler = cluster.scheduler()
        self._workers: list[Process] = [cluster.worker() for _ in range(WORKERS)]

    def kill_one(self, chance: random.Random) -> None:
        """Mostly a worker; now and then the web process."""
        if chance.random() < 0.2:
            port = int(str(self.web.url).rsplit(":", 1)[1])
            self.web.kill()
            self.web = self._cluster.web(port=port)
            return
        place = chance.randrange(WORKERS)
        self._workers[place].kill()
        self._workers[place] = self._cluster.worker()

    def ask(self, *command: str) -> Any:
        """The JSON of a command."""
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            env = {**os.environ, **self._cluster.env}
            project = ["--project", str(self._cluster.projects[0])]
            asked = nursery().start([*command, *project, "--json"], env=env, out=out.fileno(), err=err.fileno())
            status = asked.wait(COMMAND_SECONDS)
            out.seek(0)
            err.seek(0)
            assert status == 0, f"{command}: {err.read().decode()}"
            return json.loads(out.read())

    def rows(self, query: str) -> list[list[str]]:
        """Rows of the database."""
        return self._cluster.rows(query)

    def rides(self) -> str:
        """Name of the table of rides."""
        find = "SELECT quote_ident(table_schema) || '.' || quote_ident(table_name) FROM information_schema.tables"
        return self.rows(f"{find} WHERE table_name LIKE '%rides'")[0][0]


def over_telegram(home: Path, size: Size) -> Verdict:
    """A crowd in Telegram, one process."""
    with telegrams.emulated_telegram() as telegram:
        server = TapbotProcess(home / "data", project=str(roomy_taxi(TAXI, home / "taxi")))
        telegrams.connect(server, telegram, "webhook")

        def order(**fault: Any) -> None:
            HTTP.post(f"{telegram}/emulator/faults", json=fault, timeout=30).raise_for_status()

        def person(number: int) -> telegrams.TelegramPassenger:
            return telegrams.TelegramPassenger(cast(TapbotProcess, Patient()), telegram, user_id=1000 + number)

        try:
            server.start()
            return Crowd(Alone(server), person, order, "sendMessage", size).run()
        finally:
            server.kill()


def over_whatsapp(home: Path, size: Size) -> Verdict:
    """A crowd in WhatsApp, three workers."""
    project = roomy_taxi(TAXI, home / "taxi")
    with whatsapps.emulated_whatsapp() as whatsapp, _servers() as (postgres, redis):
        cluster = Cluster(home, postgres, redis.url, [project])
        cluster.env |= whatsapps.settings_for(whatsapp)

        def person(number: int) -> whatsapps.WhatsappPassenger:
            return whatsapps.WhatsappPassenger(cast(TapbotProcess, Patient()), whatsapp, f"7702{number:07d}")

        try:
            place = Together(cluster)
            whatsapps.point(whatsapp, f"{place.web.url}/whatsapp/taxi")
            return Crowd(place, person, lambda **fault: whatsapps.order(whatsapp, **fault), "messages", size).run()
        finally:
            cluster.end()


@contextmanager
def _servers() -> Iterator[tuple[PostgresServer, RedisServer]]:
    postgres, redis = PostgresServer(durable=True), RedisServer()
    try:
        postgres.create()
        redis.start()
        yield postgres, redis
    finally:
        redis.remove()
        postgres.end()
