"""`tapbot new`: what it makes is sound, and it overwrites nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from tapbot.errors import Conflict, InvalidInput
from tapbot.project.check import check_project
from tapbot.project.load import load_project
from tapbot.project.scaffold import make_project
from tapbot.sandbox.expression_sandbox import ExpressionSandbox


async def test_a_new_project_has_no_problems(tmp_path: Path) -> None:
    made = make_project(tmp_path / "my-shop")
    project = load_project(tmp_path / "my-shop")
    assert project.project_id == "my-shop"
    assert project.title == "My shop"
    assert {".gitignore", "workflows/save_request.json"} <= set(made)
    async with ExpressionSandbox() as sandbox:
        assert await check_project(project, sandbox) == []


@pytest.mark.parametrize("name", ["My Shop", "9lives", "такси", "-x"])
def test_a_bad_name_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InvalidInput):
        make_project(tmp_path / name)


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop/mine.txt").write_text("mine")
    with pytest.raises(Conflict):
        make_project(tmp_path / "shop")
