"""`make screenshots`: the pictures of docs/images/, taken in a real browser from a real server."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from playwright.sync_api import Browser, Page, expect  # noqa: E402
from tests.chaos.rooms import workflow  # noqa: E402
from tests.e2e.browser import PHONE, find_chromium, open_browser  # noqa: E402
from tests.e2e.passenger import open_chat  # noqa: E402
from tests.e2e.server import read_link, run_server  # noqa: E402

IMAGES = ROOT / "docs/images"
MOST_BYTES = 2_000_000
DESK = {"width": 1280, "height": 800}
FONTS = {"Inter": "fonts-inter", "Noto Color Emoji": "fonts-noto-color-emoji"}
FONT_SETTINGS = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <include ignore_missing="yes">/etc/fonts/fonts.conf</include>
  <selectfont>
    <rejectfont><pattern><patelt name="family"><string>DejaVu Sans</string></patelt></pattern></rejectfont>
  </selectfont>
  <alias binding="strong"><family>sans-serif</family><prefer><family>Inter</family></prefer></alias>
  <alias binding="strong"><family>system-ui</family><prefer><family>Inter</family></prefer></alias>
</fontconfig>
"""

DIALOGUES: dict[str, tuple[str, ...]] = {
    "en": ("Hello, how much is a ride from Shymkent to Taraz?", "four of us, in two days at 9am", "87051234567", "yes"),
    "kk-short": ("Алматыдан Шымкентке екі орын керек", "ертең түстен кейін екіде", "87471234567", "иә"),
    "ru-question": ("Можно ли взять с собой собаку?",),
    "ru-offer": ("Сколько стоит из Астаны в Караганду?", "послезавтра в 10:30, трое"),
    "kk": ("Сәлеметсіз бе, Алматыдан Таразға қанша тұрады?", "екі адамбыз, ертең таңғы сегізде", "87071234567"),
    "ru": ("Здравствуйте, сколько стоит до Тараза из Алматы?", "нас двое, завтра в 8 утра", "87011234567"),
}
"""What passengers say, the first one first. The last two stop before the button that books."""


REFUND = {
    "question": "Вернуть 8 000 ₸ за отменённую поездку?",
    "details": {"поездка": "TX-1001", "сумма": "8 000 ₸", "клиент": "Айгуль С."},
}
"""What the pictured approval asks."""
NEWS = "Здравствуйте, {{name|друг}}! До конца марта Тараз на 20 % дешевле."


@dataclass(frozen=True)
class Studio:
    """A browser and a server full of dialogues."""

    browser: Browser
    url: str
    session: Any

    @contextmanager
    def open_page(self, **options: Any) -> Iterator[Page]:
        """Open a page as the owner of the company sees it."""
        settings = {"viewport": DESK, "locale": "ru-RU", "color_scheme": "light", "device_scale_factor": 1.5, **options}
        context = self.browser.new_context(
            timezone_id="Asia/Almaty", reduced_motion="reduce", storage_state=self.session, **settings
        )
        language = settings["locale"].split("-")[0]
        context.add_init_script(f"try {{ localStorage.setItem('tapbot-language', '{language}') }} catch {{}}")
        yield context.new_page()
        context.close()


def save(page: Page, name: str) -> None:
    """Take the picture once everything is drawn."""
    page.evaluate("document.activeElement?.blur()")
    page.mouse.move(0, 0)
    page.wait_for_function("document.fonts.status === 'loaded'")
    page.wait_for_timeout(400)
    page.screenshot(path=IMAGES / f"{name}.png", animations="disabled", caret="hide")
    print(f"  {name}.png", flush=True)


def hold_dialogues(studio: Studio) -> None:
    """Fill the server; the pictures of the chat are taken on the way."""
    for name, messages in DIALOGUES.items():
        language = name.split("-")[0]
        phone = name == "kk"
        size = PHONE if phone else {"width": 900, "height": 1000}
        with studio.open_page(viewport=size, locale=language) as page:
            passenger = open_chat(page, studio.url)
            for message in messages:
                passenger.say(message)
            if name == "kk":
                save(page, "chat-kk-phone")
                passenger.press("Иә")
            if name == "ru":
                passenger.press("Да")
                save(page, "chat-ru")


def log_in(studio: Studio, link: str) -> Studio:
    """Use the one-time link."""
    with studio.open_page() as page:
        page.goto(link)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        page.wait_for_url(f"{studio.url}/")
        return Studio(studio.browser, studio.url, page.context.storage_state())


def open_conversation(page: Page, studio: Studio) -> None:
    """Open the Russian booking, which is the newest conversation."""
    page.goto(f"{studio.url}/conversations")
    page.get_by_test_id("conversation-list").get_by_role("link").first.click()
    expect(page.get_by_test_id("messages-bot").last).to_contain_text("TX-")


def open_booking(page: Page, studio: Studio) -> None:
    """Open the run of the workflow that booked."""
    page.goto(f"{studio.url}/runs?workflow=book")
    page.get_by_test_id("run-list").get_by_role("link").first.click()
    expect(page.get_by_test_id("graph")).to_be_visible()


