"""Commits of credentials: entered, renewed, sealed with a new key, removed."""

from __future__ import annotations

from pathlib import Path

import httpx2
from tests.chaos.every_commit.world import small

from tapbot.api.desk import answer
from tapbot.app.serving import desk_of
from tapbot.credentials.vault import Vault
from tapbot.upstream import HttpClient

OAUTH = {
    "grantType": "clientCredentials",
    "accessTokenUrl": "https://login.example.com/token",
    "clientId": "c",
    "clientSecret": "s",
}


async def test_a_credential_is_kept_sealed_anew_and_removed(tmp_path: Path) -> None:
    async with small(tmp_path) as room:
        desk, scope = desk_of(room.app), room.served.scope
        asked = {"kind": "httpBearerAuth", "name": "mine", "fields": {"token": "first"}}
        made = await answer(desk, "credentials.add", asked)
        reference = {"id": made["id"]}
        vault = room.app.vault
        assert (await vault.open(scope, "httpBearerAuth", reference, place="here")).text("token") == "first"
        await answer(desk, "credentials.add", {**asked, "fields": {"token": "second"}, "replace": True})
        assert (await vault.open(scope, "httpBearerAuth", reference, place="here")).text("token") == "second"
        (before,) = await room.rows("SELECT key_id, sealed FROM credentials")
        done = await answer(desk, "credentials.rotate", {})
        assert done["resealed"] == 1
        (after,) = await room.rows("SELECT key_id, sealed FROM credentials")
        assert after[0] == done["key"] != before[0]
        assert (await vault.open(scope, "httpBearerAuth", reference, place="here")).text("token") == "second"
        await answer(desk, "credentials.remove", {"credential": "mine"})
        assert await room.rows("SELECT count(*) FROM credentials") == [(0,)]
        acts = await room.rows("SELECT action FROM audit_log WHERE action LIKE 'credential%' ORDER BY entry_id")
        names = ["credential.added", "credential.replaced", "credential.rotated", "credential.removed"]
        assert [act for (act,) in acts] == names


async def test_a_renewed_token_is_kept_for_the_next_call(tmp_path: Path) -> None:
    asked: list[str] = []

    def endpoint(request: httpx2.Request) -> httpx2.Response:
        asked.append(str(request.url))
        return httpx2.Response(200, json={"access_token": f"token {len(asked)}", "expires_in": 3600})

    async with small(tmp_path) as room:
        added = {"kind": "oAuth2Api", "name": "mine", "fields": OAUTH}
        await answer(desk_of(room.app), "credentials.add", added)
        http = HttpClient(httpx2.MockTransport(endpoint))
        for _ in range(2):
            vault = Vault(room.app.database, room.app.vault.keyring, http, room.app.clock)
            _, signature = await vault.sign(
                room.served.scope, "oAuth2Api", {"name": "mine"}, host="api.example.com", place="here"
            )
            assert signature.headers == {"Authorization": "Bearer token 1"}
        assert asked == ["https://login.example.com/token"]
        kept = str(await room.rows("SELECT * FROM credentials")) + str(await room.rows("SELECT * FROM audit_log"))
        assert "token 1" not in kept
        await http.aclose()
