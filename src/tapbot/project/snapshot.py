"""A project's files as one content-addressed snapshot."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path

from tapbot.errors import NotFound, TooLarge
from tapbot.project.types import Problem, Snapshot
from tapbot.settings import FILE_NAME

FOLDERS = ("workflows", "bots", "messages", "collections", "seed", "knowledge", "evals", "nodes")
"""The folders that count; everything else in a project (a README, a `.git`) is left alone."""

MOST_FILES = 5_000
MOST_FILE_BYTES = 8_000_000
MOST_BYTES = 64_000_000


def take_snapshot(folder: Path) -> Snapshot:
    """Read the files that count.

    A file that is too large or cannot be read is left out and becomes a problem; symbolic links are not followed
    out of the folder.

    Args:
        folder: A project folder: one that holds `tapbot.toml` or `workflows/`.

    Raises:
        NotFound: The folder is not there, or it is no project.
        TooLarge: There are more files or bytes than a project may have.
    """
    check_project_folder(folder)
    files: dict[str, bytes] = {}
    problems: list[Problem] = []
    size_bytes = 0
    for path in _paths(folder):
        name = path.relative_to(folder).as_posix()
        content = _read(folder, path, name, problems)
        if content is None:
            continue
        files[name] = content
        size_bytes += len(content)
        if len(files) > MOST_FILES or size_bytes > MOST_BYTES:
            raise TooLarge(
                f"a project may have {MOST_FILES} files and {MOST_BYTES // 1_000_000} MB.",
                code="project.too_large",
                place=str(folder),
                hint="Keep large data outside and load it through a workflow.",
            )
    return snapshot_of(files, tuple(problems))


def check_project_folder(folder: Path) -> None:
    """Make sure that a folder is a project.

    Raises:
        NotFound: It is not there, or holds neither `tapbot.toml` nor `workflows/`.
    """
    if not folder.is_dir():
        raise NotFound(f"there is no folder {folder}.", code="project.no_such_folder", place="project")
    if not (folder / "workflows").is_dir() and not (folder / FILE_NAME).is_file():
        raise NotFound(
            "this folder is no project: it holds neither `workflows/` nor `tapbot.toml`.",
            code="project.not_a_project",
            place=str(folder),
            hint="Make one with `tapbot new NAME`.",
        )


def fingerprint(folder: Path) -> int:
    """A number that changes whenever a file that counts is written, added or removed. It reads no contents."""
    seen = []
    for path in _paths(folder):
        try:
            found = path.stat()
        except OSError:  # written by rename at this moment: the next look sees it
            continue
        seen.append((str(path), found.st_mtime_ns, found.st_size, found.st_ino))
    return hash(tuple(seen))


def snapshot_of(files: Mapping[str, bytes], problems: tuple[Problem, ...] = ()) -> Snapshot:
    """Name contents by what they are: the same files give the same release, whatever their dates and order."""
    manifest = {path: hashlib.sha256(files[path]).hexdigest() for path in sorted(files)}
    lines = "".join(f"{content_hash}  {path}\n" for path, content_hash in manifest.items())
    return Snapshot(dict(files), manifest, hashlib.sha256(lines.encode()).hexdigest(), problems)


def _paths(folder: Path) -> Iterator[Path]:
    """The files that count, sorted; hidden ones and Python's caches do not."""
    if (folder / FILE_NAME).is_file():
        yield folder / FILE_NAME
    for name in FOLDERS:
        for path in sorted((folder / name).rglob("*")):
            parts = path.relative_to(folder).parts
            if path.is_file() and not any(part.startswith(".") or part == "__pycache__" for part in parts):
                yield path


def _read(folder: Path, path: Path, name: str, problems: list[Problem]) -> bytes | None:
    if not path.resolve().is_relative_to(folder.resolve()):
        problems.append(Problem(name, "is a link that leads out of the project, and was left out."))
        return None
    try:
        if path.stat().st_size > MOST_FILE_BYTES:
            problems.append(Problem(name, f"is larger than {MOST_FILE_BYTES // 1_000_000} MB, and was left out."))
            return None
        return path.read_bytes()
    except OSError as error:
        problems.append(Problem(name, f"cannot be read ({error.strerror}), and was left out."))
        return None
