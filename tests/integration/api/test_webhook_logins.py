"""Webhooks that ask who calls: by password, header, JSON web token or signature, against sealed credentials."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from typing import Any

import jwt
import pytest
import pytest_asyncio
from tests.chaos.rooms import Room, make_project, open_room, workflow

from tapbot.api.desk import answer
from tapbot.app.serving import desk_of

pytestmark = pytest.mark.asyncio(loop_scope="module")
SECRET = "a secret that is long enough for a token"
FORMS = {
    "basicAuth": ("httpBasicAuth", {"user": "aya", "password": "құпия"}),
    "headerAuth": ("httpHeaderAuth", {"name": "X-Key", "value": SECRET}),
    "jwtAuth": ("jwtAuth", {"secret": SECRET}),
    "hmacAuth": ("hmacAuth", {"secret": SECRET, "header": "X-Hub-Signature-256", "prefix": "sha256="}),
}


def hook(form: str) -> dict[str, Any]:
    kind = FORMS[form][0]
    given = {"path": form, "httpMethod": "POST", "responseMode": "lastNode", "authentication": form}
    node = {"name": "Hook", "type": "n8n-nodes-base.webhook", "typeVersion": 2, "parameters": given}
    return {**node, "credentials": {kind: {"id": "of another installation", "name": "callers"}}}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def room(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Room]:
    home = tmp_path_factory.mktemp("logins")
    flows = [workflow(form, [hook(form)]) for form in FORMS]
    async with open_room(make_project(home / "project", flows), home / "data") as made:
        for kind, fields in FORMS.values():
            asked = {"kind": kind, "name": "callers", "fields": fields}
            await answer(desk_of(made.app), "credentials.add", asked)
        yield made


def proof_of(form: str, body: bytes) -> dict[str, str]:
    pair = base64.b64encode("aya:құпия".encode()).decode()
    digest = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    return {
        "basicAuth": {"authorization": f"Basic {pair}"},
        "headerAuth": {"x-key": SECRET},
        "jwtAuth": {"authorization": f"Bearer {jwt.encode({'sub': 'aya'}, SECRET, algorithm='HS256')}"},
        "hmacAuth": {"x-hub-signature-256": f"sha256={digest}"},
    }[form]


BODY = '{"сәлем": 1}'.encode()
JSON = {"content-type": "application/json"}


@pytest.mark.parametrize("form", FORMS)
async def test_the_right_proof_opens_and_is_not_kept(room: Room, form: str) -> None:
    proof = proof_of(form, BODY)
    got = await room.http.post(f"/webhook/{form}", content=BODY, headers={**JSON, **proof})
    assert got.status_code == 200, got.text
    assert got.json()["body"] == {"сәлем": 1}
    kept = json.dumps(await room.rows("SELECT * FROM runs"), default=str)
    assert SECRET not in kept
    if form != "hmacAuth":
        assert not any(value in kept for value in proof.values())
    if form == "jwtAuth":
        assert got.json()["jwtPayload"] == {"sub": "aya"}


@pytest.mark.parametrize(
    ("form", "status", "text"),
    [
        ("basicAuth", 401, "Authorization is required!"),
        ("headerAuth", 403, "Authorization data is wrong!"),
        ("jwtAuth", 401, "No token provided"),
        ("hmacAuth", 403, "Authorization data is wrong!"),
    ],
)
async def test_no_proof_is_refused_before_a_run_begins(room: Room, form: str, status: int, text: str) -> None:
    before = await room.rows("SELECT count(*) FROM runs")
    got = await room.http.post(f"/webhook/{form}", content=BODY, headers=JSON)
    assert (got.status_code, got.text) == (status, text)
    assert ("www-authenticate" in got.headers) is (status == 401)
    assert await room.rows("SELECT count(*) FROM runs") == before


OTHER = jwt.encode({"sub": "aya"}, "another secret that is long enough too", algorithm="HS256")
UNSIGNED = jwt.encode({"sub": "aya"}, None, algorithm="none")
EXPIRED = jwt.encode({"sub": "aya", "exp": 1}, SECRET, algorithm="HS256")


@pytest.mark.parametrize(
    ("form", "headers"),
    [
        ("basicAuth", {"authorization": "Basic " + base64.b64encode(b"aya:wrong").decode()}),
        ("basicAuth", {"authorization": "Basic §§§".encode().decode("latin-1")}),
        ("basicAuth", {"authorization": "Basic /w=="}),
        ("headerAuth", {"x-key": ""}),
        ("headerAuth", {"x-key": SECRET + "x"}),
        ("jwtAuth", {"authorization": f"Bearer {OTHER}"}),
        ("jwtAuth", {"authorization": f"Bearer {UNSIGNED}"}),
        ("jwtAuth", {"authorization": f"Bearer {EXPIRED}"}),
        ("jwtAuth", {"authorization": "Bearer a.b.c"}),
        ("hmacAuth", proof_of("hmacAuth", BODY + b" ")),
        ("hmacAuth", {"x-hub-signature-256": proof_of("hmacAuth", BODY)["x-hub-signature-256"][7:]}),
    ],
)
async def test_a_wrong_proof_is_refused(room: Room, form: str, headers: dict[str, str]) -> None:
    sent = {name: value.encode("latin-1") for name, value in {**JSON, **headers}.items()}
    got = await room.http.post(f"/webhook/{form}", content=BODY, headers=sent)
    assert got.status_code == 403


async def test_a_webhook_without_its_credential_lets_nobody_in(room: Room) -> None:
    rows = await answer(desk_of(room.app), "credentials.list", {})
    header = next(row for row in rows if row["kind"] == "httpHeaderAuth")
    await answer(desk_of(room.app), "credentials.remove", {"credential": header["id"]})
    got = await room.http.post("/webhook/headerAuth", content=BODY, headers={**JSON, **proof_of("headerAuth", BODY)})
    assert got.status_code == 400
    assert got.json()["code"] == "credential.missing"
    assert "tapbot credential add httpHeaderAuth" in got.json()["hint"]
