"""Settings of the channels: one section for each bot in each."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, SecretStr

from tapbot.settings.section import Section


class ChannelSection(Section):
    """What every channel of a bot has."""

    debounce_seconds: float = Field(default=0, ge=0, le=30)
    """The bot answers when nothing more came for so long: messages in quick succession get one answer. A pressed
    button is answered at once, and an album when it is whole, whatever stands here."""


class TelegramSection(ChannelSection):
    """One bot in Telegram. Section `[channels.telegram.<bot>]`."""

    token: SecretStr | None = None
    """From BotFather. Give it by environment: `TAPBOT_CHANNELS__TELEGRAM__<BOT>__TOKEN`."""
    mode: Literal["polling", "webhook"] = "polling"
    """Polling needs no public address; a webhook needs `server.public_url` and a secret."""
    secret: SecretStr | None = None
    """Secret that Telegram sends with each webhook, 16 to 256 of `A-Z a-z 0-9 _ -`."""
    groups: Literal["off", "mentions", "all"] = "mentions"
    """What the bot hears in groups: nothing, what is addressed to it (its name, a reply to it, a command), or all that
    Telegram shows it. Presses of its buttons count in each case."""
    api_url: str = "https://api.telegram.org"
    """Server of the Bot API; an emulator's address in tests."""


class WhatsappSection(ChannelSection):
    """One bot on a WhatsApp number. Section `[channels.whatsapp.<bot>]`."""

    phone_number_id: str = Field(pattern=r"^\d{5,20}$")
    """Id of the number at Meta (not the number itself)."""
    business_account_id: str | None = Field(default=None, pattern=r"^\d{5,20}$")
    """Id of the WhatsApp Business account, for templates."""
    token: SecretStr | None = None
    """Access token of a system user. Give it by environment: `TAPBOT_CHANNELS__WHATSAPP__<BOT>__TOKEN`."""
    app_secret: SecretStr | None = None
    """Secret of the app, which signs webhooks. `TAPBOT_CHANNELS__WHATSAPP__<BOT>__APP_SECRET`."""
    verify_token: SecretStr | None = None
    """A word of your own that Meta repeats when it sets the webhook.
    `TAPBOT_CHANNELS__WHATSAPP__<BOT>__VERIFY_TOKEN`."""
    window_template: str | None = Field(default=None, pattern=r"^[a-z0-9_]{1,512}$")
    """Approved template with one variable, which takes the text where the customer wrote more than 24 hours ago.
    It is picked in the conversation's language. Without one, such messages fail with the reason."""
    api_url: str = "https://graph.facebook.com"
    """Server of the Graph API; an emulator's address in tests."""
    api_version: str = Field(default="v23.0", pattern=r"^v\d{2}\.0$")
    """Version of the Graph API."""


class WebchatSection(ChannelSection):
    """The web chat of one bot. Section `[channels.webchat.<bot>]`."""

    allowed_origins: tuple[str, ...] = ()
    """Web sites that may call the chat from their own pages. The widget's iframe needs none."""
    identity_secret: SecretStr | None = Field(default=None, min_length=32)
    """With it your site signs who its visitor is. `TAPBOT_CHANNELS__WEBCHAT__<BOT>__IDENTITY_SECRET`."""


class EmailSection(ChannelSection):
    """One bot in a mailbox. Section `[channels.email.<bot>]`."""

    address: str = Field(pattern=r"^[^@\s<>]+@[^@\s<>]+$")
    """The bot's address: where customers write, and who answers."""
    name: str = Field(default="", max_length=100)
    """The bot's name beside the address."""
    user: str | None = None
    """Login at both servers; the address when not given."""
    password: SecretStr | None = None
    """Give it by environment: `TAPBOT_CHANNELS__EMAIL__<BOT>__PASSWORD`. Large providers want an app password."""
    imap_host: str
    """Server where mail arrives."""
    imap_port: int = Field(default=993, ge=1, le=65535)
    """993 is TLS from the first byte; on another port STARTTLS where the server offers it."""
    smtp_host: str
    """Server that sends."""
    smtp_port: int = Field(default=465, ge=1, le=65535)
    """465 is TLS from the first byte; on another port STARTTLS, which the server must offer."""
    mailbox: str = "INBOX"
    """The folder that is read. Nothing in it is moved, marked or deleted."""
    poll_seconds: float = Field(default=15, ge=1, le=3600)
    """How often it is looked at."""
    plain: bool = False
    """Without TLS, or with a certificate that nobody signed: for servers on this machine alone."""


