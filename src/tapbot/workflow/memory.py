"""What a stored node remembers from run to run, by itself or with others of its workflow."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection

from tapbot.storage.types import Scope
from tapbot.workflow.journal.seen import forget_seen, keep_seen, lock_seen, read_seen

Whose = Literal["node", "workflow"]
MOST_VALUES = 100_000
"""Most values that one memory holds."""


@dataclass(frozen=True, slots=True)
class Memory:
    """Reads and writes in the open transaction of a step."""

    connection: Connection
    scope: Scope
    workflow_id: str
    node: str
    now: datetime

    def take_new(self, values: Collection[str], whose: Whose, *, most: int) -> set[str]:
        """Those of the values that no earlier call was given; from now on they are known.

        Args:
            most: How many are remembered; the oldest go first.
        """
        node = self._name(whose)
        lock_seen(self.connection, self.scope, self.workflow_id, node)
        digests = {hashlib.sha256(value.encode()).hexdigest(): value for value in values}
        known = read_seen(self.connection, self.scope, self.workflow_id, node, "value", digests)
        new = digests.keys() - known
        keep_seen(
            self.connection,
            self.scope,
            self.workflow_id,
            node,
            "value",
            new,
            most=min(most, MOST_VALUES),
            now=self.now,
        )
        return {digests[digest] for digest in new}

    def raise_to(self, kind: Literal["number", "date"], highest: float, whose: Whose) -> float | None:
        """The highest value so far, `None` at first; from now on at least `highest` is known."""
        node = self._name(whose)
        lock_seen(self.connection, self.scope, self.workflow_id, node)
        known = read_seen(self.connection, self.scope, self.workflow_id, node, kind)
        before = max(map(float, known), default=None)
        if before is None or highest > before:
            forget_seen(self.connection, self.scope, self.workflow_id, node, kind)
            kept = {repr(highest)}
            keep_seen(self.connection, self.scope, self.workflow_id, node, kind, kept, most=1, now=self.now)
        return before

    def forget(self, whose: Whose) -> None:
        """Begin anew."""
        forget_seen(self.connection, self.scope, self.workflow_id, self._name(whose))

    def _name(self, whose: Whose) -> str:
        """A node of a file has a name, so that the empty one is free."""
        return self.node if whose == "node" else ""
