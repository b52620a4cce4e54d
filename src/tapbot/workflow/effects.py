"""Effects happen in steps alone: whatever reaches the world asks here first."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from tapbot.errors import TapbotError
from tapbot.upstream import HttpClient

_IN_STEP: ContextVar[bool] = ContextVar("in_step", default=False)


class EffectOutsideStep(TapbotError):
    """Something tried to have an effect that the journal would know nothing of."""

    default_code = "run.effect_outside_step"


@contextmanager
def step_under_way(*, recorded: bool = True) -> Iterator[None]:
    """Allow effects: the journal records what comes of this block.

    Args:
        recorded: `False` forbids them again, for code inside a step that has steps of its own (a child run).
    """
    token = _IN_STEP.set(recorded)
    try:
        yield
    finally:
        _IN_STEP.reset(token)


def require_step(what: str) -> None:
    """Refuse an effect that no step records.

    Args:
        what: What was tried, such as `"An HTTP request"`.

    Raises:
        EffectOutsideStep: No step is under way.
    """
    if not _IN_STEP.get():
        raise EffectOutsideStep(
            f"{what} was tried outside a step: after a crash nobody would know of it.",
            hint="Declare the node's step kind (`kind=`), or make the call inside `run.step`.",
        )


def only_in_steps(http: HttpClient) -> HttpClient:
    """A client that makes requests inside steps alone."""
    return http.checked(lambda: require_step("An HTTP request"))
