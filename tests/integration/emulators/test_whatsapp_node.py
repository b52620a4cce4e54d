"""The node WhatsApp in a workflow, over real sockets to the emulator: texts, files of the item, and its media."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx2
from tests.chaos.rooms import make_project, open_room, workflow
from tests.contract.workflow.test_waiting import START, execute
from tests.integration.emulators.serving import run_app
from tests.integration.emulators.whatsapp_business import AIGUL, ME

from tapbot.api.desk import answer
from tapbot.app.serving import desk_of
from tapbot.emulators.whatsapp.server import create_app
from tapbot.workflow import store


def call(name: str, resource: str = "message", **parameters: Any) -> dict[str, Any]:
    given = {"resource": resource, "phoneNumberId": ME.phone_number_id, **parameters}
    node = {"name": name, "type": "n8n-nodes-base.whatsApp", "typeVersion": 1, "parameters": given}
    return {**node, "credentials": {"whatsAppApi": {"id": "x", "name": "number"}}}


async def test_a_workflow_writes_and_handles_files(tmp_path: Path) -> None:
    words = {"name": "Words", "type": "n8n-nodes-base.set", "typeVersion": 3.4}
    words["parameters"] = {"assignments": {"assignments": [{"name": "text", "value": "hello", "type": "string"}]}}
    made = {"operation": "toText", "sourceProperty": "text", "options": {"fileName": "bill.txt"}}
    file = {"name": "File", "type": "n8n-nodes-base.convertToFile", "typeVersion": 1.1, "parameters": made}
    known = "={{ $('Upload').item.json.id }}"
    nodes = [
        call("Say", operation="send", recipientPhoneNumber=AIGUL, textBody="A ride"),
        words,
        file,
        call("Upload", "media", operation="mediaUpload", mediaPropertyName="data"),
        call("Look", "media", operation="mediaUrlGet", mediaGetId=known),
        call("Away", "media", operation="mediaDelete", mediaDeleteId=known),
    ]
    async with (
        run_app(create_app()) as address,
        open_room(make_project(tmp_path / "project", [workflow("w", [START, *nodes])]), tmp_path / "data") as room,
        httpx2.AsyncClient(base_url=f"{address}/emulator/{ME.phone_number_id}/") as people,
    ):
        assert (await people.post(f"users/{AIGUL}/messages", json={"text": "hi"})).status_code == 200
        fields = {"accessToken": ME.access_token, "baseUrl": f"{address}/v23.0"}
        await answer(desk_of(room.app), "credentials.add", {"kind": "whatsAppApi", "name": "number", "fields": fields})
        outcome = await execute(room)
        assert outcome.status == "succeeded", outcome.error
        run = await room.app.database.read(lambda db: store.get_run(db, room.served.scope, outcome.run_id))
        chat = (await people.get(f"chats/{AIGUL}")).json()
    assert run is not None
    looked = run["history"]["nodes"]["Look"][0]["outputs"][0][0]["json"]
    assert looked["mime_type"] == "text/plain"
    assert "A ride" in str(chat)
