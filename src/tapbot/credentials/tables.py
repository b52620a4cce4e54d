"""The table of credentials."""

from __future__ import annotations

from sqlalchemy import Column, PrimaryKeyConstraint, String, Table, Text, UniqueConstraint

from tapbot.storage.columns import Utc, metadata, scope_columns

credentials = Table(
    "credentials",
    metadata,
    *scope_columns(),
    Column("credential_id", String(64), nullable=False),
    Column("kind", String(100), nullable=False),
    Column("name", String(200), nullable=False),
    Column("sealed", Text, nullable=False),  # AES-256-GCM, base64
    Column("key_id", String(16), nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("changed_at", Utc, nullable=False),
    PrimaryKeyConstraint("project_id", "environment", "credential_id"),
    UniqueConstraint("project_id", "environment", "kind", "name"),
)
