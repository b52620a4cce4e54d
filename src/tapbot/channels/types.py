"""What every channel takes and gives, and the contract that all channels keep."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol, runtime_checkable

from tapbot.channels.limits import Limits
from tapbot.errors import UpstreamRejected

AttachmentKind = Literal["photo", "voice", "audio", "video", "document", "sticker", "place"]


@dataclass(frozen=True)
class Button:
    """A choice below a message; pressing it sends `value`."""

    label: str
    value: str


@dataclass(frozen=True)
class Reply:
    """What a bot or a person says, before any channel has seen it."""

    text: str
    buttons: tuple[Button, ...] = ()


@dataclass(frozen=True)
class Sender:
    """The customer as the channel knows them."""

    external_id: str
    name: str
    language: str | None
    """Language of their program (`"kk"`, `"ru"`, …): a hint, not what they write in."""


@dataclass(frozen=True)
class Attachment:
    """What came beside the words: a file, or a place.

    Args:
        source: What the channel calls the file, for `Channel.fetch`; `None` for a place, and for a file that is here.
        file_id: Our own name of a file that is here already.
        name: As the sender's device called it.
        latitude: Of a place, in degrees.
        longitude: Of a place, in degrees.
    """

    kind: AttachmentKind
    source: str | None = None
    file_id: str | None = None
    name: str | None = None
    media_type: str | None = None
    size_bytes: int | None = None
    latitude: float | None = None
    longitude: float | None = None


@dataclass(frozen=True)
class Inbound:
    """One thing that a customer did: wrote `text`, sent `attachments` or pressed a button with `value`.

    `message_id` is unique within (channel, bot, chat); the same one again is the same message again.
    """

    channel: str
    bot_id: str
    chat_id: str
    message_id: str
    sender: Sender
    text: str | None
    value: str | None
    sent_at: datetime
    callback_id: str | None = None
    """Names the press for `Channel.acknowledge`, where the channel needs that."""
    attachments: tuple[Attachment, ...] = ()
    album: str | None = None
    """What was sent together has the same one."""
    thread: Mapping[str, str] | None = None
    """What the channel wants back with answers, such as the subject of a mail."""
    group: str | None = None
    """Title of the group, where the chat is one: then the chat itself is the contact, whoever writes."""
    external_id: str | None = None
    """The channel's own name of the message in its chat, by which an edit names it."""
    link: str | None = None
    """What the link carried by which the customer came."""


@dataclass(frozen=True)
class Edit:
    """A customer changed what they wrote.

    Args:
        external_id: Of the message, as `Inbound` has it.
        number: Grows with each edit: an older one that comes again, or late, changes nothing.
    """

    chat_id: str
    external_id: str
    text: str
    number: int
    edited_at: datetime


@dataclass(frozen=True)
class Blocking:
    """A customer blocked the bot, or let it in again."""

    chat_id: str
    blocked: bool


@dataclass(frozen=True)
class Moved:
    """A chat that has another id from now on."""

    chat_id: str
    new_chat_id: str


@dataclass(frozen=True)
class Receipt:
    """How a message of ours got on, told later.

    Args:
        status: `sent`, `delivered`, `read` or `failed`. They may come in any order, and twice.
        code: Of a failure, as errors have it.
        note: What was sent along with the message and comes back.
    """

    external_id: str
    status: str
    at: datetime
    code: str | None = None
    reason: str | None = None
    note: str | None = None


@dataclass(frozen=True)
class Own:
    """What the company itself wrote to a customer, from its own phone."""

    chat_id: str
    message_id: str
    text: str
    sent_at: datetime
    attachments: tuple[Attachment, ...] = ()


@dataclass(frozen=True)
class Heard:
    """Everything that one call of a channel tells."""

    inbound: tuple[Inbound, ...]
    receipts: tuple[Receipt, ...] = ()
    own: tuple[Own, ...] = ()
    moved: tuple[Moved, ...] = ()
    edits: tuple[Edit, ...] = ()
    blockings: tuple[Blocking, ...] = ()

    @property
    def anything(self) -> bool:
        """Whether there is something to keep."""
        return bool(self.inbound or self.receipts or self.own or self.moved or self.edits or self.blockings)


@dataclass(frozen=True)
class File:
    """A file on its way: what a customer sent, or what is sent to one."""

    content: bytes
    media_type: str
    name: str | None = None
    kind: AttachmentKind = "document"


@dataclass(frozen=True)
class Outgoing:
    """One message to a chat. `send_key` names this sending: a retry carries the same one.

    Args:
        text: May be empty where there are files.
        customer_wrote_at: When the customer wrote last, for channels where that decides what may be said.
        language: Which the conversation is in, where it is known.
        template: An approved template that takes the text where free text may not be said.
    """

    chat_id: str
    text: str
    buttons: tuple[Button, ...]
    send_key: str
    customer_wrote_at: datetime | None = None
    language: str | None = None
    files: tuple[File, ...] = ()
    thread: Mapping[str, str] | None = None
    """What the customer's last message had as its `thread`."""
    template: str | None = None
    parts_sent: int = 0
    """So many of its parts were taken at an earlier try."""
    note_part: Callable[[int], Awaitable[None]] | None = None
    """Keeps how many parts were taken, before the next one is sent."""


