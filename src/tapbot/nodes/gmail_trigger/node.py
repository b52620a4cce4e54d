"""Gmail Trigger: starts when new mail comes (developers.google.com/workspace/gmail/api/reference/rest)."""

from __future__ import annotations

import base64
import binascii
from typing import Any, Literal

from pydantic import Field

from tapbot.errors import UpstreamRejected
from tapbot.nodes.fields import Text, read_text
from tapbot.nodes.google.calling import GoogleApi, Signs
from tapbot.nodes.google.news import Progress, read_progress
from tapbot.nodes.javascript import stringify
from tapbot.nodes.mails import read_message
from tapbot.nodes.schedules.params import ScheduleTriggerParams
from tapbot.nodes.schedules.polling import read_poll_times
from tapbot.storage.types import JsonObject
from tapbot.upstream import HttpClient
from tapbot.workflow.node import NodeCall, NodeParams, trigger_node
from tapbot.workflow.polling import Look, Polled
from tapbot.workflow.types import Item, Outputs, StepKind

BASE = "https://gmail.googleapis.com/gmail/v1/users/me"
MOST_AT_ONCE = 20
MOST_PAGES = 5
PAGE = 100
KEPT_BESIDE = ("id", "threadId", "labelIds", "sizeEstimate")
"""What is told beside the whole mail."""
SHOWN_HEADERS = ("From", "To", "Cc", "Bcc", "Subject")


class MailFilters(NodeParams):
    """Which mail is taken."""

    q: Text = ""
    """Words of Gmail's search."""
    read_status: Literal["both", "unread", "read"] = "unread"
    """Whether it was read."""
    sender: Text = ""
    """Address or name of the sender."""
    label_ids: list[str] = Field(default_factory=list)
    """Labels that it must have, by their ids."""
    include_spam_trash: bool = False
    """Also spam and deleted mail."""
    include_drafts: bool = False
    """Also drafts."""


class MailOptions(NodeParams):
    """Less used settings."""

    download_attachments: bool = False
    """Take the files along, where the whole mail is given."""
    data_property_attachments_prefix_name: Text = "attachment_"
    """How the names of files begin; a number follows."""


class GmailTriggerParams(ScheduleTriggerParams):
    """Which mail, and what is told of it."""

    authentication: Literal["oAuth2", "serviceAccount"] = "oAuth2"
    """How one logs in."""
    simple: bool = True
    """Give ids, labels and the most important headers; otherwise the whole mail."""
    filters: MailFilters = Field(default_factory=MailFilters)
    """Which mail is taken."""
    options: MailOptions = Field(default_factory=MailOptions)
    """Less used settings."""

    @property
    def search(self) -> str:
        """The words of Gmail's search (support.google.com/mail/answer/7190)."""
        wanted = self.filters
        words = [wanted.q.strip()]
        words += [f"is:{wanted.read_status}"] if wanted.read_status != "both" else []
        words += [f"from:{wanted.sender}"] if wanted.sender else []
        words += [] if wanted.include_drafts else ["-in:drafts"]
        return " ".join(word for word in words if word)


def upgrade(parameters: JsonObject, _version: float) -> JsonObject:
    """When it looks, and that it has no expressions."""
    return read_poll_times(parameters, place="filters")


async def look(at: Look) -> Polled:
    """Mail that was not taken before; at first, none."""
    params: GmailTriggerParams = at.params
    box = _Mailbox(params, at.keys, at.http, at.http_timeout_seconds)
    about = stringify([params.search, params.filters.label_ids, params.filters.include_spam_trash])
    progress = read_progress(at.position, about)
    if progress is None:
        newest = await box.newest_moment()
        begun = Progress(about, newest)
        return Polled([], begun.taken(await box.find(begun.since), newest).to_json())
    new = [name for name in await box.find(progress.since) if progress.is_new(name)]
    items, until = [], progress.until
    taken = new[-MOST_AT_ONCE:][::-1]  # Gmail lists the newest first
    for name in taken:
        read = await box.read(name)
        if read is not None:
            items.append(read[0])
            until = max(until, read[1])
    return Polled(items, progress.taken(taken, until).to_json())


