"""The emulator's HTTP: `/v1/…` as OpenAI's, and `/emulator/…` for the script and what the model was asked."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.datastructures import UploadFile
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from tapbot.emulators.faults import Quiet
from tapbot.emulators.model.answers import build_chunks, build_completion, build_embeddings
from tapbot.emulators.model.script import Script, Then
from tapbot.emulators.model.shapes import Completion, Refusal, read_completion, read_embeddings

REQUESTS_KEPT = 1000
HANG_SECONDS = 3600


def now_utc() -> datetime:
    """The clock of the machine."""
    return datetime.now(UTC)


def create_app(
    *,
    script: Script | None = None,
    keys: frozenset[str] | None = None,
    models: tuple[str, ...] = ("emulated",),
    now: Callable[[], datetime] = now_utc,
) -> Starlette:
    """Make the emulator.

    Args:
        script: What the model answers; without it, the user's own words.
        keys: Keys that are let in; `None` lets any key in, but not none.
        models: Names that `/v1/models` lists. Others are answered too.
        now: The clock.
    """
    emulator = Emulator(script.model_copy(deep=True) if script else Script(), keys, models, now)
    return Starlette(
        routes=[
            Route("/v1/chat/completions", emulator.complete, methods=["POST"]),
            Route("/v1/embeddings", emulator.embed, methods=["POST"]),
            Route("/v1/audio/transcriptions", emulator.transcribe, methods=["POST"]),
            Route("/v1/models", emulator.list_models),
            Route("/v1/models/{model}", emulator.show_model),
            Route("/emulator/script", emulator.replace_script, methods=["POST"]),
            Route("/emulator/script", emulator.show_script),
            Route("/emulator/requests", emulator.show_requests),
            Route("/emulator/requests", emulator.forget_requests, methods=["DELETE"]),
        ],
        middleware=[Middleware(Quiet)],
        exception_handlers={Refusal: _answer_refusal},
    )


class Broken(Response):
    """Sends these pieces and drops the connection before the end."""

    def __init__(self, pieces: list[bytes], headers: list[tuple[bytes, bytes]]) -> None:
        super().__init__()
        self._pieces = pieces
        self._head = headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send without an end: the server closes the connection."""
        await send({"type": "http.response.start", "status": 200, "headers": self._head})
        for piece in self._pieces:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await asyncio.sleep(0.05)  # so that the pieces leave before the connection does


class Streamed(Response):
    """Server-sent events, one send each."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        super().__init__()
        self._pieces = pieces

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send all pieces and the end."""
        await send({"type": "http.response.start", "status": 200, "headers": STREAM_HEADERS})
        for piece in self._pieces:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


STREAM_HEADERS = [(b"content-type", b"text/event-stream; charset=utf-8"), (b"cache-control", b"no-cache")]


