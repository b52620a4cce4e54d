"""The script: rules that match what the model was asked and say what it answers, or how it fails."""

from __future__ import annotations

import re
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from tapbot.emulators.model.shapes import Completion


class Part(BaseModel):
    """A piece of the script. A key that nobody knows is refused."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)


class When(Part):
    """What must hold; what is left out always holds. Texts are regular expressions, case does not matter."""

    text: str | None = None
    """Found in the last text of the user."""
    system: str | None = None
    """Found in the instructions."""
    tool: str | None = None
    """Name of the tool whose result is the last message."""
    tool_result: str | None = None
    """Found in that result."""
    turn: int | None = None
    """How many answers the model has given in this conversation, this one included: 1 is the first."""
    model: str | None = None
    """The model's exact name."""
    after_user: bool | None = None
    """Whether the last message is the user's (and not a tool's result)."""


class ToolCall(Part):
    """A call that the model wants."""

    name: str
    arguments: JsonValue = {}
    """An object; or a text that is sent as it is, for malformed arguments."""


class Then(Part):
    """The answer. `{{1}}` in a text is the first group of `when.text`, `{{text}}` the user's text,
    `{{tool_result}}` the last result."""

    content: str | None = None
    """What the model says."""
    tool_calls: list[ToolCall] = []
    """Tools that it calls."""
    finish_reason: str | None = None
    """Instead of `stop` or `tool_calls`."""
    status: int | None = Field(default=None, ge=400, le=599)
    """Fail with this HTTP status."""
    retry_after_seconds: float | None = None
    """The `Retry-After` of a failure."""
    message: str = "The emulator was told to fail."
    """The text of a failure."""
    cut_after: int | None = Field(default=None, ge=0)
    """Drop the connection after this many chunks of a stream; of an answer in one piece, in its middle."""
    delay_seconds: float = Field(default=0, ge=0)
    """Wait before the answer."""
    hang: bool = False
    """Never answer."""


class Rule(Part):
    """If `when` holds, `then` is the answer."""

    when: When = When()
    then: Then
    times: int | None = Field(default=None, ge=1)
    """After so many uses the rule is passed over."""


class Script(Part):
    """Rules in order: the first that holds decides. Without any rule the model repeats the user's text."""

    rules: list[Rule] = []

    def choose(self, asked: Completion) -> Then | None:
        """The answer to a request, or `None` when no rule holds."""
        if not self.rules:
            return Then(content=f"echo: {asked.last_user_text}")
        for rule in self.rules:
            found = _match(rule.when, asked) if rule.times != 0 else None
            if found is not None:
                rule.times = rule.times - 1 if rule.times is not None else None
                return _fill(rule.then, found)
        return None


def _match(when: When, asked: Completion) -> dict[str, str] | None:
    """The values of placeholders if everything holds, else `None`."""
    found = re.search(when.text or "", asked.last_user_text, re.IGNORECASE | re.DOTALL)
    result = asked.last_tool_result
    holds = (
        found is not None
        and _found_in(when.system, asked.instructions)
        and when.tool in {None, asked.last_tool}
        and (when.tool_result is None or (result is not None and _found_in(when.tool_result, result)))
        and when.turn in {None, asked.turn}
        and when.model in {None, asked.model}
        and when.after_user in {None, result is None}
    )
    if not holds or found is None:
        return None
    groups = {str(number): group or "" for number, group in enumerate(found.groups(), start=1)}
    return {**groups, "text": asked.last_user_text, "tool_result": result or ""}


def _found_in(pattern: str | None, text: str) -> bool:
    return pattern is None or re.search(pattern, text, re.IGNORECASE | re.DOTALL) is not None


def _fill(then: Then, values: dict[str, str]) -> Then:
    """Put the values in place of `{{…}}`."""
    return Then.model_validate(_fill_value(then.model_dump(), values))


def _fill_value(value: Any, values: dict[str, str]) -> Any:
    if isinstance(value, str):
        return re.sub(r"\{\{(\w+)\}\}", lambda found: values.get(found[1], found[0]), value)
    if isinstance(value, dict):
        return {key: _fill_value(inner, values) for key, inner in value.items()}
    return [_fill_value(inner, values) for inner in value] if isinstance(value, list) else value
