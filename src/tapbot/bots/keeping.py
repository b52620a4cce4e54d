"""Keeping what a channel tells: what customers did, and everything else of one call."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import cast

from sqlalchemy import Connection

from tapbot.bots.deciding import take_in
from tapbot.channels import types as channels
from tapbot.inbox import amending, moving, receipts, store
from tapbot.inbox.types import Arrival, Attachment, Chat
from tapbot.storage.types import JsonObject, Scope


def keep_heard(
    db: Connection,
    scope: Scope,
    bot_id: str,
    kind: str,
    heard: channels.Heard,
    *,
    now: datetime,
    windowed: bool = False,
) -> list[bool]:
    """Keep everything of one call in one transaction; gives which of the customers' messages were new.

    Args:
        windowed: When a customer wrote last decides what may be said to them.
    """
    for moved in heard.moved:
        moving.move_chat(db, scope, Chat(bot_id, kind, moved.chat_id), moved.new_chat_id, now=now)
    news = []
    for inbound in heard.inbound:
        accepted = take_in(db, scope, arrival_of(inbound), now=now)
        news.append(not accepted.duplicate)
        if windowed:
            whose = {"bot_id": bot_id, "channel": kind, "chat_id": inbound.chat_id}
            receipts.note_customer(db, scope, **whose, wrote_at=inbound.sent_at, now=now)
    for own in heard.own:
        store.accept_own(db, scope, _own_arrival(bot_id, kind, own), now=now)
    for edit in heard.edits:
        chat, at = Chat(bot_id, kind, edit.chat_id), min(edit.edited_at, now)
        amending.keep_edit(db, scope, chat, edit.external_id, edit.text, number=edit.number, edited_at=at)
    for one in heard.blockings:
        amending.keep_blocking(db, scope, Chat(bot_id, kind, one.chat_id), blocked=one.blocked, now=now)
    for receipt in heard.receipts:
        receipts.keep_receipt(db, scope, _inbox_receipt(bot_id, kind, receipt), now=now)
    return news


def arrival_of(inbound: channels.Inbound) -> Arrival:
    """What a channel parsed, in the inbox's words."""
    return Arrival(
        bot_id=inbound.bot_id,
        channel=inbound.channel,
        chat_id=inbound.chat_id,
        message_id=inbound.message_id,
        text=inbound.text,
        value=inbound.value,
        sender_id=inbound.sender.external_id,
        sender_name=inbound.sender.name or None,
        sender_language=inbound.sender.language,
        callback_id=inbound.callback_id,
        attachments=tuple(attachment_of(one) for one in inbound.attachments),
        album=inbound.album,
        thread=inbound.thread,
        group=inbound.group,
        external_id=inbound.external_id,
        link=inbound.link,
    )


def attachment_of(one: channels.Attachment) -> Attachment:
    """A file or a place that a channel parsed, in the inbox's words."""
    kept = {name: value for name, value in asdict(one).items() if value is not None}
    return cast(Attachment, kept)  # the names are the same


def _own_arrival(bot_id: str, kind: str, own: channels.Own) -> Arrival:
    return Arrival(
        bot_id=bot_id,
        channel=kind,
        chat_id=own.chat_id,
        message_id=own.message_id,
        text=own.text,
        value=None,
        sender_id=own.chat_id,
        sender_name=None,
        sender_language=None,
        attachments=tuple(attachment_of(one) for one in own.attachments),
    )


def _inbox_receipt(bot_id: str, kind: str, receipt: channels.Receipt) -> receipts.Receipt:
    """In the inbox's words. The note says which part of how many it is, and of which sending."""
    part, _, send_key = (receipt.note or "").partition(" ")
    number, _, count = part.partition("/")
    error: JsonObject | None = {"code": receipt.code, "message": receipt.reason} if receipt.code else None
    return receipts.Receipt(
        bot_id=bot_id,
        channel=kind,
        external_id=receipt.external_id,
        status=receipt.status,
        at=receipt.at,
        error=error,
        send_key=send_key if send_key and number == count else None,
    )
