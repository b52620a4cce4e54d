"""Messages that customers edit, links by which they come, and chats that are blocked."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from tapbot.storage.columns import BIG, Json, Utc

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the step."""
    with op.batch_alter_table("conversations", schema=None) as batch_op:
        batch_op.add_column(sa.Column("blocked_at", Utc(), nullable=True))
        batch_op.add_column(sa.Column("link", sa.String(length=128), nullable=True))
    with op.batch_alter_table("messages", schema=None) as batch_op:
        batch_op.add_column(sa.Column("external_id", sa.String(length=128), nullable=True))
        batch_op.add_column(sa.Column("edited_at", Utc(), nullable=True))
        batch_op.add_column(sa.Column("edit_number", BIG, nullable=True))
        batch_op.add_column(sa.Column("earlier", Json(), nullable=True))


def downgrade() -> None:
    """Take the step back."""
    with op.batch_alter_table("messages", schema=None) as batch_op:
        for name in ("earlier", "edit_number", "edited_at", "external_id"):
            batch_op.drop_column(name)
    with op.batch_alter_table("conversations", schema=None) as batch_op:
        for name in ("link", "blocked_at"):
            batch_op.drop_column(name)
