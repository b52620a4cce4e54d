"""Messages that a channel took and told of later that they failed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

FAILED = sa.text("status = 'failed'")


def upgrade() -> None:
    """Apply the step."""
    op.create_index(
        "ix_channel_receipts_failed",
        "channel_receipts",
        ["project_id", "environment", "at"],
        sqlite_where=FAILED,
        postgresql_where=FAILED,
    )


def downgrade() -> None:
    """Take the step back."""
    op.drop_index("ix_channel_receipts_failed", table_name="channel_receipts")
