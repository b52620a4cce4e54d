"""Calls of Meta that start workflows: the challenge; and what happened, proven, kept, then acknowledged."""

from __future__ import annotations

import hashlib
import hmac
from http import HTTPStatus

import msgspec
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from tapbot.api.answers import Runner
from tapbot.api.backlog import Backlog
from tapbot.api.idempotency import run_id_for
from tapbot.api.places import Places
from tapbot.channels.whatsapp.channel import SIGNATURE_HEADER
from tapbot.credentials.vault import Vault
from tapbot.errors import InvalidInput, NotAllowed, NotFound
from tapbot.nodes.whats_app_trigger.node import WhatsAppTriggerParams
from tapbot.project.served import Served
from tapbot.storage.types import JsonObject
from tapbot.workflow.engine import Engine
from tapbot.workflow.release import PreparedNode, PreparedWorkflow

KIND = "whatsAppTriggerApi"
LONGEST_CHALLENGE = 256


class WhatsappTriggerApi:
    """Handler of `/whatsapp-trigger/{trigger}`, where `trigger` is the node's webhook id, or its id.

    The address is entered in Meta's console, with the trigger's id as the verify token.
    """

    def __init__(self, engine: Engine, runner: Runner, backlog: Backlog, places: Places, vault: Vault) -> None:
        self._engine = engine
        self._runner = runner
        self._backlog = backlog
        self._places = places
        self._vault = vault

    def routes(self) -> list[Route]:
        """Paths below a project's address."""
        path = "/whatsapp-trigger/{trigger}"
        return [Route(path, self._challenge, methods=["GET"]), Route(path, self._call, methods=["POST"])]

    async def _challenge(self, request: Request) -> Response:
        """Meta asks whether this address wants the calls."""
        _served, _workflow, _trigger, name = self._find(request)
        query = request.query_params
        given = query.get("hub.verify_token", "")
        if query.get("hub.mode") != "subscribe" or not hmac.compare_digest(given.encode(), name.encode()):
            raise NotAllowed("The verify token is not the trigger's id.", code="whatsapp.wrong_verify_token")
        return PlainTextResponse(query.get("hub.challenge", "")[:LONGEST_CHALLENGE])

    async def _call(self, request: Request) -> Response:
        """One call. Meta repeats it until it gets 200, so that answer comes after the commit; a copy begins nothing."""
        served, workflow, trigger, _name = self._find(request)
        raw = await request.body()
        await self._verify(served, trigger, request.headers.get(SIGNATURE_HEADER, ""), raw)
        items = WhatsAppTriggerParams.model_validate(trigger.parameters).take(_decode(raw))
        if items:
            self._backlog.check(served.scope)
            release = served.project.release
            new = self._engine.new_run(served.scope, release, workflow, trigger, items, mode="whatsapp")
            key = hashlib.sha256(raw).hexdigest()
            run_id = run_id_for(served.scope, workflow.workflow.id, trigger.node.name, key)
            await self._runner.begin(msgspec.structs.replace(new, run_id=run_id), workflow)
        return Response(status_code=HTTPStatus.OK)

    def _find(self, request: Request) -> tuple[Served, PreparedWorkflow, PreparedNode, str]:
        served, name = self._places.find(request), request.path_params["trigger"]
        for workflow in served.workflows.values():
            if workflow.workflow.active:
                for trigger in workflow.triggers("whatsapp"):
                    if name == (trigger.node.webhook_id or trigger.node.id):
                        return served, workflow, trigger, name
        raise NotFound(
            "No active workflow listens here.",
            code="webhook.not_found",
            hint="The address ends with the webhook id of the WhatsApp Trigger; the workflow must be active.",
        )

    async def _verify(self, served: Served, trigger: PreparedNode, given: str, raw: bytes) -> None:
        """Check the signature over the bytes as they came.

        Raises:
            NotAllowed: It is not the one of the app's secret.
        """
        node = trigger.node
        opened = await self._vault.open(served.scope, KIND, node.credentials.get(KIND), place=f"node {node.name!r}")
        secret = opened.text("clientSecret")
        right = "sha256=" + hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()
        if not secret or not hmac.compare_digest(given.encode(), right.encode()):
            raise NotAllowed("This call does not carry the right signature.", code="whatsapp.wrong_signature")


def _decode(raw: bytes) -> JsonObject:
    try:
        return msgspec.json.decode(raw, type=dict)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise InvalidInput("This is not a call of Meta's.", code="whatsapp.not_a_webhook") from None
