"""Triggers of Gmail, Drive and Sheets against contract servers: replies have the form of Google's documentation."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest
from tests.contract.nodes.bench import NOW, SCOPE, Bench, around, outputs_of, prepare

from tapbot.credentials.vault import Vault
from tapbot.errors import InvalidInput, TapbotError
from tapbot.storage.types import JsonObject
from tapbot.upstream import HttpClient, OutgoingPolicy
from tapbot.workflow.effects import step_under_way
from tapbot.workflow.keys import NodeKeys
from tapbot.workflow.polling import Look

pytestmark = pytest.mark.asyncio(loop_scope="package")
FRESH = (NOW + timedelta(hours=1)).isoformat()
Answer = Callable[[httpx2.Request], "dict[str, Any] | int"]


class Trigger:
    """A trigger over a server that answers as Google does."""

    def __init__(self, bench: Bench, name: str, kind: str, parameters: dict[str, Any], answer: Answer) -> None:
        self._bench, self._type, self._kind, self._answer = bench, f"n8n-nodes-base.{name}", kind, answer
        self.parameters = parameters
        self.position: JsonObject | None = None
        self.tokens = ["first"]

    def _reply(self, request: httpx2.Request) -> httpx2.Response:
        if request.url.host == "oauth2.googleapis.com":
            self.tokens.append("second")
            return httpx2.Response(200, json={"access_token": "second", "expires_in": 3600})
        if request.headers["authorization"] != f"Bearer {self.tokens[-1]}":
            return httpx2.Response(401, json={"error": {"message": "Invalid Credentials"}})
        found = self._answer(request)
        if isinstance(found, int):
            return httpx2.Response(found, json={"error": {"message": "the reason"}})
        return httpx2.Response(200, json=found)

    async def _workflow(self) -> Any:
        fields = {"clientId": "c", "clientSecret": "s", "refreshToken": "r", "accessToken": "first", "expiresAt": FRESH}
        settings = {"credentials": await self._bench.enter({self._kind: fields})}
        return prepare(around(self._type, {"parameters": self.parameters, "settings": settings}))

    async def look(self) -> list[dict[str, Any]]:
        """Look as the scheduler does, and keep how far it came."""
        node = (await self._workflow()).nodes["Node"]
        http = HttpClient(httpx2.MockTransport(self._reply), policy=OutgoingPolicy())
        keys = NodeKeys(Vault(self._bench.database, self._bench.keyring, http, lambda: NOW), SCOPE, node.node)
        params = node.type.params.model_validate(node.parameters)
        assert node.type.poll is not None
        with step_under_way():
            polled = await node.type.poll(Look(params, http, 5, self.position, keys))
        self.position, self.items = polled.position, polled.items
        return [item.json for item in polled.items]

    async def by_hand(self) -> list[dict[str, Any]]:
        outcome = await self._bench.run(await self._workflow(), "Node", [{"json": {}}], answer=self._reply)
        assert outcome.error is None, outcome.error
        return [item["json"] for item in outputs_of(outcome, "Node")[0]]


class Mail:
    """Gmail's mailbox: ids, moments and labels."""

    def __init__(self) -> None:
        self.mails: list[tuple[str, int, list[str]]] = []
        self.asked: list[str] = []
        self.gone: set[str] = set()

    def put(self, name: str, minutes: float, *labels: str) -> None:
        moment = int((NOW + timedelta(minutes=minutes)).timestamp() * 1000)
        self.mails.append((name, moment, ["INBOX", *(labels or ("UNREAD",))]))

    def answer(self, request: httpx2.Request) -> dict[str, Any] | int:
        path, query = request.url.path.removeprefix("/gmail/v1/users/me"), request.url.params
        if path == "/labels":
            return {"labels": [{"id": "INBOX", "name": "INBOX"}, {"id": "Label_1", "name": "Shop"}]}
        if path == "/messages":
            return self._list(query)
        name = path.rpartition("/")[2]
        if name in self.gone:
            return 404
        [(_, moment, labels)] = [mail for mail in self.mails if mail[0] == name]
        told = {"id": name, "threadId": f"t{name}", "labelIds": labels, "snippet": "Hi", "internalDate": str(moment)}
        if query.get("format") == "raw":
            raw = f"From: Aya <aya@example.org>\r\nSubject: {name}\r\n\r\nHi there\r\n".encode()
            return {**told, "raw": base64.urlsafe_b64encode(raw).decode().rstrip("=")}
        headers = [{"name": "Subject", "value": name}, {"name": "From", "value": "aya@example.org"}]
        return {**told, "payload": {"mimeType": "text/plain", "headers": headers}}

    def _list(self, query: Any) -> dict[str, Any]:
        words = query.get("q", "")
        self.asked.append(words)
        found = sorted(self.mails, key=lambda mail: -mail[1])
        if after := re.search(r"after:(\d+)", words):
            found = [mail for mail in found if mail[1] > int(after[1]) * 1000]
        if "is:unread" in words:
            found = [mail for mail in found if "UNREAD" in mail[2]]
        wanted = query.get_list("labelIds")
        found = [mail for mail in found if set(wanted) <= set(mail[2])]
        first, size = int(query.get("pageToken", 0)), int(query["maxResults"])
        page = {"messages": [{"id": mail[0], "threadId": f"t{mail[0]}"} for mail in found[first : first + size]]}
        return page | ({"nextPageToken": str(first + size)} if first + size < len(found) else {})


