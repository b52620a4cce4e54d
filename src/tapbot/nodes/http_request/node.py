"""HTTP request: calls any API, once per item."""

from __future__ import annotations

from typing import Any

from tapbot import upstream
from tapbot.errors import InvalidInput, UpstreamRejected
from tapbot.nodes.addresses import host_of
from tapbot.nodes.http_request.answer import read_answer
from tapbot.nodes.http_request.params import HttpRequestParams
from tapbot.nodes.http_request.request import Body, build_body, build_headers, build_query, join_headers
from tapbot.nodes.http_request.upgrade import upgrade
from tapbot.workflow.node import NodeParams, Step, node
from tapbot.workflow.types import Item, StepKind

UNAUTHORISED = 401
REPEATABLE = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})


def step_kind(params: NodeParams) -> StepKind:
    """Reads, PUT and DELETE may run again (RFC 9110, section 9.2.2); others when the author says so or a key helps."""
    assert isinstance(params, HttpRequestParams)  # noqa: S101  # the declaration below names the model
    if params.method in REPEATABLE or params.options.safe_to_repeat:
        return StepKind.SAFE
    return StepKind.KEYED if params.options.idempotency_header else StepKind.NEVER


@node(
    "n8n-nodes-base.httpRequest",
    HttpRequestParams,
    version=4.3,
    label="HTTP Request",
    kind=step_kind,
    upgrade=upgrade,
)
async def http_request(params: HttpRequestParams, item: Item, step: Step) -> Item | list[Item]:
    """Call an HTTP API and give its reply."""
    host_of(params.url)
    headers = build_headers(params)
    if params.options.idempotency_header:
        headers[params.options.idempotency_header] = step.idempotency_key()
    body = build_body(params, item)
    headers = join_headers(body, headers)
    kind = params.credential_kind
    if kind is None:
        return read_answer(params, item, await _send(params, step, body, headers, build_query(params)))
    if not kind:
        raise InvalidInput("No kind of credential is chosen.", code="node.invalid_parameter", place="authentication")
    return read_answer(params, item, await _send_signed(params, step, body, headers, kind))


async def _send_signed(
    params: HttpRequestParams, step: Step, body: Body, headers: dict[str, str], kind: str
) -> upstream.Response:
    """Send with the credential; a refused access token is renewed once, since a 401 did nothing."""
    host = host_of(params.url)
    opened, signature = await step.sign(kind, host)
    for renewed in (False, True):
        query = {**(build_query(params) or {}), **signature.query}
        signed = {**headers, **signature.headers}
        try:
            reply = await _send(params, step, body, signed, query or None)
        except UpstreamRejected as error:
            if renewed or error.status != UNAUTHORISED or not step.renewable(kind, opened):
                raise
        else:
            if renewed or reply.status_code != UNAUTHORISED or not step.renewable(kind, opened):
                return reply
        opened, signature = await step.sign(kind, host, renew=True)
    raise AssertionError("the second answer returns or raises")


async def _send(
    params: HttpRequestParams, step: Step, body: Body, headers: dict[str, str], query: dict[str, Any] | None
) -> upstream.Response:
    timeout_ms = params.options.timeout
    send = upstream.request if params.options.response.response.never_error else upstream.call
    return await send(
        step.http,
        params.method,
        params.url.strip(),
        service=host_of(params.url),
        timeout_seconds=timeout_ms / 1000 if timeout_ms else step.http_timeout_seconds,
        headers=headers,
        params=query,
        json=body.json,
        content=body.content,
        form=body.form,
        files=body.files,
        follow_redirects=params.options.redirect.redirect.follow_redirects,
    )
