"""Commits of people and their logins."""

from __future__ import annotations

from pathlib import Path

from tests.chaos.every_commit.world import ADMIN, log_in, small

from tapbot.access.first_admin import issue_link, prepare_admin


async def test_a_login_its_failures_and_its_end_are_kept(tmp_path: Path) -> None:
    async with small(tmp_path, admin=ADMIN) as room:
        app, now = room.app, room.app.clock()
        person = await prepare_admin(
            app.database, room.served.scope, app.settings.admin, new_id=app.engine.new_id, now=now
        )
        assert await room.rows("SELECT email FROM principals") == [("owner@example.com",)]
        wrong = await room.http.post("/api/v1/login", json={"email": "owner@example.com", "password": "wrong wrong"})
        assert wrong.status_code in {401, 403}
        failures = await room.rows("SELECT count(*) FROM audit_log WHERE action LIKE 'login%fail%'")
        assert failures == [(1,)], await room.rows("SELECT action FROM audit_log")
        headers = await log_in(room)
        assert (await room.http.get("/api/v1/me")).status_code == 200
        assert (await room.http.post("/api/v1/logout", headers=headers)).status_code < 300
        assert await room.rows("SELECT count(*) FROM sessions") == [(0,)]
        await issue_link(app.database, person, "a-link-token-of-some-length", now=now)
        first = await room.http.post("/api/v1/login/link", json={"token": "a-link-token-of-some-length"})
        assert first.status_code == 200, first.text
        again = await room.http.post("/api/v1/login/link", json={"token": "a-link-token-of-some-length"})
        assert again.status_code >= 400