def gmail(bench: Bench, box: Mail, **parameters: Any) -> Trigger:
    return Trigger(bench, "gmailTrigger", "gmailOAuth2", parameters, box.answer)


async def test_new_mail_is_told_once_with_its_headers_and_labels(bench: Bench) -> None:
    box = Mail()
    box.put("old", -60)
    trigger = gmail(bench, box)
    assert await trigger.look() == []
    box.put("read", 1, "Label_1")
    box.put("one", 2, "UNREAD", "Label_1")
    box.put("two", 3)
    found = await trigger.look()
    assert [mail["Subject"] for mail in found] == ["one", "two"]
    assert found[0]["labels"] == [
        {"id": "INBOX", "name": "INBOX"},
        {"id": "UNREAD", "name": "UNREAD"},
        {"id": "Label_1", "name": "Shop"},
    ]
    assert (found[0]["threadId"], found[0]["From"], found[0]["payload"]) == (
        "tone",
        "aya@example.org",
        {"mimeType": "text/plain"},
    )
    box.put("late", 2.5)
    assert [mail["id"] for mail in await trigger.look()] == ["late"], "what is listed late is found all the same"
    assert await trigger.look() == []


async def test_mail_that_comes_to_an_empty_mailbox_and_mail_that_goes(bench: Bench) -> None:
    box = Mail()
    trigger = gmail(bench, box)
    assert await trigger.look() == []
    box.put("gone", 1)
    box.put("first", 2)
    box.gone = {"gone"}
    assert [mail["id"] for mail in await trigger.look()] == ["first"]
    assert await trigger.look() == []


async def test_much_mail_comes_over_several_looks(bench: Bench) -> None:
    box = Mail()
    box.put("old", -60)
    trigger = gmail(bench, box)
    await trigger.look()
    names = [f"m{number:03}" for number in range(130)]
    for minute, name in enumerate(names):
        box.put(name, minute + 1)
    told: list[str] = []
    for _look in range(7):
        told += [mail["id"] for mail in await trigger.look()]
    assert told == names


async def test_filters_become_words_and_changed_ones_begin_anew(bench: Bench) -> None:
    box = Mail()
    box.put("old", -60)
    filters = {"q": "subject:trip", "readStatus": "both", "sender": "aya@example.org", "labelIds": ["Label_1"]}
    trigger = gmail(bench, box, filters=filters)
    await trigger.look()
    box.put("other", 1)
    box.put("wanted", 2, "Label_1")
    assert [mail["id"] for mail in await trigger.look()] == ["wanted"]
    assert re.fullmatch(r"subject:trip from:aya@example.org -in:drafts after:\d+", box.asked[-1])
    trigger.parameters["filters"] = {}
    assert await trigger.look() == [], "other filters: what is there now is no news"


