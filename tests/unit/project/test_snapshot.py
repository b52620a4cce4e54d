"""The same files give the same release; a release comes back from the database as it was."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, create_engine, func, select, update
from tests.unit.project.folders import write_files

from tapbot.errors import InvalidInput, NotFound, TooLarge
from tapbot.project import snapshot as snapshots
from tapbot.project.naming import id_of_folder
from tapbot.project.snapshot import snapshot_of, take_snapshot
from tapbot.project.store import list_scopes, load_release, save_release
from tapbot.project.tables import release_blobs, releases
from tapbot.storage.types import Scope

HERE = Scope("shop", "dev")
NOW = datetime(2026, 3, 4, 5, tzinfo=UTC)


@pytest.fixture
def engine() -> Engine:
    made = create_engine("sqlite://")
    for table in (releases, release_blobs):
        table.create(made)
    return made


def test_the_same_files_give_the_same_release_whatever_their_order_and_dates(tmp_path: Path) -> None:
    write_files(tmp_path / "a", {"workflows/1.json": "{}", "messages/t.yaml": "a: {ru: б}"})
    write_files(tmp_path / "b", {"messages/t.yaml": "a: {ru: б}", "workflows/1.json": "{}"})
    assert take_snapshot(tmp_path / "a").release == take_snapshot(tmp_path / "b").release


def test_one_changed_letter_gives_another_release() -> None:
    assert snapshot_of({"a": b"1"}).release != snapshot_of({"a": b"2"}).release
    assert snapshot_of({"a": b"1"}).release != snapshot_of({"b": b"1"}).release


def test_only_the_folders_that_count_are_read(tmp_path: Path) -> None:
    write_files(
        tmp_path,
        {"workflows/1.json": "{}", "README.md": "x", ".git/config": "x", "workflows/.hidden": "x", "tapbot.toml": ""},
    )
    assert sorted(take_snapshot(tmp_path).files) == ["tapbot.toml", "workflows/1.json"]


def test_a_link_out_of_the_project_is_left_out_and_named(tmp_path: Path) -> None:
    write_files(tmp_path, {"secret.txt": "s3cret", "shop/workflows/1.json": "{}"})
    (tmp_path / "shop/workflows/2.json").symlink_to(tmp_path / "secret.txt")
    taken = take_snapshot(tmp_path / "shop")
    assert "workflows/2.json" not in taken.files
    assert [problem.place for problem in taken.problems] == ["workflows/2.json"]


def test_a_file_that_is_too_large_is_left_out_and_named(tmp_path: Path) -> None:
    write_files(tmp_path, {"workflows/1.json": "x" * (snapshots.MOST_FILE_BYTES + 1), "workflows/2.json": "{}"})
    taken = take_snapshot(tmp_path)
    assert sorted(taken.files) == ["workflows/2.json"]
    assert "8 MB" in taken.problems[0].message


def test_a_project_with_too_many_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "workflows").mkdir()
    for number in range(snapshots.MOST_FILES + 1):
        (tmp_path / f"workflows/{number}.json").touch()
    with pytest.raises(TooLarge):
        take_snapshot(tmp_path)


def test_a_folder_that_is_no_project_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(NotFound) as caught:
        take_snapshot(tmp_path)
    assert "tapbot new" in str(caught.value)


@pytest.mark.parametrize(
    ("folder", "name"), [("My Shop", "my-shop"), ("2nd", "p-2nd"), ("Такси", "p"), ("bench", "bench")]
)
def test_a_folder_s_name_becomes_a_short_name(tmp_path: Path, folder: str, name: str) -> None:
    assert id_of_folder(tmp_path / folder) == name


def test_a_release_comes_back_as_it_was(engine: Engine) -> None:
    taken = snapshot_of({"workflows/1.json": b"{}", "seed/a.csv": bytes(range(256)), "seed/b.csv": bytes(range(256))})
    with engine.begin() as db:
        assert save_release(db, HERE, taken, now=NOW)
        assert load_release(db, HERE, taken.release) == taken
        assert list_scopes(db) == [HERE]


def test_contents_are_kept_once(engine: Engine) -> None:
    first, second = snapshot_of({"a": b"same", "b": b"1"}), snapshot_of({"a": b"same", "b": b"2", "c": b"same"})
    with engine.begin() as db:
        assert save_release(db, HERE, first, now=NOW)
        assert save_release(db, HERE, second, now=NOW)
        assert not save_release(db, HERE, second, now=NOW)
        assert count_blobs(db) == 3


def test_a_release_of_another_project_is_not_found(engine: Engine) -> None:
    taken = snapshot_of({"a": b"1"})
    with engine.begin() as db:
        save_release(db, HERE, taken, now=NOW)
        with pytest.raises(NotFound):
            load_release(db, Scope("other", "dev"), taken.release)
        with pytest.raises(NotFound):
            load_release(db, Scope("shop", "prod"), taken.release)


def test_a_damaged_release_is_refused(engine: Engine) -> None:
    taken = snapshot_of({"a": b"1"})
    with engine.begin() as db:
        save_release(db, HERE, taken, now=NOW)
        db.execute(update(release_blobs).values(content=b"2"))
        with pytest.raises(InvalidInput, match="damaged"):
            load_release(db, HERE, taken.release)


def count_blobs(db: Connection) -> int:
    return db.execute(select(func.count()).select_from(release_blobs)).scalar_one()
