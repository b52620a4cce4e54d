"""Webhooks: a request to `/webhook/{path}` starts a run and is answered as the workflow says."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Protocol

import msgspec

from tapbot.access.rate_limit import RateLimit
from tapbot.api.answers import Answers, Begun, Runner
from tapbot.api.backlog import Backlog
from tapbot.api.idempotency import is_repeated, kept_reply, read_first, read_key, run_id_for
from tapbot.api.listeners import Directory, Found, Listener
from tapbot.api.places import Places
from tapbot.credentials.vault import Vault
from tapbot.errors import Conflict, TapbotError
from tapbot.events.hub import Hub
from tapbot.nodes.webhook.callers import Proof, Refused, check_proof
from tapbot.nodes.webhook.reply import reply_at_once, reply_for_error, reply_from_items, reply_unanswered
from tapbot.nodes.webhook.request import allowed_origin, check_caller, item_from_request
from tapbot.project.served import Served
from tapbot.telemetry import logger
from tapbot.workflow import store
from tapbot.workflow.engine import Engine, Outcome
from tapbot.workflow.items import item_from_json
from tapbot.workflow.journal import NewRun
from tapbot.workflow.node import WebhookReply

LOG = logger("api")
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")


@dataclass(slots=True)
class Call:
    """A request to a webhook, read from the wire.

    Args:
        project: What its path names; `None` for a short path.
        path: What follows `/webhook/`.
        headers: Names in lower case, as they came.
        named: The headers by name; of one that came twice, the first.
        query: Names and values, decoded, in order.
        client: Address of the caller.
        url: Address that was called, without its query.
    """

    project: str | None
    environment: str | None
    path: str
    method: str
    headers: list[tuple[str, str]]
    named: Mapping[str, str]
    query: list[tuple[str, str]]
    client: str
    url: str
    body: bytes


class Answering(Protocol):
    """A caller who gets an answer later, without a task that waits."""

    def give(self, reply: Callable[[], WebhookReply]) -> None:
        """Give the workflow's answer; one that cannot be made is an error of this request alone."""
        ...

    def refuse(self, error: Exception) -> None:
        """Give the answer that an error stands for."""
        ...


