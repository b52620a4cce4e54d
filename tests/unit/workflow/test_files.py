"""The folder that file nodes may reach."""

from pathlib import Path

import pytest

from tapbot.errors import InvalidInput, NotAllowed, NotFound
from tapbot.workflow.files import NO_FILES, FileRoot


@pytest.fixture
def root(tmp_path: Path) -> FileRoot:
    folder = tmp_path / "open"
    (folder / "orders").mkdir(parents=True)
    (folder / "orders/b.csv").write_text("b")
    (folder / "orders/a.csv").write_text("a")
    (folder / ".git").mkdir()
    (folder / ".git/config").write_text("secret")
    (tmp_path / "outside.txt").write_text("secret")
    (folder / "link.txt").symlink_to(tmp_path / "outside.txt")
    return FileRoot(folder)


@pytest.mark.parametrize(
    "path", ["../outside.txt", "/etc/passwd", "link.txt", ".git/config", "orders/../../outside.txt"]
)
def test_nothing_outside_the_folder_is_read_or_written(root: FileRoot, path: str) -> None:
    with pytest.raises(NotAllowed):
        root.read_now(path)
    with pytest.raises(NotAllowed):
        root.write_now(path, b"x", append=True)


def test_without_a_folder_everything_is_closed() -> None:
    with pytest.raises(NotAllowed, match="gives no folder"):
        NO_FILES.read_now("a.txt")


def test_a_pattern_finds_files_in_order(root: FileRoot, tmp_path: Path) -> None:
    folder = (tmp_path / "open").resolve()
    assert root.find_now("orders/*.csv") == [str(folder / "orders/a.csv"), str(folder / "orders/b.csv")]
    assert root.find_now(f"{folder}/orders/a.csv") == [str(folder / "orders/a.csv")]
    assert root.find_now("none/*.csv") == []
    assert root.find_now("*.txt") == []  # the link leads outside
    with pytest.raises(NotAllowed):
        root.find_now("../*.txt")


def test_what_is_written_is_read_again(root: FileRoot) -> None:
    root.write_now("new.txt", b"one", append=False)
    root.write_now("new.txt", b"two", append=True)
    assert root.read_now("new.txt")[1] == b"onetwo"
    root.write_now("new.txt", b"three", append=False)
    assert root.read_now("new.txt")[1] == b"three"


def test_what_is_not_there_is_told(root: FileRoot) -> None:
    with pytest.raises(NotFound, match="does not exist"):
        root.read_now("missing.txt")
    with pytest.raises(InvalidInput, match="cannot be written"):
        root.write_now("no/such/folder.txt", b"x", append=False)
    with pytest.raises(InvalidInput):
        root.read_now("")
