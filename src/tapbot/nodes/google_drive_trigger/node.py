"""Google Drive Trigger: starts when files or folders are made or changed.

The API: developers.google.com/workspace/drive/api/reference/rest/v3/files.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any, Literal

from pydantic import Field

from tapbot.errors import InvalidInput
from tapbot.nodes.fields import Located, Text, read_text
from tapbot.nodes.google.calling import GoogleApi, Signs
from tapbot.nodes.google.news import Progress, read_progress
from tapbot.nodes.schedules.params import ScheduleTriggerParams
from tapbot.nodes.schedules.polling import read_poll_times
from tapbot.storage.types import JsonObject
from tapbot.upstream import HttpClient
from tapbot.workflow.node import NodeCall, NodeParams, trigger_node
from tapbot.workflow.polling import Look, Polled
from tapbot.workflow.types import Item, Outputs, StepKind

BASE = "https://www.googleapis.com/drive/v3"
FOLDER = "application/vnd.google-apps.folder"
MOST_AT_ONCE = 100
MOST_PAGES = 10
ADDRESS = re.compile(r"/(?:d|folders)/([\w-]+)|[?&]id=([\w-]+)")
Event = Literal["fileCreated", "fileUpdated", "folderCreated", "folderUpdated", "watchFolderUpdated"]


class DriveOptions(NodeParams):
    """Less used settings."""

    file_type: Text = "all"
    """Only files of this type."""


class GoogleDriveTriggerParams(ScheduleTriggerParams):
    """What is watched."""

    authentication: Literal["oAuth2", "serviceAccount"] = "oAuth2"
    """How one logs in."""
    trigger_on: Literal["specificFile", "specificFolder", ""] = ""
    """One file, or what lies in one folder."""
    file_to_watch: Located = ""
    """The file."""
    folder_to_watch: Located = ""
    """The folder."""
    event: Event = "fileUpdated"
    """What happened: to the file, to what lies in the folder, or to the folder itself."""
    options: DriveOptions = Field(default_factory=DriveOptions)
    """Less used settings."""

    @property
    def watched(self) -> str:
        """Id of the file or folder.

        Raises:
            InvalidInput: None is chosen.
        """
        given = self.file_to_watch if self.trigger_on == "specificFile" else self.folder_to_watch
        found = ADDRESS.search(given)
        name = (found[1] or found[2]) if found else given.strip()
        if not re.fullmatch(r"[\w-]+", name):
            place = "fileToWatch" if self.trigger_on == "specificFile" else "folderToWatch"
            raise InvalidInput("No file or folder is chosen.", code="node.invalid_parameter", place=place)
        return name

    @property
    def watches_one(self) -> bool:
        """Whether it is the thing itself, not what lies in it."""
        return self.trigger_on == "specificFile" or self.event == "watchFolderUpdated"

    @property
    def time_field(self) -> str:
        """The time that tells what is new."""
        return "createdTime" if self.event.endswith("Created") else "modifiedTime"


def upgrade(parameters: JsonObject, _version: float) -> JsonObject:
    """When it looks, that it has no expressions, and what it watches."""
    kept = read_poll_times(parameters, place="folderToWatch")
    chosen = GoogleDriveTriggerParams.model_validate(kept)
    if not chosen.trigger_on:
        raise InvalidInput("Nothing is chosen to watch.", code="node.invalid_parameter", place="triggerOn")
    _id = chosen.watched
    return kept


async def look(at: Look) -> Polled:
    """What was not told before; at first, nothing."""
    params: GoogleDriveTriggerParams = at.params
    drive = _Drive(params, at.keys, at.http, at.http_timeout_seconds)
    about = " ".join((params.watched, params.event, params.options.file_type))
    progress = read_progress(at.position, about)
    begins = progress is None
    progress = progress or Progress(about, await drive.newest_moment())
    found = await drive.changed(progress.since)
    new = [one for one in found if progress.is_new(_name(one, params.time_field))]
    taken = new if begins else new[:MOST_AT_ONCE]  # the oldest first
    until = max([progress.until, *(_moment(one, params.time_field) for one in taken)])
    position = progress.taken([_name(one, params.time_field) for one in taken], until).to_json()
    return Polled([] if begins else [Item(json=one) for one in taken], position)


@trigger_node(
    "n8n-nodes-base.googleDriveTrigger",
    GoogleDriveTriggerParams,
    version=1,
    label="Google Drive Trigger",
    trigger="poll",
    inputs=0,
    kind=StepKind.SAFE,
    upgrade=upgrade,
    poll=look,
)
async def start_by_drive(call: NodeCall[GoogleDriveTriggerParams]) -> Outputs:
    """Pass on what is new; a run by hand gets the newest that fits, so that there is something to build on."""
    if any(item.json for item in call.items):
        return [call.items]
    drive = _Drive(call.params, call.step, call.step.http, call.step.http_timeout_seconds)
    return [[Item(json=one) for one in await drive.newest()]]


class _Drive:
    """The calls of one trigger."""

    def __init__(
        self, params: GoogleDriveTriggerParams, signs: Signs, http: HttpClient, timeout_seconds: float
    ) -> None:
        kind = "googleApi" if params.authentication == "serviceAccount" else "googleDriveOAuth2Api"
        self._api = GoogleApi(signs, http, label="Google Drive", base=BASE, kind=kind, timeout_seconds=timeout_seconds)
        self._params = params

    async def newest_moment(self) -> float:
        """When the newest thing was made or changed, in seconds; 0 where there is none."""
        return max([0.0, *(_moment(one, self._params.time_field) for one in await self.newest())])

    async def newest(self) -> list[dict[str, Any]]:
        """The newest thing, if there is one."""
        if self._params.watches_one:
            return [await self._one()]
        return await self._search(0, newest=True)

    async def changed(self, since: int) -> list[dict[str, Any]]:
        """What was made or changed since a time, the oldest first."""
        if self._params.watches_one:
            return [await self._one()]
        return await self._search(since)

    async def _one(self) -> dict[str, Any]:
        return await self._api.get(f"/files/{self._params.watched}", {"fields": "*", "supportsAllDrives": True})

    async def _search(self, since: int, *, newest: bool = False) -> list[dict[str, Any]]:
        order = self._params.time_field
        query: dict[str, Any] = {
            "q": self._question(since),
            "orderBy": f"{order} desc" if newest else order,
            "fields": "nextPageToken, files(*)",
            "pageSize": 1 if newest else MOST_AT_ONCE,
            "supportsAllDrives": True,
            "includeItemsFromAllDrives": True,
        }
        found: list[dict[str, Any]] = []
        for _page in range(1 if newest else MOST_PAGES):
            reply = await self._api.get("/files", query)
            found += reply.get("files") or []
            if not reply.get("nextPageToken"):
                break
            query["pageToken"] = reply["nextPageToken"]
        return found

    def _question(self, since: int) -> str:
        """The search (developers.google.com/workspace/drive/api/guides/ref-search-terms)."""
        parts = [f"'{self._params.watched}' in parents", "trashed = false"]
        parts.append(f"mimeType {'=' if self._params.event.startswith('folder') else '!='} '{FOLDER}'")
        wanted = self._params.options.file_type
        if wanted not in {"", "all"} and not self._params.event.startswith("folder"):
            escaped = wanted.replace("\\", "\\\\").replace("'", "\\'")
            parts.append(f"mimeType = '{escaped}'")
        if since:
            moment = datetime.fromtimestamp(since, UTC).strftime("%Y-%m-%dT%H:%M:%S")
            parts.append(f"{self._params.time_field} > '{moment}'")
        return " and ".join(parts)


def _name(one: dict[str, Any], time_field: str) -> str:
    """A change is another one at another time."""
    return f"{one.get('id')} {one.get(time_field)}"


def _moment(one: dict[str, Any], time_field: str) -> float:
    try:
        return datetime.fromisoformat(read_text(one.get(time_field))).timestamp()
    except ValueError:
        return 0
