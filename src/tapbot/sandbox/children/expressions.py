"""The child that evaluates expressions in QuickJS: one context a scope, the least used one goes first."""

from collections.abc import Callable

import _quickjs  # type: ignore[import-not-found]  # the package `quickjs` starts a thread on import

from tapbot.sandbox.bundle import expression_bundle, locale_data
from tapbot.sandbox.children.serve import harden, serve
from tapbot.sandbox.wire import DONE, FAILED, OUT_OF_MEMORY, OUT_OF_TIME, Request

_MOST_CONTEXTS = 8
_STACK_BYTES = 512 * 1024
_PROCESS_BYTES = 640 << 20
_CLEAN = " "


class Context:
    """A QuickJS context with the bundle loaded and every intrinsic frozen."""

    def __init__(self, bundle: str, locales: str) -> None:
        self.engine = _quickjs.Context()
        self.engine.set_max_stack_size(_STACK_BYTES)
        self.answer: Callable[[str], str] = self.engine.eval(bundle)(locales)

    def run(self, request: Request) -> str:
        """Evaluate one job under the request's limits."""
        self.engine.set_memory_limit(request.memory_limit_bytes)
        self.engine.set_time_limit(request.time_limit_seconds)
        return self.answer(request.job_text)


class Contexts:
    """The contexts of this child by scope."""

    def __init__(self) -> None:
        self._bundle = expression_bundle()
        self._locales = locale_data()
        self._by_scope: dict[str, Context] = {}
        self._spare: Context | None = Context(self._bundle, self._locales)

    def _take(self, scope: str) -> Context:
        """The scope's context, moved to the end of the line; the first in line is dropped when there are too many."""
        context = self._by_scope.pop(scope, None) or self._spare or Context(self._bundle, self._locales)
        if context is self._spare:
            self._spare = None
        self._by_scope[scope] = context
        if len(self._by_scope) > _MOST_CONTEXTS:
            del self._by_scope[next(iter(self._by_scope))]
        return context

    def run(self, request: Request) -> tuple[bytes, str]:
        """Answer one request; a context that went over a limit or ran async code is not used again."""
        try:
            text = self._take(request.scope).run(request)
        except _quickjs.JSException as error:
            del self._by_scope[request.scope]
            return _status_of(str(error)), str(error)
        except BaseException:
            del self._by_scope[request.scope]
            raise
        if text[0] != _CLEAN:
            del self._by_scope[request.scope]
        return DONE, text[1:]


def _status_of(message: str) -> bytes:
    if message.startswith("InternalError: interrupted"):
        return OUT_OF_TIME
    if message.startswith(("null", "InternalError: out of memory")):
        return OUT_OF_MEMORY
    return FAILED


def main() -> None:
    """Load the bundle once, then serve."""
    contexts = Contexts()
    harden(_PROCESS_BYTES)
    serve(contexts.run)
