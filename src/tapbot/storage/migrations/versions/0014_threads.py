"""What a channel wants back with answers: the thread of a customer's last mail."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from tapbot.storage.columns import Json

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the step."""
    with op.batch_alter_table("conversations", schema=None) as batch_op:
        batch_op.add_column(sa.Column("thread", Json(), nullable=True))


def downgrade() -> None:
    """Take the step back."""
    with op.batch_alter_table("conversations", schema=None) as batch_op:
        batch_op.drop_column("thread")
