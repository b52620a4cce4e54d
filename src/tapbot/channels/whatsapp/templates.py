"""The templates that WhatsApp has approved: synced when one is needed, and picked by language."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from tapbot.channels.whatsapp.client import GraphApi
from tapbot.errors import InvalidInput, UpstreamRejected

VARIABLE = re.compile(r"\{\{\s*\w+\s*\}\}")
FRESH = timedelta(minutes=5)
MOST_PAGES = 50
FIELDS = "id,name,language,status,category,rejected_reason,components"


class Component(msgspec.Struct, frozen=True):
    """A part of a template."""

    type: str
    text: str = ""


class Listed(msgspec.Struct, frozen=True):
    """A template as WhatsApp lists it."""

    id: str
    name: str
    language: str
    status: str
    category: str = ""
    rejected_reason: str = ""
    components: list[Component] = []


class Cursors(msgspec.Struct, frozen=True):
    """Where the next page begins."""

    after: str = ""


class Paging(msgspec.Struct, frozen=True):
    """Whether there is a next page."""

    cursors: Cursors = Cursors()
    next: str = ""


class Page(msgspec.Struct, frozen=True):
    """A page of templates."""

    data: list[Listed]
    paging: Paging = Paging()


@dataclass(frozen=True)
class Template:
    """An approved template in one language."""

    name: str
    language_code: str
    variables: int


class Templates:
    """The templates of one business account.

    Args:
        api: The Graph API.
        account_id: The WhatsApp Business account; `None` when the settings name none.
        now: The clock, for how old the list is.
    """

    def __init__(self, api: GraphApi, account_id: str | None, now: Callable[[], datetime]) -> None:
        self._api = api
        self._account_id = account_id
        self._now = now
        self._synced_at: datetime | None = None
        self._approved: list[Template] = []

    async def sync(self) -> list[Template]:
        """Read the approved templates.

        Raises:
            InvalidInput: The settings do not name the business account.
            UpstreamUnavailable: WhatsApp does not answer.
            UpstreamRejected: WhatsApp refused.
        """
        self._approved = [
            Template(one.name, one.language, _count_variables(one))
            for one in await self.read_all()
            if one.status == "APPROVED"
        ]
        self._synced_at = self._now()
        return self._approved

    async def read_all(self) -> list[Listed]:
        """Read all templates, whatever the review said; raises what `sync` does."""
        found: list[Listed] = []
        after = ""
        for _ in range(MOST_PAGES):
            params = {"fields": FIELDS, "limit": "100"} | ({"after": after} if after else {})
            page = _decode(await self._api.call("GET", f"{self._account()}/message_templates", params=params))
            found += page.data
            after = page.paging.cursors.after
            if not page.paging.next or not after:
                break
        return found

    async def pick(self, name: str, language: str | None) -> Template | None:
        """The approved template of a name in the customer's language, else in another; `None` when there is none."""
        found = self._find(name, language)
        if found is not None and found.language_code.partition("_")[0] == language:
            return found
        if self._synced_at is None or self._now() - self._synced_at >= FRESH:
            await self.sync()
        return self._find(name, language)

    async def submit(self, name: str, language: str, text: str, *, category: str, example: str) -> str:
        """Hand a template in for review; gives its id. Reviewed ones are picked after the next sync.

        Args:
            text: With at most one variable, `{{1}}`, neither first nor last.
            category: `UTILITY`, `MARKETING` or `AUTHENTICATION`.
            example: A value of the variable, for the reviewer.
        """
        body = {"type": "BODY", "text": text}
        if VARIABLE.search(text):
            body["example"] = {"body_text": [[example]]}  # type: ignore[assignment]
        asked = {"name": name, "language": language, "category": category, "components": [body]}
        answer = await self._api.call("POST", f"{self._account()}/message_templates", json=asked)
        return str(msgspec.json.decode(answer)["id"])

    def _find(self, name: str, language: str | None) -> Template | None:
        fitting = [one for one in self._approved if one.name == name and one.variables <= 1]
        spoken = (one for one in fitting if one.language_code.partition("_")[0] == language)
        return next(spoken, fitting[0] if fitting else None)

    def _account(self) -> str:
        if self._account_id is None:
            raise InvalidInput(
                "The settings do not name the WhatsApp Business account.",
                code="whatsapp.no_account",
                hint="Set business_account_id.",
            )
        return self._account_id


def _count_variables(listed: Listed) -> int:
    """Different variables over all parts; those of buttons count too much on purpose: such a template is not picked."""
    texts = [component.text for component in listed.components]
    return sum(len(set(VARIABLE.findall(text))) for text in texts) + 2 * any(
        component.type.upper() == "HEADER" and not component.text for component in listed.components
    )


def _decode(body: bytes) -> Page:
    try:
        return msgspec.json.decode(body, type=Page)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise UpstreamRejected(
            f"WhatsApp's list of templates cannot be read: {error}.", code="whatsapp.unexpected"
        ) from None
