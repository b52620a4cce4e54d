"""The one node that runs every described service: makes the request, signs it, reads pages, tells failures."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from pydantic import ConfigDict

from tapbot import upstream
from tapbot.errors import InvalidInput, LimitExceeded
from tapbot.nodes.binaries import make_binary
from tapbot.nodes.fields import Text, has_expression, read_text
from tapbot.nodes.paths import get_path
from tapbot.nodes.services.calling import Caller, read_json
from tapbot.nodes.services.describe import Before, Operation, Service, read_service
from tapbot.nodes.services.shapes import SHAPES
from tapbot.nodes.services.values import MISSING, Values, needs
from tapbot.storage.types import JsonObject
from tapbot.workflow.node import NodeParams, NodeType, Step
from tapbot.workflow.types import Item, StepKind

LIMIT = 50
MOST_PAGES = 1000


class ServiceParams(NodeParams):
    """Parameters of a service; beside these, each operation has its own, named as in n8n."""

    model_config = ConfigDict(extra="allow")

    resource: Text = ""
    """What is worked on."""
    operation: Text = ""
    """What is done with it; the page of services lists all."""
    authentication: Text = ""
    """Which kind of credential is used, where there are several."""


ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.5">'
    '<path d="M7 18a4 4 0 0 1-.6-7.95A6 6 0 0 1 18 9.5a4.3 4.3 0 0 1-1 8.5z"/></svg>'
)
"""One for all: the marks of companies are theirs."""


def make_node_type(name: str) -> NodeType:
    """A described service as a node type.

    Args:
        name: Of its file, without `.yaml`.
    """
    service = read_service(name)
    return NodeType(
        type=service.type,
        label=service.label,
        version=service.version,
        params=ServiceParams,
        shape="item",
        run=_Runner(service),
        kind=partial(_kind, service),
        upgrade=partial(_check, service),
        icon=ICON,
    )


class _Runner:
    """The node's function, with the service that it runs."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.__doc__ = service.about

    async def __call__(self, params: ServiceParams, item: Item, step: Step) -> list[Item]:
        return await run_operation(self.service, params, item, step)


def _kind(service: Service, params: NodeParams) -> StepKind:
    assert isinstance(params, ServiceParams)  # noqa: S101  # the declaration above names the model
    resource = service.resource_for.get(params.authentication, params.resource)
    return service.find(resource, params.operation).kind


def _check(service: Service, parameters: JsonObject, version: float) -> JsonObject:
    """Refuse an operation that is not described when the workflow is loaded, not when it runs."""
    if version < service.oldest:
        raise InvalidInput(
            f"Version {version:g} of {service.label} is not supported.",
            code="node.not_supported",
            hint=f"Put a new {service.label} node in its place.",
        )
    chosen = {name: parameters.get(name, "") for name in ("resource", "operation")}
    chosen["resource"] = service.resource_for.get(str(parameters.get("authentication", "")), chosen["resource"])
    if not has_expression(chosen):
        service.find(str(chosen["resource"]), str(chosen["operation"]))
    _kind_of_credential(service, str(parameters.get("authentication", "")))
    return parameters


def _kind_of_credential(service: Service, chosen: str) -> str:
    if not chosen:
        return next(iter(service.credentials.values()))
    if chosen not in service.credentials:
        raise InvalidInput(
            f"{service.label} has no authentication {chosen!r}.",
            code="node.not_supported",
            place="authentication",
            hint=f"It has: {', '.join(service.credentials)}.",
        )
    return service.credentials[chosen]


async def run_operation(service: Service, params: ServiceParams, item: Item, step: Step) -> list[Item]:
    """Do what the parameters say, for one item.

    Raises:
        InvalidInput: A parameter is missing or does not fit.
        UpstreamRejected: The service said no; its own reason is in the message.
        UpstreamUnavailable: It is down or busy.
    """
    resource = service.resource_for.get(params.authentication, params.resource)
    operation = service.find(resource, params.operation)
    parameters = {**(params.model_extra or {}), "resource": params.resource, "operation": params.operation}
    values = Values(parameters, item)
    for name in operation.required:
        if values.parameter(name) is MISSING:
            raise needs(name)
    caller = Caller(service, operation, _kind_of_credential(service, params.authentication), values, step)
    if operation.before is not None:
        parameters["before"] = await _look(caller, values, operation.before)
    if operation.paging is not None:
        found = await _read_pages(caller, values)
        return await _read_each(caller, found, item) if operation.each else found
    reply = await caller.send(_query(values, operation))
    return [_file_item(operation, values, item, reply)] if operation.output.file else _items(operation, reply, values)


