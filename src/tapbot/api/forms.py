"""`/form/{path}`: the page of a form trigger, and the run that begins when it is sent."""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo

import msgspec
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from tapbot.access.rate_limit import RateLimit
from tapbot.api.answers import Answers, Begun, Runner
from tapbot.api.backlog import Backlog
from tapbot.api.idempotency import run_id_for
from tapbot.api.places import Places
from tapbot.api.resume import end_note
from tapbot.credentials.vault import Vault
from tapbot.errors import NotAllowed, NotFound
from tapbot.nodes.form_trigger.params import FormTriggerParams
from tapbot.nodes.forms.page import NONCE, form_note, form_page
from tapbot.nodes.forms.reading import Filled, Sent, given_values, read_form, read_sent, values_from_query
from tapbot.nodes.forms.texts import reader_language, say
from tapbot.nodes.replies import reply_redirect
from tapbot.nodes.webhook.callers import Refused, check_proof
from tapbot.nodes.webhook.request import BOTS
from tapbot.project.served import Served
from tapbot.workflow import store
from tapbot.workflow.engine import Engine
from tapbot.workflow.journal import NewRun
from tapbot.workflow.node import WebhookReply
from tapbot.workflow.release import PreparedNode, PreparedWorkflow
from tapbot.workflow.resuming import look_up, resume_path
from tapbot.workflow.types import Item

PAGE_TYPE = "n8n-nodes-base.form"
MODE = "form"
NONCE_FORM = re.compile(r"[0-9A-Za-z_-]{16,64}")
BASIC = "httpBasicAuth"


@dataclass(frozen=True, slots=True)
class Listener:
    """A form trigger of an active workflow."""

    workflow: PreparedWorkflow
    trigger: PreparedNode
    params: FormTriggerParams

    @property
    def has_pages(self) -> bool:
        """Whether a Form node may show another page."""
        nodes = self.workflow.nodes.values()
        return any(one.type.type == PAGE_TYPE and not one.node.disabled for one in nodes)


def form_path(trigger: PreparedNode) -> str:
    """Where a form trigger listens, below `/form/`."""
    params = FormTriggerParams.model_validate(trigger.parameters)
    return params.listens_at or trigger.node.webhook_id or trigger.node.id


