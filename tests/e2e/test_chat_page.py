"""A passenger books on the chat's own page."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect
from tests.chaos.dialogues import DIALOGUES, tomorrow_at_eight
from tests.chaos.process import TapbotProcess
from tests.e2e.browser import DESK, PHONE
from tests.e2e.conftest import OpenPage
from tests.e2e.layout import check_width
from tests.e2e.passenger import open_chat

BUTTONS = {"ru": ("Да", "Изменить", "Нет"), "kk": ("Иә", "Өзгерту", "Жоқ"), "en": ("Yes", "Change", "No")}
TITLES = {"ru": "Междугороднее такси", "kk": "Қалааралық такси", "en": "Intercity taxi"}
SIZES = {"ru": DESK, "kk": DESK, "en": PHONE}


@pytest.mark.parametrize("language", DIALOGUES)
def test_a_passenger_books_by_typing_and_pressing_a_button(
    language: str, server: TapbotProcess, open_page: OpenPage
) -> None:
    before = {ride["number"] for ride in server.records("rides")}
    page = open_page(language=language, viewport=SIZES[language])
    passenger = open_chat(page, server.url)
    expect(page.get_by_role("heading", name=TITLES[language])).to_be_visible()
    question, when, phone, _ = DIALOGUES[language]
    assert "000" in passenger.say(question)
    passenger.say(when)
    assert "+7 701 123 4567" in passenger.say(phone)
    assert tuple(passenger.choices()) == BUTTONS[language]
    done = passenger.press(BUTTONS[language][0])
    (ride,) = [ride for ride in server.records("rides") if ride["number"] not in before]
    assert ride["number"] in done
    assert (ride["from_city"], ride["to_city"], ride["seats"]) == ("almaty", "taraz", 2)
    assert ride["departs_at"] == tomorrow_at_eight().isoformat()
    check_width(page)


def test_a_reload_keeps_the_chat_and_a_change_of_language_renames_the_bot(
    server: TapbotProcess, open_page: OpenPage
) -> None:
    page = open_page(viewport=PHONE)
    passenger = open_chat(page, server.url)
    answer = passenger.say("Можно ли взять с собой собаку?")
    page.reload()
    expect(page.get_by_text("Можно ли взять с собой собаку?")).to_be_visible()
    assert passenger.last_answer() == answer
    page.locator("#language").select_option("kk")
    expect(page.get_by_role("heading", name=TITLES["kk"])).to_be_visible()
    expect(page).to_have_title(TITLES["kk"])
    check_width(page)
