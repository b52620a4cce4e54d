"""Real processes of every role over one PostgreSQL and one Redis, and a server that counts what reaches it."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx2
from tests.chaos.nursery import Child
from tests.chaos.process import nursery
from tests.servers.ports import free_port
from tests.servers.postgres import PostgresServer

READY_SECONDS = 60.0


class Process:
    """One process of a role."""

    def __init__(self, name: str, child: Child, log: Path, url: str | None) -> None:
        self.name = name
        self.child = child
        self.log = log
        self.url = url

    def signal(self, number: int) -> None:
        """Send a signal."""
        self.child.send_signal(number)

    def kill(self) -> None:
        """End it as a power cut would."""
        self.child.send_signal(signal.SIGKILL)
        self.child.wait(30)

    def stop(self) -> None:
        """Ask it to end, and wait."""
        self.child.terminate()
        self.child.wait(30)

    def said(self, text: str) -> bool:
        """Whether its log has a text."""
        return text in self.log.read_text(errors="replace")


class Cluster:
    """Processes over one database; all of them end with it."""

    def __init__(self, folder: Path, postgres: PostgresServer, redis_url: str | None, projects: list[Path]) -> None:
        self.folder = folder
        self.postgres = postgres
        self.projects = projects
        self.url = postgres.new_database()
        self.env = {
            "TAPBOT_STORAGE__URL": self.url,
            "TAPBOT_LOG__FORMAT": "json",
            "TAPBOT_SERVER__DRAIN_SECONDS": "5",
            "TAPBOT_ACCESS__CHAT_PER_MINUTE": "100000",
        }
        if redis_url:
            self.env |= {"TAPBOT_BROKER__URL": redis_url, "TAPBOT_CACHE__URL": redis_url}
        self.processes: list[Process] = []

    def web(self, *options: str, port: int | None = None, env: dict[str, str] | None = None) -> Process:
        """Start a `tapbot web` and wait until it answers."""
        port = port or free_port()
        folders = [str(folder) for folder in self.projects]
        command = ["web", *folders, "--port", str(port), "--allow-private-network", *options]
        started = self._start(command, url=f"http://127.0.0.1:{port}", env=env)
        until(lambda: started.said("console  http") or _fail_if_ended(started), READY_SECONDS)
        return started

    def worker(self, *, env: dict[str, str] | None = None) -> Process:
        """Start a `tapbot worker` and wait until it works."""
        started = self._start(["worker", "--allow-private-network"], env=env)
        until(lambda: started.said("worker works") or _fail_if_ended(started), READY_SECONDS)
        return started

    def workers(self, count: int, *, env: dict[str, str] | None = None) -> list[Process]:
        """Start some `tapbot worker` at once and wait until all work."""
        started = [self._start(["worker", "--allow-private-network"], env=env) for _ in range(count)]
        for one in started:
            until(lambda one=one: one.said("worker works") or _fail_if_ended(one), READY_SECONDS)
        return started

    def scheduler(self, *, env: dict[str, str] | None = None) -> Process:
        """Start a `tapbot scheduler` and wait until it works."""
        started = self._start(["scheduler"], env=env)
        until(lambda: started.said("scheduler works") or _fail_if_ended(started), READY_SECONDS)
        return started

    def _start(self, command: list[str], *, url: str | None = None, env: dict[str, str] | None = None) -> Process:
        name = f"{command[0]}-{len(self.processes)}"
        log = self.folder / f"{name}.log"
        with log.open("ab") as out:
            child = nursery().start(
                command, env={**os.environ, **self.env, **(env or {})}, out=out.fileno(), err=out.fileno()
            )
        process = Process(name, child, log, url)
        self.processes.append(process)
        return process

    def rows(self, query: str) -> list[list[str]]:
        """Rows of the database, as they are committed."""
        answer = self.postgres.sql(query, database=self.url.rsplit("/", 1)[1])
        return [line.split("|") for line in answer.splitlines()]

    def count(self, condition: str) -> int:
        """How many runs there are of a kind."""
        return int(self.rows(f"SELECT count(*) FROM runs WHERE {condition}")[0][0])  # noqa: S608

    def end(self) -> None:
        """End all processes."""
        for process in self.processes:
            process.signal(signal.SIGCONT)
            process.signal(signal.SIGKILL)
        for process in self.processes:
            process.child.wait(30)

    def logs(self) -> str:
        """The last lines of all logs, for a failing test."""
        tails = (f"== {one.name}\n{one.log.read_text(errors='replace')[-3000:]}" for one in self.processes)
        return "\n".join(tails)


@contextlib.contextmanager
def cluster(folder: Path, postgres: PostgresServer, redis_url: str | None, *projects: Path) -> Iterator[Cluster]:
    """A cluster without processes yet. When a test fails, their logs are shown."""
    made = Cluster(folder, postgres, redis_url, list(projects))
    try:
        yield made
    except BaseException:
        print(made.logs())
        raise
    finally:
        made.end()


class CountingServer:
    """An outside service: it notes what reaches it, and takes its time."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.delay_seconds = 0.0
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.seen.append(self.path)
                time.sleep(outer.delay_seconds)
                body = json.dumps({"path": self.path}).encode()
                with contextlib.suppress(OSError):
                    self.send_response(200)
                    self.send_header("Content-Type", "application/json")
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # its name in the library
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        """End it."""
        self._server.shutdown()
        self._server.server_close()


