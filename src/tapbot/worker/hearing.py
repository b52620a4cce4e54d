"""What voice messages of a turn say: each is written down once, as a step of the turn."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from tapbot.bots.speech import transcribe
from tapbot.errors import UpstreamRejected, UpstreamUnavailable
from tapbot.inbox import files
from tapbot.inbox.types import Turn
from tapbot.project.served import Served
from tapbot.settings import SpeechSection
from tapbot.storage.database import Database
from tapbot.telemetry import logger
from tapbot.upstream import HttpClient
from tapbot.workflow.run import Run, StepFailed
from tapbot.workflow.types import StepKind

LOG = logger("worker")


async def write_down(
    turn: Turn, run: Run, served: Served, http: HttpClient, database: Database
) -> list[dict[str, Any]]:
    """The messages of a turn, with words where a voice message had none. What cannot be understood stays as it is."""
    section = served.project.settings.speech
    if section.base_url is None:
        return turn.messages
    return [await _hear(message, turn, run, section, http, database) for message in turn.messages]


async def _hear(
    message: dict[str, Any], turn: Turn, run: Run, section: SpeechSection, http: HttpClient, database: Database
) -> dict[str, Any]:
    spoken = [one for one in message.get("attachments", ()) if one["kind"] == "voice" and one.get("file_id")]
    if message.get("text") or not spoken:
        return message
    file_id, media_type = str(spoken[0]["file_id"]), str(spoken[0].get("media_type") or "audio/ogg")

    async def call() -> str:
        content = await database.read(lambda db: files.read_file(db, turn.scope, file_id))
        return await transcribe(http, section, content, media_type)

    try:
        given = {"file_id": file_id, "model": section.model}
        words = str(await run.step(f"speech/{file_id}", StepKind.SAFE, given, call, node="speech"))
    except (StepFailed, UpstreamUnavailable, UpstreamRejected) as error:
        LOG.warning("voice message not understood", run_id=run.new.run_id, code=error.code)
        return message

    def note(db: Connection) -> None:
        files.note_transcript(db, turn.scope, file_id, words, turn.inbound_ids)

    await database.write("inbox.note_transcript", note)
    return message | {"text": words or None}
