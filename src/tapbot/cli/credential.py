"""`tapbot credential`: what opens other services. Secrets come from the terminal or stdin, not from arguments."""

from __future__ import annotations

import getpass
import json as json_module
import sys
from typing import Any

from cyclopts import App

from tapbot.cli.connection import ask
from tapbot.cli.options import DataOption, JsonOption, ProjectOption
from tapbot.cli.printing import show, show_json, show_table
from tapbot.credentials.kinds import find_kind, kind_names
from tapbot.credentials.types import CredentialKind
from tapbot.errors import InvalidInput

app = App(name="credential", help="Enter, list, remove and reseal credentials. They are kept encrypted.")
MOST_BYTES = 1_000_000


@app.command(name="add")
def add_credential(
    kind: str,
    name: str,
    *,
    id: str | None = None,  # noqa: A002  # the option's name
    replace: bool = False,
    environment: str | None = None,
    project: ProjectOption = None,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Enter a credential. Its fields are asked for, or read from stdin as a JSON object.

    Args:
        kind: Its kind, as n8n calls it: `tapbot credential kinds` lists them.
        name: What workflows call it.
        id: Its id, to match an imported workflow; a new one when not given.
        replace: Put it in place of the one of that kind and name.
        environment: dev, stage or prod, where the data folder has several.
    """
    fields = _read_fields(find_kind(kind))
    asked: dict[str, Any] = {"kind": kind, "name": name, "id": id, "replace": replace, "fields": fields}
    made = ask("credentials.add", _within(asked, environment), project=project, data=data)
    if json:
        show_json(made)
    else:
        show(f"{made['kind']} {made['name']!r} is kept as {made['id']}.")


@app.command(name="list")
def list_credentials(
    *,
    environment: str | None = None,
    project: ProjectOption = None,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """List the credentials, without what is in them.

    Args:
        environment: dev, stage or prod, where the data folder has several.
    """
    rows = ask("credentials.list", _within({}, environment), project=project, data=data)
    columns = {"kind": "KIND", "name": "NAME", "id": "ID", "changed_at": "CHANGED"}
    if json:
        show_json(rows)
    else:
        show_table(rows, columns, empty="None. `tapbot credential add KIND NAME` enters one.")


@app.command(name="remove")
def remove_credential(
    credential: str,
    *,
    environment: str | None = None,
    project: ProjectOption = None,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Delete a credential.

    Args:
        credential: Its id, or its name.
        environment: dev, stage or prod, where the data folder has several.
    """
    removed = ask("credentials.remove", _within({"credential": credential}, environment), project=project, data=data)
    if json:
        show_json(removed)
    else:
        show(f"{removed['kind']} {removed['name']!r} is gone.")


@app.command(name="rotate")
def rotate_keys(
    *,
    new_key: bool = True,
    project: ProjectOption = None,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Seal all credentials with a new key, and forget the old one.

    Args:
        new_key: Make a new key in the key file first; with keys in the settings, put it there yourself.
    """
    done = ask("credentials.rotate", {"new_key": new_key}, project=project, data=data)
    if json:
        show_json(done)
    else:
        show(f"{done['resealed']} credentials are sealed with the key {done['key']} now.")


@app.command(name="kinds")
def list_kinds(*, json: JsonOption = False) -> None:
    """List the kinds of credentials with their fields."""
    kinds = [find_kind(name) for name in kind_names()]
    rows = [{"kind": k.name, "label": k.label, "fields": ", ".join(field.name for field in k.fields)} for k in kinds]
    if json:
        show_json(rows)
    else:
        show_table(rows, {"kind": "KIND", "label": "OPENS", "fields": "FIELDS"}, empty="None.")


def _within(asked: dict[str, Any], environment: str | None) -> dict[str, Any]:
    return {**asked, "environment": environment} if environment else asked


def _read_fields(kind: CredentialKind) -> dict[str, Any]:
    """The fields, from the person at the terminal or from stdin."""
    if sys.stdin.isatty():
        return _ask_for_fields(kind)
    text = sys.stdin.read(MOST_BYTES)
    try:
        fields = json_module.loads(text)
    except ValueError:
        fields = None
    if not isinstance(fields, dict):
        raise InvalidInput(
            "stdin holds no JSON object.",
            code="credential.bad_field",
            hint=f"Its keys are: {', '.join(field.name for field in kind.fields)}.",
        )
    return fields


def _ask_for_fields(kind: CredentialKind) -> dict[str, Any]:
    given = {}
    for field in kind.fields:
        choices = f" ({' or '.join(field.choices)})" if field.choices else ""
        default = f" [{field.default}]" if field.default else "" if field.required else " [none]"
        prompt = f"{field.label}{choices}{default}: "
        value = getpass.getpass(prompt) if field.secret else input(prompt)
        if value:
            given[field.name] = value
    return given