def until(holds: Callable[[], Any], seconds: float = 20.0) -> None:
    """Wait until something holds."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {seconds} s")
        time.sleep(0.05)


def _fail_if_ended(process: Process) -> bool:
    if process.child.poll() is not None:
        raise RuntimeError(process.log.read_text(errors="replace"))
    return False


def node(name: str, kind: str, parameters: dict[str, Any], version: float = 1) -> dict[str, Any]:
    """A node of n8n's format."""
    return {
        "id": name,
        "name": name,
        "type": f"n8n-nodes-base.{kind}",
        "typeVersion": version,
        "position": [0, 0],
        "parameters": parameters,
    }


def workflow(name: str, *nodes: dict[str, Any]) -> dict[str, Any]:
    """Nodes one after the other."""
    names = [one["name"] for one in nodes]
    links = {one: {"main": [[{"node": other, "type": "main", "index": 0}]]} for one, other in itertools.pairwise(names)}
    return {"id": name, "name": name, "active": True, "nodes": list(nodes), "connections": links, "settings": {}}


def hook(path: str, mode: str = "lastNode") -> dict[str, Any]:
    """A webhook."""
    return node("Hook", "webhook", {"path": path, "httpMethod": "POST", "responseMode": mode}, 2)


def make_project(folder: Path, service: str) -> Path:
    """A project with a fast webhook, one that calls a service, one that answers early, and a schedule."""
    done = node("Done", "set", {"mode": "raw", "jsonOutput": '={{ {"n": $("Hook").item.json.body.n} }}'}, 3.4)
    call = node("Call", "httpRequest", {"url": f"={service}/{{{{ $json.body.n }}}}"}, 4.2)
    tick = node("Clock", "scheduleTrigger", {"rule": {"interval": [{"field": "seconds", "secondsInterval": 1}]}}, 1.2)
    early = node("Early", "respondToWebhook", {"respondWith": "text", "responseBody": "early"}, 1.1)
    flows = [
        workflow("fast", hook("fast"), done),
        workflow("call", hook("call"), call, done),
        workflow("later", hook("later", "onReceived"), call),
        workflow("early", hook("early", "responseNode"), early, call | {"parameters": {"url": f"{service}/early"}}),
        workflow("tick", tick, node("Ticked", "set", {"mode": "raw", "jsonOutput": "{}"}, 3.4)),
    ]
    (folder / "workflows").mkdir(parents=True)
    (folder / "tapbot.toml").write_text('[project]\nenvironment = "prod"\n')
    for flow in flows:
        (folder / "workflows" / f"{flow['id']}.json").write_text(json.dumps(flow))
    return folder


def post(process: Process, path: str, body: Any = None, *, timeout: float = 30) -> httpx2.Response:
    """Call a webhook."""
    return httpx2.post(f"{process.url}/webhook/{path}", json=body or {}, timeout=timeout)
