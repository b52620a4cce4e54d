"""FTP: lists, fetches, sends, renames and deletes files by FTP or SFTP."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Literal

from pydantic import Field

from tapbot.errors import InvalidInput, LimitExceeded, TapbotError
from tapbot.nodes.binaries import LARGEST_BYTES, make_binary, read_binary
from tapbot.nodes.date_formats import utc_iso
from tapbot.nodes.fields import Text
from tapbot.nodes.remote.servers import port_of, ssh_server
from tapbot.storage.types import JsonObject
from tapbot.upstream.ftp import FtpFiles, FtpServer, open_ftp
from tapbot.upstream.remote_files import MOST_ENTRIES, Entry
from tapbot.upstream.sftp import SftpFiles, open_sftp
from tapbot.workflow.node import NodeCall, NodeParams, Step, batch_node
from tapbot.workflow.types import Item, OnError, Outputs, Pair, StepKind

DEEPEST = 32
"""Most folders within folders of a recursive list or delete."""
Files = FtpFiles | SftpFiles


class FtpOptions(NodeParams):
    """Less used settings."""

    folder: bool = False
    """Delete a folder instead of a file."""
    recursive: bool = False
    """Delete what the folder holds, too."""
    create_directories: bool = False
    """Make the folders of the new path."""


class FtpParams(NodeParams):
    """What is done with which file."""

    protocol: Literal["ftp", "sftp"] = "ftp"
    """FTP, or SFTP over SSH."""
    operation: Literal["delete", "download", "list", "rename", "upload"] = "download"
    """What is done."""
    path: Text = ""
    """File, or folder for `list`."""
    recursive: bool = False
    """List what folders hold, too."""
    old_path: Text = ""
    """What is renamed or moved."""
    new_path: Text = ""
    """What it is called then."""
    binary_data: bool = True
    """Send the item's file; otherwise a text."""
    binary_property_name: Text = "data"
    """Name of the item's file."""
    file_content: Text = ""
    """The text that is sent."""
    options: FtpOptions = Field(default_factory=FtpOptions)
    """Less used settings."""


def step_kind(params: NodeParams) -> StepKind:
    """What is renamed or deleted is not there a second time; the rest comes to the same when it is done twice."""
    assert isinstance(params, FtpParams)  # noqa: S101  # the declaration names the model
    return StepKind.NEVER if params.operation in {"delete", "rename"} else StepKind.SAFE


@batch_node("n8n-nodes-base.ftp", FtpParams, version=1, label="FTP", kind=step_kind)
async def work_with_files(call: NodeCall[FtpParams]) -> Outputs:
    """Do what each item asks for, in order, over one connection."""
    each = call.params_each()
    for params in each:
        _check(params)
    made: list[Item] = []
    async with _open(call.step, call.params.protocol) as files:
        for index, params in enumerate(each):
            try:
                found = await _work(files, params, call.items[index])
            except TapbotError as error:
                if call.step.node.on_error is OnError.STOP:
                    raise
                found = [Item(json={"error": error.message}, error=error.message)]
            pairs = (Pair(index),)
            made += [Item(json=one.json, binary=one.binary, error=one.error, paired_item=pairs) for one in found]
    return [made]


def _check(params: FtpParams) -> None:
    """Refuse what names nothing.

    Raises:
        InvalidInput: A path is missing.
    """
    for name, place in (
        (("old_path", "oldPath"), ("new_path", "newPath")) if params.operation == "rename" else (("path", "path"),)
    ):
        if not getattr(params, name).strip():
            raise InvalidInput(f"{place!r} is missing.", code="node.invalid_parameter", place=place, hint="Fill it in.")


@asynccontextmanager
async def _open(step: Step, protocol: str) -> AsyncIterator[Files]:
    opened, silence_seconds = await step.credential(protocol), step.http_timeout_seconds
    if protocol == "sftp":
        async with open_sftp(step.http.policy, ssh_server(opened), silence_seconds=silence_seconds) as sftp:
            yield sftp
        return
    user, password = opened.text("username"), opened.text("password")
    server = FtpServer(opened.text("host"), port_of(opened), user, password, name=opened.name)
    async with open_ftp(step.http.policy, server, silence_seconds=silence_seconds) as ftp:
        yield ftp


async def _work(files: Files, params: FtpParams, item: Item) -> list[Item]:
    match params.operation:
        case "list":
            return [Item(json=told) for told in await _list(files, params)]
        case "download":
            content = await files.read(params.path, limit_bytes=LARGEST_BYTES)
            file = make_binary(content, name=PurePosixPath(params.path).name)
            return [Item(json=item.json, binary={**(item.binary or {}), params.binary_property_name: file})]
        case "upload":
            given = read_binary(item, params.binary_property_name)[0] if params.binary_data else None
            await files.write(params.path, params.file_content.encode() if given is None else given)
            return [item]
        case "rename":
            if params.options.create_directories:
                await files.make_folders(str(PurePosixPath(params.new_path).parent))
            await files.rename(params.old_path, params.new_path)
        case "delete":
            await _delete(files, params)
    return [Item(json={"success": True})]


async def _delete(files: Files, params: FtpParams) -> None:
    if not params.options.folder:
        await files.delete(params.path)
        return
    if params.options.recursive:
        for path, entry in reversed(await _walk(files, params.path, recursive=True)):
            await (files.delete_folder(path) if entry.kind == "d" else files.delete(path))
    await files.delete_folder(params.path)


async def _list(files: Files, params: FtpParams) -> list[JsonObject]:
    found = await _walk(files, params.path, recursive=params.recursive)
    return [_told(path, entry) for path, entry in found]


async def _walk(files: Files, path: str, *, recursive: bool) -> list[tuple[str, Entry]]:
    """Entries with their paths; a folder goes before what it holds. Links are not followed.

    Raises:
        LimitExceeded: There are too many, or folders lie too deep.
    """
    found: list[tuple[str, Entry]] = []
    waiting = [(path, 0)]
    while waiting:
        folder, depth = waiting.pop()
        if depth > DEEPEST:
            raise LimitExceeded(f"Folders lie more than {DEEPEST} deep.", code="upstream.too_large")
        entries = [(str(PurePosixPath(folder) / entry.name), entry) for entry in await files.entries(folder)]
        found += entries
        if len(found) > MOST_ENTRIES:
            raise LimitExceeded(f"There are more than {MOST_ENTRIES} entries.", code="upstream.too_large")
        if recursive:
            waiting += [(below, depth + 1) for below, entry in entries if entry.kind == "d"]
    return found


def _told(path: str, entry: Entry) -> JsonObject:
    told: JsonObject = {
        "type": entry.kind,
        "name": entry.name,
        "size": entry.size,
        "modifyTime": _moment(entry.modified_at),
        "accessTime": _moment(entry.accessed_at),
        "owner": entry.owner,
        "group": entry.group,
        "path": path,
    }
    if entry.rights:
        who = zip(("user", "group", "other"), (entry.rights[:3], entry.rights[3:6], entry.rights[6:]), strict=True)
        told["rights"] = {name: letters.replace("-", "") for name, letters in who}
    return told


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else utc_iso(moment.astimezone(UTC))