class Emulator:
    """The endpoints over one script."""

    def __init__(
        self, script: Script, keys: frozenset[str] | None, models: tuple[str, ...], now: Callable[[], datetime]
    ) -> None:
        self._script = script
        self._keys = keys
        self._models = models
        self._now = now
        self._numbers = itertools.count(1)
        self._asked: list[dict[str, Any]] = []

    async def complete(self, request: Request) -> Response:
        """An answer of the model, as the script wants it."""
        body = await self._read_body(request)
        asked = read_completion(body)
        then = self._script.choose(asked)
        if then is None:
            raise Refusal(400, "No rule of the emulator's script fits this request.", code="no_rule")
        await asyncio.sleep(HANG_SECONDS if then.hang else then.delay_seconds)
        if then.status is not None:
            raise _failure(then)
        answer_id, created = f"chatcmpl-{next(self._numbers):08d}", int(self._now().timestamp())
        if asked.stream:
            return _stream(answer_id, created, asked, then)
        answer = json.dumps(build_completion(answer_id, created, asked, then), ensure_ascii=False).encode()
        if then.cut_after is not None:
            length = str(len(answer)).encode()
            headers = [(b"content-type", b"application/json"), (b"content-length", length)]
            return Broken([answer[: len(answer) // 2]], headers)
        return Response(answer, media_type="application/json")

    async def embed(self, request: Request) -> Response:
        """Vectors of texts."""
        return JSONResponse(build_embeddings(read_embeddings(await self._read_body(request))))

    async def transcribe(self, request: Request) -> Response:
        """What is said in a recording. One for this emulator is its words in UTF-8; any other says nothing."""
        self._check_key(request)
        async with request.form() as form:
            file, model = form.get("file"), form.get("model")
            if not isinstance(file, UploadFile) or not isinstance(model, str):
                raise Refusal(400, "A file and a model are required.", param="file" if model else "model")
            recording, name = await file.read(), file.filename
        body = {"model": model, "file": name, "size_bytes": len(recording)}
        self._asked = [*self._asked, {"path": request.url.path, "body": body}][-REQUESTS_KEPT:]
        try:
            return JSONResponse({"text": recording.decode()})
        except UnicodeDecodeError:
            return JSONResponse({"text": ""})

    async def list_models(self, request: Request) -> Response:
        """The models' names."""
        self._check_key(request)
        return JSONResponse({"object": "list", "data": [self._describe(model) for model in self._models]})

    async def show_model(self, request: Request) -> Response:
        """One model."""
        self._check_key(request)
        model = request.path_params["model"]
        if model not in self._models:
            said = f"The model '{model}' does not exist or you do not have access to it."
            raise Refusal(404, said, param="model", code="model_not_found")
        return JSONResponse(self._describe(model))

    async def replace_script(self, request: Request) -> Response:
        """Take a new script: `{"rules": […]}` or the list alone."""
        body = await _read_json(request)
        try:
            self._script = Script.model_validate({"rules": body} if isinstance(body, list) else body)
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(str(key) for key in first["loc"])
            raise Refusal(400, f"The script is wrong at {place}: {first['msg']}.", param=place) from None
        return JSONResponse({"rules": len(self._script.rules)})

    async def show_script(self, _request: Request) -> Response:
        """The script, with the uses that are left."""
        return JSONResponse(self._script.model_dump(exclude_defaults=True))

    async def show_requests(self, _request: Request) -> Response:
        """What was asked, the oldest first; no header and so no key."""
        return JSONResponse({"requests": self._asked})

    async def forget_requests(self, _request: Request) -> Response:
        """Begin to count anew."""
        self._asked.clear()
        return JSONResponse({})

    async def _read_body(self, request: Request) -> Any:
        """Check the key, read the body and note it, also when its shape turns out wrong."""
        self._check_key(request)
        body = await _read_json(request)
        self._asked = [*self._asked, {"path": request.url.path, "body": body}][-REQUESTS_KEPT:]
        return body

    def _check_key(self, request: Request) -> None:
        kind, _, key = request.headers.get("authorization", "").partition(" ")
        if kind.lower() != "bearer" or not key:
            said = "You didn't provide an API key. Provide it in an Authorization header using Bearer auth."
            raise Refusal(401, said)
        if self._keys is not None and key not in self._keys:
            raise Refusal(401, "Incorrect API key provided.", code="invalid_api_key")

    def _describe(self, model: str) -> dict[str, Any]:
        return {"id": model, "object": "model", "created": 0, "owned_by": "emulator"}


def _stream(answer_id: str, created: int, asked: Completion, then: Then) -> Response:
    chunks = build_chunks(answer_id, created, asked, then)
    events = (f"data: {json.dumps(chunk, ensure_ascii=False)}\n\n".encode() for chunk in chunks)
    if then.cut_after is not None:
        return Broken(list(itertools.islice(events, then.cut_after)), STREAM_HEADERS)
    return Streamed(itertools.chain(events, [b"data: [DONE]\n\n"]))


def _failure(then: Then) -> Refusal:
    kinds = {401: "invalid_request_error", 429: "requests"}
    codes = {401: "invalid_api_key", 429: "rate_limit_exceeded"}
    status = then.status or 500
    wait = then.retry_after_seconds
    return Refusal(
        status,
        then.message,
        kind=kinds.get(status, "server_error" if status >= 500 else "invalid_request_error"),
        code=codes.get(status),
        headers={"Retry-After": f"{wait:g}"} if wait is not None else None,
    )


async def _read_json(request: Request) -> Any:
    try:
        return await request.json()
    except ValueError:
        said = "We could not parse the JSON body of your request."
        raise Refusal(400, said) from None


async def _answer_refusal(_request: Request, refusal: Exception) -> Response:
    assert isinstance(refusal, Refusal)  # noqa: S101  # Starlette's type is wider than its promise
    return JSONResponse(refusal.body, status_code=refusal.status, headers=refusal.headers)
