"""Commits of files: what customers send is fetched before the bot answers, and what people send goes out."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.chaos.every_commit.world import ADMIN, log_in, small, until
from tests.chaos.rooms import Room, open_room
from tests.chaos.soaking import TAXI
from tests.integration.emulators.serving import run_app

from tapbot.access.first_admin import prepare_admin
from tapbot.bots.erasing import erase_person
from tapbot.emulators.model.server import create_app as emulate_models
from tapbot.emulators.telegram.server import create_app as emulate_telegram
from tapbot.inbox.files import FILE_LIMIT_BYTES, MOST_UNSAID

TOKEN = "123456:" + "a" * 35
PHOTO = b"\x89PNG picture of a passport"
LONG = bytes(range(256)) * 10_000
CHAT = "/chat/helper"


@dataclass
class Place:
    """The app, an emulated Telegram, and a customer there."""

    room: Room
    telegram: httpx2.AsyncClient

    async def send(self, **content: Any) -> None:
        body = {"first_name": "Aru", **content}
        (await self.telegram.post(f"/emulator/{TOKEN}/users/7/messages", json=body)).raise_for_status()

    async def sees(self) -> list[dict[str, Any]]:
        shown = (await self.telegram.get(f"/emulator/{TOKEN}/chats/7")).json()
        return [one for one in shown["messages"] if one["author"] == "bot"]

    async def order(self, **fault: Any) -> None:
        (await self.telegram.post("/emulator/faults", json=fault)).raise_for_status()

    async def attachments(self) -> list[dict[str, Any]]:
        [(conversation,)] = await self.room.rows("SELECT conversation_id FROM conversations")
        shown = (await self.room.http.get(f"/api/v1/conversations/{conversation}/messages")).json()["items"]
        return [one for message in shown if message["author"] == "contact" for one in message["attachments"]]


@asynccontextmanager
async def telegram_place(tmp_path: Path, folder: Path | None = None, **overrides: Any) -> AsyncIterator[Place]:
    async with run_app(emulate_telegram()) as address:
        section = {"token": TOKEN, "mode": "polling", "api_url": address, **overrides.pop("section", {})}
        settings = {
            "channels": {"telegram": {"taxi" if folder else "helper": section}},
            "upstream": {"allow_private_network": True},
            "admin": ADMIN,
            **overrides,
        }
        opened = open_room(folder, tmp_path / "data", **settings) if folder else small(tmp_path, **settings)
        async with (
            httpx2.AsyncClient(base_url=address) as telegram,
            opened as room,
            room.app.working(),
        ):
            await let_in(room)
            yield Place(room, telegram)


async def let_in(room: Room) -> None:
    app = room.app
    await prepare_admin(app.database, room.served.scope, app.settings.admin, new_id=app.engine.new_id, now=app.clock())
    room.http.headers |= await log_in(room)


async def answered(room: Room, count: int = 1) -> None:
    await until(room, "SELECT count(*) FROM outbox WHERE status = 'sent'", [(count,)])


def in_base64(content: bytes, **more: str) -> dict[str, str]:
    return {"base64": base64.b64encode(content).decode(), **more}


async def test_a_customers_file_is_here_before_the_bot_answers_and_a_person_can_read_it(tmp_path: Path) -> None:
    async with telegram_place(tmp_path) as place:
        await place.send(
            document=in_base64(LONG, file_name="куәлік.pdf", mime_type="application/pdf"), caption="қараңыз"
        )
        await answered(place.room)
        [file] = await place.attachments()
        assert (file["kind"], file["name"], file["size_bytes"], file["coming"]) == (
            "document",
            "куәлік.pdf",
            len(LONG),
            False,
        )
        parts = await place.room.rows("SELECT count(*), sum(length(data)) FROM chat_file_parts")
        assert parts == [(3, len(LONG))]
        [(conversation,)] = await place.room.rows("SELECT conversation_id FROM conversations")
        read = await place.room.http.get(f"/api/v1/conversations/{conversation}/files/{file['file_id']}")
        assert read.content == LONG
        assert read.headers["content-disposition"].startswith("attachment; filename*=UTF-8''%D0%BA")
        assert "sandbox" in read.headers["content-security-policy"]


async def test_a_file_that_cannot_be_had_says_why_and_the_bot_answers_all_the_same(tmp_path: Path) -> None:
    async with telegram_place(tmp_path) as place:
        await place.order(kind="500", count=100, method="getFile")
        await place.send(photo=in_base64(PHOTO))
        await answered(place.room)
        [file] = await place.attachments()
        assert file["failed"] == "telegram.failed"
        assert file["file_id"] is None


async def test_a_file_that_fails_once_is_fetched_again(tmp_path: Path) -> None:
    async with telegram_place(tmp_path) as place:
        await place.order(kind="500", count=1, method="getFile")
        await place.send(photo=in_base64(PHOTO))
        await answered(place.room)
        [file] = await place.attachments()
        assert file["failed"] is None
        assert await place.room.rows("SELECT said FROM chat_files") == [(1,)]


async def test_an_album_gets_one_answer(tmp_path: Path) -> None:
    async with telegram_place(tmp_path) as place:
        for number in range(3):
            await place.send(photo=in_base64(PHOTO + bytes([number])), media_group_id="55")
        await answered(place.room)
        assert await place.room.rows("SELECT count(*) FROM runs WHERE kind = 'turn'") == [(1,)]
        assert len(await place.attachments()) == 3
        assert len(await place.sees()) == 1


async def test_a_burst_gets_one_answer_where_the_settings_say_so(tmp_path: Path) -> None:
    async with telegram_place(tmp_path, section={"debounce_seconds": 0.6}) as place:
        for text in ("hello", "I need", "a taxi"):
            await place.send(text=text)
        await answered(place.room)
        assert await place.room.rows("SELECT count(*) FROM runs WHERE kind = 'turn'") == [(1,)]


async def test_a_voice_message_becomes_text_once_and_the_bot_hears_it(tmp_path: Path) -> None:
    async with run_app(emulate_models()) as models:
        speech = {"base_url": f"{models}/v1", "api_key": "a-key"}
        async with telegram_place(tmp_path, speech=speech) as place:
            await place.send(voice=in_base64("Позовите человека".encode()))
            await answered(place.room)
            [voice] = await place.attachments()
            assert (voice["kind"], voice["transcript"]) == ("voice", "Позовите человека")
            steps = await place.room.rows("SELECT kind FROM steps WHERE step_key LIKE 'speech/%'")
            assert steps == [("safe",)]
            async with httpx2.AsyncClient(base_url=models) as http:
                asked = (await http.get("/emulator/requests")).json()["requests"]
            assert [one["body"]["file"] for one in asked] == ["voice.ogg"]


@pytest.mark.parametrize(
    ("sent", "said"),
    [("voice", "Я не могу прослушать голосовое"), ("photo", "Файл получен"), ("sticker", "Файл получен")],
)
async def test_what_a_guided_bot_cannot_understand_it_says_so(tmp_path: Path, sent: str, said: str) -> None:
    async with telegram_place(tmp_path, folder=TAXI, speech={"base_url": "http://127.0.0.1:9/v1"}) as place:
        await place.send(**{sent: in_base64(b"OggS")}, language_code="ru")
        await answered(place.room)
        [seen] = await place.sees()
        assert said in seen["text"]
        assert [button["data"] for row in seen["buttons"] for button in row] == ["person:yes", "person:no"]


async def test_a_person_sends_files_and_the_customer_gets_them_once(tmp_path: Path) -> None:
    async with telegram_place(tmp_path) as place:
        await place.send(text="hello")
        await answered(place.room)
        [(conversation,)] = await place.room.rows("SELECT conversation_id FROM conversations")
        path, http = f"/api/v1/conversations/{conversation}", place.room.http
        given = [("чек.png", "image/png", PHOTO), ("шарт.pdf", "application/pdf", LONG)]
        ids = []
        for name, media_type, content in given:
            headers = {"X-File-Name": httpx2.URL(f"http://x/{name}").raw_path.decode()[1:], "Content-Type": media_type}
            taken = await http.post(f"{path}/files", content=content, headers=headers)
            assert taken.status_code == 201, taken.text
            assert taken.json()["name"] == name
            ids.append(taken.json()["id"])
        reply = {"text": "Міне", "files": ids, "key": "once"}
        for _ in range(2):
            answer = await http.post(f"{path}/reply", json=reply)
            assert answer.status_code == 200, answer.text
        await answered(place.room, 2)
        seen = (await place.sees())[1:]
        assert [(one["kind"], one["text"]) for one in seen] == [("photo", ""), ("document", ""), ("text", "Міне")]
        again = await http.post(f"{path}/reply", json={"files": ids[:1]})
        assert (again.status_code, again.json()["code"]) == (400, "inbox.no_file")


async def open_chat(room: Room) -> dict[str, str]:
    token = (await room.http.post(f"{CHAT}/token")).json()["token"]
    return {"X-Chat-Token": token, "Content-Type": "image/png", "X-File-Name": "a.png"}


async def test_a_visitor_of_the_site_sends_a_file_and_nobody_else_can_read_it(tmp_path: Path) -> None:
    async with small(tmp_path) as room, room.app.working():
        mine, other = await open_chat(room), await open_chat(room)
        file_id = (await room.http.post(f"{CHAT}/files", content=PHOTO, headers=mine)).json()["id"]
        message = {"id": "m1", "text": "", "files": [file_id]}
        stolen = await room.http.post(f"{CHAT}/messages", json=message, headers=other | JSON)
        assert (stolen.status_code, stolen.json()["code"]) == (400, "inbox.no_file")
        for _ in range(2):
            sent = await room.http.post(f"{CHAT}/messages?wait=10", json=message, headers=mine | JSON)
            assert sent.status_code == 200, sent.text
        shown = (await room.http.get(f"{CHAT}/messages", headers=mine)).json()["messages"]
        assert [one["file_id"] for one in shown[0]["attachments"]] == [file_id]
        read = await room.http.get(f"{CHAT}/files/{file_id}", headers=mine)
        assert (read.status_code, read.content, read.headers["content-type"]) == (200, PHOTO, "image/png")
        assert (await room.http.get(f"{CHAT}/files/{file_id}", headers=other)).status_code == 404


JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    ("content", "headers", "status"),
    [
        (b"", {}, 400),
        (PHOTO, {"Content-Type": "nonsense"}, 400),
        (PHOTO, {"X-File-Name": "x" * 1000}, 400),
        (PHOTO, {"X-Chat-Token": "guess"}, 403),
    ],
)
async def test_a_bad_upload_is_refused(tmp_path: Path, content: bytes, headers: dict[str, str], status: int) -> None:
    async with small(tmp_path) as room:
        mine = await open_chat(room)
        answer = await room.http.post(f"{CHAT}/files", content=content, headers=mine | headers)
        assert answer.status_code == status, answer.text
        assert await room.rows("SELECT count(*) FROM chat_files") == [(0,)]


async def test_uploads_that_no_message_sends_are_few_and_swept(tmp_path: Path) -> None:
    async with small(tmp_path) as room:
        mine = await open_chat(room)
        for _ in range(MOST_UNSAID):
            assert (await room.http.post(f"{CHAT}/files", content=PHOTO, headers=mine)).status_code == 201
        refused = await room.http.post(f"{CHAT}/files", content=PHOTO, headers=mine)
        assert (refused.status_code, refused.json()["code"]) == (413, "inbox.too_many_files")
        await room.app.database.write("test", age_files)
        await room.app.sweeper.sweep()
        assert await room.rows("SELECT count(*) FROM chat_files") == [(0,)]
        assert await room.rows("SELECT count(*) FROM chat_file_parts") == [(0,)]


async def test_files_that_were_kept_long_enough_go_and_their_messages_say_so(tmp_path: Path) -> None:
    async with telegram_place(tmp_path, storage={"retain_files_days": 30}) as place:
        await place.send(document=in_base64(LONG, file_name="куәлік.pdf"))
        await answered(place.room)
        await place.room.app.sweeper.sweep()
        assert (await place.attachments())[0]["file_id"] is not None
        await place.room.app.database.write("test", age_files)
        await place.room.app.sweeper.sweep()
        [file] = await place.attachments()
        assert (file["file_id"], file["failed"], file["name"]) == (None, "inbox.file_gone", "куәлік.pdf")
        assert await place.room.rows("SELECT count(*) FROM chat_file_parts") == [(0,)]


def age_files(db: Any) -> None:
    db.exec_driver_sql("UPDATE chat_files SET created_at = '2020-01-01 00:00:00.000000'")


async def test_the_files_of_a_person_go_when_the_person_is_erased(tmp_path: Path) -> None:
    async with telegram_place(tmp_path) as place:
        await place.send(photo=in_base64(PHOTO))
        await answered(place.room)
        [(contact,)] = await place.room.rows("SELECT contact_id FROM contacts")
        app, scope = place.room.app, place.room.served.scope
        receipt = await erase_person(app.database, scope, contact, confirm=contact, actor_id=None, now=app.clock())
        assert receipt["erased"]["chat_files"] == 1
        assert await place.room.rows("SELECT count(*) FROM chat_file_parts") == [(0,)]


def test_the_limit_is_telegrams() -> None:
    assert FILE_LIMIT_BYTES == 20_000_000
