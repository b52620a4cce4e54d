"""Where the documentation allows more, or says it better, than the machine-readable specification."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]
STRING: Json = {"type": "string"}


@dataclass(frozen=True)
class Amendment:
    """One correction.

    Args:
        target: A schema's name, or an operation such as `"POST /{Phone-Number-ID}/media"`.
        why: What the documentation says.
        properties: Fields that are allowed beside, or instead of those of the same name.
        optional: Fields that need not be there.
        required: Fields that must be there.
        choices: More shapes to choose from.
        whole: Replaces everything.
    """

    target: str
    why: str
    properties: Mapping[str, Json] | None = None
    optional: frozenset[str] = frozenset()
    required: tuple[str, ...] = ()
    choices: tuple[Json, ...] = ()
    whole: Json | None = None

    def apply(self, operations: Any, schemas: Any) -> None:
        """Change the facts that were read."""
        holder = operations if " /" in self.target else schemas
        if self.whole is not None:
            holder[self.target] = self.whole
            return
        schema = holder[self.target]
        if self.properties:
            schema.setdefault("properties", {}).update(self.properties)
        if self.optional or self.required:
            kept = [name for name in schema.get("required", []) if name not in self.optional]
            schema["required"] = [*kept, *self.required]
        if self.choices:
            schema["oneOf"] = [*schema.get("oneOf", []), *self.choices]


def _object(required: tuple[str, ...] = (), **properties: Json) -> Json:
    return {"type": "object", "required": list(required), "properties": properties}


NUMBER_OR_TEXT: Json = {"type": ["string", "number"]}
MEDIA_KINDS = ("Audio", "Document", "Image", "Sticker", "Video")
MESSAGE_KINDS = (*MEDIA_KINDS, "Text", "Location", "Reaction", "Interactive", "Template", "Contacts")
MEDIA_FIELDS = {"caption": {"type": "string", "maxLength": 1024}, "filename": STRING, "voice": {"type": "boolean"}}
BUTTON_PARAMETERS = ("payload", "text", "action", "coupon_code", "flow_token")

AMENDMENTS = (
    *(
        Amendment(
            f"{kind}Message",
            "recipient_type defaults to individual; a person is named by number (to) or by scoped id (recipient); "
            "biz_opaque_callback_data comes back in statuses",
            properties={"biz_opaque_callback_data": {"type": "string", "maxLength": 512}, "recipient": STRING},
            optional=frozenset({"recipient_type", "to"}),
        )
        for kind in MESSAGE_KINDS
    ),
    Amendment(
        "MediaObject",
        "documents have a file name, images, videos and documents a caption, and audio may be a voice note",
        whole={
            "oneOf": [
                _object(("id",), id=STRING, **MEDIA_FIELDS),
                _object(("link",), link={"type": "string", "maxLength": 2048}, **MEDIA_FIELDS),
            ]
        },
    ),
    Amendment(
        "TextMessage",
        "the text has 1 to 4096 characters",
        properties={
            "text": _object(("body",), body={"type": "string", "maxLength": 4096}, preview_url={"type": "boolean"})
        },
    ),
    Amendment(
        "LocationMessage",
        "latitude and longitude are written as numbers or as text, and are needed",
        properties={
            "location": _object(
                ("latitude", "longitude"),
                latitude=NUMBER_OR_TEXT,
                longitude=NUMBER_OR_TEXT,
                name=STRING,
                address=STRING,
            )
        },
    ),
    Amendment(
        "ReactionMessage",
        "a reaction names its message",
        properties={"reaction": _object(("message_id", "emoji"), message_id=STRING, emoji=STRING)},
    ),
    Amendment(
        "InteractiveObject",
        "address buttons and requests of a location are interactive messages too",
        properties={
            "type": {
                "type": "string",
                "enum": [
                    "button",
                    "list",
                    "cta_url",
                    "location_request_message",
                    "flow",
                    "product",
                    "product_list",
                    "catalog_message",
                    "call_permission_request",
                ],
            }
        },
    ),
    Amendment(
        "ActionObject",
        "the actions of an address button, of a flow, and of a request of a location",
        choices=(
            _object(
                ("name", "parameters"),
                name={"type": "string", "enum": ["cta_url"]},
                parameters=_object(
                    ("display_text", "url"), display_text={"type": "string", "maxLength": 20}, url=STRING
                ),
            ),
            _object(
                ("name", "parameters"),
                name={"type": "string", "enum": ["flow"]},
                parameters=_object(
                    ("flow_message_version", "flow_cta"),
                    flow_message_version={"type": "string", "enum": ["3"]},
                    flow_cta={"type": "string", "maxLength": 30},
                    flow_id=STRING,
                    flow_name=STRING,
                    flow_token=STRING,
                    mode={"type": "string", "enum": ["published", "draft"]},
                    flow_action={"type": "string", "enum": ["navigate", "data_exchange"]},
                    flow_action_payload=_object(("screen",), screen=STRING, data={"type": "object"}),
                ),
            ),
            _object(("name",), name={"type": "string", "enum": ["send_location"]}),
        ),
    ),
    Amendment("LanguageObject", "the policy defaults to deterministic", optional=frozenset({"policy"})),
    Amendment("TextParameter", "named parameters carry their name", properties={"parameter_name": STRING}),
    Amendment(
        "ButtonComponent",
        "buttons are numbered from 0; one-time codes, flows and coupons have sub types of their own",
        properties={
            "index": {"type": ["string", "integer"]},
            "sub_type": {
                "type": "string",
                "enum": ["quick_reply", "url", "copy_code", "flow", "catalog", "mpm", "voice_call"],
            },
        },
    ),
    Amendment(
        "POST /{WABA-ID}/message_templates",
        "the fields of a template; the specification shows one kind alone",
        whole=_object(
            ("name", "language", "category", "components"),
            name={"type": "string", "maxLength": 512},
            language=STRING,
            category={"type": "string", "enum": ["AUTHENTICATION", "MARKETING", "UTILITY"]},
            components={"type": "array", "minItems": 1, "items": {"type": "object"}},
            parameter_format={"type": "string", "enum": ["POSITIONAL", "NAMED", "positional", "named"]},
            message_send_ttl_seconds={"type": "integer"},
            allow_category_change={"type": "boolean"},
            cta_url_link_tracking_opted_out={"type": "boolean"},
        ),
    ),
    Amendment(
        "POST /{Phone-Number-ID}/block_users",
        "both fields are needed",
        required=("messaging_product", "block_users"),
    ),
    Amendment(
        "DELETE /{Phone-Number-ID}/block_users",
        "both fields are needed",
        required=("messaging_product", "block_users"),
    ),
)
"""All corrections, in the order in which they are made."""

READ_RECEIPT: Json = _object(
    ("messaging_product", "status", "message_id"),
    messaging_product={"type": "string", "enum": ["whatsapp"]},
    status={"type": "string", "enum": ["read"]},
    message_id=STRING,
    typing_indicator=_object(("type",), type={"type": "string", "enum": ["text"]}),
)
"""The other body of `/messages`: a message was read, and an answer is being written."""
