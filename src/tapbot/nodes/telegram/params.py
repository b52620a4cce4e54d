"""Parameters of the Telegram node, and how exports of older versions read."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from tapbot.nodes.fields import EmptyList, Text
from tapbot.workflow.node import NodeParams

MessageOperation = Literal[
    "deleteMessage",
    "editMessageText",
    "pinChatMessage",
    "unpinChatMessage",
    "sendAnimation",
    "sendAudio",
    "sendChatAction",
    "sendDocument",
    "sendLocation",
    "sendMediaGroup",
    "sendMessage",
    "sendPhoto",
    "sendSticker",
    "sendVideo",
]
"""They have the names of the Bot API's methods."""
Operation = (
    Literal[
        "get",
        "administrators",
        "member",
        "leave",
        "setDescription",
        "setTitle",
        "answerQuery",
        "answerInlineQuery",
    ]
    | MessageOperation
)


class Button(NodeParams):
    """One button."""

    text: Text = ""
    """What people read."""
    additional_fields: dict[str, Any] = Field(default_factory=dict)
    """What it does: `callback_data`, `url`, `request_contact` and the like, as Telegram names them."""


class ButtonRow(NodeParams):
    """Buttons side by side."""

    buttons: Annotated[list[Button], EmptyList] = Field(default_factory=list)
    """The buttons."""


class KeyboardRow(NodeParams):
    """One row of a keyboard."""

    row: ButtonRow = Field(default_factory=ButtonRow)
    """Its buttons."""


class Keyboard(NodeParams):
    """A keyboard."""

    rows: Annotated[list[KeyboardRow], EmptyList] = Field(default_factory=list)
    """Rows, from above."""


class MediaItem(NodeParams):
    """One picture or video of an album."""

    type: Literal["photo", "video"] = "photo"
    """What it is."""
    media: Text = ""
    """Its address, or its id at Telegram."""
    additional_fields: dict[str, Any] = Field(default_factory=dict)
    """`caption` and `parse_mode`."""


class Media(NodeParams):
    """An album."""

    media: Annotated[list[MediaItem], EmptyList] = Field(default_factory=list)
    """Two to ten pictures and videos."""


class TelegramParams(NodeParams):
    """What is done, and where."""

    resource: Literal["message", "chat", "callback", "file"] = "message"
    """What it is about."""
    operation: Operation = "sendMessage"
    """What is done with it."""
    chat_id: Text = ""
    """Chat: its number, or `@name` of a channel."""
    text: Text = ""
    """Text of the message."""
    message_id: Text = ""
    """Number of the message."""
    message_type: Literal["message", "inlineMessage"] = "message"
    """Whether the edited message stands in a chat, or came from an inline query."""
    inline_message_id: Text = ""
    """Id of the inline message."""
    binary_data: bool = False
    """Send a file of the item."""
    binary_property_name: Text = "data"
    """Which of its files."""
    file: Text = ""
    """Address of a file, or its id at Telegram."""
    latitude: float = Field(default=0, ge=-90, le=90, allow_inf_nan=False)
    """Degrees north."""
    longitude: float = Field(default=0, ge=-180, le=180, allow_inf_nan=False)
    """Degrees east."""
    action: Text = "typing"
    """What the chat is told that the bot does."""
    media: Media = Field(default_factory=Media)
    """The album."""
    reply_markup: Literal["none", "forceReply", "inlineKeyboard", "replyKeyboard", "replyKeyboardRemove"] = "none"
    """Keyboard below the message, or below the input field."""
    inline_keyboard: Keyboard = Field(default_factory=Keyboard)
    """Buttons below the message."""
    reply_keyboard: Keyboard = Field(default_factory=Keyboard)
    """Buttons below the input field."""
    reply_keyboard_options: dict[str, Any] = Field(default_factory=dict)
    """`resize_keyboard`, `one_time_keyboard`, `selective`."""
    force_reply: dict[str, Any] = Field(default_factory=dict)
    """`force_reply`, `selective`."""
    reply_keyboard_remove: dict[str, Any] = Field(default_factory=dict)
    """`remove_keyboard`, `selective`."""
    user_id: Text = ""
    """Member of the chat."""
    title: Text = ""
    """New title of the chat."""
    description: Text = ""
    """New description of the chat."""
    query_id: Text = ""
    """Id of the pressed button's query, or of the inline query."""
    results: Any = ""
    """Results of an inline query, as a JSON list."""
    file_id: Text = ""
    """Id of a file at Telegram."""
    download: bool = True
    """Get the file's content too."""
    additional_fields: dict[str, Any] = Field(default_factory=dict)
    """Further fields as Telegram names them: `parse_mode`, `disable_notification`, `caption` and so on."""
