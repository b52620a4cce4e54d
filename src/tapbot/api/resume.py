"""`/webhook-waiting/…` and `/form-waiting/…`: the address of a run that waits, and what its caller is answered."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from tapbot.access.rate_limit import RateLimit
from tapbot.api.answers import Answers
from tapbot.errors import Conflict, NotFound
from tapbot.nodes.forms.fields import Form
from tapbot.nodes.forms.page import form_note, form_page, form_wait
from tapbot.nodes.forms.reading import given_values, read_form, read_sent, values_from_query
from tapbot.nodes.forms.texts import reader_language, say
from tapbot.nodes.webhook.params import WebhookParams
from tapbot.nodes.webhook.reply import reply_at_once, reply_for_error, reply_from_items, reply_unanswered
from tapbot.nodes.webhook.request import check_caller, item_from_request
from tapbot.storage.database import Database
from tapbot.workflow.items import item_to_json
from tapbot.workflow.journal import NewRun
from tapbot.workflow.journal.waiting import OpenWait
from tapbot.workflow.node import WebhookReply
from tapbot.workflow.resuming import let_go_on, look_up, resume_token

METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"]
FORM = "form"
FOLLOW_SECONDS = 2.0
"""A page that is not there yet is waited for so long, then looked for again."""


class ResumeApi:
    """Lets runs go on.

    Args:
        answers: Waits for a run's answer, where its caller gets one.
        limit: Rate limit by the caller's address, right or wrong: nobody may try out tokens.
    """

    def __init__(self, database: Database, answers: Answers, clock: Callable[[], datetime], limit: RateLimit) -> None:
        self._database = database
        self._answers = answers
        self._clock = clock
        self._limit = limit

    def routes(self) -> list[Route]:
        """Where runs are called."""
        made = []
        for kind, methods in (("webhook", METHODS), (FORM, ["GET", "POST"])):
            answer = self._answer_form if kind == FORM else self._answer_webhook
            for path in (f"/{kind}-waiting/{{address}}", f"/{kind}-waiting/{{address}}/{{suffix:path}}"):
                made.append(Route(path, answer, methods=methods))
        return made

    async def _answer_webhook(self, request: Request) -> Response:
        wait = await self._find(request, "webhook")
        params = WebhookParams.model_validate(wait.about["webhook"])
        if request.method not in params.methods:
            raise NotFound(
                f"The run waits for {params.methods[0]}.", code="webhook.not_found", hint="Call it with that method."
            )
        check_caller(params, address=_client(request), user_agent=request.headers.get("user-agent", ""))
        item = item_from_request(
            params,
            method=request.method,
            headers=request.headers.items(),
            path_params={},
            query=request.query_params.multi_items(),
            raw_body=await request.body(),
            url=str(request.url.replace(query="")),
        )
        return _respond(await self._go_on(wait, params, item_to_json(item)))

    async def _answer_form(self, request: Request) -> Response:
        language = reader_language(request.headers.get("accept-language", ""))
        if request.method != "POST":
            return _respond(await self._show_form(request, language))
        wait = await self._find(request, FORM)
        about: Any = wait.about
        form, query = form_of(about), request.query_params
        sent = read_sent(await request.body(), request.headers.get("content-type", ""))
        filled = read_form(form, sent, query)
        if filled.problems:
            given = given_values(form, sent)
            return _respond(form_page(form, language, given=given, problems=filled.problems))
        record = {**filled.record, "submittedAt": self._clock().isoformat(), "formMode": "production"}
        item = {"json": record, **({"binary": filled.files} if filled.files else {})}
        params = WebhookParams.model_validate(about["webhook"])
        reply = await self._go_on(wait, params, item)
        if about.get("goes_on") or wait.run.mode == FORM:
            return RedirectResponse(f"{request.url.path}{_query_of(request)}", 303)
        if params.response_mode == "onReceived":
            reply = form_note(form.title, say("recorded", language), language=language)
        return _respond(reply)

    async def _show_form(self, request: Request, language: str) -> WebhookReply:
        """The page of a run: its form, what comes after its last one, or that it is being worked on."""
        run, wait = await self._open(request)
        if run.mode != FORM:  # nobody follows it from page to page
            form = form_of(_expected(request, wait, FORM).about)
            return form_page(form, language, given=values_from_query(form, request.query_params))
        found = await self._answers.follow(run.run_id, seconds=FOLLOW_SECONDS)
        if found is None or (isinstance(found, OpenWait) and found.about["kind"] != FORM):
            return form_wait(language)
        if isinstance(found, OpenWait):
            form = form_of(found.about)
            return form_page(form, language, given=values_from_query(form, request.query_params))
        return found.reply or end_note(found.status, language)

    async def _open(self, request: Request) -> tuple[NewRun, OpenWait | None]:
        """The run at an address.

        Raises:
            NotFound: There is no such run, or not with this token.
            TooMany: The caller's address asked too often.
        """
        await self._limit.take(_client(request))
        run_id, _, token = request.path_params["address"].partition(".")
        run, wait = await look_up(self._database, run_id)
        if run is None or not hmac.compare_digest(token.encode(), resume_token(run).encode()):
            raise NotFound("There is no such run.", code="run.not_found")
        return run, wait

    async def _find(self, request: Request, kind: str) -> OpenWait:
        """What the run at an address waits for.

        Raises:
            NotFound: There is no such run, or not with this token, kind or suffix.
            Conflict: It does not wait now.
            TooMany: The caller's address asked too often.
        """
        _, wait = await self._open(request)
        return _expected(request, wait, kind)

    async def _go_on(self, wait: OpenWait, params: WebhookParams, item: dict[str, Any]) -> WebhookReply:
        if not await let_go_on(self._database, wait, [item], now=self._clock()):
            raise Conflict("Another call was faster.", code="run.not_waiting")
        if params.response_mode == "onReceived":
            return reply_at_once(params)
        outcome = await self._answers.wait(wait.root_run_id)
        if outcome.reply is not None:
            return outcome.reply
        if outcome.status != "succeeded":
            return reply_for_error()
        return reply_unanswered() if params.response_mode == "responseNode" else reply_from_items(params, outcome.items)


def _expected(request: Request, wait: OpenWait | None, kind: str) -> OpenWait:
    """What a run waits for, if it is what was called.

    Raises:
        NotFound: It waits for another kind of call, or under another suffix.
        Conflict: It does not wait now.
    """
    if wait is None:
        raise Conflict("The run does not wait for a call now.", code="run.not_waiting")
    suffix = request.path_params.get("suffix", "").strip("/")
    if wait.about["kind"] != kind or wait.about["suffix"] != suffix:
        raise NotFound("The run waits at another address.", code="webhook.not_found")
    return wait


def form_of(about: Any) -> Form:
    """The form that a run waits for; earlier releases kept its parts apart."""
    return Form.model_validate(
        about.get("form") or {name: about.get(name) for name in ("title", "description", "fields")}
    )


def end_note(status: str, language: str) -> WebhookReply:
    """What a person reads when the run is over and no node said it better."""
    if status != "succeeded":
        return form_note(say("sent", language), say("failed", language), status=500, language=language)
    return form_note(say("sent", language), say("recorded", language), language=language)


def _query_of(request: Request) -> str:
    return f"?{request.url.query}" if request.url.query else ""


def _client(request: Request) -> str:
    return request.client.host if request.client else ""


def _respond(reply: WebhookReply) -> Response:
    return Response(reply.body, reply.status, dict(reply.headers))
