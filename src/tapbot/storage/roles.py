"""The roles of PostgreSQL and their rights: who sees which rows is decided by the server itself.

The owner (whoever runs `tapbot migrate`) makes tables. The engine crosses projects: journal, timers, sweeping. A
request sees one project in one environment: `SET LOCAL` names them first in every transaction, and without them there
are no rows.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, inspect, text

from tapbot.storage.sql import full_name, quoted
from tapbot.storage.types import Scope

ENGINE_ROLE = "tapbot_engine"
REQUEST_ROLE = "tapbot_request"
JOURNAL_TABLES = {"runs", "steps", "schedules", "cursors"}
"""A request reads these; only the engine writes them."""
APPENDED_TABLES = {"audit_log"}
"""Nobody changes or deletes what stands in these."""

_SCOPE = (
    "project_id = current_setting('tapbot.project_id', true)"
    " AND environment = current_setting('tapbot.environment', true)"
)
_MAKE_ROLE = """
DO $$ BEGIN
  CREATE ROLE {role} NOLOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
END $$
"""


def secure(db: Connection) -> None:
    """Make the roles, and give each table its policies and rights. Run it as the owner; running it again mends."""
    for role in (ENGINE_ROLE, REQUEST_ROLE):
        db.execute(text(_MAKE_ROLE.format(role=role)))
    database = db.execute(text("SELECT quote_ident(current_database())")).scalar_one()
    for statement in (
        f"GRANT {ENGINE_ROLE}, {REQUEST_ROLE} TO CURRENT_USER",
        f"GRANT CREATE ON DATABASE {database} TO {ENGINE_ROLE}",  # a project's collections have a schema of their own
        f"GRANT USAGE ON SCHEMA public TO {ENGINE_ROLE}, {REQUEST_ROLE}",
        "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
        f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {ENGINE_ROLE}, {REQUEST_ROLE}",
    ):
        db.execute(text(statement))
    inspector = inspect(db)
    for table in inspector.get_table_names(schema="public"):
        names = {column["name"] for column in inspector.get_columns(table, schema="public")}
        if {"project_id", "environment"} <= names:
            for statement in _secure_table(table):
                db.execute(text(statement))
        else:
            db.execute(text(f'GRANT SELECT ON public."{table}" TO {ENGINE_ROLE}, {REQUEST_ROLE}'))


def _secure_table(table: str) -> Iterator[str]:
    name = f'public."{table}"'
    appended = table in APPENDED_TABLES
    yield f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY"
    yield f"ALTER TABLE {name} FORCE ROW LEVEL SECURITY"
    yield from policies(name, _SCOPE)
    yield f"REVOKE ALL ON {name} FROM PUBLIC, {ENGINE_ROLE}, {REQUEST_ROLE}"
    yield f"GRANT {'SELECT, INSERT' if appended else 'SELECT, INSERT, UPDATE, DELETE'} ON {name} TO {ENGINE_ROLE}"
    rights = "SELECT" if table in JOURNAL_TABLES else "SELECT, INSERT" if appended else "SELECT, INSERT, UPDATE, DELETE"
    yield f"GRANT {rights} ON {name} TO {REQUEST_ROLE}"


def make_schema(db: Connection, schema: str) -> None:
    """Make the schema of a project's collections in one environment. Run it as the engine."""
    name = full_name(db, None, schema)
    db.execute(text(f"CREATE SCHEMA IF NOT EXISTS {name}"))
    db.execute(text(f"GRANT USAGE ON SCHEMA {name} TO {REQUEST_ROLE}"))


def secure_collection(db: Connection, schema: str, table: str, scope: Scope) -> None:
    """Let requests of one scope, and no other, see and change the records of a collection."""
    name = full_name(db, schema, table)
    mine = (
        f"current_setting('tapbot.project_id', true) = {quoted(scope.project_id)}"
        f" AND current_setting('tapbot.environment', true) = {quoted(scope.environment)}"
    )
    for statement in (
        f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY",
        f"ALTER TABLE {name} FORCE ROW LEVEL SECURITY",
        *policies(name, mine),
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON {name} TO {REQUEST_ROLE}",
    ):
        db.execute(text(statement))


def policies(table: str, condition: str) -> Iterator[str]:
    """What each role sees of a table, and may write into it.

    Args:
        table: Its name as SQL writes it.
        condition: What holds for the rows of a request's scope.
    """
    for name, role, rows in (
        ("engine", ENGINE_ROLE, "true"),
        ("request", REQUEST_ROLE, condition),
        ("owner", "CURRENT_USER", "true"),  # migrations change rows of every project
    ):
        yield f"DROP POLICY IF EXISTS {name} ON {table}"
        yield f"CREATE POLICY {name} ON {table} TO {role} USING ({rows}) WITH CHECK ({rows})"
