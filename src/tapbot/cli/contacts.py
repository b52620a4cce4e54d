"""`tapbot contacts`: who writes to the company: find, merge, consent, data out, and erasure with a receipt."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

from cyclopts import App

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
