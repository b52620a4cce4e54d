"""Many processes: claims of the outbox, and numbers that do not run out."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

COUNTED = {
    "audit_log": "entry_id",
    "events": "event_id",
    "inbound": "inbound_id",
    "messages": "position",
    "outbox": "outbox_id",
}
NUMBERS = {"messages": "inbound_id", "channel_cursors": "next_offset", "sequences": "last_value"}
"""On SQLite every whole number has 64 bits already."""


def upgrade() -> None:
    """Apply the step."""
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.add_column(sa.Column("claimed_by", sa.String(length=64), nullable=True))
        batch_op.add_column(sa.Column("claimed_until_ms", sa.BigInteger(), nullable=True))
    if op.get_bind().dialect.name == "postgresql":
        for table, column in (*COUNTED.items(), *NUMBERS.items()):
            op.alter_column(table, column, type_=sa.BigInteger(), existing_type=sa.Integer())
        for table, column in COUNTED.items():
            op.execute(f"ALTER SEQUENCE {table}_{column}_seq AS bigint")


def downgrade() -> None:
    """Take the step back; numbers stay wide."""
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.drop_column("claimed_until_ms")
        batch_op.drop_column("claimed_by")
