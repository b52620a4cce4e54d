"""`tapbot contacts`: who writes to the company: find, merge, consent, data out, and erasure with a receipt."""

from __future__ import annotations

import base64
import json as json_text
from pathlib import Path
from typing import Any

from cyclopts import App

from tapbot.bots.contact_phone import read_phone
from tapbot.cli.connection import ask
from tapbot.cli.options import DataOption, JsonOption, ProjectOption
from tapbot.cli.printing import show, show_json, show_table
from tapbot.errors import InvalidInput

app = App(name="contacts", help="Find customers, merge them, note consents, export and erase all that is kept of one.")
COLUMNS = {"id": "CONTACT", "name": "NAME", "phone": "PHONE", "language": "LANGUAGE", "tags": "TAGS"}


@app.command(name="list")
def list_contacts(
    *,
    search: str | None = None,
    tag: str | None = None,
    limit: int = 50,
    project: ProjectOption = None,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """List people, the newest first.

    Args:
        search: Part of a name or a phone.
        tag: Only those with this tag.
        limit: Most to list.
    """
    rows = ask("contacts.list", {"search": search, "tag": tag, "limit": limit}, project=project, data=data)
    if json:
        show_json(rows)
    else:
        show_table(rows, COLUMNS, empty="Nobody has written yet.")


@app.command(name="show")
def show_contact(contact: str, *, project: ProjectOption = None, data: DataOption = None) -> None:
    """Show what is known of a person.

    Args:
        contact: Id of any of the person's contacts.
    """
    show_json(ask("contacts.show", {"contact": contact}, project=project, data=data))


@app.command(name="change")
def change_contact(
    contact: str,
    *,
    name: str | None = None,
    phone: str | None = None,
    language: str | None = None,
    field: tuple[str, ...] = (),
    tag: tuple[str, ...] = (),
    no_tags: bool = False,
    project: ProjectOption = None,
    data: DataOption = None,
) -> None:
    """Change what is known of a person. What is not named stays; an empty text takes a value away.

    Args:
        contact: Id of any of the person's contacts.
        name: Their name.
        phone: Their phone, not verified; see `tapbot contacts phone`.
        language: `kk`, `ru` or `en`.
        field: A field of your own as `NAME=VALUE`, as often as you like. Numbers, `true` and `false` are read as such.
        tag: All tags that they have from now on, one each time.
        no_tags: Take all tags away.
    """
    wanted: dict[str, Any] = {
        "contact": contact,
        "name": name,
        "phone": phone and read_phone(phone),
        "language": language,
    }
    if field:
        wanted["fields"] = dict(_read_field(each) for each in field)
    if tag or no_tags:
        wanted["tags"] = [*tag]
    show_json(ask("contacts.change", wanted, project=project, data=data))


@app.command(name="phone")
def verify_phone(
    contact: str, phone: str, *, source: str, project: ProjectOption = None, data: DataOption = None
) -> None:
    """Note that a phone is really the person's.

    Args:
        contact: Id of the contact.
        phone: As a person writes it.
        source: How that is known, such as `called back`.
    """
    args = {"contact": contact, "phone": read_phone(phone), "source": source}
    person = ask("contacts.phone", args, project=project, data=data)
    show(f"{person['phone']} is verified: {source}.")


@app.command(name="consent")
def note_consent(
    contact: str,
    purpose: str,
    *,
    source: str,
    withdrawn: bool = False,
    project: ProjectOption = None,
    data: DataOption = None,
) -> None:
    """Note that somebody agreed to something, or withdrew it.

    Args:
        contact: Id of the contact.
        purpose: What for, such as `marketing`.
        source: Where it was said, such as `paper form`.
        withdrawn: It was withdrawn, not given.
    """
    args = {"contact": contact, "purpose": purpose, "source": source, "granted": not withdrawn}
    ask("contacts.consent", args, project=project, data=data)
    show(f"{purpose} is {'withdrawn' if withdrawn else 'given'}.")


@app.command(name="merge")
def merge_contacts(contact: str, other: str, *, project: ProjectOption = None, data: DataOption = None) -> None:
    """Make another contact part of a person.

    Args:
        contact: Who stays.
        other: Who becomes part of them.
    """
    done = ask("contacts.merge", {"contact": contact, "other": other}, project=project, data=data)
    show(f"They are one person now. Undo it with `tapbot contacts unmerge {done['merge_id']}`.")


@app.command(name="unmerge")
def undo_merge(merge: str, *, project: ProjectOption = None, data: DataOption = None) -> None:
    """Take two people apart again.

    Args:
        merge: The merge, as `tapbot contacts show` lists it.
    """
    ask("contacts.unmerge", {"merge": merge}, project=project, data=data)
    show("They are two people again.")


@app.command(name="export")
def export_contact(contact: str, to: Path, *, project: ProjectOption = None, data: DataOption = None) -> None:
    """Write everything that is kept about a person into a ZIP file, readable by you alone.

    Args:
        contact: Id of the contact.
        to: The file; it must not be there.
    """
    if to.exists():
        raise InvalidInput("this file is there already.", code="contact.file_there", place=str(to))
    packed = base64.b64decode(ask("contacts.export", {"contact": contact}, project=project, data=data)["zip"])
    to.touch(mode=0o600, exist_ok=True)
    to.write_bytes(packed)
    show(f"{to} has everything that is kept about {contact}.")


@app.command(name="erase")
def erase_contact(
    contact: str,
    *,
    confirm: str | None = None,
    project: ProjectOption = None,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Erase everything about a person for good. Without `--confirm` it only tells what would go.

    Args:
        contact: Id of the contact.
        confirm: The contact's id once more.
    """
    place: dict[str, Any] = {"project": project, "data": data}
    if confirm is None:
        show_json(ask("contacts.erasure", {"contact": contact}, **place))
        show(f"Nothing was changed. To erase all of this: tapbot contacts erase {contact} --confirm {contact}")
        return
    receipt = ask("contacts.erase", {"contact": contact, "confirm": confirm}, **place)
    if json:
        show_json(receipt)
    else:
        show(f"Erased: {sum(receipt['erased'].values())} rows. Receipt {receipt['receipt_id']}.")


def _read_field(text: str) -> tuple[str, str | float | bool | None]:
    """`NAME=VALUE`: a number, true or false as JSON writes it, else a text; nothing takes the field away.

    Raises:
        InvalidInput: There is no `=`.
    """
    name, sign, value = text.partition("=")
    if not sign:
        raise InvalidInput("a field is written as NAME=VALUE.", code="contact.bad_field", place=text)
    try:
        read = json_text.loads(value) if value else None
    except ValueError:
        return name, value
    return name, read if isinstance(read, str | int | float | bool) else value or None
