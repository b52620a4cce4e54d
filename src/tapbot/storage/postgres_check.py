"""What is wrong with a PostgreSQL database, its roles and rights: for `tapbot doctor`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from tapbot.storage.postgres_session import ConnectionLost, Session, postgres_engine
from tapbot.storage.roles import ENGINE_ROLE, REQUEST_ROLE
from tapbot.storage.schema import newest_version, schema_version

OLDEST_POSTGRES = 14
MIGRATE = "Run `tapbot migrate` with the login of the database's owner (TAPBOT_STORAGE__OWNER_URL)."

_LOGIN = text("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = session_user")
_ROLES = text("SELECT count(*) FROM pg_roles WHERE rolname IN (:engine, :request)")
_MEMBER = text("SELECT pg_has_role(session_user, :engine, 'MEMBER') AND pg_has_role(session_user, :request, 'MEMBER')")
_MAY_MAKE_SCHEMAS = text("SELECT has_database_privilege(:engine, current_database(), 'CREATE')")
_OPEN_TABLES = text(
    "SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'project_id'"
    " WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace"
    " AND NOT (c.relrowsecurity AND c.relforcerowsecurity) ORDER BY 1"
)
_COLLECTIONS = text(
    "SELECT n.nspname || '.' || c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
    " WHERE c.relkind = 'r' AND starts_with(n.nspname, 'data$')"
    " AND NOT (c.relrowsecurity AND c.relforcerowsecurity) ORDER BY 1"
)
_CARELESS = text("SELECT name FROM pg_settings WHERE name IN ('fsync', 'full_page_writes') AND setting = 'off'")
_HASTY = text("SELECT setting FROM pg_settings WHERE name = 'synchronous_commit'")


@dataclass(frozen=True, slots=True)
class Complaint:
    """Something that is not as it should be.

    Args:
        severe: It does not work, or is not safe; else it may stay.
    """

    severe: bool
    message: str
    hint: str


async def examine_postgres(url: str) -> list[Complaint]:
    """Look at a database with the login that the server would use; nothing is changed."""
    engine = postgres_engine(url)
    session = Session(engine)
    try:
        await session.open()
        await session.say("BEGIN READ ONLY")
        return await session.run(lambda db: list(_complaints(db)))
    except ConnectionLost as lost:
        return [Complaint(True, f"{lost}.", "Look whether it runs, at the address and the login, and at its log.")]
    except DBAPIError as error:
        return [Complaint(True, f"it refuses: {str(error.orig).splitlines()[0]}.", MIGRATE)]
    finally:
        await session.drop()
        await engine.dispose()


def _complaints(db: Connection) -> Iterator[Complaint]:
    version = int(db.execute(text("SHOW server_version_num")).scalar_one()) // 10000
    if version < OLDEST_POSTGRES:
        yield Complaint(True, f"PostgreSQL {version} is too old.", f"PostgreSQL {OLDEST_POSTGRES} or newer is needed.")
    for name in db.execute(_CARELESS).scalars():
        yield Complaint(True, f"{name} is off: a power cut destroys the database.", f"ALTER SYSTEM SET {name} = on;")
    if db.execute(_HASTY).scalar_one() == "off":
        hint = "ALTER SYSTEM SET synchronous_commit = on;"
        yield Complaint(True, "synchronous_commit is off: what was acknowledged may be lost.", hint)
    roles = {"engine": ENGINE_ROLE, "request": REQUEST_ROLE}
    if db.execute(_ROLES, roles).scalar_one() != len(roles):
        yield Complaint(True, f"the roles {ENGINE_ROLE} and {REQUEST_ROLE} are missing.", MIGRATE)
    elif not db.execute(_MEMBER, roles).scalar_one():
        hint = f"As the owner: GRANT {ENGINE_ROLE}, {REQUEST_ROLE} TO that login."
        yield Complaint(True, f"this login may not act as {ENGINE_ROLE} and {REQUEST_ROLE}.", hint)
    else:
        yield from _about_rights(db)


def _about_rights(db: Connection) -> Iterator[Complaint]:
    if db.execute(_LOGIN).scalar_one():
        hint = f"Make one: CREATE ROLE tapbot LOGIN NOINHERIT; GRANT {ENGINE_ROLE}, {REQUEST_ROLE} TO tapbot;"
        message = "this login passes row-level security. tapbot acts as its own roles all the same, so it is safe."
        yield Complaint(False, message, hint)
    db.execute(text(f"SET LOCAL ROLE {ENGINE_ROLE}"))
    current, newest = schema_version(db), newest_version()
    if current != newest:
        hint = MIGRATE if (current or "") < newest else "Install the newer tapbot again."
        yield Complaint(True, f"the schema is {current or 'empty'}, this tapbot needs {newest}.", hint)
        return
    if not db.execute(_MAY_MAKE_SCHEMAS, {"engine": ENGINE_ROLE}).scalar_one():
        yield Complaint(True, f"{ENGINE_ROLE} may not make schemas, which collections need.", MIGRATE)
    unguarded = [*db.execute(_OPEN_TABLES).scalars(), *db.execute(_COLLECTIONS).scalars()]
    if unguarded:
        yield Complaint(True, f"row-level security is not forced on {', '.join(unguarded[:5])}.", MIGRATE)
