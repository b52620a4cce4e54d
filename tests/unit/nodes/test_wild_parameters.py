"""Files from anywhere: parameters of any shape are refused with an error that names the place, never crashed on."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tapbot.errors import TapbotError
from tapbot.nodes import catalogue
from tapbot.workflow.load import parse_workflow
from tapbot.workflow.release import prepare_workflow

KINDS = catalogue.all()
NAMES = sorted(
    {str(field.alias or name) for kind in KINDS for name, field in kind.params.model_fields.items()}
    | {
        "values",
        "fields",
        "rule",
        "rules",
        "interval",
        "conditions",
        "combinationMode",
        "jsonParameters",
        "fallbackOutput",
    }
    | {"string", "number", "boolean", "headerParametersUi", "bodyParametersUi", "parameter", "pagination", "dataType"}
)
PLAIN = (
    st.none()
    | st.booleans()
    | st.integers(-5, 10**20)
    | st.floats()
    | st.sampled_from(
        [
            "",
            "a",
            "={{ $json }}",
            "=",
            "combine",
            "expression",
            "mergeByKey",
            "none",
            "cronExpression",
            "string",
            "dateTime",
        ]
    )
)
ANY = st.recursive(
    PLAIN,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=4),
    max_leaves=8,
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.sampled_from(KINDS),
    st.dictionaries(st.sampled_from(NAMES), ANY, max_size=6),
    st.sampled_from([1, 1.1, 2, 2.1, 3, 3.2]),
)
def test_parameters_of_any_shape_are_loaded_or_refused(kind: Any, parameters: dict[str, Any], version: float) -> None:
    node = {"name": "Node", "type": kind.type, "typeVersion": version, "position": [0, 0], "parameters": parameters}
    raw = {"name": "wild", "nodes": [node], "connections": {}}
    try:
        prepared = prepare_workflow(
            parse_workflow(raw, place="wild"), catalogue, scope_name="wild", zone="UTC", place="wild"
        )
    except TapbotError:
        return
    for found in prepared.nodes.values():
        assert all(isinstance(name, str) for name in found.type.output_names(found.parameters))
        found.type.required_inputs(found.parameters)
