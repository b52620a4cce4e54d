"""Tables of releases: contents by their hash, and which contents make a release."""

from __future__ import annotations

from sqlalchemy import Column, Integer, LargeBinary, PrimaryKeyConstraint, String, Table

from tapbot.storage.columns import Json, Utc, metadata, scope_columns

release_blobs = Table(
    "release_blobs",
    metadata,
    *scope_columns(),
    Column("content_hash", String(64), nullable=False),
    Column("size_bytes", Integer, nullable=False),
    Column("content", LargeBinary, nullable=False),
    PrimaryKeyConstraint("project_id", "environment", "content_hash"),
)

releases = Table(
    "releases",
    metadata,
    *scope_columns(),
    Column("release", String(64), nullable=False),
    Column("manifest", Json, nullable=False),  # path in the project → content_hash
    Column("created_at", Utc, nullable=False),
    PrimaryKeyConstraint("project_id", "environment", "release"),
)
