"""Mail, read: who wrote, their new words alone, files, and what is no customer's word."""

from __future__ import annotations

from email.message import EmailMessage
from typing import Any

import httpx2
import pytest
from pydantic import SecretStr
from tests.contract.channels.conftest import now

from tapbot.channels.email.channel import EmailChannel, answer_subject, create, message_id_of
from tapbot.channels.email.quotes import html_to_text, strip_quotes
from tapbot.channels.types import Button, File, Inbound, Outgoing
from tapbot.errors import InvalidInput, NotAllowed
from tapbot.settings import EmailSection
from tapbot.upstream import HttpClient

PASSWORD = "a-password-that-must-not-leak"
SERVERS = {"imap_host": "imap.example.org", "smtp_host": "smtp.example.org"}


def make_channel(**more: Any) -> EmailChannel:
    section = EmailSection(address="taxi@example.org", name="Такси", password=SecretStr(PASSWORD), **SERVERS, **more)
    return create(section, HttpClient(httpx2.MockTransport(lambda _: httpx2.Response(500))), bot_id="taxi", now=now)


def mail(text: str = "Сәлем", **headers: str) -> EmailMessage:
    message = EmailMessage()
    given = {"From": "Айгүл <Aigul@Example.com>", "To": "taxi@example.org", "Message-ID": "<m1@example.com>"}
    for name, value in {**given, **{key.replace("_", "-"): value for key, value in headers.items()}}.items():
        message[name] = value
    message.set_content(text)
    return message


def read(message: EmailMessage) -> list[Inbound]:
    return make_channel().parse(b"X-Tapbot-Place: 7/42\r\n" + message.as_bytes())


def test_a_mail_is_read_with_who_wrote_it_and_its_thread() -> None:
    [inbound] = read(mail("Алматы — Тараз", Subject="Билет", Date="Sun, 22 Nov 2026 12:00:00 +0500"))
    assert (inbound.chat_id, inbound.sender.name, inbound.message_id) == (
        "aigul@example.com",
        "Айгүл",
        "<m1@example.com>",
    )
    assert inbound.text == "Билет\n\nАлматы — Тараз"
    assert inbound.thread == {"message_id": "<m1@example.com>", "references": "<m1@example.com>", "subject": "Билет"}
    assert inbound.sent_at.isoformat() == "2026-11-22T07:00:00+00:00"


def test_an_answer_has_no_subject_in_its_words_and_goes_on_with_the_thread() -> None:
    [inbound] = read(mail("Да", Subject="Re: Билет", In_Reply_To="<o@x>", References="<a@x> <o@x>"))
    assert inbound.text == "Да"
    assert (inbound.thread or {})["references"] == "<a@x> <o@x> <m1@example.com>"


@pytest.mark.parametrize(
    ("written", "new"),
    [
        ("Да\n\nOn Mon, 1 Jan 2026 at 10:00, Taxi <taxi@example.org> wrote:\n\n> Ехать?\n> Да или нет?\n", "Да"),
        ("Да\n\nпн, 1 янв. 2026 г. в 10:00, Такси <taxi@example.org>:\n> Ехать?\n", "Да"),
        ("Иә\n\n2026 ж. 1 қаң., 10:00, Такси <taxi@example.org> жазды:\n\n> Барасыз ба?\n", "Иә"),
        ("Да\n\n1 января 2026 г., в 10:00, Такси\n<taxi@example.org> написал(а):\n\n> Ехать?", "Да"),
        ("Yes\n\n-----Original Message-----\nFrom: Taxi\nSent: Monday\n\nGo?", "Yes"),
        ("Да\n\nОт: Такси <taxi@example.org>\nОтправлено: 1 января\nКому: Айгүл\nТема: Билет\n\nЕхать?", "Да"),
        ("Yes\n________________________________\nFrom: Taxi\nTo: Aru\nSubject: x\n\nGo?", "Yes"),
        ("Да, двое\n\n-- \nАйгүл Серік\nТОО «Пример»", "Да, двое"),
        ("Да\n\nОтправлено с iPhone\n", "Да"),
        ("> Сколько вас?\nДвое\n> Когда?\nЗавтра", "> Сколько вас?\nДвое\n> Когда?\nЗавтра"),
        ("> only a quotation", "> only a quotation"),
        ("Цена: 500 от Алматы: да\nFrom: here is no head", "Цена: 500 от Алматы: да\nFrom: here is no head"),
        ("", ""),
    ],
)
def test_only_the_new_words_are_kept(written: str, new: str) -> None:
    assert strip_quotes(written) == new


