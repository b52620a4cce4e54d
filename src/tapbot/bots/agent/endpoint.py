"""A model behind an OpenAI-compatible address: the guarded client, bounded tries, and failures in our own tree."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable

from openai import AsyncOpenAI
from pydantic_ai.exceptions import AgentRunError, ModelAPIError, ModelHTTPError, ModelQuotaExceededError
from pydantic_ai.messages import ModelResponse
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.openai_compatible import OpenAICompatibleProvider

from tapbot.errors import TapbotError, UpstreamRejected, UpstreamUnavailable
from tapbot.settings import ModelSection
from tapbot.telemetry import logger
from tapbot.upstream import HttpClient

LOG = logger("bots")
FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 10.0
NO_KEY = "no-key"
Ask = Callable[[], Awaitable[ModelResponse]]

# At debug level the client logs whole requests, and so what people wrote.
for talkative in ("openai", "openai._base_client"):
    logging.getLogger(talkative).setLevel(logging.WARNING)


def open_model(name: str, section: ModelSection, http: HttpClient) -> OpenAIChatModel:
    """The chat-completions model of a section, through the one door.

    Args:
        name: What the settings call it; kept in the history's place of a vendor's name.
    """
    key = section.api_key.get_secret_value() if section.api_key else NO_KEY
    client = AsyncOpenAI(
        api_key=key,
        base_url=section.base_url,
        http_client=http.raw,
        max_retries=0,  # a second try is ours to decide: it has to fit the turn's time
        timeout=section.timeout_seconds,
    )
    return OpenAIChatModel(section.model, provider=OpenAICompatibleProvider(name, openai_client=client))


async def ask_with_tries(
    ask: Ask, *, name: str, section: ModelSection, http: HttpClient, seconds_left: float
) -> ModelResponse:
    """Ask, and ask again when the endpoint is busy or down, as long as the turn has time.

    Args:
        name: What the settings call the model; it stands in messages, which hold nothing that the endpoint said.
        seconds_left: Of the turn.

    Raises:
        UpstreamUnavailable: No answer, 429 or 5xx, after all tries or when the time is up.
        UpstreamRejected: The endpoint refuses the request, or the address is not allowed.
    """
    ends_at = time.monotonic() + seconds_left
    for attempt in range(1, section.attempts + 1):
        try:
            async with asyncio.timeout(max(0.0, ends_at - time.monotonic())):
                return await ask()
        except TimeoutError:
            raise UpstreamUnavailable(
                f"The model {name!r} did not answer within the turn's time.", code="agent.out_of_time"
            ) from None
        except AgentRunError as error:
            failure = explain(error, name)
        if not isinstance(failure, UpstreamUnavailable) or attempt == section.attempts:
            raise failure
        pause_seconds = failure.retry_after_seconds or FIRST_PAUSE_SECONDS * 2 ** (attempt - 1)
        if pause_seconds > LONGEST_PAUSE_SECONDS or time.monotonic() + pause_seconds >= ends_at:
            raise failure
        LOG.info("model asked again", model=name, attempt=attempt, code=failure.code, pause_seconds=pause_seconds)
        await http.sleep(pause_seconds)
    raise AssertionError("the last try returns or raises")


def explain(error: AgentRunError, name: str) -> TapbotError:
    """The library's error as ours. What the endpoint wrote is left out: it may quote the key."""
    refused = find_own(error)
    if refused is not None:
        return refused
    if isinstance(error, ModelHTTPError):
        status = error.status_code
        if isinstance(error, ModelQuotaExceededError):
            return UpstreamRejected(f"The account of the model {name!r} is used up.", status=status, code="agent.quota")
        if status == 429 or status >= 500 or status == 408:
            return UpstreamUnavailable(
                f"The model {name!r} answered {status}.",
                retry_after_seconds=error.retry_after,
                code="agent.busy" if status == 429 else "agent.down",
            )
        return UpstreamRejected(f"The model {name!r} answered {status}.", status=status, code="agent.refused")
    if isinstance(error, ModelAPIError):
        kind = type(error).__name__
        return UpstreamUnavailable(f"The model {name!r} could not be asked ({kind}).", code="agent.no_reply")
    return UpstreamUnavailable(f"The model {name!r} sent what is no answer.", code="agent.bad_reply")


def find_own(error: BaseException) -> TapbotError | None:
    """The door's own refusal, which the client wrapped."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, TapbotError):
            return seen
        seen = seen.__cause__ or seen.__context__
    return None
