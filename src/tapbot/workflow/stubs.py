"""Stand-ins for nodes, in tests of a workflow: what a node gives instead of reaching the world. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tapbot.errors import InvalidInput, TapbotError
from tapbot.workflow.items import copy_items
from tapbot.workflow.types import Outputs


class NoStub(TapbotError):
    """A node without a stand-in would reach out of a test; its `onError` has no say in it."""

    default_code = "test.no_stub"


@dataclass(frozen=True, slots=True)
class Stub:
    """What one node does in a test.

    Args:
        runs: Its outputs, run after run; the last one stands for all that follow.
        error: It fails with this message; its `onError` decides what comes of that.
    """

    runs: Sequence[Outputs] = ()
    error: str | None = None

    def give(self, run_index: int) -> Outputs:
        """The outputs of a run.

        Raises:
            InvalidInput: It is to fail.
        """
        if self.error is not None:
            raise InvalidInput(self.error, code="test.stubbed_error")
        if not self.runs:
            return [[]]
        return [copy_items(items) for items in self.runs[min(run_index, len(self.runs) - 1)]]


@dataclass(frozen=True, slots=True)
class Stubs:
    """The stand-ins of a test; nodes that would have an effect and have none are refused."""

    by_node: Mapping[str, Stub] = field(default_factory=dict)

    def refuse(self, node: str) -> NoStub:
        """What a node hears that would reach out of the test."""
        return NoStub(
            f"The node {node!r} would reach out of the test.",
            place=node,
            hint=f"Say under `stubs:` what {node!r} gives.",
        )
