"""Only what the scripts can ask for is sent to a child."""

from __future__ import annotations

from typing import Any

import pytest

from tapbot.sandbox.answers import decode_json
from tapbot.sandbox.job_wire import expression_wire
from tapbot.sandbox.types import ExpressionJob, NodeView

NODES = {"Set": NodeView(items=[]), "If": NodeView(items=[])}


def wire(*templates: str, **job: Any) -> dict[str, Any]:
    return expression_wire(ExpressionJob(scope="a", templates=templates, nodes=NODES, **job))


@pytest.mark.parametrize(
    ("template", "names"),
    [
        ("={{ $json.a }}", set()),
        ("={{ $('Set').first() }}", {"Set"}),
        ('={{ $node["If"].json }}', {"If"}),
        ("={{ $node.If.json }}", {"If"}),
        ("={{ $($json.name).first() }}", {"Set", "If"}),
        ("={{ $('S' + 'et').first() }} {{ $(`${1}`) }}", set()),
        ("={{ $items('Set') }}", {"Set"}),
        ("$('Set') is a text", set()),
    ],
)
def test_only_the_nodes_that_a_template_can_name_are_sent(template: str, names: set[str]) -> None:
    assert set(wire(template)["nodes"]) == names


def test_only_the_items_at_hand_are_sent_unless_others_can_be_asked_for() -> None:
    items = [{"json": {"n": n}} for n in range(5)]
    few = wire("={{ $json.n }}", items=items, item_indexes=(3,))
    assert few["items"] == [{"json": {"n": 3}}]
    assert few["positions"] == {3: 0}
    assert wire("={{ $input.all() }}", items=items, item_indexes=(3,))["items"] == items


def test_half_a_surrogate_pair_becomes_a_replacement_character() -> None:
    assert decode_json(b'{"a":"x\\ud800y","b":"\\\\ud800"}') == {"a": "x\ufffdy", "b": "\\ud800"}
