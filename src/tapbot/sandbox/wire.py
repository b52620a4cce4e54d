"""Frames between the parent and a sandbox child: the one place that knows their layout.

Request: length, scope's length, milliseconds, megabytes, then the scope and the job as JSON text.
Reply: length, status letter, then text.
"""

from __future__ import annotations

import struct

REQUEST = struct.Struct("!IHII")
REPLY = struct.Struct("!Ic")

READY = b"R"
DONE = b"D"
DONE_LAST = b"E"
"""Done, and the child ends: its memory has grown too large to keep."""
OUT_OF_TIME = b"T"
OUT_OF_MEMORY = b"M"
FAILED = b"F"
"""The context failed in a way that it should not: a bug of ours; the text says which."""
TOO_LARGE = b"L"


class Request:
    """One job as the child gets it. A plain class: `typing` would cost each child a megabyte."""

    __slots__ = ("job_text", "memory_limit_bytes", "scope", "time_limit_seconds")

    def __init__(self, scope: str, time_limit_seconds: float, memory_limit_bytes: int, job_text: str) -> None:
        self.scope = scope
        self.time_limit_seconds = time_limit_seconds
        self.memory_limit_bytes = memory_limit_bytes
        self.job_text = job_text


def encode_request(scope: str, time_limit_seconds: float, memory_limit_bytes: int, job: bytes) -> bytes:
    """One frame; times are cut to milliseconds, memory to MiB."""
    name = scope.encode()
    head = REQUEST.pack(len(job), len(name), max(1, int(time_limit_seconds * 1000)), memory_limit_bytes >> 20)
    return head + name + job


def encode_reply(status: bytes, text: str) -> bytes:
    """One frame."""
    body = text.encode("utf-8", "replace")
    return REPLY.pack(len(body), status) + body
