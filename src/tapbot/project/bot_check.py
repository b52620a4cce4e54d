"""Mistakes in bots that can be found without a conversation: texts, tools, knowledge, models, collections."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from typing import TYPE_CHECKING

from tapbot.bots.types import Bot
from tapbot.project.types import Problem, Project

if TYPE_CHECKING:
    from tapbot.bots.guided.definition import Guided

FIXED_TEXTS = frozenset(
    [
        "affirm.idle",
        "bad.past",
        "bad.phone",
        "bad.same",
        "bad.too_far",
        "button.change",
        "button.no",
        "button.no_person",
        "button.person",
        "button.retry",
        "button.stale",
        "button.yes",
        "deny.idle",
        "form.stopped",
        "form.what",
        "greet.short",
        "knowledge.answer",
        "person.called",
        "thanks.reply",
        "tool.failed",
        "unknown.again",
        "unknown.first",
        "unknown.form",
    ]
)
"""Texts that the guided answerer says whatever a bot's file holds."""
DAY_TEXTS = frozenset({"day.after", "day.today", "day.tomorrow"})


def check_bot(bot: Bot, project: Project) -> list[Problem]:
    """Everything that a bot names and the project lacks."""
    place = f"bots/{bot.id}.md"
    return [*_missing_parts(bot, project, place), *_missing_texts(bot, project, place)]


def _missing_parts(bot: Bot, project: Project, place: str) -> Iterator[Problem]:
    workflows = {name for file in project.workflow_files for name in (file.workflow_id, file.name)}
    named = set(bot.tools) | (set(tools_of(bot.guided)) if bot.guided else set())
    for tool in sorted(named - workflows):
        near = get_close_matches(tool, workflows, n=1)
        hint = f"Did you mean {near[0]!r}?" if near else f"Make workflows/{tool}.json."
        yield _missing(place, f"the tool {tool!r} is no workflow of this project.", hint)
    if bot.knowledge and not any(one.id.startswith(bot.knowledge.rstrip("/") + "/") for one in project.documents):
        yield _missing(place, f"there are no documents in {bot.knowledge}/.", "Put Markdown files there.")
    if bot.model and bot.model not in project.settings.models:
        yield _missing(place, f"there is no model {bot.model!r}.", f"Describe it in tapbot.toml: [models.{bot.model}].")
    for name, slot in bot.guided.slots.items() if bot.guided else ():
        if slot.type == "entity" and slot.collection not in project.collections:
            yield _missing(place, f"the slot {name!r} needs the collection {slot.collection!r}.", None)


def _missing(place: str, message: str, hint: str | None) -> Problem:
    return Problem(place, message, hint, "project.missing_reference")


def _missing_texts(bot: Bot, project: Project, place: str) -> Iterator[Problem]:
    if bot.guided is None:
        return
    missing = sorted(needed_texts(bot.guided) - set(project.texts))
    if missing:
        message = f"messages/ lacks {len(missing)} texts that it says: {', '.join(missing)}."
        yield Problem(place, message, "Add them to a file in messages/.", "project.missing_text")


def tools_of(guided: Guided) -> Iterator[str]:
    """The workflows that the flows call."""
    for flow in guided.flows.values():
        for part in (flow, getattr(flow, "submit", None), getattr(flow, "estimate", None)):
            tool = getattr(part, "tool", None)
            if tool:
                yield tool


def needed_texts(guided: Guided) -> set[str]:
    """Keys of all texts that the guided answerer may say for this bot."""
    needed = set(FIXED_TEXTS) | {f"menu.{name}" for name in guided.menu}
    needed |= {intent.text for intent in guided.intents.values() if intent.text}
    for name, flow in guided.flows.items():
        needed |= set(_flow_texts(name, flow))
        for slot in getattr(flow, "slots", []):
            needed |= set(_slot_texts(slot, guided.slots[slot], asked=flow.kind == "form"))
            needed |= {f"edit.{slot}"} if _can_be_edited(flow) else set()
    return needed


def _flow_texts(name: str, flow: object) -> Iterator[str]:
    """Texts of the fields of a flow whose value is a key, of its estimate and of its outcomes."""
    for field in ("confirm", "label", "none", "intro"):
        if key := getattr(flow, field, None):
            yield key
    estimate = getattr(flow, "estimate", None)
    for field in ("text", "none", "full"):
        if key := getattr(estimate, field, None):
            yield key
    submit = getattr(flow, "submit", None)
    for outcome in submit.outcomes.values() if submit else ():
        yield outcome.text
    if getattr(flow, "kind", None) == "pick":
        yield from (f"pick.{name}", *(("change.what",) if getattr(flow, "slots", None) else ()))


def _can_be_edited(flow: object) -> bool:
    """Whether the flow may ask which value to change: after a summary, or when the tool refused."""
    submit = getattr(flow, "submit", None)
    refused = any(not outcome.done for outcome in submit.outcomes.values()) if submit else False
    return bool(getattr(flow, "confirm", None)) or refused


def _slot_texts(name: str, slot: object, *, asked: bool) -> Iterator[str]:
    kind = getattr(slot, "type", "")
    if asked:
        yield f"ask.{name}"
    if kind == "entity":
        yield "bad.place"
    if kind == "datetime":
        yield from (f"ask.{name}.date", f"ask.{name}.time", *DAY_TEXTS)
    if kind == "integer":
        yield f"bad.{name}"
    if kind == "choice":
        yield from (f"choice.{name}.{value}" for value in getattr(slot, "values", []))
