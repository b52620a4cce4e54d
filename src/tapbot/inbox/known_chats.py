"""Web chats of visitors whom the company's site vouches for: one a person, on every device."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from tapbot.inbox.contacts import change_contact, lock_person, verify_phone
from tapbot.inbox.conversations import contact_for
from tapbot.inbox.tables import chats
from tapbot.storage.columns import owned
from tapbot.storage.sql import insert_new
from tapbot.storage.types import Scope


def keep_known_chat(
    db: Connection, scope: Scope, chat_id: str, *, bot_id: str, name: str | None, phone: str | None, now: datetime
) -> None:
    """Keep the one web chat of such a visitor, and what the site says of them.

    Args:
        phone: As +7…; the site verified it.
    """
    chat = owned(scope) | {"chat_id": chat_id, "bot_id": bot_id, "created_at": now}
    db.execute(insert_new(chats), chat)
    contact_id = contact_for(db, scope, "webchat", chat_id, name, now)
    person = lock_person(db, scope, contact_id)
    if name is not None and name != person["first_name"]:
        change_contact(db, scope, contact_id, {"first_name": name}, now=now)
    if phone is not None and (phone != person["phone"] or person["phone_verified_at"] is None):
        verify_phone(db, scope, contact_id, phone, source="site", now=now)
