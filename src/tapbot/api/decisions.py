"""`/decide/{address}`: the page on which somebody decides who was asked where nothing can be pressed, as by mail.

Looking at it decides nothing: programs that follow the links of a mail before its reader only look.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from html import escape
from zoneinfo import ZoneInfo

from sqlalchemy import RowMapping
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tapbot.access.rate_limit import RateLimit
from tapbot.api.places import Places
from tapbot.bots.deciding import decide_on_page, note_forged
from tapbot.errors import NotFound
from tapbot.inbox import approvals
from tapbot.inbox.approval_words import NO, YES, text
from tapbot.nodes.ask_person.asking import Question
from tapbot.nodes.forms.page import page
from tapbot.nodes.forms.reading import read_sent
from tapbot.nodes.forms.texts import reader_language
from tapbot.project.served import Served
from tapbot.storage.database import OpenDatabase
from tapbot.storage.types import Scope
from tapbot.workflow.node import WebhookReply

CONTENT = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
STYLE = """dl{border:1px solid #8886;border-radius:8px;padding:4px 12px;margin:0 0 16px}
dt{font-weight:600;margin-top:8px}dd{margin:0 0 8px;white-space:pre-wrap;overflow-wrap:anywhere}
h1,p{white-space:pre-wrap;overflow-wrap:anywhere}button.no{background:#b3261e;margin-top:12px}"""


class DecisionApi:
    """Shows what is asked, and takes the decision.

    Args:
        limit: Rate limit by the caller's address.
    """

    def __init__(self, database: OpenDatabase, places: Places, clock: Callable[[], datetime], limit: RateLimit) -> None:
        self._database = database
        self._places = places
        self._clock = clock
        self._limit = limit

    def routes(self) -> list[Route]:
        """Where it is shown and sent."""
        return [Route("/decide/{address}", self._answer, methods=["GET", "POST"])]

    async def _answer(self, request: Request) -> Response:
        served = self._places.find(request)
        await self._limit.take(request.client.host if request.client else "")
        approval_id, _, key = request.path_params["address"].partition(".")
        try:
            if request.method == "POST":
                return _respond(await self._decide(request, served.scope, approval_id, key))
            return _respond(await self._show(served, approval_id, key))
        except NotFound:
            await self._note_forged(served.scope, approval_id)
            language = reader_language(request.headers.get("accept-language", ""))
            return _respond(_note(text("not_yours", language), 404, language))

    async def _show(self, served: Served, approval_id: str, key: str) -> WebhookReply:
        scope, now = served.scope, self._clock()
        find = lambda db: approvals.find_by_link(db, scope, approval_id, key)  # noqa: E731  # a query
        row, chat = await self._database.scoped(scope).read(find)
        if row is None or chat is None:
            raise NotFound("There is no such question.", code="approval.not_found")
        language = row["language"]
        if row["status"] in {"approved", "refused"}:
            return _note(text("decided_before", language), 409, language)
        if row["status"] != "open" or now >= row["deadline_at"]:
            return _note(text("late", language), 409, language)
        return _question_page(row, served)

    async def _decide(self, request: Request, scope: Scope, approval_id: str, key: str) -> WebhookReply:
        sent = read_sent(await request.body(), request.headers.get("content-type", ""))
        choice, now = next(iter(sent.texts("decision")), ""), self._clock()

        said, language = await decide_on_page(self._database, scope, approval_id, key, choice, now=now)
        return _note(said, 200, language)

    async def _note_forged(self, scope: Scope, approval_id: str) -> None:
        now = self._clock()
        await self._database.scoped(scope).write(
            "approval.forged", lambda db: note_forged(db, scope, approval_id, now=now)
        )


def _question_page(row: RowMapping, served: Served) -> WebhookReply:
    language, zone = row["language"], ZoneInfo(served.project.settings.project.time_zone)
    asked = Question(row["question"], row["details"], language, row["deadline_at"], zone)
    shown = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in asked.arguments())
    details = f"<dl>{shown}</dl>" if shown else ""
    buttons = "".join(
        f'<button name="decision" value="{value}"{style}>{escape(text(word, language))}</button>'
        for value, word, style in ((YES, "approve", ""), (NO, "refuse", ' class="no"'))
    )
    about = f"<p>{escape(asked.until())}<br>{escape(text('once', language))}</p>"
    body = f'<h1>{escape(asked.text)}</h1>{details}{about}<form method="post">{buttons}</form>'
    return page(text("title", language), body, 200, language, css=STYLE)


def _note(said: str, status: int, language: str) -> WebhookReply:
    return page(said, f'<h1 role="status">{escape(said)}</h1>', status, language, css=STYLE)


def _respond(reply: WebhookReply) -> Response:
    headers = {**reply.headers, "content-security-policy": CONTENT}
    answer = replace(reply, headers=headers)
    return Response(answer.body, status_code=answer.status, headers=dict(answer.headers))
