"""Tables of principals, their logins and the audit log."""

from __future__ import annotations

from sqlalchemy import Column, Index, String, Table, UniqueConstraint

from tapbot.storage.columns import BIG, Json, Utc, metadata, scope_columns

principals = Table(
    "principals",
    metadata,
    Column("principal_id", String(36), primary_key=True),
    *scope_columns(),
    Column("kind", String(16), nullable=False),
    Column("email", String(254), nullable=False),
    Column("name", String(200), nullable=False),
    Column("role", String(32), nullable=False),
    Column("password_hash", String(255)),
    Column("created_at", Utc, nullable=False),
    Column("disabled_at", Utc),
    Column("team", String(64)),
    UniqueConstraint("project_id", "environment", "email"),
)

sessions = Table(
    "sessions",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    *scope_columns(),
    Column("principal_id", String(36), nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("expires_at", Utc, nullable=False),
    Index("ix_sessions_principal_id", "principal_id"),
    Index("ix_sessions_expires_at", "expires_at"),
)

login_links = Table(
    "login_links",
    metadata,
    Column("link_hash", String(64), primary_key=True),
    *scope_columns(),
    Column("principal_id", String(36), nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("expires_at", Utc, nullable=False),
    Column("used_at", Utc),
)

audit_log = Table(
    "audit_log",
    metadata,
    Column("entry_id", BIG, primary_key=True, autoincrement=True),
    *scope_columns(),
    Column("at", Utc, nullable=False),
    Column("actor_id", String(36)),
    Column("action", String(64), nullable=False),
    Column("subject", String(128), nullable=False),
    Column("data", Json, nullable=False),
    Column("previous_hash", String(64), nullable=False),
    Column("entry_hash", String(64), nullable=False),
    # Two entries never follow the same one: the chain cannot fork.
    UniqueConstraint("project_id", "environment", "previous_hash"),
    sqlite_autoincrement=True,
)
