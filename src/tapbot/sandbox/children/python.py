"""The child that runs Python of Code nodes in Monty, an interpreter that knows no host: its worker is a process below.

Monty aborts a process now and then when Python ends, so this one always leaves by `os._exit`.
"""

import datetime
import io
import json
import math
import os
import sys
import time
import tokenize
from typing import Any

from pydantic_monty import Monty, MontyCrashedError, MontyError, MontyRuntimeError, MontySyntaxError

from tapbot.sandbox.children.serve import harden, serve
from tapbot.sandbox.wire import DONE, DONE_LAST, OUT_OF_MEMORY, OUT_OF_TIME, Request

MOST_LINES = 200
MOST_LINE_LENGTH = 2000
ITEM_KEYS = {"json", "binary", "pairedItem", "error"}
PRELUDE = """
class _Input:
    def __init__(self, items, item):
        self.items = items
        self.item = item

    def all(self):
        return self.items

    def first(self):
        return self.items[0] if self.items else None

    def last(self):
        return self.items[-1] if self.items else None
"""
HEAD_LINES = 2
MEMORY, TIME = "memory limit exceeded", "time limit exceeded"


class BadResult(Exception):
    """What the code returned is not items."""


class Printed:
    """What the code prints, up to a limit."""

    def __init__(self) -> None:
        self.text = ""

    def __call__(self, _stream: str, text: str) -> None:
        """Take a piece of output."""
        if len(self.text) < MOST_LINES * MOST_LINE_LENGTH:
            self.text += text

    def lines(self) -> list[str]:
        """The lines, cut where they are too long or too many."""
        found = self.text.splitlines()
        shown = [
            line if len(line) <= MOST_LINE_LENGTH else f"{line[:MOST_LINE_LENGTH]}…" for line in found[:MOST_LINES]
        ]
        return shown if len(found) <= MOST_LINES else [*shown, "(more lines were left out)"]


def wrap(source: str) -> str:
    """The code as the body of a function, since it may `return`; lines inside of strings stay as they are."""
    inside: set[int] = set()
    begun: list[int] = []
    waits = False
    try:
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            kind = tokenize.tok_name[token.type]
            if kind == "FSTRING_START":
                begun.append(token.start[0])
            elif kind == "FSTRING_END":
                inside.update(range(begun.pop() + 1, token.end[0] + 1))
            elif kind == "STRING":
                inside.update(range(token.start[0] + 1, token.end[0] + 1))
            waits = waits or (kind == "NAME" and token.string == "await")
    except (tokenize.TokenError, SyntaxError):
        pass  # the interpreter says what is wrong
    lines = source.split("\n")
    body = "\n".join(line if number in inside else f"    {line}" for number, line in enumerate(lines, start=1))
    head, call = ("async def", "await __code()") if waits else ("def", "__code()")
    return f"{head} __code():\n    pass\n{body}\n\n{call}"


def plain(value: Any, place: str) -> Any:
    """A value as JSON has it."""
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, (list, tuple)):
        return [plain(entry, place) for entry in value]
    if isinstance(value, dict):
        return {str(key): plain(entry, place) for key, entry in value.items()}
    if isinstance(value, (datetime.datetime, datetime.date)):
        return value.isoformat()
    raise BadResult(f"A {type(value).__name__} in {place} cannot be turned into JSON.")


def to_item(value: Any, place: str) -> dict[str, Any]:
    """An item that the code returned."""
    if not isinstance(value, dict):
        raise BadResult(f"Code must return dictionaries, but {place} is a {type(value).__name__}.")
    if "json" not in value:
        return {"json": plain(value, place)}
    if not isinstance(value["json"], dict):
        raise BadResult(f'The "json" of {place} must be a dictionary.')
    if unknown := value.keys() - ITEM_KEYS:
        raise BadResult(f'Unknown key "{min(unknown)}" beside "json" in {place}: put it inside "json".')
    return {key: plain(part, place) for key, part in value.items() if part is not None}


def to_items(result: Any) -> list[dict[str, Any]]:
    """What the code returned for all items."""
    if isinstance(result, (list, tuple)):
        return [to_item(value, f"item {index}") for index, value in enumerate(result)]
    if isinstance(result, dict):
        return [to_item(result, "the result")]
    raise BadResult('Code must return a list of items such as [{"json": {"name": "A"}}]; add a return.')


