"""Files of conversations, for people at the company."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Depends, Request
from pydantic import Field
from sqlalchemy import Connection, RowMapping
from starlette.responses import Response

from tapbot.access.types import Permission
from tapbot.api.auth import Context, allowed
from tapbot.api.file_answers import BINARY, NAME_HEADER, answer_file, read_upload
from tapbot.api.models import Model, ProjectName
from tapbot.inbox import files
from tapbot.inbox.files import FILE_LIMIT_BYTES, keep_file
from tapbot.inbox.views import chat_of_conversation

router = APIRouter(dependencies=[Depends(allowed(Permission.READ_CONVERSATIONS))])
RAW_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": f"The file as it is; its name, percent-encoded, is in the header `{NAME_HEADER}`.",
        "content": {BINARY: {"schema": {"type": "string", "format": "binary"}}},
    }
}
FILE_ANSWER: dict[int | str, dict[str, Any]] = {
    200: {"description": "The file.", "content": {BINARY: {"schema": {"type": "string", "format": "binary"}}}}
}


class FileModel(Model):
    """A file that waits for the message that sends it."""

    id: str
    name: str | None
    media_type: str
    size_bytes: int = Field(le=FILE_LIMIT_BYTES)


@router.post(
    "/conversations/{conversation_id}/files",
    status_code=201,
    openapi_extra=RAW_BODY,
    dependencies=[Depends(allowed(Permission.WRITE_CONVERSATIONS))],
)
async def upload_conversation_file(
    conversation_id: str, request: Request, context: Context, project: ProjectName = None
) -> FileModel:
    """Upload a file for the customer; `reply` sends it. Files that no reply sends are deleted after a day."""
    scope = context.release(project).scope
    database = context.database.scoped(scope)
    file = read_upload(request.headers, await request.body())
    chat = await database.read(lambda db: chat_of_conversation(db, scope, conversation_id))
    file_id = await keep_file(database, scope, chat, file, now=context.clock())
    name = files.clean_name(file.name)
    return FileModel(id=file_id, name=name, media_type=file.media_type, size_bytes=len(file.content))


@router.get("/conversations/{conversation_id}/files/{file_id}", response_class=Response, responses=FILE_ANSWER)
async def download_conversation_file(
    conversation_id: str, file_id: str, context: Context, project: ProjectName = None
) -> Response:
    """Read a file of a conversation."""
    scope = context.release(project).scope

    def read(db: Connection) -> tuple[RowMapping, bytes]:
        chat = chat_of_conversation(db, scope, conversation_id)
        return files.get_file(db, scope, file_id, chat), files.read_file(db, scope, file_id)

    return answer_file(*await context.database.scoped(scope).read(read))
