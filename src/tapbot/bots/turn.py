"""Who answers a turn: the agent when the bot names a model, and the guided answerer otherwise."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, cast

from tapbot.bots.guided.answer import answer as guided_answer
from tapbot.bots.types import Bot, TurnInput, TurnResult
from tapbot.loader import load

if TYPE_CHECKING:
    from tapbot.bots.agent.types import AgentTools

AGENT = "tapbot.bots.agent.answer"


async def take_turn(bot: Bot, turn: TurnInput, tools: AgentTools) -> TurnResult:
    """Answer the messages of one turn. The agent calls the guided answerer itself when its model fails."""
    if bot.model is None:
        return await guided_answer(bot, turn, tools)
    # The model library takes seconds to import and tens of megabytes: in a thread, and only when it is needed.
    agent = await asyncio.to_thread(load, AGENT)
    return cast(TurnResult, await agent.answer(bot, turn, tools))