def describe(error: Exception) -> tuple[str, int | None]:
    """What went wrong, and the line of the author's code."""
    if isinstance(error, BadResult):
        return str(error), None
    if not isinstance(error, (MontyRuntimeError, MontySyntaxError)):
        return f"{type(error).__name__}: {error}", None
    frames = error.traceback()
    line = max(1, frames[-1].line - HEAD_LINES) if frames else None
    kind = "SyntaxError: " if isinstance(error, MontySyntaxError) else ""
    return f"{kind}{error.exception() or error}", line


class Job:
    """One job: a session of its own in the worker, which nothing of another job is in."""

    def __init__(self, pool: Monty, request: Request) -> None:
        self.job = json.loads(request.job_text)
        self.items: list[dict[str, Any]] = self.job["items"]
        self.source = wrap(self.job["source"])
        self.printed = Printed()
        self.deadline = time.monotonic() + request.time_limit_seconds
        self.pool, self.request = pool, request

    def run(self) -> tuple[bytes, str]:
        """Run it: status and text of the reply."""
        run = self.job["run"]
        policy: Any = {
            "datetime": datetime.datetime.fromisoformat(run["now"]),
            "timezone": run["zone"],
            "sleep": "zero",
            "random_start": {"seed": run["seed"]},
        }
        limits: Any = {
            "max_feed_duration_secs": self.request.time_limit_seconds,
            "max_memory": self.request.memory_limit_bytes,
        }
        with self.pool.checkout(limits=limits, os_policy=policy) as session:
            session.feed_run(PRELUDE)
            if self.job["mode"] == "each":
                return self._each(session)
            try:
                given = self._feed(session, {"_items": self.items, "_item": self.items[0] if self.items else None})
                return self._done(to_items(given))
            except (MontyError, BadResult) as error:
                return self._failed(error, None)

    def _feed(self, session: Any, names: dict[str, Any]) -> Any:
        item = names["_item"]
        session.feed_run(
            "_input = _Input(_items, _item)\n_json = _item['json'] if _item else None",
            inputs={**names, "_item": item},
        )
        return session.feed_run(self.source, print_callback=self.printed)

    def _each(self, session: Any) -> tuple[bytes, str]:
        made = []
        for index, item in enumerate(self.items):
            try:
                result = self._feed(session, {"_items": self.items, "_item": item})
                if result is not None:
                    made.append({"pairedItem": {"item": index}, **to_item(result, "the result")})
            except (MontyError, BadResult) as error:
                message, line = describe(error)
                if not self.job["keep_going"] or limit_of(error) is not None:
                    return self._failed(error, index)
                place = f"line {line}, for item {index}" if line else f"for item {index}"
                told = f"{message} [{place}]"
                made.append({"json": {"error": told}, "error": told, "pairedItem": {"item": index}})
        return self._done(made)

    def _done(self, items: list[dict[str, Any]]) -> tuple[bytes, str]:
        return DONE, json.dumps({"items": items, "console": self.printed.lines()})

    def _failed(self, error: Exception, index: int | None) -> tuple[bytes, str]:
        limit = limit_of(error)
        if limit is not None:
            return limit, ""
        message, line = describe(error)
        failure = {"message": message, "line": line, "item_index": index}
        text = json.dumps({"items": [], "console": self.printed.lines(), "failure": failure})
        return (DONE_LAST if isinstance(error, MontyCrashedError) else DONE), text


def limit_of(error: Exception) -> bytes | None:
    """The limit that the code ran into, if one."""
    text = str(error)
    if isinstance(error, MontyRuntimeError) and MEMORY in text:
        return OUT_OF_MEMORY
    return OUT_OF_TIME if isinstance(error, MontyRuntimeError) and TIME in text else None


def main() -> None:
    """Start the worker, then give up everything else."""
    worker = os.path.join(os.path.dirname(sys.executable), "monty")  # installed beside the interpreter
    with Monty(binary_path=worker, min_processes=1, max_processes=1) as pool:
        harden(0)
        serve(lambda request: Job(pool, request).run())
