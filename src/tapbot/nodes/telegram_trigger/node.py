"""Telegram Trigger: starts with each update of a bot (https://core.telegram.org/bots/api#update)."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from tapbot.errors import InvalidInput
from tapbot.nodes.fields import EmptyList, FromJson, Text, has_expression
from tapbot.nodes.telegram_bot import BotCalls, open_bot
from tapbot.storage.types import JsonObject
from tapbot.workflow.node import NodeCall, NodeParams, trigger_node
from tapbot.workflow.types import Item, Outputs, StepKind

EVERYTHING = "*"
ONLY_ON_DEMAND = frozenset({"chat_member", "message_reaction", "message_reaction_count"})
"""Kinds of updates that Telegram sends to those alone who name them."""
IMAGE_SIZES = ("small", "medium", "large", "extraLarge")
FILES = ("document", "voice", "audio", "video", "video_note", "animation", "sticker")
SAMPLE: JsonObject = {
    "update_id": 100000001,
    "message": {
        "message_id": 1,
        "from": {"id": 501, "is_bot": False, "first_name": "Aru", "language_code": "kk"},
        "chat": {"id": 501, "first_name": "Aru", "type": "private"},
        "date": 1767225600,
        "text": "Hello",
    },
}
"""What a run by hand gets, so that there is something to build on."""


class AdditionalFields(NodeParams):
    """What else is wanted."""

    download: bool = False
    """Fetch the picture or file of a message; it is the binary `data`."""
    image_size: Literal["small", "medium", "large", "extraLarge"] = "large"
    """Which of Telegram's sizes of a picture; the largest there is, where it has fewer."""
    chat_ids: Text = ""
    """Only updates of these chats, by id, with commas between them; empty for all."""
    user_ids: Text = ""
    """Only updates of these people, by id, with commas between them; empty for all."""


class TelegramTriggerParams(NodeParams):
    """Of what the workflow wants to hear."""

    updates: Annotated[list[str], EmptyList, FromJson] = Field(default_factory=list)
    """Kinds of updates, as Telegram names them: `message`, `edited_message`, `callback_query` and so on; `*` for all
    but those that Telegram sends on demand alone."""
    additional_fields: AdditionalFields = Field(default_factory=AdditionalFields)

    def wants(self, update: JsonObject) -> bool:
        """Whether an update starts the workflow."""
        kind = kind_of(update)
        if kind not in self.updates and (EVERYTHING not in self.updates or kind in ONLY_ON_DEMAND):
            return False
        content: Any = update[kind]
        chat = content.get("chat") or (content.get("message") or {}).get("chat") or {}
        user = content.get("from") or content.get("user") or {}
        more = self.additional_fields
        return _named(more.chat_ids, chat.get("id")) and _named(more.user_ids, user.get("id"))


def kind_of(update: JsonObject) -> str:
    """What an update is about: the name of its one field beside the number."""
    return next((name for name, value in update.items() if name != "update_id" and isinstance(value, dict)), "")


def _named(ids: str, one: object) -> bool:
    wanted = {part.strip() for part in ids.split(",") if part.strip()}
    return not wanted or str(one) in wanted


def upgrade(parameters: JsonObject, _version: float) -> JsonObject:
    """Parameters are looked at when the workflow is loaded, before anything happens.

    Raises:
        InvalidInput: A parameter is an expression, or no kind of update is named.
    """
    if has_expression(parameters):
        raise InvalidInput(
            "A trigger has no expressions: nothing has happened yet that they could speak of.",
            code="node.invalid_parameter",
            place="updates",
            hint="Filter behind the trigger: ={{ $json.message.chat.id }}.",
        )
    if not parameters.get("updates"):
        raise InvalidInput(
            "No kind of update is named.", code="node.invalid_parameter", place="updates", hint='For all: ["*"].'
        )
    return parameters


@trigger_node(
    "n8n-nodes-base.telegramTrigger",
    TelegramTriggerParams,
    version=1.2,
    label="Telegram Trigger",
    trigger="telegram",
    inputs=0,
    kind=StepKind.SAFE,
    upgrade=upgrade,
)
async def start_by_update(call: NodeCall[TelegramTriggerParams]) -> Outputs:
    """Pass on the update, with its file where that is wanted."""
    if not any(item.json for item in call.items):
        return [[Item(json=SAMPLE)]]
    if not call.params.additional_fields.download:
        return [call.items]
    bot = await open_bot(call.step)
    return [[await _with_file(bot, item, call.params.additional_fields.image_size) for item in call.items]]


async def _with_file(bot: BotCalls, item: Item, image_size: str) -> Item:
    file_id = find_file(item.json, image_size)
    if file_id is None:
        return item
    answer = await bot.invoke("getFile", {"json": {"file_id": file_id}})
    return Item(json=item.json, binary={**(item.binary or {}), "data": await bot.download(answer)})


def find_file(update: JsonObject, image_size: str) -> str | None:
    """The file of a message or post; `None` when it has none."""
    content: Any = update.get("message") or update.get("channel_post") or {}
    sizes = content.get("photo")
    found = sizes[min(IMAGE_SIZES.index(image_size), len(sizes) - 1)] if sizes else None
    found = found or next((content[name] for name in FILES if content.get(name)), None)
    file_id: str | None = (found or {}).get("file_id")
    return file_id
