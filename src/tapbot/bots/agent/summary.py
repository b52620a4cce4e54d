"""What a person is shown before a risky call, and what they are told after it: by the guided flows' texts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tapbot.bots.agent.arguments import Refused
from tapbot.bots.agent.schema import OURS
from tapbot.bots.agent.texts import list_details, text_of
from tapbot.bots.agent.types import AgentTools
from tapbot.bots.guided.definition import FormFlow, Outcome, PickFlow
from tapbot.bots.guided.talk import first_object
from tapbot.bots.guided.values import show_value
from tapbot.bots.types import Bot


def find_flow(bot: Bot, tool: str) -> tuple[str, FormFlow | PickFlow] | None:
    """The guided flow that ends in this tool."""
    for name, flow in bot.guided.flows.items() if bot.guided else ():
        if isinstance(flow, FormFlow | PickFlow) and flow.submit.tool == tool:
            return name, flow
    return None


async def summarise(
    bot: Bot, tool: str, arguments: dict[str, Any], tools: AgentTools, language: str, key: str
) -> tuple[str, dict[str, Any]]:
    """The text that asks for a yes, and what was quoted in it.

    Args:
        key: Names the calls that this makes.

    Raises:
        Refused: It cannot be done as asked: no such thing, no price, no room. The model gets to know why.
        ToolFailed: The workflow behind the price or the list failed.
    """
    found = find_flow(bot, tool)
    flow = found[1] if found else None
    if isinstance(flow, FormFlow) and flow.confirm:
        quoted = await quote(flow, arguments, tools, key)
        return text_of(tools, flow.confirm, language, **show(bot, tools, language, arguments, quoted)), quoted
    if isinstance(flow, PickFlow):
        picked = await pick(flow, arguments, tools, key)
        new = {f"new_{name}": arguments.get(name) or picked.get(name) for name in flow.slots}
        shown = show(bot, tools, language, picked, new)
        return text_of(tools, flow.confirm, language, **shown), picked
    asked = {name: value for name, value in arguments.items() if name not in OURS}
    return text_of(tools, "agent.confirm", language, details=list_details(asked)), {}


async def quote(flow: FormFlow, arguments: Mapping[str, Any], tools: AgentTools, key: str) -> dict[str, Any]:
    """The price of what is asked for, by the tool that the form takes it from."""
    estimate = flow.estimate
    if estimate is None:
        return {}
    wanted = {name: arguments[name] for name in [*estimate.needs, *estimate.uses] if arguments.get(name) is not None}
    quoted = first_object(await tools.run_tool(f"{key}/{estimate.tool}", estimate.tool, wanted))
    total = next((quoted[name] for name in estimate.total if quoted.get(name) is not None), None)
    if estimate.total and total is None:
        raise Refused(f"{estimate.tool} has no price for this. Tell the person, and ask what else they want.")
    if quoted.get("available") is False:
        raise Refused(f"There is not enough room: {quoted.get('free_seats', 0)} left. Ask for another time or number.")
    return {**quoted, "total": total}


async def pick(flow: PickFlow, arguments: Mapping[str, Any], tools: AgentTools, key: str) -> dict[str, Any]:
    """The thing of the person's own that the call is about."""
    mine = {"contact_id": arguments["contact_id"]} if arguments.get("contact_id") else {}
    items = first_object(await tools.run_tool(f"{key}/{flow.tool}", flow.tool, mine)).get(flow.items) or []
    usable = [dict(item) for item in items if not flow.active or item.get("status") in flow.active]
    for item in usable:
        if str(item.get(flow.id)).lower() == str(arguments.get(flow.id)).lower():
            return item
    known = ", ".join(str(item.get(flow.id)) for item in usable) or "none"
    raise Refused(f"The person has no {flow.id} {arguments.get(flow.id)!r}; theirs are: {known}.")


def tell_outcome(
    bot: Bot, tool: str, arguments: Mapping[str, Any], result: Any, tools: AgentTools, language: str
) -> tuple[str | None, bool]:
    """What a person is told about a call that was made, and whether that settles the matter.

    Without a text for the tool's status the first is `None`: the model then says it in its own words.
    """
    found = find_flow(bot, tool)
    answer = first_object(result)
    if found is None:
        return None, False
    outcome: Outcome | None = found[1].submit.outcomes.get(str(answer.get("status", "ok")))
    outcome = outcome or found[1].submit.outcomes.get("ok")
    if outcome is None:
        return None, False
    return text_of(tools, outcome.text, language, **show(bot, tools, language, arguments, answer)), outcome.done


def show(bot: Bot, tools: AgentTools, language: str, *sources: Mapping[str, Any]) -> dict[str, str]:
    """Values as a person reads them; later sources win."""
    names = entity_names(bot, tools, language)
    return {
        name: show_value(name.removeprefix("new_"), value, language, names, tools.now)
        for source in sources
        for name, value in source.items()
        if name not in {"key", "language", "self"}
    }


def entity_names(bot: Bot, tools: AgentTools, language: str) -> dict[str, str]:
    """Shown names of the entities by id."""
    slots = bot.guided.slots.values() if bot.guided else ()
    collections = {slot.collection: slot.key for slot in slots if slot.type == "entity"}
    return {
        str(row[key]): str(row.get(f"name_{language}") or row.get("name") or row[key])
        for collection, key in sorted(collections.items())
        for row in tools.entities(collection)
    }
