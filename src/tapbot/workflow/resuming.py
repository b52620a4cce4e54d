"""The address at which a run that waits for a webhook or a form goes on."""

from __future__ import annotations

import hashlib

from tapbot.workflow.journal import NewRun

LETTERS = 24


def resume_path(run: NewRun, *, form: bool = False) -> str:
    """Path of a run's own address. Whoever knows it may let the run go on, so it cannot be guessed from the run's id.

    Args:
        form: The page with the form, instead of the webhook.
    """
    return f"/{'form' if form else 'webhook'}-waiting/{run.run_id}.{resume_token(run)}"


def resume_token(run: NewRun) -> str:
    """What the address has beside the id, which may follow from a caller's idempotency key: the moment of the run."""
    return hashlib.sha256(f"{run.run_id}/{run.clock.timestamp():.6f}/{run.release}".encode()).hexdigest()[:LETTERS]


def resume_event(run_id: str, step_key: str) -> str:
    """Key of the event that a step of a run waits for."""
    return f"resume:{run_id}:{hashlib.sha256(step_key.encode()).hexdigest()[:LETTERS]}"
