"""What a server tells of itself: figures for Prometheus behind a token, spans for an OpenTelemetry collector."""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from prometheus_client.parser import text_string_to_metric_families
from tests.chaos.rooms import open_room
from tests.integration.roles.cluster import CountingServer, make_project

from tapbot.errors import InvalidInput
from tapbot.settings import load_settings

TOKEN = "a token that nobody guesses"


class Collector:
    """Takes spans as an OpenTelemetry collector does."""

    def __init__(self) -> None:
        self.spans: list[tuple[str, str, dict[str, str]]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                outer.take(self.rfile.read(int(self.headers["Content-Length"])))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # its name in the library
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1/traces"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def take(self, body: bytes) -> None:
        """Note name, trace and attributes of each span."""
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            for scope in resource.scope_spans:
                for span in scope.spans:
                    attributes = {one.key: one.value.string_value for one in span.attributes}
                    self.spans.append((span.name, span.trace_id.hex(), attributes))

    def close(self) -> None:
        """End it."""
        self._server.shutdown()
        self._server.server_close()


@contextmanager
def collecting() -> Iterator[Collector]:
    collector = Collector()
    try:
        yield collector
    finally:
        collector.close()


@pytest.fixture
def service() -> Iterator[CountingServer]:
    server = CountingServer()
    yield server
    server.close()


async def test_figures_are_shown_to_whoever_has_the_token(tmp_path: Path, service: CountingServer) -> None:
    project = make_project(tmp_path / "shop", service.url)
    async with open_room(project, tmp_path / "data", metrics={"token": TOKEN}) as room, room.app.working():
        assert (await room.http.post("/webhook/call", json={"n": 1})).json() == {"n": 1}
        assert (await room.http.get("/metrics")).status_code == 401
        assert (await room.http.get("/metrics", headers={"Authorization": "Bearer guess"})).status_code == 401
        answer = await room.http.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
        found = {
            (sample.name, sample.labels.get("status", "")): sample.value
            for family in text_string_to_metric_families(answer.text)
            for sample in family.samples
        }
    assert found["tapbot_runs_total", "succeeded"] >= 1
    assert found["tapbot_changes_total", ""] >= found["tapbot_commits_total", ""] > 0
    assert found["tapbot_commit_batch_size_count", ""] == found["tapbot_commits_total", ""]
    assert found["tapbot_leases_lost_total", ""] == 0
    assert found["tapbot_leads", ""] == 1


async def test_without_a_token_there_are_no_figures(tmp_path: Path, service: CountingServer) -> None:
    async with open_room(make_project(tmp_path / "shop", service.url), tmp_path / "data") as room:
        answer = await room.http.get("/metrics")
        assert "tapbot_" not in answer.text


def test_a_short_token_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="fewer than 16 letters"):
        load_settings(tmp_path, {"metrics": {"token": "short"}})


async def test_request_run_and_step_become_spans_of_the_runs_trace(tmp_path: Path, service: CountingServer) -> None:
    project = make_project(tmp_path / "shop", service.url)
    with collecting() as collector:
        traces = {"endpoint": collector.url}
        async with open_room(project, tmp_path / "data", traces=traces) as room, room.app.working():
            await room.http.post("/webhook/call", json={"n": 1})
            ((run_id,),) = await room.rows("SELECT run_id FROM runs WHERE name = 'call'")
        spans = {
            name: (trace, attributes)
            for name, trace, attributes in collector.spans
            if attributes.get("workflow") != "tick"
        }
    assert set(spans) == {"POST /webhook", "run", "step"}
    assert spans["run"][1]["tapbot.run_id"] == run_id
    assert spans["run"][0] == spans["step"][0] == uuid.UUID(run_id).hex
    assert spans["step"][1]["node"] == "Call"
    assert service.url not in json.dumps(collector.spans), "no address, no body"
