"""An unmodified aiogram bot holds a conversation with the emulator, by polling and by webhook."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
from aiogram import Bot, Dispatcher, F
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.exceptions import TelegramBadRequest, TelegramRetryAfter, TelegramServerError, TelegramUnauthorizedError
from aiogram.filters import CommandStart
from aiogram.types import (
    BotCommand,
    BufferedInputFile,
    CallbackQuery,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    Message,
)
from aiogram.webhook.aiohttp_server import SimpleRequestHandler
from aiohttp import web
from tests.integration.emulators.serving import run_app

from tapbot.emulators.telegram.server import create_app

TOKEN = "424242:an-emulated-token-of-some-length"
SECRET = "webhook-secret-for-aiogram"


class Person:
    """User 7, who acts by the emulator's HTTP and sees what a person sees."""

    def __init__(self, http: httpx2.AsyncClient) -> None:
        self.http = http

    async def do(self, path: str, body: dict[str, Any]) -> httpx2.Response:
        return await self.http.post(f"/emulator/{TOKEN}/{path}", json=body)

    async def write(self, text: str) -> None:
        (
            await self.do("users/7/messages", {"text": text, "first_name": "Айгүл", "language_code": "kk"})
        ).raise_for_status()

    async def press(self, message: dict[str, Any], label: str) -> httpx2.Response:
        [data] = [button["data"] for row in message["buttons"] for button in row if button["label"] == label]
        return await self.do("users/7/press", {"message_id": message["message_id"], "data": data})

    async def chat(self) -> dict[str, Any]:
        reply = await self.http.get(f"/emulator/{TOKEN}/chats/7")
        return reply.json() if reply.status_code == 200 else {"messages": [], "presses": []}

    async def sees(self, text: str) -> dict[str, Any]:
        """Wait for a message of the bot."""
        async with asyncio.timeout(10):
            while True:
                for message in (await self.chat())["messages"]:
                    if message["author"] == "bot" and text in message["text"]:
                        return message
                await asyncio.sleep(0.02)

    async def order(self, **fault: Any) -> None:
        (await self.http.post("/emulator/faults", json=fault)).raise_for_status()


@pytest.fixture
async def address() -> AsyncIterator[str]:
    async with run_app(create_app(tokens=frozenset({TOKEN}))) as running:
        yield running


@pytest.fixture
async def person(address: str) -> AsyncIterator[Person]:
    async with httpx2.AsyncClient(base_url=address) as http:
        yield Person(http)


@pytest.fixture
async def bot(address: str) -> AsyncIterator[Bot]:
    session = AiohttpSession(api=TelegramAPIServer.from_base(address))
    async with Bot(TOKEN, session=session) as made:
        yield made


def make_dispatcher() -> Dispatcher:
    dispatcher = Dispatcher()
    keyboard = InlineKeyboardMarkup(
        inline_keyboard=[
            [InlineKeyboardButton(text="Иә", callback_data="yes"), InlineKeyboardButton(text="Жоқ", callback_data="no")]
        ]
    )

    @dispatcher.message(CommandStart())
    async def start(message: Message) -> None:
        assert message.from_user is not None
        await message.answer(
            f"Сәлем, {message.from_user.first_name} ({message.from_user.language_code})!", reply_markup=keyboard
        )

    @dispatcher.callback_query(F.data == "yes")
    async def agree(query: CallbackQuery) -> None:
        await query.answer("жарайды")
        assert isinstance(query.message, Message)
        await query.message.edit_text("Брондалды")

    @dispatcher.message()
    async def repeat(message: Message) -> None:
        await message.answer(f"Жауап: {message.text}")

    return dispatcher


@contextlib.asynccontextmanager
async def polling(bot: Bot) -> AsyncIterator[None]:
    dispatcher = make_dispatcher()
    task = asyncio.create_task(
        dispatcher.start_polling(bot, handle_signals=False, close_bot_session=False, polling_timeout=1)
    )
    try:
        yield
    finally:
        await asyncio.sleep(0.05)
        await dispatcher.stop_polling()
        await task


@contextlib.asynccontextmanager
async def hooked(bot: Bot) -> AsyncIterator[list[int]]:
    """Serve the bot's webhook; gives the statuses that it answered."""
    application, statuses = web.Application(), list[int]()

    @web.middleware
    async def note(request: web.Request, handler: Any) -> web.StreamResponse:
        reply: web.StreamResponse = await handler(request)
        statuses.append(reply.status)
        return reply

    application.middlewares.append(note)
    SimpleRequestHandler(make_dispatcher(), bot, secret_token=SECRET, handle_in_background=False).register(
        application, "/hook"
    )
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    await bot.set_webhook(f"http://127.0.0.1:{port}/hook", secret_token=SECRET)
    try:
        yield statuses
    finally:
        await bot.delete_webhook()
        await runner.cleanup()


