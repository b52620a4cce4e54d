"""`tapbot approvals` beside a running server: what is asked is listed and decided, and the run goes on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx2
from tests.chaos.process import TapbotProcess
from tests.chaos.rooms import make_project, workflow
from tests.integration.cli.test_up import tapbot

HOOK = {"path": "ask", "httpMethod": "POST", "responseMode": "onReceived"}
NODES: list[dict[str, Any]] = [
    {"name": "Hook", "type": "n8n-nodes-base.webhook", "typeVersion": 2, "parameters": HOOK},
    {"name": "Ask", "type": "tapbot.askPerson", "parameters": {"question": "Refund?", "details": {"amount": 5}}},
]


def test_what_is_asked_is_listed_and_decided_once(tmp_path: Path) -> None:
    server = TapbotProcess(tmp_path / "data", {}, project=str(make_project(tmp_path / "p", [workflow("w", NODES)])))
    place = ("--data", str(tmp_path / "data"))
    try:
        server.start()
        httpx2.post(f"{server.url}/webhook/ask", json={}).raise_for_status()
        listed = tapbot("approvals", "list", "--status", "open", "--json", *place, cwd=tmp_path)
        assert listed.returncode == 0, listed.stderr
        [asked] = json.loads(listed.stdout)
        assert (asked["question"], asked["details"]) == ("Refund?", {"amount": 5})
        assert "token" not in asked
        decided = tapbot("approvals", "approve", asked["approval_id"], "--note", "fine", *place, cwd=tmp_path)
        assert (decided.returncode, decided.stdout.strip()) == (0, "'Refund?' is approved.")
        again = tapbot("approvals", "refuse", asked["approval_id"], *place, cwd=tmp_path)
        assert again.returncode != 0
        assert "decided before" in again.stderr
        missing = tapbot("approvals", "refuse", "none", *place, cwd=tmp_path)
        assert "there is no approval 'none'" in missing.stderr
    finally:
        server.kill()
