"""Who answers a turn: the agent when the bot names a model, and the guided answerer otherwise."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from types import ModuleType
from typing import TYPE_CHECKING, cast

from tapbot.bots.types import Bot, TurnInput, TurnResult
from tapbot.loader import load
from tapbot.telemetry import logger

if TYPE_CHECKING:
    from tapbot.bots.agent.types import AgentTools

LOG = logger("bots")
AGENT, GUIDED = "tapbot.bots.agent.answer", "tapbot.bots.guided.answer"


async def warm_up(bots: Iterable[Bot]) -> None:
    """Load the model library before the first message, if any bot needs it."""
    if any(bot.model for bot in bots):
        await load_agent()


async def prepare(bots: Iterable[Bot]) -> None:
    """Let guided bots learn their examples, aside: the server answers meanwhile, and a turn that comes early waits."""
    for bot in bots:
        if bot.guided is not None and not bot.guided.is_ready:
            await asyncio.to_thread(bot.guided.learn)


async def take_turn(bot: Bot, turn: TurnInput, tools: AgentTools) -> TurnResult:
    """Answer the messages of one turn. The agent calls the guided answerer itself when its model fails."""
    await prepare([bot])
    agent = await load_agent() if bot.model else None
    return cast(TurnResult, await (agent or load(GUIDED)).answer(bot, turn, tools))


async def load_agent() -> ModuleType | None:
    """The agent; `None` when its library is not installed.

    It takes seconds to import and tens of megabytes: in a thread, and only when it is needed.
    """
    try:
        return await asyncio.to_thread(load, AGENT)
    except ImportError as error:
        LOG.warning(
            "a bot names a model, and its library is not installed: pip install 'tapbot[agent]'", lacks=error.name
        )
        return None
