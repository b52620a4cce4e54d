"""How Alembic runs a migration: on the connection that it is given, in one transaction."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context

from tapbot.storage.columns import Json, Utc, complete_partial_indexes, metadata


def render_item(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    """Our column types by their own names, which script.py.mako imports."""
    return f"{type(item).__name__}()" if kind == "type" and isinstance(item, (Json, Utc)) else False


complete_partial_indexes()
connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, render_as_batch=True, render_item=render_item)
with context.begin_transaction():
    context.run_migrations()
