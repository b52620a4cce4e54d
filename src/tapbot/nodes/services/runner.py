"""The one node that runs every described service: makes the request, signs it, reads pages, tells failures."""

from __future__ import annotations

from functools import partial
from typing import Any

from pydantic import ConfigDict

from tapbot import upstream
from tapbot.errors import InvalidInput
from tapbot.nodes.binaries import make_binary
from tapbot.nodes.fields import Text, has_expression, read_text
from tapbot.nodes.paths import get_path
from tapbot.nodes.services.calling import Caller, read_json, written
from tapbot.nodes.services.describe import Before, Operation, Service, read_service
from tapbot.nodes.services.paging import read_pages
from tapbot.nodes.services.records import items_of, record_of
from tapbot.nodes.services.values import MISSING, Values, needs
from tapbot.storage.types import JsonObject
from tapbot.workflow.node import NodeParams, NodeType, Step
from tapbot.workflow.types import Item, StepKind


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
    """Read older parameters, and refuse what is not described when the workflow is loaded, not when it runs."""
    if version < service.oldest:
        raise InvalidInput(
            f"Version {version:g} of {service.label} is not supported.",
            code="node.not_supported",
            hint=f"Put a new {service.label} node in its place.",
        )
    if service.older is not None and version < service.older.below:
        parameters = {**service.older.defaults, **parameters, **service.older.values}
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
    for name, described in operation.only.items():
        if (chosen := values.parameter(name)) is not MISSING and chosen not in described:
            raise InvalidInput(
                f"{chosen!r} is not described here.",
                code="node.not_supported",
                place=name,
                hint=f"It may be: {', '.join(map(str, described))}.",
            )
    caller = Caller(service, operation, _kind_of_credential(service, params.authentication), values, step)
    if operation.before is not None:
        parameters["before"] = await _look(caller, values, operation.before)
    if operation.paging is not None:
        found = await read_pages(caller, values)
        return await _read_each(caller, found, item) if operation.each else found
    reply = await caller.send(written(values.object(operation.query)))
    if operation.output.file:
        return [_file_item(operation, values, item, reply)]
    said = None if operation.output.constant is not None else read_json(reply)
    made = items_of(operation, said, values)
    for name, header in operation.output.headers.items():
        made = [Item(json={**one.json, name: reply.headers.get(header)}) for one in made]
    return made


async def _look(caller: Caller, values: Values, before: Before) -> dict[str, Any]:
    """What has to be known before the operation."""
    reply = await caller.send(written(values.object(before.query)), values.path(before.path), looking=True)
    said = read_json(reply)
    return {name: get_path(said, place)[1] for name, place in before.take.items()}


async def _read_each(caller: Caller, found: list[Item], item: Item) -> list[Item]:
    """Each record of a list in full."""
    each = caller.operation.each
    assert each is not None  # noqa: S101  # the caller asks for those with details
    query = written(caller.values.object(each.query))
    full: list[Item] = []
    for one in found:
        reply = await caller.send(query, Values(one.json, item).path(each.path))
        full.append(Item(json=record_of(read_json(reply))))
    return full


def _file_item(operation: Operation, values: Values, item: Item, reply: upstream.Response) -> Item:
    name = values.parameter(operation.output.file)
    media_type = reply.headers.get("content-type", "").partition(";")[0].strip() or None
    file_name = values.parameter("options.fileName")
    described = make_binary(
        reply.content, name=None if file_name is MISSING else read_text(file_name), media_type=media_type
    )
    field = "data" if name is MISSING else read_text(name)
    return Item(json=item.json, binary={**(item.binary or {}), field: described})
