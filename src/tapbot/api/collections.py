"""Collections and their records."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from sqlalchemy import Connection
from starlette.responses import Response

from tapbot.access.types import Permission
from tapbot.api.auth import Context, allowed
from tapbot.api.models import Limit, Model, ProjectName, preferred_language, raw_json, title_in
from tapbot.data import store
from tapbot.data.types import OWN_FIELDS, Field

router = APIRouter(dependencies=[Depends(allowed(Permission.READ_RECORDS))])


class ChoiceModel(Model):
    """A value that a field of the type `choice` may have."""

    value: str
    title: str


class FieldModel(Model):
    """A field of a collection."""

    name: str
    type: str
    title: str | None
    required: bool
    choices: list[ChoiceModel]
    """Empty where any value may stand."""


class CollectionModel(Model):
    """A collection."""

    name: str
    title: str | None
    fields: list[FieldModel]
    count: int
    """Number of its records."""


class CollectionList(Model):
    """All collections."""

    items: list[CollectionModel]


class RecordPage(Model):
    """Records of one collection."""

    items: list[dict[str, Any]]
    total: int
    """Number of records that match, on all pages."""


@router.get("/collections")
async def list_collections(request: Request, context: Context, project: ProjectName = None) -> CollectionList:
    """List the collections of a project with their fields."""
    release = context.release(project)
    language = preferred_language(request, release.project.settings.project.locales)
    found = await context.database.scoped(release.scope).read(lambda db: store.list_collections(db, release.scope))
    return CollectionList(
        items=[
            CollectionModel(
                name=collection.name,
                title=title_in(collection.title, language, collection.name),
                fields=[_show_field(field, language) for field in collection.all_fields.values()],
                count=number,
            )
            for collection, number in found
        ]
    )


def _show_field(field: Field, language: str) -> FieldModel:
    return FieldModel(
        name=field.name,
        type=field.type,
        title=title_in(field.title, language, field.name),
        required=field.required or field.name in OWN_FIELDS,
        choices=[
            ChoiceModel(value=choice.value, title=title_in(choice.title, language, choice.value))
            for choice in field.choices
        ],
    )


@router.get("/collections/{name}/records", response_model=RecordPage)
async def list_records(
    name: str,
    context: Context,
    project: ProjectName = None,
    limit: Limit = 50,
    offset: Annotated[int, Query(ge=0, le=10**9)] = 0,
    sort: Annotated[str | None, Query(max_length=200, description="Fields with commas; `-` turns one round.")] = None,
    q: Annotated[str | None, Query(max_length=200, description="Text that some text field contains.")] = None,
) -> Response:
    """List records of a collection."""
    scope = context.release(project).scope
    keys = [key.strip() for key in (sort or "").split(",") if key.strip()]

    def read(db: Connection) -> dict[str, Any]:
        items = store.find(db, scope, name, sort=keys, limit=limit, offset=offset, search=q)
        return {"items": items, "total": store.count(db, scope, name, search=q)}

    return raw_json(await context.database.scoped(scope).read(read))


@router.get("/collections/{name}/records/{record_id}", response_model=dict[str, Any])
async def get_record(name: str, record_id: str, context: Context, project: ProjectName = None) -> Response:
    """Read one record."""
    scope = context.release(project).scope
    record = await context.database.scoped(scope).read(lambda db: store.get(db, scope, name, record_id))
    if record is None:
        raise store.no_record(name, record_id)
    return raw_json(record)
