"""What the Bot API has besides our specification (June 2026): newer fields, and older arguments still taken."""

from __future__ import annotations

NEWER_FIELDS = {
    "ChatAdministratorRights": {"can_send_welcome_messages": "Boolean"},
    "ChatMemberAdministrator": {"can_send_welcome_messages": "Boolean"},
}
"""Fields of types since Bot API 10.3; aiogram 3.31 reads no administrator without them."""

NEWER_ARGUMENTS = {"promoteChatMember": {"can_send_welcome_messages": "Boolean"}}
"""Arguments since Bot API 10.3."""

OLDER_ARGUMENTS = {
    "reply_parameters": {"reply_to_message_id": "Integer", "allow_sending_without_reply": "Boolean"},
    "link_preview_options": {"disable_web_page_preview": "Boolean"},
}
"""Arguments that were replaced (the key says by which one) and that Telegram still takes."""