def test_html_alone_becomes_words_without_its_quotation() -> None:
    html = (
        "<style>p{}</style><p>Иә,<br>екеуміз</p><div class='gmail_quote'>бұрынғы</div>"
        "<script>alert(1)</script><blockquote>ескі</blockquote>"
    )
    assert html_to_text(html) == "Иә,\nекеуміз"


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "auto-replied"},
        {"Precedence": "bulk"},
        {"List_Id": "<news.example.com>"},
        {"Return_Path": "<>"},
        {"From": "MAILER-DAEMON@example.com"},
        {"From": "no-reply@example.com"},
        {"From": "Taxi <taxi@example.org>"},
        {"Authentication_Results": "mx.example.org; spf=pass; dmarc=fail (p=REJECT)"},
    ],
    ids=str,
)
def test_a_machine_or_a_forger_gets_no_answer(headers: dict[str, str]) -> None:
    message = mail("hello")
    for name, value in headers.items():
        del message[name.replace("_", "-")]
        message[name.replace("_", "-")] = value
    assert read(message) == []


def test_a_line_of_the_senders_own_server_proves_nothing() -> None:
    message = mail("hello", Authentication_Results="mx.example.org; dmarc=pass")
    message["Authentication-Results"] = "mx.example.com; dmarc=fail"
    assert len(read(message)) == 1


def test_files_are_named_by_where_they_lie() -> None:
    message = mail("see")
    message.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="куәлік.pdf")
    message.add_attachment(b"\xff\xd8", maintype="image", subtype="jpeg", filename="a.jpg")
    [inbound] = read(message)
    assert [(one.kind, one.name, one.source) for one in inbound.attachments] == [
        ("document", "куәлік.pdf", "7/42/2"),
        ("photo", "a.jpg", "7/42/3"),
    ]


BOUNCE = """\
From: MAILER-DAEMON@example.com
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b
Content-Type: text/plain

Sorry
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.com

Final-Recipient: rfc822; a@example.com
Action: failed
Diagnostic-Code: smtp; 550 no such user

--b
Content-Type: message/rfc822

From: taxi@example.org
Message-ID: <ours@example.org>

hello
--b--
"""


def test_a_mail_that_came_back_is_a_receipt() -> None:
    heard = make_channel().hear(BOUNCE.encode())
    [receipt] = heard.receipts
    assert (receipt.external_id, receipt.status, receipt.code) == ("<ours@example.org>", "failed", "email.bounced")
    assert "550 no such user" in (receipt.reason or "")
    assert heard.inbound == ()


@pytest.mark.parametrize("raw", [b"", b"\xff\xfe", b"hello", b"Subject: x\r\n\r\nno sender"])
def test_anything_else_is_invalid_input(raw: bytes) -> None:
    with pytest.raises(InvalidInput):
        make_channel().parse(raw)


def test_a_mail_with_a_charset_that_nobody_knows_is_read() -> None:
    raw = b"From: a@example.com\r\nContent-Type: text/plain; charset=klingon\r\n\r\nhello \xff\0\r\n"
    [inbound] = make_channel().parse(raw)
    assert (inbound.text or "").startswith("hello")
    assert "\0" not in (inbound.text or "")


def test_mail_is_not_taken_over_http() -> None:
    with pytest.raises(NotAllowed):
        make_channel().verify({}, b"")


def outgoing(**more: Any) -> Outgoing:
    given = {"chat_id": "aigul@example.com", "text": "Сәлем", "buttons": (), "send_key": "k1", **more}
    return Outgoing(**given)


def test_an_answer_stands_in_the_thread_and_names_itself_automatic() -> None:
    thread = {"message_id": "<m1@example.com>", "references": "<a@x> <m1@example.com>", "subject": "Билет"}
    file = File(b"%PDF", "application/pdf", "шарт.pdf")
    sent = make_channel()._compose(outgoing(thread=thread, files=(file,), buttons=(Button("Иә", "yes"),)))
    assert (sent["Subject"], sent["In-Reply-To"]) == ("Re: Билет", "<m1@example.com>")
    assert (sent["References"], sent["Auto-Submitted"]) == ("<a@x> <m1@example.com>", "auto-replied")
    body = sent.get_body()
    assert body is not None
    assert body.get_content() == "Сәлем\n\n• Иә\n"
    assert [part.get_filename() for part in sent.iter_attachments()] == ["шарт.pdf"]


def test_the_same_sending_has_the_same_name() -> None:
    assert message_id_of("k1", "a@example.org") == message_id_of("k1", "b@example.org")
    assert message_id_of("k1", "a@example.org") != message_id_of("k2", "a@example.org")


@pytest.mark.parametrize("chat_id", ["a@example.com\r\nBcc: all@example.com", "a@example.com\nX: y"])
async def test_an_address_cannot_bring_a_header(chat_id: str) -> None:
    with pytest.raises(InvalidInput):
        make_channel()._compose(outgoing(chat_id=chat_id))


def test_subjects() -> None:
    assert answer_subject("RE: Билет", "x") == "RE: Билет"
    assert answer_subject("", "Напоминание\nзавтра") == "Напоминание"
    assert len(answer_subject("", "слово " * 50)) == 78


def test_the_password_is_nowhere() -> None:
    channel = make_channel()
    assert PASSWORD not in repr(vars(channel)) + repr(channel)
    with pytest.raises(InvalidInput, match="password"):
        create(
            EmailSection(address="a@example.org", **SERVERS),
            HttpClient(httpx2.MockTransport(lambda _: httpx2.Response(500))),
            bot_id="taxi",
            now=now,
        )
