"""Parameters taken apart: what every item gives alike is worked out once."""

from __future__ import annotations

from typing import Any

import pytest

from tapbot.workflow.expression import compile_parameters


def test_expressions_that_name_no_field_are_worked_out_once() -> None:
    compiled = compile_parameters({"a": "={{ 1 + 2 }}", "b": {"c": ["={{ { 'ok': true } }}", "d"]}}, frozenset())
    assert compiled.parameters == {"a": 3, "b": {"c": [{"ok": True}, "d"]}}
    assert compiled.holes is None
    assert [template.source for template in compiled.templates] == ["={{ 1 + 2 }}", "={{ { 'ok': true } }}"]


@pytest.mark.parametrize(
    "parameters",
    [
        {"a": "={{ 1 }}", "b": "={{ $json.b }}"},
        {"a": "={{ $now }}"},
        {"a": "={{ 1 / 0 }}"},
        {"a": "={{ Math.random() }}"},
    ],
)
def test_others_are_left_for_the_item_or_the_sandbox(parameters: dict[str, Any]) -> None:
    compiled = compile_parameters(parameters, frozenset())
    assert compiled.parameters == parameters
    assert compiled.holes is not None
