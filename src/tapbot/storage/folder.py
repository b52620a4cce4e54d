"""The data folder: its rights, and the lock that says that one process has it."""

from __future__ import annotations

import fcntl
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tapbot.errors import Conflict, InvalidInput

LOCK = "lock"
CONTROL_SOCKET = "control.sock"
DATABASE = "tapbot.db"
SQLITE_HEAD = b"SQLite format 3\0"


@dataclass(slots=True)
class FolderLock:
    """A data folder that this process has, until `release` or the process's end."""

    folder: Path
    descriptor: int

    def release(self) -> None:
        """Let go. The file stays: deleting it would let two processes lock two files of one name."""
        os.close(self.descriptor)


def lock_folder(folder: Path) -> FolderLock:
    """Make the data folder where it is missing, readable by its owner alone, and take its lock.

    Raises:
        Conflict: Another process has it.
        InvalidInput: It cannot be made or written, or its database is none.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise InvalidInput(
            f"the data folder cannot be used: {error.strerror}.",
            code="storage.folder_unusable",
            place=str(folder),
            hint="Choose another one with --data, or mend its rights.",
        ) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(descriptor)
        holder = lock_holder(folder) or {}
        raise Conflict(
            f"the data folder is in use by process {holder.get('pid', 'unknown')}.",
            code="storage.folder_locked",
            place=str(folder),
            hint="Stop the other tapbot, or choose another folder with --data.",
        ) from error
    lock = FolderLock(folder, descriptor)
    try:
        _check_database(folder / DATABASE)
    except InvalidInput:
        lock.release()
        raise
    note_holder(folder)
    return lock


def _check_database(path: Path) -> None:
    """Refuse a file that is no database: better now, by name, than at the first write."""
    try:
        with path.open("rb") as file:
            head = file.read(len(SQLITE_HEAD))
    except FileNotFoundError:
        return
    except OSError as error:
        raise InvalidInput(
            f"the database cannot be read: {error.strerror}.",
            code="storage.database_unreadable",
            place=str(path),
            hint="Mend its rights, or choose another data folder with --data.",
        ) from error
    if head and head != SQLITE_HEAD:
        raise InvalidInput(
            "this file is not a database of tapbot.",
            code="storage.no_database",
            place=str(path),
            hint="Restore a backup, or choose another data folder with --data.",
        )


def note_holder(folder: Path, **facts: Any) -> None:
    """Write down who has the folder and where it listens, for other commands and for people.

    Only the process that has the lock may call this.
    """
    (folder / LOCK).write_text(json.dumps({"pid": os.getpid(), **facts}), "utf-8")


def lock_holder(folder: Path) -> dict[str, Any] | None:
    """What the process that has a data folder wrote down about itself; None when nobody has it."""
    try:
        descriptor = os.open(folder / LOCK, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _read_note(descriptor)
    finally:
        os.close(descriptor)
    return None


def _read_note(descriptor: int) -> dict[str, Any]:
    try:
        noted = json.loads(os.pread(descriptor, 4096, 0))
    except ValueError:
        return {}
    return noted if isinstance(noted, dict) else {}