def shoot_console(studio: Studio) -> None:
    """Take the pictures of the console."""
    with studio.open_page() as page:
        open_conversation(page, studio)
        save(page, "conversation")
        open_booking(page, studio)
        save(page, "run-graph")
        page.get_by_role("group", name="Узел «Write the ride»").click()
        expect(page.get_by_test_id("node-drawer").get_by_role("dialog")).to_be_visible()
        save(page, "node-drawer")
        page.goto(f"{studio.url}/workflows/remind")
        expect(page.get_by_test_id("graph")).to_be_visible()
        save(page, "workflow")
        page.goto(f"{studio.url}/records/rides")
        expect(page.get_by_test_id("records").get_by_role("row")).to_have_count(5)
        save(page, "rides")
    with studio.open_page(viewport=PHONE, color_scheme="dark") as page:
        open_conversation(page, studio)
        save(page, "conversation-phone-dark")


def make_project(folder: Path) -> Path:
    """The taxi, with a workflow that asks a person."""
    shutil.copytree(ROOT / "examples/taxi", folder)
    hook = {"path": "refund", "httpMethod": "POST", "responseMode": "onReceived"}
    nodes = [
        {"name": "Hook", "type": "n8n-nodes-base.webhook", "typeVersion": 2, "parameters": hook},
        {"name": "Ask", "type": "tapbot.askPerson", "parameters": REFUND},
    ]
    (folder / "workflows/refund.json").write_text(json.dumps(workflow("refund", nodes)), "utf-8")
    return folder


def shoot_people(studio: Studio) -> None:
    """Take the pictures of the rooms about people: an approval, a contact and a broadcast."""
    with studio.open_page() as page:
        asks, api = page.context.request, f"{studio.url}/api/v1"
        token = {"X-CSRF-Token": asks.get(f"{api}/me").json()["csrf_token"]}
        found = asks.get(f"{api}/contacts").json()["items"]
        names = ("Айгуль Сапарова", "Данияр Омаров", "Marta Lind", "Ерлан Нұрлан", "Светлана Ким", "Тимур Ахметов")
        for number, (contact, name) in enumerate(zip(found, names, strict=False)):
            said = {"purpose": "marketing", "granted": True, "source": "чат"}
            known = {"name": name, "tags": ["постоянный"] if number % 2 else [], "fields": {"rides": number + 1}}
            if number != 2:  # somebody who did not agree
                asks.post(f"{api}/contacts/{contact['id']}/consents", data=said, headers=token)
            asks.patch(f"{api}/contacts/{contact['id']}", data=known, headers=token)
        asks.post(f"{studio.url}/webhook/refund", data={})
        page.goto(f"{studio.url}/approvals")
        expect(page.get_by_role("article", name=str(REFUND["question"]))).to_be_visible()
        save(page, "approvals")
        page.goto(f"{studio.url}/contacts/{found[0]['id']}")
        expect(page.get_by_test_id("consents")).to_be_visible()
        save(page, "contact")
        page.goto(f"{studio.url}/broadcasts/new")
        page.get_by_label("Название").fill("Весна в Таразе")
        page.get_by_label("Русский", exact=True).fill(NEWS)
        expect(page.get_by_test_id("broadcast-left-out")).to_be_visible()
        expect(page.get_by_role("list", name="Что они прочтут").get_by_role("listitem").first).to_be_visible()
        page.evaluate("document.querySelector('#room').scrollTo(0, 0)")
        save(page, "broadcast")


def check_fonts() -> None:
    """Say which fonts are missing: without them emoji are empty boxes."""
    listing = shutil.which("fc-list")
    families = (
        subprocess.run([listing, ":", "family"], capture_output=True, text=True, check=True).stdout if listing else ""
    )
    missing = [package for family, package in FONTS.items() if family not in families]
    if missing:
        raise SystemExit(f"Fonts for the pictures are missing. Debian: apt-get install {' '.join(missing)}")


def main() -> None:
    """Make all pictures and say how large they are."""
    chromium = find_chromium()
    if chromium is None:
        raise SystemExit("The pictures need a Chromium. Debian: apt-get install chromium")
    check_fonts()
    IMAGES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "fonts.conf").write_text(FONT_SETTINGS, "utf-8")
        fonts = {"FONTCONFIG_FILE": str(folder / "fonts.conf")}
        project = str(make_project(folder / "taxi"))
        with run_server(folder / "server", project) as server, open_browser(chromium, fonts) as browser:
            studio = Studio(browser, server.url, None)
            hold_dialogues(studio)
            inside = log_in(studio, read_link(server))
            shoot_console(inside)
            shoot_people(inside)
    size_bytes = sum(path.stat().st_size for path in IMAGES.glob("*.png"))
    print(f"{size_bytes / 1e6:.2f} MB in {IMAGES.relative_to(ROOT)}/")
    if size_bytes > MOST_BYTES:
        raise SystemExit(f"The pictures are larger than {MOST_BYTES / 1e6} MB together.")


if __name__ == "__main__":
    main()
