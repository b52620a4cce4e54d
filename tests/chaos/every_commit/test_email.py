"""Commits of mail: what comes into a mailbox is answered once, in its thread, also when a process ends in between."""

from __future__ import annotations

import asyncio
import shutil
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from tests.chaos.every_commit.world import until
from tests.chaos.rooms import Room, open_room
from tests.chaos.soaking import TAXI
from tests.contract.channels.test_email import BOUNCE
from tests.contract.nodes.test_send_email import MailServer
from tests.servers.dovecot import DovecotServer

READY = "SELECT count(*) FROM channel_cursors WHERE channel = 'email'"
SENT = "SELECT count(*) FROM outbox WHERE status = 'sent'"


@dataclass
class Post:
    """A bot's mailbox, and a server that takes what it sends."""

    imap: DovecotServer
    smtp: MailServer
    smtp_port: int
    user: str

    def put(self, text: str, *, mail_id: str = "<m1@example.com>", **headers: str) -> None:
        message = EmailMessage()
        given = {"From": "Aru <aru@example.com>", "To": "taxi@example.org", "Message-ID": mail_id, **headers}
        for name, value in given.items():
            message[name.replace("_", "-")] = value
        message.set_content(text)
        if "file" in text:
            message.add_attachment(b"%PDF" * 1000, maintype="application", subtype="pdf", filename="a.pdf")
        self.imap.put(self.user, message.as_bytes())


@pytest.fixture
async def post(dovecot: DovecotServer) -> AsyncIterator[Post]:
    smtp = MailServer(words={"AUTH": "235 welcome"})
    async with await asyncio.start_server(smtp.serve, "127.0.0.1", 0) as server:
        yield Post(dovecot, smtp, server.sockets[0].getsockname()[1], f"bot{uuid.uuid4().hex[:8]}")


@asynccontextmanager
async def working(tmp_path: Path, post: Post, **upstream: Any) -> AsyncIterator[Room]:
    section: dict[str, Any] = {
        "address": "taxi@example.org",
        "user": post.user,
        "password": post.imap.password,
        "imap_host": "127.0.0.1",
        "imap_port": post.imap.port,
        "smtp_host": "127.0.0.1",
        "smtp_port": post.smtp_port,
        "plain": True,
        "poll_seconds": 1,
    }
    overrides = {"channels": {"email": {"taxi": section}}, "upstream": {"allow_private_network": True, **upstream}}
    async with open_room(with_mail(tmp_path), tmp_path / "data", **overrides) as room, room.app.working():
        await until(room, READY, [(1,)])
        yield room


def with_mail(tmp_path: Path) -> Path:
    """The taxi project with a bot that has a mailbox."""
    folder = tmp_path / "project"
    if not folder.exists():
        shutil.copytree(TAXI, folder)
        bot = folder / "bots" / "taxi.md"
        text = bot.read_text("utf-8")
        assert "channels: [" in text
        bot.write_text(text.replace("channels: [", "channels: [email, "), "utf-8")
    return folder


async def test_a_mail_is_answered_in_its_thread(tmp_path: Path, post: Post) -> None:
    post.put("an old mail that nobody wants an answer to", mail_id="<old@example.com>")
    async with working(tmp_path, post) as room:
        post.put("How much is a ride from Almaty to Taraz?", Subject="Ride")
        await until(room, SENT, [(1,)])
        [answer] = post.smtp.mails
        assert (answer["Subject"], answer["In-Reply-To"], answer["To"]) == (
            "Re: Ride",
            "<m1@example.com>",
            "aru@example.com",
        )
        body = answer.get_body()
        assert body is not None
        assert "Taraz" in body.get_content()
        assert post.imap.unread(post.user) == 2  # the mailbox is left as it was
        assert await room.rows("SELECT message_id FROM inbound") == [("<m1@example.com>",)]


async def test_mail_that_came_while_nobody_looked_is_answered_once(tmp_path: Path, post: Post) -> None:
    async with working(tmp_path, post):
        pass
    post.put("hello", mail_id="<m2@example.com>")
    post.put("hello", mail_id="<m2@example.com>")  # a copy, as servers sometimes deliver it
    for _ in range(2):
        async with working(tmp_path, post) as room:
            await until(room, SENT, [(1,)])
            await asyncio.sleep(1.2)
            assert await room.rows("SELECT count(*) FROM inbound") == [(1,)]
    assert len(post.smtp.mails) == 1


async def test_a_file_of_a_mail_is_kept_and_a_machine_is_not_answered(tmp_path: Path, post: Post) -> None:
    async with working(tmp_path, post) as room:
        post.put("I am away", mail_id="<away@example.com>", Auto_Submitted="auto-replied")
        post.put("a file", mail_id="<m3@example.com>")
        await until(room, SENT, [(1,)])
        assert await room.rows("SELECT name, size_bytes, said FROM chat_files") == [("a.pdf", 4000, 1)]
        assert await room.rows("SELECT count(*) FROM inbound") == [(1,)]


async def test_a_server_that_refuses_the_mail_fails_it_with_the_reason(tmp_path: Path, post: Post) -> None:
    post.smtp.refuse = {"DATA": "550 not today"}
    async with working(tmp_path, post) as room:
        post.put("hello")
        await until(room, "SELECT status FROM outbox", [("failed",)])
        [(error,)] = await room.rows("SELECT error FROM outbox")
        assert "550: not today" in error


async def test_a_mail_that_comes_back_is_seen_as_failed(tmp_path: Path, post: Post) -> None:
    async with working(tmp_path, post) as room:
        post.put("hello")
        await until(room, SENT, [(1,)])
        ours = post.smtp.mails[0]["Message-ID"]
        post.imap.put(post.user, BOUNCE.replace("<ours@example.org>", ours).encode())
        await until(room, "SELECT external_id, status FROM channel_receipts", [(ours, "failed")])
        assert await room.rows("SELECT count(*) FROM inbound") == [(1,)]


async def test_a_server_that_hangs_up_in_the_middle_leaves_a_doubt(tmp_path: Path, post: Post) -> None:
    post.smtp.hang_up_at = "DATA"
    async with working(tmp_path, post) as room:
        post.put("hello")
        await until(room, "SELECT status FROM outbox", [("in_doubt",)])


async def test_of_a_mailbox_full_of_large_mails_none_is_answered(tmp_path: Path, post: Post) -> None:
    for number in range(4):
        post.put(f"old {number} " + "x" * 40_000, mail_id=f"<old{number}@example.com>")
    async with working(tmp_path, post, response_limit_bytes=100_000) as room:
        post.put("hello", mail_id="<new@example.com>")
        await until(room, SENT, [(1,)])
        await asyncio.sleep(1.5)
        assert await room.rows("SELECT message_id FROM inbound") == [("<new@example.com>",)]


async def test_a_mailbox_that_is_numbered_anew_is_not_read_from_its_beginning(tmp_path: Path, post: Post) -> None:
    for number in range(3):
        post.put(f"old {number}", mail_id=f"<old{number}@example.com>")
    async with working(tmp_path, post):
        pass
    post.imap.renumber(post.user, days_old=10)
    async with working(tmp_path, post) as room:
        await asyncio.sleep(1.5)
        assert await room.rows("SELECT message_id FROM inbound") == []
        post.put("hello", mail_id="<new@example.com>")
        await until(room, SENT, [(1,)])
        assert await room.rows("SELECT message_id FROM inbound") == [("<new@example.com>",)]
