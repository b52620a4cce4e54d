"""Listens to bots whose updates start workflows: an update, its runs and how far was read are one transaction."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from pydantic import SecretStr
from sqlalchemy import Connection

from tapbot.channels.telegram.client import BotApi
from tapbot.channels.telegram.generated import DeleteWebhook, GetUpdates
from tapbot.credentials.vault import Vault
from tapbot.errors import TapbotError, UpstreamUnavailable
from tapbot.inbox.store import get_cursor, move_cursor
from tapbot.nodes.telegram_bot import KIND
from tapbot.nodes.telegram_trigger.node import EVERYTHING, TelegramTriggerParams
from tapbot.project.served import ReleaseBook, Served
from tapbot.storage.types import JsonObject, Scope
from tapbot.telemetry import logger
from tapbot.upstream import HttpClient
from tapbot.workflow.engine import Engine
from tapbot.workflow.release import PreparedNode, PreparedWorkflow
from tapbot.workflow.types import Item

LOG = logger("scheduler")
LOOK_SECONDS = 1.0
WAIT_SECONDS = 25
LONGEST_PAUSE_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Listening:
    """A trigger of an active workflow."""

    served: Served
    workflow: PreparedWorkflow
    trigger: PreparedNode
    params: TelegramTriggerParams

    @property
    def bot(self) -> tuple[Scope, str]:
        """Names the credential: triggers with the same one share its updates."""
        reference = self.trigger.node.credentials.get(KIND)
        return self.served.scope, msgspec.json.encode(reference, order="sorted").decode()


class TelegramListener:
    """Lets the updates of each bot begin runs, by long polling: so it works behind any router, without an address."""

    def __init__(self, engine: Engine, releases: ReleaseBook, vault: Vault, http: HttpClient) -> None:
        self._engine = engine
        self._releases = releases
        self._vault = vault
        self._http = http

    async def run_forever(self) -> None:
        """Listen to each bot that a trigger names, also when a new release names others, until cancelled."""
        tasks: dict[tuple[Scope, str], asyncio.Task[None]] = {}
        async with asyncio.TaskGroup() as group:
            while True:
                wanted = {trigger.bot for trigger in self._triggers()}
                for gone in set(tasks) - wanted:
                    tasks.pop(gone).cancel()
                for bot in wanted - set(tasks):
                    tasks[bot] = group.create_task(self._listen(bot))
                await asyncio.sleep(LOOK_SECONDS)

    def _triggers(self) -> Iterator[Listening]:
        for served in self._releases.all_current:
            for workflow in served.workflows.values():
                if workflow.workflow.active:
                    for trigger in workflow.triggers("telegram"):
                        params = TelegramTriggerParams.model_validate(trigger.parameters)
                        yield Listening(served, workflow, trigger, params)

    async def _listen(self, bot: tuple[Scope, str]) -> None:
        """Poll one bot; a failure is waited out."""
        pause_seconds, ready = 1.0, False
        while True:
            try:
                api, name = await self._open(bot)
                if not ready:
                    await api.invoke(DeleteWebhook(drop_pending_updates=False), bool)
                    ready = True
                await self._poll(bot, api, name)
                pause_seconds = 1.0
            except TapbotError as error:
                asked = error.retry_after_seconds if isinstance(error, UpstreamUnavailable) else None
                LOG.warning("a bot's updates cannot be read", code=error.code, message=error.message, hint=error.hint)
                ready = ready and error.code != "telegram.conflict"
                await asyncio.sleep(asked or pause_seconds)
                pause_seconds = min(pause_seconds * 2, LONGEST_PAUSE_SECONDS)

    async def _open(self, bot: tuple[Scope, str]) -> tuple[BotApi, str]:
        """The bot's calls, and under which name is kept how far was read: a new token keeps it."""
        scope, reference = bot
        opened = await self._vault.open(scope, KIND, msgspec.json.decode(reference), place="telegramTrigger")
        token = opened.text("accessToken")
        api = BotApi(SecretStr(token), self._http, opened.text("baseUrl"))
        return api, f"trigger:{token.partition(':')[0]}"[:64]

    async def _poll(self, bot: tuple[Scope, str], api: BotApi, name: str) -> None:
        scope, _reference = bot
        offset = await self._engine.database.read(lambda db: get_cursor(db, scope, "telegram", name))
        wanted = [trigger for trigger in self._triggers() if trigger.bot == bot]
        if not wanted:
            return
        method = GetUpdates(offset=offset or None, timeout=WAIT_SECONDS, allowed_updates=allowed_updates(wanted))
        updates = await api.invoke(method, list[dict[str, Any]], timeout_seconds=WAIT_SECONDS + 10)
        if updates:
            once = list({one["update_id"]: one for one in updates}.values())
            await self._engine.database.write("trigger.telegram", self._begin(scope, name, offset, wanted, once))

    def _begin(
        self, scope: Scope, name: str, offset: int, wanted: Sequence[Listening], updates: Sequence[JsonObject]
    ) -> Callable[[Connection], None]:
        def begin(db: Connection) -> None:
            if get_cursor(db, scope, "telegram", name) != offset:
                return  # another process read them meanwhile
            for update in updates:
                for trigger in wanted:
                    if trigger.params.wants(update):
                        self._start(db, trigger, update)
            move_cursor(db, scope, "telegram", name, max(int(str(one["update_id"])) for one in updates) + 1)

        return begin

    def _start(self, db: Connection, listening: Listening, update: JsonObject) -> None:
        """Begin the run of an update; whoever has time hears of it by what is told."""
        served = listening.served
        new = self._engine.new_run(
            served.scope,
            served.project.release,
            listening.workflow,
            listening.trigger,
            [Item(json=update)],
            mode="telegram",
        )
        self._engine.keep(db, new, listening.workflow, here=False)


def allowed_updates(wanted: Sequence[Listening]) -> list[str]:
    """What Telegram is asked for: an empty list means all that it sends without being asked."""
    kinds = {kind for trigger in wanted for kind in trigger.params.updates}
    if EVERYTHING not in kinds:
        return sorted(kinds)
    named = kinds - {EVERYTHING}
    return sorted(named | set(USUAL)) if named else []


USUAL = (
    "message",
    "edited_message",
    "channel_post",
    "edited_channel_post",
    "business_connection",
    "business_message",
    "edited_business_message",
    "deleted_business_messages",
    "inline_query",
    "chosen_inline_result",
    "callback_query",
    "shipping_query",
    "pre_checkout_query",
    "purchased_paid_media",
    "poll",
    "poll_answer",
    "my_chat_member",
    "chat_join_request",
    "chat_boost",
    "removed_chat_boost",
)
"""What an empty list stands for (https://core.telegram.org/bots/api#getupdates), to be named when more is wanted."""
