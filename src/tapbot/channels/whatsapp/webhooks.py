"""Reading webhooks: what customers did, how our messages got on, and what the company wrote from its own phone."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec

from tapbot.channels.types import Heard, Inbound, Own, Receipt, Sender
from tapbot.channels.whatsapp.client import CODES, Problem, explain
from tapbot.channels.whatsapp.media import read_attachments
from tapbot.errors import InvalidInput

Json = dict[str, Any]
MEDIA = ("image", "video", "document", "audio", "sticker")
NOT_FOR_BOTS = frozenset({"reaction", "system", "edit", "revoke"})
STATUSES = ("sent", "delivered", "read", "failed")


class Metadata(msgspec.Struct, frozen=True):
    """Whose number it is."""

    phone_number_id: str


class Profile(msgspec.Struct, frozen=True):
    """How a person calls themselves."""

    name: str = ""


class Contact(msgspec.Struct, frozen=True):
    """Who wrote; people who hide their number have a `user_id` alone."""

    profile: Profile = Profile()
    wa_id: str = ""
    user_id: str = ""


class Written(msgspec.Struct, frozen=True):
    """The fields of every message; the content is in a field named like its type."""

    id: str
    timestamp: str
    type: str
    from_: str = msgspec.field(name="from", default="")
    from_user_id: str = ""
    to: str = ""
    to_user_id: str = ""


class Status(msgspec.Struct, frozen=True):
    """How one of our messages got on."""

    id: str
    status: str
    timestamp: str
    biz_opaque_callback_data: str | None = None
    errors: list[Problem] = []


class Value(msgspec.Struct, frozen=True):
    """What changed."""

    metadata: Metadata | None = None
    contacts: list[Contact] = []
    messages: list[msgspec.Raw] = []
    message_echoes: list[msgspec.Raw] = []
    statuses: list[msgspec.Raw] = []


class Change(msgspec.Struct, frozen=True):
    """One change."""

    field: str
    value: Value


class Entry(msgspec.Struct, frozen=True):
    """The changes of one business."""

    changes: list[Change]


class Payload(msgspec.Struct, frozen=True):
    """A webhook call."""

    object: str
    entry: list[Entry]


def read_webhook(raw_body: bytes, *, bot_id: str, phone_number_id: str) -> Heard:
    """Read one call; what is about other numbers gives nothing.

    Raises:
        InvalidInput: It is not a webhook call of the Cloud API.
    """
    inbound: list[Inbound] = []
    receipts: list[Receipt] = []
    own: list[Own] = []
    try:
        payload = msgspec.json.decode(raw_body, type=Payload)
        for value in (change.value for entry in payload.entry for change in entry.changes):
            if value.metadata is None or value.metadata.phone_number_id != phone_number_id:
                continue
            inbound += [one for raw in value.messages if (one := _read_message(raw, value.contacts, bot_id))]
            own += [_read_echo(raw) for raw in value.message_echoes]
            receipts += [told for raw in value.statuses if (told := _read_status(raw))]
    except (msgspec.MsgspecError, ValueError, OverflowError, AttributeError, TypeError, KeyError) as error:
        raise InvalidInput(
            f"This is not a webhook call of WhatsApp's Cloud API: {error}.",
            code="whatsapp.not_a_webhook",
            place=f"channels.whatsapp.{bot_id}",
        ) from None
    return Heard(tuple(inbound), tuple(receipts), tuple(own))


def _read_message(raw: msgspec.Raw, contacts: list[Contact], bot_id: str) -> Inbound | None:
    written = msgspec.json.decode(raw, type=Written)
    chat_id = written.from_ or written.from_user_id
    if written.type in NOT_FOR_BOTS or not chat_id:
        return None
    who = next((one for one in contacts if chat_id in {one.wa_id, one.user_id}), Contact())
    content = msgspec.json.decode(raw).get(written.type) or {}
    text, value = _read_content(written.type, content)
    return Inbound(
        channel="whatsapp",
        bot_id=bot_id,
        chat_id=chat_id,
        message_id=written.id,
        sender=Sender(external_id=chat_id, name=_clean(who.profile.name), language=None),
        text=text,
        value=value,
        sent_at=_read_time(written.timestamp),
        callback_id=written.id,
        attachments=read_attachments(written.type, content),
    )


def _read_content(kind: str, content: Any) -> tuple[str | None, str | None]:
    """The text that was written, or the value of the button that was pressed."""
    if kind == "button":
        return None, _clean(content["payload"])
    if kind == "interactive" and content.get("type") in {"button_reply", "list_reply"}:
        return None, _clean(content[content["type"]]["id"])
    return _clean(_read_text(kind, content)), None


def _read_text(kind: str, content: Any) -> str:
    """The words in a message; a picture without any has none."""
    if kind == "interactive":
        return str(content.get("nfm_reply", {}).get("response_json", ""))
    if kind == "text":
        return str(content["body"])
    if kind in MEDIA:
        return str(content.get("caption") or "")
    if kind == "location":
        place = content.get("address") or content.get("name")
        return str(place or f"{content['latitude']}, {content['longitude']}")
    if kind == "contacts":
        return next((phone.get("phone", "") for contact in content for phone in contact.get("phones", [])), "")
    return ""


def _read_echo(raw: msgspec.Raw) -> Own:
    written = msgspec.json.decode(raw, type=Written)
    content = msgspec.json.decode(raw).get(written.type) or {}
    text, _value = _read_content(written.type, content)
    attachments = read_attachments(written.type, content)
    return Own(
        chat_id=written.to or written.to_user_id,
        message_id=written.id,
        text=text or ("" if attachments else f"[{written.type}]"),
        sent_at=_read_time(written.timestamp),
        attachments=attachments,
    )


def _read_status(raw: msgspec.Raw) -> Receipt | None:
    """How a message got on; kinds of a later year give nothing."""
    status = msgspec.json.decode(raw, type=Status)
    if status.status not in STATUSES:
        return None
    problem = status.errors[0] if status.errors else None
    return Receipt(
        external_id=status.id,
        status=status.status,
        at=_read_time(status.timestamp),
        code=CODES.get(problem.code, "whatsapp.rejected") if problem else None,
        reason=explain(problem) if problem else None,
        note=status.biz_opaque_callback_data,
    )


def _read_time(written: str) -> datetime:
    return datetime.fromtimestamp(int(written), UTC)


def _clean(text: str) -> str:
    """Without NUL, which PostgreSQL's text does not take."""
    return text.replace("\0", "")
