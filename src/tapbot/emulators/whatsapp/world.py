"""The emulated world: a business's number, the people who write to it, messages, media and templates. No HTTP."""

from __future__ import annotations

import asyncio
import base64
import copy
import hashlib
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tapbot.emulators.faults import Faults
from tapbot.emulators.whatsapp.facts import Refusal

Json = dict[str, Any]
WINDOW = timedelta(hours=24)
MEDIA_URL_LIVES = timedelta(minutes=5)
CALL_KINDS = ("429", "500", "delay", "lost_answer", "131047")
UPDATE_KINDS = ("duplicate", "reorder", "expired_media")
RANKS = {"sent": 1, "delivered": 2, "read": 3, "failed": 4}


@dataclass(frozen=True)
class Identity:
    """What a business has at Meta.

    Args:
        app_secret: Signs webhooks.
        access_token: Opens the API.
        verify_token: What webhooks are challenged with, where they were not set by the API.
    """

    phone_number_id: str = "200000000000001"
    business_account_id: str = "100000000000001"
    app_id: str = "300000000000001"
    display_phone_number: str = "+7 700 000 0001"
    name: str = "Emulated business"
    access_token: str = "an-emulated-access-token"  # noqa: S105  # opens nothing but the emulator
    app_secret: str = "an-emulated-app-secret"  # noqa: S105
    verify_token: str = "an-emulated-verify-token"  # noqa: S105

    @property
    def number(self) -> str:
        """The number in digits, as `from` has it."""
        return "".join(letter for letter in self.display_phone_number if letter.isdecimal())


@dataclass
class Chat:
    """One person's chat with the business, its messages by id."""

    name: str
    messages: dict[str, Json] = field(default_factory=dict)
    wrote_at: datetime | None = None
    """When the person wrote last: the 24-hour window counts from there."""
    blocked: bool = False
    typing: bool = False


@dataclass
class Media:
    """A file, uploaded by the business or sent by a person."""

    content: bytes
    mime_type: str
    name: str | None
    expires_at: datetime | None = None
    """When the address that was given last stops working."""

    @property
    def sha256(self) -> str:
        """Of the content, in hex."""
        return hashlib.sha256(self.content).hexdigest()


@dataclass
class Account:
    """A business with one number and everything that belongs to it."""

    identity: Identity
    webhook_url: str = ""
    chats: dict[str, Chat] = field(default_factory=dict)
    media: dict[str, Media] = field(default_factory=dict)
    templates: dict[str, Json] = field(default_factory=dict)
    moderation: str = "APPROVED"
    """What becomes of new templates; `PENDING` leaves them waiting."""
    qr_codes: dict[str, Json] = field(default_factory=dict)
    profile: Json = field(default_factory=lambda: {"messaging_product": "whatsapp", "vertical": "UNDEFINED"})
    commerce: Json = field(default_factory=lambda: {"is_cart_enabled": True, "is_catalog_visible": False})
    automation: Json = field(default_factory=dict)
    settings: Json = field(default_factory=dict)
    public_key: str | None = None
    registered: bool = True
    blocked_users: set[str] = field(default_factory=set)
    pending: list[Json] = field(default_factory=list)
    held_back: Json | None = None
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    last_error: str | None = None
    counts: dict[str, int] = field(default_factory=dict)
    """Messages of the business: `taken`, `shown`, `outside_window`, …"""

    def count(self, what: str) -> None:
        """One more."""
        self.counts[what] = self.counts.get(what, 0) + 1