class SmsSection(ChannelSection):
    """Text messages of one bot: out only. Section `[channels.sms.<bot>]`."""

    service: Literal["sms.ru", "smsc", "http"]
    """Who sends them: SMS.ru, SMSC.ru (or .kz), or any service with an HTTP interface, described below."""
    sender: str = Field(default="", max_length=20)
    """The sender's name, as the service has approved it; the service's own when not given."""
    user: str = ""
    """Login at SMSC."""
    secret: SecretStr | None = None
    """`api_id` at SMS.ru, password at SMSC, and what `{secret}` stands for at any other service. Give it by
    environment: `TAPBOT_CHANNELS__SMS__<BOT>__SECRET`."""
    callback_secret: SecretStr | None = None
    """SMSC: the secret word that signs delivery statuses. `TAPBOT_CHANNELS__SMS__<BOT>__CALLBACK_SECRET`. SMS.ru
    signs with the `api_id`."""
    most_parts: int = Field(default=6, ge=1, le=10)
    """Most parts of one message, each of which is paid for: a longer text is refused, with the count."""
    sends_per_second: float = Field(default=10, ge=4, le=1000)
    """Messages a second over all numbers."""
    api_url: str | None = None
    """Server of SMS.ru or SMSC, such as `https://smsc.kz`; the service's usual one when not given."""
    url: str = ""
    """Any other service: the address that takes messages by POST. It holds no secret."""
    body: Literal["json", "form"] = "json"
    """Any other service: how the fields are written."""
    fields: dict[str, str] = {"to": "{to}", "text": "{text}"}
    """Any other service: fields of the body. `{to}` `{text}` `{sender}` `{key}` `{secret}` are filled in; `{key}`
    names the sending and is the same for a retry."""
    headers: dict[str, str] = {}
    """Any other service: headers, filled in like fields: `Authorization = "Bearer {secret}"`."""
    id_path: str = "id"
    """Any other service: where its JSON answer has the message's id, such as `messages.0.id`."""
    error_path: str = ""
    """Any other service: where an answer has the reason of a refusal that comes with status 200."""
    idempotent: bool = False
    """Any other service: it takes a message with the same `{key}` once. Then one whose answer was lost is sent
    again; otherwise it becomes a doubt that a person decides."""


class WebhookSection(ChannelSection):
    """One bot behind any service that posts JSON and takes it. Section `[channels.webhook.<bot>]`.

    Paths are names of fields and positions in lists with dots between them, such as `message.from.id` or `files.0`.
    """

    secret: SecretStr | None = None
    """What signs calls, of at least 16 letters. Give it by environment: `TAPBOT_CHANNELS__WEBHOOK__<BOT>__SECRET`."""
    signature: Literal["hmac-sha256", "secret"] = "hmac-sha256"
    """How the service proves itself: HMAC-SHA256 over the body's bytes, or the secret itself in the header."""
    signature_header: str = "X-Signature"
    """The header with the proof."""
    signature_prefix: str = ""
    """What stands before the proof, such as `sha256=` or `Bearer `."""
    signature_encoding: Literal["hex", "base64"] = "hex"
    """How the HMAC is written."""
    items: str = ""
    """Path of the messages in a call, or of the only one; the whole body when not given."""
    chat_id: str = "chat_id"
    """Path, in a message, of the chat or person: answers carry it."""
    message_id: str = "id"
    """Path of the message's own id: the same one again is the same message again."""
    text: str = "text"
    """Path of the words."""
    value: str = "value"
    """Path of a pressed button's value."""
    name: str = "name"
    """Path of the person's name."""
    language: str = "language"
    """Path of their language, such as `kk`."""
    sent_at: str = "sent_at"
    """Path of the time: ISO 8601 with a zone, or a Unix time."""
    files: str = "files"
    """Path of the files: addresses, or objects with the three below."""
    file_url: str = "url"
    """Path, in a file, of its address."""
    file_name: str = "name"
    """Path of its name."""
    file_type: str = "media_type"
    """Path of its media type."""
    receipt_id: str = ""
    """Path of the id of a message of ours, in a call that tells how it got on."""
    receipt_status: str = ""
    """Path of what became of it."""
    receipt_reason: str = ""
    """Path of the reason of a failure."""
    statuses: dict[str, str] = {}
    """The service's words for `sent`, `delivered`, `read` and `failed`, such as `{seen = "read"}`."""
    url: str = ""
    """The address that takes answers by POST. It holds no secret."""
    send_secret: SecretStr | None = None
    """What signs our calls, where it is another one. `TAPBOT_CHANNELS__WEBHOOK__<BOT>__SEND_SECRET`."""
    headers: dict[str, str] = {}
    """Headers of our calls; `{secret}` stands for the secret: `Authorization = "Bearer {secret}"`."""
    id_path: str = "id"
    """Path, in the answer to our call, of the message's id there; receipts name it."""
    idempotent: bool = False
    """The service takes a message with the same `Idempotency-Key` once. Then one whose answer was lost is sent again;
    otherwise it becomes a doubt that a person decides."""
    sends_per_second: float = Field(default=10, ge=4, le=1000)
    """Messages a second over all chats."""


class ChannelsSection(Section):
    """Channels by kind and bot."""

    telegram: dict[str, TelegramSection] = {}
    whatsapp: dict[str, WhatsappSection] = {}
    webchat: dict[str, WebchatSection] = {}
    email: dict[str, EmailSection] = {}
    sms: dict[str, SmsSection] = {}
    webhook: dict[str, WebhookSection] = {}
