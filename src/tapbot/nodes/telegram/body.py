"""The body of a call to the Bot API, from the parameters of the node. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, get_args

from tapbot.errors import InvalidInput
from tapbot.nodes.telegram.params import Keyboard, MessageOperation, TelegramParams

METHODS: Mapping[tuple[str, str], str] = {
    ("chat", "get"): "getChat",
    ("chat", "administrators"): "getChatAdministrators",
    ("chat", "member"): "getChatMember",
    ("chat", "leave"): "leaveChat",
    ("chat", "setDescription"): "setChatDescription",
    ("chat", "setTitle"): "setChatTitle",
    ("callback", "answerQuery"): "answerCallbackQuery",
    ("callback", "answerInlineQuery"): "answerInlineQuery",
    ("file", "get"): "getFile",
    **{("message", name): name for name in get_args(MessageOperation)},
}
"""Method of the Bot API by resource and operation (https://core.telegram.org/bots/api#available-methods)."""
FILE_FIELDS: Mapping[str, str] = {
    "sendAnimation": "animation",
    "sendAudio": "audio",
    "sendDocument": "document",
    "sendPhoto": "photo",
    "sendSticker": "sticker",
    "sendVideo": "video",
}
"""The field of each method that holds its file."""
OURS = frozenset({"appendAttribution", "fileName"})
"""Additional fields that are no field of Telegram."""


def method_of(params: TelegramParams) -> str:
    """The method of the Bot API.

    Raises:
        InvalidInput: The resource has no such operation.
    """
    found = METHODS.get((params.resource, params.operation))
    if found is None:
        raise InvalidInput(
            f"{params.resource!r} has no operation {params.operation!r}.",
            code="node.invalid_parameter",
            place="operation",
        )
    return found


def build_body(params: TelegramParams, method: str) -> dict[str, Any]:
    """Fields of the call, without the file.

    Raises:
        InvalidInput: A needed one is missing.
    """
    if method in {"answerCallbackQuery", "answerInlineQuery"}:
        return _query(params, method)
    if method == "getFile":
        return {"file_id": _needed(params.file_id, "fileId")}
    body: dict[str, Any] = {}
    if method == "editMessageText" and params.message_type == "inlineMessage":
        body["inline_message_id"] = _needed(params.inline_message_id, "inlineMessageId")
    else:
        body["chat_id"] = _needed(params.chat_id, "chatId")
    body |= _own_fields(params, method)
    body |= _additional(params)
    markup = _markup(params)
    return body | ({"reply_markup": markup} if markup else {})


def _own_fields(params: TelegramParams, method: str) -> dict[str, Any]:
    make = _FIELDS.get(method)
    if make is not None:
        return make(params)
    field = FILE_FIELDS.get(method)
    if field is None or params.binary_data:
        return {}
    return {field: _needed(params.file, "file")}


def _edited(params: TelegramParams) -> dict[str, Any]:
    known = {} if params.message_type == "inlineMessage" else {"message_id": _number(params)}
    return known | {"text": _needed(params.text, "text")}


def _album(params: TelegramParams) -> dict[str, Any]:
    media = [
        {"type": one.type, "media": _needed(one.media, "media"), **one.additional_fields} for one in params.media.media
    ]
    if not 2 <= len(media) <= 10:
        raise InvalidInput("An album has two to ten pictures.", code="node.invalid_parameter", place="media")
    return {"media": media}


def _number(params: TelegramParams) -> int:
    return _whole(_needed(params.message_id, "messageId"), "messageId")


def _whole(given: object, place: str) -> int:
    try:
        return int(str(given))
    except ValueError:
        raise InvalidInput(
            f"{given!r} is no number of a message.", code="node.invalid_parameter", place=place
        ) from None


RENAMED: Mapping[str, tuple[str, Callable[[Any], Any]]] = {
    "disable_web_page_preview": ("link_preview_options", lambda given: {"is_disabled": given}),
    "reply_to_message_id": ("reply_parameters", lambda given: {"message_id": _whole(given, "reply_to_message_id")}),
    "thumb": ("thumbnail", lambda given: given),
}
"""Fields that exports name as the Bot API did before its versions 6.6 and 7.0, by what replaced them
(https://core.telegram.org/bots/api-changelog)."""


_FIELDS: Mapping[str, Callable[[TelegramParams], dict[str, Any]]] = {
    "sendMessage": lambda params: {"text": _needed(params.text, "text")},
    "editMessageText": _edited,
    "deleteMessage": lambda params: {"message_id": _number(params)},
    "pinChatMessage": lambda params: {"message_id": _number(params)},
    "unpinChatMessage": lambda params: {"message_id": _number(params)} if params.message_id else {},
    "sendChatAction": lambda params: {"action": params.action},
    "sendLocation": lambda params: {"latitude": params.latitude, "longitude": params.longitude},
    "sendMediaGroup": _album,
    "getChatMember": lambda params: {"user_id": _needed(params.user_id, "userId")},
    "setChatTitle": lambda params: {"title": _needed(params.title, "title")},
    "setChatDescription": lambda params: {"description": params.description},
}


def _query(params: TelegramParams, method: str) -> dict[str, Any]:
    query_id = _needed(params.query_id, "queryId")
    if method == "answerCallbackQuery":
        return {"callback_query_id": query_id, **_additional(params)}
    results = params.results
    if isinstance(results, str):
        try:
            results = json.loads(results or "[]")
        except ValueError:
            raise InvalidInput("The results are no JSON.", code="node.invalid_parameter", place="results") from None
    if not isinstance(results, list):
        raise InvalidInput("The results are no list.", code="node.invalid_parameter", place="results")
    return {"inline_query_id": query_id, "results": results, **_additional(params)}


def _additional(params: TelegramParams) -> dict[str, Any]:
    """Further fields that were filled in; an empty one would be refused."""
    given = {name: value for name, value in params.additional_fields.items() if name not in OURS}
    filled = {name: value for name, value in given.items() if value is not None and value not in ("", [])}
    for name in filled.keys() & RENAMED.keys():
        value = filled.pop(name)
        if value:  # 0 answers no message
            newer, make = RENAMED[name]
            filled[newer] = make(value)
    return filled


def _markup(params: TelegramParams) -> dict[str, Any] | None:
    if params.reply_markup == "inlineKeyboard":
        return {"inline_keyboard": _rows(params.inline_keyboard)}
    if params.reply_markup == "replyKeyboard":
        return {"keyboard": _rows(params.reply_keyboard), **params.reply_keyboard_options}
    if params.reply_markup == "forceReply":
        return {"force_reply": True, **params.force_reply}
    if params.reply_markup == "replyKeyboardRemove":
        return {"remove_keyboard": True, **params.reply_keyboard_remove}
    return None


def _rows(keyboard: Keyboard) -> list[list[dict[str, Any]]]:
    return [
        [{"text": button.text, **_filled(button.additional_fields)} for button in each.row.buttons]
        for each in keyboard.rows
        if each.row.buttons
    ]


def _filled(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None and value != ""}


def _needed(value: str, place: str) -> str:
    if not value.strip():
        raise InvalidInput(f"{place} is empty.", code="node.invalid_parameter", place=place)
    return value
