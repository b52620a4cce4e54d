"""Where data goes when nobody says."""

from __future__ import annotations

from pathlib import Path

import pytest

from tapbot.cli.connection import whose
from tapbot.cli.places import find_data
from tapbot.errors import InvalidInput


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "my shop/workflows").mkdir(parents=True)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    return tmp_path / "my shop"


def test_data_goes_below_the_folder_that_we_are_in(shop: Path) -> None:
    assert find_data(str(shop), None) == Path(".tapbot/my-shop")


def test_from_inside_the_project_data_goes_beside_it(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(shop)
    assert find_data(None, None) == shop.parent / ".tapbot/my-shop"
    monkeypatch.chdir(shop / "workflows")
    assert find_data("..", None) == shop.parent / ".tapbot/my-shop"


def test_a_name_is_enough(shop: Path) -> None:
    assert find_data("my-shop", None) == Path(".tapbot/my-shop")


def test_what_is_asked_for_goes_first_but_never_inside(shop: Path, tmp_path: Path) -> None:
    assert find_data(str(shop), tmp_path / "d") == tmp_path / "d"
    with pytest.raises(InvalidInput, match="inside"):
        find_data(str(shop), shop / "d")


def test_the_settings_may_name_the_data_folder(shop: Path) -> None:
    (shop / "tapbot.toml").write_text("[storage]\ndata = '/srv/shop'\n[project]\nname = 'shop'\nenvironment = 'prod'")
    assert find_data(str(shop), None) == Path("/srv/shop")
    assert whose(str(shop)) == {"project": "shop", "environment": "prod"}
    assert whose("some-name") == {"project": "some-name", "environment": None}


def test_outside_of_any_project_only_what_is_named_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert find_data(None, tmp_path / "data") == tmp_path / "data"
    assert whose(None) == {"project": None, "environment": None}