async def converse(person: Person) -> None:
    await person.write("/start")
    greeting = await person.sees("Сәлем, Айгүл (kk)!")
    assert [[button["label"] for button in row] for row in greeting["buttons"]] == [["Иә", "Жоқ"]]
    assert (await person.press(greeting, "Иә")).status_code == 200
    booked = await person.sees("Брондалды")
    assert booked["message_id"] == greeting["message_id"]
    assert booked["edited"]
    await person.write("рақмет 😀")
    await person.sees("Жауап: рақмет 😀")
    [press] = (await person.chat())["presses"]
    assert (press["answered"], press["text"]) == (True, "жарайды")


async def test_a_polling_bot_converses(bot: Bot, person: Person) -> None:
    async with polling(bot):
        await converse(person)


async def test_a_webhook_bot_converses(bot: Bot, person: Person) -> None:
    async with hooked(bot) as statuses:
        await converse(person)
        assert set(statuses) == {200}


async def test_a_wrong_webhook_secret_is_retried_and_told(bot: Bot, person: Person) -> None:
    async with hooked(bot) as statuses:
        info = await bot.get_webhook_info()
        await bot.set_webhook(info.url, secret_token="another-secret")
        await person.write("hi")
        async with asyncio.timeout(5):
            while len(statuses) < 2:
                await asyncio.sleep(0.02)
        info = await bot.get_webhook_info()
        assert info.pending_update_count == 1
        assert "401" in (info.last_error_message or "")
        await bot.set_webhook(info.url or "", secret_token=SECRET)
        await person.sees("Жауап: hi")


async def test_an_update_that_comes_twice_is_answered_twice_by_a_bot_without_dedup(bot: Bot, person: Person) -> None:
    await person.order(kind="duplicate")
    await person.write("one")
    updates = await bot.get_updates()
    assert [update.update_id for update in updates] == [updates[0].update_id] * 2


async def test_updates_can_come_in_the_wrong_order(bot: Bot, person: Person) -> None:
    await person.order(kind="reorder")
    await person.write("first")
    await person.write("second")
    updates = await bot.get_updates()
    assert [update.message.text for update in updates if update.message] == ["second", "first"]
    assert updates[0].update_id > updates[1].update_id


async def test_updates_are_kept_until_they_are_confirmed(bot: Bot, person: Person) -> None:
    await person.write("one")
    await person.write("two")
    first = await bot.get_updates()
    assert await bot.get_updates() == first
    rest = await bot.get_updates(offset=first[0].update_id + 1)
    assert [update.message.text for update in rest if update.message] == ["two"]
    assert await bot.get_updates(offset=first[1].update_id + 1) == []


async def test_a_second_poll_ends_the_first(bot: Bot, address: str) -> None:
    first = asyncio.create_task(bot.get_updates(timeout=5))
    await asyncio.sleep(0.2)
    second = asyncio.create_task(bot.get_updates(timeout=1))
    with pytest.raises(Exception, match="terminated by other getUpdates"):
        await first
    assert await second == []


async def test_only_wanted_kinds_of_updates_come(bot: Bot, person: Person) -> None:
    await bot.get_updates(allowed_updates=["callback_query"])
    await person.write("unheard")
    assert await bot.get_updates() == []


async def test_ordered_faults_reach_the_bot_as_telegrams(bot: Bot, person: Person) -> None:
    await person.write("hi")
    await person.order(kind="429", seconds=7)
    with pytest.raises(TelegramRetryAfter) as caught:
        await bot.send_message(7, "x")
    assert caught.value.retry_after == 7
    await person.order(kind="500", count=2)
    for _ in range(2):
        with pytest.raises(TelegramServerError):
            await bot.send_message(7, "x")
    await person.order(kind="lost_answer", method="sendMessage")
    with pytest.raises(Exception, match=r"(?i)payload|disconnect|closed|content"):
        await bot.send_message(7, "arrived all the same")
    await person.sees("arrived all the same")
    await person.order(kind="delay", seconds=0.3)
    started = asyncio.get_running_loop().time()
    await bot.send_message(7, "late")
    assert asyncio.get_running_loop().time() - started >= 0.3


async def test_the_smaller_methods_work(bot: Bot, person: Person) -> None:
    me = await bot.get_me()
    assert (me.id, me.is_bot) == (424242, True)
    await person.write("hi")
    assert await bot.set_my_commands([BotCommand(command="start", description="Бастау")], language_code="kk")
    assert [command.command for command in await bot.get_my_commands(language_code="kk")] == ["start"]
    assert await bot.send_chat_action(7, "typing")
    assert (await person.chat())["action"] == "typing"
    photo = await bot.send_photo(7, BufferedInputFile(b"jpeg", "flat.jpg"), caption="Пәтер")
    assert photo.photo
    await bot.send_location(7, 43.238, 76.945)
    assert await bot.delete_message(7, photo.message_id)
    assert [message["kind"] for message in (await person.chat())["messages"]] == ["text", "location"]
    assert (await bot.get_chat(7)).first_name == "Айгүл"