class WebhookApi:
    """Answers `/webhook/{path}`; `edge.py` reads the requests.

    Args:
        runner: Executes what is not done in memory, here or in workers.
        answers: Waits for a run that left this process.
        limit: Rate limit by path; `None` for none.
    """

    def __init__(
        self,
        engine: Engine,
        runner: Runner,
        answers: Answers,
        backlog: Backlog,
        places: Places,
        directory: Directory,
        hub: Hub,
        limit: RateLimit | None,
        vault: Vault,
    ) -> None:
        self._vault = vault
        self._engine = engine
        self._hub = hub
        self._runner = runner
        self._answers = answers
        self._backlog = backlog
        self._places = places
        self._directory = directory
        self._limit = limit

    async def answer(self, call: Call) -> WebhookReply:
        """Answer a request, or one that asks whether a page of another origin may make it.

        Raises:
            TapbotError: It is refused, or its workflow cannot be begun.
        """
        served = self._places.at(call.project, call.environment)
        asks_first = call.method == "OPTIONS"
        method = call.named.get("access-control-request-method", "GET") if asks_first else call.method
        listener, taken = self._directory.find(served.scope, method, call.path)
        if self._limit is not None:
            await self._limit.take(f"{served.scope.project_id} {served.scope.environment} {call.path}")
        origin = call.named.get("origin")
        if origin is None and not asks_first:
            return await self._serve(call, served, listener, taken)
        allowed = allowed_origin(listener.params, origin or "")
        if asks_first:
            reply = WebhookReply(204 if allowed else 403, {}, b"")
        else:
            reply = await self._serve(call, served, listener, taken)
        if allowed is None or origin is None:
            return reply
        return replace(reply, headers={**reply.headers, **_sharing(listener, call, allowed)})

    async def _serve(self, call: Call, served: Served, listener: Listener, taken: Mapping[str, str]) -> WebhookReply:
        """Run the workflow, within the number of requests that may be in flight."""
        with self._backlog.in_flight(served.scope):
            proof = None
            if listener.params.authentication != "none":
                try:
                    proof = await self._check_proof(call, served, listener)
                except Refused as refused:
                    return refused.reply
            new = self._new_run(call, served, listener, taken, proof)
            key = read_key(call.named)
            if key is not None:
                return await self._serve_once(new, listener, key)
            if listener.fast:
                return _reply_for(listener, await self._engine.execute_in_memory(new, listener.workflow))
            self._backlog.check(served.scope)
            begun = await self._runner.begin(new, listener.workflow)
            return await self._answer_for(begun, new if begun.new else await self._first_of(new), listener)

    def find_direct(self, method: bytes, path: bytes) -> Found | None:
        """The webhook of a request whose run waits for nothing, see `Directory.find_direct`."""
        return None if self._limit is not None else self._directory.find_direct(method, path, self._places)

    def answer_directly(self, call: Call, found: Found, answering: Answering) -> bool:
        """Answer a request whose run waits for nothing; `False` when its run has to wait after all.

        Raises:
            TapbotError: It is refused.
        """
        listener, scope = found.listener, found.served.scope
        self._backlog.enter(scope)
        taken = False
        try:
            new = self._new_run(call, found.served, listener, {}, None)
            leaving = partial(_Kept, answering, listener, partial(self._backlog.leave, scope))
            taken = self._engine.execute_now(new, listener.workflow, leaving)
        finally:
            if not taken:
                self._backlog.leave(scope)
        return taken

    async def _check_proof(self, call: Call, served: Served, listener: Listener) -> Proof:
        """Compare the caller's proof with the credential of the webhook."""
        kind, node = str(listener.params.credential_kind), listener.trigger.node
        opened = await self._vault.open(served.scope, kind, node.credentials.get(kind), place=f"node {node.name!r}")
        return await asyncio.to_thread(check_proof, opened, call.named, call.body)  # libraries load at the first time

    def _new_run(
        self,
        call: Call,
        served: Served,
        listener: Listener,
        taken: Mapping[str, str],
        proof: Proof | None,
    ) -> NewRun:
        check_caller(listener.params, address=call.client, user_agent=call.named.get("user-agent", ""))
        item = item_from_request(
            listener.params,
            method=call.method,
            headers=call.headers,
            path_params=taken,
            query=call.query,
            raw_body=call.body,
            url=call.url,
            proof=proof,
        )
        release = served.project.release
        return self._engine.new_run(served.scope, release, listener.workflow, listener.trigger, [item], mode="webhook")

    async def _serve_once(self, new: NewRun, listener: Listener, key: str) -> WebhookReply:
        """Claim the key before anything runs; a repeated request gets the first one's answer."""
        run_id = run_id_for(new.scope, new.workflow_id, new.trigger_node, key)
        new = msgspec.structs.replace(new, run_id=run_id)
        self._backlog.check(new.scope)
        begun = await self._runner.begin(new, listener.workflow)
        if begun.new:
            return await self._answer_for(begun, new, listener)
        if not await is_repeated(self._engine.database, new):
            return await self._answer_for(begun, await self._first_of(new), listener)
        if listener.params.response_mode == "onReceived":
            return reply_at_once(listener.params)
        return _reply_of_row(listener, await read_first(self._engine.database, self._hub, new))

    async def _first_of(self, new: NewRun) -> NewRun:
        """The run with the same deduplication key."""
        run_id = await self._engine.database.read(
            lambda db: store.find_duplicate(db, new.scope, new.workflow_id, str(new.dedup_key))
        )
        return msgspec.structs.replace(new, run_id=run_id or new.run_id)

    async def _answer_for(self, begun: Begun, new: NewRun, listener: Listener) -> WebhookReply:
        """Answer for a kept run: at once, when a node says so, or at the end, wherever it is executed."""
        if listener.params.response_mode == "onReceived":
            return reply_at_once(listener.params)
        outcome = await begun.answer()
        return _reply_for(listener, outcome or await self._answers.wait(new.run_id))


class _Kept:
    """Gives a run's answer as soon as its row is committed."""

    __slots__ = ("_answering", "_leave", "_listener", "_outcome")

    def __init__(self, answering: Answering, listener: Listener, leave: Callable[[], None], outcome: Outcome) -> None:
        self._answering = answering
        self._listener = listener
        self._leave = leave
        self._outcome = outcome

    def done(self) -> bool:
        """Nobody gives up: the count of requests in flight depends on the outcome."""
        return False

    def set_result(self, _result: object, /) -> None:
        """The row is on disk."""
        self._leave()
        self._answering.give(lambda: _reply_for(self._listener, self._outcome))

    def set_exception(self, error: Exception, /) -> None:
        """It is not, or nobody knows."""
        self._leave()
        self._answering.refuse(error)


def _reply_of_row(listener: Listener, row: Mapping[str, Any]) -> WebhookReply:
    """What the caller gets for a run that ended before."""
    items = [item_from_json(item) for item in row["output"] or []]
    outcome = Outcome(row["run_id"], row["status"], items, row["error"], kept_reply(row), None)
    return _reply_for(listener, outcome)


def _reply_for(listener: Listener, outcome: Outcome) -> WebhookReply:
    """What the caller gets when the run is over."""
    if outcome.reply is not None:
        return outcome.reply
    if outcome.status != "succeeded":
        return reply_for_error()
    if listener.params.response_mode == "responseNode":
        return reply_unanswered()
    try:
        return reply_from_items(listener.params, outcome.items)
    except TapbotError as error:
        raise Conflict(error.message, code="webhook.no_reply", place=listener.workflow.workflow.name) from error


def _sharing(listener: Listener, call: Call, allowed: str) -> dict[str, str]:
    """The headers that let a page of another origin read the answer."""
    return {
        "access-control-allow-origin": allowed,
        "access-control-allow-methods": ", ".join(listener.params.methods),
        "access-control-allow-headers": call.named.get("access-control-request-headers", "Content-Type"),
    }
