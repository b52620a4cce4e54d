"""A bench for nodes: a tiny workflow around one node, or a whole file, run by the real engine."""

from __future__ import annotations

import base64
import json
import uuid
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx2
from msgspec.structs import replace
from sqlalchemy import Connection

from tapbot.credentials.keeping import keep_credential
from tapbot.credentials.keyring import Keyring
from tapbot.credentials.vault import Vault
from tapbot.data.definition import parse_collections
from tapbot.data.schema import apply_collections
from tapbot.errors import NotFound
from tapbot.nodes import catalogue
from tapbot.sandbox.code_sandbox import CodeSandbox
from tapbot.sandbox.expression_sandbox import ExpressionSandbox
from tapbot.storage.database import SqliteDatabase
from tapbot.storage.schema import bring_up_to_date
from tapbot.storage.types import Scope
from tapbot.upstream import HttpClient, OutgoingPolicy
from tapbot.workflow.engine import Engine, Outcome
from tapbot.workflow.files import NO_FILES, FileRoot
from tapbot.workflow.items import item_from_json, item_to_json, outputs_to_json
from tapbot.workflow.journal import NewRun
from tapbot.workflow.load import parse_workflow
from tapbot.workflow.release import PreparedWorkflow, prepare_workflow
from tapbot.workflow.step import Surroundings

NOW = datetime(2026, 3, 5, 4, 30, 15, 250_000, tzinfo=UTC)
ZONE = "Asia/Almaty"
SCOPE = Scope("bench", "dev")
HERE = OutgoingPolicy(allow_hosts=("127.0.0.1",))
"""For servers that a test runs itself."""
COLLECTIONS = {
    "collections/trips.yaml": (
        "name: trips\nfields:\n  - {name: city, type: string, unique: true}\n"
        "  - {name: seats, type: integer}\n  - {name: note, type: string}\n"
    ),
    "collections/guest_list.yaml": (
        "name: guest_list\nfields:\n  - {name: full_name, type: string, column: fullName}\n"
        "  - {name: city, type: string}\n  - {name: nights, type: integer}\n  - {name: paid, type: boolean}\n"
    ),
    "collections/gifts.yaml": "name: gifts\nfields:\n  - {name: guest, type: reference, to: guest_list}\n",
}


