"""Tables of releases: contents by their hash, which contents make a release, and which one is served."""

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

environments = Table(
    "environments",
    metadata,
    *scope_columns(),
    Column("release", String(64), nullable=False),  # the one that is served now
    Column("pointed_at", Utc, nullable=False),
    PrimaryKeyConstraint("project_id", "environment"),
)