@dataclass(frozen=True)
class Delivered:
    """The channel took the message; `external_id` is its name there.

    Args:
        moved: The chat has another id now, under which the message went.
    """

    external_id: str
    moved: Moved | None = None


@dataclass(frozen=True)
class Poll:
    """What one poll brought: updates as they came, and the offset that confirms them.

    Pass `next_offset` to the next poll only after all of them were committed: the channel may forget them then.
    """

    updates: tuple[bytes, ...]
    next_offset: int | None


class ChatBlocked(UpstreamRejected):
    """The customer does not let the bot write to them any more."""


class Channel(Protocol):
    """A way to reach customers. Made by `create(section, http, *, bot_id, now)` in the folder's `channel.py`."""

    @property
    def name(self) -> str:
        """Name of the kind, for example `"telegram"`."""

    @property
    def limits(self) -> Limits:
        """What fits in one message and how fast messages may follow each other."""

    @property
    def repeatable(self) -> bool:
        """Whether a message that is sent twice with the same send key is seen once."""

    def verify(self, headers: Mapping[str, str], raw_body: bytes) -> None:
        """Check that a request comes from the channel. Header names in any case.

        Raises:
            NotAllowed: It does not, or cannot prove it.
        """

    def parse(self, raw_body: bytes, headers: Mapping[str, str] | None = None) -> list[Inbound]:
        """Read what customers did; what bots need not see (edits, groups) gives nothing.

        Args:
            raw_body: The request's body as it came.
            headers: The request's headers, for channels that say there who writes.

        Raises:
            InvalidInput: It is not what this channel sends.
            TooLarge: A customer's text is longer than `limits` allow.
            NotAllowed: The headers do not say who writes.
        """

    async def send(self, outgoing: Outgoing) -> Delivered:
        """Send one message; a text beyond the limit goes in several, and so do files.

        Raises:
            InvalidInput: It breaks a rule of the channel; sending it again will not help.
            UpstreamUnavailable: Try again later, after `retry_after_seconds` if given.
            UpstreamRejected: The channel refused; trying again will not help.
        """

    async def fetch(self, attachment: Attachment, *, limit_bytes: int) -> File:
        """Fetch a file that a customer sent.

        Raises:
            InvalidInput: The channel gives out no such file.
            LimitExceeded: It is larger than the limit.
            UpstreamUnavailable: Try again later.
            UpstreamRejected: The channel refused; trying again will not help.
        """

    async def acknowledge(self, inbound: Inbound) -> None:
        """Tell the channel that a press was seen, so that the button stops waiting."""


class WebhookChannel(Channel, Protocol):
    """A channel whose calls tell more than what customers did."""

    @property
    def thanks(self) -> str:
        """The body that the channel wants back when a call was kept; mostly empty."""

    def answer_challenge(self, query: Mapping[str, str]) -> str:
        """The word that the channel wants back when the webhook's address is set.

        Raises:
            NotAllowed: It is not our channel that asks.
        """

    def hear(self, raw_body: bytes) -> Heard:
        """Read everything of one call.

        Raises:
            InvalidInput: It is not what this channel sends.
        """


@runtime_checkable
class TypingChannel(Channel, Protocol):
    """A channel that can show that the bot is writing."""

    async def show_typing(self, chat_id: str) -> None:
        """Show it for `TYPING_SECONDS`, or until a message comes."""


TYPING_SECONDS = 5.0
"""Source: https://core.telegram.org/bots/api#sendchataction."""


@runtime_checkable
class LinkedChannel(Channel, Protocol):
    """A channel that has links which open a chat with the bot."""

    async def link(self, payload: str) -> str:
        """The address that opens a chat.

        Args:
            payload: What the first message brings along as `Inbound.link`; may be empty.

        Raises:
            InvalidInput: The channel's links cannot carry it.
        """


@runtime_checkable
class PolledChannel(Channel, Protocol):
    """A channel that is asked for news."""

    @property
    def polled(self) -> bool:
        """Whether this one is: settings may choose webhooks instead."""

    async def poll(self, offset: int | None) -> Poll:
        """Wait for news.

        Args:
            offset: `next_offset` of a poll whose updates are all committed; `None` at the start.
        """


@runtime_checkable
class StartedChannel(Channel, Protocol):
    """A channel that must be told how its updates come."""

    async def start(self, webhook_url: str | None) -> None:
        """Tell it. Safe to repeat.

        Args:
            webhook_url: The address for its calls; `None` when this server has none in the outside world.

        Raises:
            InvalidInput: It needs an address.
            UpstreamUnavailable: Try again later.
        """
