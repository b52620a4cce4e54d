"""Webhook delivery: each update is posted until the bot answers 2xx, one after another."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

from tapbot import upstream
from tapbot.emulators.telegram.calls import Call
from tapbot.emulators.telegram.facts import Refusal, check_arguments, load_facts
from tapbot.emulators.telegram.methods import METHODS
from tapbot.emulators.telegram.world import Bot, World
from tapbot.errors import TapbotError
from tapbot.upstream import HttpClient

FIRST_PAUSE_SECONDS = 0.2
LONGEST_PAUSE_SECONDS = 5.0
TIMEOUT_SECONDS = 30.0


class Deliverer:
    """Runs one delivery loop for each bot that ever set a webhook."""

    def __init__(self, world: World, http: HttpClient, tasks: asyncio.TaskGroup) -> None:
        self._world = world
        self._http = http
        self._tasks = tasks
        self._running: dict[str, asyncio.Task[None]] = {}

    def attend(self, bot: Bot) -> None:
        """Start the loop of a bot that has a webhook and no loop yet."""
        if bot.webhook.url and bot.token not in self._running:
            self._running[bot.token] = self._tasks.create_task(self._deliver(bot))

    def stop(self) -> None:
        """End all loops."""
        for task in self._running.values():
            task.cancel()

    async def _deliver(self, bot: Bot) -> None:
        failures = 0
        while True:
            if not bot.webhook.url or not bot.pending:
                bot.arrived.clear()
                await bot.arrived.wait()
                continue
            update = bot.pending[0]
            problem = await self._post(bot, update)
            if problem is None:
                failures = 0
                if bot.pending and bot.pending[0] is update:
                    bot.pending.pop(0)
                continue
            bot.webhook.last_error = (self._world.date(), problem)
            await asyncio.sleep(min(FIRST_PAUSE_SECONDS * 2**failures, LONGEST_PAUSE_SECONDS))
            failures += 1

    async def _post(self, bot: Bot, update: Any) -> str | None:
        """Post one update; `None` when the bot took it, else what went wrong."""
        secret = bot.webhook.secret_token
        try:
            reply = await upstream.request(
                self._http,
                "POST",
                bot.webhook.url,
                service="the bot",
                timeout_seconds=TIMEOUT_SECONDS,
                json=update,
                headers={"X-Telegram-Bot-Api-Secret-Token": secret} if secret else None,
                follow_redirects=False,
            )
        except TapbotError as error:
            return str(error)
        if not 200 <= reply.status_code < 300:
            return f"Wrong response from the webhook: {reply.status_code} {reply.reason_phrase}"
        if reply.headers.get("content-type", "").startswith("application/json") and reply.content:
            with suppress(ValueError):  # an answer that cannot be read calls nothing
                await self._call_from_answer(bot, reply.json())
        return None

    async def _call_from_answer(self, bot: Bot, answer: Any) -> None:
        """A bot may answer a webhook with a method to call; nobody hears how that went."""
        if not isinstance(answer, dict) or answer.get("method") not in METHODS:
            return
        name = answer.pop("method")
        try:
            await METHODS[name](Call(self._world, bot, check_arguments(load_facts(), name, answer)))
        except Refusal as refusal:
            bot.webhook.last_error = (self._world.date(), str(refusal))