@trigger_node(
    "n8n-nodes-base.gmailTrigger",
    GmailTriggerParams,
    version=1.3,
    label="Gmail Trigger",
    trigger="poll",
    inputs=0,
    kind=StepKind.SAFE,
    upgrade=upgrade,
    poll=look,
)
async def start_by_gmail(call: NodeCall[GmailTriggerParams]) -> Outputs:
    """Pass on the new mail; a run by hand gets the newest that fits, so that there is something to build on."""
    if any(item.json for item in call.items):
        return [call.items]
    box = _Mailbox(call.params, call.step, call.step.http, call.step.http_timeout_seconds)
    found = [await box.read(name) for name in (await box.find(0, most=1))[:1]]
    return [[read[0] for read in found if read is not None]]


class _Mailbox:
    """The calls of one trigger."""

    def __init__(self, params: GmailTriggerParams, signs: Signs, http: HttpClient, timeout_seconds: float) -> None:
        kind = "googleApi" if params.authentication == "serviceAccount" else "gmailOAuth2"
        self._api = GoogleApi(signs, http, label="Gmail", base=BASE, kind=kind, timeout_seconds=timeout_seconds)
        self._params = params
        self._labels: dict[str, str] | None = None

    async def newest_moment(self) -> float:
        """When the newest mail of all came, in seconds; 0 in an empty mailbox."""
        query = {"maxResults": 1, "includeSpamTrash": True}
        listed = (await self._api.get("/messages", query)).get("messages") or []
        if not listed:
            return 0
        found = await self._api.get(f"/messages/{listed[0]['id']}", {"format": "minimal"})
        return _seconds(found)

    async def find(self, since: int, *, most: int = PAGE) -> list[str]:
        """Ids of the mail that fits, the newest first."""
        filters = self._params.filters
        words = f"{self._params.search} after:{since}" if since else self._params.search
        query: dict[str, Any] = {"maxResults": most, "includeSpamTrash": filters.include_spam_trash}
        query |= {"q": words.strip()} if words.strip() else {}
        query |= {"labelIds": filters.label_ids} if filters.label_ids else {}
        found: list[str] = []
        for _page in range(MOST_PAGES if most == PAGE else 1):
            reply = await self._api.get("/messages", query)
            found += [str(message["id"]) for message in reply.get("messages") or []]
            if not reply.get("nextPageToken"):
                break
            query["pageToken"] = reply["nextPageToken"]
        return found

    async def read(self, name: str) -> tuple[Item, float] | None:
        """A mail, and when it came; `None` when it is gone meanwhile."""
        form = {"format": "metadata", "metadataHeaders": [*SHOWN_HEADERS]} if self._params.simple else {"format": "raw"}
        try:
            message = await self._api.get(f"/messages/{name}", form)
        except UpstreamRejected as error:
            if error.status == 404:
                return None
            raise
        item = await self._simple(message) if self._params.simple else self._whole(message)
        return item, _seconds(message)

    async def _simple(self, message: dict[str, Any]) -> Item:
        """Ids, labels by name, and the most important headers."""
        names = await self._label_names()
        headers = (message.get("payload") or {}).get("headers") or []
        told: JsonObject = {name: value for name, value in message.items() if name not in {"labelIds", "payload"}}
        told["payload"] = {name: value for name, value in (message.get("payload") or {}).items() if name != "headers"}
        told["labels"] = [{"id": one, "name": names.get(one, one)} for one in message.get("labelIds") or []]
        return Item(json={**told, **{str(one["name"]): read_text(one.get("value")) for one in headers}})

    def _whole(self, message: dict[str, Any]) -> Item:
        try:
            raw = base64.urlsafe_b64decode(read_text(message.get("raw")) + "==")
        except (binascii.Error, ValueError):
            raw = b""
        options = self._params.options
        prefix = options.data_property_attachments_prefix_name
        item = read_message(0, raw, "resolved", prefix=prefix, attachments=True)
        told: JsonObject = {
            name: message[name] for name in ("id", "threadId", "labelIds", "sizeEstimate") if name in message
        }
        kept = {name: value for name, value in item.json.items() if name != "attributes"}
        return Item(json={**told, **kept}, binary=item.binary if options.download_attachments else None)

    async def _label_names(self) -> dict[str, str]:
        if self._labels is None:
            listed = (await self._api.get("/labels", {})).get("labels") or []
            self._labels = {str(one["id"]): str(one["name"]) for one in listed}
        return self._labels


def _seconds(message: dict[str, Any]) -> float:
    text = read_text(message.get("internalDate"))
    return int(text) / 1000 if text.isdecimal() else 0
