"""Switch: sends each item to one of several outputs, by rules or by a number."""

from __future__ import annotations

from datetime import UTC
from typing import Any, Literal

from pydantic import Field

from tapbot.errors import InvalidInput
from tapbot.nodes.conditions import Conditions, hold
from tapbot.nodes.fields import Text
from tapbot.nodes.routing import route
from tapbot.nodes.switch.outputs import MOST_OUTPUTS, output_names
from tapbot.nodes.switch.upgrade import upgrade
from tapbot.workflow.node import NodeCall, NodeParams, batch_node
from tapbot.workflow.types import Outputs


class Rule(NodeParams):
    """One output and when an item goes there."""

    conditions: Conditions = Field(default_factory=Conditions)
    """Conditions of this output."""
    output: int | None = Field(default=None, ge=0, lt=MOST_OUTPUTS)
    """Number of the output; without it, the rule's place in the list. The first version named it."""
    rename_output: bool = False
    """Give the output a name of its own."""
    output_key: Text = ""
    """Name of the output."""


class Rules(NodeParams):
    """The rules."""

    values: list[Rule] = Field(default_factory=list)
    """Rules, in the order in which they are tried."""


class SwitchOptions(NodeParams):
    """Less used settings."""

    fallback_output: Literal["none", "extra"] | int = "none"
    """Where an item goes that fits no rule: nowhere, to an extra last output, or to an output by number."""
    rename_fallback_output: Text = ""
    """Name of the extra output."""
    ignore_case: bool = False
    """Treat upper and lower case letters as the same."""
    loose_type_validation: bool = False
    """Convert values to the type of the comparison (where version 3 kept this setting)."""
    all_matching_outputs: bool = False
    """Send an item to every output whose rule holds; otherwise to the first."""


class SwitchParams(NodeParams):
    """How items are told apart."""

    mode: Literal["rules", "expression"] = "rules"
    """`rules`: by conditions. `expression`: by the number of the output."""
    rules: Rules = Field(default_factory=Rules)
    """Rules, one an output."""
    number_outputs: int = Field(default=4, ge=1, le=MOST_OUTPUTS)
    """How many outputs there are in the mode `expression`."""
    output: Any = None
    """Number of the output, from 0, in the mode `expression`."""
    loose_type_validation: bool = False
    """Convert values to the type of the comparison; otherwise another type is an error."""
    options: SwitchOptions = Field(default_factory=SwitchOptions)
    """Less used settings."""


@batch_node("n8n-nodes-base.switch", SwitchParams, version=3.4, label="Switch", outputs=output_names, upgrade=upgrade)
def switch(call: NodeCall[SwitchParams]) -> Outputs:
    """Send each item to the output that its rule or its number names."""
    zone = call.step.now.tzinfo or UTC
    first = call.params
    raw = first.model_dump(by_alias=True)
    count = first.number_outputs if first.mode == "expression" else len(output_names(raw))

    def decide(params: SwitchParams) -> list[int]:
        if params.mode == "expression":
            return [_read_output(params.output, count)]
        loose = params.loose_type_validation or params.options.loose_type_validation
        held = [
            index if rule.output is None else rule.output
            for index, rule in enumerate(params.rules.values)
            if hold(rule.conditions, zone, loose=loose, ignore_case=params.options.ignore_case)
        ]
        if held:
            return held if params.options.all_matching_outputs else held[:1]
        return _fallback(params.options.fallback_output, count)

    return route(call, count, decide, failed_output=0)


def _fallback(chosen: str | int, count: int) -> list[int]:
    if chosen == "extra":
        return [count - 1]
    return [chosen] if isinstance(chosen, int) and 0 <= chosen < count else []


def _read_output(given: Any, count: int) -> int:
    """The number of an output.

    Raises:
        InvalidInput: It is no whole number, or there is no such output.
    """
    try:
        number = float(given) if isinstance(given, (int, float, str)) and not isinstance(given, bool) else None
    except ValueError:
        number = None
    if number is None or not number.is_integer() or not 0 <= number < count:
        raise InvalidInput(
            f"The output {given!r} is not allowed. It has to be between 0 and {count - 1}.",
            code="node.unknown_output",
            hint="Correct the expression of `output`, or raise the number of outputs.",
        )
    return int(number)
