"""How far triggers have come that look for news."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from tapbot.storage.columns import Json, Utc

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the step."""
    op.create_table(
        "cursors",
        sa.Column("project_id", sa.String(length=64), nullable=False),
        sa.Column("environment", sa.String(length=16), nullable=False),
        sa.Column("workflow_id", sa.String(length=200), nullable=False),
        sa.Column("node", sa.String(length=200), nullable=False),
        sa.Column("position", Json(), nullable=False),
        sa.Column("changed_at", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("project_id", "environment", "workflow_id", "node", name=op.f("pk_cursors")),
    )


def downgrade() -> None:
    """Take the step back."""
    op.drop_table("cursors")
