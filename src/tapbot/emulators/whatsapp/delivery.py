"""Webhook delivery: each call is signed and posted until the business answers 2xx, one after another."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import secrets
from typing import Any

from tapbot import upstream
from tapbot.emulators.whatsapp.facts import Refusal
from tapbot.emulators.whatsapp.world import Account, World
from tapbot.errors import TapbotError
from tapbot.upstream import HttpClient

FIRST_PAUSE_SECONDS = 0.2
LONGEST_PAUSE_SECONDS = 5.0
TIMEOUT_SECONDS = 30.0


class Deliverer:
    """Runs one delivery loop for each business."""

    def __init__(self, world: World, http: HttpClient, tasks: asyncio.TaskGroup) -> None:
        self._http = http
        self._running = [tasks.create_task(self._deliver(account)) for account in world.accounts.values()]

    def stop(self) -> None:
        """End all loops."""
        for task in self._running:
            task.cancel()

    async def challenge(self, url: str, verify_token: str) -> None:
        """Ask an address whether it wants the webhooks, as Meta does when it is set.

        Raises:
            Refusal: It does not repeat the challenge.
        """
        challenge = secrets.token_hex(8)
        query = {"hub.mode": "subscribe", "hub.verify_token": verify_token, "hub.challenge": challenge}
        try:
            reply = await upstream.call(
                self._http, "GET", url, service="the business", timeout_seconds=TIMEOUT_SECONDS, params=query
            )
        except TapbotError as error:
            raise Refusal(2200, f"(2200) Callback verification failed: {error.message}") from error
        if reply.text != challenge:
            raise Refusal(2200, "Callback verification failed: the challenge was not repeated")

    async def _deliver(self, account: Account) -> None:
        failures = 0
        while True:
            if not account.webhook_url or not account.pending:
                account.arrived.clear()
                await account.arrived.wait()
                continue
            body = account.pending[0]
            account.last_error = await self._post(account, body)
            if account.last_error is None:
                failures = 0
                account.pending.pop(0)
                continue
            await asyncio.sleep(min(FIRST_PAUSE_SECONDS * 2**failures, LONGEST_PAUSE_SECONDS))
            failures += 1

    async def _post(self, account: Account, body: Any) -> str | None:
        """Post one call; `None` when it was taken, else what went wrong."""
        # Meta writes other letters than ASCII escaped, and slashes too: who writes the JSON anew signs something else.
        raw = json.dumps(body, separators=(",", ":")).replace("/", "\\/").encode()
        signature = hmac.new(account.identity.app_secret.encode(), raw, hashlib.sha256).hexdigest()
        headers = {"Content-Type": "application/json", "X-Hub-Signature-256": f"sha256={signature}"}
        try:
            reply = await upstream.request(
                self._http,
                "POST",
                account.webhook_url,
                service="the business",
                timeout_seconds=TIMEOUT_SECONDS,
                content=raw,
                headers=headers,
                follow_redirects=False,
            )
        except TapbotError as error:
            return str(error)
        return None if 200 <= reply.status_code < 300 else f"answered {reply.status_code}"
