"""The emulated world: bots, people, chats and messages. No HTTP."""

from __future__ import annotations

import asyncio
import copy
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tapbot.emulators.faults import Faults
from tapbot.emulators.telegram.chats import Chat, make_member
from tapbot.emulators.telegram.facts import bad_request
from tapbot.emulators.telegram.faults import CALL_KINDS, LONG_POLL
from tapbot.emulators.telegram.files import Files
from tapbot.emulators.telegram.pace import Pace

Json = dict[str, Any]
KINDS_NOT_SENT_UNASKED = {"chat_member", "message_reaction", "message_reaction_count"}


@dataclass
class Press:
    """A pressed button that the bot should answer."""

    chat_id: int
    message_id: int
    data: str
    answered: bool = False
    text: str | None = None
    show_alert: bool = False


@dataclass
class Question:
    """What somebody asked the bot in an inline query, or before paying; `answer` is what the bot said.

    Args:
        about: The update's content.
    """

    about: Json
    chat_id: int
    message_id: int = 0
    answer: Json | None = None


@dataclass
class Business:
    """A person's account in whose name the bot answers: `about` as `BusinessConnection`, and the chats by customer."""

    about: Json
    chats: dict[int, Chat] = field(default_factory=dict)


@dataclass
class Webhook:
    """Where a bot's updates go."""

    url: str = ""
    secret_token: str | None = None
    max_connections: int = 40
    last_error: tuple[int, str] | None = None


@dataclass
class Profile:
    """How a bot presents itself. Texts and commands are by language, `""` for all others.

    Args:
        texts: By field, for example `name`.
        commands: By scope, as JSON text.
        menu_buttons: By chat, `None` for all others.
    """

    texts: dict[str, dict[str, str]] = field(default_factory=dict)
    commands: dict[str, dict[str, list[Json]]] = field(default_factory=dict)
    menu_buttons: dict[int | None, Json] = field(default_factory=dict)
    default_rights: dict[bool, Json] = field(default_factory=dict)


@dataclass
class Bot:
    """One bot and everything that belongs to it."""

    token: str
    chats: dict[int, Chat] = field(default_factory=dict)
    users: dict[int, Json] = field(default_factory=dict)
    pending: list[Json] = field(default_factory=list)
    held_back: Json | None = None
    webhook: Webhook = field(default_factory=Webhook)
    allowed_updates: list[str] | None = None
    profile: Profile = field(default_factory=Profile)
    presses: dict[str, Press] = field(default_factory=dict)
    inline_queries: dict[str, Question] = field(default_factory=dict)
    checkouts: dict[str, Question] = field(default_factory=dict)
    shippings: dict[str, Question] = field(default_factory=dict)
    invoices: dict[int, Json] = field(default_factory=dict)
    """The arguments of the invoices that were sent, by message."""
    payments: dict[str, Json] = field(default_factory=dict)
    """`SuccessfulPayment` by Telegram's id of the charge."""
    inline_messages: dict[str, Json] = field(default_factory=dict)
    votes: dict[str, dict[int, list[int]]] = field(default_factory=dict)
    """Who chose which options, by poll."""
    businesses: dict[str, Business] = field(default_factory=dict)
    pace: Pace = field(default_factory=Pace)
    polls: int = 0
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))
    update_numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(100_000_001))

    def __post_init__(self) -> None:
        self.files = Files(self.id)

    @property
    def id(self) -> int:
        """The number before the colon of the token."""
        return int(self.token.partition(":")[0])

    def as_user(self) -> Json:
        """The bot as `User`."""
        name = self.profile.texts.get("name", {}).get("") or f"Bot {self.id}"
        return {"id": self.id, "is_bot": True, "first_name": name, "username": f"emulated_{self.id}_bot"}

    def new_id(self) -> str:
        """An id of a press, a query, a poll or the like: Telegram's are long numbers."""
        return f"{self.id}{next(self.numbers):08d}"


