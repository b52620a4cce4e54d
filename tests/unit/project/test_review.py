"""Reviews of workflows in words."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from tapbot.errors import InvalidInput
from tapbot.project.review import review

OLD: dict[str, Any] = {
    "name": "Booking",
    "nodes": [
        {"id": "1", "name": "Start", "type": "n8n-nodes-base.webhook", "typeVersion": 2, "position": [0, 0]},
        {
            "id": "2",
            "name": "Ask",
            "type": "n8n-nodes-base.httpRequest",
            "typeVersion": 4.2,
            "position": [200, 0],
            "parameters": {"url": "https://a.example", "headers": [{"name": "x", "value": "1"}]},
        },
    ],
    "connections": {"Start": {"main": [[{"node": "Ask", "type": "main", "index": 0}]]}},
    "settings": {"executionOrder": "v1"},
    "meta": {"unknown": True},
}


def sentences(change: Any) -> list[str]:
    new = copy.deepcopy(OLD)
    change(new)
    return [entry.sentence for entry in review(OLD, new)]


def test_the_same_workflow_has_no_changes() -> None:
    assert review(OLD, copy.deepcopy(OLD)) == []


def test_a_changed_parameter_is_told_with_its_path() -> None:
    def change(new: dict[str, Any]) -> None:
        new["nodes"][1]["parameters"] |= {"url": "https://b.example", "headers": [{"name": "x", "value": 1}]}

    assert sentences(change) == [
        'Node \'Ask\': `url` changed from "https://a.example" to "https://b.example".',
        "Node 'Ask': `headers[0].value` changed from \"1\" to 1.",
    ]


def test_a_renamed_node_keeps_its_connections() -> None:
    def change(new: dict[str, Any]) -> None:
        new["nodes"][1]["name"] = "Call"
        new["connections"]["Start"]["main"][0][0]["node"] = "Call"

    assert sentences(change) == ["Node 'Ask' is called 'Call' now."]


def test_new_and_lost_nodes_and_connections_are_told() -> None:
    def change(new: dict[str, Any]) -> None:
        new["nodes"][1] = {"id": "3", "name": "Wait", "type": "n8n-nodes-base.wait", "position": [200, 0]}
        new["connections"]["Start"]["main"] = [[], [{"node": "Wait", "type": "main", "index": 0}]]

    assert sentences(change) == [
        "Node 'Wait' (wait) is new.",
        "Node 'Ask' (httpRequest) is gone.",
        "Output 2 of 'Start' leads to input 1 of 'Wait'.",
        "Output 1 of 'Start' no longer leads to input 1 of 'Ask'.",
    ]


def test_settings_of_nodes_and_of_the_workflow_are_told() -> None:
    def change(new: dict[str, Any]) -> None:
        new["nodes"][1] |= {"disabled": True, "typeVersion": 4.3, "onError": "continueErrorOutput"}
        new["nodes"][0]["position"] = [50, 0]
        new["settings"]["timezone"] = "Asia/Almaty"
        del new["meta"]["unknown"]

    assert sentences(change) == [
        "Node 'Start' was moved on the canvas.",
        "Node 'Ask' goes from version 4.2 to 4.3.",
        "Node 'Ask': is switched off.",
        "Node 'Ask': setting `onError` is new: \"continueErrorOutput\".",
        'The workflow\'s `settings.timezone` is new: "Asia/Almaty".',
        "The workflow's `meta.unknown` is gone; it was true.",
    ]


def test_a_file_that_is_no_workflow_is_refused() -> None:
    with pytest.raises(InvalidInput):
        review(OLD, {"nodes": [1]})
