"""Stop and error: ends the run with the author's own message."""

from __future__ import annotations

from typing import Any, Literal

from tapbot.errors import InvalidInput, UserError
from tapbot.nodes.fields import Text
from tapbot.nodes.javascript import parse_json, stringify
from tapbot.workflow.node import NodeCall, NodeParams, batch_node
from tapbot.workflow.types import Outputs


class StopAndErrorParams(NodeParams):
    """What the run ends with."""

    error_type: Literal["errorMessage", "errorObject"] = "errorMessage"
    """`errorMessage`: a text. `errorObject`: an object with more detail."""
    error_message: Text = ""
    """Message of the error."""
    error_object: Any = ""
    """Error as a JSON object; its `message`, `description` or `error` becomes the message."""


@batch_node("n8n-nodes-base.stopAndError", StopAndErrorParams, version=1, label="Stop and Error", outputs=())
def stop(call: NodeCall[StopAndErrorParams]) -> Outputs:
    """Fail as a whole, with the author's message for the first item: with `onError` its items pass on unchanged."""
    params = call.params
    message = params.error_message if params.error_type == "errorMessage" else _tell(params.error_object)
    raise UserError(message or "The workflow stopped here on purpose.", code="workflow.stopped")


def _tell(given: Any) -> str:
    """The message of an error object."""
    if isinstance(given, str):
        try:
            given = parse_json(given)
        except ValueError:
            raise InvalidInput(
                "The error object is not valid JSON.",
                code="node.invalid_parameter",
                place="errorObject",
                hint='Write an object such as {"message": "No seats left"}.',
            ) from None
    if not isinstance(given, dict):
        raise InvalidInput("The error object is not an object.", code="node.invalid_parameter", place="errorObject")
    for name in ("message", "description", "error"):
        if given.get(name) and isinstance(given[name], str):
            return str(given[name])
    return f"Error: {stringify(given)}"