class World:
    """All businesses, and what happens to them.

    Args:
        now: The clock.
    """

    def __init__(self, now: Callable[[], datetime], identities: tuple[Identity, ...]) -> None:
        self.now = now
        self.faults = Faults(CALL_KINDS, frozenset({"media_download"}))
        self.accounts = {identity.phone_number_id: Account(identity) for identity in identities}
        self._numbers = itertools.count(1)

    def new_id(self) -> str:
        """An id of a file, a template or the like: Meta's are long numbers."""
        return f"9{next(self._numbers):014d}"

    def new_message_id(self, account: Account, wa_id: str) -> str:
        """An id of a message in Meta's form."""
        written = f"\x1c\x18\x0b{wa_id}\x15\x02\x00\x11{account.identity.number}{next(self._numbers):08X}"
        return "wamid." + base64.b64encode(written.encode()).decode()

    def timestamp(self) -> str:
        """Now, as webhooks write it."""
        return str(int(self.now().timestamp()))

    def chat_with(self, account: Account, wa_id: str, name: str | None = None) -> Chat:
        """The chat with a person, made at first sight."""
        chat = account.chats.setdefault(wa_id, Chat(name or f"User {wa_id}"))
        chat.name = name or chat.name
        return chat

    def window_is_open(self, chat: Chat) -> bool:
        """Whether the person wrote within the last 24 hours."""
        return chat.wrote_at is not None and self.now() - chat.wrote_at < WINDOW

    def receive(self, account: Account, wa_id: str, content: Json, name: str | None = None) -> Json:
        """A person does something: it opens the window, and the business hears of it."""
        chat = self.chat_with(account, wa_id, name)
        chat.wrote_at = self.now()
        message: Json = {
            "from": wa_id,
            "from_user_id": scoped_id(wa_id),
            "id": self.new_message_id(account, wa_id),
            "timestamp": self.timestamp(),
            **content,
        }
        if content["type"] != "reaction":
            chat.messages[message["id"]] = {**message, "author": "user"}
        value = {"contacts": [_contact(chat, wa_id)], "messages": [message]}
        self.tell(account, "messages", value)
        return message

    def echo(self, account: Account, wa_id: str, text: str) -> Json:
        """Somebody of the company writes from its phone: its own API hears of it."""
        chat = self.chat_with(account, wa_id)
        message: Json = {
            "from": account.identity.number,
            "to": wa_id,
            "id": self.new_message_id(account, wa_id),
            "timestamp": self.timestamp(),
            "type": "text",
            "text": {"body": text},
        }
        chat.messages[message["id"]] = {**message, "author": "phone"}
        self.tell(account, "smb_message_echoes", {"message_echoes": [message]})
        return message

    def add_media(self, account: Account, content: bytes, mime_type: str, name: str | None) -> str:
        """Keep a file."""
        media_id = self.new_id()
        account.media[media_id] = Media(content, mime_type, name)
        return media_id

    def give_address(self, account: Account, media_id: str) -> Media:
        """Let a file be loaded for five minutes, or, if that was ordered, no longer."""
        media = account.media.get(media_id)
        if media is None:
            raise unknown_object(media_id)
        lives = timedelta() if self.faults.take("expired_media") else MEDIA_URL_LIVES
        media.expires_at = self.now() + lives
        return media

    def set_status(self, account: Account, wa_id: str, message_id: str, status: str, error: Json | None = None) -> None:
        """A message of the business gets on, and the business hears of it."""
        message = account.chats[wa_id].messages.get(message_id)
        if message is not None and RANKS[status] > RANKS.get(message.get("status", ""), 0):
            message["status"] = status
        told: Json = {"id": message_id, "status": status, "timestamp": self.timestamp(), "recipient_id": wa_id}
        if error is not None:
            told["errors"] = [error]
        elif status == "sent":
            told["pricing"] = {"billable": True, "pricing_model": "PMP", "category": "service", "type": "regular"}
        if message is not None and "biz_opaque_callback_data" in message:
            told["biz_opaque_callback_data"] = message["biz_opaque_callback_data"]
        told["recipient_user_id"] = scoped_id(wa_id)
        contacts = [_contact(account.chats[wa_id], wa_id)]
        self.tell(account, "messages", {"contacts": contacts, "statuses": [told]})

    def tell(self, account: Account, field_name: str, value: Json) -> None:
        """Queue a webhook call; ordered faults double it or let the next one pass it."""
        identity = account.identity
        metadata = {"display_phone_number": identity.number, "phone_number_id": identity.phone_number_id}
        shared = {} if field_name.startswith("message_template") else {"metadata": metadata}
        product = {"messaging_product": "whatsapp"} if shared else {}
        change = {"value": {**product, **shared, **copy.deepcopy(value)}, "field": field_name}
        body: Json = {
            "object": "whatsapp_business_account",
            "entry": [{"id": identity.business_account_id, "time": int(self.timestamp()), "changes": [change]}],
        }
        if account.held_back is None and self.faults.take("reorder"):
            account.held_back = body
            return
        account.pending += [body, body] if self.faults.take("duplicate") else [body]
        if account.held_back is not None:
            account.pending.append(account.held_back)
            account.held_back = None
        account.arrived.set()


def scoped_id(wa_id: str) -> str:
    """The id under which one business knows a person: all that there is of people who hide their number."""
    return f"KZ.{wa_id[::-1]}"


def number_of(user_id: str) -> str:
    """The number behind such an id."""
    return user_id.removeprefix("KZ.")[::-1]


def _contact(chat: Chat, wa_id: str) -> Json:
    return {"profile": {"name": chat.name}, "wa_id": wa_id, "user_id": scoped_id(wa_id)}


def unknown_object(object_id: str) -> Refusal:
    """The refusal of a call about something that is not there."""
    message = (
        f"Unsupported request. Object with ID '{object_id}' does not exist, cannot be loaded due to missing "
        "permissions, or does not support this operation"
    )
    return Refusal(100, message, subcode=33)
