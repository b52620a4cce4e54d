"""The credentials that one node refers to: opened, or used to sign a request."""

from __future__ import annotations

from dataclasses import dataclass

from tapbot.credentials.types import Opened, Signature
from tapbot.credentials.vault import Vault
from tapbot.errors import InvalidInput
from tapbot.storage.types import Scope
from tapbot.workflow.effects import require_step
from tapbot.workflow.types import Node


@dataclass(frozen=True, slots=True)
class NodeKeys:
    """Opens the credentials of one node, within a step.

    Args:
        kept_in: The vault; `None` where there are no credentials.
    """

    kept_in: Vault | None
    scope: Scope
    node: Node

    async def credential(self, kind: str) -> Opened:
        """See `Step.credential`."""
        require_step("A credential")
        return await self._vault.open(self.scope, kind, self.node.credentials.get(kind), place=self._place)

    async def sign(self, kind: str, host: str, *, renew: bool = False) -> tuple[Opened, Signature]:
        """See `Step.sign`."""
        require_step("A credential")
        reference = self.node.credentials.get(kind)
        return await self._vault.sign(self.scope, kind, reference, host=host, place=self._place, renew=renew)

    def renewable(self, kind: str, opened: Opened) -> bool:
        """See `Step.renewable`."""
        return self._vault.renewable(kind, opened)

    @property
    def _vault(self) -> Vault:
        if self.kept_in is None:
            raise InvalidInput("There are no credentials here.", code="credential.none_here", place=self._place)
        return self.kept_in

    @property
    def _place(self) -> str:
        return f"node {self.node.name!r}"
