"""A passenger at the chat's page: types, presses buttons, reads answers."""

from __future__ import annotations

from playwright.sync_api import FrameLocator, Page, expect

ANSWER_MS = 30_000
WITHOUT_TIME = "bubble => [...bubble.childNodes].slice(0, -1).map(part => part.textContent || '\\n').join('')"


class Passenger:
    """Somebody who looks at a chat.

    Args:
        chat: The chat's page, or the widget's frame on another site.
    """

    def __init__(self, chat: Page | FrameLocator) -> None:
        self.chat = chat

    def wait_connected(self) -> None:
        """Wait until the page says that it is connected."""
        expect(self.chat.locator("#state")).to_have_attribute("data-state", "online", timeout=ANSWER_MS)

    def say(self, text: str) -> str:
        """Type a message, send it with Enter and wait for the answer."""
        answers = self.count_answers()
        self.chat.locator("#text").press_sequentially(text, delay=2)
        self.chat.locator("#text").press("Enter")
        return self._next_answer(answers)

    def press(self, label: str) -> str:
        """Press a suggested answer and wait for the bot's."""
        answers = self.count_answers()
        self.chat.locator(".choices").get_by_role("button", name=label, exact=True).click()
        return self._next_answer(answers)

    def count_answers(self) -> int:
        """How many messages of the bot are shown; the greeting, which is the page's own, is not one."""
        return self.chat.locator(".message.bot:not([data-id=hello])").count()

    def choices(self) -> list[str]:
        """The suggested answers as they are shown."""
        return self.chat.locator(".choices button").all_inner_texts()

    def last_answer(self) -> str:
        """What the bot said last."""
        return str(self.chat.locator(".message.bot .bubble").last.evaluate(WITHOUT_TIME))

    def _next_answer(self, answers: int) -> str:
        expect(self.chat.locator(".message.bot:not([data-id=hello])")).to_have_count(answers + 1, timeout=ANSWER_MS)
        expect(self.chat.locator("#typing")).to_be_hidden()
        return self.last_answer()


def open_chat(page: Page, url: str) -> Passenger:
    """Open the chat's page of the taxi bot."""
    page.goto(f"{url}/chat/taxi")
    passenger = Passenger(page)
    passenger.wait_connected()
    return passenger
