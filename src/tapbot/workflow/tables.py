"""Tables of the journal: runs and their steps."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, PrimaryKeyConstraint, String, Table, Text

from tapbot.storage.columns import Json, Utc, metadata, scope_columns

runs = Table(
    "runs",
    metadata,
    Column("run_id", String(36), primary_key=True),
    *scope_columns(),
    Column("release", String(64), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("workflow_id", String(200), nullable=False),
    Column("name", String(200), nullable=False),
    Column("trigger_node", String(200), nullable=False),
    Column("mode", String(16), nullable=False),
    Column("status", String(16), nullable=False),
    Column("input", Json, nullable=False),
    Column("output", Json),
    Column("history", Json),  # what each node run got and gave, see history.py
    Column("error", Json),
    Column("reply", Json),  # what the webhook's caller got, for a repeated request
    Column("parent_run_id", String(36)),
    Column("parent_step_key", Text),
    Column("conversation_id", String(36)),
    Column("clock", Utc, nullable=False),
    Column("seed", BigInteger, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("lease_holder", String(64)),
    Column("created_at", Utc, nullable=False),
    Column("started_at", Utc),
    Column("finished_at", Utc),
    Index("ix_runs_open", "status", "created_at"),
    Index("ix_runs_listed", "project_id", "environment", "created_at"),
    Index("ix_runs_parent", "parent_run_id"),
)

steps = Table(
    "steps",
    metadata,
    *scope_columns(),
    Column("run_id", String(36), nullable=False),
    Column("step_key", Text, nullable=False),
    Column("position", Integer, nullable=False),
    Column("node", String(200), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("status", String(16), nullable=False),
    Column("input_hash", String(64), nullable=False),
    Column("output", Json),
    Column("error", Json),
    Column("attempt", Integer, nullable=False),
    Column("started_at", Utc, nullable=False),
    Column("finished_at", Utc),
    PrimaryKeyConstraint("run_id", "step_key"),
)

schedules = Table(
    "schedules",
    metadata,
    *scope_columns(),
    Column("workflow_id", String(200), nullable=False),
    Column("node", String(200), nullable=False),
    Column("rules_hash", String(64), nullable=False),  # other rules begin anew
    Column("due_at", Utc, nullable=False),
    PrimaryKeyConstraint("project_id", "environment", "workflow_id", "node"),
)
