"""The entry point `tapbot`: the list of commands, and what errors look like in a terminal.

This file imports next to nothing, so that `tapbot --help` answers at once; a command's module loads when it is called.
"""

from __future__ import annotations

import difflib
import gc
import os
import sys
import traceback
import uuid
from collections.abc import Mapping, Sequence

from tapbot import __version__
from tapbot.errors import InvalidInput, TapbotError
from tapbot.loader import load

COMMANDS: Mapping[str, tuple[str, str]] = {
    "up": ("tapbot.cli.up:up", "Serve projects: bots, workflows, chats and the console, in one process."),
    "web": ("tapbot.cli.up:web", "Answer requests, as one process of several over PostgreSQL."),
    "worker": ("tapbot.cli.roles:worker", "Take turns and runs, as one process of several over PostgreSQL."),
    "scheduler": ("tapbot.cli.roles:scheduler", "Fire schedules and timers, as one process of several."),
    "new": ("tapbot.cli.new:new", "Make a small project that runs."),
    "check": ("tapbot.cli.check:check", "Look for mistakes in a project without running it."),
    "test": ("tapbot.cli.test:run_evals", "Run a project's evals: conversations with what must hold."),
    "doctor": ("tapbot.cli.doctor:doctor", "Say what is wrong on this machine and how to mend it."),
    "migrate": ("tapbot.cli.migrate:migrate", "Bring the database to this program's schema."),
    "move": ("tapbot.cli.move:move", "Move an installation to PostgreSQL, or back."),
    "workflow": ("tapbot.cli.workflow:app", "Run, list and show workflows."),
    "runs": ("tapbot.cli.runs:app", "List runs and show what each step did."),
    "approvals": ("tapbot.cli.approvals:app", "List what people are asked to decide, approve and refuse."),
    "contacts": ("tapbot.cli.contacts:app", "Find, merge, export and erase customers."),
    "broadcast": ("tapbot.cli.broadcast:app", "Write one message to many people who agreed to it."),
    "templates": ("tapbot.cli.templates:app", "List WhatsApp's templates and hand one in for review."),
    "messages": ("tapbot.cli.messages:app", "List messages that did not arrive, or perhaps, and decide."),
    "data": ("tapbot.cli.data:app", "Show the records of a collection."),
    "user": ("tapbot.cli.user:app", "Add, list and reset the people who may log in."),
    "credential": ("tapbot.cli.credential:app", "Enter, list, remove and reseal credentials."),
    "expr": ("tapbot.cli.expr:expr", "Evaluate expressions, one JSON object a line."),
    "emulator": ("tapbot.cli.emulator:app", "Pretend to be Telegram, WhatsApp or a model, for tests and offline work."),
    "version": ("tapbot.cli.version:version", "Print the version."),
}
"""Commands in the order of the help, with where each lives."""

SERVING = frozenset({"up", "web", "worker", "scheduler"})
EXIT_ERROR = 1
EXIT_INVALID = 2
EXIT_INTERRUPTED = 130
OBJECTS_BETWEEN_COLLECTIONS = 50_000
"""Python's own 700 makes a start with its many modules a sixth slower: nothing in them is garbage."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and leave the process with its exit status."""
    gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS)
    sys.exit(run(sys.argv[1:] if arguments is None else list(arguments)))


def run(arguments: Sequence[str]) -> int:
    """Run one command.

    Returns:
        0: done; 1: it failed; 2: the input is wrong; 130: interrupted.
    """
    if not arguments or arguments[0] in {"--help", "-h", "help"}:
        sys.stdout.write(help_text())
        return 0
    try:
        return _dispatch(arguments)
    except TapbotError as error:
        sys.stderr.write(f"{describe(error)}\n")
        return EXIT_INVALID if isinstance(error, InvalidInput) else EXIT_ERROR
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        # The reader of our output went away (`tapbot runs list | head`): nothing to complain about.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_ERROR
    except Exception as error:  # noqa: BLE001  # the boundary of a command: anything else is our bug
        return _fail(error, loud=arguments[0] in SERVING or debugging())


def _dispatch(arguments: Sequence[str]) -> int:
    name = "version" if arguments[0] == "--version" else arguments[0]
    if name not in COMMANDS:
        near = difflib.get_close_matches(name, COMMANDS, n=1)
        meant = f"Did you mean `tapbot {near[0]}`?" if near else "`tapbot --help` lists the commands."
        raise InvalidInput(f"there is no command {name!r}.", code="cli.unknown_command", hint=meant)
    return int(load("tapbot.cli.dispatch").dispatch(COMMANDS, [name, *arguments[1:]]))


def help_text() -> str:
    """What `tapbot --help` prints."""
    width = max(len(name) for name in COMMANDS)
    lines = [f"  {name:<{width}}  {text}" for name, (_target, text) in COMMANDS.items()]
    return "\n".join(
        [
            f"tapbot {__version__}: automates business processes through AI bots.",
            "",
            "Usage: tapbot COMMAND [--help]",
            "",
            *lines,
            "",
            "Start with `tapbot up PROJECT`, or make a project with `tapbot new NAME`.",
            "",
        ]
    )


def describe(error: TapbotError) -> str:
    """An error as lines for a terminal: what happened and where, then what to do."""
    where = f"{error.place}: " if error.place else ""
    hint = f"\n  {error.hint}" if error.hint else ""
    return f"tapbot: {where}{error.message}{hint}\n  ({error.code})"


def _fail(error: BaseException, *, loud: bool) -> int:
    """Say what went wrong first, when tasks that ran side by side failed together; a bug gets an id.

    Args:
        loud: Show where a bug is. A server that ended may not end the same way again, so it always does.
    """
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    if isinstance(error, TapbotError):
        sys.stderr.write(f"{describe(error)}\n")
        return EXIT_ERROR
    error_id = uuid.uuid4().hex[:8]
    sys.stderr.write(f"tapbot: something went wrong inside tapbot (id {error_id}): {type(error).__name__}.\n")
    if loud:
        traceback.print_exc()
    else:
        sys.stderr.write("  Run it again with TAPBOT_LOG__LEVEL=debug to see where, and report that text.\n")
    return EXIT_ERROR


def debugging() -> bool:
    """Whether the log level asks for tracebacks."""
    try:
        return bool(load("tapbot.settings").load_settings(None).log.level == "debug")
    except TapbotError:
        return False
