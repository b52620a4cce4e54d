"""No module but `upstream` opens a connection to the outside."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src" / "tapbot"
BANNED_MODULES = (
    "aiohttp",
    "ftplib",
    "http.client",
    "httpcore",
    "httpcore2",
    "httpx",
    "httpx2",
    "imaplib",
    "nntplib",
    "poplib",
    "requests",
    "smtplib",
    "urllib.request",
    "urllib3",
    "websockets",
    "xmlrpc.client",
)
CONNECTING = frozenset(
    {
        "connect_ex",
        "connect_tcp",
        "connect_unix",
        "create_connection",
        "create_datagram_endpoint",
        "create_unix_connection",
        "open_connection",
        "open_unix_connection",
        "sock_connect",
    }
)
MODEL_CLIENTS = frozenset({"OpenAI", "AsyncOpenAI", "OpenAIProvider"})
HANDED_OVER = frozenset({"http_client", "openai_client"})

# Exceptions, each with its reason. This list may only shrink: an entry that is no longer needed fails the test.
ALLOWED: dict[str, str] = {
    "cli/local_socket.py": "speaks to the running server of the same data folder over a local socket",
}


def list_breaches(source: str) -> list[str]:
    """Say what in a module could open a connection."""
    tree = ast.parse(source)
    wrapped = {id(call.func) for call in ast.walk(tree) if isinstance(call, ast.Call) and _wraps_a_socket(call)}
    found: list[str] = []
    modules: set[str] = set()
    for element in ast.walk(tree):
        if isinstance(element, ast.Import):
            modules |= {name.name for name in element.names}
        elif isinstance(element, ast.ImportFrom) and element.module and not element.level:
            modules |= {element.module} | {f"{element.module}.{name.name}" for name in element.names}
        elif isinstance(element, ast.Attribute) and element.attr in CONNECTING and id(element) not in wrapped:
            found.append(f"line {element.lineno}: {element.attr}")
        elif isinstance(element, ast.Call) and _called(element) in MODEL_CLIENTS:
            given = {keyword.arg for keyword in element.keywords}
            if not given & HANDED_OVER:
                found.append(f"line {element.lineno}: {_called(element)} without the guarded client")
    found += [f"imports {module}" for module in sorted(modules) if _is_banned(module)]
    opens_sockets = any(
        isinstance(element, ast.Attribute) and element.attr == "connect" for element in ast.walk(tree)
    ) and ("socket" in modules)
    return [*found, "imports socket and calls connect"] if opens_sockets else found


def _wraps_a_socket(call: ast.Call) -> bool:
    """`create_connection(…, sock=…)` opens nothing: it takes a socket that is there, such as a child's pipe."""
    return any(keyword.arg == "sock" for keyword in call.keywords)


def _called(call: ast.Call) -> str:
    return getattr(call.func, "id", getattr(call.func, "attr", ""))


def _is_banned(module: str) -> bool:
    return any(module == banned or module.startswith(f"{banned}.") for banned in BANNED_MODULES)


def test_no_module_but_upstream_opens_a_connection() -> None:
    breaches = {
        str(path.relative_to(SOURCE)): found
        for path in sorted(SOURCE.rglob("*.py"))
        if path.relative_to(SOURCE).parts[0] != "upstream" and (found := list_breaches(path.read_text("utf-8")))
    }
    assert {file: found for file, found in breaches.items() if file not in ALLOWED} == {}
    stale = [file for file in ALLOWED if (SOURCE / file).exists() and file not in breaches]
    assert stale == [], "These files need no exception any more: take them off the list."


@pytest.mark.parametrize(
    "source",
    [
        "import httpx",
        "import httpx2 as http",
        "from urllib.request import urlopen",
        "from urllib import request",
        "from http import client",
        "import asyncio\nasyncio.open_connection('a', 1)",
        "import socket\nsocket.socket().connect(('a', 1))",
        "from openai import AsyncOpenAI\nAsyncOpenAI(api_key='k')",
    ],
)
def test_the_check_sees_each_way_out(source: str) -> None:
    assert list_breaches(source)


@pytest.mark.parametrize(
    "source",
    [
        "from urllib.parse import quote",
        "import http",
        "engine.connect()",
        "import socket\nsocket.gethostname()",
        "loop.create_connection(Frames, sock=pipe)",
        "AsyncOpenAI(api_key='k', http_client=http.raw)",
    ],
)
def test_the_check_lets_the_rest_be(source: str) -> None:
    assert list_breaches(source) == []
