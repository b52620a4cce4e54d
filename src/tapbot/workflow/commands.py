"""Running a program of the server for a node, within limits."""

from __future__ import annotations

import asyncio
import os
import signal
from dataclasses import dataclass

from tapbot.errors import LimitExceeded, NotAllowed

LONGEST_SECONDS = 60.0
MOST_OUTPUT_BYTES = 5_000_000
CHUNK_BYTES = 65_536
ENVIRONMENT = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"}
"""All that a program sees of the environment: that of this process holds secrets."""


@dataclass(frozen=True, slots=True)
class CommandResult:
    """What a program left behind."""

    exit_code: int
    stdout: str
    stderr: str


async def run_command(
    line: str, *, allowed: bool, timeout_seconds: float = LONGEST_SECONDS, most_output_bytes: int = MOST_OUTPUT_BYTES
) -> CommandResult:
    """Run a line in the shell; the line's own processes end with it.

    Args:
        allowed: What the settings say.
        timeout_seconds: Wall-clock time of the whole line.
        most_output_bytes: Of each of its two outputs.

    Raises:
        NotAllowed: The settings do not allow it.
        LimitExceeded: It took too long or wrote too much.
    """
    if not allowed:
        raise NotAllowed(
            "This server does not let workflows run commands.",
            code="node.commands_closed",
            hint="Set `[workflow] allow_commands = true` if everybody who edits workflows may do all on this server.",
        )
    process = await asyncio.create_subprocess_shell(
        line,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=ENVIRONMENT,
        start_new_session=True,
    )
    try:
        async with asyncio.timeout(timeout_seconds):
            stdout, stderr, _ = await asyncio.gather(
                _read(process, process.stdout, most_output_bytes),
                _read(process, process.stderr, most_output_bytes),
                process.wait(),
            )
    except TimeoutError:
        raise LimitExceeded(
            f"The command took longer than {timeout_seconds:g} s.", code="node.command_too_long"
        ) from None
    finally:
        _end(process)
        await process.communicate()
    if max(len(stdout), len(stderr)) > most_output_bytes:
        raise LimitExceeded(f"The command wrote more than {most_output_bytes} bytes.", code="node.command_too_long")
    return CommandResult(process.returncode or 0, stdout.decode("utf-8", "replace"), stderr.decode("utf-8", "replace"))


async def _read(process: asyncio.subprocess.Process, stream: asyncio.StreamReader | None, most_bytes: int) -> bytes:
    """All of an output; a program that writes too much is ended, and what it wrote is cut a little later."""
    content = b""
    while stream is not None and (chunk := await stream.read(CHUNK_BYTES)):
        if len(content) > most_bytes:
            _end(process)
        else:
            content += chunk
    return content


def _end(process: asyncio.subprocess.Process) -> None:
    """End what is left of the line's processes."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return
