"""Unmodified pywa against the emulator: its ordinary calls, its handlers, and how it sees what goes wrong."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import httpx2
import pytest
from pywa.errors import RateLimitHit, ReEngagementMessage, WhatsAppError
from pywa.types import (
    Button,
    CallbackButton,
    CallbackSelection,
    Command,
    Contact,
    FlowButton,
    FlowCompletion,
    Industry,
    Message,
    MessageStatus,
    Section,
    SectionList,
    SectionRow,
    URLButton,
    templates,
)
from tests.integration.emulators.serving import run_app
from tests.integration.emulators.whatsapp_business import AIGUL, ME, Business, open_business, write

from tapbot.emulators.whatsapp.server import create_app

KEY = "-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----"


@pytest.fixture
async def address() -> AsyncIterator[str]:
    async with run_app(create_app()) as running:
        yield running


@pytest.fixture
async def person(address: str) -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(base_url=f"{address}/emulator/") as http:
        yield http


@pytest.fixture
async def business(address: str) -> AsyncIterator[Business]:
    async with open_business(address) as made:
        yield made


async def chat(person: httpx2.AsyncClient) -> list[dict[str, Any]]:
    messages: list[dict[str, Any]] = (await person.get(f"{ME.phone_number_id}/chats/{AIGUL}")).json()["messages"]
    return messages


async def test_a_message_of_each_kind_reaches_the_person(business: Business, person: httpx2.AsyncClient) -> None:
    heard = await write(person, text="Сәлем 😀")
    wa = business.pywa

    def send_everything() -> None:
        wa.send_message(AIGUL, "Қайда барасыз?")
        wa.send_message(AIGUL, "Броньдаймыз ба?", buttons=[Button("Иә", "yes"), Button("Жоқ", "no")])
        rows = [SectionRow("Тараз", "taraz", "500 км"), SectionRow("Шымкент", "shymkent")]
        wa.send_message(AIGUL, "Қала", buttons=SectionList("Таңдау", [Section("Оңтүстік", rows)]))
        wa.send_message(AIGUL, "Карта", buttons=URLButton("Ашу", "https://example.com/map"))
        wa.send_message(AIGUL, "Жауап", reply_to_message_id=heard)
        picture = wa.upload_media(b"\x89PNG", mime_type="image/png", filename="car.png")
        wa.send_image(AIGUL, picture, caption="Көлік")
        wa.send_video(AIGUL, wa.upload_media(b"mp4", mime_type="video/mp4", filename="way.mp4"))
        wa.send_document(AIGUL, "https://example.com/bill.pdf", filename="bill.pdf", caption="Чек")
        wa.send_audio(AIGUL, wa.upload_media(b"ogg", mime_type="audio/ogg", filename="voice.ogg"))
        wa.send_sticker(AIGUL, wa.upload_media(b"webp", mime_type="image/webp", filename="yes.webp"))
        wa.send_location(AIGUL, latitude=43.238, longitude=76.945, name="Алматы", address="Абай 1")
        wa.request_location(AIGUL, "Қайдан?")
        wa.send_contact(
            AIGUL, Contact(Contact.Name(formatted_name="Такси", first_name="Т"), phones=[Contact.Phone(ME.number)])
        )
        wa.send_reaction(AIGUL, "👍", heard)
        wa.remove_reaction(AIGUL, heard)
        wa.mark_message_as_read(heard)
        wa.indicate_typing(heard)

    await asyncio.to_thread(send_everything)
    messages = await chat(person)
    sent = [message["kind"] for message in messages if message["author"] == "business"]
    kinds = ["text", *["interactive"] * 3, "text", "image", "video", "document", "audio", "sticker", "location"]
    assert sent == [*kinds, "interactive", "contacts"]
    assert [button["title"] for button in messages[2]["buttons"]] == ["Иә", "Жоқ"]
    assert (messages[0]["read"], messages[0]["reaction"]) == (True, "")


async def test_what_people_do_reaches_the_handlers_signed(business: Business, person: httpx2.AsyncClient) -> None:
    await write(person, text="/start")
    said = await business.sees(Message)
    assert (said.text, said.from_user.name, said.from_user.wa_id) == ("/start", "Айгүл", AIGUL)

    def offer() -> tuple[str, str]:
        buttons = said.reply("Броньдаймыз ба?", buttons=[Button("Иә", "yes")])
        rows = [SectionRow("Тараз", "taraz")]
        listed = said.reply("Қала", buttons=SectionList("Таңдау", [Section("Оңтүстік", rows)]))
        return buttons.id, listed.id

    buttons, listed = await asyncio.to_thread(offer)
    users = f"{ME.phone_number_id}/users/{AIGUL}"
    for message_id, button in ((buttons, "yes"), (listed, "taraz")):
        (await person.post(f"{users}/press", json={"message_id": message_id, "id": button})).raise_for_status()
    assert (await business.sees(CallbackButton)).data == "yes"
    assert (await business.sees(CallbackSelection)).title == "Тараз"
    (await person.post(f"{users}/read", json={})).raise_for_status()
    for status in ("sent", "delivered", "read"):
        await business.sees(MessageStatus, lambda one, want=status: one.status == want and one.id == listed)
    assert business.refused == 0


async def test_a_flow_is_offered_and_filled_in(business: Business, person: httpx2.AsyncClient) -> None:
    await write(person, text="/start")
    flow = FlowButton("Тапсырыс", flow_id="55", flow_token="ride-1", flow_action_screen="RIDE")
    offered = await asyncio.to_thread(business.pywa.send_message, AIGUL, "Толтырыңыз", buttons=flow)
    filled = {"message_id": offered.id, "response": {"city": "Тараз"}}
    reply = await person.post(f"{ME.phone_number_id}/users/{AIGUL}/complete", json=filled)
    assert reply.status_code == 200, reply.text
    said = await business.sees(FlowCompletion)
    assert (said.token, said.response) == ("ride-1", {"city": "Тараз"})
    filled["message_id"] = "wamid.none"
    refused = await person.post(f"{ME.phone_number_id}/users/{AIGUL}/complete", json=filled)
    assert refused.status_code == 400


@pytest.mark.parametrize("kind", ["image", "audio", "video", "document", "sticker"])
async def test_a_person_sends_files_of_each_kind(business: Business, person: httpx2.AsyncClient, kind: str) -> None:
    await write(person, **{kind: {"base64": "dGF4aQ=="}})
    said = await business.sees(Message)
    url = await asyncio.to_thread(business.pywa.get_media_url, getattr(said, kind).id)
    assert await asyncio.to_thread(business.pywa.get_media_bytes, url.url) == b"taxi"


async def test_files_are_given_and_taken(business: Business, person: httpx2.AsyncClient) -> None:
    await write(person, image={"base64": "iVBORw0KGgo=", "caption": "төлқұжат"})
    said = await business.sees(Message, lambda one: one.image is not None)
    wa = business.pywa

    def load() -> tuple[bytes, str]:
        url = wa.get_media_url(said.image.id)
        loaded = wa.get_media_bytes(url.url)
        wa.delete_media(said.image.id)
        return loaded, url.mime_type

    assert await asyncio.to_thread(load) == (b"\x89PNG\r\n\x1a\n", "image/png")
    with pytest.raises(WhatsAppError, match="does not exist"):
        await asyncio.to_thread(wa.get_media_url, said.image.id)


async def test_an_address_of_a_file_expires(business: Business, person: httpx2.AsyncClient) -> None:
    await write(person, document={"filename": "a.pdf"})
    said = await business.sees(Message)
    await person.post("faults", json={"kind": "expired_media"})
    url = await asyncio.to_thread(business.pywa.get_media_url, said.document.id)
    with pytest.raises(httpx.HTTPStatusError, match="404"):
        await asyncio.to_thread(business.pywa.get_media_bytes, url.url)
    again = await asyncio.to_thread(business.pywa.get_media_url, said.document.id)
    assert await asyncio.to_thread(business.pywa.get_media_bytes, again.url)


def reminder(name: str = "ride_reminder") -> templates.Template:
    return templates.Template(
        name=name,
        category=templates.TemplateCategory.UTILITY,
        language=templates.TemplateLanguage.KAZAKH,
        components=[
            templates.BodyText("Сәлем {{1}}! Жолға {{2}} шығамыз.", "Айгүл", "08:00"),
            templates.FooterText(text="Такси"),
            templates.Buttons(buttons=[templates.QuickReplyButton(text="Иә"), templates.QuickReplyButton(text="Жоқ")]),
        ],
    )


async def test_a_template_is_made_reviewed_sent_and_answered(business: Business, person: httpx2.AsyncClient) -> None:
    wa = business.pywa
    made = await asyncio.to_thread(wa.create_template, reminder())

    def work() -> None:
        assert wa.get_template(made.id).name == "ride_reminder"
        assert [one.id for one in wa.get_templates(name="ride_reminder")] == [made.id]
        body = templates.BodyText.params("Айгүл", "08:00")
        button = templates.QuickReplyButton.params(index=0, callback_data="ready")
        wa.send_template(AIGUL, "ride_reminder", templates.TemplateLanguage.KAZAKH, [body, button])

    await asyncio.to_thread(work)
    [seen] = await chat(person)
    assert seen["text"] == "Сәлем Айгүл! Жолға 08:00 шығамыз.\nТакси"
    users = f"{ME.phone_number_id}/users/{AIGUL}"
    (await person.post(f"{users}/press", json={"message_id": seen["id"], "id": "ready"})).raise_for_status()
    assert (await business.sees(CallbackButton)).data == "ready"
    await asyncio.to_thread(wa.update_template, made.id, new_category=templates.TemplateCategory.MARKETING)
    await asyncio.to_thread(wa.delete_template, "ride_reminder")
    with pytest.raises(WhatsAppError, match="not exist"):
        await asyncio.to_thread(wa.send_template, AIGUL, "ride_reminder", templates.TemplateLanguage.KAZAKH, [])


async def test_the_number_the_account_and_their_settings(business: Business) -> None:
    wa = business.pywa

    def work() -> None:
        assert wa.get_business_phone_number().display_phone_number == ME.display_phone_number
        assert [one.id for one in wa.get_business_phone_numbers()] == [ME.phone_number_id]
        assert wa.get_business_account().id == ME.business_account_id
        wa.update_business_profile(about="Такси", websites=["https://example.com"], industry=Industry.TRAVEL)
        assert wa.get_business_profile().about == "Такси"
        wa.update_commerce_settings(is_catalog_visible=True)
        assert wa.get_commerce_settings().is_catalog_visible
        wa.update_conversational_automation(["Қайда?"], commands=[Command("start", "Бастау")])
        wa.set_business_public_key(KEY)
        wa.deregister_phone_number()
        with pytest.raises(WhatsAppError, match="not registered"):
            wa.send_message(AIGUL, "hi")
        wa.register_phone_number("123456")

    await asyncio.to_thread(work)


async def test_short_links_and_blocked_people(business: Business) -> None:
    wa = business.pywa

    def work() -> None:
        code = wa.create_qr_code("Такси керек")
        assert wa.get_qr_code(code.code).prefilled_message == "Такси керек"
        assert wa.update_qr_code(code.code, "Такси!").prefilled_message == "Такси!"
        assert [one.code for one in wa.get_qr_codes()] == [code.code]
        wa.delete_qr_code(code.code)
        assert wa.block_users([AIGUL]).added_users
        assert [one.wa_id for one in wa.get_blocked_users()] == [AIGUL]
        wa.unblock_users([AIGUL])

    await asyncio.to_thread(work)


async def test_the_apps_own_token_points_webhooks_to_a_challenged_address(business: Business) -> None:
    wa = business.pywa
    token = await asyncio.to_thread(wa.get_app_access_token, int(ME.app_id), ME.app_secret)
    with pytest.raises(WhatsAppError, match="verification failed"):
        await asyncio.to_thread(
            wa.set_app_callback_url, int(ME.app_id), token, "http://127.0.0.1:9/hook", "wrong", ("messages",)
        )


async def test_outside_the_window_a_free_text_fails_and_is_not_seen(
    business: Business, person: httpx2.AsyncClient
) -> None:
    sent = await asyncio.to_thread(business.pywa.send_message, AIGUL, "hi")
    failed = await business.sees(MessageStatus, lambda one: one.id == sent.id)
    assert isinstance(failed.error, ReEngagementMessage)
    assert await chat(person) == []
    await person.post("faults", json={"kind": "131047"})
    with pytest.raises(ReEngagementMessage):
        await asyncio.to_thread(business.pywa.send_message, AIGUL, "hi")


async def test_ordered_faults_of_calls(business: Business, person: httpx2.AsyncClient) -> None:
    await write(person, text="hi")
    send = business.pywa.send_message
    await person.post("faults", json={"kind": "429"})
    with pytest.raises(RateLimitHit):
        await asyncio.to_thread(send, AIGUL, "1")
    await person.post("faults", json={"kind": "500"})
    with pytest.raises(WhatsAppError):
        await asyncio.to_thread(send, AIGUL, "2")
    await person.post("faults", json={"kind": "lost_answer"})
    with pytest.raises(httpx.RemoteProtocolError):
        await asyncio.to_thread(send, AIGUL, "3")
    assert [one["text"] for one in await chat(person) if one["author"] == "business"] == ["3"]


async def test_ordered_faults_of_webhooks(business: Business, person: httpx2.AsyncClient) -> None:
    business.pywa._skip_duplicate_updates = False
    await person.post("faults", json={"kind": "duplicate"})
    await write(person, text="twice")
    await person.post("faults", json={"kind": "reorder"})
    await write(person, text="late")
    await write(person, text="early")
    await business.sees(Message, lambda one: one.text == "late")
    texts = [one.text for one in business.seen if isinstance(one, Message)]
    assert texts == ["twice", "twice", "early", "late"]


async def test_bodies_that_the_documentation_does_not_allow_are_refused(business: Business) -> None:
    def post(message: dict[str, Any]) -> str:
        body = {"messaging_product": "whatsapp", "to": AIGUL, **message}
        reply = business.session.post(f"/{ME.phone_number_id}/messages", json=body)
        return str(reply.json()["error"]["error_data"]["details"])

    buttons = [{"type": "reply", "reply": {"id": str(n), "title": "x"}} for n in range(4)]
    action = {"type": "button", "body": {"text": "?"}, "action": {"buttons": buttons}}
    long_title = {"type": "reply", "reply": {"id": "1", "title": "x" * 21}}
    for because, message in (
        ("must be one of", {"type": "fax", "fax": {}}),
        ("text is required", {"type": "text"}),
        ("'body'] is required", {"type": "text", "text": {}}),
        ('Unexpected key "txt"', {"type": "text", "text": {"body": "x", "txt": 1}}),
        ("4096", {"type": "text", "text": {"body": "x" * 4097}}),
        ("1 to 3 items", {"type": "interactive", "interactive": action}),
        ("20 characters", {"type": "interactive", "interactive": {**action, "action": {"buttons": [long_title]}}}),
        ("of type object", {"type": "image", "image": "x"}),
    ):
        assert because in await asyncio.to_thread(post, message)


async def test_a_wrong_token_opens_nothing(business: Business) -> None:
    business.session.headers["Authorization"] = "Bearer wrong"
    with pytest.raises(WhatsAppError, match="access token"):
        await asyncio.to_thread(business.pywa.send_message, AIGUL, "hi")
