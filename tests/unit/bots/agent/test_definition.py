"""What a bot's file and the settings say about its agent."""

from __future__ import annotations

from pathlib import Path

import pytest

from tapbot.bots.definition import parse_bot
from tapbot.errors import InvalidInput
from tapbot.project.load import load_project

FRONT = "---\ntitle: Helper\ntools: [save_request]\n{more}\n---\nBe brief."


def test_a_slip_in_the_list_of_risky_tools_is_an_error() -> None:
    with pytest.raises(InvalidInput, match="save_reqest"):
        parse_bot("bots/helper.md", FRONT.format(more="confirm: [save_reqest]"), {})


def test_risky_tools_and_descriptions_are_read() -> None:
    more = "confirm: [save_request]\ndescriptions: {save_request: Writes a wish down.}"
    bot = parse_bot("bots/helper.md", FRONT.format(more=more), {})
    assert bot.confirm == ("save_request",)
    assert bot.descriptions["save_request"] == "Writes a wish down."


def test_the_settings_of_a_server_give_a_bot_its_model(tmp_path: Path) -> None:
    (tmp_path / "bots").mkdir()
    (tmp_path / "bots" / "helper.md").write_text("---\ntitle: Helper\n---\nBe brief.", "utf-8")
    settings = '[project]\nname = "shop"\n[models.main]\nbase_url = "https://models.example.com/v1"\nmodel = "m"\n'
    (tmp_path / "tapbot.toml").write_text(settings, "utf-8")
    assert load_project(tmp_path).bots["helper"].model is None
    assert load_project(tmp_path, {"bots": {"helper": {"model": "main"}}}).bots["helper"].model == "main"
