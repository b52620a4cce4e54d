"""Answers to what people do besides writing: pressed buttons and inline queries."""

from __future__ import annotations

from tapbot.emulators.telegram.calls import Call, method
from tapbot.emulators.telegram.facts import bad_request, query_is_too_old

MOST_RESULTS = 50
LONGEST_ID_BYTES = 64
LONGEST_NOTICE = 200


@method
async def answer_callback_query(call: Call) -> bool:
    """The pressed button stops waiting, once."""
    press = call.bot.presses.get(call.arguments["callback_query_id"])
    if press is None or press.answered:
        raise query_is_too_old()
    if len(call.arguments.get("text", "")) > LONGEST_NOTICE:
        raise bad_request("MESSAGE_TOO_LONG")
    press.answered, press.text = True, call.arguments.get("text")
    press.show_alert = call.arguments.get("show_alert", False)
    return True


@method
async def answer_inline_query(call: Call) -> bool:
    """What somebody who typed the bot's name may choose from, once."""
    question = call.bot.inline_queries.get(call.arguments["inline_query_id"])
    if question is None or question.answer is not None:
        raise query_is_too_old()
    ids = [result["id"] for result in call.arguments["results"]]
    if len(ids) > MOST_RESULTS:
        raise bad_request("RESULTS_TOO_MUCH")
    if not all(1 <= len(one.encode()) <= LONGEST_ID_BYTES for one in ids):
        raise bad_request("RESULT_ID_INVALID")
    if len(set(ids)) != len(ids):
        raise bad_request("RESULT_ID_DUPLICATE")
    question.answer = call.arguments
    return True
