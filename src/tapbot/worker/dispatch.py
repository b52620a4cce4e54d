"""Hands work to whoever does it: a taker in this process, or any worker behind a broker."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, Protocol, get_args

import msgspec

from tapbot.errors import InvalidInput
from tapbot.loader import load
from tapbot.storage.types import Scope

JobKind = Literal["run", "turn", "send"]


@dataclass(frozen=True, slots=True)
class Job:
    """A hint that there is work. It may come twice, late or never: the database decides, and the sweeper repeats it.

    Args:
        kind: A run that is ready, a conversation with unanswered messages, or a chat with something to be sent.
        id: The run's or conversation's id; of a chat, what `worker.outbox.Chat` makes of it.
    """

    kind: JobKind
    id: str
    scope: Scope


class Taker(Protocol):
    """Whoever does the work."""

    def take(self, job: Job) -> None:
        """Note that there is work, without waiting."""
        ...

    async def wait_for_room(self) -> None:
        """Return when another job may be taken."""
        ...


class Dispatch(Protocol):
    """Carries jobs to takers. A job is acknowledged when it is received; losing it delays, never loses."""

    def publish(self, jobs: Iterable[Job]) -> None:
        """Offer jobs, without waiting. A broker that is gone is no error: the sweeper publishes again."""
        ...

    async def send_forever(self) -> None:
        """Carry what was published, until the task is cancelled."""
        ...

    async def listen_forever(self, taker: Taker) -> None:
        """Give a taker the jobs that are this process's share, until the task is cancelled."""
        ...


class InProcessDispatch:
    """Jobs go to the taker of this process at once.

    Args:
        taker: Does the work.
    """

    def __init__(self, taker: Taker) -> None:
        self._taker = taker

    def publish(self, jobs: Iterable[Job]) -> None:
        """See `Dispatch.publish`."""
        for job in jobs:
            self._taker.take(job)

    async def send_forever(self) -> None:
        """See `Dispatch.send_forever`: nothing waits here."""

    async def listen_forever(self, taker: Taker) -> None:
        """See `Dispatch.listen_forever`: the taker is known from the start."""


class NoDispatch:
    """Jobs go nowhere: workers look into the database, each second."""

    def publish(self, jobs: Iterable[Job]) -> None:
        """See `Dispatch.publish`."""

    async def send_forever(self) -> None:
        """See `Dispatch.send_forever`."""

    async def listen_forever(self, taker: Taker) -> None:
        """See `Dispatch.listen_forever`."""


def open_dispatch(url: str) -> Dispatch:
    """The dispatch over a broker.

    Args:
        url: `redis://…`, `rediss://…` or `nats://…`; it may hold a password, so no message shows it.

    Raises:
        InvalidInput: No broker goes by that scheme.
    """
    scheme = url.partition("://")[0]
    modules = {"redis": "redis_streams", "rediss": "redis_streams", "nats": "jetstream", "tls": "jetstream"}
    if scheme not in modules:
        raise InvalidInput(
            "broker.url begins with redis://, rediss:// or nats://.",
            code="broker.unknown_scheme",
            place="broker.url",
            hint="Leave it empty for one process.",
        )
    brokers = load(f"tapbot.worker.{modules[scheme]}")
    made: Dispatch = load("tapbot.worker.broker").BrokerDispatch(lambda: brokers.make_broker(url), brokers.FAILURES)
    return made


def encode_job(job: Job) -> bytes:
    """A job as a broker carries it."""
    return msgspec.json.encode([job.kind, job.id, job.scope.project_id, job.scope.environment])


def decode_job(raw: bytes) -> Job:
    """A job as a broker brought it.

    Raises:
        InvalidInput: It is none.
    """
    try:
        kind, job_id, project_id, environment = msgspec.json.decode(raw, type=tuple[JobKind, str, str, str])
    except msgspec.DecodeError as error:
        known = ", ".join(get_args(JobKind))
        raise InvalidInput(f"this is no job (known kinds: {known}).", code="broker.no_job") from error
    return Job(kind, job_id, Scope(project_id, environment))
