"""The proof's subject in one process over PostgreSQL: leases decide there who goes on with what a kill cut off."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tests.chaos.durable.embedded import Embedded
from tests.chaos.durable.judging import KeptRun
from tests.chaos.durable.scaled import KEPT, count_stored
from tests.servers.postgres import PostgresServer

LAST_SITES = frozenset({"lease.release", "lease.drop"})
"""Written when a process ends."""


class OnPostgres(Embedded):
    """`tapbot up` over a database of its own.

    Args:
        home: A folder of its own.
        faults: For the first start: settings of the section `faults`.
        server: Where the database is made.
    """

    def __init__(self, home: Path, project: Path, faults: dict[str, str] | None, server: PostgresServer) -> None:
        url = server.new_database()
        super().__init__(home, project, faults, {"TAPBOT_STORAGE__URL": url, "TAPBOT_SERVER__DRAIN_SECONDS": "0.1"})
        self._server = server
        self._name = url.rpartition("/")[2]

    def kept(self) -> list[KeptRun]:
        """Every run in the journal."""
        return [KeptRun(*row) for row in self._rows(KEPT)]

    def stored(self) -> dict[str, int]:
        """How many records each run stored."""
        return count_stored(lambda query: [list(row) for row in self._rows(query)])

    def _rows(self, query: str) -> Sequence[Sequence[str]]:
        answer = self._server.sql(query, database=self._name)
        return [line.split("|") for line in answer.splitlines()]