async def test_telegrams_refusals_are_told_in_its_words(bot: Bot, person: Person, address: str) -> None:
    with pytest.raises(TelegramBadRequest, match="chat not found"):
        await bot.send_message(7, "you did not write first")
    await person.write("hi")
    sent = await bot.send_message(7, "same")
    for attempt, words in [
        (bot.send_message(7, " "), "message text is empty"),
        (bot.send_message(7, "😀" * 2049), "message is too long"),
        (bot.edit_message_text("same", chat_id=7, message_id=sent.message_id), "message is not modified"),
        (bot.delete_message(7, 99_999), "message to delete not found"),
        (bot.answer_callback_query("nothing"), "query is too old"),
        (bot.set_webhook("ftp://example.com"), "bad webhook"),
    ]:
        with pytest.raises(TelegramBadRequest, match=words):
            await attempt
    long_data = InlineKeyboardMarkup(inline_keyboard=[[InlineKeyboardButton(text="x", callback_data="ә" * 33)]])
    with pytest.raises(TelegramBadRequest, match="BUTTON_DATA_INVALID"):
        await bot.send_message(7, "x", reply_markup=long_data)
    await person.do("users/7/block", {"blocked": True})
    with pytest.raises(Exception, match="blocked by the user"):
        await bot.send_message(7, "x")
    stranger = Bot("1:unknown-token-of-nobody", session=bot.session)
    with pytest.raises(TelegramUnauthorizedError):
        await stranger.get_me()


@pytest.mark.parametrize(
    ("method", "body", "status", "words"),
    [
        ("sendMessages", {}, 404, "method not found"),
        ("sendMessage", {"chat_id": 7}, 400, '"text" is required'),
        ("sendMessage", {"text": "x"}, 400, '"chat_id" is required'),
        ("sendMessage", {"chat_id": 7, "text": 5}, 400, '"text" must be of type String'),
        ("sendMessage", {"chat_id": 7.5, "text": "x"}, 400, "Integer|String"),
        ("sendMessage", {"chat_id": 7, "text": "x", "tekst": "y"}, 400, 'unknown parameter "tekst"'),
        (
            "sendMessage",
            {"chat_id": 7, "text": "x", "reply_markup": {"inline_keyboard": [[{"callback_data": "no label"}]]}},
            400,
            "reply_markup",
        ),
        ("getUpdates", {"timeout": True}, 400, '"timeout" must be of type Integer'),
        ("getMyStarBalance", {}, 501, "does no more"),
    ],
)
async def test_a_wrong_call_is_refused_in_telegrams_shape(
    person: Person, method: str, body: dict[str, Any], status: int, words: str
) -> None:
    reply = await person.http.post(f"/bot{TOKEN}/{method}", json=body)
    assert reply.status_code == status
    answer = reply.json()
    assert (answer["ok"], answer["error_code"]) == (False, status)
    assert words in answer["description"]


async def test_arguments_come_in_the_query_a_form_or_json_whatever_the_case_of_the_method(person: Person) -> None:
    await person.write("hi")
    keyboard = '{"inline_keyboard":[[{"text":"a","callback_data":"b"}]]}'
    replies = [
        await person.http.get(f"/bot{TOKEN}/SENDMESSAGE", params={"chat_id": "7", "text": "q"}),
        await person.http.post(
            f"/bot{TOKEN}/sendmessage", data={"chat_id": "7", "text": "f", "reply_markup": keyboard}
        ),
        await person.http.post(f"/bot{TOKEN}/sendMessage", json={"chat_id": 7, "text": "j"}),
    ]
    assert [reply.json()["result"]["text"] for reply in replies] == ["q", "f", "j"]


async def test_a_person_can_only_press_what_is_there(bot: Bot, person: Person) -> None:
    await person.write("hi")
    sent = await bot.send_message(7, "no buttons")
    reply = await person.do("users/7/press", {"message_id": sent.message_id, "data": "x"})
    assert reply.status_code == 400


async def test_a_group_hears_the_bot(bot: Bot, person: Person) -> None:
    await person.do("chats", {"id": -100500, "title": "Drivers"})
    await bot.send_message(-100500, "Жаңа тапсырыс")
    reply = await person.http.get(f"/emulator/{TOKEN}/chats/-100500")
    assert reply.json()["messages"][0]["text"] == "Жаңа тапсырыс"


async def test_the_page_to_play_with_is_served(person: Person) -> None:
    page = await person.http.get("/emulator")
    assert "Telegram emulator" in page.text
    for name in ("page.js", "page.css"):
        assert (await person.http.get(f"/emulator/static/{name}")).status_code == 200
    assert (await person.http.get("/emulator/static/page.html")).status_code == 404
