"""Each method of the emulator, called by an unmodified aiogram; refusals in Telegram's words; what people do."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
from aiogram import Bot
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.exceptions import TelegramBadRequest, TelegramForbiddenError, TelegramMigrateToChat, TelegramRetryAfter
from aiogram.types import (
    BotCommand,
    BufferedInputFile,
    ChatPermissions,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InlineQueryResultArticle,
    InputMediaAudio,
    InputMediaPhoto,
    InputPollOption,
    InputTextMessageContent,
    LabeledPrice,
    MenuButtonDefault,
    ReactionTypeEmoji,
    ReplyParameters,
    ShippingOption,
)
from tests.integration.emulators.serving import run_app
from tests.integration.emulators.strictly import Strict
from tests.integration.emulators.telegram_person import GROUP, TOKEN, Person, file

from tapbot.emulators.telegram.methods import METHODS
from tapbot.emulators.telegram.server import create_app

JPEG = BufferedInputFile(b"\xff\xd8 a flat", "flat.jpg")
KEYBOARD = InlineKeyboardMarkup(inline_keyboard=[[InlineKeyboardButton(text="Иә", callback_data="yes")]])
PRICES = [LabeledPrice(label="1", amount=5)]
KINDS = ("photo", "document", "video", "animation", "audio", "voice", "video_note", "sticker")
EVERYTHING = ["message", "edited_message", "message_reaction", "chat_member", "my_chat_member", "poll", "poll_answer"]


@pytest.fixture
def strict() -> Strict:
    return Strict(create_app(tokens=frozenset({TOKEN})))


@pytest.fixture
async def address(strict: Strict) -> AsyncIterator[str]:
    async with run_app(strict) as running:
        yield running
    assert strict.wrong == []


@pytest.fixture
async def person(address: str) -> AsyncIterator[Person]:
    async with httpx2.AsyncClient(base_url=address) as http:
        yield Person(http)


@pytest.fixture
async def bot(address: str) -> AsyncIterator[Bot]:
    session = AiohttpSession(api=TelegramAPIServer.from_base(address))
    async with Bot(TOKEN, session=session) as made:
        yield made


async def send_everything(bot: Bot, person: Person) -> None:
    heard = await person.write("hi")
    await bot.send_message(7, "x", reply_parameters=ReplyParameters(message_id=heard))
    for kind in KINDS:
        upload = BufferedInputFile(kind.encode(), f"a.{kind}")
        sent = await getattr(bot, f"send_{kind}")(7, upload)
        shown = await person.sees_message(sent.message_id)
        assert (shown["kind"], await person.loads(shown["file"])) == (kind, kind.encode())
        loaded = await bot.download(shown["file"])
        assert loaded is not None
        assert loaded.read() == kind.encode()
    await bot.send_media_group(7, [InputMediaPhoto(media=JPEG), InputMediaPhoto(media="https://example.org/a.jpg")])
    await bot.send_location(7, 43.2, 76.9)
    await bot.send_venue(7, 43.2, 76.9, "Такси", "Абай 1")
    await bot.send_contact(7, "+77000000001", "Такси")
    await bot.send_dice(7)
    await bot.send_chat_action(7, "typing")
    await bot.send_poll(7, "?", [InputPollOption(text="1"), InputPollOption(text="2")])
    await bot.get_user_profile_photos(7)


async def change_everything(bot: Bot, person: Person) -> None:
    heard = await person.write("hi")
    sent = await bot.send_message(7, "1", reply_markup=KEYBOARD)
    await bot.edit_message_text("2", chat_id=7, message_id=sent.message_id)
    await bot.edit_message_reply_markup(chat_id=7, message_id=sent.message_id, reply_markup=KEYBOARD)
    await bot.edit_message_media(InputMediaPhoto(media=JPEG), chat_id=7, message_id=sent.message_id)
    await bot.edit_message_caption(chat_id=7, message_id=sent.message_id, caption="3")
    shown = await person.sees_message(sent.message_id)
    assert (shown["kind"], shown["text"]) == ("photo", "3")
    moving = await bot.send_location(7, 43.2, 76.9, live_period=900)
    await bot.edit_message_live_location(43.3, 76.9, chat_id=7, message_id=moving.message_id)
    await bot.stop_message_live_location(chat_id=7, message_id=moving.message_id)
    poll = await bot.send_poll(7, "?", [InputPollOption(text="1"), InputPollOption(text="2")], is_anonymous=False)
    await person.do("vote", message_id=poll.message_id, options=[0])
    assert (await bot.stop_poll(7, poll.message_id)).total_voter_count == 1
    await bot.forward_message(7, 7, heard)
    await bot.forward_messages(7, 7, [heard])
    await bot.copy_message(7, 7, heard)
    await bot.copy_messages(7, 7, [sent.message_id], remove_caption=True)
    await bot.set_message_reaction(7, heard, [ReactionTypeEmoji(emoji="🎉")])
    await bot.pin_chat_message(7, heard)
    await bot.unpin_chat_message(7)
    await bot.unpin_all_chat_messages(7)
    await bot.delete_message(7, heard)
    await bot.delete_messages(7, [sent.message_id])


async def sell(bot: Bot, person: Person) -> None:
    await person.write("hi")
    bill = await bot.send_invoice(7, "1", "2", "ride", "KZT", PRICES, provider_token="p", is_flexible=True)
    await bot.create_invoice_link("1", "2", "ride", "XTR", PRICES)
    shipping = await person.do("pay", message_id=bill.message_id)
    option = ShippingOption(id="taxi", title="Такси", prices=PRICES)
    await bot.answer_shipping_query(shipping["query_id"], ok=True, shipping_options=[option])
    asked = await person.do("pay", message_id=bill.message_id, shipping_option_id="taxi")
    await bot.answer_pre_checkout_query(asked["query_id"], ok=False, error_message="Орын жоқ")
    stars = await bot.send_invoice(7, "1", "2", "ride", "XTR", PRICES)
    asked = await person.do("pay", message_id=stars.message_id)
    await bot.answer_pre_checkout_query(asked["query_id"], ok=True)
    paid = (await bot.get_updates(offset=-1))[0].message
    assert paid is not None
    assert paid.successful_payment is not None
    charge = paid.successful_payment.telegram_payment_charge_id
    assert await bot.refund_star_payment(7, charge)
    with pytest.raises(TelegramBadRequest, match="CHARGE_ALREADY_REFUNDED"):
        await bot.refund_star_payment(7, charge)


async def answer(bot: Bot, person: Person) -> None:
    await person.write("hi")
    sent = await bot.send_message(7, "?", reply_markup=KEYBOARD)
    press = await person.do("press", message_id=sent.message_id, data="yes")
    await bot.answer_callback_query(press["callback_query_id"])
    query = (await person.do("inline", query="x"))["inline_query_id"]
    content = InputTextMessageContent(message_text="1")
    await bot.answer_inline_query(query, [InlineQueryResultArticle(id="1", title="1", input_message_content=content)])


async def rule(bot: Bot, person: Person) -> None:
    await person.found(is_forum=True)
    await person.do("membership", chat_id=GROUP, deed="join")
    assert (await bot.get_chat(GROUP)).title == "Drivers"
    assert await bot.get_chat_member_count(GROUP) == 3
    assert len(await bot.get_chat_administrators(GROUP)) == 2
    await bot.restrict_chat_member(GROUP, 7, ChatPermissions(can_send_messages=True))
    await bot.promote_chat_member(GROUP, 7, can_delete_messages=True)
    await bot.set_chat_administrator_custom_title(GROUP, 7, "x")
    assert (await bot.get_chat_member(GROUP, 7)).status == "administrator"
    await bot.ban_chat_member(GROUP, 7, revoke_messages=True)
    await bot.unban_chat_member(GROUP, 7)
    await bot.set_chat_permissions(GROUP, ChatPermissions(can_send_messages=True))
    await bot.set_chat_title(GROUP, "x")
    await bot.set_chat_description(GROUP, "x")
    await bot.set_chat_photo(GROUP, JPEG)
    await bot.delete_chat_photo(GROUP)
    link = await bot.create_chat_invite_link(GROUP)
    await bot.edit_chat_invite_link(GROUP, link.invite_link, name="x")
    await bot.revoke_chat_invite_link(GROUP, link.invite_link)
    await bot.export_chat_invite_link(GROUP)
    for decide in (bot.decline_chat_join_request, bot.approve_chat_join_request):
        await person.do("membership", chat_id=GROUP, deed="ask")
        await decide(GROUP, 7)
    topic = (await bot.create_forum_topic(GROUP, "x")).message_thread_id
    await bot.edit_forum_topic(GROUP, topic, name="y")
    await bot.close_forum_topic(GROUP, topic)
    await bot.reopen_forum_topic(GROUP, topic)
    await bot.unpin_all_forum_topic_messages(GROUP, topic)
    await bot.delete_forum_topic(GROUP, topic)
    await bot.leave_chat(GROUP)


async def answer_for_a_business(bot: Bot, person: Person) -> None:
    name = (await person.do("business", rights={"can_reply": True, "can_read_messages": True}))[
        "business_connection_id"
    ]
    customer = Person(person.http, user_id=8)
    asked = await customer.write("Бос па?", business=name)
    connected, message = [update for update in await bot.get_updates()][-2:]
    assert connected.business_connection is not None
    assert message.business_message is not None
    assert message.business_message.business_connection_id == name
    assert (await bot.get_business_connection(name)).is_enabled
    sent = await bot.send_message(8, "Иә", business_connection_id=name)
    await bot.edit_message_text("Иә!", business_connection_id=name, chat_id=8, message_id=sent.message_id)
    await bot.read_business_message(name, 8, asked)
    await person.write("Мен өзім", business=name, chat_id=8)
    shown = (await person.http.get(f"/emulator/{TOKEN}/business/{name}/chats/8")).json()["messages"]
    assert [(one["author"], one["text"]) for one in shown] == [
        ("user", "Бос па?"),
        ("bot", "Иә!"),
        ("user", "Мен өзім"),
    ]
    assert shown[0]["read"]
    with pytest.raises(TelegramBadRequest, match="BUSINESS_CONNECTION_NOT_ALLOWED"):
        await bot.delete_business_messages(name, [asked])
    await person.do("business", rights={"can_delete_all_messages": True})
    assert await bot.delete_business_messages(name, [asked])
    with pytest.raises(TelegramBadRequest, match="BUSINESS_CONNECTION_NOT_ALLOWED"):
        await bot.send_message(8, "x", business_connection_id=name)
    with pytest.raises(TelegramBadRequest, match="BUSINESS_CONNECTION_INVALID"):
        await bot.send_message(8, "x", business_connection_id="none")


async def present_itself(bot: Bot, person: Person) -> None:
    await bot.set_my_name("Такси")
    await bot.set_my_description("x")
    await bot.set_my_short_description("x")
    assert (await bot.get_my_name(language_code="kk")).name == (await bot.get_me()).first_name == "Такси"
    assert (await bot.get_my_description()).description == "x"
    assert (await bot.get_my_short_description()).short_description == "x"
    await bot.set_my_commands([BotCommand(command="start", description="x")])
    await bot.delete_my_commands()
    assert await bot.get_my_commands() == []
    await bot.set_chat_menu_button(menu_button=MenuButtonDefault())
    await bot.get_chat_menu_button(chat_id=7)
    await bot.set_my_default_administrator_rights()
    await bot.get_my_default_administrator_rights()
    await bot.set_webhook("https://example.org/hook")
    await bot.get_webhook_info()
    await bot.delete_webhook(drop_pending_updates=True)
    await bot.log_out()
    await bot.close()


async def test_every_method_answers_as_the_bot_api_has_it(bot: Bot, person: Person, strict: Strict) -> None:
    for scene in (send_everything, change_everything, sell, answer, rule, answer_for_a_business, present_itself):
        await scene(bot, person)
    assert strict.called == METHODS.keys()


async def test_what_people_do_comes_as_updates(bot: Bot, person: Person) -> None:
    await bot.get_updates(allowed_updates=EVERYTHING)
    said = await person.write("Тараз", reply_to=await person.write("hi"), forwarded_from="Айгүл")
    await person.do("edit", message_id=said, text="Шымкент")
    await person.do("react", message_id=said, emoji="👍")
    await person.do("messages", contact={"phone_number": "+77000000001", "first_name": "А"})
    await person.do("messages", venue={"location": {"latitude": 1.5, "longitude": 2.5}, "title": "a", "address": "b"})
    for kind in KINDS:
        await person.do("messages", **{kind: file(kind.encode(), file_name="a.bin")})
    await person.do("block", blocked=True)
    updates = await bot.get_updates(allowed_updates=EVERYTHING)
    assert updates[1].message is not None
    assert updates[1].message.reply_to_message is not None
    assert updates[2].edited_message is not None
    assert updates[2].edited_message.text == "Шымкент"
    assert updates[3].message_reaction is not None
    types = [update.message.content_type.value for update in updates[4:-1] if update.message]
    assert types == ["contact", "venue", *KINDS]
    assert updates[-1].my_chat_member is not None
    assert updates[-1].my_chat_member.new_chat_member.status == "kicked"


async def test_a_bot_that_is_too_fast_is_told_to_wait(bot: Bot, person: Person) -> None:
    await person.write("hi")
    path = f"/emulator/{TOKEN}/pace"
    (await person.http.post(path, json={"enforced": True})).raise_for_status()
    await bot.send_message(7, "1")
    with pytest.raises(TelegramRetryAfter):
        await asyncio.gather(*(bot.send_message(7, "2") for _ in range(3)))
    told = (await person.http.get(path)).json()
    assert told["most_in_a_second_in_a_chat"] == 1
    assert told["refused"] >= 1


async def test_marked_text_comes_as_entities(bot: Bot, person: Person) -> None:
    await person.write("hi")
    sent = await bot.send_message(7, "<b>Жол</b>: 5 &lt; 6", parse_mode="HTML")
    assert (sent.text, sent.html_text) == ("Жол: 5 < 6", "<b>Жол</b>: 5 &lt; 6")
    photo = await bot.send_photo(7, JPEG, caption="*Пәтер*", parse_mode="MarkdownV2")
    assert (photo.caption, photo.html_text) == ("Пәтер", "<b>Пәтер</b>")
    with pytest.raises(TelegramBadRequest, match="can't parse entities"):
        await bot.edit_message_text("<b>x", chat_id=7, message_id=sent.message_id, parse_mode="HTML")


async def test_in_a_group_a_bot_without_rights_hears_only_what_is_for_it(bot: Bot, person: Person) -> None:
    await person.found(bot="member")
    name = (await bot.get_me()).username
    await person.write("Кім бар?", chat_id=GROUP)
    await person.write("/price", chat_id=GROUP)
    await person.write(f"Эй, @{name}", chat_id=GROUP)
    sent = await bot.send_message(GROUP, "?")
    await person.write("Мен", chat_id=GROUP, reply_to=sent.message_id)
    heard = [update.message.text for update in await bot.get_updates() if update.message]
    assert heard == ["/price", f"Эй, @{name}", "Мен"]
    with pytest.raises(TelegramBadRequest, match="not enough rights to restrict/unrestrict chat member"):
        await bot.ban_chat_member(GROUP, 7)


async def test_a_group_that_moves_tells_where_to(bot: Bot, person: Person) -> None:
    await person.found(chat_id=-500, type="group")
    reply = await person.http.post(f"/emulator/{TOKEN}/chats/-500/migrate", json={"to": -1001})
    assert reply.status_code == 200
    with pytest.raises(TelegramMigrateToChat) as caught:
        await bot.send_message(-500, "x")
    assert caught.value.migrate_to_chat_id == -1001
    await bot.send_message(-1001, "x")
    moved = [update.message.migrate_to_chat_id for update in await bot.get_updates() if update.message]
    assert moved == [-1001, None]


async def test_a_photo_of_another_bot_or_kind_is_refused(bot: Bot, person: Person) -> None:
    await person.write("hi")
    sent = await bot.send_document(7, BufferedInputFile(b"x", "a.txt"))
    assert sent.document is not None
    for attempt, words in (
        (bot.send_photo(7, sent.document.file_id), "can't use file of type Document as Photo"),
        (bot.send_photo(7, "AgACAgIAAx"), "wrong file identifier/HTTP URL specified"),
        (bot.send_photo(7, BufferedInputFile(b"", "a.jpg")), "file must be non-empty"),
        (bot.get_file("AgACAgIAAx"), "wrong file_id or the file is temporarily unavailable"),
    ):
        with pytest.raises(TelegramBadRequest, match=words):
            await attempt


async def test_refusals_have_telegrams_words(bot: Bot, person: Person) -> None:
    heard = await person.write("hi")
    text = await bot.send_message(7, "x")
    photo = await bot.send_photo(7, JPEG, protect_content=True)
    await person.found()
    about_messages = _about_messages(bot, heard, text.message_id, photo.message_id)
    for attempt, words in [*about_messages, *_about_what_is_sent(bot), *_about_chats(bot)]:
        with pytest.raises(TelegramBadRequest) as caught:
            await attempt
        assert words in str(caught.value)
    await person.do("block", blocked=True)
    with pytest.raises(TelegramForbiddenError, match="bot was blocked by the user"):
        await bot.send_sticker(7, JPEG)


def _about_messages(bot: Bot, heard: int, text: int, photo: int) -> list[tuple[Any, str]]:
    return [
        (bot.edit_message_text("y", chat_id=7, message_id=heard), "message can't be edited"),
        (bot.edit_message_text("y", chat_id=7, message_id=photo), "there is no text in the message to edit"),
        (bot.edit_message_caption(chat_id=7, message_id=text, caption="y"), "there is no caption"),
        (bot.edit_message_live_location(1, 2, chat_id=7, message_id=text), "there is no live location"),
        (bot.edit_message_text("y", chat_id=7, message_id=999), "message to edit not found"),
        (bot.edit_message_text("y", inline_message_id="x"), "MESSAGE_ID_INVALID"),
        (bot.edit_message_text("y"), "message identifier is not specified"),
        (bot.forward_message(7, 7, 999), "message to forward not found"),
        (bot.forward_message(7, 7, photo), "message can't be forwarded"),
        (bot.copy_message(7, 7, 999), "message to copy not found"),
        (bot.pin_chat_message(7, 999), "message to pin not found"),
        (bot.set_message_reaction(7, 999), "message to react not found"),
        (bot.set_message_reaction(7, heard, [ReactionTypeEmoji(emoji="x")]), "REACTION_INVALID"),
        (bot.stop_poll(7, 999), "message with poll to stop not found"),
        (bot.stop_poll(7, text), "message is not a poll"),
    ]


def _about_what_is_sent(bot: Bot) -> list[tuple[Any, str]]:
    one, two = InputPollOption(text="1"), InputPollOption(text=" ")
    audio = InputMediaAudio(media=JPEG)
    return [
        (bot.send_poll(7, " ", [one, one]), "poll question must be non-empty"),
        (bot.send_poll(7, "?", [one, two]), "poll options must be non-empty"),
        (bot.send_poll(7, "?", [one] * 13), "poll can't have more than 12 options"),
        (bot.send_photo(7, JPEG, caption="x" * 1025), "message caption is too long"),
        (bot.send_message(7, "x", message_thread_id=5), "message thread not found"),
        (bot.send_message(7, "x", reply_parameters=ReplyParameters(message_id=999)), "message to be replied not found"),
        (bot.send_media_group(7, [InputMediaPhoto(media=JPEG)]), "Too few messages to send as an album"),
        (bot.send_media_group(7, [InputMediaPhoto(media=JPEG), audio]), "audio can't be mixed with other media types"),
        (bot.send_location(7, 91, 0), "wrong location specified"),
        (bot.send_invoice(7, "1", "2", "p", "KZT", PRICES), "PAYMENT_PROVIDER_INVALID"),
        (bot.send_message(7, "x", reply_to_message_id=999), "message to be replied not found"),
    ]


def _about_chats(bot: Bot) -> list[tuple[Any, str]]:
    return [
        (bot.answer_pre_checkout_query("x", ok=True), "query is too old"),
        (bot.answer_inline_query("x", []), "query is too old"),
        (bot.set_my_commands([BotCommand(command="Ә", description="x")]), "BOT_COMMAND_INVALID"),
        (bot.set_my_name("x" * 65), "name is too long"),
        (bot.get_chat("@nobody"), "chat not found"),
        (bot.ban_chat_member(GROUP, 1), "can't remove chat owner"),
        (bot.ban_chat_member(GROUP, bot.id), "can't restrict self"),
        (bot.ban_chat_member(GROUP, 999), "PARTICIPANT_ID_INVALID"),
        (bot.ban_chat_member(7, 7), "method is available only for supergroups"),
        (bot.get_chat_administrators(7), "there are no administrators in the private chat"),
        (bot.create_forum_topic(GROUP, "x"), "the chat is not a forum"),
        (bot.set_chat_description(GROUP, ""), "chat description is not modified"),
    ]
