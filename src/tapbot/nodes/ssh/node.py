"""SSH: runs commands on a server, and fetches and sends files."""

from __future__ import annotations

import shlex
from pathlib import PurePosixPath
from typing import Any, Literal

from pydantic import Field

from tapbot.errors import InvalidInput, TapbotError
from tapbot.nodes.binaries import LARGEST_BYTES, make_binary, read_binary
from tapbot.nodes.fields import Text
from tapbot.nodes.remote.servers import ssh_server
from tapbot.upstream.ssh import open_ssh, our_errors, read_file, run_on_server
from tapbot.workflow.node import NodeCall, NodeParams, batch_node
from tapbot.workflow.types import Item, OnError, Outputs, Pair, StepKind

LONGEST_COMMAND_SECONDS = 600.0
KINDS = {"password": "sshPassword", "privateKey": "sshPrivateKey"}


class SshOptions(NodeParams):
    """Less used settings."""

    file_name: Text = ""
    """Another name for the file."""


class SshParams(NodeParams):
    """What is done on which server."""

    authentication: Literal["password", "privateKey"] = "password"
    """How one logs in."""
    resource: Literal["command", "file"] = "command"
    """Run a command, or move a file."""
    operation: Literal["execute", "download", "upload"] = "execute"
    """`download` and `upload` move a file."""
    command: Text = ""
    """Command for the user's shell. What an expression writes into it is shell code, whoever it came from."""
    cwd: Text = "/"
    """Folder in which it runs; `~` stands for the user's own."""
    path: Text = ""
    """File to fetch, or folder to send to."""
    binary_property_name: Text = "data"
    """Name of the item's file."""
    options: SshOptions = Field(default_factory=SshOptions)
    """Less used settings."""


def step_kind(params: NodeParams) -> StepKind:
    """Moving a file comes to the same when it is done twice; of a command nobody knows."""
    assert isinstance(params, SshParams)  # noqa: S101  # the declaration names the model
    return StepKind.NEVER if params.resource == "command" else StepKind.SAFE


@batch_node("n8n-nodes-base.ssh", SshParams, version=1, label="SSH", kind=step_kind)
async def work_by_ssh(call: NodeCall[SshParams]) -> Outputs:
    """Do what each item asks for, in order, over one connection."""
    each = call.params_each()
    for params in each:
        _check(params)
    step, policy = call.step, call.step.http.policy
    server = ssh_server(await step.credential(KINDS[call.params.authentication]))
    made: list[Item] = []
    async with open_ssh(policy, server, timeout_seconds=step.http_timeout_seconds) as connection:
        for index, params in enumerate(each):
            pairs = (Pair(index),)
            try:
                with our_errors(server):
                    item = await _work(connection, params, call.items[index])
            except TapbotError as error:
                if step.node.on_error is OnError.STOP:
                    raise
                item = Item(json={"error": error.message}, error=error.message)
            made.append(Item(json=item.json, binary=item.binary, error=item.error, paired_item=pairs))
    return [made]


def _check(params: SshParams) -> None:
    """Refuse what names nothing.

    Raises:
        InvalidInput: The command or the path is missing, or the operation belongs to the other resource.
    """
    if (params.resource == "command") != (params.operation == "execute"):
        raise InvalidInput(
            f"{params.resource!r} has no operation {params.operation!r}.",
            code="node.invalid_parameter",
            place="operation",
        )
    name = "command" if params.resource == "command" else "path"
    if not getattr(params, name).strip():
        raise InvalidInput(f"{name!r} is missing.", code="node.invalid_parameter", place=name, hint="Fill it in.")


async def _work(connection: Any, params: SshParams, item: Item) -> Item:
    if params.resource == "command":
        ended = await run_on_server(
            connection,
            _command(params),
            limit_bytes=LARGEST_BYTES,
            timeout_seconds=LONGEST_COMMAND_SECONDS,
        )
        told = {"code": ended.code, "signal": ended.signal}
        return Item(json={**told, "stdout": ended.stdout.strip(), "stderr": ended.stderr.strip()})
    async with connection.start_sftp_client() as files:
        if params.operation == "download":
            return await _download(files, params, item)
        return await _upload(files, params, item)


def _command(params: SshParams) -> str:
    """The command in its folder; where the folder is not there, nothing runs."""
    folder = params.cwd.strip()
    if not folder:
        return params.command
    home, rest = ("~/", folder[2:]) if folder == "~" or folder.startswith("~/") else ("", folder)
    return f"cd {home}{shlex.quote(rest) if rest else ''} || exit 1\n{params.command}"


def _place(path: str) -> str:
    """A path as SFTP has it: it begins at the user's own folder."""
    return path[2:] or "." if path.startswith("~/") else "." if path == "~" else path


async def _download(files: Any, params: SshParams, item: Item) -> Item:
    content = await read_file(files, _place(params.path), limit_bytes=LARGEST_BYTES)
    name = params.options.file_name or PurePosixPath(params.path).name
    binary = {**(item.binary or {}), params.binary_property_name: make_binary(content, name=name)}
    return Item(json=item.json, binary=binary)


async def _upload(files: Any, params: SshParams, item: Item) -> Item:
    content, about = read_binary(item, params.binary_property_name)
    name = PurePosixPath(params.options.file_name or str(about.get("fileName") or "")).name
    if not name:
        raise InvalidInput(
            "The file has no name.", code="node.invalid_parameter", place="options.fileName", hint="Give it one."
        )
    async with files.open(str(PurePosixPath(_place(params.path)) / name), "wb") as opened:
        await opened.write(content)
    return Item(json={"success": True})
