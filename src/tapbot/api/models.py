"""What the answers of several resources share."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

import msgspec
from fastapi import Query, Request
from pydantic import BaseModel, ConfigDict
from starlette.responses import Response

from tapbot.errors import InvalidInput

ProjectName = Annotated[str | None, Query(alias="project", description="Needed while several projects are served.")]
Limit = Annotated[int, Query(ge=1, le=500)]
Cursor = Annotated[str | None, Query(max_length=300, description="`next` of the page before.")]


class Model(BaseModel):
    """An answer. Attribute docstrings become the descriptions of the OpenAPI document."""

    model_config = ConfigDict(use_attribute_docstrings=True)


def encode_cursor(at: datetime, row_id: str) -> str:
    """Where a page ends, as a word that only the next page understands."""
    return base64.urlsafe_b64encode(f"{at.isoformat()}|{row_id}".encode()).decode().rstrip("=")


def decode_cursor(cursor: str | None) -> tuple[datetime, str] | None:
    """Where the page before ended.

    Raises:
        InvalidInput: It is not what `encode_cursor` made.
    """
    if cursor is None:
        return None
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        at, _, row_id = text.partition("|")
        moment = datetime.fromisoformat(at)
    except (ValueError, binascii.Error) as error:
        raise wrong_cursor() from error
    if moment.tzinfo is None:
        raise wrong_cursor()
    return moment, row_id


def wrong_cursor() -> InvalidInput:
    """The error for a cursor that we did not make."""
    return InvalidInput("this is no cursor.", code="api.bad_cursor", place="before", hint="Use `next` of a page.")


def preferred_language(request: Request, locales: tuple[str, ...]) -> str:
    """The language of titles: `?language=`, else what the browser prefers, else the project's first."""
    asked = request.query_params.get("language")
    wanted = [part.split(";")[0].strip().lower() for part in request.headers.get("accept-language", "").split(",")]
    for language in [asked or "", *wanted]:
        short = language.partition("-")[0]
        if short in locales:
            return short
    return locales[0] if locales else "en"


def title_in(titles: Mapping[str, str], language: str, otherwise: str) -> str:
    """A title in a language, else in any, else the name."""
    return titles.get(language) or next((title for title in titles.values() if title), otherwise)


def raw_json(value: Any) -> Response:
    """An answer that is JSON already and may be large: not read again by pydantic."""
    return Response(msgspec.json.encode(value), media_type="application/json")
