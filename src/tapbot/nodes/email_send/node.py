"""Send Email: a mail by SMTP, once per item."""

from __future__ import annotations

from email.message import EmailMessage
from email.utils import formatdate, getaddresses, make_msgid
from typing import Any, Literal

from pydantic import Field

from tapbot.credentials.types import Opened
from tapbot.errors import InvalidInput
from tapbot.nodes.binaries import read_binary
from tapbot.nodes.fields import Text, split_names
from tapbot.storage.types import JsonObject, JsonValue
from tapbot.upstream.smtp import SmtpServer, send_mail
from tapbot.workflow.node import NodeParams, Step, node
from tapbot.workflow.types import Item, StepKind


class EmailOptions(NodeParams):
    """Less used settings."""

    attachments: Text = ""
    """Names of the item's files, separated by commas."""
    cc_email: Text = ""
    """Who gets a copy."""
    bcc_email: Text = ""
    """Who gets a copy that the others do not see."""
    reply_to: Text = ""
    """Where answers go."""


class EmailSendParams(NodeParams):
    """The mail."""

    operation: Literal["send"] = "send"
    """What is done; waiting for an answer is not supported yet."""
    from_email: Text = ""
    """Who sends it: `Aya <aya@example.com>`."""
    to_email: Text = ""
    """Who gets it; several separated by commas."""
    subject: Text = ""
    """Subject."""
    email_format: Literal["text", "html", "both"] = "html"
    """Whether it is text, HTML, or both."""
    text: Text = ""
    """The text."""
    html: Text = ""
    """The HTML."""
    options: EmailOptions = Field(default_factory=EmailOptions)
    """Less used settings."""


def upgrade(parameters: JsonObject, version: float) -> JsonObject:
    """The parameters as version 2.1 has them: version 1 had both forms and the files beside the options."""
    raw: dict[str, Any] = dict(parameters)
    if version < 2:
        options = dict(raw.get("options") or {})
        given = {"attachments": "attachments", "ccEmail": "ccEmail", "bccEmail": "bccEmail"}
        options |= {name: raw[old] for old, name in given.items() if old in raw}
        form = "both" if raw.get("text") and raw.get("html") else "html" if raw.get("html") else "text"
        return {**raw, "options": options, "emailFormat": form}
    if version < 2.1:
        raw.setdefault("emailFormat", "text")
    return raw


@node(
    "n8n-nodes-base.emailSend",
    EmailSendParams,
    version=2.1,
    label="Send Email",
    kind=StepKind.NEVER,
    upgrade=upgrade,
)
async def send_email(params: EmailSendParams, item: Item, step: Step) -> Item:
    """Send a mail, and say who was accepted and what the server answered."""
    mail = build_mail(params, item, step)
    opened = await step.credential("smtp")
    handed = await send_mail(
        step.http.policy, _server(opened), mail, _receivers(params), silence_seconds=step.http_timeout_seconds
    )
    everybody: list[JsonValue] = [*_receivers(params)]
    return Item(
        json={
            "accepted": [one for one in everybody if one not in handed.refused],
            "rejected": [*sorted(handed.refused)],
            "response": handed.answer,
            "envelope": {"from": _addresses(params.from_email)[0], "to": everybody},
            "messageId": str(mail["Message-ID"]),
        }
    )


def build_mail(params: EmailSendParams, item: Item, step: Step) -> EmailMessage:
    """The mail as it is sent.

    Raises:
        InvalidInput: Nobody is named, a header holds a line break, or a file is missing.
    """
    if not _addresses(params.from_email) or not _receivers(params):
        missing = "toEmail" if _addresses(params.from_email) else "fromEmail"
        raise InvalidInput("The mail needs a sender and a receiver.", code="node.invalid_parameter", place=missing)
    mail = EmailMessage()
    headers = {"From": params.from_email, "To": params.to_email, "Cc": params.options.cc_email}
    try:
        for name, value in {**headers, "Reply-To": params.options.reply_to, "Subject": params.subject}.items():
            if value:
                mail[name] = value
    except (ValueError, IndexError):
        raise InvalidInput(
            "An address or the subject cannot be written as the header of a mail.",
            code="node.invalid_parameter",
            hint="Look for a line break in it.",
        ) from None
    mail["Date"] = formatdate(step.now.timestamp())
    mail["Message-ID"] = make_msgid(step.idempotency_key(), domain=_addresses(params.from_email)[0].rpartition("@")[2])
    as_html = params.email_format == "html"
    mail.set_content(params.html if as_html else params.text, subtype="html" if as_html else "plain")
    if params.email_format == "both":
        mail.add_alternative(params.html, subtype="html")
    for name in split_names(params.options.attachments):
        content, about = read_binary(item, name)
        main, _, sub = str(about.get("mimeType") or "application/octet-stream").partition("/")
        file_name = str(about.get("fileName") or name)
        mail.add_attachment(content, maintype=main, subtype=sub or "octet-stream", filename=file_name)
    return mail


def _addresses(text: str) -> list[str]:
    return [address for _, address in getaddresses([text]) if "@" in address]


def _receivers(params: EmailSendParams) -> tuple[str, ...]:
    options = params.options
    found = [address for text in (params.to_email, options.cc_email, options.bcc_email) for address in _addresses(text)]
    return tuple(dict.fromkeys(found))


def _server(opened: Opened) -> SmtpServer:
    at_once, plain = opened.text("secure") == "true", opened.text("disableStartTls") == "true"
    return SmtpServer(
        host=opened.text("host"),
        port=_port(opened),
        user=opened.text("user") or None,
        password=opened.text("password") or None,
        tls=at_once,
        start_tls=not plain,
        name=opened.name,
        hello=opened.text("hostName") or "localhost",
    )


def _port(opened: Opened) -> int:
    text = opened.text("port")
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise InvalidInput(
            f"The port of the credential {opened.name!r} is none.", code="credential.bad_field", place="port"
        )
    return int(text)
