"""Credentials, sealed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from tapbot.storage.columns import Utc

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the step."""
    op.create_table(
        "credentials",
        sa.Column("project_id", sa.String(length=64), nullable=False),
        sa.Column("environment", sa.String(length=16), nullable=False),
        sa.Column("credential_id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=100), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("key_id", sa.String(length=16), nullable=False),
        sa.Column("created_at", Utc(), nullable=False),
        sa.Column("changed_at", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("project_id", "environment", "credential_id", name=op.f("pk_credentials")),
        sa.UniqueConstraint(
            "project_id", "environment", "kind", "name", name=op.f("uq_credentials_project_id_environment_kind_name")
        ),
    )


def downgrade() -> None:
    """Take the step back."""
    op.drop_table("credentials")
