"""Email Trigger (IMAP) against a real server (Dovecot)."""

from __future__ import annotations

import base64
import itertools
import socket
from email.message import EmailMessage
from typing import Any

import httpx2
import pytest
from tests.contract.nodes.bench import HERE, NOW, SCOPE, Bench, around, outputs_of, prepare
from tests.servers.dovecot import DovecotServer

from tapbot.credentials.vault import Vault
from tapbot.errors import InvalidInput, TapbotError, UpstreamUnavailable
from tapbot.nodes import catalogue
from tapbot.nodes.email_read_imap.search import read_rules
from tapbot.nodes.mails import read_message
from tapbot.storage.types import JsonObject
from tapbot.upstream import HttpClient, OutgoingPolicy
from tapbot.upstream.imap import ImapServer, Seek, read_mail
from tapbot.workflow.effects import step_under_way
from tapbot.workflow.keys import NodeKeys
from tapbot.workflow.polling import Look, Polled

pytestmark = pytest.mark.asyncio(loop_scope="package")
TYPE = "n8n-nodes-base.emailReadImap"
USERS = (f"user{number}" for number in itertools.count())


def letter(subject: str, **more: str) -> bytes:
    """A mail with a text, an HTML and a file."""
    message = EmailMessage()
    message["From"] = "Айгерім <aigerim@example.org>"
    message["To"] = "shop@example.org, Second <second@example.org>"
    message["Subject"] = subject
    message["Date"] = "Thu, 05 Mar 2026 09:30:00 +0500"
    message["Message-ID"] = "<1@example.org>"
    message["X-Tag"] = "one"
    message["X-Tag"] = "two"
    message.set_content(more.get("text", "Сәлем\nдүние"))
    message.add_alternative("<b>Сәлем</b>", subtype="html")
    message.add_attachment(b"\x00\x01", maintype="application", subtype="octet-stream", filename="есеп.bin")
    return message.as_bytes()


class Box:
    """A mailbox of its own, and the trigger that looks at it."""

    def __init__(self, bench: Bench, server: DovecotServer, parameters: dict[str, Any]) -> None:
        self._bench, self.server, self.user = bench, server, next(USERS)
        self.fields = {"host": "127.0.0.1", "port": str(server.port), "secure": "false"}
        self.fields |= {"user": self.user, "password": server.password}
        self.parameters = parameters
        self.position: JsonObject | None = None

    def put(self, *subjects: str, **where: str) -> None:
        self.server.put(self.user, *map(letter, subjects), **where)

    async def workflow(self) -> Any:
        self.parameters["options"] = {"allowUnauthorizedCerts": True, **self.parameters.get("options", {})}
        settings = {"credentials": await self._bench.enter({"imap": self.fields})}
        return prepare(around(TYPE, {"parameters": self.parameters, "settings": settings}))

    async def look(self) -> list[str]:
        """Look as the scheduler does, and keep how far it came: the subjects found."""
        self.found = await self.peek()
        self.position = self.found.position
        return [str(item.json["subject"]) for item in self.found.items]

    async def peek(self) -> Polled:
        node = (await self.workflow()).nodes["Node"]
        http = HttpClient(httpx2.MockTransport(lambda _request: httpx2.Response(500)), policy=HERE)
        vault = Vault(self._bench.database, self._bench.keyring, http, lambda: NOW)
        params = node.type.params.model_validate(node.parameters)
        poll = catalogue.find(TYPE).poll
        assert poll is not None
        with step_under_way():
            return await poll(Look(params, http, 5, self.position, NodeKeys(vault, SCOPE, node.node)))

    async def by_hand(self) -> list[dict[str, Any]]:
        outcome = await self._bench.run(await self.workflow(), "Node", [{"json": {}}])
        assert outcome.error is None, outcome.error
        return [item["json"] for item in outputs_of(outcome, "Node")[0]]


async def test_unread_mail_is_taken_once_and_marked_when_it_is_kept(bench: Bench, dovecot: DovecotServer) -> None:
    box = Box(bench, dovecot, {})
    box.put("old", flags=r"(\Seen)")
    box.put("one", "Екі")
    assert [item.json["subject"] for item in (await box.peek()).items] == ["one", "Екі"]
    assert await box.look() == ["one", "Екі"], "what nobody kept is found again"
    assert dovecot.unread(box.user) == 2, "a crash before the run is kept loses nothing"
    box.put("three")
    assert await box.look() == ["three"]
    assert dovecot.unread(box.user) == 1, "the two are kept by now"
    assert await box.look() == []
    assert dovecot.unread(box.user) == 0


