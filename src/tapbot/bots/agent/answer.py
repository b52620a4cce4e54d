"""One turn of the agent: a decision that waits, else the model with its tools, else the guided answerer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic_ai import Agent, DeferredToolRequests
from pydantic_ai.exceptions import AgentRunError, UnexpectedModelBehavior, UsageLimitExceeded
from pydantic_ai.usage import UsageLimits

from tapbot.bots.agent.carry import await_decision, carry_slots, close_form
from tapbot.bots.agent.consent import NO_VALUE, YES_VALUE, leans_to_yes, read_decision
from tapbot.bots.agent.endpoint import open_model
from tapbot.bots.agent.fallback import answer_guided, answer_without_model, note_failure
from tapbot.bots.agent.memory import AGENT, GUIDED, Memory, Pending, load_memory
from tapbot.bots.agent.messages import to_entries, to_library
from tapbot.bots.agent.privacy import mask_text
from tapbot.bots.agent.prompt import write_instructions
from tapbot.bots.agent.recorded_model import RecordedModel
from tapbot.bots.agent.schema import is_phone
from tapbot.bots.agent.summary import find_flow, tell_outcome
from tapbot.bots.agent.texts import text_of
from tapbot.bots.agent.toolbox import Desk, Done, Toolbox, describe
from tapbot.bots.agent.types import AgentTools, ModelFailed
from tapbot.bots.guided.state import CONFIRM
from tapbot.bots.types import Bot, ToolFailed, TurnInput, TurnResult
from tapbot.bots.understanding.language import detect_language
from tapbot.errors import TapbotError

PERSON_BUTTON = "person:yes"


async def answer(bot: Bot, turn: TurnInput, tools: AgentTools) -> TurnResult:
    """Answer the messages of one turn with a model.

    All that reaches the world goes through `tools` and is recorded, the model's answers and failures too, so that a
    killed turn is replayed to the same end.
    """
    memory = load_memory(turn.state)
    if turn.summary:
        memory.add(
            "(A colleague had this conversation and gives it back.)", f"Noted, from the colleague: {turn.summary}"
        )
    language = choose_language(bot, turn)
    desk = Desk(bot, turn, tools, language)
    heard = read_messages(turn, desk)
    if belongs_to_guided(memory, turn, bot):
        return await answer_guided(bot, turn, tools, memory, heard)
    memory.answered_by = AGENT
    if any(message.get("value") == PERSON_BUTTON for message in turn.messages):
        desk.handoff = "asked"
        return reply(memory, desk, text_of(tools, "person.called", language), heard)
    pending = memory.pending
    match read_decision(turn.messages, pending.digest if pending and pending.is_whole else None):
        case "stale":
            return refuse_stale(memory, desk, heard)
        case "yes" if pending:
            return await carry_out(memory, desk, pending, heard)
    if pending:
        if leans_to_yes(turn.messages):
            desk.agreed_digest = pending.digest
            desk.agreed_request_id = pending.arguments.get("request_id")
        memory.settle(f"Not done: the person was shown this and did not simply agree: {pending.summary}")
    return await ask_model(memory, desk, heard)


# --- a decision ----------------------------------------------------------------------------------------------------


def refuse_stale(memory: Memory, desk: Desk, heard: str) -> TurnResult:
    """A button of an older summary does nothing; the newer one, if any, is shown again."""
    text = text_of(desk.tools, "button.stale", desk.language)
    if memory.pending is None:
        return reply(memory, desk, text, heard)
    return reply(memory, desk, f"{text}\n\n{memory.pending.summary}", None, decision_buttons(desk, memory.pending))


def decision_buttons(desk: Desk, pending: Pending) -> list[tuple[str, str]]:
    """Yes and no, bound to the arguments that are shown."""
    yes, no = (text_of(desk.tools, f"button.{one}", desk.language) for one in ("yes", "no"))
    return [(yes, YES_VALUE + pending.digest), (no, NO_VALUE + pending.digest)]


async def carry_out(memory: Memory, desk: Desk, pending: Pending, heard: str) -> TurnResult:
    """Make exactly the call that was shown, and tell how it went: by the project's text, else by the model."""
    try:
        result = await desk.tools.run_tool("agent/agreed", pending.tool, pending.arguments)
    except ToolFailed:
        buttons = [
            (text_of(desk.tools, "button.retry", desk.language), YES_VALUE + pending.digest),
            (text_of(desk.tools, "button.person", desk.language), "person:yes"),
        ]
        return reply(memory, desk, text_of(desk.tools, "tool.failed", desk.language), None, buttons)
    memory.settle(f"The person agreed. {describe(result)}")
    told, settled = tell_outcome(desk.bot, pending.tool, pending.arguments, result, desk.tools, desk.language)
    if told is None or not settled:
        desk.done.append(Done(pending.tool, pending.arguments, result, writes=True))
        return await ask_model(memory, desk, heard)
    memory.guided = close_form(memory.guided)
    found = find_flow(desk.bot, pending.tool)
    kept = {name: pending.arguments[name] for name in getattr(found[1], "keep", [])} if found else {}
    return reply(memory, desk, told, heard, contact=kept)


