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


class ChannelsSection(Section):
    """Channels by kind and bot."""

    telegram: dict[str, TelegramSection] = {}
    whatsapp: dict[str, WhatsappSection] = {}
    webchat: dict[str, WebchatSection] = {}
    email: dict[str, EmailSection] = {}