async def test_mail_may_be_left_as_it_is(bench: Bench, dovecot: DovecotServer) -> None:
    box = Box(bench, dovecot, {"postProcessAction": "nothing"})
    box.put("one")
    assert await box.look() == ["one"]
    assert await box.look() == []
    assert dovecot.unread(box.user) == 1


async def test_a_mailbox_that_was_made_anew_is_read_from_its_beginning(bench: Bench, dovecot: DovecotServer) -> None:
    box = Box(bench, dovecot, {"mailbox": "Тапсырыстар & Co", "options": {"customEmailConfig": '["ALL"]'}})
    with pytest.raises(TapbotError, match="does not open the mailbox 'Тапсырыстар & Co'"):
        await box.look()
    coded = '"&BCIEMAQ,BEEESwRABEsEQQRCBDAEQA- &- Co"'
    box.put("one", "two", mailbox=coded)
    assert await box.look() == ["one", "two"]
    assert isinstance(box.position, dict)
    box.position = {**box.position, "validity": 1}
    assert await box.look() == ["one", "two"]
    box.position = {**box.position, "mailbox": "Other"}
    assert await box.look() == ["one", "two"]


async def test_many_messages_come_over_several_looks(bench: Bench, dovecot: DovecotServer) -> None:
    box = Box(bench, dovecot, {})
    box.put(*(f"m{number}" for number in range(60)))
    found = [await box.look(), await box.look(), await box.look()]
    assert [len(subjects) for subjects in found] == [50, 10, 0]
    assert [subject for subjects in found for subject in subjects] == [f"m{number}" for number in range(60)]


async def test_a_run_by_hand_gets_the_newest_and_marks_nothing(bench: Bench, dovecot: DovecotServer) -> None:
    box = Box(bench, dovecot, {"downloadAttachments": True})
    box.put("one", "two")
    [found] = await box.by_hand()
    assert found["subject"] == "two"
    assert dovecot.unread(box.user) == 2


@pytest.mark.parametrize(
    ("rules", "found"),
    [
        ('["ALL"]', ["plain", "шот №7"]),
        ('[["SUBJECT", "ШОТ"]]', ["шот №7"]),
        ('["!SEEN", ["!FROM", "nobody"], ["SINCE", "May 20, 2020"]]', ["plain", "шот №7"]),
        ('[["OR", ["SUBJECT", "plain"], "FLAGGED"]]', ["plain"]),
        ('[["HEADER", "X-Tag", "one"], ["LARGER", 10], ["UID", "1:1"]]', ["plain"]),
        ('[["TEXT", "no\\" such\\\\ text"]]', []),
    ],
)
async def test_messages_are_chosen_by_rules(bench: Bench, dovecot: DovecotServer, rules: str, found: list[str]) -> None:
    box = Box(bench, dovecot, {"options": {"customEmailConfig": rules}})
    box.put("plain", "шот №7")
    assert await box.look() == found


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        ('["unseen"]', ["UNSEEN"]),
        ('[["ON", "2026-05-02"], ["BEFORE", "2-May-2026"]]', ["ON", "2-May-2026", "BEFORE", "2-May-2026"]),
        ('[["SENTSINCE", "Sat, 2 May 2026 10:00:00 +0000"]]', ["SENTSINCE", "2-May-2026"]),
    ],
)
async def test_rules_become_words(rules: str, words: list[str]) -> None:
    assert read_rules(rules) == words


@pytest.mark.parametrize(
    "rules",
    ["", "UNSEEN", "[]", "[7]", '["DROP"]', '[["SINCE", "soon"]]', '[["SUBJECT", "a\\r\\nb"]]', '[["FROM"]]', '[[]]',
     '[["UID", "1 OR 2"]]', '[["LARGER", "x"]]', '[["OR", "SEEN"]]', '[["SEEN", "x"]]', f'[{"[" * 30}{"]" * 30}]',
     '["!' + "!" * 20 + 'SEEN"]'],
)  # fmt: skip
async def test_a_rule_that_is_none_is_refused(rules: str) -> None:
    with pytest.raises(InvalidInput):
        read_rules(rules)


