"""Faults on demand: what goes wrong next, how often, and for which method."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, get_args

FaultKind = Literal["429", "500", "delay", "lost_answer", "duplicate", "reorder"]
CALL_FAULTS: tuple[FaultKind, ...] = ("429", "500", "delay", "lost_answer")
KINDS: tuple[str, ...] = get_args(FaultKind)


@dataclass
class Fault:
    """One order: `kind` happens `count` times.

    Args:
        kind: `429` and `500` answer so; `delay` answers late; `lost_answer` does what was asked and hangs up;
            `duplicate` gives a bot the same update twice; `reorder` holds an update back until the next one has gone.
        count: How often.
        method: Only to calls of this method. Without it: to all but getUpdates.
        seconds: The wait that a 429 asks for, or the length of a delay.
    """

    kind: FaultKind
    count: int = 1
    method: str | None = None
    seconds: float = 1.0


@dataclass
class Faults:
    """All orders, the oldest first."""

    orders: list[Fault] = field(default_factory=list)

    def take_for_call(self, method: str) -> Fault | None:
        """Use up one fault of a call, if any is ordered."""
        for order in self.orders:
            fits = order.method == method if order.method else method != "getUpdates"
            if order.kind in CALL_FAULTS and fits:
                return self._use(order)
        return None

    def take_for_update(self, kind: FaultKind) -> bool:
        """Use up one fault of an update, if any is ordered."""
        order = next((order for order in self.orders if order.kind == kind), None)
        return order is not None and self._use(order) is not None

    def _use(self, order: Fault) -> Fault:
        order.count -= 1
        if order.count <= 0:
            self.orders.remove(order)
        return order
