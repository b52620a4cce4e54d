"""What is meant within a longer text: the id in an address, a name without its mark. Pure; called by names in files."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from tapbot.errors import InvalidInput

_NOTION_ID = re.compile(r"([0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?:[?#].*)?$", re.IGNORECASE)
_GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_WEBHOOK = re.compile(r"https://(?:\w+\.)?discord(?:app)?\.com/api(?:/v\d+)?/webhooks/(\d+)/([\w-]+)/?(?:\?.*)?")
_GOOGLE_ID = re.compile(r"/(?:d|folders)/([\w-]{10,})")
_TWEET = re.compile(r"(?:twitter|x)\.com/[^/]+/status/(\d+)")


def notion_id(text: str) -> str:
    """The id in an address of Notion's; it is the last part, behind the title."""
    found = _NOTION_ID.search(text)
    return found[1] if found else text


def google_id(text: str) -> str:
    """The id in an address of Google's."""
    found = _GOOGLE_ID.search(text)
    return found[1] if found else text


def guid(text: str) -> str:
    """A GUID, and nothing else: it stands within quotes of a path.

    Raises:
        InvalidInput: It is none.
    """
    if not _GUID.fullmatch(text):
        raise InvalidInput(f"{text[:80]!r} is no GUID.", code="node.invalid_parameter")
    return text


def webhook_id(text: str) -> str:
    """The id in the address of a webhook of Discord's.

    Raises:
        InvalidInput: It is no such address.
    """
    return _webhook(text)[1]


def webhook_token(text: str) -> str:
    """The token in the address of a webhook of Discord's. Raises as `webhook_id`."""
    return _webhook(text)[2]


def _webhook(text: str) -> re.Match[str]:
    found = _WEBHOOK.fullmatch(text.strip())
    if found is None:
        raise InvalidInput(
            "This is no address of a Discord webhook.",
            code="node.invalid_parameter",
            place="webhookUri",
            hint="It begins with https://discord.com/api/webhooks/.",
        )
    return found


def tweet_id(text: str) -> str:
    """The id in an address of a post at X."""
    found = _TWEET.search(text)
    return found[1] if found else text


def handle(text: str) -> str:
    """A name without its `@`."""
    return text.removeprefix("@")


_ALL = (notion_id, google_id, guid, webhook_id, webhook_token, tweet_id, handle)
READERS: Mapping[str, Callable[[str], str]] = {one.__name__: one for one in _ALL}
"""What finds an id in an address, by names in the files."""
