"""Jobs over any broker that taskiq knows: it may go away, be emptied or come back, and only time is lost."""

from __future__ import annotations

import asyncio
import uuid
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import aclosing, suppress

from taskiq import AckableMessage, AsyncBroker, BrokerMessage
from taskiq.utils import maybe_awaitable

from tapbot.errors import InvalidInput
from tapbot.telemetry import logger
from tapbot.worker.dispatch import Job, Taker, decode_job, encode_job

LOG = logger("worker")
TASK = "tapbot"
MOST_UNSENT = 10_000
AT_ONCE = 16
FIRST_PAUSE_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 2.0
CLOSE_SECONDS = 2.0


class BrokerDispatch:
    """See `worker.dispatch.Dispatch`.

    Args:
        make_broker: Makes a broker that is not connected yet; each connection gets a new one.
        failures: What it raises when the broker is gone.
    """

    def __init__(self, make_broker: Callable[[], AsyncBroker], failures: tuple[type[Exception], ...]) -> None:
        self._make_broker = make_broker
        self._failures: tuple[type[Exception], ...] = (*failures, OSError, TimeoutError)
        self._unsent: deque[Job] = deque(maxlen=MOST_UNSENT)  # a full one forgets the oldest: the sweeper does not
        self._filled = asyncio.Event()

    def publish(self, jobs: Iterable[Job]) -> None:
        """See `Dispatch.publish`."""
        self._unsent.extend(jobs)
        self._filled.set()

    async def send_forever(self) -> None:
        """See `Dispatch.send_forever`."""
        await self._keep_connected("sending", self._send)

    async def listen_forever(self, taker: Taker) -> None:
        """See `Dispatch.listen_forever`."""

        async def listen(broker: AsyncBroker, connected: Callable[[], None]) -> None:
            await self._listen(broker, connected, taker)

        await self._keep_connected("listening", listen)

    async def _keep_connected(self, doing: str, work: Callable[..., object]) -> None:
        """Connect and work; when the broker is gone, wait and begin anew."""
        pause_seconds = FIRST_PAUSE_SECONDS

        def connected() -> None:
            nonlocal pause_seconds
            pause_seconds = FIRST_PAUSE_SECONDS

        while not is_cancelled():
            broker = self._make_broker()
            try:
                await broker.startup()
                await maybe_awaitable(work(broker, connected))
            except self._failures as error:
                LOG.warning("broker not reached; trying again", doing=doing, error=type(error).__name__)
            finally:
                with suppress(*self._failures):
                    async with asyncio.timeout(CLOSE_SECONDS):
                        await broker.shutdown()
            await asyncio.sleep(pause_seconds)
            pause_seconds = min(pause_seconds * 2, LONGEST_PAUSE_SECONDS)

    async def _send(self, broker: AsyncBroker, connected: Callable[[], None]) -> None:
        while True:
            self._filled.clear()
            while self._unsent:
                batch = [self._unsent.popleft() for _ in range(min(AT_ONCE, len(self._unsent)))]
                done = await asyncio.gather(*(broker.kick(_message(job)) for job in batch), return_exceptions=True)
                failed = [(job, error) for job, error in zip(batch, done, strict=True) if error is not None]
                if failed:
                    self._unsent.extendleft(job for job, _ in failed)
                    raise failed[0][1]
                connected()
            await self._filled.wait()

    async def _listen(self, broker: AsyncBroker, connected: Callable[[], None], taker: Taker) -> None:
        async with aclosing(broker.listen()) as messages:
            async for message in messages:
                if is_cancelled():
                    return
                connected()
                raw = message.data if isinstance(message, AckableMessage) else message
                if isinstance(message, AckableMessage):
                    await maybe_awaitable(message.ack())
                await taker.wait_for_room()
                try:
                    taker.take(decode_job(raw))
                except InvalidInput as error:
                    LOG.warning("not a job", code=error.code)


def is_cancelled() -> bool:
    """Whether this task was asked to end. Clients of brokers sometimes take that for a time-out of their own."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def _message(job: Job) -> BrokerMessage:
    return BrokerMessage(task_id=uuid.uuid4().hex, task_name=TASK, message=encode_job(job), labels={})
