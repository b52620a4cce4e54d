"""Leases, and which release an environment points at."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from tapbot.storage.columns import Utc

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the step."""
    op.create_table(
        "environments",
        sa.Column("project_id", sa.String(length=64), nullable=False),
        sa.Column("environment", sa.String(length=16), nullable=False),
        sa.Column("release", sa.String(length=64), nullable=False),
        sa.Column("pointed_at", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("project_id", "environment", name=op.f("pk_environments")),
    )
    op.create_table(
        "leases",
        sa.Column("project_id", sa.String(length=64), nullable=False),
        sa.Column("environment", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=300), nullable=False),
        sa.Column("holder", sa.String(length=64), nullable=False),
        sa.Column("until_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("project_id", "environment", "name", name=op.f("pk_leases")),
    )
    with op.batch_alter_table("leases", schema=None) as batch_op:
        batch_op.create_index("ix_leases_holder", ["holder"], unique=False)


def downgrade() -> None:
    """Take the step back."""
    with op.batch_alter_table("leases", schema=None) as batch_op:
        batch_op.drop_index("ix_leases_holder")

    op.drop_table("leases")
    op.drop_table("environments")
