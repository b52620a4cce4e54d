"""A turn that another version began beside this one."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from tapbot.inbox.types import Turn
from tapbot.storage.types import Scope
from tapbot.worker.turns import turn_of
from tapbot.workflow.journal import NewRun

SCOPE = Scope("taxi", "dev")
TURN = Turn(SCOPE, "c1", "taxi", "telegram", 3, "kk", {"step": 1}, {"id": "p"}, [7], [{"text": "hi"}], link="autumn")
NOW = datetime(2026, 3, 1, tzinfo=UTC)


def run_with(given: dict[str, Any]) -> NewRun:
    return NewRun(
        run_id="r1",
        scope=SCOPE,
        release="a",
        kind="turn",
        workflow_id="bot:taxi",
        name="taxi",
        trigger_node="",
        mode="telegram",
        input=given,
        clock=NOW,
        seed=7,
        created_at=NOW,
    )


def kept() -> dict[str, Any]:
    given = asdict(TURN)
    del given["scope"]
    return given


def test_a_turn_is_taken_again_as_it_was() -> None:
    assert turn_of(run_with(kept())) == TURN


def test_what_a_later_version_knows_besides_is_left_out() -> None:
    assert turn_of(run_with(kept() | {"mood": "cheerful"})) == TURN


def test_what_an_earlier_version_did_not_know_is_unknown() -> None:
    given = kept()
    del given["link"], given["chat_id"]
    assert turn_of(run_with(given)).link is None
