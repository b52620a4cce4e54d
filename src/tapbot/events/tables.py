"""The table of facts."""

from __future__ import annotations

from sqlalchemy import Column, Index, String, Table

from tapbot.storage.columns import BIG, Json, Utc, metadata, scope_columns

events = Table(
    "events",
    metadata,
    Column("event_id", BIG, primary_key=True, autoincrement=True),
    *scope_columns(),
    Column("kind", String(64), nullable=False),
    Column("subject", String(128), nullable=False),
    Column("data", Json, nullable=False),
    Column("created_at", Utc, nullable=False),
    Index("ix_events_scope", "project_id", "environment", "event_id"),
    sqlite_autoincrement=True,  # a reader remembers the last id that it saw, so an id must never come again
)
