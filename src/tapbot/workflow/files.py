"""The folder that file nodes may reach: nothing outside it, whatever a path says."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tapbot.errors import InvalidInput, LimitExceeded, NotAllowed, NotFound

MOST_FILES = 1000
LARGEST_BYTES = 100_000_000
CLOSED_NAMES = frozenset({".git", ".env"})
"""Names that are closed inside the folder too: what is written there would run, or is secret."""


@dataclass(frozen=True, slots=True)
class FileRoot:
    """A folder for file nodes; `None` closes them.

    Args:
        folder: Absolute path. Relative paths begin there; absolute ones must lead into it.
    """

    folder: Path | None = None

    def locate(self, path: str) -> Path:
        """The real place of a path, symbolic links followed.

        Raises:
            NotAllowed: It lies outside the folder, or no folder is open to nodes.
            InvalidInput: It is no path.
        """
        if self.folder is None:
            raise NotAllowed(
                "This server gives no folder to file nodes.",
                code="node.files_closed",
                hint="Name one in tapbot.toml, `[workflow] file_root`, or with `--files`.",
            )
        if not path or "\0" in path or len(path) > 4096:
            raise InvalidInput("This is no path of a file.", code="node.invalid_parameter")
        root = self.folder.resolve()
        place = (root / path).resolve()
        if not place.is_relative_to(root) or CLOSED_NAMES.intersection(place.relative_to(root).parts):
            raise NotAllowed(
                f"{path!r} is not open to file nodes.",
                code="node.files_closed",
                hint="Nodes reach the files inside their folder alone, without `.git` and `.env`.",
            )
        return place

    async def read(self, path: str) -> tuple[Path, bytes]:
        """As `read_now`, beside the loop."""
        return await asyncio.to_thread(self.read_now, path)

    async def find(self, pattern: str) -> list[str]:
        """As `find_now`, beside the loop."""
        return await asyncio.to_thread(self.find_now, pattern)

    async def write(self, path: str, content: bytes, *, append: bool) -> None:
        """As `write_now`, beside the loop."""
        await asyncio.to_thread(self.write_now, path, content, append=append)

    def read_now(self, path: str) -> tuple[Path, bytes]:
        """A file's place and content.

        Raises:
            NotFound: There is no such file.
            NotAllowed: It is not open to nodes.
            LimitExceeded: It is too large.
        """
        place = self.locate(path)
        if not place.is_file():
            raise NotFound(f"The file or directory {path!r} does not exist.", code="node.no_file")
        if place.stat().st_size > LARGEST_BYTES:
            raise LimitExceeded(f"{path!r} has more than {LARGEST_BYTES} bytes.", code="node.file_too_large")
        return place, place.read_bytes()

    def find_now(self, pattern: str) -> list[str]:
        """The files that a pattern such as `orders/*.csv` names, in order.

        Raises:
            NotAllowed: The pattern leads outside.
            InvalidInput: The pattern is malformed.
            LimitExceeded: There are too many.
        """
        fixed, wild = _split(pattern)
        start = self.locate(fixed or ".")
        if not wild:
            return [str(start)] if start.is_file() else []
        root = Path(self.folder or "/").resolve()
        found: list[str] = []
        try:
            for place in start.glob(wild):
                real = place.resolve()
                open_to_nodes = real.is_relative_to(root) and not CLOSED_NAMES.intersection(real.parts)
                if real.is_file() and open_to_nodes:
                    found.append(str(place))
                if len(found) > MOST_FILES:
                    raise LimitExceeded(f"{pattern!r} names more than {MOST_FILES} files.", code="node.too_many_items")
        except (ValueError, NotImplementedError):
            raise InvalidInput(f"{pattern!r} is no pattern of files.", code="node.invalid_parameter") from None
        return sorted(found)

    def write_now(self, path: str, content: bytes, *, append: bool) -> None:
        """Write a file as a whole, or add to its end.

        Raises:
            NotAllowed: It is not open to nodes.
            InvalidInput: It cannot be written.
        """
        place = self.locate(path)
        try:
            if append:
                with place.open("ab") as file:
                    file.write(content)
                return
            partial = place.with_name(f".{place.name}.partial")
            partial.write_bytes(content)
            os.replace(partial, place)
        except OSError as error:
            raise InvalidInput(
                f"{path!r} cannot be written: {error.strerror}.", code="node.no_file", hint="Does its folder exist?"
            ) from None


NO_FILES = FileRoot()
"""No folder is open to nodes."""


def _split(pattern: str) -> tuple[str, str]:
    """The folders before the first wild part, and the rest."""
    parts: Sequence[str] = pattern.split("/")
    for place, part in enumerate(parts):
        if any(sign in part for sign in "*?["):
            return "/".join(parts[:place]) or ("/" if pattern.startswith("/") else ""), "/".join(parts[place:])
    return pattern, ""
