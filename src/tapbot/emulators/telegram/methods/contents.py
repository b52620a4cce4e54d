"""What needs no file: texts, places, people's numbers, dice, polls, and "typing…"."""

from __future__ import annotations

from tapbot.emulators.telegram.calls import Call, method
from tapbot.emulators.telegram.facts import bad_request
from tapbot.emulators.telegram.sending import count_units, read_inline_keyboard, read_text, send
from tapbot.emulators.telegram.world import Json

DICE = {"🎲": 6, "🎯": 6, "🎳": 6, "🏀": 5, "⚽": 5, "🎰": 64}
"""The emoji that can be thrown, and how many values each has."""
ACTIONS = (
    {"typing", "choose_sticker", "find_location"}
    | {f"{deed}_{what}" for deed in ("upload", "record") for what in ("video", "voice", "video_note")}
    | {"upload_photo", "upload_document"}
)
MOST_OPTIONS = 12
LONGEST_QUESTION = 300
LONGEST_OPTION = 100
LIVE_SECONDS = range(60, 86401)
FOREVER_LIVE = 0x7FFFFFFF
PLACE = ("latitude", "longitude", "horizontal_accuracy", "live_period", "heading", "proximity_alert_radius")


@method
async def send_message(call: Call) -> Json:
    """A text, perhaps with a keyboard."""
    return send(call, {**read_text(call), **call.chosen("link_preview_options")})


@method
async def send_location(call: Call) -> Json:
    """A point on the map, which may move."""
    return send(call, {"location": read_place(call)})


def read_place(call: Call) -> Json:
    """The point of the arguments.

    Raises:
        Refusal: It is not on earth, or would move too briefly or too long.
    """
    place = call.chosen(*PLACE)
    if not (-90 <= place["latitude"] <= 90 and -180 <= place["longitude"] <= 180):
        raise bad_request("wrong location specified")
    period = place.get("live_period")
    if period is not None and period not in LIVE_SECONDS and period != FOREVER_LIVE:
        raise bad_request("LIVE_PERIOD_INVALID")
    return place


@method
async def send_venue(call: Call) -> Json:
    """A place with a name. Programs that know no venues see its location."""
    location = read_place(call)
    told = ("title", "address", "foursquare_id", "foursquare_type", "google_place_id", "google_place_type")
    return send(call, {"location": location, "venue": {"location": location, **call.chosen(*told)}})


@method
async def send_contact(call: Call) -> Json:
    """Somebody's phone number."""
    contact = call.chosen("phone_number", "first_name", "last_name", "vcard")
    if not any(letter.isdecimal() for letter in contact["phone_number"]):
        raise bad_request("phone number is invalid")
    known = next(
        (user for user in call.bot.users.values() if user.get("phone_number") == contact["phone_number"]), None
    )
    return send(call, {"contact": {**contact, **({"user_id": known["id"]} if known else {})}})


@method
async def send_dice(call: Call) -> Json:
    """A throw: its value follows from the number of messages, so that a test can be repeated."""
    emoji = call.arguments.get("emoji", "🎲")
    if emoji not in DICE:
        raise bad_request("EMOTICON_INVALID")
    value = len(call.chat().messages) * 7 % DICE[emoji] + 1
    return send(call, {"dice": {"emoji": emoji, "value": value}})


@method
async def send_chat_action(call: Call) -> bool:
    """ "typing…" and the like, until the next message."""
    if call.arguments["action"] not in ACTIONS:
        raise bad_request("wrong parameter action in request")
    call.chat().action = call.arguments["action"]
    return True


@method
async def send_poll(call: Call) -> Json:
    """A question with options, in which people vote."""
    poll = _read_poll(call)
    sent = send(call, {"poll": poll})
    call.bot.votes[poll["id"]] = {}
    return sent


def _read_poll(call: Call) -> Json:
    given = call.arguments
    kind = given.get("type", "regular")
    if kind not in {"regular", "quiz"}:
        raise bad_request("unsupported poll type specified")
    _check_question(given["question"], [option["text"] for option in given["options"]])
    right = given.get("correct_option_ids", [])
    if kind == "quiz" and not (right and all(0 <= one < len(given["options"]) for one in right)):
        raise bad_request("wrong correct option ID specified")
    number = call.bot.new_id()
    options = [
        {"persistent_id": f"{number}-{position}", "text": option["text"], "voter_count": 0}
        for position, option in enumerate(given["options"])
    ]
    return {
        "id": number,
        "question": given["question"],
        "options": options,
        "total_voter_count": 0,
        "is_closed": given.get("is_closed", False),
        "is_anonymous": given.get("is_anonymous", True),
        "type": kind,
        "allows_multiple_answers": given.get("allows_multiple_answers", False),
        "allows_revoting": given.get("allows_revoting", kind == "regular"),
        "members_only": given.get("members_only", False),
        **call.chosen("explanation", "open_period", "close_date", "description"),
        **({"correct_option_ids": right} if kind == "quiz" else {}),
    }


def _check_question(question: str, options: list[str]) -> None:
    if not question.strip():
        raise bad_request("poll question must be non-empty")
    if count_units(question) > LONGEST_QUESTION:
        raise bad_request(f"poll question length must not exceed {LONGEST_QUESTION}")
    if not options:
        raise bad_request("poll must have at least 1 option")
    if len(options) > MOST_OPTIONS:
        raise bad_request(f"poll can't have more than {MOST_OPTIONS} options")
    if not all(option.strip() for option in options):
        raise bad_request("poll options must be non-empty")
    if any(count_units(option) > LONGEST_OPTION for option in options):
        raise bad_request(f"poll options length must not exceed {LONGEST_OPTION}")


@method
async def stop_poll(call: Call) -> Json:
    """Nobody votes any more."""
    message = call.chat().messages.get(call.arguments["message_id"])
    if message is None:
        raise bad_request("message with poll to stop not found")
    if "poll" not in message:
        raise bad_request("message is not a poll")
    poll: Json = message["poll"]
    if message["from"]["id"] != call.bot.id:
        raise bad_request("poll can't be stopped")
    if poll["is_closed"]:
        raise bad_request("poll has already been closed")
    poll["is_closed"] = True
    message.pop("reply_markup", None)
    markup = read_inline_keyboard(call.arguments)
    if markup:
        message["reply_markup"] = markup
    return poll