async def test_the_whole_mail_is_given_where_it_is_wanted(bench: Bench) -> None:
    box = Mail()
    trigger = gmail(bench, box, simple=False, options={"downloadAttachments": True})
    await trigger.look()
    box.put("one", 1)
    [mail] = await trigger.look()
    assert (mail["id"], mail["subject"], mail["text"]) == ("one", "one", "Hi there\n")
    assert mail["from"] == {"value": [{"address": "aya@example.org", "name": "Aya"}], "text": "Aya <aya@example.org>"}


async def test_a_run_by_hand_gets_the_newest_mail(bench: Bench) -> None:
    box = Mail()
    box.put("one", 1)
    box.put("two", 2)
    assert [mail["id"] for mail in await gmail(bench, box).by_hand()] == ["two"]


async def test_a_token_that_was_refused_is_renewed_once(bench: Bench) -> None:
    box = Mail()
    trigger = gmail(bench, box)
    trigger.tokens = ["revoked"]
    assert await trigger.look() == []
    assert trigger.tokens[-1] == "second"
    refusing = Trigger(bench, "gmailTrigger", "gmailOAuth2", {}, lambda _request: 403)
    with pytest.raises(TapbotError, match="the reason"):
        await refusing.look()


class Drive:
    """Files of Google Drive by id."""

    def __init__(self) -> None:
        self.files: dict[str, dict[str, Any]] = {}
        self.asked: list[str] = []

    def put(self, name: str, minutes: float, *, parent: str = "folder1", kind: str = "text/plain") -> None:
        moment = (NOW + timedelta(minutes=minutes)).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
        made = self.files.get(name, {}).get("createdTime", moment)
        told = {"id": name, "name": name, "mimeType": kind, "parents": [parent]}
        self.files[name] = {**told, "createdTime": made, "modifiedTime": moment}

    def answer(self, request: httpx2.Request) -> dict[str, Any] | int:
        path, query = request.url.path.removeprefix("/drive/v3/files"), request.url.params
        if path:
            return self.files.get(path[1:], 404)
        self.asked.append(query["q"])
        parent = re.match(r"'([\w-]+)' in parents and trashed = false", query["q"])
        assert parent is not None
        found = [file for file in self.files.values() if file["parents"] == [parent[1]]]
        for sign, kind in re.findall(r"mimeType (=|!=) '([^']+)'", query["q"]):
            found = [file for file in found if (file["mimeType"] == kind) == (sign == "=")]
        order, _, turned = query["orderBy"].partition(" ")
        if since := re.search(r"(\w+Time) > '([^']+)'", query["q"]):
            edge = datetime.fromisoformat(since[2]).replace(tzinfo=UTC)
            found = [file for file in found if datetime.fromisoformat(file[since[1]]) > edge]
        found.sort(key=lambda file: str(file[order]), reverse=bool(turned))
        return {"files": found[: int(query["pageSize"])]}


def drive(bench: Bench, files: Drive, **parameters: Any) -> Trigger:
    chosen = {"triggerOn": "specificFolder", "folderToWatch": {"__rl": True, "mode": "list", "value": "folder1"}}
    return Trigger(bench, "googleDriveTrigger", "googleDriveOAuth2Api", {**chosen, **parameters}, files.answer)


async def test_new_files_of_a_folder_are_told_once(bench: Bench) -> None:
    files = Drive()
    files.put("old", -1)
    files.put("sub", -1, kind="application/vnd.google-apps.folder")
    trigger = drive(bench, files, event="fileCreated")
    assert await trigger.look() == []
    files.put("new", 1)
    files.put("elsewhere", 1, parent="folder2")
    files.put("old", 2)
    [found] = await trigger.look()
    assert (found["id"], found["mimeType"]) == ("new", "text/plain")
    assert await trigger.look() == []
    assert [one["id"] for one in await trigger.by_hand()] == ["new"]


async def test_changed_files_and_new_folders_are_told(bench: Bench) -> None:
    files = Drive()
    files.put("a", -10)
    changed = drive(bench, files, event="fileUpdated", options={"fileType": "text/plain"})
    made = drive(bench, files, event="folderCreated")
    assert [await changed.look(), await made.look()] == [[], []]
    files.put("a", 1)
    files.put("picture", 1, kind="image/png")
    files.put("sub", 1, kind="application/vnd.google-apps.folder")
    assert [one["id"] for one in await changed.look()] == ["a"]
    assert [one["id"] for one in await made.look()] == ["sub"]
    files.put("a", 2)
    assert [one["id"] for one in await changed.look()] == ["a"]


