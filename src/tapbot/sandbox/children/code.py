"""The child that runs Code nodes in V8: one context a scope, all intrinsics frozen."""

import asyncio
import json
import re
import resource
from collections.abc import Callable
from typing import Any

from py_mini_racer import JSEvalException, JSParseException, MiniRacer

from tapbot.sandbox.bundle import code_bundle, locale_data
from tapbot.sandbox.children.serve import harden, private_bytes, serve
from tapbot.sandbox.wire import DONE, DONE_LAST, FAILED, OUT_OF_MEMORY, Request

_MOST_CONTEXTS = 4
_GROWTH_KIB = 96 << 10
_SLACK_BYTES = 96 << 20
_PROCESS_BYTES = 4 << 30
_SYNTAX = "syntax "
_SYNTAX_LINE = re.compile(r"<anonymous>:(\d+): (SyntaxError: [^\n]*)")


class _BareEngine(MiniRacer):
    """mini-racer without the timers that it installs: scripts could change their global bindings."""

    _open = False

    def __init__(self) -> None:
        super().__init__()
        self._open = True

    def eval(
        self,
        code: str,
        timeout: float | None = None,
        timeout_sec: float | None = None,
        max_memory: int | None = None,
    ) -> Any:
        """Evaluate code, once the engine is made."""
        return super().eval(code, timeout, timeout_sec, max_memory) if self._open else None


class Context:
    """A V8 isolate with the bundle loaded."""

    def __init__(self, bundle: str, locales: str) -> None:
        self.engine = _BareEngine()
        entry = self.engine.eval(f"({bundle})({json.dumps(locales)})")
        self.start_many: Callable[[str], str] = entry["startMany"]
        self.finish: Callable[[], str] = entry["finish"]

    def run(self, request: Request) -> list[str]:
        """Run the jobs of a request, one a line, to their end; gives an answer for each."""
        self.engine.set_hard_memory_limit(request.memory_limit_bytes)
        left, answers = request.job_text, []
        while left:
            answers += self.start_many(left).split("\n")
            while not answers[-1]:  # between two calls promises settle, and each lets one timer fire
                answers[-1] = self.finish()
            left = "\n".join(request.job_text.split("\n")[len(answers) :]) if "\n" in left else ""
        return answers


class Contexts:
    """The contexts of this child by scope."""

    def __init__(self) -> None:
        self._bundle = code_bundle()
        self._locales = locale_data()
        self._by_scope: dict[str, Context] = {}
        self._spare: Context | None = Context(self._bundle, self._locales)
        self._base_bytes = private_bytes()
        self._most_resident_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss + _GROWTH_KIB

    def _take(self, scope: str) -> Context:
        context = self._by_scope.pop(scope, None) or self._spare or Context(self._bundle, self._locales)
        if context is self._spare:
            self._spare = None
        self._by_scope[scope] = context
        if len(self._by_scope) > _MOST_CONTEXTS:
            del self._by_scope[next(iter(self._by_scope))]
        return context

    def run(self, request: Request) -> tuple[bytes, str]:
        """Answer one request. After a full heap the isolate is dead, and this process ends."""
        context = self._take(request.scope)
        soft_limit = self._base_bytes + request.memory_limit_bytes + _SLACK_BYTES
        resource.setrlimit(resource.RLIMIT_DATA, (min(soft_limit, _PROCESS_BYTES), _PROCESS_BYTES))
        try:
            answers = context.run(request)
        except JSEvalException as error:
            if context.engine.was_hard_memory_limit_reached():
                return OUT_OF_MEMORY, ""
            del self._by_scope[request.scope]
            return FAILED, str(error)
        text = "\n".join(_spelt_out(answer, number, request) for number, answer in enumerate(answers))
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss > self._most_resident_kib
        return (DONE_LAST if grown else DONE), text


def _spelt_out(answer: str, number: int, request: Request) -> str:
    """An answer with the place where a source that does not parse is wrong."""
    if not answer.startswith(_SYNTAX):
        return answer
    job = request.job_text.split("\n")[number]
    return _syntax_answer(json.loads(job)["source"], answer.removeprefix(_SYNTAX))


def _syntax_answer(source: str, message: str) -> str:
    """The failure with its line, which V8 tells only for a script: one that is parsed in a context of its own."""
    line = None
    try:
        MiniRacer().eval(f"(async function () {{\n{source}\n}})")
    except JSParseException as error:
        found = _SYNTAX_LINE.search(str(error))
        if found:
            line, message = max(1, min(int(found[1]) - 1, source.count("\n") + 1)), found[2]
    failure = {"message": f"SyntaxError: {message.removeprefix('SyntaxError: ')}", "line": line, "item_index": None}
    return json.dumps({"items": [], "console": [], "failure": failure})


def main() -> None:
    """Serve from inside an event loop: there mini-racer calls V8 directly instead of through a second thread's loop."""

    async def run() -> None:
        contexts = Contexts()
        harden(_PROCESS_BYTES)
        serve(contexts.run)

    asyncio.run(run())