def reply(
    memory: Memory,
    desk: Desk,
    text: str,
    heard: str | None,
    buttons: list[tuple[str, str]] | None = None,
    contact: dict[str, Any] | None = None,
) -> TurnResult:
    """An answer without the model; `heard` is noted with it, unless a call still waits for its result."""
    if heard is not None and memory.pending is None:
        memory.add(heard, text)
    shown = [{"label": label, "value": value} for label, value in buttons or []]
    said = [{"text": text, "buttons": shown}]
    return TurnResult(said, memory.to_state(), desk.language, desk.handoff, contact or {})


# --- the model -----------------------------------------------------------------------------------------------------


async def ask_model(memory: Memory, desk: Desk, heard: str) -> TurnResult:
    """Let the model answer; when it fails, answer without it."""
    before = len(memory.messages)
    try:
        output = await run_agent(memory, desk, heard)
    except (ModelFailed, AgentRunError) as error:
        del memory.messages[before:]
        desk.pending = None
        await note_failure(explain(error), desk)
        return await answer_without_model(memory, desk, heard)
    calls = [(one.tool, one.arguments) for one in desk.done]
    if desk.pending is None or not isinstance(output, DeferredToolRequests):
        memory.guided = carry_slots(desk.bot, memory.guided, calls)
        return reply(memory, desk, str(output), None)
    pending = memory.pending = desk.pending
    calls.append((pending.tool, pending.arguments))
    memory.guided = await_decision(carry_slots(desk.bot, memory.guided, calls), desk.quoted)
    return reply(memory, desk, pending.summary, None, decision_buttons(desk, pending))


async def run_agent(memory: Memory, desk: Desk, heard: str) -> str | DeferredToolRequests:
    """Run the loop of requests and tool calls, and keep what was said in it.

    Raises:
        ModelFailed: A request failed, or too many tool calls did.
        AgentRunError: The model answers nonsense again and again, or goes over a limit.
    """
    bot, tools = desk.bot, desk.tools
    section = tools.models.get(bot.model or "")
    if section is None:
        raise ModelFailed(f"The settings describe no model {bot.model!r}.", code="agent.no_model")
    model = RecordedModel(open_model(str(bot.model), section, tools.http), str(bot.model), section, tools)
    agent = Agent(
        model,
        output_type=[str, DeferredToolRequests],
        instructions=write_instructions(bot, desk.turn, tools, desk.language),
        toolsets=[Toolbox(desk)],
        retries=1,
        name=bot.id,
        deps_type=type(None),
    )
    limits = UsageLimits(
        request_limit=min(section.request_limit, bot.limits.steps_per_turn),
        tool_calls_limit=bot.limits.steps_per_turn,
        total_tokens_limit=bot.limits.tokens_per_turn,
    )
    result = await agent.run(heard, message_history=to_library(memory.messages), usage_limits=limits)
    memory.messages += to_entries(result.new_messages())
    return result.output


def explain(error: Exception) -> TapbotError:
    """Why there is no answer, without anything that a model or an endpoint wrote."""
    if isinstance(error, TapbotError):
        return error
    if isinstance(error, UsageLimitExceeded):
        return ModelFailed("The turn went over its limit of requests, tool calls or tokens.", code="agent.limit")
    if isinstance(error, UnexpectedModelBehavior):
        return ModelFailed("The model's answers could not be used, twice in a row.", code="agent.malformed")
    return ModelFailed(f"The model's answer could not be used ({type(error).__name__}).")


# --- the messages --------------------------------------------------------------------------------------------------


def belongs_to_guided(memory: Memory, turn: TurnInput, bot: Bot) -> bool:
    """Whether the guided answerer goes on: its own button was pressed, or its own summary gets a yes or a no."""
    if bot.guided is None:
        return False
    values = [str(message.get("value") or "") for message in turn.messages]
    if any(value and not value.startswith((YES_VALUE, NO_VALUE)) for value in values):
        return True
    asked = memory.answered_by == GUIDED and memory.guided.get("asked") == CONFIRM
    return asked and read_decision(turn.messages, "") is not None


def read_messages(turn: TurnInput, desk: Desk) -> str:
    """The messages as one text for the model, without what it must not know."""
    hide_phones = not any(
        is_phone(desk.bot, name) for tool in desk.bot.tools for name in desk.tools.tool_schema(tool).fields
    )
    texts = []
    for message in turn.messages:
        value = str(message.get("value") or "")
        text = str(message.get("text") or "").strip() or value
        text = " ".join(filter(None, [text, *map(_name_attachment, message.get("attachments", ()))]))
        if value.startswith((YES_VALUE, NO_VALUE)):
            text = text_of(desk.tools, "button.yes" if value.startswith(YES_VALUE) else "button.no", desk.language)
        texts.append(mask_text(text[: desk.bot.limits.message_chars], phones=hide_phones))
    return "\n".join(texts)


def _name_attachment(one: Mapping[str, Any]) -> str:
    """A file or a place in words; a voice message whose words are known needs none."""
    if one.get("transcript"):
        return ""
    where = f"{one['latitude']}, {one['longitude']}" if one["kind"] == "place" else ""
    return f"[{' '.join(filter(None, [one['kind'], one.get('name'), where]))}]"


def choose_language(bot: Bot, turn: TurnInput) -> str:
    """The language of the last text; of the turn before when there is none."""
    previous = turn.language or turn.contact.get("language")
    previous = previous if previous in bot.languages else None
    text = next((str(one["text"]) for one in reversed(turn.messages) if one.get("text")), "")
    found = detect_language(text, previous=previous, default=bot.languages[0])
    return found if found in bot.languages else previous or bot.languages[0]
