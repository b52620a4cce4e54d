"""A project in which nearly everything is broken, beside workflows that are right."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.chaos.rooms import BOT, make_project, workflow

Json = dict[str, Any]
SET_TYPE = "n8n-nodes-base.set"


def hook(path: str, mode: str = "lastNode") -> Json:
    """A webhook trigger."""
    parameters = {"path": path, "httpMethod": "POST", "responseMode": mode}
    return {"name": "Hook", "type": "n8n-nodes-base.webhook", "typeVersion": 2, "parameters": parameters}


def setter(value: str, name: str = "Shape") -> Json:
    """A node that sets one field."""
    assignments = {"assignments": [{"name": "answer", "value": value, "type": "string"}]}
    return {"name": name, "type": SET_TYPE, "typeVersion": 3.4, "parameters": {"assignments": assignments}}


def code(source: str) -> Json:
    """A Code node."""
    return {"name": "Think", "type": "n8n-nodes-base.code", "typeVersion": 2, "parameters": {"jsCode": source}}


def make_broken_project(folder: Path) -> Path:
    """Write it."""
    right = [
        workflow("echo", [hook("echo"), setter("={{ $json.body }}")]),
        workflow("keys", [hook("keys"), code("return [{json: {body: $input.first().json.body, own: ({}).x}}]")]),
        workflow("syntax", [hook("syntax"), setter("={{ $json.body.a + }}")]),
        workflow("loop-expression", [hook("loop-expression"), setter("={{ (() => { while (true) {} })() }}")]),
        workflow("loop-code", [hook("loop-code"), code("while (true) {}")]),
        workflow("memory-code", [hook("memory-code"), code("const a = []; while (true) a.push('x'.repeat(1e6))")]),
    ]
    make_project(folder, right, {"bots/helper.md": BOT, "messages/hello.yaml": "hello: {en: Hello}\n"})
    files = folder / "workflows"
    unknown = workflow("unknown-type", [hook("unknown-type"), {"name": "Shape", "type": "n8n-nodes-base.sett"}])
    missing_end = workflow("missing-end", [hook("missing-end"), setter("1")])
    missing_end["connections"]["Hook"]["main"][0][0]["node"] = "Nowhere"
    missing_start = workflow("missing-start", [hook("missing-start"), setter("1")])
    missing_start["connections"]["Nobody"] = missing_start["connections"].pop("Hook")
    newer = workflow("newer", [hook("newer"), {**setter("1"), "typeVersion": 99}])
    for raw in (unknown, missing_end, missing_start, newer):
        (files / f"{raw['id']}.json").write_text(json.dumps(raw))
    (files / "zz-echo-again.json").write_text(json.dumps(workflow("echo", [hook("echo-again"), setter("no")])))
    (files / "cut.json").write_text(json.dumps(right[0])[:-20])
    (files / "deep.json").write_text("[" * 100_000)
    (files / "list.json").write_text("[1, 2]")
    (files / "empty.json").write_text("")
    (files / "latin.json").write_bytes(json.dumps(right[0], ensure_ascii=False).encode().replace(b"Hook", b"H\xe9ok"))
    junk = workflow("junk", [hook("junk"), setter("1")])
    junk["connections"]["Hook"]["main"] = True
    (files / "junk.json").write_text(json.dumps(junk))
    (folder / "bots" / "latin.md").write_bytes(BOT.replace("Be kind", "Soyez aimable, é").encode("latin-1"))
    (folder / "messages" / "torn.yaml").write_text("hello: {en: [Hello\n")
    (folder / "collections").mkdir()
    (folder / "collections" / "torn.yaml").write_text("name: torn\nfields:\n  - {name: a, type: rainbow}\n")
    return folder
