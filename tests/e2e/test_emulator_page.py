"""The Telegram emulator's page: somebody writes, sends a picture, and sees and presses what the bot sends."""

from __future__ import annotations

import base64
import re

import httpx2
from playwright.sync_api import expect
from tests.chaos.telegram import emulated_telegram
from tests.e2e.conftest import OpenPage

TOKEN = "424242:an-emulated-token"
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkqPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)
KEYBOARD = '{"inline_keyboard": [[{"text": "Иә", "callback_data": "yes"}]]}'


def test_a_person_chats_with_a_bot_and_sends_a_picture(open_page: OpenPage) -> None:
    with emulated_telegram() as telegram, httpx2.Client(base_url=f"{telegram}/bot{TOKEN}/") as bot:
        bot.post(f"{telegram}/emulator/{TOKEN}/users/1001/messages", json={"text": "/start"}).raise_for_status()
        page = open_page()
        page.goto(f"{telegram}/emulator?token={TOKEN}")
        photo = bot.post("sendPhoto", data={"chat_id": "1001", "reply_markup": KEYBOARD}, files={"photo": PNG})
        assert photo.status_code == 200, photo.text
        picture = page.get_by_role("img", name="photo")
        expect(picture).to_be_visible()
        assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") == 1
        page.get_by_role("button", name="Иә").click()
        page.get_by_label("Message").fill("Рақмет")
        page.get_by_role("button", name="Send").click()
        expect(page.get_by_text("Рақмет")).to_be_visible()
        page.get_by_label("File").set_input_files({"name": "flat.png", "mimeType": "image/png", "buffer": PNG})
        expect(page.get_by_role("img", name="photo")).to_have_count(2)
        page.get_by_label("File").set_input_files({"name": "b.pdf", "mimeType": "application/pdf", "buffer": b"%PDF"})
        expect(page.get_by_role("link", name="b.pdf")).to_have_attribute("href", re.compile("/files/"))
        updates = bot.post("getUpdates").json()["result"]
    kinds = [update.get("callback_query", update.get("message")).keys() for update in updates]
    assert ["data" in kinds[1], "text" in kinds[2], "photo" in kinds[3], "document" in kinds[4]] == [True] * 4
