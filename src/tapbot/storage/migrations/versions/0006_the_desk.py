"""Who holds a conversation and why, teams, and what a person wrote."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from tapbot.storage.columns import BIG, Json, Utc

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

CONVERSATIONS: dict[str, Any] = {
    "team": sa.String(length=64),
    "assignee_id": sa.String(length=36),
    "assigned_at": Utc(),
    "tags": Json(),
    "answered_at": Utc(),
    "reply_minutes": sa.Integer(),
    "reply_due_at": Utc(),
    "return_minutes": sa.Integer(),
    "return_at": Utc(),
    "snoozed_until": Utc(),
    "desk_due_at": Utc(),
    "summary": sa.Text(),
}


def upgrade() -> None:
    """Apply the step."""
    with op.batch_alter_table("conversations", schema=None) as batch_op:
        for name, kind in CONVERSATIONS.items():
            batch_op.add_column(sa.Column(name, kind, nullable=True))
        batch_op.create_index("ix_conversations_assignee", ["assignee_id", "assigned_at"], unique=False)
        due = sa.text("desk_due_at IS NOT NULL")
        batch_op.create_index(
            "ix_conversations_desk", ["desk_due_at"], unique=False, sqlite_where=due, postgresql_where=due
        )
    with op.batch_alter_table("messages", schema=None) as batch_op:
        batch_op.add_column(sa.Column("author_id", sa.String(length=36), nullable=True))
    with op.batch_alter_table("principals", schema=None) as batch_op:
        batch_op.add_column(sa.Column("team", sa.String(length=64), nullable=True))
    op.create_table(
        "conversation_changes",
        sa.Column("change_id", BIG, autoincrement=True, nullable=False),
        sa.Column("project_id", sa.String(length=64), nullable=False),
        sa.Column("environment", sa.String(length=16), nullable=False),
        sa.Column("conversation_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("from_holder", sa.String(length=16), nullable=True),
        sa.Column("to_holder", sa.String(length=16), nullable=True),
        sa.Column("reason", sa.String(length=200), nullable=True),
        sa.Column("actor_kind", sa.String(length=16), nullable=False),
        sa.Column("actor_id", sa.String(length=36), nullable=True),
        sa.Column("data", Json(), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("change_id", name=op.f("pk_conversation_changes")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("conversation_changes", schema=None) as batch_op:
        batch_op.create_index("ix_conversation_changes_conversation", ["conversation_id", "change_id"], unique=False)


def downgrade() -> None:
    """Take the step back."""
    op.drop_table("conversation_changes")
    with op.batch_alter_table("principals", schema=None) as batch_op:
        batch_op.drop_column("team")
    with op.batch_alter_table("messages", schema=None) as batch_op:
        batch_op.drop_column("author_id")
    with op.batch_alter_table("conversations", schema=None) as batch_op:
        batch_op.drop_index("ix_conversations_desk")
        batch_op.drop_index("ix_conversations_assignee")
        for name in CONVERSATIONS:
            batch_op.drop_column(name)
