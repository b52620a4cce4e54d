"""The table of leases: who may do what only one process may do."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, PrimaryKeyConstraint, String, Table

from tapbot.storage.columns import metadata, scope_columns

leases = Table(
    "leases",
    metadata,
    *scope_columns(),
    Column("name", String(300), nullable=False),
    Column("holder", String(64), nullable=False),
    Column("until_ms", BigInteger, nullable=False),  # by the database's clock
    PrimaryKeyConstraint("project_id", "environment", "name"),
    Index("ix_leases_holder", "holder"),
)
