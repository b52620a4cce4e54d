"""HTTP request: calls any API, once per item."""

from __future__ import annotations

from tapbot import upstream
from tapbot.errors import InvalidInput
from tapbot.nodes.addresses import host_of
from tapbot.nodes.http_request.answer import read_answer
from tapbot.nodes.http_request.params import HttpRequestParams
from tapbot.nodes.http_request.request import build_body, build_headers, build_query, join_headers
from tapbot.nodes.http_request.upgrade import upgrade
from tapbot.workflow.node import NodeParams, Step, node
from tapbot.workflow.types import Item, StepKind

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
    if params.authentication != "none":
        raise InvalidInput(
            "Credentials are not supported yet.",
            code="node.not_supported",
            place="authentication",
            hint="Choose 'None', and send the secret in a header from `$vars`.",
        )
    host = host_of(params.url)
    headers = build_headers(params)
    if params.options.idempotency_header:
        headers[params.options.idempotency_header] = step.idempotency_key()
    body = build_body(params, item)
    timeout_ms = params.options.timeout
    send = upstream.request if params.options.response.response.never_error else upstream.call
    reply = await send(
        step.http,
        params.method,
        params.url.strip(),
        service=host,
        timeout_seconds=timeout_ms / 1000 if timeout_ms else step.http_timeout_seconds,
        headers=join_headers(body, headers),
        params=build_query(params),
        json=body.json,
        content=body.content,
        form=body.form,
        files=body.files,
        follow_redirects=params.options.redirect.redirect.follow_redirects,
    )
    return read_answer(params, item, reply)
