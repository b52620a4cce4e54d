"""What nothing needs any more goes, over both databases: empty web chats, and releases that nothing refers to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, func, select
from tests.contract.journal.world import new_run

from tapbot.errors import NotFound
from tapbot.inbox.store import accept, chat_exists, keep_chat, sweep_chats
from tapbot.inbox.types import Arrival
from tapbot.project.snapshot import snapshot_of
from tapbot.project.store import load_release, point_at, save_release, sweep_releases
from tapbot.project.tables import release_blobs
from tapbot.scheduler.sweeping import Sweeper
from tapbot.storage.database import OpenDatabase
from tapbot.storage.types import Scope
from tapbot.workflow import journal

SCOPE, OTHER = Scope("shop", "dev"), Scope("flats", "dev")
NOW = datetime(2026, 3, 4, 5, 0, tzinfo=UTC)
OLD = NOW - timedelta(days=60)


async def test_an_old_web_chat_in_which_nobody_wrote_goes(database: OpenDatabase) -> None:
    written = Arrival("taxi", "webchat", "written", "m1", "hello", None, "written", None, "en")

    def fill(db: Connection) -> None:
        for chat, made in (("empty", OLD), ("written", OLD), ("new", NOW)):
            keep_chat(db, SCOPE, chat, bot_id="taxi", now=made)
        accept(db, SCOPE, written, now=OLD)

    await database.write("test", fill)
    assert await database.write("test", lambda db: sweep_chats(db, NOW - timedelta(days=30), limit=10)) == 1
    there = await database.read(
        lambda db: [chat for chat in ("empty", "written", "new") if chat_exists(db, SCOPE, chat, "taxi")]
    )
    assert there == ["written", "new"]


async def test_a_release_goes_when_no_run_and_no_server_needs_it(database: OpenDatabase) -> None:
    names = ("run", "gone", "kept", "new")
    snapshots = {name: snapshot_of({"a.txt": b"same", "b.txt": name.encode()}) for name in names}

    def fill(db: Connection) -> None:
        for hours, snapshot in enumerate(snapshots.values()):
            save_release(db, SCOPE, snapshot, now=OLD + timedelta(hours=hours))
        save_release(db, OTHER, snapshots["gone"], now=OLD)
        point_at(db, SCOPE, snapshots["kept"].release, now=NOW)
        journal.begin_run(db, new_run(SCOPE, release=snapshots["run"].release), holder="one")

    await database.write("test", fill)
    sweeper = Sweeper(database, lambda: NOW, retain_finished_days=30)
    assert await sweeper.sweep() == 1
    assert await sweeper.sweep() == 0

    def read(db: Connection) -> int:
        for name in ("run", "kept", "new"):
            assert load_release(db, SCOPE, snapshots[name].release).files["b.txt"] == name.encode()
        load_release(db, OTHER, snapshots["gone"].release)
        with pytest.raises(NotFound):
            load_release(db, SCOPE, snapshots["gone"].release)
        mine = select(func.count()).where(release_blobs.c.project_id == "shop")
        return int(db.execute(mine).scalar_one())

    assert await database.read(read) == 4
    young = NOW - timedelta(days=90)
    assert await database.write("test", lambda db: sweep_releases(db, SCOPE, young)) == 0
