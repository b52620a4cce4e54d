"""Migrations of PostgreSQL: by the owner, under a lock, all or nothing."""

from __future__ import annotations

from sqlalchemy import Connection, text

from tapbot.errors import Conflict
from tapbot.storage.change import DatabaseGone
from tapbot.storage.postgres_session import SERVER_SETTINGS, ConnectionLost, Session, postgres_engine
from tapbot.storage.roles import secure
from tapbot.storage.schema import Migrated, bring_up_to_date, newest_version, schema_version

MIGRATION_LOCK = 0x7461_7062_6F74  # "tapbot"
PATIENT = SERVER_SETTINGS | {"statement_timeout": "0", "idle_in_transaction_session_timeout": "0"}


async def migrate_postgres(url: str) -> Migrated:
    """Bring the schema, the roles and their rights up to date. Others who migrate meanwhile wait.

    Args:
        url: Address with the owner's login.

    Raises:
        DatabaseGone: The server does not answer.
        Conflict: The database was written by a newer tapbot.
        DBAPIError: The login may not do that.
    """
    engine = postgres_engine(url, settings=PATIENT, command_seconds=None)
    session = Session(engine)

    def migrate(db: Connection) -> Migrated:
        before = schema_version(db)
        bring_up_to_date(db)
        secure(db)
        return Migrated("postgresql", before, newest_version())

    try:
        await session.open()
        await session.say(f"SELECT pg_advisory_lock({MIGRATION_LOCK})")  # it ends with the connection
        await session.say("BEGIN")
        done = await session.run(migrate)
        await session.say("COMMIT")
        return done
    except ConnectionLost as lost:
        raise DatabaseGone(f"{lost}.") from lost
    finally:
        await session.drop()
        await engine.dispose()


def check_schema(db: Connection) -> None:
    """Refuse to work on another schema than this program's.

    Raises:
        Conflict: It is newer, or older.
    """
    current, newest = schema_version(db), newest_version()
    if current is not None and current > newest:
        bring_up_to_date(db)  # which says so
    if current != newest:
        found = f"is at schema {current}" if current else "is empty"
        raise Conflict(
            f"the database {found}; this tapbot needs schema {newest}.",
            code="storage.older_schema",
            hint="Run `tapbot migrate` with the address of the database's owner.",
        )


def server_version(db: Connection) -> int:
    """Number of the server's major version."""
    return int(db.execute(text("SHOW server_version_num")).scalar_one()) // 10000