async def test_one_file_or_the_folder_itself_is_watched(bench: Bench) -> None:
    files = Drive()
    files.put("f1", 0)
    files.put("folder1", 0, parent="root", kind="application/vnd.google-apps.folder")
    address = {"__rl": True, "mode": "url", "value": "https://docs.google.com/document/d/f1/edit"}
    one = drive(bench, files, triggerOn="specificFile", fileToWatch=address)
    folder = drive(bench, files, event="watchFolderUpdated")
    assert [await one.look(), await folder.look()] == [[], []]
    assert [await one.look(), await folder.look()] == [[], []]
    files.put("f1", 5)
    files.put("folder1", 5, parent="root", kind="application/vnd.google-apps.folder")
    assert [[found["id"] for found in await trigger.look()] for trigger in (one, folder)] == [["f1"], ["folder1"]]


class Sheet:
    """One sheet of one document."""

    def __init__(self) -> None:
        self.rows: list[list[Any]] = [["name", "city"], ["Aya", "almaty"]]

    def answer(self, request: httpx2.Request) -> dict[str, Any] | int:
        path = request.url.path.removeprefix("/v4/spreadsheets/doc1")
        if not path:
            return {"sheets": [{"properties": {"sheetId": 0, "title": "Guests"}}]}
        return {"values": self.rows} if path == "/values/'Guests'" else 400


def sheets(bench: Bench, sheet: Sheet, **parameters: Any) -> Trigger:
    place = {"documentId": {"mode": "id", "value": "doc1"}, "sheetName": {"mode": "list", "value": "gid=0"}}
    kind = "googleSheetsTriggerOAuth2Api"
    return Trigger(bench, "googleSheetsTrigger", kind, {**place, **parameters}, sheet.answer)


@pytest.mark.parametrize(
    ("event", "told"), [("rowAdded", ["Dana"]), ("rowUpdate", ["Aya"]), ("anyUpdate", ["Aya", "Dana"])]
)
async def test_rows_that_are_added_or_changed_are_told_once(bench: Bench, event: str, told: list[str]) -> None:
    sheet = Sheet()
    trigger = sheets(bench, sheet, event=event)
    assert await trigger.look() == []
    sheet.rows = [["name", "city"], ["Aya", "oral"], ["Dana", "taraz"]]
    found = await trigger.look()
    assert [row["name"] for row in found] == told
    assert [row["row_number"] for row in found] == [{"Aya": 2, "Dana": 3}[name] for name in told]
    assert await trigger.look() == []
    assert [row["name"] for row in await trigger.by_hand()] == ["Aya", "Dana"]


async def test_only_watched_columns_count_and_a_removed_row_is_no_news(bench: Bench) -> None:
    sheet = Sheet()
    trigger = sheets(bench, sheet, options={"columnsToWatch": ["name"]})
    await trigger.look()
    sheet.rows[1] = ["Aya", "oral"]
    assert await trigger.look() == []
    sheet.rows = sheet.rows[:1]
    assert await trigger.look() == []
    sheet.rows.append(["Berik", ""])
    assert [row["name"] for row in await trigger.look()] == ["Berik"]


@pytest.mark.parametrize(
    ("name", "parameters", "problem"),
    [
        ("gmailTrigger", {"filters": {"q": "={{ 1 }}"}}, "no expressions"),
        ("gmailTrigger", {"pollTimes": {"item": [{"mode": "custom", "cronExpression": "soon"}]}}, "cron"),
        ("googleDriveTrigger", {}, "Nothing is chosen to watch"),
        ("googleDriveTrigger", {"triggerOn": "specificFolder"}, "No file or folder is chosen"),
        ("googleSheetsTrigger", {}, "No document is chosen"),
        ("googleSheetsTrigger", {"documentId": "d", "includeInOutput": "both"}, "not as it was"),
    ],
)
async def test_what_cannot_be_watched_is_refused_when_it_is_loaded(
    name: str, parameters: dict[str, Any], problem: str
) -> None:
    with pytest.raises(InvalidInput, match=problem):
        prepare(around(f"n8n-nodes-base.{name}", {"parameters": parameters}))