class World:
    """All bots, and what happens to them.

    Args:
        now: The clock.
        tokens: The bots that exist; `None` lets every well-formed token be a bot.
    """

    def __init__(self, now: Callable[[], datetime], tokens: frozenset[str] | None = None) -> None:
        self.now = now
        self.faults = Faults(CALL_KINDS, LONG_POLL)
        self.bots: dict[str, Bot] = {}
        self._tokens = tokens

    def find_bot(self, token: str) -> Bot | None:
        """The bot of a token; `None` when there is no such bot."""
        number, _, secret = token.partition(":")
        well_formed = number.isdecimal() and len(secret) >= 8
        if not well_formed or (self._tokens is not None and token not in self._tokens):
            return None
        return self.bots.setdefault(token, Bot(token))

    def date(self) -> int:
        """Now, as the Bot API writes it."""
        return int(self.now().timestamp())

    def meet_user(self, bot: Bot, user_id: int, details: Json) -> Json:
        """A person, made at first sight; details that are given now replace older ones."""
        known = bot.users.setdefault(user_id, {"id": user_id, "is_bot": False, "first_name": f"User {user_id}"})
        known.update({name: value for name, value in details.items() if value})
        return known

    def open_chat(self, bot: Bot, chat_id: int, details: Json) -> Chat:
        """A chat, made at first sight."""
        if chat_id not in bot.chats:
            bot.chats[chat_id] = Chat({"id": chat_id, **details})
        return bot.chats[chat_id]

    def chat_of(self, bot: Bot, user_id: int, chat_id: int | None) -> Chat:
        """The chat in which a person writes: their private one, or a group that is named."""
        user = bot.users[user_id]
        if chat_id is not None and chat_id != user_id:
            if chat_id not in bot.chats:
                raise bad_request("chat not found")
            group = bot.chats[chat_id]
            group.members.setdefault(user_id, make_member(user, "member"))
            return group
        names: Json = {name: user[name] for name in ("first_name", "last_name", "username") if name in user}
        return self.open_chat(bot, user_id, {"type": "private", **names})

    def write_message(self, bot: Bot, chat: Chat, author: Json, content: Json) -> Json:
        """Put a message into a chat."""
        message_id = next(bot.numbers)
        message = {"message_id": message_id, "from": author, "chat": chat.chat, "date": self.date(), **content}
        chat.messages[message_id] = message
        return message

    def add_update(self, bot: Bot, kind: str, content: Json) -> Json:
        """Give a bot an update, if it wants that kind; ordered faults double it or let the next one pass it."""
        update = {"update_id": next(bot.update_numbers), kind: copy.deepcopy(content)}
        wanted = kind in bot.allowed_updates if bot.allowed_updates else kind not in KINDS_NOT_SENT_UNASKED
        if not wanted:
            return update
        if bot.held_back is None and self.faults.take("reorder"):
            bot.held_back = update
            return update
        twice = self.faults.take("duplicate")
        bot.pending += [update, update] if twice else [update]
        if bot.held_back is not None:
            bot.pending.append(bot.held_back)
            bot.held_back = None
        bot.arrived.set()
        return update

    def change_member(self, bot: Bot, chat: Chat, member: Json, *, by: Json) -> None:
        """Somebody comes, goes or may do more or less: the bot gets an update, the group reads who came or went."""
        user = member["user"]
        old = chat.members.get(user["id"]) or make_member(user, "left")
        was_inside = chat.is_inside(user["id"])
        chat.members[user["id"]] = member
        change = {"chat": chat.chat, "from": by, "date": self.date(), "old_chat_member": old, "new_chat_member": member}
        self.add_update(bot, "my_chat_member" if user["id"] == bot.id else "chat_member", change)
        if was_inside != chat.is_inside(user["id"]):
            told: Json = {"left_chat_member": user} if was_inside else {"new_chat_members": [user]}
            message = self.write_message(bot, chat, by, told)
            if by["id"] != bot.id and chat.is_inside(bot.id):
                self.add_update(bot, "message", message)

    def finish_payment(self, bot: Bot, question: Question) -> None:
        """The bot agreed: the person has paid, and the bot gets a message that says so."""
        about, chat = question.about, bot.chats[question.chat_id]
        charge = f"charge-{bot.new_id()}"
        payment: Json = {
            **{name: about[name] for name in ("currency", "total_amount", "invoice_payload")},
            **{name: about[name] for name in ("shipping_option_id", "order_info") if name in about},
            "telegram_payment_charge_id": charge,
            "provider_payment_charge_id": f"provider-{charge}",
        }
        bot.payments[charge] = dict(payment)
        message = self.write_message(bot, chat, about["from"], {"successful_payment": payment})
        self.add_update(bot, "message", message)
