"""One process has a data folder at a time."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from tapbot.errors import Conflict, InvalidInput
from tapbot.storage.folder import lock_folder, lock_holder, note_holder


def test_a_locked_folder_names_its_holder_and_is_free_again_after(tmp_path: Path) -> None:
    folder = tmp_path / "a/b"
    assert lock_holder(folder) is None
    lock = lock_folder(folder)
    note_holder(folder, address="http://127.0.0.1:1")
    holder = lock_holder(folder)
    assert holder is not None
    assert holder["address"] == "http://127.0.0.1:1"
    with pytest.raises(Conflict, match=str(holder["pid"])):
        lock_folder(folder)
    lock.release()
    assert lock_holder(folder) is None
    lock_folder(folder).release()


def test_the_folder_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    lock_folder(tmp_path / "data").release()
    assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "data/lock").stat().st_mode) == 0o600


def test_a_folder_that_cannot_be_made_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(InvalidInput) as caught:
        lock_folder(tmp_path / "file/data")
    assert "--data" in str(caught.value)
