"""Voice messages become text, by any endpoint that speaks OpenAI's transcription API.

https://platform.openai.com/docs/api-reference/audio/createTranscription
"""

from __future__ import annotations

import msgspec

from tapbot import upstream
from tapbot.errors import UpstreamRejected, UpstreamUnavailable
from tapbot.settings import SpeechSection
from tapbot.upstream import HttpClient

SERVICE = "The transcription endpoint"
ATTEMPTS = 2
PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 5.0
ENDINGS = {
    "audio/ogg": "ogg",
    "audio/opus": "ogg",
    "audio/mpeg": "mp3",
    "audio/mp4": "m4a",
    "audio/aac": "aac",
    "audio/wav": "wav",
    "audio/webm": "webm",
    "video/mp4": "mp4",
}
"""Endpoints tell the format by the file's name."""


class Transcription(msgspec.Struct, frozen=True):
    """What the endpoint answers."""

    text: str


async def transcribe(http: HttpClient, section: SpeechSection, content: bytes, media_type: str) -> str:
    """The words of a voice message; empty when nobody speaks in it.

    Args:
        content: The recording.
        media_type: Its type, for example `audio/ogg`.

    Raises:
        UpstreamUnavailable: No answer, 429 or 5xx, also the second time.
        UpstreamRejected: The endpoint refused, or answered something else.
    """
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return await _ask(http, section, content, media_type)
        except UpstreamUnavailable as error:
            if attempt == ATTEMPTS:
                raise
            await http.sleep(min(error.retry_after_seconds or PAUSE_SECONDS, LONGEST_PAUSE_SECONDS))
    raise AssertionError("the last attempt returns or raises")


async def _ask(http: HttpClient, section: SpeechSection, content: bytes, media_type: str) -> str:
    headers = {"Authorization": f"Bearer {section.api_key.get_secret_value()}"} if section.api_key else {}
    reply = await upstream.call(
        http,
        "POST",
        f"{(section.base_url or '').rstrip('/')}/audio/transcriptions",
        service=SERVICE,
        timeout_seconds=section.timeout_seconds,
        deadline_seconds=section.timeout_seconds * 2,
        headers=headers,
        form={"model": section.model, "response_format": "json"},
        files={"file": (f"voice.{ENDINGS.get(media_type, 'ogg')}", content, media_type)},
    )
    try:
        return msgspec.json.decode(reply.content, type=Transcription).text.replace("\0", "").strip()
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise UpstreamRejected(f"{SERVICE} answered something unexpected.", code="speech.unexpected") from None
