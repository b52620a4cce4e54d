"""Who answers a turn: the agent when the bot names a model, and the guided answerer otherwise or when that fails."""

from __future__ import annotations

from tapbot.bots.guided.answer import answer as guided_answer
from tapbot.bots.types import Bot, TurnInput, TurnResult, TurnTools


async def take_turn(bot: Bot, turn: TurnInput, tools: TurnTools) -> TurnResult:
    """Answer the messages of one turn."""
    return await guided_answer(bot, turn, tools)
