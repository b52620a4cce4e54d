"""The address at which a run that waits for a webhook or a form goes on."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

from tapbot.storage.database import Database
from tapbot.workflow.journal import NewRun
from tapbot.workflow.journal.waiting import OpenWait, answer_wait, find_open_wait

LETTERS = 24


def resume_path(run: NewRun, *, form: bool = False) -> str:
    """Path of a run's own address. Whoever knows it may let the run go on, so it cannot be guessed from the run's id.

    Args:
        form: The page with the form, instead of the webhook.
    """
    return f"/{'form' if form else 'webhook'}-waiting/{run.run_id}.{resume_token(run)}"


def resume_token(run: NewRun) -> str:
    """What the address has beside the id, which may follow from a caller's idempotency key: chance, and the moment."""
    told = f"{run.run_id}/{run.seed}/{run.clock.timestamp():.6f}/{run.release}"
    return hashlib.sha256(told.encode()).hexdigest()[:LETTERS]


def resume_event(run_id: str, step_key: str) -> str:
    """Key of the event that a step of a run waits for."""
    return f"resume:{run_id}:{hashlib.sha256(step_key.encode()).hexdigest()[:LETTERS]}"


async def look_up(database: Database, run_id: str) -> tuple[NewRun | None, OpenWait | None]:
    """A run and the request that it waits for. An address names the run, and the run its project: nothing else does."""
    return await database.read(lambda db: find_open_wait(db, run_id))


async def let_go_on(database: Database, wait: OpenWait, payload: Any, *, now: datetime) -> bool:
    """Let a run go on with what a request brought; `False` when another request was faster."""
    return await database.write("wait.answer", lambda db: answer_wait(db, wait, payload, now=now))
