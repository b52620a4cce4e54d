"""Send Email against a small SMTP server of our own, over a real socket."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from tests.contract.nodes.bench import Bench, around, outputs_of, prepare

from tapbot.errors import UpstreamRejected
from tapbot.upstream import OutgoingPolicy, open_socket

pytestmark = pytest.mark.asyncio(loop_scope="package")
LOGIN = base64.b64encode(b"\0aya\0secret").decode()


@dataclass(slots=True)
class MailServer:
    """Speaks as much of RFC 5321 as a client needs, and refuses what it is told to."""

    refuse: dict[str, str] = field(default_factory=dict)
    mails: list[EmailMessage] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    words: dict[str, str] = field(default_factory=dict)
    hang_up_at: str | None = None

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 here\r\n")
        while line := (await reader.readline()).decode().strip():
            self.said.append(line)
            word = line.upper().split(" ")[0]
            if word == self.hang_up_at:
                break
            if word == "DATA":
                writer.write(b"354 go on\r\n")
                raw = await reader.readuntil(b"\r\n.\r\n")
                self.mails.append(message_from_bytes(raw[:-3], policy=policy.default))  # type: ignore[arg-type]
            writer.write(self._answer(word, line))
            await writer.drain()
            if word == "QUIT":
                break
        writer.close()

    def _answer(self, word: str, line: str) -> bytes:
        refused = next((answer for part, answer in self.refuse.items() if part in line), None)
        if refused:
            return f"{refused}\r\n".encode()
        answers = {"EHLO": "250-here\r\n250 AUTH PLAIN", "AUTH": "235 welcome", "DATA": "250 kept as 7"}
        if word in self.words:
            return f"{self.words[word]}\r\n".encode()
        if word == "AUTH" and not line.endswith(LOGIN):
            return b"535 wrong password\r\n"
        return f"{answers.get(word, '250 ok')}\r\n".encode()


@asynccontextmanager
async def mail_server(**refuse: str) -> AsyncIterator[tuple[MailServer, dict[str, str]]]:
    """A server, and the credential that opens it."""
    server = MailServer({part.replace("_", "@"): answer for part, answer in refuse.items()})
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    fields = {"host": "127.0.0.1", "port": str(port), "user": "aya", "password": "secret", "secure": "false"}
    async with listening:
        yield server, {**fields, "disableStartTls": "true"}


async def send(bench: Bench, fields: dict[str, str], parameters: dict[str, Any], version: float = 2.1) -> Any:
    given = {"fromEmail": "Ая <aya@example.com>", "toEmail": "b@example.com", "subject": "Сәлем", **parameters}
    credentials = await bench.enter({"smtp": fields})
    files = {"data": {"data": base64.b64encode(b"a,b").decode(), "mimeType": "text/csv", "fileName": "a.csv"}}
    case = {"parameters": given, "settings": {"credentials": credentials}, "version": version}
    case["inputs"] = [[{"json": {}, "binary": files}]]
    return await bench.run(prepare(around("n8n-nodes-base.emailSend", case)), "Start", [{"json": {}}])


async def test_a_mail_arrives_as_it_was_written(bench: Bench) -> None:
    options = {
        "ccEmail": "c@example.com",
        "bccEmail": "d@example.com",
        "attachments": "data",
        "replyTo": "e@example.com",
    }
    async with mail_server() as (server, fields):
        parameters = {"emailFormat": "both", "text": "қалай", "html": "<b>қалай</b>", "options": options}
        outcome = await send(bench, fields, parameters)
    assert outcome.error is None, outcome.error
    (mail,) = server.mails
    assert (mail["Subject"], mail["Cc"], mail["Reply-To"], mail["Bcc"]) == (
        "Сәлем", "c@example.com", "e@example.com", None,
    )  # fmt: skip
    assert mail.get_body(("plain",)).get_content().strip() == "қалай"
    assert mail.get_body(("html",)).get_content().strip() == "<b>қалай</b>"
    assert [part.get_filename() for part in mail.iter_attachments()] == ["a.csv"]
    ((told,),) = outputs_of(outcome, "Node")
    everybody = ["b@example.com", "c@example.com", "d@example.com"]
    assert told["json"]["accepted"] == everybody
    assert told["json"]["envelope"] == {"from": "aya@example.com", "to": everybody}
    assert told["json"]["messageId"] == mail["Message-ID"]


@pytest.mark.parametrize(
    ("version", "parameters", "kind"),
    [
        (2.1, {"html": "<p>x</p>"}, "text/html"),
        (2, {"text": "x"}, "text/plain"),
        (1, {"text": "x"}, "text/plain"),
        (1, {"html": "x"}, "text/html"),
    ],
)
async def test_older_versions_have_other_forms(
    bench: Bench, version: float, parameters: dict[str, Any], kind: str
) -> None:
    async with mail_server() as (server, fields):
        assert (await send(bench, fields, parameters, version)).error is None
    assert server.mails[0].get_content_type() == kind


async def test_a_receiver_that_is_refused_is_told_apart(bench: Bench) -> None:
    async with mail_server(c_example="550 unknown") as (_, fields):
        outcome = await send(bench, fields, {"toEmail": "b@example.com, c@example.com"})
    ((told,),) = outputs_of(outcome, "Node")
    assert (told["json"]["accepted"], told["json"]["rejected"]) == (["b@example.com"], ["c@example.com"])


@pytest.mark.parametrize(
    ("refuse", "problem"),
    [({"b_example": "550 unknown"}, "answered 550"), ({"MAIL": "552 too large"}, "answered 552")],
)
async def test_a_refusal_fails_the_node(bench: Bench, refuse: dict[str, str], problem: str) -> None:
    async with mail_server(**refuse) as (_, fields):
        outcome = await send(bench, fields, {})
    assert problem in outcome.error["message"]


async def test_a_wrong_password_names_the_credential_alone(bench: Bench) -> None:
    async with mail_server() as (_, fields):
        outcome = await send(bench, {**fields, "password": "hidden1"}, {})
    assert outcome.error["message"] == "The mail server did not accept the credential 'case'."


async def test_a_private_address_is_not_reached() -> None:
    with pytest.raises(UpstreamRejected, match="private or reserved"):
        await open_socket(OutgoingPolicy(), "127.0.0.1", 25, service="A server", timeout_seconds=1)
