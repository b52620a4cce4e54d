"""What every child does: harden itself, then read a request, run it, write the reply, until the parent is gone."""

import ctypes
import os
import resource
import signal
from collections.abc import Callable

from tapbot.sandbox.wire import DONE_LAST, FAILED, OUT_OF_MEMORY, READY, REPLY, REQUEST, Request, encode_reply

PIPE = 0
_PR_SET_PDEATHSIG = 1
_PR_SET_NO_NEW_PRIVS = 38
_GRACE_SECONDS = 1.0
_LAST = (OUT_OF_MEMORY, DONE_LAST)


def private_bytes() -> int:
    """Private memory that the process has asked for so far, as RLIMIT_DATA counts it."""
    with open("/proc/self/status", encoding="ascii") as status:
        fields = dict(line.split(":", 1) for line in status)
    return int(fields["VmData"].split()[0]) * 1024


def harden(data_limit_bytes: int) -> None:
    """Give up everything that this process will not need.

    Args:
        data_limit_bytes: Most private memory of the whole process (RLIMIT_DATA); 0 for no limit.
    """
    libc = ctypes.CDLL(None)
    libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    os.chdir("/")
    limits = [(resource.RLIMIT_CORE, 0), (resource.RLIMIT_FSIZE, 0), (resource.RLIMIT_NOFILE, 3)]
    if data_limit_bytes:
        limits.append((resource.RLIMIT_DATA, data_limit_bytes))
    for limit, value in limits:
        resource.setrlimit(limit, (value, value))


def _read_more(buffer: bytearray) -> None:
    """Add what has come; ends the process when the parent has closed the pipe."""
    chunk = os.read(PIPE, 1 << 18)
    if not chunk:
        os._exit(0)
    buffer += chunk


def _read_request() -> Request:
    buffer = bytearray()
    while len(buffer) < REQUEST.size:
        _read_more(buffer)
    job_length, scope_length, milliseconds, megabytes = REQUEST.unpack_from(buffer)
    body = REQUEST.size + scope_length
    while len(buffer) < body + job_length:  # the parent sends the next request only after our reply
        _read_more(buffer)
    scope = buffer[REQUEST.size : body].decode()
    return Request(scope, milliseconds / 1000, megabytes << 20, buffer[body:].decode("utf-8", "replace"))


def _write(frame: bytes) -> None:
    rest = memoryview(frame)
    while rest:
        rest = rest[os.write(PIPE, rest) :]


def report_start_failure(error: Exception) -> None:
    """Tell the parent why there is no child."""
    _write(encode_reply(FAILED, f"{type(error).__name__}: {error}"))


def serve(run: Callable[[Request], tuple[bytes, str]]) -> None:
    """Answer requests until the parent is gone or the memory is full.

    The alarm ends a child whose parent died before it could enforce the deadline.

    Args:
        run: Gives the status and the text of the reply.
    """
    _write(REPLY.pack(0, READY))
    while True:
        request = _read_request()
        signal.setitimer(signal.ITIMER_REAL, request.time_limit_seconds + _GRACE_SECONDS)
        try:
            status, text = run(request)
        except MemoryError:
            status, text = OUT_OF_MEMORY, ""
        except Exception as error:  # noqa: BLE001 - the boundary of the child: the parent gets every error as text
            status, text = FAILED, f"{type(error).__name__}: {error}"
        signal.setitimer(signal.ITIMER_REAL, 0)
        _write(encode_reply(status, text))
        if status in _LAST:
            os._exit(0)  # the parent starts another one: a heap that was full is not to be trusted