class FormApi:
    """Shows forms and begins runs.

    Args:
        runner: Executes the runs, here or in workers.
        answers: Waits for a run that left this process.
        limit: Rate limit by path; `None` for none.
        new_nonce: A word that nobody guesses.
    """

    def __init__(
        self,
        engine: Engine,
        runner: Runner,
        answers: Answers,
        backlog: Backlog,
        places: Places,
        vault: Vault,
        limit: RateLimit | None,
        clock: Callable[[], datetime],
        new_nonce: Callable[[], str],
    ) -> None:
        self._engine = engine
        self._runner = runner
        self._answers = answers
        self._backlog = backlog
        self._places = places
        self._vault = vault
        self._limit = limit
        self._clock = clock
        self._new_nonce = new_nonce

    def routes(self) -> list[Route]:
        """Where forms are shown and sent."""
        return [Route("/form/{path:path}", self._answer, methods=["GET", "POST"])]

    async def _answer(self, request: Request) -> Response:
        served = self._places.find(request)
        listener = _find(served, request.path_params["path"].strip("/"))
        if self._limit is not None:
            await self._limit.take(f"{served.scope.project_id} {served.scope.environment} form {request.url.path}")
        try:
            await self._check_caller(request, served, listener)
        except Refused as refused:
            return _respond(refused.reply)
        language = reader_language(request.headers.get("accept-language", ""))
        form = listener.params.form
        if request.method != "POST":
            given = values_from_query(form, request.query_params)
            return _respond(form_page(form, language, given=given, nonce=self._new_nonce()))
        body = await request.body()
        sent = read_sent(body, request.headers.get("content-type", ""))
        filled = read_form(form, sent, request.query_params)
        nonce = _nonce_of(sent)
        if filled.problems:
            given = given_values(form, sent)
            return _respond(
                form_page(form, language, given=given, problems=filled.problems, nonce=nonce or self._new_nonce())
            )
        with self._backlog.in_flight(served.scope):
            new = self._new_run(request, served, listener, filled)
            if nonce:  # one page sent twice with the same answers, by a double press or a reload, is one run
                key = f"form:{nonce}:{hashlib.sha256(body).hexdigest()}"
                new = msgspec.structs.replace(new, run_id=run_id_for(new.scope, new.workflow_id, new.trigger_node, key))
            return await self._begin(request, listener, new, language)

    async def _check_caller(self, request: Request, served: Served, listener: Listener) -> None:
        """Refuse whoever the author does not want.

        Raises:
            NotAllowed: A crawler.
            Refused: The name or the password is missing or wrong.
        """
        agent = request.headers.get("user-agent", "").lower()
        if listener.params.options.ignore_bots and any(word in agent for word in BOTS):
            raise NotAllowed("Crawlers are not served here.", code="webhook.bot")
        if listener.params.authentication == "none":
            return
        node = listener.trigger.node
        opened = await self._vault.open(served.scope, BASIC, node.credentials.get(BASIC), place=f"node {node.name!r}")
        await asyncio.to_thread(check_proof, opened, dict(request.headers), b"")

    def _new_run(self, request: Request, served: Served, listener: Listener, filled: Filled) -> NewRun:
        record = {**filled.record, "submittedAt": self._sent_at(listener), "formMode": "production"}
        if request.query_params:
            record["formQueryParameters"] = dict(request.query_params)
        item = Item(json=record, binary=filled.files or None)
        release = served.project.release
        return self._engine.new_run(served.scope, release, listener.workflow, listener.trigger, [item], mode=MODE)

    def _sent_at(self, listener: Listener) -> str:
        here: tzinfo = UTC
        if listener.params.options.use_workflow_timezone:
            here = ZoneInfo(listener.workflow.zone)
        return self._clock().astimezone(here).isoformat(timespec="milliseconds")

    async def _begin(self, request: Request, listener: Listener, new: NewRun, language: str) -> Response:
        """Keep the run, then say what comes next; a press that is repeated is led to the run of the first one."""
        self._backlog.check(new.scope)
        begun = await self._runner.begin(new, listener.workflow)
        params = listener.params
        first = await self._first(begun, new)
        if listener.has_pages:
            query = f"?{request.url.query}" if request.url.query else ""
            return RedirectResponse(f"{resume_path(first, form=True)}{query}", 303)
        if params.response_mode == "onReceived":
            return _respond(_after(params, language))
        outcome = (await begun.answer()) or await self._answers.wait(first.run_id)
        if outcome.reply is not None:
            return _respond(outcome.reply)
        if outcome.status != "succeeded":
            return _respond(end_note(outcome.status, language))
        return _respond(_after(params, language))

    async def _first(self, begun: Begun, new: NewRun) -> NewRun:
        """The run that was kept: of a repetition the earlier one, whose clock and chance make its address."""
        if begun.new:
            return new
        db = self._engine.database
        kept, _ = await look_up(db, new.run_id)
        if kept is None and new.dedup_key is not None:  # the workflow's own rule found an earlier run
            key = new.dedup_key
            earlier = await db.read(lambda at: store.find_duplicate(at, new.scope, new.workflow_id, key))
            kept, _ = await look_up(db, earlier or "")
        if kept is None:
            raise NotFound("The run of this form is not kept any more.", code="run.not_found")
        return kept


def _find(served: Served, path: str) -> Listener:
    """The form at a path.

    Raises:
        NotFound: There is none.
    """
    for workflow in served.workflows.values():
        if workflow.workflow.active:
            for trigger in workflow.triggers("form"):
                if form_path(trigger) == path:
                    return Listener(workflow, trigger, FormTriggerParams.model_validate(trigger.parameters))
    raise NotFound(
        f"No active workflow has a form at /form/{path}.",
        code="form.not_found",
        hint="Look whether the workflow is active and its form has this path.",
    )


def _nonce_of(sent: Sent) -> str:
    nonce = next(iter(sent.texts(NONCE)), "")
    return nonce if NONCE_FORM.fullmatch(nonce) else ""


def _after(params: FormTriggerParams, language: str) -> WebhookReply:
    """What the author wants to be shown when the form was sent."""
    wanted = params.options.respond_with_options.values
    if wanted.respond_with == "redirect" and wanted.redirect_url:
        return reply_redirect(wanted.redirect_url, status=303)
    text = wanted.form_submitted_text or say("recorded", language)
    return form_note(params.form_title, text, language=language, css=params.options.custom_css)


def _respond(reply: WebhookReply) -> Response:
    return Response(reply.body, reply.status, dict(reply.headers))
