"""`/webhook-waiting/…` and `/form-waiting/…`: the address of a run that waits, and what its caller is answered."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tapbot.access.rate_limit import RateLimit
from tapbot.api.answers import Answers
from tapbot.errors import Conflict, InvalidInput, NotFound
from tapbot.nodes.form_page import form_note, form_page, read_form
from tapbot.nodes.webhook.params import WebhookParams
from tapbot.nodes.webhook.reply import reply_at_once, reply_for_error, reply_from_items, reply_unanswered
from tapbot.nodes.webhook.request import check_caller, item_from_request
from tapbot.storage.database import Database
from tapbot.workflow.items import item_to_json
from tapbot.workflow.journal.waiting import OpenWait
from tapbot.workflow.node import WebhookReply
from tapbot.workflow.resuming import let_go_on, look_up, resume_token

METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"]
FORM = "form"


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
        wait = await self._find(request, FORM)
        about: Any = wait.about
        if request.method != "POST":
            return _respond(form_page(about["title"], about["description"], about["fields"]))
        params = WebhookParams.model_validate(about["webhook"])
        body = (await request.body()).decode("utf-8", "replace")
        try:
            record = read_form(about["fields"], parse_qsl(body, keep_blank_values=True, max_num_fields=1000))
        except (InvalidInput, ValueError) as error:
            return _respond(form_note(about["title"], str(error), status=422))
        item = {"json": {**record, "submittedAt": self._clock().isoformat(), "formMode": "production"}}
        reply = await self._go_on(wait, params, item)
        if params.response_mode == "onReceived":
            reply = form_note(about["title"], "Your response has been recorded.")
        return _respond(reply)

    async def _find(self, request: Request, kind: str) -> OpenWait:
        """What the run at an address waits for.

        Raises:
            NotFound: There is no such run, or not with this token, kind or suffix.
            Conflict: It does not wait now.
            TooMany: The caller's address asked too often.
        """
        await self._limit.take(_client(request))
        run_id, _, token = request.path_params["address"].partition(".")
        run, wait = await look_up(self._database, run_id)
        if run is None or not hmac.compare_digest(token.encode(), resume_token(run).encode()):
            raise NotFound("There is no such run.", code="run.not_found")
        if wait is None:
            raise Conflict("The run does not wait for a call now.", code="run.not_waiting")
        suffix = request.path_params.get("suffix", "").strip("/")
        if wait.about["kind"] != kind or wait.about["suffix"] != suffix:
            raise NotFound("The run waits at another address.", code="webhook.not_found")
        return wait

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


def _client(request: Request) -> str:
    return request.client.host if request.client else ""


def _respond(reply: WebhookReply) -> Response:
    return Response(reply.body, reply.status, dict(reply.headers))
