"""Tables of the journal: runs and their steps, what runs wait for, and why their status changed."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, PrimaryKeyConstraint, String, Table, Text

from tapbot.storage.columns import Json, Utc, metadata, partial_index, scope_columns

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
    Column("lease_until_ms", BigInteger),  # by the database's clock; nobody holds it when empty
    Column("priority", Integer, nullable=False, server_default="5"),  # 1 goes first, 9 last
    Column("begun", Integer, nullable=False, server_default="0"),  # attempts since it last came to rest
    Column("wake_at", Utc),
    Column("parked", Json),  # the plan as it stood when the run left memory, see parking.py
    Column("dedup_key", String(255)),
    Column("retry_of", String(36)),
    Column("reason", String(64)),  # code of why it has its status
    Column("size_bytes", BigInteger),  # of what a finished run keeps
    Column("created_at", Utc, nullable=False),
    Column("started_at", Utc),
    Column("finished_at", Utc),
    Index("ix_runs_listed", "project_id", "environment", "created_at"),
    partial_index(
        "ix_runs_parent", "parent_run_id", "project_id", "environment", "created_at", where="parent_run_id IS NOT NULL"
    ),
    Index("ix_runs_finished", "finished_at"),
    partial_index("ix_runs_ready", "project_id", "environment", "priority", "created_at", where="status = 'ready'"),
    partial_index("ix_runs_waking", "wake_at", where="status = 'waiting'"),
    partial_index("ix_runs_leased", "lease_until_ms", where="status = 'running'"),
    partial_index(
        "uq_runs_dedup",
        "project_id",
        "environment",
        "workflow_id",
        "dedup_key",
        where="dedup_key IS NOT NULL",
        unique=True,
    ),
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

static_data = Table(
    "static_data",
    metadata,
    *scope_columns(),
    Column("workflow_id", String(200), nullable=False),
    Column("content", Json, nullable=False),  # what code keeps from run to run: {"global": {}, "node": {}}
    Column("changed_at", Utc, nullable=False),
    PrimaryKeyConstraint("project_id", "environment", "workflow_id"),
)

cursors = Table(
    "cursors",
    metadata,
    *scope_columns(),
    Column("workflow_id", String(200), nullable=False),
    Column("node", String(200), nullable=False),
    Column("position", Json, nullable=False),  # as the trigger writes it
    Column("changed_at", Utc, nullable=False),
    PrimaryKeyConstraint("project_id", "environment", "workflow_id", "node"),
)
"""How far a trigger that looks for news has come."""

seen_values = Table(
    "seen_values",
    metadata,
    *scope_columns(),
    Column("workflow_id", String(200), nullable=False),
    Column("node", String(200), nullable=False),  # empty for what the nodes of a workflow share
    Column("kind", String(16), nullable=False),  # "value": the hash of one; "number", "date": the highest so far
    Column("value", String(64), nullable=False),
    Column("seen_at", Utc, nullable=False),
    PrimaryKeyConstraint("project_id", "environment", "workflow_id", "node", "kind", "value"),
)
"""What a node saw in earlier runs."""

run_changes = Table(
    "run_changes",
    metadata,
    Column("change_id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    *scope_columns(),
    Column("run_id", String(36), nullable=False),
    Column("at", Utc, nullable=False),
    Column("status", String(16), nullable=False),
    Column("reason", String(64), nullable=False),  # code
    Column("message", Text, nullable=False),
    Column("actor_id", String(64)),  # the person, if one did it
    Column("data", Json),
    Index("ix_run_changes_run", "run_id", "change_id"),
)
"""Changes of status that the run's own row does not tell: a run that just begins and ends has none."""

waits = Table(
    "waits",
    metadata,
    *scope_columns(),
    Column("wait_key", String(200), nullable=False),
    Column("run_id", String(36)),  # empty when the event was there first
    Column("created_at", Utc, nullable=False),
    Column("payload", Json),
    Column("delivered_at", Utc),
    PrimaryKeyConstraint("project_id", "environment", "wait_key"),
    Index("ix_waits_run", "run_id"),
)
"""Events that runs wait for, and those that came."""

run_groups = Table(
    "run_groups",
    metadata,
    *scope_columns(),
    Column("run_id", String(36), nullable=False),
    Column("group_key", String(255), nullable=False),
    Column("most", Integer, nullable=False),
    Column("held", Integer, nullable=False, server_default="0"),  # 1 while the run has one of the group's places
    PrimaryKeyConstraint("run_id", "group_key"),
    Index("ix_run_groups_key", "project_id", "environment", "group_key", "held"),
)
"""Groups of runs of which only some may run at once."""

group_locks = Table(
    "group_locks",
    metadata,
    *scope_columns(),
    Column("group_key", String(255), nullable=False),
    PrimaryKeyConstraint("project_id", "environment", "group_key"),
)
"""One row a group, locked while its runs are counted."""

run_blobs = Table(
    "run_blobs",
    metadata,
    *scope_columns(),
    Column("run_id", String(36), nullable=False),
    Column("name", String(32), nullable=False),
    Column("content", LargeBinary, nullable=False),
    PrimaryKeyConstraint("run_id", "name"),
)
"""What is too large for a run's own row."""
