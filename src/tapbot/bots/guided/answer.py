"""One turn of the guided answerer: hear every message, carry the flow on, answer once."""

from __future__ import annotations

from tapbot.bots.guided.advance import advance
from tapbot.bots.guided.asking import offer_menu
from tapbot.bots.guided.listen import hear
from tapbot.bots.guided.reading import Reader
from tapbot.bots.guided.state import load_state
from tapbot.bots.guided.talk import Talk
from tapbot.bots.types import Bot, ToolFailed, TurnInput, TurnResult, TurnTools
from tapbot.errors import InvalidInput


async def answer(bot: Bot, turn: TurnInput, tools: TurnTools) -> TurnResult:
    """Answer the messages of one turn without a model.

    The answer depends on the arguments and on what the tools return, on nothing else: a killed turn is replayed
    from its start.

    Raises:
        InvalidInput: The bot has no guided definition.
    """
    if bot.guided is None:
        raise InvalidInput(
            f"The bot {bot.id!r} has no guided answerer.", code="bots.no_guided", hint="Name its file under `guided:`."
        )
    collections = {slot.collection for slot in bot.guided.slots.values() if slot.type == "entity"}
    reader = Reader(bot.guided, {name: tools.entities(name) for name in sorted(collections)})
    language = turn.language or turn.contact.get("language") or bot.languages[0]
    language = language if language in bot.languages else bot.languages[0]
    talk = Talk(bot, bot.guided, turn, tools, reader, load_state(turn.state), language)
    for message in turn.messages:
        await hear(talk, message)
    await carry_on(talk)
    return finish(talk)


async def carry_on(talk: Talk) -> None:
    """Advance the flow; a failed tool is told, and may be tried again."""
    try:
        await advance(talk)
    except ToolFailed:
        talk.said.append(talk.text("tool.failed"))
        talk.state.person_offered = talk.state.asked != "confirm"
        person = (talk.text("button.person"), "person:yes")
        if talk.state.asked == "confirm":
            talk.offer((talk.text("button.retry"), "confirm:yes"), person)
        else:
            talk.offer(person)


def finish(talk: Talk) -> TurnResult:
    """The turn's one reply: what was said, then the question with its buttons."""
    if not talk.said:
        talk.say("affirm.idle")
        offer_menu(talk)
    if not talk.state.greeted:
        talk.said.insert(0, talk.text("greet.short"))
        talk.state.greeted = True
    reply = {"text": "\n\n".join(talk.said), "buttons": talk.buttons}
    return TurnResult([reply], talk.state.to_json(), talk.language, talk.handoff, talk.contact)
