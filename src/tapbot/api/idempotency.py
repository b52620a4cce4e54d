"""Idempotency keys of webhooks: a request that comes again with its key gets the answer of the first one."""

from __future__ import annotations

import asyncio
import base64
import uuid
from collections.abc import Mapping
from typing import Any

from tapbot.errors import Conflict, InvalidInput
from tapbot.events.hub import Hub
from tapbot.storage.database import Database
from tapbot.storage.types import Scope
from tapbot.workflow import journal, store
from tapbot.workflow.journal import NewRun
from tapbot.workflow.node import WebhookReply

HEADER = "idempotency-key"
LONGEST_KEY = 255
NAMES = uuid.UUID("5a6f1c0e-2f86-4f2e-9c57-0b8a8e0c5d11")
LONGEST_WAIT_SECONDS = 60.0
COMPARED = ("body", "query", "params")


def read_key(headers: Mapping[str, str]) -> str | None:
    """The key of a request (IETF draft "The Idempotency-Key HTTP Header Field"); `None` without one.

    Args:
        headers: By names in lower case.

    Raises:
        InvalidInput: It is too long.
    """
    key = headers.get(HEADER)
    if key is not None and len(key) > LONGEST_KEY:
        raise InvalidInput(
            f"An idempotency key has at most {LONGEST_KEY} letters.", code="webhook.bad_key", place=HEADER
        )
    return key or None


def run_id_for(scope: Scope, workflow_id: str, node: str, key: str) -> str:
    """The one run that a key may begin: claiming the key and keeping the run are the same insert."""
    return str(uuid.uuid5(NAMES, "\n".join((scope.project_id, scope.environment, workflow_id, node, key))))


async def is_repeated(database: Database, new: NewRun) -> bool:
    """Whether the key began a run before.

    Raises:
        Conflict: The key was used with another request.
    """
    first = await database.read(lambda db: store.get_run(db, new.scope, new.run_id))
    if first is None:
        return False
    _check_same(first["input"], new.input)
    return True


async def read_first(database: Database, hub: Hub, new: NewRun) -> dict[str, Any]:
    """The run that the key began, when it is over.

    Raises:
        Conflict: The first request is still being worked on.
    """
    ended = await read_end(database, hub, new.scope, new.run_id)
    if ended is None:
        raise Conflict(
            "The first request with this key is still being worked on.",
            code="webhook.key_in_use",
            hint="Ask again later with the same key.",
        )
    return ended


async def read_end(database: Database, hub: Hub, scope: Scope, run_id: str) -> dict[str, Any] | None:
    """A run when it is over, wherever it is executed; `None` when that takes longer than a caller waits."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + LONGEST_WAIT_SECONDS
    with hub.watch(run_id) as events:
        while True:
            run = await database.read(lambda db: store.get_run(db, scope, run_id))
            if run is not None and run["status"] in journal.FINAL:
                return run
            left = deadline - loop.time()
            if left <= 0:
                return None
            await events.take(timeout_seconds=min(left, 1.0))


def kept_reply(run: Mapping[str, Any]) -> WebhookReply | None:
    """The answer that a node of the run gave; `None` when none did."""
    reply = run["reply"]
    if reply is None:
        return None
    return WebhookReply(reply["status"], reply["headers"], base64.b64decode(reply["body"]))


def _check_same(first: Any, again: Any) -> None:
    """A key names one request: the same key with another body is a mistake of the caller."""
    if any(first[0]["json"].get(part) != again[0]["json"].get(part) for part in COMPARED):
        raise Conflict(
            "This idempotency key was used with another request.",
            code="webhook.key_reused",
            hint="Make a new key for each new request.",
        )
