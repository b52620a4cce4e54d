"""When the model fails: the guided answerer answers the same turn, unless something was already done in it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tapbot.bots.agent.consent import NO_VALUE, YES_VALUE
from tapbot.bots.agent.memory import GUIDED, Memory
from tapbot.bots.agent.summary import tell_outcome
from tapbot.bots.agent.texts import list_details, text_of
from tapbot.bots.agent.toolbox import Desk, Done
from tapbot.bots.agent.types import AgentTools
from tapbot.bots.guided.answer import answer as guided_answer
from tapbot.bots.guided.talk import first_object
from tapbot.bots.types import Bot, TurnInput, TurnResult
from tapbot.errors import TapbotError
from tapbot.telemetry import logger

LOG = logger("bots")


async def note_failure(error: TapbotError, desk: Desk) -> None:
    """Log why the model does not answer this turn, and keep it among the turn's steps."""
    reason = {"code": error.code, "message": error.message}

    async def tell() -> Any:
        return reason

    await desk.tools.model_step("fallback", {}, tell)
    LOG.warning(
        "agent fell back", bot=desk.bot.id, conversation_id=desk.turn.conversation_id, code=error.code,
        message=error.message,
    )  # fmt: skip


async def answer_without_model(memory: Memory, desk: Desk, heard: str) -> TurnResult:
    """The turn's answer when the model gave none.

    What tools changed in this turn stands and is told; the guided answerer, which knows nothing of it, is not asked
    then. Otherwise it answers as if there were no agent, from the values that the agent had collected.
    """
    written = [one for one in desk.done if one.writes]
    if written or desk.handoff:
        return tell_what_happened(memory, desk, heard, written)
    if desk.bot.guided is None:
        return apologise(memory, desk, heard)
    return await answer_guided(desk.bot, desk.turn, desk.tools, memory, heard)


def tell_what_happened(memory: Memory, desk: Desk, heard: str, written: list[Done]) -> TurnResult:
    """Tell the outcome of each call that changed something, and of a handoff."""
    texts = []
    for one in written:
        told, _ = tell_outcome(desk.bot, one.tool, one.arguments, one.result, desk.tools, desk.language)
        details = list_details(first_object(one.result))
        texts.append(told or text_of(desk.tools, "agent.done", desk.language, details=details))
    if desk.handoff:
        texts.append(text_of(desk.tools, "person.called", desk.language))
    text = "\n\n".join(texts)
    memory.add(heard, text)
    return TurnResult([{"text": text, "buttons": []}], memory.to_state(), desk.language, desk.handoff)


def apologise(memory: Memory, desk: Desk, heard: str) -> TurnResult:
    """A bot without guided flows can only ask for patience."""
    text = text_of(desk.tools, "agent.silent", desk.language)
    button = {"label": text_of(desk.tools, "button.person", desk.language), "value": "person:yes"}
    memory.add(heard, text)
    memory.answered_by = GUIDED
    return TurnResult([{"text": text, "buttons": [button]}], memory.to_state(), desk.language)


async def answer_guided(bot: Bot, turn: TurnInput, tools: AgentTools, memory: Memory, heard: str) -> TurnResult:
    """Let the guided answerer answer, and note the exchange, so that the model knows of it next time."""
    messages = [name_button(message, bot, tools, turn) for message in turn.messages]
    result = await guided_answer(bot, replace(turn, state=memory.guided, messages=messages), tools)
    memory.guided = result.state
    memory.answered_by = GUIDED
    memory.add(heard, "\n".join(str(reply["text"]) for reply in result.replies))
    return replace(result, state=memory.to_state())


def name_button(message: dict[str, Any], bot: Bot, tools: AgentTools, turn: TurnInput) -> dict[str, Any]:
    """A pressed button of the agent as the word on it: the guided answerer knows only its own buttons."""
    value = str(message.get("value") or "")
    if not value.startswith((YES_VALUE, NO_VALUE)):
        return message
    key = "button.yes" if value.startswith(YES_VALUE) else "button.no"
    return {"text": text_of(tools, key, turn.language or bot.languages[0]), "value": None}
