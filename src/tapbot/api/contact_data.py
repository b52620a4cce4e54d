"""Everything about a contact, out as a file, and gone for good."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query
from sqlalchemy import Connection
from starlette.responses import Response

from tapbot.access import audit
from tapbot.access.types import Permission
from tapbot.api.auth import Context, CurrentSession, allowed
from tapbot.api.contacts import ContactId
from tapbot.api.models import Limit, Model, ProjectName, raw_json
from tapbot.bots import erasing, person_data

router = APIRouter(dependencies=[Depends(allowed(Permission.MANAGE_CONTACTS))])


class ErasurePreview(Model):
    """How many rows an erasure would take."""

    contact_id: str
    contacts: int
    conversations: int
    messages: int
    runs: int
    approvals: int
    records: dict[str, int]
    """By collection: records that name the person in a field of text."""


class ErasureRequest(Model):
    """Erase a person for good."""

    confirm: ContactId
    """The contact's id once more."""


class ErasureReceipt(Model):
    """That a person was erased, and what went. It says nothing about whom."""

    receipt_id: str
    contact_id: str
    erased: dict[str, int]
    actor_id: str | None
    erased_at: datetime
    receipt_hash: str
    """SHA-256 of the rest; it also stands in the audit log."""


class ReceiptList(Model):
    """Receipts, the newest first."""

    items: list[ErasureReceipt]


@router.post(
    "/contacts/{contact_id}/export",
    response_class=Response,
    responses={200: {"content": {"application/zip": {}, "application/json": {}}}},
)
async def export_contact(
    contact_id: str,
    context: Context,
    session: CurrentSession,
    project: ProjectName = None,
    form: Annotated[Literal["zip", "json"], Query(alias="format")] = "zip",
) -> Response:
    """Get everything that is kept about a person."""
    scope, now, actor_id = context.release(project).scope, context.clock(), session.principal.principal_id

    def gather(db: Connection) -> dict[str, Any]:
        document = person_data.export(db, scope, contact_id, now=now)
        subject = document["contact_id"]
        audit.note(db, scope, actor_id=actor_id, action="contact.exported", subject=subject, now=now)
        return document

    document = await context.database.scoped(scope).write("contact.export", gather)
    if form == "json":
        return raw_json(document)
    packed = await asyncio.to_thread(person_data.as_zip, document)
    name = f'attachment; filename="contact-{document["contact_id"]}.zip"'
    return Response(packed, media_type="application/zip", headers={"Content-Disposition": name})


@router.get("/contacts/{contact_id}/erasure")
async def preview_erasure(contact_id: str, context: Context, project: ProjectName = None) -> ErasurePreview:
    """Tell what an erasure would take; nothing is changed."""
    scope = context.release(project).scope
    return ErasurePreview(
        **await context.database.scoped(scope).read(lambda db: erasing.preview(db, scope, contact_id))
    )


@router.post("/contacts/{contact_id}/erasure")
async def erase_contact(
    contact_id: str, wanted: ErasureRequest, context: Context, session: CurrentSession, project: ProjectName = None
) -> ErasureReceipt:
    """Erase a person for good: contacts, conversations, runs, records, facts. Gives a receipt."""
    scope, now, actor_id = context.release(project).scope, context.clock(), session.principal.principal_id
    receipt = await erasing.erase_person(
        context.database, scope, contact_id, confirm=wanted.confirm, actor_id=actor_id, now=now
    )
    return ErasureReceipt(**receipt)


@router.get("/contact-erasures")
async def list_erasures(context: Context, project: ProjectName = None, limit: Limit = 100) -> ReceiptList:
    """List receipts of erasures."""
    scope = context.release(project).scope
    rows = await context.database.scoped(scope).read(lambda db: erasing.list_receipts(db, scope, limit=limit))
    shown = ErasureReceipt.model_fields
    return ReceiptList(items=[ErasureReceipt(**{name: row[name] for name in shown}) for row in rows])
