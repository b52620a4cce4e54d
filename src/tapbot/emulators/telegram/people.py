"""The people of the emulated world, by HTTP: they write, press, react, vote, pay and join; and the page for it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from tapbot.emulators.telegram import businesses, deeds
from tapbot.emulators.telegram.chats import Chat
from tapbot.emulators.telegram.facts import Refusal, bad_request
from tapbot.emulators.telegram.pace import Pace
from tapbot.emulators.telegram.showing import show_chat
from tapbot.emulators.telegram.world import Bot, Json, World

BROWSER = Path(__file__).parent / "browser"
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' data:; media-src 'self'"
)
USER_DETAILS = ("first_name", "last_name", "username", "language_code", "phone_number")
POST = ["POST"]


class People:
    """The endpoints below `/emulator/{token}`."""

    def __init__(self, world: World) -> None:
        self._world = world

    def routes(self) -> list[Route]:
        """All of them."""
        user = "/emulator/{token}/users/{user_id:int}"
        return [
            Route("/emulator", self.page),
            Route("/emulator/bots", self.list_bots),
            Route("/emulator/static/{name}", self.static),
            Route("/emulator/{token}/chats", self.add_chat, methods=POST),
            Route("/emulator/{token}/chats/{chat_id}", self.look),
            Route("/emulator/{token}/chats/{chat_id}/migrate", self.migrate, methods=POST),
            Route("/emulator/{token}/business/{business}/chats/{chat_id:int}", self.look_at_business),
            Route("/emulator/{token}/pace", self.pace, methods=["GET", *POST]),
            Route("/emulator/{token}/files/{file_id}", self.load),
            Route("/emulator/{token}/inline/{query_id}", self.look_at_results),
            Route(f"{user}/messages", self.write, methods=POST),
            Route(f"{user}/edit", self.edit, methods=POST),
            Route(f"{user}/press", self.press, methods=POST),
            Route(f"{user}/react", self.react, methods=POST),
            Route(f"{user}/vote", self.vote, methods=POST),
            Route(f"{user}/pay", self.pay, methods=POST),
            Route(f"{user}/inline", self.ask_inline, methods=POST),
            Route(f"{user}/choose", self.choose, methods=POST),
            Route(f"{user}/block", self.block, methods=POST),
            Route(f"{user}/business", self.connect, methods=POST),
            Route(f"{user}/membership", self.go, methods=POST),
        ]

    async def write(self, request: Request) -> Response:
        """A person writes: a `text`, a file or an `album`, `location` or `contact`; `chat_id` for a group.

        Optionally `caption`, `reply_to`, `message_thread_id`, `forwarded_from`, `first_name`, `language_code`.
        """
        bot, user_id, body = await self._act(request)
        updates = deeds.write(self._world, bot, user_id, body)
        numbers = [update["message"]["message_id"] for update in updates]
        return JSONResponse({"update_id": updates[0]["update_id"], "message_id": numbers[0], "message_ids": numbers})

    async def edit(self, request: Request) -> Response:
        """A person edits their message: `{"message_id", "text"}`, or `caption`, or `location`."""
        bot, user_id, body = await self._act(request, message_id=int)
        update = deeds.edit(self._world, bot, user_id, body)
        return JSONResponse({"update_id": update["update_id"]})

    async def press(self, request: Request) -> Response:
        """A person presses a button: `{"message_id", "data"}`."""
        bot, user_id, body = await self._act(request, message_id=int, data=str)
        return JSONResponse({"callback_query_id": deeds.press_button(self._world, bot, user_id, body)})

    async def react(self, request: Request) -> Response:
        """A person reacts: `{"message_id", "emoji": "👍"}`, or `null` to take it back."""
        bot, user_id, body = await self._act(request, message_id=int)
        deeds.react(self._world, bot, user_id, body)
        return JSONResponse({})

    async def vote(self, request: Request) -> Response:
        """A person votes: `{"message_id", "options": [0]}`."""
        bot, user_id, body = await self._act(request, message_id=int, options=list)
        deeds.vote(self._world, bot, user_id, body)
        return JSONResponse({})

    async def pay(self, request: Request) -> Response:
        """A person wants to pay: `{"message_id"}`, and `shipping_option_id` after a shipping query."""
        bot, user_id, body = await self._act(request, message_id=int)
        return JSONResponse({"query_id": deeds.pay(self._world, bot, user_id, body)})

    async def ask_inline(self, request: Request) -> Response:
        """A person types the bot's name and a `{"query"}`."""
        bot, user_id, body = await self._act(request, query=str)
        return JSONResponse({"inline_query_id": deeds.ask_inline(self._world, bot, user_id, body)})

    async def choose(self, request: Request) -> Response:
        """A person takes a result: `{"inline_query_id", "result_id"}`."""
        bot, user_id, body = await self._act(request, inline_query_id=str, result_id=str)
        return JSONResponse(deeds.choose(self._world, bot, user_id, body))

    async def block(self, request: Request) -> Response:
        """A person blocks the bot, or takes it back: `{"blocked": true}`."""
        bot, user_id, body = await self._act(request)
        deeds.block(self._world, bot, user_id, blocked=bool(body.get("blocked", True)))
        return JSONResponse({})

    async def connect(self, request: Request) -> Response:
        """A person lets the bot answer in their name: optionally `rights` and `enabled`; gives the connection's id.

        From then on messages may name it as `business`: those of customers, and with `chat_id` those of the person.
        """
        bot, user_id, body = await self._act(request)
        return JSONResponse({"business_connection_id": businesses.connect(self._world, bot, user_id, body)})

    async def look_at_business(self, request: Request) -> Response:
        """A chat of a business account."""
        bot = self._find_bot(request)
        business = bot.businesses.get(request.path_params["business"])
        chat = business.chats.get(request.path_params["chat_id"]) if business else None
        if chat is None:
            raise Refusal(404, "Not Found: chat not found")
        return JSONResponse(show_chat(bot, chat))

    async def go(self, request: Request) -> Response:
        """A person joins a group, leaves it, or asks to be let in: `{"chat_id", "deed": "join"}`."""
        bot, user_id, body = await self._act(request, chat_id=int, deed=str)
        chat = _find_chat(bot, str(body["chat_id"]))
        if body["deed"] == "ask":
            deeds.ask_to_join(self._world, bot, user_id, chat)
        elif body["deed"] in {"join", "leave"}:
            deeds.go(self._world, bot, user_id, chat, inside=body["deed"] == "join")
        else:
            raise bad_request("a deed is join, leave or ask")
        return JSONResponse({})

    async def add_chat(self, request: Request) -> Response:
        """The bot is added to a group: `{"id": -100…, "title"}`; optionally `bot`, `rights`, `is_forum`, `owner`."""
        bot, body = self._find_bot(request), await _read_object(request)
        return JSONResponse(show_chat(bot, deeds.add_group(self._world, bot, body)))

    async def migrate(self, request: Request) -> Response:
        """A group becomes a supergroup: `{"to": -100…}`."""
        bot, body = self._find_bot(request), await _read_object(request, to=int)
        chat = deeds.migrate(self._world, bot, _find_chat(bot, request.path_params["chat_id"]), body["to"])
        return JSONResponse(show_chat(bot, chat))

    async def look(self, request: Request) -> Response:
        """The chat as the person in it sees it."""
        bot = self._find_bot(request)
        return JSONResponse(show_chat(bot, _find_chat(bot, request.path_params["chat_id"])))

    async def pace(self, request: Request) -> Response:
        """How fast the bot sends; POST `{"enforced": true}` begins the count anew and refuses what is too fast."""
        bot = self._find_bot(request)
        if request.method == "POST":
            bot.pace = Pace(enforced=bool((await _read_object(request)).get("enforced", False)))
        return JSONResponse(bot.pace.show())

    async def load(self, request: Request) -> Response:
        """A file as the person sees it."""
        stored = self._find_bot(request).files.by_id.get(request.path_params["file_id"])
        if stored is None:
            raise Refusal(404, "Not Found")
        return Response(stored.content, media_type=stored.mime_type)

    async def look_at_results(self, request: Request) -> Response:
        """What the bot offers for an inline query; `null` while it has not answered."""
        question = self._find_bot(request).inline_queries.get(request.path_params["query_id"])
        if question is None:
            raise Refusal(404, "Not Found")
        return JSONResponse({"answer": question.answer})

    async def list_bots(self, _request: Request) -> Response:
        """The bots that were seen, with their chats: for the page."""
        bots = [
            {"token": bot.token, "chats": [chat.chat for chat in bot.chats.values()]}
            for bot in self._world.bots.values()
        ]
        return JSONResponse({"bots": bots})

    async def page(self, _request: Request) -> Response:
        """A page to chat with the bots."""
        return FileResponse(BROWSER / "page.html", headers={"Content-Security-Policy": PAGE_POLICY})

    async def static(self, request: Request) -> Response:
        """The page's script and style."""
        name = request.path_params["name"]
        if name not in {"page.js", "page.css"}:
            raise Refusal(404, "Not Found")
        return FileResponse(BROWSER / name)

    def _find_bot(self, request: Request) -> Bot:
        bot = self._world.find_bot(request.path_params["token"])
        if bot is None:
            raise Refusal(401, "Unauthorized")
        return bot

    async def _act(self, request: Request, **needed: type) -> tuple[Bot, int, Json]:
        """Who does something with which bot, and the body that says what."""
        bot, user_id = self._find_bot(request), request.path_params["user_id"]
        body = await _read_object(request, **needed)
        self._world.meet_user(bot, user_id, {name: body.get(name) for name in USER_DETAILS})
        return bot, user_id, body


async def _read_object(request: Request, **needed: type) -> Json:
    body: Any = await request.json()
    if not isinstance(body, dict):
        raise bad_request("the body must be an object")
    for name, kind in needed.items():
        if not isinstance(body.get(name), kind):
            raise bad_request(f"the body needs {' and '.join(needed)}")
    return body


def _find_chat(bot: Bot, written: str) -> Chat:
    chat = bot.chats.get(int(written)) if written.lstrip("-").isdecimal() else None  # ":int" knows no negative numbers
    if chat is None:
        raise Refusal(404, "Not Found: chat not found")
    return chat
