"""A taskiq broker over NATS JetStream: one bounded stream, pulled by all workers as one consumer."""

from __future__ import annotations

import asyncio

from nats.errors import Error as NatsError
from nats.js.api import ConsumerConfig, DiscardPolicy, RetentionPolicy, StreamConfig
from taskiq import AsyncBroker
from taskiq_nats import PullBasedJetStreamBroker

FAILURES: tuple[type[Exception], ...] = (NatsError, asyncio.TimeoutError)
STREAM = "tapbot"
SUBJECT = "tapbot.jobs"
CONSUMER = "workers"
MOST_ENTRIES = 20_000
PULL_SECONDS = 2.0
TIMEOUT_SECONDS = 5


def make_broker(url: str) -> AsyncBroker:
    """A broker that is not connected yet."""
    return PullBasedJetStreamBroker(
        url,
        subject=SUBJECT,
        stream_name=STREAM,
        durable=CONSUMER,
        stream_config=StreamConfig(
            name=STREAM,
            subjects=[SUBJECT],
            retention=RetentionPolicy.WORK_QUEUE,
            discard=DiscardPolicy.OLD,
            max_msgs=MOST_ENTRIES,
        ),
        consumer_config=ConsumerConfig(durable_name=CONSUMER, ack_wait=30),
        pull_consume_batch=1,
        pull_consume_timeout=PULL_SECONDS,
        allow_reconnect=False,  # whoever uses it connects anew, and makes the stream again
        connect_timeout=TIMEOUT_SECONDS,
        error_cb=_be_silent,
    )


async def _be_silent(_error: Exception) -> None:
    """The next call raises; until then there is nothing to tell."""