async def test_a_message_is_told_in_each_form(bench: Bench, dovecot: DovecotServer) -> None:
    box = Box(bench, dovecot, {"downloadAttachments": True, "dataPropertyAttachmentsPrefixName": "file_"})
    box.put("Шот")
    await box.look()
    [item] = box.found.items
    assert (item.json["textPlain"], item.json["textHtml"]) == ("Сәлем\nдүние\n", "<b>Сәлем</b>\n")
    assert item.json["from"] == "Айгерім <aigerim@example.org>"
    metadata = item.json["metadata"]
    assert isinstance(metadata, dict)
    assert (metadata["x-tag"], metadata["message-id"]) == (["one", "two"], "<1@example.org>")
    assert item.binary is not None
    file = item.binary["file_0"]
    assert (file["fileName"], base64.b64decode(file["data"])) == ("есеп.bin", b"\x00\x01")
    raw = letter("Шот")
    resolved = read_message(7, raw, "resolved", prefix="attachment_", attachments=False)
    assert resolved.json["to"] == {
        "value": [{"address": "shop@example.org", "name": ""}, {"address": "second@example.org", "name": "Second"}],
        "text": "shop@example.org, Second <second@example.org>",
    }
    assert (resolved.json["date"], resolved.json["text"]) == ("2026-03-05T04:30:00.000Z", "Сәлем\nдүние\n")
    assert list(resolved.binary or {}) == ["attachment_0"]
    assert read_message(7, raw, "raw", prefix="", attachments=True).json["raw"] == base64.b64encode(raw).decode()


@pytest.mark.parametrize(
    "raw",
    [b"", b"\xff\xfe", b"Subject: =?x?q?=\r\nDate: soon\r\nFrom: @@\r\n\r\nx",
     b"Content-Type: text/plain; charset=klingon\r\n\r\n\xd1", b"Content-Type: multipart/mixed; boundary=a\r\n\r\n--b"],
)  # fmt: skip
async def test_a_broken_message_is_told_as_far_as_it_goes(raw: bytes) -> None:
    assert "textPlain" in read_message(1, raw, "simple", prefix="a", attachments=True).json
    assert "text" in read_message(1, raw, "resolved", prefix="a", attachments=True).json


async def test_whoever_may_not_log_in_and_who_is_not_there(bench: Bench, dovecot: DovecotServer) -> None:
    box = Box(bench, dovecot, {})
    box.put("one")
    good = dict(box.fields)
    box.fields = {**good, "password": "hidden1"}
    with pytest.raises(TapbotError, match=r"^IMAP did not accept the credential 'case'\.$"):
        await box.look()
    box.fields = {**good, "port": "1"}
    with pytest.raises(UpstreamUnavailable, match="could not be reached"):
        await box.look()
    box.fields = {**good, "secure": "true"}
    with pytest.raises(TapbotError, match="speaks no TLS"):
        await box.look()
    box.fields = {**good, "secure": "true", "port": str(dovecot.tls_port)}
    assert await box.look() == ["one"]
    box.position, box.parameters["options"] = None, {"allowUnauthorizedCerts": False}
    with pytest.raises(TapbotError, match="certificate is not valid"):
        await box.look()


async def test_a_private_server_a_silent_one_and_large_mail_are_refused(dovecot: DovecotServer) -> None:
    user = next(USERS)
    dovecot.put(user, letter("small"), letter("large", text="x" * 5000), letter("last"))
    place = ImapServer("127.0.0.1", dovecot.port, user, dovecot.password, tls=False, checked=False)
    seek = Seek("INBOX", ["ALL"])
    with pytest.raises(TapbotError, match="private or reserved"):
        await read_mail(OutgoingPolicy(), place, seek, silence_seconds=5)
    small = OutgoingPolicy(allow_hosts=("127.0.0.1",), response_limit_bytes=3000)
    mail = await read_mail(small, place, seek, silence_seconds=5)
    assert ([number for number, _raw in mail.messages], mail.too_large) == ([1, 3], [2])
    with socket.create_server(("127.0.0.1", 0)) as silent:
        nobody = ImapServer("127.0.0.1", silent.getsockname()[1], "a", "b", tls=False)
        with pytest.raises(UpstreamUnavailable, match="broke off"):
            await read_mail(HERE, nobody, seek, silence_seconds=0.2)


async def test_expressions_and_ports_that_are_none_are_refused(bench: Bench, dovecot: DovecotServer) -> None:
    with pytest.raises(InvalidInput, match="no expressions"):
        prepare(around(TYPE, {"parameters": {"mailbox": "={{ 1 }}"}}))
    box = Box(bench, dovecot, {})
    box.fields["port"] = "x"
    with pytest.raises(InvalidInput, match="is none"):
        await box.look()
