"""The chat's page and widget in a real browser against a server that keeps the contract and fails on demand."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright, expect
from tests.integration.channels.chat_server import ChatServer, run_server

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
    pytest.mark.asyncio(loop_scope="module"),
]
PAGE = "/p/demo/prod/chat/taxi"


@pytest_asyncio.fixture(loop_scope="module")
async def server() -> AsyncIterator[ChatServer]:
    async with run_server(ChatServer()) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        launched = await playwright.chromium.launch(executable_path=CHROMIUM)
        yield launched
        await launched.close()


@pytest_asyncio.fixture(loop_scope="module")
async def page(browser: Browser) -> AsyncIterator[Page]:
    context = await browser.new_context(locale="ru-RU", viewport={"width": 390, "height": 780})
    opened = await context.new_page()
    wrong: list[str] = []
    opened.on("pageerror", lambda error: wrong.append(str(error)))
    opened.on("console", lambda line: wrong.append(line.text) if "Content Security Policy" in line.text else None)
    yield opened
    await context.close()
    assert wrong == []


async def open_chat(page: Page, server: ChatServer, search: str = "") -> None:
    await page.goto(server.url + PAGE + search)
    await expect(page.locator("#state")).to_have_attribute("data-state", "online")


async def write(page: Page, text: str) -> None:
    await page.fill("#text", text)
    await page.press("#text", "Enter")


async def shown(page: Page) -> list[str]:
    bubbles = await page.locator(".bubble").evaluate_all("all => all.map(one => one.firstChild.textContent)")
    return [str(bubble) for bubble in bubbles]


async def test_a_customer_writes_presses_a_button_and_sees_answers(page: Page, server: ChatServer) -> None:
    await open_chat(page, server)
    await write(page, "Сколько до Тараза?")
    await page.get_by_role("button", name="Иә, брондау").click()
    await expect(page.locator(".message.bot")).to_have_count(2)
    assert await shown(page) == ["Сколько до Тараза?", "Жауап: Сколько до Тараза?", "Иә, брондау", "Жауап: yes"]
    assert list(server.only_chat.accepted.values()) == [1, 1]


async def test_a_lost_answer_is_tried_again_under_the_same_id_and_shown_once(page: Page, server: ChatServer) -> None:
    await open_chat(page, server)
    server.faults = ["lost", 503, 429]
    await write(page, "да")
    await expect(page.locator(".message.contact.sent")).to_have_count(1, timeout=15_000)
    assert list(server.only_chat.accepted.values()) == [2]
    assert await shown(page) == ["да", "Жауап: да"]


async def test_messages_written_without_a_server_are_sent_in_order_when_it_is_back(
    browser: Browser, page: Page
) -> None:
    chats = ChatServer()
    async with run_server(chats):
        await open_chat(page, chats)
        port = int(chats.url.rpartition(":")[2])
    await expect(page.locator("#state")).not_to_have_attribute("data-state", "online")
    await write(page, "раз")
    await write(page, "два")
    async with run_server(chats, port):
        await expect(page.locator(".message.contact.waiting")).to_have_count(0, timeout=20_000)
        await expect(page.locator(".message.bot")).to_have_count(2)
        assert [message["text"] for message in chats.only_chat.messages if message["author"] == "contact"] == [
            "раз",
            "два",
        ]
        assert list(chats.only_chat.accepted.values()) == [1, 1]


async def test_what_was_said_while_the_stream_was_cut_is_caught_up(page: Page, server: ChatServer) -> None:
    await open_chat(page, server)
    await write(page, "привет")
    await expect(page.locator(".message.bot")).to_have_count(1)
    server.cut_streams()
    server.only_chat.say("human", "Вы ещё здесь?")
    await expect(page.locator(".message.human")).to_have_count(1, timeout=10_000)
    server.only_chat.say("bot", "Живое событие")
    await expect(page.get_by_text("Живое событие")).to_be_visible(timeout=10_000)
    assert len(await shown(page)) == 4


async def test_a_reload_keeps_the_chat_and_shows_the_label_of_a_pressed_button(page: Page, server: ChatServer) -> None:
    await open_chat(page, server)
    await write(page, "привет")
    await page.get_by_role("button", name="Жоқ").click()
    await expect(page.locator(".message.bot")).to_have_count(2)
    before = await shown(page)
    await page.reload()
    await expect(page.locator(".message.bot")).to_have_count(2)
    assert await shown(page) == before
    assert len(server.chats) == 1


async def test_a_token_that_the_server_forgot_is_replaced_and_nothing_written_is_lost(
    page: Page, server: ChatServer
) -> None:
    await open_chat(page, server)
    server.chats.clear()
    await write(page, "я тут")
    await expect(page.locator(".message.contact.sent")).to_have_count(1)
    await expect(page.get_by_text("Жауап: я тут")).to_be_visible(timeout=15_000)


async def test_a_refused_message_says_so_and_the_next_one_passes(page: Page, server: ChatServer) -> None:
    await open_chat(page, server)
    server.faults = [413]
    await write(page, "слишком длинно")
    await expect(page.locator(".message.failed .note")).to_have_text("Сообщение слишком длинное.")
    await write(page, "короче")
    await expect(page.get_by_text("Жауап: короче")).to_be_visible()


async def test_text_is_shown_as_text_and_links_are_links(page: Page, server: ChatServer) -> None:
    await open_chat(page, server)
    await write(page, "<img src=x onerror=alert(1)> https://example.com/a?b=1.")
    await expect(page.locator(".contact .bubble a")).to_have_attribute("href", "https://example.com/a?b=1")
    assert await page.locator(".bubble img").count() == 0


@pytest.mark.parametrize(
    ("language", "state"), [("kk", "Желіде"), ("ru", "На связи"), ("en", "Online"), ("kz", "Желіде")]
)
async def test_the_page_speaks_the_language_it_is_asked_for(
    page: Page, server: ChatServer, language: str, state: str
) -> None:
    await open_chat(page, server, f"?lang={language}")
    await expect(page.locator("#state")).to_have_text(state)


async def test_the_chat_works_by_keyboard_alone(page: Page, server: ChatServer) -> None:
    await open_chat(page, server)
    await page.locator("#text").focus()
    await page.keyboard.type("одна строка")
    await page.keyboard.press("Shift+Enter")
    await page.keyboard.type("вторая")
    await page.keyboard.press("Enter")
    await expect(page.locator(".choices button")).to_have_count(2)
    await page.keyboard.press("Shift+Tab")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("Жауап: no")).to_be_visible()
    assert "одна строка\nвторая" in server.only_chat.messages[0]["text"]


async def test_the_widget_opens_the_chat_on_a_page_with_a_strict_policy(page: Page, server: ChatServer) -> None:
    await page.goto(f"{server.url}/shop")
    await page.get_by_role("button", name="Chat").click()
    chat = page.frame_locator("iframe")
    await chat.locator("#text").fill("из виджета")
    await chat.locator("#text").press("Enter")
    await expect(chat.get_by_text("Жауап: из виджета")).to_be_visible()
    await page.set_viewport_size({"width": 1100, "height": 800})
    await chat.locator("#close").click()
    await expect(page.locator("iframe")).to_be_hidden()
    server.only_chat.say("bot", "Есть новости")
    await expect(page.get_by_role("button", name="Chat")).to_contain_text("1")
