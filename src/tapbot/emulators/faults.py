"""Faults on demand, for every emulator: what goes wrong next, how often, and for which call."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send


@dataclass
class Fault:
    """One order: `kind` happens `count` times.

    Args:
        kind: What goes wrong; each emulator says which kinds it knows.
        count: How often.
        method: Only to calls of this name. Without it: to all calls that change something.
        seconds: The wait that a 429 asks for, or the length of a delay.
    """

    kind: str
    count: int = 1
    method: str | None = None
    seconds: float = 1.0


@dataclass
class Faults:
    """All orders, the oldest first.

    Args:
        spared: Calls that only faults which name them befall, for example long polls.
    """

    call_kinds: tuple[str, ...]
    spared: frozenset[str] = frozenset()
    orders: list[Fault] = field(default_factory=list)

    def take_for_call(self, method: str) -> Fault | None:
        """Use up one fault of a call, if any is ordered."""
        for order in self.orders:
            fits = order.method == method if order.method else method not in self.spared
            if order.kind in self.call_kinds and fits:
                return self._use(order)
        return None

    def take(self, kind: str) -> bool:
        """Use up one fault of a kind that befalls no call, such as a doubled update, if any is ordered."""
        order = next((order for order in self.orders if order.kind == kind), None)
        return order is not None and self._use(order) is not None

    def _use(self, order: Fault) -> Fault:
        order.count -= 1
        if order.count <= 0:
            self.orders.remove(order)
        return order


class HangUp(Response):
    """Begins an answer and drops the connection: the other side never learns what happened."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Promise a body and end."""
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})


class Quiet:
    """Ends a call without a word when nobody waits for its answer: the other side went away, or the server stops."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the call on."""
        try:
            await self._app(scope, receive, send)
        except (ClientDisconnect, asyncio.CancelledError):
            if scope["type"] != "http":
                raise
