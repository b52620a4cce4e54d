"""Broadcasts, and messages that wait for the end of quiet hours."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from tapbot.storage.columns import Json, Utc

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

OF_BROADCASTS = sa.text("broadcast_id IS NOT NULL")


def upgrade() -> None:
    """Apply the step."""
    op.create_table(
        "broadcasts",
        sa.Column("broadcast_id", sa.String(length=36), nullable=False),
        sa.Column("project_id", sa.String(length=64), nullable=False),
        sa.Column("environment", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("bot_id", sa.String(length=64), nullable=False),
        sa.Column("purpose", sa.String(length=40), nullable=False),
        sa.Column("content", Json(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("starts_at", Utc(), nullable=True),
        sa.Column("gathered_to", sa.String(length=36), nullable=True),
        sa.Column("counted", sa.Integer(), nullable=False),
        sa.Column("actor_id", sa.String(length=36), nullable=True),
        sa.Column("created_at", Utc(), nullable=False),
        sa.Column("finished_at", Utc(), nullable=True),
        sa.PrimaryKeyConstraint("broadcast_id", name=op.f("pk_broadcasts")),
    )
    with op.batch_alter_table("broadcasts", schema=None) as batch_op:
        batch_op.create_index("ix_broadcasts_listed", ["project_id", "environment", "created_at"], unique=False)
        batch_op.create_index("ix_broadcasts_running", ["status", "starts_at"], unique=False)
    op.create_table(
        "broadcast_receivers",
        sa.Column("broadcast_id", sa.String(length=36), nullable=False),
        sa.Column("contact_id", sa.String(length=36), nullable=False),
        sa.Column("project_id", sa.String(length=64), nullable=False),
        sa.Column("environment", sa.String(length=16), nullable=False),
        sa.Column("message_id", sa.String(length=36), nullable=True),
        sa.Column("left_out", sa.String(length=40), nullable=True),
        sa.Column("at", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("broadcast_id", "contact_id", name=op.f("pk_broadcast_receivers")),
    )
    with op.batch_alter_table("broadcast_receivers", schema=None) as batch_op:
        batch_op.create_index("ix_broadcast_receivers_contact", ["contact_id"], unique=False)
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.add_column(sa.Column("unasked", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("broadcast_id", sa.String(length=36), nullable=True))
        batch_op.create_index(
            "ix_outbox_broadcast",
            ["broadcast_id", "status"],
            unique=False,
            sqlite_where=OF_BROADCASTS,
            postgresql_where=OF_BROADCASTS,
        )


def downgrade() -> None:
    """Take the step back."""
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.drop_index("ix_outbox_broadcast")
        batch_op.drop_column("broadcast_id")
        batch_op.drop_column("unasked")
    op.drop_table("broadcast_receivers")
    op.drop_table("broadcasts")
