"""The body of a message of the Cloud API, from the parameters of the node. Pure.

https://developers.facebook.com/docs/whatsapp/cloud-api/reference/messages
"""

from __future__ import annotations

from typing import Any

from tapbot.errors import InvalidInput
from tapbot.nodes.whats_app.params import Component, TemplateParameter, WhatsAppParams

Json = dict[str, Any]
CAPTIONED = frozenset({"image", "video", "document"})
MEDIA = frozenset({"image", "audio", "video", "document"})


def build_message(params: WhatsAppParams, media_id: str | None = None) -> Json:
    """A message.

    Args:
        media_id: Of the item's file, once it was uploaded.

    Raises:
        InvalidInput: A needed parameter is missing.
    """
    to = needed(params.recipient_phone_number, "recipientPhoneNumber").lstrip("+").replace(" ", "").replace("-", "")
    message: Json = {"messaging_product": "whatsapp", "recipient_type": "individual", "to": to}
    if params.operation == "sendTemplate":
        return message | {"type": "template", "template": _template(params)}
    kind = params.message_type
    return message | {"type": kind, kind: _content(params, media_id)}


def _content(params: WhatsAppParams, media_id: str | None) -> Json | list[Json]:
    more, kind = params.additional_fields, params.message_type
    if kind == "text":
        return {"body": needed(params.text_body, "textBody"), "preview_url": more.preview_url}
    if kind == "location":
        place = {"name": more.name_short, "address": more.address}
        filled = {name: value for name, value in place.items() if value}
        return {"latitude": params.latitude, "longitude": params.longitude} | filled
    if kind == "contacts":
        if not params.contacts:
            raise InvalidInput("contacts is empty.", code="node.invalid_parameter", place="contacts")
        return [params.contacts]
    content: Json = {"link": needed(params.media_link, "mediaLink")} if params.media_path == "useMediaLink" else {}
    if params.media_path != "useMediaLink":
        content = {"id": media_id or needed(params.media_id, "mediaId")}
    if more.media_caption and kind in CAPTIONED:
        content["caption"] = more.media_caption
    if more.media_filename and kind == "document":
        content["filename"] = more.media_filename
    return content


def _template(params: WhatsAppParams) -> Json:
    name, _, language = needed(params.template, "template").partition("|")
    if not language:
        raise InvalidInput(
            "The template's language is missing.",
            code="node.invalid_parameter",
            place="template",
            hint="Write it behind the name: ride_booked|ru.",
        )
    template: Json = {"name": name.strip(), "language": {"code": language.strip()}}
    components = [_component(one) for one in params.components.component]
    return template | ({"components": components} if components else {})


def _component(one: Component) -> Json:
    if one.type == "button":
        value = one.button_parameters.parameter
        parameter = {"type": value.type, value.type: getattr(value, value.type)}
        return {"type": "button", "sub_type": one.sub_type, "index": str(one.index), "parameters": [parameter]}
    given = one.header_parameters if one.type == "header" else one.body_parameters
    return {"type": one.type, "parameters": [_parameter(value) for value in given.parameter]}


def _parameter(one: TemplateParameter) -> Json:
    if one.type == "currency":
        amount = {"code": one.code, "amount_1000": round(one.amount_1000), "fallback_value": one.fallback_value}
        return {"type": "currency", "currency": amount}
    if one.type == "date_time":
        return {"type": "date_time", "date_time": {"fallback_value": one.date_time}}
    if one.type in {"image", "document", "video"}:
        return {"type": one.type, one.type: {"link": one.image_link}}
    return {"type": "text", "text": one.text}


def needed(value: str, place: str) -> str:
    """A parameter that must be there.

    Raises:
        InvalidInput: It is empty.
    """
    if not value.strip():
        raise InvalidInput(f"{place} is empty.", code="node.invalid_parameter", place=place)
    return value.strip()
