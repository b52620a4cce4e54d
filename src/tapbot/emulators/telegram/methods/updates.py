"""Who the bot is, and how updates reach it: by long polling or by a webhook."""

from __future__ import annotations

import asyncio
import re

from tapbot.emulators.telegram.calls import Call, method
from tapbot.emulators.telegram.facts import Refusal, bad_request
from tapbot.emulators.telegram.world import Bot, Json, Webhook

SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")
LONGEST_WAIT_SECONDS = 50


@method
async def get_me(call: Call) -> Json:
    """The bot itself."""
    return {
        **call.bot.as_user(),
        "can_join_groups": True,
        "can_read_all_group_messages": False,
        "supports_inline_queries": True,
        "can_connect_to_business": False,
        "has_main_web_app": False,
    }


@method
async def get_updates(call: Call) -> list[Json]:
    """Long polling: confirms what is older than `offset`, then waits for something."""
    if call.bot.webhook.url:
        hint = "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
        raise Refusal(409, f"Conflict: {hint}")
    if "allowed_updates" in call.arguments:
        call.bot.allowed_updates = call.arguments["allowed_updates"] or None
    _confirm(call.bot, call.arguments.get("offset", 0))
    call.bot.polls += 1
    number = call.bot.polls
    call.bot.arrived.set()  # an older poll wakes up, and finds that it was replaced
    await asyncio.sleep(0)
    loop = asyncio.get_running_loop()
    ends_at = loop.time() + min(max(call.arguments.get("timeout", 0), 0), LONGEST_WAIT_SECONDS)
    while not call.bot.pending and loop.time() < ends_at:
        call.bot.arrived.clear()
        try:
            async with asyncio.timeout_at(ends_at):
                await call.bot.arrived.wait()
        except TimeoutError:
            break
        if call.bot.polls != number:
            hint = "terminated by other getUpdates request; make sure that only one bot instance is running"
            raise Refusal(409, f"Conflict: {hint}")
    return call.bot.pending[: min(max(call.arguments.get("limit", 100), 1), 100)]


def _confirm(bot: Bot, offset: int) -> None:
    """Forget updates before the offset; a negative one keeps that many of the newest."""
    if offset < 0:
        bot.pending = bot.pending[offset:]
    elif offset > 0:
        bot.pending = [update for update in bot.pending if update["update_id"] >= offset]


@method
async def set_webhook(call: Call) -> bool:
    """Have updates delivered. Plain http is let pass here, unlike at Telegram."""
    url, secret = call.arguments["url"], call.arguments.get("secret_token")
    if url and not url.startswith(("https://", "http://")):
        raise bad_request("bad webhook: An HTTPS URL must be provided for webhook")
    if secret is not None and not SECRET.fullmatch(secret):
        raise bad_request("secret token contains unallowed characters")
    if "allowed_updates" in call.arguments:
        call.bot.allowed_updates = call.arguments["allowed_updates"] or None
    if call.arguments.get("drop_pending_updates"):
        call.bot.pending.clear()
    call.bot.webhook = Webhook(url=url, secret_token=secret, max_connections=call.arguments.get("max_connections", 40))
    call.bot.arrived.set()
    return True


@method
async def delete_webhook(call: Call) -> bool:
    """Back to polling."""
    if call.arguments.get("drop_pending_updates"):
        call.bot.pending.clear()
    call.bot.webhook = Webhook()
    return True


@method
async def get_webhook_info(call: Call) -> Json:
    """How delivery goes."""
    hook = call.bot.webhook
    info: Json = {
        "url": hook.url,
        "has_custom_certificate": False,
        "pending_update_count": len(call.bot.pending),
        "max_connections": hook.max_connections,
    }
    if hook.last_error:
        info |= {"last_error_date": hook.last_error[0], "last_error_message": hook.last_error[1]}
    return info | ({"allowed_updates": call.bot.allowed_updates} if call.bot.allowed_updates else {})


@method
async def log_out(_call: Call) -> bool:
    """The bot leaves the cloud server: here there is no other."""
    return True


@method
async def close(_call: Call) -> bool:
    """The bot's instance is closed: here it lives on."""
    return True
