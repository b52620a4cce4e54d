"""`tapbot data`: the records of a project's collections."""

from __future__ import annotations

from cyclopts import App

from tapbot.cli.connection import ask
from tapbot.cli.options import DataOption, JsonOption, ProjectOption
from tapbot.cli.printing import show_json, show_table
from tapbot.errors import InvalidInput

app = App(name="data", help="Show the records of a collection.")


@app.command(name="items")
def list_items(
    collection: str,
    *,
    project: ProjectOption = None,
    data: DataOption = None,
    where: tuple[str, ...] = (),
    sort: tuple[str, ...] = (),
    limit: int | None = None,
    json: JsonOption = False,
) -> None:
    """Show the records of a collection, also while the server runs.

    Args:
        collection: Its name, for example `rides`.
        where: `field=value`; several must all hold.
        sort: Name of a field; a leading `-` turns the order round.
        limit: Most records to show.
    """
    args = {"collection": collection, "where": dict(map(_pair, where)), "sort": list(sort), "limit": limit}
    records = ask("records.list", args, project=project, data=data)
    if json:
        show_json(records)
    else:
        names = [name for name in (records[0] if records else {}) if name not in {"created_at", "updated_at"}]
        show_table(records, {name: name for name in names}, empty=f"{collection} holds no records.")


@app.command(name="collections")
def list_collections(*, project: ProjectOption = None, data: DataOption = None, json: JsonOption = False) -> None:
    """List the collections with their number of records."""
    found = ask("collections.list", {}, project=project, data=data)
    if json:
        show_json(found)
    else:
        show_table(found, {"name": "COLLECTION", "count": "RECORDS"}, empty="No collections.")


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise InvalidInput(f"{text!r} is not of the form field=value.", code="cli.invalid_option", place="--where")
    return name, value
