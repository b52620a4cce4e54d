"""What a person does to a run, with its entry in the audit log. The API and the command line do the same."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, TypeVar

from sqlalchemy import Connection

from tapbot.access.audit import note
from tapbot.errors import InvalidInput
from tapbot.project.store import newest_release
from tapbot.storage.database import Database
from tapbot.storage.types import JsonObject, Scope
from tapbot.workflow import journal

WhichRelease = Literal["same", "current"]
DECISIONS: Mapping[str, journal.Decision] = {"happened": "happened", "again": "again", "fail": "fail"}
STARTS: Mapping[str, journal.Start] = {"failed_step": "failed_step", "beginning": "beginning"}
RELEASES: Mapping[str, WhichRelease] = {"same": "same", "current": "current"}
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Actor:
    """Who changes runs, where and when.

    Args:
        actor_id: The person; `None` for whoever has the machine.
    """

    database: Database
    scope: Scope
    actor_id: str | None
    now: datetime

    async def cancel(self, run_id: str) -> str:
        """End a run. See `journal.cancel_run`."""
        return await self._change(
            "run.cancelled",
            run_id,
            {},
            lambda db: journal.cancel_run(db, self.scope, run_id, actor_id=self.actor_id, now=self.now),
            site="api.cancel_run",
        )

    async def end_wait(self, run_id: str) -> str:
        """Let a run that waits go on at once. See `journal.end_wait`."""
        return await self._change(
            "run.wait_ended",
            run_id,
            {},
            lambda db: journal.end_wait(db, self.scope, run_id, actor_id=self.actor_id, now=self.now),
            site="api.end_wait",
        )

    async def retry(self, run_id: str, *, start: str, which: str, current: str | None, new_run_id: str) -> str:
        """Try a run again. See `journal.retry_run`.

        Args:
            which: `"same"` keeps the run's release, `"current"` takes the one that is served now.
            current: That release; when nobody serves the project, the newest one that is stored.
        """
        chosen, which = _choose("start", start, STARTS), _choose("release", which, RELEASES)

        def change(db: Connection) -> str:
            release = (current or newest_release(db, self.scope)) if which == "current" else None
            return journal.retry_run(
                db,
                self.scope,
                run_id,
                start=chosen,
                new_run_id=new_run_id,
                release=release,
                actor_id=self.actor_id,
                now=self.now,
            )

        return await self._change(
            "run.retried", run_id, {"start": start, "release": which}, change, site="api.retry_run"
        )

    async def decide(self, run_id: str, *, decision: str, step: str | None, output: Any) -> str:
        """Settle a step in doubt. See `journal.decide_step`."""
        chosen = _choose("decision", decision, DECISIONS)
        return await self._change(
            "run.decided",
            run_id,
            {"decision": decision, "step": step},
            lambda db: journal.decide_step(
                db,
                self.scope,
                run_id,
                decision=chosen,
                output=output,
                step_key=step,
                actor_id=self.actor_id,
                now=self.now,
            ),
            site="api.decide_step",
        )

    async def _change(
        self, action: str, run_id: str, data: JsonObject, change: Callable[[Connection], str], *, site: str
    ) -> str:
        """Make a change and its entry in the audit log in one transaction."""

        def write(db: Connection) -> str:
            changed = change(db)
            note(db, self.scope, actor_id=self.actor_id, action=action, subject=run_id, data=data, now=self.now)
            return changed

        return await self.database.write(site, write)


def _choose(what: str, given: str, known: Mapping[str, T]) -> T:
    if given not in known:
        raise InvalidInput(
            f"there is no {what} {given!r}; there is: {', '.join(known)}.", code="run.bad_choice", place=what
        )
    return known[given]
