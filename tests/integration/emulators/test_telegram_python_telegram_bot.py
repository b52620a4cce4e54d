"""An unmodified python-telegram-bot makes its ordinary calls; people see each effect, and each answer is the Bot API's.

The library is LGPL and a tool of these tests alone: docs/adr/0018-lgpl-client-in-tests-alone.md.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx2
import pytest
from telegram import (
    Bot,
    BotCommand,
    BotCommandScopeChat,
    ChatPermissions,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InlineQueryResultArticle,
    InputMediaDocument,
    InputMediaPhoto,
    InputMediaVideo,
    InputTextMessageContent,
    LabeledPrice,
    MenuButtonCommands,
    ReplyParameters,
    Update,
)
from telegram.constants import ChatMemberStatus
from telegram.error import BadRequest, Forbidden
from telegram.ext import Application, CallbackQueryHandler, CommandHandler, ContextTypes
from tests.integration.emulators.serving import run_app
from tests.integration.emulators.strictly import Strict
from tests.integration.emulators.telegram_person import GROUP, TOKEN, Person, file

from tapbot.emulators.telegram.server import create_app

JPEG, OGG, PDF = b"\xff\xd8 a flat", b"OggS a voice", b"%PDF a bill"
KEYBOARD = InlineKeyboardMarkup([[InlineKeyboardButton("Иә", callback_data="yes")]])
MORE_THAN_THE_ISSUE_ASKS = 45


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
    async with Bot(TOKEN, base_url=f"{address}/bot", base_file_url=f"{address}/file/bot") as made:
        yield made


async def send_texts_and_places(bot: Bot, person: Person) -> None:
    heard = await person.write("hi")
    answer = await bot.send_message(7, "Қайда?", reply_markup=KEYBOARD, reply_parameters=ReplyParameters(heard))
    assert answer.reply_to_message is not None
    assert (await person.sees_message(answer.message_id))["reply_to"] == heard
    await bot.send_chat_action(7, "upload_photo")
    assert (await person.sees())["action"] == "upload_photo"
    moving = await bot.send_location(7, 43.238, 76.945, live_period=60)
    await bot.edit_message_live_location(7, moving.message_id, latitude=43.3, longitude=76.9)
    await bot.stop_message_live_location(7, moving.message_id)
    assert (await person.sees_message(moving.message_id))["location"] == {"latitude": 43.3, "longitude": 76.9}
    venue = await bot.send_venue(7, 43.2, 76.9, "Такси", "Абай 1")
    assert (await person.sees_message(venue.message_id))["content"]["title"] == "Такси"
    await bot.send_contact(7, "+77000000001", "Такси")
    dice = await bot.send_dice(7, emoji="🎯")
    assert dice.dice is not None
    assert 1 <= dice.dice.value <= 6


async def send_files(bot: Bot, person: Person) -> None:
    await person.write("hi")
    sent = [
        (await bot.send_photo(7, JPEG, caption="Пәтер", filename="flat.jpg"), JPEG, "photo"),
        (await bot.send_document(7, PDF, filename="bill.pdf"), PDF, "document"),
        (await bot.send_voice(7, OGG, duration=3), OGG, "voice"),
        (await bot.send_audio(7, b"ID3", title="Ән", performer="Айгүл"), b"ID3", "audio"),
        (await bot.send_video(7, b"mp4", width=320, height=240, duration=5), b"mp4", "video"),
        (await bot.send_video_note(7, b"round", length=240), b"round", "video_note"),
        (await bot.send_sticker(7, b"webp"), b"webp", "sticker"),
        (await bot.send_animation(7, b"gif", filename="a.gif"), b"gif", "animation"),
    ]
    for message, content, kind in sent:
        shown = await person.sees_message(message.message_id)
        assert (shown["kind"], await person.loads(shown["file"])) == (kind, content)
        loaded = await (await bot.get_file(shown["file"])).download_as_bytearray()
        assert bytes(loaded) == content
        again = await getattr(bot, f"send_{kind}")(7, shown["file"])
        assert (await person.sees_message(again.message_id))["file"] == shown["file"]
    album = await bot.send_media_group(
        7, [InputMediaPhoto(JPEG, caption="1"), InputMediaVideo(b"mp4"), InputMediaPhoto(sent[0][0].photo[-1].file_id)]
    )
    shown = [await person.sees_message(message.message_id) for message in album]
    assert [one["kind"] for one in shown] == ["photo", "video", "photo"]
    assert len({one["album"] for one in shown}) == 1
    assert (await bot.get_user_profile_photos(7)).total_count == 0


async def change_messages(bot: Bot, person: Person) -> None:
    heard = await person.write("hi")
    sent = await bot.send_message(7, "Такси", reply_markup=KEYBOARD)
    await bot.edit_message_text("Такси!", 7, sent.message_id)
    await bot.edit_message_reply_markup(7, sent.message_id, reply_markup=KEYBOARD)
    shown = await person.sees_message(sent.message_id)
    assert (shown["text"], shown["edited"], len(shown["buttons"])) == ("Такси!", True, 1)
    photo = await bot.send_photo(7, JPEG)
    await bot.edit_message_caption(7, photo.message_id, caption="Пәтер")
    await bot.edit_message_media(InputMediaDocument(PDF, filename="bill.pdf"), 7, photo.message_id)
    shown = await person.sees_message(photo.message_id)
    assert (shown["kind"], shown["text"], await person.loads(shown["file"])) == ("document", "", PDF)
    forwarded = await bot.forward_message(7, 7, heard)
    assert (await person.sees_message(forwarded.message_id))["forwarded"]
    assert len(await bot.forward_messages(7, 7, [heard, photo.message_id, 99_999])) == 2
    copied = await bot.copy_message(7, 7, photo.message_id, caption="Чек")
    assert (await person.sees_message(copied.message_id))["text"] == "Чек"
    assert len(await bot.copy_messages(7, 7, [heard, sent.message_id])) == 2
    await bot.set_message_reaction(7, heard, "👍")
    assert (await person.sees_message(heard))["reactions"] == ["👍"]
    await bot.pin_chat_message(7, heard)
    assert (await person.sees())["pinned"] == [heard]
    pinned = (await bot.get_chat(7)).pinned_message
    assert pinned is not None
    assert pinned.message_id == heard
    await bot.unpin_chat_message(7, heard)
    await bot.unpin_all_chat_messages(7)
    await bot.delete_message(7, heard)
    await bot.delete_messages(7, [sent.message_id, photo.message_id, 99_999])
    there = {message["message_id"] for message in (await person.sees())["messages"]}
    assert not there & {heard, sent.message_id, photo.message_id}


async def vote_and_pay(bot: Bot, person: Person) -> None:
    await person.write("hi")
    sent = await bot.send_poll(7, "Қашан?", ["Бүгін", "Ертең"], is_anonymous=False)
    await person.do("vote", message_id=sent.message_id, options=[1])
    poll = await bot.stop_poll(7, sent.message_id)
    assert [option.voter_count for option in poll.options] == [0, 1]
    assert poll.is_closed
    bill = await bot.send_invoice(7, "Жол", "Алматы, Тараз", "ride-1", "KZT", [LabeledPrice("1", 5000)], "provider")
    assert "t.me" in await bot.create_invoice_link("Жол", "x", "ride-1", "XTR", [LabeledPrice("1", 5)], "")
    await person.do("pay", message_id=bill.message_id)
    asked = (await bot.get_updates())[-1].pre_checkout_query
    assert asked is not None
    assert (asked.invoice_payload, asked.total_amount) == ("ride-1", 5000)
    await bot.answer_pre_checkout_query(asked.id, ok=True)
    paid = (await bot.get_updates())[-1].message
    assert paid is not None
    assert paid.successful_payment is not None
    assert paid.successful_payment.invoice_payload == "ride-1"


async def answer_people(bot: Bot, person: Person) -> None:
    await person.write("hi")
    sent = await bot.send_message(7, "?", reply_markup=KEYBOARD)
    press = await person.do("press", message_id=sent.message_id, data="yes")
    await bot.answer_callback_query(press["callback_query_id"], "жарайды", show_alert=True)
    assert (await person.sees())["presses"][-1]["text"] == "жарайды"
    query = (await person.do("inline", query="Тараз"))["inline_query_id"]
    content = InputTextMessageContent("Тараз, 08:00")
    await bot.answer_inline_query(query, [InlineQueryResultArticle("1", "Тараз", content, reply_markup=KEYBOARD)])
    chosen = await person.do("choose", inline_query_id=query, result_id="1")
    assert await bot.edit_message_text("Тараз, 09:00", inline_message_id=chosen["inline_message_id"])
    assert (await person.sees_message(chosen["message_id"]))["text"] == "Тараз, 09:00"


async def rule_a_group(bot: Bot, person: Person) -> None:
    await person.found(is_forum=True)
    await person.write("Мен мұндамын", chat_id=GROUP)
    assert await bot.get_chat_member_count(GROUP) == 3
    assert {one.user.id for one in await bot.get_chat_administrators(GROUP)} == {1, bot.id}
    await bot.restrict_chat_member(GROUP, 7, ChatPermissions.no_permissions())
    member = await bot.get_chat_member(GROUP, 7)
    assert member.status == ChatMemberStatus.RESTRICTED
    await bot.restrict_chat_member(GROUP, 7, ChatPermissions.all_permissions())
    await bot.promote_chat_member(GROUP, 7, can_pin_messages=True)
    await bot.set_chat_administrator_custom_title(GROUP, 7, "Диспетчер")
    member = await bot.get_chat_member(GROUP, 7)
    assert (member.status, member.to_dict()["custom_title"]) == (ChatMemberStatus.ADMINISTRATOR, "Диспетчер")
    await bot.ban_chat_member(GROUP, 7)
    assert (await bot.get_chat_member(GROUP, 7)).status == ChatMemberStatus.BANNED
    await bot.unban_chat_member(GROUP, 7, only_if_banned=True)
    assert (await bot.get_chat_member(GROUP, 7)).status == ChatMemberStatus.LEFT
    await bot.set_chat_title(GROUP, "Жүргізушілер")
    await bot.set_chat_description(GROUP, "Тапсырыстар")
    await bot.set_chat_photo(GROUP, JPEG)
    await bot.set_chat_permissions(GROUP, ChatPermissions(can_send_messages=True))
    full = await bot.get_chat(GROUP)
    assert (full.title, full.description, full.photo is not None) == ("Жүргізушілер", "Тапсырыстар", True)
    await bot.delete_chat_photo(GROUP)
    link = await bot.create_chat_invite_link(GROUP, name="Такси")
    await bot.edit_chat_invite_link(GROUP, link.invite_link, member_limit=5)
    assert (await bot.revoke_chat_invite_link(GROUP, link.invite_link)).is_revoked
    assert (await bot.export_chat_invite_link(GROUP)).startswith("https://t.me/+")
    await person.do("membership", chat_id=GROUP, deed="ask")
    assert await bot.approve_chat_join_request(GROUP, 7)


async def lead_a_forum(bot: Bot, person: Person) -> None:
    await person.found(is_forum=True)
    topic = await bot.create_forum_topic(GROUP, "Тараз")
    sent = await bot.send_message(GROUP, "08:00", message_thread_id=topic.message_thread_id)
    assert (await person.sees_message(sent.message_id, GROUP))["thread"] == topic.message_thread_id
    await bot.edit_forum_topic(GROUP, topic.message_thread_id, name="Шымкент")
    await bot.close_forum_topic(GROUP, topic.message_thread_id)
    await bot.reopen_forum_topic(GROUP, topic.message_thread_id)
    await bot.unpin_all_forum_topic_messages(GROUP, topic.message_thread_id)
    await bot.delete_forum_topic(GROUP, topic.message_thread_id)
    with pytest.raises(BadRequest, match="thread not found"):
        await bot.send_message(GROUP, "x", message_thread_id=topic.message_thread_id)
    await bot.leave_chat(GROUP)
    with pytest.raises(Forbidden, match="kicked"):
        await bot.send_message(GROUP, "x")


async def present_itself(bot: Bot, person: Person) -> None:
    await person.write("hi")
    await bot.set_my_name("Такси")
    await bot.set_my_description("Қала аралық такси", language_code="kk")
    await bot.set_my_short_description("Такси")
    assert (await bot.get_my_name()).name == (await bot.get_me()).first_name == "Такси"
    assert (await bot.get_my_description("kk")).description == "Қала аралық такси"
    assert (await bot.get_my_description("ru")).description == ""
    assert (await bot.get_my_short_description("ru")).short_description == "Такси"
    scope = BotCommandScopeChat(7)
    await bot.set_my_commands([BotCommand("start", "Бастау")], scope, "kk")
    assert [one.command for one in await bot.get_my_commands(scope, "kk")] == ["start"]
    assert await bot.get_my_commands() == ()
    await bot.delete_my_commands(scope, "kk")
    assert await bot.get_my_commands(scope, "kk") == ()
    await bot.set_chat_menu_button(7, MenuButtonCommands())
    assert (await bot.get_chat_menu_button(7)).type == "commands"
    await bot.set_my_default_administrator_rights()
    assert not (await bot.get_my_default_administrator_rights()).can_manage_chat
    await bot.set_webhook("https://example.org/hook", allowed_updates=["message"])
    assert (await bot.get_webhook_info()).url == "https://example.org/hook"
    await bot.delete_webhook()


SCENES = (
    send_texts_and_places,
    send_files,
    change_messages,
    vote_and_pay,
    answer_people,
    rule_a_group,
    lead_a_forum,
    present_itself,
)


async def test_its_ordinary_calls_do_what_they_say(bot: Bot, person: Person, strict: Strict) -> None:
    for scene in SCENES:
        await scene(bot, person)
    assert len(strict.called) >= MORE_THAN_THE_ISSUE_ASKS, sorted(strict.called)


async def test_a_polling_application_converses(address: str, person: Person) -> None:
    async def start(update: Update, _context: ContextTypes.DEFAULT_TYPE) -> None:
        assert update.message is not None
        await update.message.reply_text("Сәлем!", reply_markup=KEYBOARD)

    async def agree(update: Update, _context: ContextTypes.DEFAULT_TYPE) -> None:
        assert update.callback_query is not None
        await update.callback_query.answer()
        await update.callback_query.edit_message_text("Брондалды")

    application = Application.builder().token(TOKEN).base_url(f"{address}/bot").build()
    application.add_handlers([CommandHandler("start", start), CallbackQueryHandler(agree)])
    async with application:
        assert application.updater is not None
        await application.updater.start_polling(poll_interval=0, timeout=1)
        await application.start()
        await person.write("/start")
        greeting = await person.waits_for("Сәлем!")
        await person.do("press", message_id=greeting["message_id"], data="yes")
        booked = await person.waits_for("Брондалды")
        assert booked["message_id"] == greeting["message_id"]
        await application.updater.stop()
        await application.stop()


async def test_files_of_people_reach_the_bot(bot: Bot, person: Person) -> None:
    await person.do("messages", voice=file(OGG, duration=4))
    await person.do("messages", document=file(PDF, file_name="bill.pdf"), caption="Чек")
    await person.do("messages", album=[{"photo": file(JPEG)}, {"photo": file(b"2")}], caption="Пәтер")
    voice, document, first, second = [update.message for update in await bot.get_updates()]
    assert voice is not None
    assert voice.voice is not None
    assert voice.voice.to_dict()["duration"] == 4
    assert bytes(await (await voice.voice.get_file()).download_as_bytearray()) == OGG
    assert document is not None
    assert document.document is not None
    assert (document.document.file_name, document.caption) == ("bill.pdf", "Чек")
    assert first is not None
    assert second is not None
    assert first.media_group_id == second.media_group_id is not None
    assert (first.caption, second.caption) == ("Пәтер", None)
