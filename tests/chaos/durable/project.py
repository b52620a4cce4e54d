"""The project of the proof: two workflows with three counted effects each, of all four kinds of steps."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.chaos.durable.counting import KEY_HEADER
from tests.chaos.rooms import make_project, workflow

RECORDS = "name: effects\nfields:\n  - {name: run, type: string}\n"
RUN = "$('Hook').first().json.query.run"


def make_proof_project(folder: Path, counting_port: int) -> Path:
    """Write the project; its workflows `keyed` and `never` listen to webhooks of their names."""
    workflows = [
        workflow(name, [_hook(name), _call(name, counting_port), _store(), _last(name, counting_port)])
        for name in ("keyed", "never")
    ]
    settings = '[project]\nname = "durable"\nenvironment = "prod"\n'
    files = {"tapbot.toml": settings, "collections/effects.yaml": RECORDS}
    return make_project(folder, workflows, files)


def _hook(name: str) -> dict[str, Any]:
    parameters = {"path": name, "httpMethod": "POST", "responseMode": "onReceived"}
    return {"name": "Hook", "type": "n8n-nodes-base.webhook", "typeVersion": 2, "parameters": parameters}


def _store() -> dict[str, Any]:
    parameters = {"collection": "effects", "operation": "insert", "values": {"run": f"={{{{ {RUN} }}}}"}}
    return {"name": "Store", "type": "tapbot.record", "parameters": parameters}


def _call(name: str, port: int) -> dict[str, Any]:
    """The first effect: with an idempotency key, or one that may not be repeated."""
    options = {"idempotencyHeader": KEY_HEADER} if name == "keyed" else {}
    return _request("First", "POST", f"http://127.0.0.1:{port}/{name}?run=' + {RUN} + '", options)


def _last(name: str, port: int) -> dict[str, Any]:
    """The last effect: one that may be repeated in the one workflow, one with a key in the other."""
    address = f"http://127.0.0.1:{port}/last?run=' + {RUN} + '&ms=' + ($('Hook').first().json.query.ms || 0) + '"
    if name == "keyed":
        return _request("Last", "PUT", address, {})
    return _request("Last", "POST", address, {"idempotencyHeader": KEY_HEADER})


def _request(name: str, method: str, address: str, options: dict[str, Any]) -> dict[str, Any]:
    parameters = {"method": method, "url": f"={{{{ '{address}' }}}}", "options": options}
    return {"name": name, "type": "n8n-nodes-base.httpRequest", "typeVersion": 4.2, "parameters": parameters}
