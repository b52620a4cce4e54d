"""structlog without rich, which it loads where it is installed: a twelfth of a start, for tracebacks of no use to us.

`format_exc_info` writes them as Python does, before a renderer sees them.
"""

from __future__ import annotations

import sys
from typing import Any, cast

_LOADED = sys.modules.get("rich")
if _LOADED is None:
    sys.modules["rich"] = cast(Any, None)  # the import system's own way to say that there is none

import structlog  # noqa: E402  # after that was said

if _LOADED is None:
    del sys.modules["rich"]

__all__ = ["structlog"]
