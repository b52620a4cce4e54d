"""The proof's subject in one process over SQLite."""

from __future__ import annotations

import random
import signal
import sqlite3
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from tests.chaos.durable.judging import KeptRun, Kill
from tests.chaos.process import TapbotProcess

QUIET_SECONDS = 60.0
OPEN = "SELECT 1 FROM runs WHERE status IN ('ready', 'running', 'waiting') LIMIT 1"


class Embedded:
    """`tapbot up` over a data folder.

    Args:
        home: A folder of its own.
        faults: For the first start: settings of the section `faults`.
        env: More settings, as the environment gives them.
    """

    def __init__(
        self, home: Path, project: Path, faults: dict[str, str] | None = None, env: dict[str, str] | None = None
    ) -> None:
        self._process = TapbotProcess(home / "data", env, project=str(project))
        self._faults = faults
        self._seen_alive_at = time.monotonic()
        self.kills: list[Kill] = []

    @property
    def url(self) -> str:
        """Where it answers."""
        return self._process.url

    def start(self) -> None:
        """Start it; a fault may end it at once."""
        self._process.start(self._faults)
        self.revive()

    def kill_one(self, _random: random.Random) -> None:
        """Kill it as a power cut would, and start it again."""
        began_at = time.monotonic()
        self._process.kill()
        self.kills.append(Kill(began_at, time.monotonic()))
        self._process.start()

    def revive(self) -> bool:
        """Start it again if it has died of its fault; whether it had."""
        now = time.monotonic()
        if self._process.alive:
            self._seen_alive_at = now
            return False
        self.kills.append(Kill(self._seen_alive_at, now))
        self._process.start()
        return True

    def end_early(self) -> None:
        """Ask it to end; its fault kills it on the way.

        Raises:
            AssertionError: It ended by itself, so that the proof would prove nothing.
        """
        self._process.stop()
        if self._process.returncode != -signal.SIGKILL:
            raise AssertionError(f"it was not killed, and ended with {self._process.returncode}")

    def stop(self) -> None:
        """Stop it."""
        self._process.stop()

    def wait_quiet(self) -> None:
        """Let every run come to its end; gives up after a while, and the judge sees what is left."""
        deadline = time.monotonic() + QUIET_SECONDS
        while time.monotonic() < deadline:
            self.revive()
            if not self._rows(OPEN):
                return
            time.sleep(0.05)

    def kept(self) -> list[KeptRun]:
        """Every run in the journal."""
        query = "SELECT json_extract(input, '$[0].json.query.run'), workflow_id, status, reason FROM runs"
        return [KeptRun(*row) for row in self._rows(query)]

    def stored(self) -> dict[str, int]:
        """How many records each run stored."""
        return Counter(record["run"] for record in self._process.records("effects"))

    def _rows(self, query: str) -> Sequence[Sequence[str]]:
        with sqlite3.connect(self._process.data / "tapbot.db", timeout=30) as db:
            return db.execute(query).fetchall()
