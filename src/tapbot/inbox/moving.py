"""Chats that get another id, as a group does that becomes a supergroup."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import datetime

from sqlalchemy import Connection, select, update

from tapbot.events.store import tell
from tapbot.inbox.conversations import conversation_of
from tapbot.inbox.tables import approvals, contacts, conversations, files, outbox
from tapbot.inbox.types import Chat
from tapbot.storage.columns import within
from tapbot.storage.types import Scope


def move_chat(db: Connection, scope: Scope, chat: Chat, new_chat_id: str, *, now: datetime) -> bool:
    """Give a chat its new id: its conversation, contact and files, and what waits to be sent, go along.

    Returns:
        `False` when nothing was to be done: there is no such chat, or a conversation has the new id already.
    """
    there = replace(chat, chat_id=new_chat_id)
    conversation_id = db.execute(conversation_of(scope, **asdict(chat)).with_for_update()).scalar_one_or_none()
    if conversation_id is None or db.execute(conversation_of(scope, **asdict(there))).one_or_none() is not None:
        return False
    for table in (conversations, outbox):
        mine = (within(table, scope), table.c.conversation_id == conversation_id, table.c.chat_id == chat.chat_id)
        db.execute(update(table).where(*mine).values(chat_id=new_chat_id))
    theirs = (within(files, scope), *(files.c[name] == value for name, value in asdict(chat).items()))
    db.execute(update(files).where(*theirs).values(chat_id=new_chat_id))
    _move_contact(db, scope, chat, new_chat_id)
    _move_questions(db, scope, chat, there)
    tell(db, scope, "conversation", conversation_id, {"moved": new_chat_id}, now=now)
    return True


def _move_contact(db: Connection, scope: Scope, chat: Chat, new_chat_id: str) -> None:
    """The group itself is the contact, unless somebody has the new id already."""
    mine = (within(contacts, scope), contacts.c.channel == chat.channel)
    taken = select(contacts.c.contact_id).where(*mine, contacts.c.external_id == new_chat_id)
    if db.execute(taken).one_or_none() is None:
        db.execute(
            update(contacts).where(*mine, contacts.c.external_id == chat.chat_id).values(external_id=new_chat_id)
        )


def _move_questions(db: Connection, scope: Scope, chat: Chat, there: Chat) -> None:
    """What was asked in the chat and is not decided may be decided where it is now."""
    still_open = (within(approvals, scope), approvals.c.status == "open")
    rows = db.execute(select(approvals.c.approval_id, approvals.c.chats).where(*still_open).with_for_update()).all()
    for approval_id, chats in rows:
        if asdict(chat) in chats:
            moved = [asdict(there) if one == asdict(chat) else one for one in chats]
            this = (within(approvals, scope), approvals.c.approval_id == approval_id)
            db.execute(update(approvals).where(*this).values(chats=moved))
