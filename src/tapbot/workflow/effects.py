"""Effects happen in steps alone: whatever reaches the world asks here first."""

from __future__ import annotations

from contextlib import AbstractContextManager
from contextvars import ContextVar

from tapbot.errors import TapbotError
from tapbot.upstream import HttpClient

_IN_STEP: ContextVar[bool] = ContextVar("in_step", default=False)


class EffectOutsideStep(TapbotError):
    """Something tried to have an effect that the journal would know nothing of."""

    default_code = "run.effect_outside_step"


class step_under_way(AbstractContextManager[None]):  # noqa: N801  # it reads as a phrase: `with step_under_way():`
    """Allow effects: the journal records what comes of this block.

    A class, because each run makes one, and a generator costs three times as much.

    Args:
        recorded: `False` forbids them again, for code inside a step that has steps of its own (a child run).
    """

    __slots__ = ("_recorded", "_token")

    def __init__(self, *, recorded: bool = True) -> None:
        self._recorded = recorded

    def __enter__(self) -> None:
        self._token = _IN_STEP.set(self._recorded)

    def __exit__(self, *_: object) -> None:
        _IN_STEP.reset(self._token)


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
