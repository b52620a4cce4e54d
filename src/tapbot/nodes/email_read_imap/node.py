"""Email Trigger (IMAP): starts when a mailbox has new messages."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from tapbot.credentials.types import Opened
from tapbot.errors import InvalidInput
from tapbot.nodes.email_read_imap.search import read_rules
from tapbot.nodes.fields import Text, has_expression
from tapbot.nodes.mails import read_message
from tapbot.nodes.schedules.params import ScheduleTriggerParams
from tapbot.storage.types import JsonObject
from tapbot.upstream.imap import ImapServer, Mail, Seek, read_mail
from tapbot.workflow.node import NodeCall, NodeParams, trigger_node
from tapbot.workflow.polling import Look, Polled
from tapbot.workflow.types import Item, Outputs, StepKind

MOST_AT_ONCE = 50
EVERY_MINUTE: JsonObject = {"interval": [{"field": "minutes", "minutesInterval": 1}]}


class MailOptions(NodeParams):
    """Less used settings."""

    custom_email_config: Text = '["UNSEEN"]'
    """Which messages are taken, as a JSON list of IMAP's rules."""
    allow_unauthorized_certs: bool = False
    """Do not check the server's certificate."""


class EmailReadImapParams(ScheduleTriggerParams):
    """Which mailbox, and what is taken of its messages."""

    mailbox: Text = "INBOX"
    """Name of the mailbox."""
    post_process_action: Literal["read", "nothing"] = "read"
    """What is done with a message that was taken: it is marked as read, or left as it is."""
    format: Literal["simple", "resolved", "raw"] = "simple"
    """`simple`: texts and headers; `resolved`: addresses and headers taken apart, with all files; `raw`: as it was
    sent, in base64."""
    download_attachments: bool = False
    """Take a message's files along, for `simple`."""
    data_property_attachments_prefix_name: Text = "attachment_"
    """How the names of files begin; a number follows."""
    options: MailOptions = Field(default_factory=MailOptions)
    """Less used settings."""


def upgrade(parameters: JsonObject, _version: float) -> JsonObject:
    """The mailbox is looked at once a minute.

    Raises:
        InvalidInput: A parameter is an expression, or the rules are malformed.
    """
    if has_expression(parameters):
        raise InvalidInput(
            "A trigger of mail has no expressions: nothing has happened yet that they could speak of.",
            code="node.invalid_parameter",
            place="mailbox",
        )
    options: Any = parameters.get("options") or {}
    read_rules(MailOptions.model_validate(options).custom_email_config)
    kept = {**parameters, "rule": EVERY_MINUTE}
    if kept.get("format") == "resolved" and "dataPropertyAttachmentsPrefixName" not in kept:
        kept["dataPropertyAttachmentsPrefixName"] = "attachment_"
    return kept


async def look(at: Look) -> Polled:
    """Messages that were not taken before. Those of the look before are kept by now, so they are marked first."""
    params: EmailReadImapParams = at.params
    known: Any = at.position if at.position and at.position.get("mailbox") == params.mailbox else {}
    seek = Seek(
        mailbox=params.mailbox,
        words=read_rules(params.options.custom_email_config),
        validity=known.get("validity", 0),
        after=known.get("after", 0),
        most=MOST_AT_ONCE,
        mark=known.get("mark", []),
    )
    server = _server(await at.keys.credential("imap"), params)
    mail = await read_mail(at.http.policy, server, seek, silence_seconds=at.http_timeout_seconds)
    taken = [number for number, _raw in mail.messages]
    before = seek.after if mail.validity == seek.validity else 0
    position: JsonObject = {
        "mailbox": params.mailbox,
        "validity": mail.validity,
        "after": max([before, *taken, *mail.too_large]),
        "mark": [*taken] if params.post_process_action == "read" else [],
    }
    return Polled(_items(params, mail), position)


@trigger_node(
    "n8n-nodes-base.emailReadImap",
    EmailReadImapParams,
    version=2.1,
    label="Email Trigger (IMAP)",
    trigger="poll",
    inputs=0,
    kind=StepKind.SAFE,
    upgrade=upgrade,
    poll=look,
)
async def start_by_mail(call: NodeCall[EmailReadImapParams]) -> Outputs:
    """Pass on the new messages; a run by hand gets the newest one that fits, and marks nothing."""
    if any(item.json for item in call.items):
        return [call.items]
    params, step = call.params, call.step
    server = _server(await step.credential("imap"), params)
    seek = Seek(params.mailbox, read_rules(params.options.custom_email_config), most=1, newest=True)
    mail = await read_mail(step.http.policy, server, seek, silence_seconds=step.http_timeout_seconds)
    return [_items(params, mail)]


def _items(params: EmailReadImapParams, mail: Mail) -> list[Item]:
    prefix, files = params.data_property_attachments_prefix_name, params.download_attachments
    return [read_message(number, raw, params.format, prefix=prefix, attachments=files) for number, raw in mail.messages]


def _server(opened: Opened, params: EmailReadImapParams) -> ImapServer:
    """The server of a credential.

    Raises:
        InvalidInput: Its port is none.
    """
    port = opened.text("port")
    if not port.isdecimal() or not 1 <= int(port) <= 65535:
        raise InvalidInput(
            f"The port of the credential {opened.name!r} is none.", code="credential.bad_field", place="port"
        )
    return ImapServer(
        host=opened.text("host"),
        port=int(port),
        user=opened.text("user"),
        password=opened.text("password"),
        tls=opened.text("secure") != "false",
        checked=not params.options.allow_unauthorized_certs,
        name=opened.name,
    )
