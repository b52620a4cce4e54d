"""`tapbot emulator`: outside services as local servers, for tests, demos and offline work."""

from __future__ import annotations

import logging
from pathlib import Path

import uvicorn
import yaml
from cyclopts import App
from starlette.applications import Starlette

from tapbot.app.listening import listen
from tapbot.cli.printing import flush, show
from tapbot.emulators.model.script import Script
from tapbot.emulators.model.server import create_app as create_model
from tapbot.emulators.telegram.server import create_app as create_telegram
from tapbot.emulators.whatsapp.server import Identity
from tapbot.emulators.whatsapp.server import create_app as create_whatsapp
from tapbot.errors import InvalidInput

app = App(name="emulator", help="Pretend to be Telegram, WhatsApp or a model, for tests and offline work.")

LONGEST_FAREWELL_SECONDS = 1
"""How long the end of the server waits for calls, such as long polls."""


@app.command
def telegram(*, host: str = "127.0.0.1", port: int = 8081) -> None:
    """Pretend to be Telegram's server: `api_url` of a bot's section is the address that is printed.

    Args:
        host: Address to listen on.
        port: Port to listen on; 0 takes a free one.
    """
    _serve(create_telegram(), host, port, "Telegram at {address}, its chats at {address}/emulator")


@app.command
def whatsapp(*, host: str = "127.0.0.1", port: int = 8083, webhook: str = "") -> None:
    """Pretend to be WhatsApp's Cloud API: `api_url` of a bot's section is the address that is printed.

    Args:
        host: Address to listen on.
        port: Port to listen on; 0 takes a free one.
        webhook: Where the business's webhooks go, for example `http://127.0.0.1:8080/whatsapp/taxi`.
    """
    me = Identity()
    told = (
        "WhatsApp at {address}, its chats at {address}/emulator\n"
        f"phone_number_id {me.phone_number_id}, business_account_id {me.business_account_id}\n"
        f"access token {me.access_token}, app secret {me.app_secret}, verify token {me.verify_token}"
    )
    _serve(create_whatsapp(webhook_url=webhook), host, port, told)


@app.command
def model(*, host: str = "127.0.0.1", port: int = 8082, script: Path | None = None) -> None:
    """Pretend to be an OpenAI-compatible model. Without a script it repeats what it is told.

    Args:
        script: YAML or JSON file of rules, see `emulators/model/script.py`.
        host: Address to listen on.
        port: Port to listen on; 0 takes a free one.
    """
    _serve(create_model(script=_read_script(script)), host, port, 'A model at base_url = "{address}/v1"')


def _read_script(path: Path | None) -> Script | None:
    """The rules of a file.

    Raises:
        InvalidInput: It cannot be read, or a rule is wrong.
    """
    if path is None:
        return None
    try:
        return Script.model_validate(yaml.safe_load(path.read_text("utf-8")))
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise InvalidInput(f"is no script: {error}", code="emulator.bad_script", place=str(path)) from error


def _serve(application: Starlette, host: str, port: int, told: str) -> None:
    listening = listen(host, port)
    show(told.format(address=f"http://{host}:{listening.getsockname()[1]}"))
    flush()
    logging.getLogger("uvicorn.error").addFilter(_is_news)
    config = uvicorn.Config(
        application, log_config=None, access_log=False, timeout_graceful_shutdown=LONGEST_FAREWELL_SECONDS
    )
    uvicorn.Server(config).run(sockets=[listening])


def _is_news(record: logging.LogRecord) -> bool:
    """Whether a word of the web server is one to show: lost answers were ordered, and long polls are cut at the end."""
    return not str(record.msg).startswith(("ASGI callable returned without", "Cancel %s running task"))
