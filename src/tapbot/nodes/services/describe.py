"""What a service's file says: resources, operations, requests. Read and checked once; no I/O beside the file."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field

from tapbot.errors import InvalidInput
from tapbot.workflow.types import StepKind

ROOM = Path(__file__).parent
ANY = "*"


class _Part(BaseModel):
    """A part of a description; a key that nobody knows is a mistake."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Paging(_Part):
    """How a list goes on. `returnAll` and `limit` of the node say how far it is read."""

    style: Literal["token", "page", "offset", "last", "link", "none"]
    """`token`: the reply names the next page; `page`: pages have numbers; `offset`: so many records are passed over;
    `last`: a page begins behind the last record of the one before; `link`: the reply holds the next page's address;
    `none`: there is one page, and the service takes no more than a size."""
    parameter: str = ""
    """Parameter of the address that asks for a page; none for `link`."""
    next: str = ""
    """Where the reply names the next page, for `token` and `link`; where a record has its name, for `last`."""
    more: str = ""
    """Where the reply says that there are more; a page that is not full is the last one where it is empty."""
    start: int = 1
    """Number of the first page, for `page`."""
    size: str = ""
    """Parameter of the address for the size of a page."""
    most: int = 100
    """Largest size of a page."""
    least: int = 1
    """Smallest size that the service takes; what is too much is cut off."""
    place: Literal["query", "body"] = "query"
    """Where these parameters stand."""


class Output(_Part):
    """What becomes of a reply."""

    path: str = ""
    """Where the records are; the whole reply when empty. A list gives an item each."""
    file: str = ""
    """Parameter with the name of the file that the reply becomes."""
    flatten: str = ""
    """A field whose own fields stand beside it instead, such as Airtable's `fields`."""
    take: str = ""
    """Part of each record that is its item."""
    headers: dict[str, str] = {}
    """Headers of the reply that become fields of the record, by those fields."""
    constant: dict[str, Any] | None = None
    """The record itself, where a reply has no body."""
    shape: str = ""
    """What makes an item's record of the reply's, by its name in `shapes.py`."""


class Detail(_Part):
    """A request for one record of a list."""

    path: str
    """`{id}` is a field of the record."""
    query: dict[str, Any] = {}
    """As of the list."""


class Before(_Part):
    """A request that the operation needs an answer of first, such as the version of a file that is to be changed."""

    path: str
    """As of the operation."""
    query: dict[str, Any] = {}
    take: dict[str, str]
    """Parameters `$before.name` by where they stand in the reply."""


class Idempotency(_Part):
    """Whether the service honours a key, as its documentation says."""

    header: str
    """Header in which it takes the key."""
    hours: float
    """How long it remembers one."""
    page: str
    """Documentation that says so."""


class Failure(_Part):
    """How a reply below 400 says that the call failed."""

    field: str
    """Field that says so, by names with dots."""
    is_: Any = Field(alias="is")
    """Value that it has then; `*` stands for any that is not empty."""
    message: str
    """Field with the reason."""


class Example(_Part):
    """What the page documents, in its form: the contract server of the tests is made of it, not of the description."""

    parameters: dict[str, Any] = {}
    """Parameters of the node that lead to this request."""
    item: dict[str, Any] = {}
    """The item that goes in, with `json` and perhaps `binary`."""
    calls: list[dict[str, Any]]
    """Requests with their replies, in order."""
    items: list[dict[str, Any]] | None = None
    """What comes out; the last reply when not given."""


class Operation(_Part):
    """One operation of a resource."""

    page: str
    """Its public documentation."""
    kind: StepKind
    """Whether it may be repeated."""
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
    path: str
    """Added to the service's address; `{name}` is a parameter, written as one part of a path; `{name/}` may hold
    several parts; `{name!reader}` is what a reader of `readers.py` finds in it."""
    base: str = ""
    """Another address than the service's."""
    query: dict[str, Any] = {}
    """See `values.py` for what values may be."""
    headers: dict[str, Any] = {}
    body: dict[str, Any] | list[Any] | None = None
    """JSON body: an object, or a list of them."""
    form: dict[str, Any] | None = None
    """Fields of a form, in place of a JSON body."""
    upload: str = ""
    """Parameter with the name of the item's file that is the body."""
    multipart: dict[str, Any] | None = None
    """The record of an upload: it is sent before the file, as `multipart/related` (RFC 2387)."""
    paging: Paging | None = None
    before: Before | None = None
    each: Detail | None = None
    """A request for each record of a list, whose reply takes its place."""
    output: Output = Output()
    idempotency: Idempotency | None = None
    required: tuple[str, ...] = ()
    """Parameters without which the request makes no sense."""
    only: dict[str, tuple[Any, ...]] = {}
    """Values of parameters that are described; another one is refused."""
    example: Example


class Older(_Part):
    """What a node of an older version means; it is upgraded when its workflow is loaded."""

    below: float
    """Versions below this one."""
    values: dict[str, Any]
    """Parameters that it gets, in place of its own where it has them."""
    defaults: dict[str, Any] = {}
    """Parameters that it gets where it has none."""


class Service(_Part):
    """A service, registered as a node type."""

    type: str
    label: str
    version: float
    about: str
    """One sentence for lists."""
    page: str
    base: str
    """Address before the paths; `{field}` is a field of the credential that is no secret."""
    credentials: dict[str, str]
    """Kind of credential by the value of `authentication`; the first one is the default. An empty kind needs none."""
    oldest: float = 1
    """Oldest version that can be read."""
    older: Older | None = None
    resource: str = ""
    """Resource when none is chosen."""
    resource_for: dict[str, str] = {}
    """Resource by the value of `authentication`, where that leaves no choice."""
    operation: dict[str, str] = {}
    """Operation when none is chosen, by resource."""
    aliases: dict[str, str] = {}
    """Other names of operations, `resource.operation`, as older versions have them."""
    failure: Failure | None = None
    resources: dict[str, dict[str, Operation]]
    unverified: tuple[str, ...] = ()
    """What no given case checks."""

    def find(self, resource: str, operation: str) -> Operation:
        """The operation of that name.

        Raises:
            InvalidInput: It is not described here.
        """
        resource = resource or self.resource
        operation = operation or self.operation.get(resource, "")
        name = self.aliases.get(f"{resource}.{operation}", f"{resource}.{operation}")
        resource, _, operation = name.rpartition(".")
        found = self.resources.get(resource, {}).get(operation)
        if found is None:
            known = ", ".join(f"{one}.{each}" for one, all_of in self.resources.items() for each in all_of)
            raise InvalidInput(
                f"{self.label} has no operation {operation or 'none'!r} of {resource or 'none'!r} here.",
                code="node.not_supported",
                place="operation",
                hint=f"It has: {known}. The HTTP Request node reaches the rest with the same credential.",
            )
        return found


@cache
def read_service(name: str) -> Service:
    """The service of a file.

    Args:
        name: The file's, without `.yaml`: the last part of the node type in snake case.
    """
    raw: Mapping[str, Any] = yaml.safe_load((ROOM / f"{name}.yaml").read_text("utf-8"))
    return Service.model_validate(raw)


def service_names() -> list[str]:
    """The names of all files."""
    return sorted(path.stem for path in ROOM.glob("*.yaml"))
