"""A list that comes in pages, read as far as the node asks."""

from __future__ import annotations

from typing import Any

from tapbot.errors import InvalidInput, LimitExceeded
from tapbot.nodes.fields import read_text
from tapbot.nodes.paths import get_path
from tapbot.nodes.services.calling import Caller, read_json, written
from tapbot.nodes.services.describe import Paging
from tapbot.nodes.services.records import items_of
from tapbot.nodes.services.values import MISSING, Values
from tapbot.workflow.types import Item

LIMIT = 50
MOST_PAGES = 1000


async def read_pages(caller: Caller, values: Values) -> list[Item]:
    """The records of a list: all with `returnAll`, else `limit` of them.

    Raises:
        InvalidInput: `limit` is no whole number from 1.
        LimitExceeded: The list has more pages than anyone can want.
    """
    operation = caller.operation
    paging = operation.paging
    assert paging is not None  # noqa: S101  # the caller asks for those with pages
    limit = None if values.parameter("returnAll") is True else read_limit(values)
    query, found, more = written(values.object(operation.query)), list[Item](), dict[str, Any]()
    place = query if paging.place == "query" else more
    at: Any = paging.start if paging.style == "page" else MISSING
    for number in range(1, MOST_PAGES + 1):
        asked = _size(paging, limit, so_far=len(found))
        if paging.size:
            place[paging.size] = asked
        if at is not MISSING and paging.parameter:
            place[paging.parameter] = at
        address = str(at) if paging.style == "link" and at is not MISSING else None
        sent = {} if address else {name: _as_text(value) for name, value in query.items()}
        said = read_json(await caller.send(sent, address=address, more=more))
        page = items_of(operation, said, values)
        found += page
        if limit is not None and len(found) >= limit:
            return found[:limit]
        at = _following(paging, said, page, full=len(page) >= asked, number=number, so_far=len(found))
        if at is MISSING:
            return found
    raise LimitExceeded(f"More than {MOST_PAGES} pages.", code="node.too_many_pages")


def _size(paging: Paging, limit: int | None, *, so_far: int) -> int:
    """Records to ask for. Numbered pages keep their size: another one would move their bounds."""
    if limit is None:
        return paging.most
    return max(paging.least, min(paging.most, limit if paging.style == "page" else limit - so_far))


def _following(paging: Paging, said: Any, page: list[Item], *, full: bool, number: int, so_far: int) -> Any:
    """What asks for the next page; `MISSING` behind the last one."""
    if paging.style in {"token", "link"}:
        named = get_path(said, paging.next)[1]
        return read_text(named) if named else MISSING
    going_on = bool(get_path(said, paging.more)[1]) if paging.more else full
    if not going_on or not page or paging.style == "none":
        return MISSING
    if paging.style == "page":
        return paging.start + number
    if paging.style == "offset":
        return so_far
    return get_path(page[-1].json, paging.next)[1] or MISSING


def _as_text(value: Any) -> Any:
    return value if isinstance(value, list) else read_text(value)


def read_limit(values: Values) -> int:
    """How many records are wanted.

    Raises:
        InvalidInput: `limit` is no whole number from 1.
    """
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
