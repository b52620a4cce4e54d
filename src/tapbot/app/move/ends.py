"""The two databases of a move, each held so that nobody else changes it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Protocol, TypeVar
from urllib.parse import urlsplit

from sqlalchemy import Connection, inspect, text

from tapbot.app.move.tables import as_engine, collection_parts, room_tables
from tapbot.errors import Conflict, InvalidInput, NotFound
from tapbot.storage.change import DatabaseGone
from tapbot.storage.database import sqlite_engine
from tapbot.storage.folder import CONTROL_SOCKET, DATABASE, LOCK, lock_folder
from tapbot.storage.postgres_schema import PATIENT, migrate_postgres
from tapbot.storage.postgres_session import ConnectionLost, Session, postgres_engine
from tapbot.storage.schema import bring_up_to_date, schema_version
from tapbot.storage.sql import full_name

T = TypeVar("T")

MOVE_LOCK = 0x7461_7062_6F75
OURS = PATIENT | {"application_name": "tapbot move", "lock_timeout": "10s"}
LEAVES_WITHIN_SECONDS = 3.0
_OTHERS = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
    " AND pid <> pg_backend_pid() AND application_name = 'tapbot'"
)


class End(Protocol):
    """One of the two databases."""

    name: str
    """Where it is, without a password."""

    async def begin(self) -> None:
        """Begin a transaction."""
        ...

    async def commit(self) -> None:
        """Keep what was done since `begin`."""
        ...

    async def run(self, work: Callable[[Connection], T]) -> T:
        """Run a function in the transaction."""
        ...

    async def hold(self) -> None:
        """Let nobody else change it until the transaction ends.

        Raises:
            Conflict: Somebody works with it.
        """
        ...


class SqliteEnd:
    """The database of a data folder, whose lock we have."""

    def __init__(self, folder: Path, connection: Connection) -> None:
        self.name = str(folder.resolve())
        self.connection = connection

    async def begin(self) -> None:
        """See `End.begin`: the first statement begins it."""

    async def commit(self) -> None:
        """See `End.commit`."""
        self.connection.commit()

    async def run(self, work: Callable[[Connection], T]) -> T:
        """See `End.run`. It blocks: nothing else goes on in this process."""
        return work(self.connection)

    async def hold(self) -> None:
        """See `End.hold`: the folder's lock does it."""


class PostgresEnd:
    """A PostgreSQL database, by its owner's login."""

    def __init__(self, url: str, session: Session) -> None:
        self.name = shown(url)
        self._session = session

    async def begin(self) -> None:
        """See `End.begin`."""
        await self._session.say("BEGIN")

    async def commit(self) -> None:
        """See `End.commit`."""
        await self._session.say("COMMIT")

    async def run(self, work: Callable[[Connection], T]) -> T:
        """See `End.run`."""
        return await self._session.run(work)

    async def hold(self) -> None:
        """See `End.hold`."""
        await self.check_alone()
        await self._session.run(_lock_tables)

    async def check_alone(self) -> None:
        """Refuse while a tapbot works with it; one that just left may take a moment.

        Raises:
            Conflict: One does.
        """
        for _try in range(int(LEAVES_WITHIN_SECONDS * 10)):
            if not await self._session.ask(_OTHERS):
                return
            await asyncio.sleep(0.1)
        raise Conflict(
            "a tapbot works with this database.",
            code="move.in_use",
            place=self.name,
            hint="Stop every `tapbot up`, `web`, `worker` and `scheduler` on it, then try again.",
        )


def _lock_tables(db: Connection) -> None:
    """Readers go on; nobody writes until the transaction ends."""
    for table in room_tables():
        db.execute(text(f"LOCK TABLE {full_name(db, 'public', table.name)} IN SHARE MODE"))
    for part in collection_parts(db):
        with as_engine(db):
            db.execute(text(f"LOCK TABLE {full_name(db, part.table.schema, part.table.name)} IN SHARE MODE"))


@asynccontextmanager
async def open_folder(folder: Path, *, is_target: bool) -> AsyncIterator[SqliteEnd]:
    """Take a data folder and bring its database to this program's schema.

    Raises:
        Conflict: A server has it.
        NotFound: There is nothing to move.
    """
    if not is_target and not (folder / DATABASE).is_file():
        raise NotFound("there is no installation here.", code="move.nothing_here", place=str(folder))
    lock = lock_folder(folder)
    engine = sqlite_engine(folder / DATABASE)
    try:
        with engine.connect() as connection:
            bring_up_to_date(connection)
            connection.commit()
            yield SqliteEnd(folder, connection)
            connection.rollback()
    finally:
        engine.dispose()
        lock.release()


@asynccontextmanager
async def open_postgres(url: str, *, is_target: bool) -> AsyncIterator[PostgresEnd]:
    """Connect, and bring the database to this program's schema.

    Raises:
        Conflict: It holds something else, or another move or a tapbot works with it.
        DatabaseGone: The server does not answer.
    """
    engine = postgres_engine(url, settings=OURS, command_seconds=None)
    session = Session(engine)
    end = PostgresEnd(url, session)
    try:
        await session.open()
        if not await session.ask(f"SELECT pg_try_advisory_lock({MOVE_LOCK})"):  # it ends with the connection
            raise Conflict("another move works with this database.", code="move.in_use", place=end.name)
        await end.check_alone()
        await session.run(_check_ours if is_target else _check_installed)
        await migrate_postgres(url)
        yield end
    except ConnectionLost as lost:
        raise DatabaseGone(f"{lost}.") from lost
    finally:
        await session.drop()
        await engine.dispose()


def _check_ours(db: Connection) -> None:
    """Refuse a database of another program."""
    if schema_version(db) is None and inspect(db).get_table_names(schema="public"):
        raise Conflict(
            "the database holds tables of another program.", code="move.not_empty", hint="Make an empty database."
        )


def _check_installed(db: Connection) -> None:
    if schema_version(db) is None:
        raise NotFound("there is no installation in this database.", code="move.nothing_here")


def shown(url: str) -> str:
    """An address of PostgreSQL without its login.

    Raises:
        InvalidInput: It is no such address.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"postgresql", "postgres"} or not parts.path.strip("/"):
        raise InvalidInput(
            "this is no address of a PostgreSQL database.",
            code="move.no_address",
            hint="It looks like postgresql://owner@host:5432/name.",
        )
    host = parts.netloc.rpartition("@")[2]
    return f"postgresql://{host}{parts.path}"


def left_in(folder: Path) -> tuple[str, ...]:
    """Names in a data folder that no move takes along."""
    known = {LOCK, CONTROL_SOCKET, DATABASE, f"{DATABASE}-wal", f"{DATABASE}-shm"}
    return tuple(sorted(path.name for path in folder.iterdir() if path.name not in known))
