"""Tables of contacts, conversations, what came in, what was said, and what waits to be sent."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from tapbot.storage.columns import BIG, Json, Utc, metadata, partial_index, scope_columns

contacts = Table(
    "contacts",
    metadata,
    Column("contact_id", String(36), primary_key=True),
    *scope_columns(),
    Column("channel", String(16), nullable=False),
    Column("external_id", String(128), nullable=False),
    Column("first_name", String(200)),
    Column("phone", String(32)),
    Column("language", String(8)),
    Column("preferences", Json, nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("person_id", String(36)),  # the contact that stands for the whole person, where this one was merged into it
    Column("phone_verified_at", Utc),
    Column("phone_verified_by", String(100)),  # a channel, or how a person at the company knows
    Column("fields", Json),
    Column("tags", Json),
    UniqueConstraint("project_id", "environment", "channel", "external_id"),
    Index("ix_contacts_listed", "project_id", "environment", "created_at"),
    partial_index("ix_contacts_person", "person_id", where="person_id IS NOT NULL"),
)

consents = Table(
    "contact_consents",
    metadata,
    Column("consent_id", BIG, primary_key=True, autoincrement=True),
    *scope_columns(),
    Column("contact_id", String(36), nullable=False),
    Column("purpose", String(40), nullable=False),
    Column("granted", Integer, nullable=False),  # 1 given, 0 withdrawn
    Column("source", String(100), nullable=False),
    Column("actor_id", String(36)),
    Column("at", Utc, nullable=False),
    Index("ix_contact_consents_contact", "contact_id", "at"),
    sqlite_autoincrement=True,
)
"""What contacts agreed to, and withdrew. Nothing in it is ever changed."""

merges = Table(
    "contact_merges",
    metadata,
    Column("merge_id", String(36), primary_key=True),
    *scope_columns(),
    Column("into_id", String(36), nullable=False),
    Column("from_id", String(36), nullable=False),
    Column("moved", Json, nullable=False),  # ids of the contacts that came along
    Column("before", Json, nullable=False),  # what was filled in, as it was
    Column("after", Json, nullable=False),
    Column("actor_id", String(36)),
    Column("merged_at", Utc, nullable=False),
    Column("undone_at", Utc),
    Index("ix_contact_merges_into", "into_id"),
    Index("ix_contact_merges_from", "from_id"),
)

erasures = Table(
    "contact_erasures",
    metadata,
    Column("receipt_id", String(36), primary_key=True),
    *scope_columns(),
    Column("contact_id", String(36), nullable=False),
    Column("erased", Json, nullable=False),  # how many rows of each kind
    Column("actor_id", String(36)),
    Column("erased_at", Utc, nullable=False),
    Column("receipt_hash", String(64), nullable=False),
    Index("ix_contact_erasures_listed", "project_id", "environment", "erased_at"),
)
"""Receipts of erasures. They say that and what was erased, and nothing about whom."""

conversations = Table(
    "conversations",
    metadata,
    Column("conversation_id", String(36), primary_key=True),
    *scope_columns(),
    Column("bot_id", String(64), nullable=False),
    Column("channel", String(16), nullable=False),
    Column("chat_id", String(128), nullable=False),
    Column("contact_id", String(36), nullable=False),
    Column("holder", String(16), nullable=False),  # bot, human, approval or closed
    Column("holder_reason", String(200)),
    Column("language", String(8)),
    Column("state", Json, nullable=False),
    Column("turns", Integer, nullable=False),
    Column("turn_run_id", String(36)),  # the turn that is being taken: one at a time
    Column("last_text", String(200)),
    Column("last_message_at", Utc, nullable=False),
    Column("unread", Integer, nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("team", String(64)),
    Column("assignee_id", String(36)),  # the person who looks after it
    Column("assigned_at", Utc),
    Column("tags", Json),
    Column("answered_at", Utc),  # when a person last wrote
    Column("reply_minutes", Integer),  # how soon a person is to answer
    Column("reply_due_at", Utc),
    Column("return_minutes", Integer),  # after so long without a person's word the bot answers again
    Column("return_at", Utc),
    Column("snoozed_until", Utc),
    Column("desk_due_at", Utc),  # the earliest of the three above
    Column("summary", Text),  # what the person left for the bot
    Column("thread", Json),  # what the channel wants back with answers
    Column("blocked_at", Utc),  # when the customer blocked the bot
    Column("link", String(128)),  # what the link carried by which the customer came last
    UniqueConstraint("project_id", "environment", "bot_id", "channel", "chat_id"),
    Index("ix_conversations_listed", "project_id", "environment", "last_message_at"),
    Index("ix_conversations_turn", "turn_run_id"),
    Index("ix_conversations_assignee", "assignee_id", "assigned_at"),
    partial_index("ix_conversations_desk", "desk_due_at", where="desk_due_at IS NOT NULL"),
)

conversation_changes = Table(
    "conversation_changes",
    metadata,
    Column("change_id", BIG, primary_key=True, autoincrement=True),
    *scope_columns(),
    Column("conversation_id", String(36), nullable=False),
    Column("kind", String(16), nullable=False),  # holder, assigned, note, tags, snooze or late
    Column("from_holder", String(16)),
    Column("to_holder", String(16)),
    Column("reason", String(200)),
    Column("actor_kind", String(16), nullable=False),  # contact, bot, person, phone, workflow or timer
    Column("actor_id", String(36)),
    Column("data", Json, nullable=False),
    Column("at", Utc, nullable=False),
    Index("ix_conversation_changes_conversation", "conversation_id", "change_id"),
    sqlite_autoincrement=True,
)

inbound = Table(
    "inbound",
    metadata,
    Column("inbound_id", BIG, primary_key=True, autoincrement=True),
    *scope_columns(),
    Column("conversation_id", String(36), nullable=False),
    Column("message_id", String(128), nullable=False),
    Column("text", Text),
    Column("value", Text),
    Column("sender", Json, nullable=False),
    Column("callback_id", String(128)),
    Column("status", String(16), nullable=False),  # new, taken, done, poison, or held while a person has the chat
    Column("turn_run_id", String(36)),
    Column("received_at", Utc, nullable=False),
    Column("album", String(64)),  # what was sent together has the same one
    UniqueConstraint("project_id", "environment", "conversation_id", "message_id"),
    Index("ix_inbound_waiting", "status", "conversation_id"),
    sqlite_autoincrement=True,
)

messages = Table(
    "messages",
    metadata,
    Column("position", BIG, primary_key=True, autoincrement=True),
    Column("message_id", String(36), nullable=False, unique=True),
    *scope_columns(),
    Column("conversation_id", String(36), nullable=False),
    Column("author", String(16), nullable=False),  # contact, bot or human
    Column("text", Text, nullable=False),
    Column("buttons", Json, nullable=False),
    Column("value", Text),
    Column("inbound_id", BIG),  # what it is, or for a reply what it answers
    Column("run_id", String(36)),
    Column("created_at", Utc, nullable=False),
    Column("author_id", String(36)),  # the person at the company who wrote it
    Column("attachments", Json),  # files and places, see `inbox.types.Attachment`
    Column("external_id", String(128)),  # of a customer's message: the channel's own name of it, which edits say
    Column("edited_at", Utc),
    Column("edit_number", BIG),  # of the last edit: an older one changes nothing
    Column("earlier", Json),  # what it said before, the first text first
    Index("ix_messages_conversation", "conversation_id", "position"),
    Index("ix_messages_inbound", "inbound_id"),
    Index("ix_messages_run", "run_id"),
    sqlite_autoincrement=True,
)

outbox = Table(
    "outbox",
    metadata,
    Column("outbox_id", BIG, primary_key=True, autoincrement=True),
    *scope_columns(),
    Column("send_key", String(200), nullable=False),
    Column("message_id", String(36), nullable=False),
    Column("conversation_id", String(36), nullable=False),
    Column("bot_id", String(64), nullable=False),
    Column("channel", String(16), nullable=False),
    Column("chat_id", String(128), nullable=False),
    Column(
        "status", String(16), nullable=False
    ),  # queued, sent, failed, in_doubt, or held or dropped since a person has the chat
    Column("attempts", Integer, nullable=False),
    Column("claimed_by", String(64)),  # the process that is just sending it
    Column("claimed_until_ms", BigInteger),  # by the database's clock; then it is taken for dead
    Column("due_at", Utc, nullable=False),
    Column("retry_at", Utc),  # after a failed try; the order of the chat stays that of `due_at`
    Column("sent_at", Utc),
    Column("external_id", String(128)),
    Column("error", Json),
    Column("unasked", Integer),  # 1 where nobody asked for it: it waits for the end of quiet hours
    Column("broadcast_id", String(36)),
    Column("parts_sent", Integer),  # how many parts of a long one were taken, while others are still to go
    UniqueConstraint("project_id", "environment", "send_key"),
    Index("ix_outbox_due", "status", "due_at"),
    Index("ix_outbox_message", "message_id"),
    Index("ix_outbox_external", "external_id"),
    partial_index("ix_outbox_broadcast", "broadcast_id", "status", where="broadcast_id IS NOT NULL"),
    sqlite_autoincrement=True,
)

files = Table(
    "chat_files",
    metadata,
    Column("file_id", String(36), primary_key=True),
    *scope_columns(),
    Column("bot_id", String(64), nullable=False),
    Column("channel", String(16), nullable=False),
    Column("chat_id", String(128), nullable=False),
    Column("name", String(200)),
    Column("media_type", String(100), nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("said", Integer, nullable=False),  # 0 until a message has it
    Column("created_at", Utc, nullable=False),
    Index("ix_chat_files_chat", "project_id", "environment", "bot_id", "channel", "chat_id"),
    Index("ix_chat_files_unsaid", "said", "created_at"),
)
"""Files that were sent in chats."""

file_parts = Table(
    "chat_file_parts",
    metadata,
    Column("file_id", String(36), nullable=False),
    Column("number", Integer, nullable=False),
    *scope_columns(),
    Column("data", LargeBinary, nullable=False),
    PrimaryKeyConstraint("file_id", "number"),
)
"""What is in them, in parts: no single row is large, and no change takes long."""

chats = Table(
    "webchat_chats",
    metadata,
    Column("chat_id", String(64), primary_key=True),  # SHA-256 of the token that opens it
    *scope_columns(),
    Column("bot_id", String(64), nullable=False),
    Column("created_at", Utc, nullable=False),
)

cursors = Table(
    "channel_cursors",
    metadata,
    *scope_columns(),
    Column("channel", String(16), nullable=False),
    Column("bot_id", String(64), nullable=False),
    Column("next_offset", BIG, nullable=False),
    PrimaryKeyConstraint("project_id", "environment", "channel", "bot_id"),
)

windows = Table(
    "channel_windows",
    metadata,
    *scope_columns(),
    Column("channel", String(16), nullable=False),
    Column("bot_id", String(64), nullable=False),
    Column("chat_id", String(128), nullable=False),
    Column("customer_wrote_at", Utc, nullable=False),  # by the channel's word: it decides what may be said
    PrimaryKeyConstraint("project_id", "environment", "channel", "bot_id", "chat_id"),
)

RECEIPT_KEY = ("channel", "bot_id", "external_id")
"""How a receipt and the message of ours that it is about name it."""

receipts = Table(
    "channel_receipts",
    metadata,
    *scope_columns(),
    Column("channel", String(16), nullable=False),
    Column("bot_id", String(64), nullable=False),
    Column("external_id", String(128), nullable=False),
    Column("status", String(16), nullable=False),  # sent, delivered, read or failed
    Column("rank", Integer, nullable=False),
    Column("error", Json),
    Column("at", Utc, nullable=False),
    PrimaryKeyConstraint("project_id", "environment", "channel", "bot_id", "external_id"),
    partial_index("ix_channel_receipts_failed", "project_id", "environment", "at", where="status = 'failed'"),
)

approvals = Table(
    "approvals",
    metadata,
    Column("approval_id", String(36), primary_key=True),
    *scope_columns(),
    Column("run_id", String(36), nullable=False),
    Column("node", String(200), nullable=False),
    Column("conversation_id", String(36)),  # the customer's, which may wait for the decision
    Column("question", Text, nullable=False),
    Column("details", Json, nullable=False),  # the exact arguments that are decided on
    Column("details_hash", String(64), nullable=False),
    Column("language", String(8), nullable=False),
    Column("deciders", Json, nullable=False),  # role, team, person
    Column("chats", Json, nullable=False),  # where it was asked
    Column("token", String(32), nullable=False, unique=True),  # known to whoever reads the message with the buttons
    Column("event", String(200), nullable=False),
    Column("status", String(16), nullable=False),  # open, approved, refused, expired or cancelled
    Column("note", Text),
    Column("decided_by", Json),
    Column("decided_at", Utc),
    Column("reminded_at", Utc),
    Column("deadline_at", Utc, nullable=False),
    Column("created_at", Utc, nullable=False),
    Index("ix_approvals_listed", "project_id", "environment", "status", "created_at"),
    Index("ix_approvals_run", "run_id"),
)

broadcasts = Table(
    "broadcasts",
    metadata,
    Column("broadcast_id", String(36), primary_key=True),
    *scope_columns(),
    Column("name", String(200), nullable=False),
    Column("bot_id", String(64), nullable=False),
    Column("purpose", String(40), nullable=False),  # what its receivers agreed to
    Column("content", Json, nullable=False),  # segment, texts, channels and template, see `inbox.casting`
    Column("status", String(16), nullable=False),  # draft, running, stopped or done
    Column("starts_at", Utc),
    Column("gathered_to", String(36)),  # the last contact that was looked at, in the order of ids
    Column("counted", Integer, nullable=False),  # how many were looked at
    Column("actor_id", String(36)),
    Column("created_at", Utc, nullable=False),
    Column("finished_at", Utc),
    Index("ix_broadcasts_listed", "project_id", "environment", "created_at"),
    Index("ix_broadcasts_running", "status", "starts_at"),
)

receivers = Table(
    "broadcast_receivers",
    metadata,
    Column("broadcast_id", String(36), nullable=False),
    Column("contact_id", String(36), nullable=False),
    *scope_columns(),
    Column("message_id", String(36)),  # `None` for whoever was left out
    Column("left_out", String(40)),  # why
    Column("at", Utc, nullable=False),
    PrimaryKeyConstraint("broadcast_id", "contact_id"),
    Index("ix_broadcast_receivers_contact", "contact_id"),
)
"""Whom a broadcast was written to, and who was left out. A person stands here once."""
