"""`tapbot messages` beside a running server: Telegram's answer is lost, and a person looks and decides."""

from __future__ import annotations

import json
from pathlib import Path

import httpx2
from tests.chaos.process import TapbotProcess
from tests.chaos.telegram import TelegramPassenger, connect, emulated_telegram
from tests.integration.cli.test_up import tapbot


def test_a_lost_answer_is_a_doubt_and_never_a_second_message(tmp_path: Path) -> None:
    with emulated_telegram() as telegram:
        server = TapbotProcess(tmp_path / "data")
        connect(server, telegram, "polling")
        place = ("--data", str(tmp_path / "data"))
        try:
            server.start()
            fault = {"kind": "lost_answer", "method": "sendMessage", "count": 1}
            httpx2.post(f"{telegram}/emulator/faults", json=fault).raise_for_status()
            person = TelegramPassenger(server, telegram)
            [seen] = [message["text"] for message in person.say("Hello")][:1]
            doubtful: list[dict[str, str]] = []
            while not doubtful:
                doubtful = json.loads(tapbot("messages", "list", "--json", *place, cwd=tmp_path).stdout)
            [one] = doubtful
            assert (one["status"], one["text"].strip()) == ("in_doubt", seen)
            decided = tapbot("messages", "arrived", one["message_id"], *place, cwd=tmp_path)
            assert (decided.returncode, decided.stdout.strip()) == (0, "It counts as sent.")
            again = tapbot("messages", "resend", one["message_id"], *place, cwd=tmp_path)
            assert "There is nothing to decide" in again.stderr
            shown = tapbot("messages", "list", *place, cwd=tmp_path)
            assert "Every message arrived, or is on its way." in shown.stdout + shown.stderr
            person.say("How much is a ride from Almaty to Taraz?")
            assert person.heard.count(seen) == 1
        finally:
            server.kill()
