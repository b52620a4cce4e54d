"""pywa's ordinary calls, by name: each is answered, and there are more of them than the issue asks for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx2
from pywa import WhatsApp
from pywa.types import Contact, templates
from tests.integration.emulators.serving import run_app
from tests.integration.emulators.whatsapp_business import AIGUL, ME, open_business, write

from tapbot.emulators.whatsapp.server import create_app

THE_ISSUE_ASKS = 25
KAZAKH = templates.TemplateLanguage.KAZAKH
TEMPLATE = templates.Template(
    name="news",
    category=templates.TemplateCategory.MARKETING,
    language=KAZAKH,
    components=[templates.BodyText("Жаңалық: {{1}}, қайырлы күн!", "бар")],
)
PEOPLE = Contact(Contact.Name(formatted_name="Такси", first_name="Т"), phones=[Contact.Phone(ME.number)])


@dataclass
class Known:
    """Ids that earlier calls gave."""

    heard: str
    file: str
    template: str = ""
    code: str = ""


Call = Callable[[WhatsApp, Known], Any]
MESSAGES: dict[str, Call] = {
    "send_message": lambda wa, _: wa.send_message(AIGUL, "Сәлем"),
    "send_image": lambda wa, known: wa.send_image(AIGUL, known.file),
    "send_video": lambda wa, known: wa.send_video(AIGUL, known.file),
    "send_document": lambda wa, known: wa.send_document(AIGUL, known.file, filename="a.pdf"),
    "send_audio": lambda wa, known: wa.send_audio(AIGUL, known.file),
    "send_voice": lambda wa, known: wa.send_voice(AIGUL, known.file),
    "send_sticker": lambda wa, known: wa.send_sticker(AIGUL, known.file),
    "send_location": lambda wa, _: wa.send_location(AIGUL, 43.2, 76.9),
    "request_location": lambda wa, _: wa.request_location(AIGUL, "Қайда?"),
    "send_contact": lambda wa, _: wa.send_contact(AIGUL, PEOPLE),
    "send_reaction": lambda wa, known: wa.send_reaction(AIGUL, "👍", known.heard),
    "remove_reaction": lambda wa, known: wa.remove_reaction(AIGUL, known.heard),
    "mark_message_as_read": lambda wa, known: wa.mark_message_as_read(known.heard),
    "indicate_typing": lambda wa, known: wa.indicate_typing(known.heard),
    "get_media_url": lambda wa, known: wa.get_media_url(known.file),
    "delete_media": lambda wa, known: wa.delete_media(known.file),
}
TEMPLATES: dict[str, Call] = {
    "create_template": lambda wa, known: setattr(known, "template", wa.create_template(TEMPLATE).id),
    "get_template": lambda wa, known: wa.get_template(known.template),
    "get_templates": lambda wa, _: wa.get_templates(),
    "send_template": lambda wa, _: wa.send_template(AIGUL, "news", KAZAKH, [templates.BodyText.params("x")]),
    "delete_template": lambda wa, _: wa.delete_template("news"),
}
SETTINGS: dict[str, Call] = {
    "get_business_profile": lambda wa, _: wa.get_business_profile(),
    "update_business_profile": lambda wa, _: wa.update_business_profile(about="Такси"),
    "get_business_account": lambda wa, _: wa.get_business_account(),
    "get_business_phone_number": lambda wa, _: wa.get_business_phone_number(),
    "get_business_phone_numbers": lambda wa, _: wa.get_business_phone_numbers(),
    "get_commerce_settings": lambda wa, _: wa.get_commerce_settings(),
    "update_commerce_settings": lambda wa, _: wa.update_commerce_settings(is_cart_enabled=True),
    "update_conversational_automation": lambda wa, _: wa.update_conversational_automation(["Қайда?"]),
    "block_users": lambda wa, _: wa.block_users([AIGUL]),
    "get_blocked_users": lambda wa, _: wa.get_blocked_users(),
    "unblock_users": lambda wa, _: wa.unblock_users([AIGUL]),
    "create_qr_code": lambda wa, known: setattr(known, "code", wa.create_qr_code("Такси").code),
    "get_qr_code": lambda wa, known: wa.get_qr_code(known.code),
    "get_qr_codes": lambda wa, _: wa.get_qr_codes(),
    "update_qr_code": lambda wa, known: wa.update_qr_code(known.code, "Такси!"),
    "delete_qr_code": lambda wa, known: wa.delete_qr_code(known.code),
    "deregister_phone_number": lambda wa, _: wa.deregister_phone_number(),
    "register_phone_number": lambda wa, _: wa.register_phone_number("123456"),
}
CALLS = MESSAGES | TEMPLATES | SETTINGS


async def test_each_call_is_answered() -> None:
    assert len(CALLS) >= THE_ISSUE_ASKS
    async with run_app(create_app()) as address, open_business(address) as business:
        wa = business.pywa
        async with httpx2.AsyncClient(base_url=f"{address}/emulator/") as person:
            heard = await write(person, text="hi")
        kept = await asyncio.to_thread(wa.upload_media, b"\x89PNG", mime_type="image/png", filename="a.png")
        known = Known(heard, kept.id)
        for call in CALLS.values():
            await asyncio.to_thread(call, wa, known)
