"""The built console: static files with a fallback to its first page, because the console has paths of its own."""

from __future__ import annotations

import hashlib
import mimetypes
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from starlette.background import BackgroundTask
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.types import Receive, Scope, Send

INDEX = "index.html"
FOREVER = "public, max-age=31536000, immutable"
ASK_EACH_TIME = "no-cache"
MEDIA_TYPES = {".js": "text/javascript", ".woff2": "font/woff2", ".webmanifest": "application/manifest+json"}
ROOMS = frozenset({"", "login", "conversations", "approvals", "contacts", "broadcasts", "runs", "workflows", "records"})
"""First words of the console's own paths. Elsewhere its page says that there is nothing, with 404."""
NOT_ROOMS = ("api/", "chat/", "p/", "telegram/", "whatsapp/", "webhook/", "assets/")
"""What begins like this is no room of the console, so its first page would only confuse."""
MISSING = b"""<!doctype html>
<html lang="en"><meta charset="utf-8"><title>tapbot</title>
<body style="font-family: sans-serif; max-width: 40em; margin: 4em auto; line-height: 1.5">
<h1>The console was not built</h1>
<p>tapbot is running, and its bots and API work. The console's files are missing from this installation.</p>
<p>Run <code>make up</code> with Node 20 or newer installed, or install a tapbot wheel, which carries the console.</p>
"""


@dataclass(frozen=True, slots=True)
class BundleFile:
    """A file of the bundle and how it is sent."""

    path: Path
    media_type: str
    etag: str
    cache_control: str


class Console:
    """Serves the bundle. Only files that were there at the start are: no path from outside reaches the disk."""

    def __init__(self, bundle: Path, *, opened: Callable[[], Awaitable[object]]) -> None:
        """Read a bundle.

        Args:
            opened: Awaited after the first page was sent: whoever opens the console will need the API next.
        """
        self._files = read_bundle(bundle)
        self._opened = opened

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1000})
            return
        request = Request(scope, receive)
        await self._answer(request)(scope, receive, send)

    def _answer(self, request: Request) -> Response:
        if request.method not in {"GET", "HEAD"}:
            raise HTTPException(405, headers={"Allow": "GET, HEAD"})
        name = request.url.path.lstrip("/")
        file, status = self._files.get(name), 200
        if file is None:
            if f"{name}/".startswith(NOT_ROOMS) or "." in name.rpartition("/")[2]:
                raise HTTPException(404)
            file, status = self._files.get(INDEX), 200 if name.partition("/")[0] in ROOMS else 404
        if file is None:
            return Response(MISSING, 503, media_type="text/html")
        headers = {"Cache-Control": file.cache_control, "ETag": file.etag}
        if status == 200 and request.headers.get("if-none-match") == file.etag:
            return Response(status_code=304, headers=headers)
        after = BackgroundTask(self._opened) if file is self._files.get(INDEX) else None
        return FileResponse(file.path, status, headers=headers, media_type=file.media_type, background=after)


def read_bundle(bundle: Path) -> dict[str, BundleFile]:
    """The files of a bundle by their path in it; none when it was not built."""
    files: dict[str, BundleFile] = {}
    root = bundle.resolve()
    for path in sorted(root.rglob("*")):
        if path.is_file() and path.resolve().is_relative_to(root):
            name = path.relative_to(root).as_posix()
            guessed = MEDIA_TYPES.get(path.suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"
            # The build puts a hash of the content into the name of everything in assets/.
            cache_control = FOREVER if name.startswith("assets/") else ASK_EACH_TIME
            etag = f'"{hashlib.sha256(path.read_bytes()).hexdigest()[:32]}"'
            files[name] = BundleFile(path, guessed, etag, cache_control)
    return files
