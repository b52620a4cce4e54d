"""Every error that tapbot raises on purpose, as one tree.

TapbotError
├── UserError                 shown to the person who asked; nothing is retried
│   ├── InvalidInput          the input breaks a rule: the message names the place
│   ├── NotFound
│   ├── Conflict              somebody else was faster, or the state does not allow it
│   ├── NotAllowed            no login, no right, or a wrong secret
│   ├── TooLarge              a limit on size
│   └── TooMany               a limit on rate: try again after `retry_after_seconds`
├── UpstreamUnavailable       the other side is down or busy: retried
├── UpstreamRejected          the other side said no: the step fails
└── LimitExceeded             a run, step or evaluation went over its limit: the step fails

Anything else that is raised is our bug.
"""

from __future__ import annotations


class TapbotError(Exception):
    """An error with a stable code, a place and a hint.

    Args:
        message: What happened, for a person. It never holds a secret.
        code: Stable name such as `"workflow.unknown_node"`; its page is `docs/reference/errors.md`.
        place: Where it happened: a file, a node, a field.
        hint: What to do next.
    """

    default_code = "error"

    def __init__(
        self, message: str, *, code: str | None = None, place: str | None = None, hint: str | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.default_code
        self.place = place
        self.hint = hint

    def __str__(self) -> str:
        """The place, the message and the hint as one sentence each."""
        where = f"{self.place}: " if self.place else ""
        what_next = f" {self.hint}" if self.hint else ""
        return f"{where}{self.message}{what_next}"


class UserError(TapbotError):
    """The person who asked can mend it."""

    default_code = "user_error"


class InvalidInput(UserError):
    """The input breaks a rule."""

    default_code = "invalid_input"


class NotFound(UserError):
    """There is no such thing, or it is not yours to see."""

    default_code = "not_found"


class Conflict(UserError):
    """The state of the thing does not allow this now."""

    default_code = "conflict"


class NotAllowed(UserError):
    """No login, no right, or a wrong secret."""

    default_code = "not_allowed"


class TooLarge(UserError):
    """The input is larger than its limit."""

    default_code = "too_large"


class TooMany(UserError):
    """Too many requests.

    Args:
        retry_after_seconds: When to come back.
    """

    default_code = "too_many"

    def __init__(self, message: str, *, retry_after_seconds: float, code: str | None = None) -> None:
        super().__init__(message, code=code)
        self.retry_after_seconds = retry_after_seconds


class UpstreamUnavailable(TapbotError):
    """The other side did not answer, or asked us to wait.

    Args:
        retry_after_seconds: The wait that it asked for, if any (RFC 9110, section 10.2.3).
    """

    default_code = "upstream.unavailable"

    def __init__(self, message: str, *, retry_after_seconds: float | None = None, code: str | None = None) -> None:
        super().__init__(message, code=code)
        self.retry_after_seconds = retry_after_seconds


class UpstreamRejected(TapbotError):
    """The other side answered with a refusal.

    Args:
        status: The HTTP status that it gave.
    """

    default_code = "upstream.rejected"

    def __init__(self, message: str, *, status: int | None = None, code: str | None = None) -> None:
        super().__init__(message, code=code)
        self.status = status


class LimitExceeded(TapbotError):
    """A run, a step or an evaluation went over one of its limits."""

    default_code = "limit_exceeded"
