"""What is known about collections. Their records live in tables of their own, made by `schema.py`."""

from __future__ import annotations

from sqlalchemy import Column, PrimaryKeyConstraint, String, Table

from tapbot.storage.columns import BIG, Json, Utc, metadata, scope_columns

collections = Table(
    "collections",
    metadata,
    *scope_columns(),
    Column("name", String(41), nullable=False),
    Column("definition", Json, nullable=False),
    Column("definition_hash", String(64), nullable=False),
    Column("seed_hash", String(64)),
    Column("created_at", Utc, nullable=False),
    Column("updated_at", Utc, nullable=False),
    PrimaryKeyConstraint("project_id", "environment", "name"),
)

sequences = Table(
    "sequences",
    metadata,
    *scope_columns(),
    Column("collection", String(41), nullable=False),
    Column("field", String(41), nullable=False),
    Column("last_value", BIG, nullable=False),
    PrimaryKeyConstraint("project_id", "environment", "collection", "field"),
)
