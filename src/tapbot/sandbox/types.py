"""Jobs that the sandboxes take and the answers that they give: frozen, JSON-able, no I/O."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

import msgspec

Json: TypeAlias = Any
"""A JSON value. `Any`, because a checker gains nothing from the recursive form at this border."""

ItemDict: TypeAlias = dict[str, Any]
"""One item as JSON: `{"json": {...}}`, with `binary` and `pairedItem` if it has them."""


class NodeView(msgspec.Struct, frozen=True, kw_only=True):
    """What an expression may see of another node of the run."""

    items: list[ItemDict] | None = None
    """Output 0 of the run that matches; `None` when the node has not been executed."""
    pairs: list[int | str | None] = []
    """For each current item: index of the paired item in `items`, the text of a pairing error, or `None` (unknown)."""
    partners: list[ItemDict] | None = None
    """What `pairs` counts when the partners are of several runs or outputs: themselves, one a known pair."""
    params: dict[str, Any] = {}
    """Its parameters as the file has them."""
    run_index: int = 0
    outputs: list[list[ItemDict]] = []
    """All outputs of that run; output 0 may be left out when it is the only one."""
    runs: list[list[list[ItemDict]]] = []
    """The outputs of all its runs, where scripts may ask for one by its number."""
    context: dict[str, Any] = {}


class PreviousNode(msgspec.Struct, frozen=True, kw_only=True):
    """The node that the current items came from (`$prevNode`, `$input.params`)."""

    name: str
    output_index: int = 0
    run_index: int = 0
    params: dict[str, Any] = {}
    context: dict[str, Any] = {}


class RunView(msgspec.Struct, frozen=True, kw_only=True):
    """The run as scripts see it. The clock and all randomness come from here."""

    run_id: str = ""
    mode: str = "manual"
    workflow: dict[str, Any] = {}
    """`{"id", "name", "active"}`."""
    now: str = "1970-01-01T00:00:00.000Z"
    """Start of the run, ISO 8601 with offset."""
    zone: str = "UTC"
    """IANA name of the workflow's time zone; luxon's default zone."""
    seed: int = 0
    locale: str = "en"
    vars: dict[str, Any] = {}
    env: dict[str, str] = {}
    """Environment variables that the project allows, never the process's own."""
    run_index: int = 0
    resume_url: str = ""
    """Address that lets the run go on where it waits for a webhook."""
    resume_form_url: str = ""


class ExpressionJob(msgspec.Struct, frozen=True, kw_only=True):
    """All expressions of one node run, for all its items, in one call."""

    scope: str
    """Project and release. A context serves one scope, and no other scope ever sees it."""
    templates: tuple[str, ...]
    """Parameters as they stand in the workflow: `"=…"` is an expression, other text is returned as it is."""
    items: list[ItemDict] = []
    item_indexes: tuple[int, ...] = (0,)
    """Items to evaluate for; an index without an item is evaluated with no `$json`."""
    nodes: dict[str, NodeView] = {}
    run: RunView = RunView()
    parameters: dict[str, Any] = {}
    """`$parameter`: the current node's own parameters."""
    previous: PreviousNode | None = None
    globals: dict[str, Any] = {}
    """Extra names for the expressions. `{"__type": "function", "returns": X}` makes a function that returns X."""
    typed: bool = False
    """Keep what JSON lacks as markers such as `{"__type": "undefined"}`."""
    timeout_seconds: float = 5.0
    """Wall-clock time for the whole call."""


class ExpressionFailure(msgspec.Struct, frozen=True, kw_only=True):
    """One expression that failed for one item; an exception of JavaScript itself is no failure but `None`."""

    item_index: int
    template_index: int
    message: str


class ExpressionAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What the expressions gave."""

    values: list[list[Json]]
    """Shape `(len(item_indexes), len(templates))`; a cell that failed holds `None`."""
    failures: tuple[ExpressionFailure, ...] = ()


class CodeJob(msgspec.Struct, frozen=True, kw_only=True):
    """One Code node with its items."""

    scope: str
    source: str
    language: Literal["javaScript", "python"] = "javaScript"
    mode: Literal["all", "each"] = "all"
    """`"all"`: the source runs once; `"each"`: once for each item."""
    keep_going: bool = False
    """In the mode `"each"`: an item that fails gives an item with the error, and the others are worked on."""
    items: list[ItemDict] = []
    nodes: dict[str, NodeView] = {}
    run: RunView = RunView()
    parameters: dict[str, Any] = {}
    previous: PreviousNode | None = None
    globals: dict[str, Any] = {}
    static: dict[str, Any] = {}
    """What the workflow keeps from run to run: `{"global": {…}, "node": {"Name": {…}}}`."""
    node: str = ""
    """Name of the node whose code it is."""
    timeout_seconds: float = 30.0
    memory_bytes: int = 128 * 1024 * 1024


class CodeFailure(msgspec.Struct, frozen=True, kw_only=True):
    """The source threw, does not parse, or returned something that is not items."""

    message: str
    line: int | None = None
    """Line in the user's source, from 1."""
    item_index: int | None = None
    """Item that was being worked on, in mode `"each"`."""


class CodeAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Items that the code returned, or why it failed, and what it printed."""

    items: list[ItemDict]
    console: tuple[str, ...] = ()
    failure: CodeFailure | None = None
    static: dict[str, Any] | None = None
    """Static data as the code left it, where it asked for it."""