async def _look(caller: Caller, values: Values, before: Before) -> dict[str, Any]:
    """What has to be known before the operation."""
    reply = await caller.send(_written(values.object(before.query)), values.path(before.path), looking=True)
    said = read_json(reply)
    return {name: get_path(said, place)[1] for name, place in before.take.items()}


def _query(values: Values, operation: Operation) -> dict[str, Any]:
    return _written(values.object(operation.query))


def _written(made: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: [read_text(entry) for entry in value] if isinstance(value, list) else read_text(value)
        for name, value in made.items()
    }


async def _read_pages(caller: Caller, values: Values) -> list[Item]:
    """The records of a list, as many as the node asks for."""
    operation = caller.operation
    paging = operation.paging
    assert paging is not None  # noqa: S101  # the caller asks for those with pages
    limit = None if values.parameter("returnAll") is True else _limit(values)
    query, found, more = _query(values, operation), list[Item](), dict[str, Any]()
    place, write = (query, str) if paging.place == "query" else (more, _as_it_is)
    for number in range(1, MOST_PAGES + 1):
        if paging.size:
            place[paging.size] = write(min(paging.most, limit - len(found)) if limit is not None else paging.most)
        if paging.style == "page":
            place[paging.parameter] = write(number)
        reply = await caller.send(query, more=more)
        page = _items(operation, reply, values)
        found += page
        if limit is not None and len(found) >= limit:
            return found[:limit]
        following = get_path(read_json(reply), paging.next)[1] if paging.next else None
        if (paging.style == "page" and len(page) < paging.most) or (paging.style == "token" and not following):
            return found
        if paging.style == "token":
            place[paging.parameter] = read_text(following)
    raise LimitExceeded(f"More than {MOST_PAGES} pages.", code="node.too_many_pages")


async def _read_each(caller: Caller, found: list[Item], item: Item) -> list[Item]:
    """Each record of a list in full."""
    each = caller.operation.each
    assert each is not None  # noqa: S101  # the caller asks for those with details
    query = _written(caller.values.object(each.query))
    full: list[Item] = []
    for one in found:
        reply = await caller.send(query, Values(one.json, item).path(each.path))
        full.append(Item(json=_record(read_json(reply), "")))
    return full


def _limit(values: Values) -> int:
    given = values.parameter("limit")
    if given is MISSING:
        return LIMIT
    try:
        limit = int(read_text(given))
    except ValueError:
        limit = 0
    if limit < 1:
        raise InvalidInput("The limit is a whole number from 1.", code="node.invalid_parameter", place="limit")
    return limit


def _items(operation: Operation, reply: upstream.Response, values: Values) -> list[Item]:
    output = operation.output
    if output.constant is not None:
        return [Item(json=dict(output.constant))]
    body = read_json(reply)
    found = get_path(body, output.path)[1] if output.path else body
    records = found if isinstance(found, list) else [] if found is None else [found]
    made = [_record(record, output.flatten) for record in records]
    return [Item(json=SHAPES[output.shape](record, values.parameters) if output.shape else record) for record in made]


def _as_it_is(value: Any) -> Any:
    return value


def _record(record: Any, flatten: str) -> dict[str, Any]:
    if not isinstance(record, dict):
        return {"data": record}
    inner = record.get(flatten) if flatten else None
    if not isinstance(inner, dict):
        return record
    return {**{name: value for name, value in record.items() if name != flatten}, **inner}


def _file_item(operation: Operation, values: Values, item: Item, reply: upstream.Response) -> Item:
    name = values.parameter(operation.output.file)
    media_type = reply.headers.get("content-type", "").partition(";")[0].strip() or None
    file_name = values.parameter("options.fileName")
    described = make_binary(
        reply.content, name=None if file_name is MISSING else read_text(file_name), media_type=media_type
    )
    field = "data" if name is MISSING else read_text(name)
    return Item(json=item.json, binary={**(item.binary or {}), field: described})
