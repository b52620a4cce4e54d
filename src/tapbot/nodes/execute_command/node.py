"""Execute Command: runs a program of the server, if the settings allow it."""

from __future__ import annotations

from tapbot.errors import InvalidInput
from tapbot.nodes.fields import Text
from tapbot.storage.types import JsonObject
from tapbot.workflow.node import NodeCall, NodeParams, batch_node
from tapbot.workflow.types import Item, Outputs, StepKind


class ExecuteCommandParams(NodeParams):
    """What to run."""

    execute_once: bool = True
    """Run once for all items, not for each."""
    command: Text = ""
    """Line for the shell."""


@batch_node(
    "n8n-nodes-base.executeCommand", ExecuteCommandParams, version=1, label="Execute Command", kind=StepKind.NEVER
)
async def execute(call: NodeCall[ExecuteCommandParams]) -> Outputs:
    """Run the line and give `exitCode`, `stderr` and `stdout`; an exit code above 0 fails the node."""
    given: list[Item] = []
    for index, item in enumerate(call.items[:1] if call.params.execute_once else call.items):
        line = call.resolve(index).command
        if not line.strip():
            raise InvalidInput("There is no command.", code="node.invalid_parameter", place="command")
        told = await call.step.run_command(line)
        if told.exit_code:
            said = (told.stderr.strip() or told.stdout.strip())[:500]
            raise InvalidInput(
                f"Command failed with exit code {told.exit_code}: {said}",
                code="node.command_failed",
            )
        record: JsonObject = {"exitCode": told.exit_code, "stderr": told.stderr, "stdout": told.stdout}
        given.append(Item(json=record, paired_item=item.paired_item))
    return [given]
