"""Contacts: one person over channels, fields and tags, what they agreed to, merges, and receipts of erasures."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from tapbot.storage.columns import BIG, Json, Utc

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the step."""
    with op.batch_alter_table("contacts", schema=None) as batch_op:
        batch_op.add_column(sa.Column("person_id", sa.String(length=36), nullable=True))
        batch_op.add_column(sa.Column("phone_verified_at", Utc(), nullable=True))
        batch_op.add_column(sa.Column("phone_verified_by", sa.String(length=100), nullable=True))
        batch_op.add_column(sa.Column("fields", Json(), nullable=True))
        batch_op.add_column(sa.Column("tags", Json(), nullable=True))
        batch_op.create_index("ix_contacts_listed", ["project_id", "environment", "created_at"], unique=False)
        batch_op.create_index(
            "ix_contacts_person",
            ["person_id"],
            unique=False,
            sqlite_where=sa.text("person_id IS NOT NULL"),
            postgresql_where=sa.text("person_id IS NOT NULL"),
        )
    _consents()
    _merges()
    _erasures()


def _consents() -> None:
    op.create_table(
        "contact_consents",
        sa.Column("consent_id", BIG, autoincrement=True, nullable=False),
        sa.Column("project_id", sa.String(length=64), nullable=False),
        sa.Column("environment", sa.String(length=16), nullable=False),
        sa.Column("contact_id", sa.String(length=36), nullable=False),
        sa.Column("purpose", sa.String(length=40), nullable=False),
        sa.Column("granted", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(length=100), nullable=False),
        sa.Column("actor_id", sa.String(length=36), nullable=True),
        sa.Column("at", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("consent_id", name=op.f("pk_contact_consents")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("contact_consents", schema=None) as batch_op:
        batch_op.create_index("ix_contact_consents_contact", ["contact_id", "at"], unique=False)


def _merges() -> None:
    op.create_table(
        "contact_merges",
        sa.Column("merge_id", sa.String(length=36), nullable=False),
        sa.Column("project_id", sa.String(length=64), nullable=False),
        sa.Column("environment", sa.String(length=16), nullable=False),
        sa.Column("into_id", sa.String(length=36), nullable=False),
        sa.Column("from_id", sa.String(length=36), nullable=False),
        sa.Column("moved", Json(), nullable=False),
        sa.Column("before", Json(), nullable=False),
        sa.Column("after", Json(), nullable=False),
        sa.Column("actor_id", sa.String(length=36), nullable=True),
        sa.Column("merged_at", Utc(), nullable=False),
        sa.Column("undone_at", Utc(), nullable=True),
        sa.PrimaryKeyConstraint("merge_id", name=op.f("pk_contact_merges")),
    )
    with op.batch_alter_table("contact_merges", schema=None) as batch_op:
        batch_op.create_index("ix_contact_merges_into", ["into_id"], unique=False)
        batch_op.create_index("ix_contact_merges_from", ["from_id"], unique=False)


def _erasures() -> None:
    op.create_table(
        "contact_erasures",
        sa.Column("receipt_id", sa.String(length=36), nullable=False),
        sa.Column("project_id", sa.String(length=64), nullable=False),
        sa.Column("environment", sa.String(length=16), nullable=False),
        sa.Column("contact_id", sa.String(length=36), nullable=False),
        sa.Column("erased", Json(), nullable=False),
        sa.Column("actor_id", sa.String(length=36), nullable=True),
        sa.Column("erased_at", Utc(), nullable=False),
        sa.Column("receipt_hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("receipt_id", name=op.f("pk_contact_erasures")),
    )
    with op.batch_alter_table("contact_erasures", schema=None) as batch_op:
        batch_op.create_index("ix_contact_erasures_listed", ["project_id", "environment", "erased_at"], unique=False)


def downgrade() -> None:
    """Take the step back."""
    op.drop_table("contact_erasures")
    op.drop_table("contact_merges")
    op.drop_table("contact_consents")
    with op.batch_alter_table("contacts", schema=None) as batch_op:
        batch_op.drop_index("ix_contacts_person")
        batch_op.drop_index("ix_contacts_listed")
        for name in ("tags", "fields", "phone_verified_by", "phone_verified_at", "person_id"):
            batch_op.drop_column(name)
