"""`tapbot templates` beside a running server and WhatsApp's emulator: handed in, reviewed, listed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.chaos.process import TapbotProcess
from tests.chaos.whatsapp import connect, emulated_whatsapp
from tests.integration.cli.test_up import tapbot

TEXT = "Сәлеметсіз бе! {{1}} Жауабыңызды күтеміз."


@pytest.fixture
def place(tmp_path: Path) -> list[str]:
    return ["--data", str(tmp_path / "data")]


def test_a_template_is_handed_in_and_its_review_is_seen(tmp_path: Path, place: list[str]) -> None:
    with emulated_whatsapp() as whatsapp:
        server = TapbotProcess(tmp_path / "data")
        connect(server, whatsapp)
        try:
            server.start()
            made = tapbot(
                "templates", "submit", "taxi", "news", TEXT, "--language", "kk", "--example", "Рейс кешігеді.", *place,
                cwd=tmp_path,
            )  # fmt: skip
            assert made.returncode == 0, made.stderr
            rows = json.loads(tapbot("templates", "list", "taxi", "--json", *place, cwd=tmp_path).stdout)
            [news] = [row for row in rows if row["name"] == "news"]
            assert (news["language"], news["text"], news["category"]) == ("kk", TEXT, "UTILITY")
            assert news["status"] in {"PENDING", "APPROVED"}
            twice = tapbot(
                "templates", "submit", "taxi", "news", TEXT, "--language", "kk", "--example", "x", *place, cwd=tmp_path
            )
            assert twice.returncode == 1
            assert "WhatsApp refused" in twice.stderr
            nobody = tapbot("templates", "list", "none", *place, cwd=tmp_path)
            assert "has no WhatsApp channel" in nobody.stderr
        finally:
            server.kill()