@dataclass(slots=True)
class Bench:
    """Runs workflows over stores in memory and a scripted outside world."""

    expressions: ExpressionSandbox
    code: CodeSandbox
    database: SqliteDatabase
    children: dict[str, PreparedWorkflow] = field(default_factory=dict)
    keyring: Keyring = field(default_factory=lambda: Keyring([bytes(32)]))

    async def enter(self, wanted: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
        """Keep a credential of each kind, and say what a node writes to refer to them."""
        for kind, fields in wanted.items():
            await self.database.write("bench.credential", _entering(kind, fields, self.keyring))
        return {kind: {"id": "elsewhere", "name": "case"} for kind in wanted}

    async def find(self, scope: Scope, release: str, workflow_id: str) -> PreparedWorkflow:
        """The workflows that others call (`Releases`)."""
        if workflow_id not in self.children:
            raise NotFound(f"There is no workflow {workflow_id!r}.", code="workflow.not_found")
        return self.children[workflow_id]

    async def run(
        self,
        workflow: PreparedWorkflow,
        start: str,
        items: Sequence[Mapping[str, Any]],
        http: Sequence[Mapping[str, Any]] = (),
        *,
        mode: str = "production",
        conversation_id: str | None = None,
        files: FileRoot = NO_FILES,
        answer: Callable[[httpx2.Request], httpx2.Response] | None = None,
    ) -> Outcome:
        """Run a workflow from a trigger. The outside world is the script `http`, or the server `answer`."""
        world = Outside(list(http))
        client = HttpClient(httpx2.MockTransport(answer or world.answer), policy=HERE)

        def surround(run_child: Any) -> Surroundings:
            return Surroundings(
                expressions=self.expressions,
                code=self.code,
                http=client,
                http_timeout_seconds=5,
                expression_timeout_seconds=5,
                code_timeout_seconds=10,
                code_memory_bytes=256_000_000,
                run_child=run_child,
                vault=Vault(self.database, self.keyring, client, lambda: NOW),
                vars={},
                env={},
                files=files,
            )

        engine = Engine(
            self.database, self, surround, clock=lambda: NOW, holder="bench", new_id=lambda: str(uuid.uuid4())
        )
        new = replace(_new_run(engine, workflow, start, items, mode), conversation_id=conversation_id)
        outcome = await engine.execute(await engine.begin(new), workflow)
        await client.aclose()
        if world.left and outcome.error is None:
            raise AssertionError(f"not called: {world.left}")
        return outcome


def _new_run(
    engine: Engine, workflow: PreparedWorkflow, start: str, items: Sequence[Mapping[str, Any]], mode: str
) -> NewRun:
    given = [item_from_json(item) for item in items]
    return engine.new_run(SCOPE, "release", workflow, workflow.nodes[start], given, mode=mode)


@dataclass(slots=True)
class Outside:
    """The outside world of a case: requests that must come, in order, and their replies."""

    left: list[Mapping[str, Any]]

    def answer(self, request: httpx2.Request) -> httpx2.Response:
        """Check a request against the next expected one, and give its reply."""
        assert self.left, f"an unexpected call: {request.method} {request.url}"
        script = self.left.pop(0)
        wanted, reply = script["request"], script["reply"]
        assert request.method == wanted["method"]
        assert str(request.url) == wanted["url"]
        for name, value in wanted.get("headers", {}).items():
            assert request.headers.get(name) == value, f"header {name}"
        if "json" in wanted:
            assert json.loads(request.content) == wanted["json"]
        if "text" in wanted:
            assert request.content.decode() == wanted["text"]
        for part in wanted.get("contains", []):
            assert part in request.content.decode("utf-8", "replace")
        if "bytes" in reply:
            return httpx2.Response(reply.get("status", 200), headers=reply["headers"], content=_bytes(reply["bytes"]))
        if "text" in reply:
            return httpx2.Response(reply.get("status", 200), headers=reply.get("headers"), content=reply["text"])
        return httpx2.Response(reply.get("status", 200), headers=reply.get("headers"), json=reply.get("json"))


def _entering(kind: str, fields: Mapping[str, str], keyring: Keyring) -> Callable[[Connection], None]:
    def enter(db: Connection) -> None:
        given = {"kind": kind, "name": "case", "given": fields, "credential_id": kind, "replace": True, "now": NOW}
        keep_credential(db, SCOPE, keyring, **given)

    return enter


def _bytes(text: str) -> bytes:
    return base64.b64decode(text)


@asynccontextmanager
async def open_bench() -> AsyncIterator[Bench]:
    """A bench with a migrated database and a few collections."""
    database = SqliteDatabase(None)
    async with ExpressionSandbox() as expressions, CodeSandbox() as code:
        await database.write("bench.migrate", bring_up_to_date)
        parsed = parse_collections(COLLECTIONS, time_zone=ZONE)
        await database.write(
            "bench.collections",
            lambda db: apply_collections(db, SCOPE, parsed, files=COLLECTIONS, now=NOW) and None,
        )
        yield Bench(expressions, code, database)
        await database.close()


def prepare(raw: Mapping[str, Any], place: str = "bench") -> PreparedWorkflow:
    """A workflow file, ready to run."""
    return prepare_workflow(parse_workflow(raw, place=place), catalogue, scope_name="bench", zone=ZONE, place=place)


def around(type_name: str, case: Mapping[str, Any]) -> dict[str, Any]:
    """A workflow file around one node: a source of items for each of its inputs."""
    node = {"name": "Node", "type": type_name, "typeVersion": case.get("version", catalogue.find(type_name).version)}
    node |= {"position": [400, 0], "parameters": case.get("parameters", {}), **case.get("settings", {})}
    nodes: list[dict[str, Any]] = [node]
    connections: dict[str, Any] = {}
    if catalogue.find(type_name).trigger is None:
        nodes.append({"name": "Start", "type": "n8n-nodes-base.manualTrigger", "position": [0, 0], "parameters": {}})
        targets = []
        for slot, items in enumerate(case.get("inputs", [[{"json": {}}]])):
            name = f"Input {slot + 1}"
            source = {"name": name, "type": "n8n-nodes-testing.testData", "position": [200, 100 * slot]}
            nodes.append({**source, "parameters": {"data": json.dumps(items)}})
            connections[name] = {"main": [[{"node": "Node", "type": "main", "index": slot}]]}
            targets.append({"node": name, "type": "main", "index": 0})
        connections["Start"] = {"main": [targets]}
    settings = {"executionOrder": "v1", **case.get("workflow", {})}
    return {"id": "case", "name": "case", "nodes": nodes, "connections": connections, "settings": settings}


def outputs_of(outcome: Outcome, node: str) -> list[list[dict[str, Any]]]:
    """What a node gave in its last run."""
    assert outcome.execution is not None
    runs = outcome.execution.plan.runs.get(node, [])
    return outputs_to_json(runs[-1].outputs) if runs else []


__all__ = ["NOW", "SCOPE", "ZONE", "Bench", "around", "item_to_json", "open_bench", "outputs_of", "prepare"]
