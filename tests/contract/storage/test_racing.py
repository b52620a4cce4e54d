"""Several processes on one PostgreSQL: what must happen once happens once, and nothing is lost or doubled."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from sqlalchemy import Connection, func, select, text, update
from tests.servers.databases import Place
from tests.servers.postgres import PostgresServer

from tapbot.access.audit import note, verify
from tapbot.access.first_admin import prepare_admin
from tapbot.access.store import add_person
from tapbot.access.tables import principals
from tapbot.access.types import Role
from tapbot.data import store as data
from tapbot.data.definition import parse_collections
from tapbot.data.schema import apply_collections
from tapbot.data.types import Condition
from tapbot.errors import Conflict
from tapbot.events.store import following, tell
from tapbot.inbox import outbox
from tapbot.inbox import store as inbox
from tapbot.inbox.tables import conversations, inbound, messages
from tapbot.inbox.types import Arrival
from tapbot.project.snapshot import snapshot_of
from tapbot.project.store import load_release, save_release
from tapbot.settings import AdminSection
from tapbot.storage.database import OpenDatabase
from tapbot.storage.types import Scope
from tapbot.workflow import journal
from tapbot.workflow.journal import Fence, NewRun, StaleAttempt
from tapbot.workflow.tables import runs

NOW = datetime(2026, 3, 4, 5, 0, tzinfo=UTC)
TAXI = Scope("taxi", "prod")
Change = Callable[[Connection], Any]
RIDES = {
    "collections/rides.yaml": (
        "name: rides\nfields:\n  - {name: number, type: sequence, sequence: {prefix: R-, start: 1}}\n"
        "  - {name: phone, type: string, unique: true}\n  - {name: free, type: integer}\n"
    )
}


@pytest.fixture
async def processes(postgres: PostgresServer, tmp_path: Path) -> AsyncIterator[list[OpenDatabase]]:
    """The same database as three processes have it open."""
    place = Place(tmp_path, postgres)
    yield [await place.open() for _ in range(3)]
    await place.close()


async def race(processes: list[OpenDatabase], change: Change, *, times: int = 4) -> list[Any]:
    """Make the same change from every process at once, several times."""
    calls: list[Awaitable[Any]] = [one.write("test.race", change) for one in processes for _ in range(times)]
    return await asyncio.gather(*calls, return_exceptions=True)


def arrival(message_id: str, chat_id: str = "c1") -> Arrival:
    return Arrival(
        bot_id="bot",
        channel="telegram",
        chat_id=chat_id,
        message_id=message_id,
        text=f"text {message_id}",
        value=None,
        sender_id=chat_id,
        sender_name="Anna",
        sender_language="ru",
    )


def count(table: Any) -> Change:
    return lambda db: db.execute(select(func.count()).select_from(table)).scalar_one()


async def test_one_message_that_arrives_often_is_kept_once(processes: list[OpenDatabase]) -> None:
    found = await race(processes, lambda db: inbox.accept(db, TAXI, arrival("m1"), now=NOW))
    assert [one.duplicate for one in found].count(False) == 1
    assert len({one.inbound_id for one in found}) == 1
    assert await processes[0].read(count(conversations)) == 1
    assert await processes[0].read(count(messages)) == 1


async def test_one_turn_is_taken_at_a_time_and_no_message_twice(processes: list[OpenDatabase]) -> None:
    for number in range(5):
        await processes[0].write(
            "test",
            lambda db, n=number: inbox.accept(db, TAXI, arrival(f"m{n}"), now=NOW),  # type: ignore[misc]
        )
    [(conversation_id, _scope)] = await processes[0].read(lambda db: inbox.waiting_conversations(db, [TAXI]))
    found = await race(processes, lambda db: inbox.take_turn(db, conversation_id, str(uuid.uuid4())))
    taken = [turn for turn in found if turn is not None]
    assert len(taken) == 1
    assert len(taken[0].inbound_ids) == 5


async def test_messages_of_a_conversation_become_visible_in_the_order_of_their_positions(
    processes: list[OpenDatabase],
) -> None:
    """A reader who saw a position never misses a smaller one."""
    seen: list[list[int]] = []
    done = asyncio.Event()

    async def read() -> None:
        query = select(messages.c.position).order_by(messages.c.position)
        while not done.is_set():
            seen.append(await processes[0].read(lambda db: list(db.execute(query).scalars())))

    async def write() -> None:
        async with asyncio.TaskGroup() as group:
            for number in range(60):
                one = processes[number % 3]
                group.create_task(
                    one.write("t", lambda db, n=number: inbox.accept(db, TAXI, arrival(f"m{n}"), now=NOW))  # type: ignore[misc]
                )
        done.set()

    await asyncio.gather(read(), write())
    for earlier, later in pairwise(seen):
        assert later[: len(earlier)] == earlier


async def test_a_send_key_queues_one_message(processes: list[OpenDatabase]) -> None:
    def queue(db: Connection) -> str:
        return outbox.queue_message(
            db, TAXI, text="hi", buttons=[], send_key="k1", author="bot", run_id=None, now=NOW,
            bot_id="bot", channel="telegram", chat_id="c1",
        )  # fmt: skip

    assert len(set(await race(processes, queue))) == 1
    assert await processes[0].read(count(messages)) == 1


def claiming(db: Connection, first: outbox.Queued, holder: str) -> outbox.Claim:
    """Claim a message of a channel that shows a repetition twice."""
    return outbox.claim(db, first, holder=holder, repeatable=False, now=NOW)


async def test_two_senders_never_take_one_message(processes: list[OpenDatabase]) -> None:
    for number in range(3):
        key = f"k{number}"
        await processes[0].write(
            "test",
            lambda db, key=key: outbox.queue_message(  # type: ignore[misc]
                db, TAXI, text=key, buttons=[], send_key=key, author="bot", run_id=None, now=NOW,
                bot_id="bot", channel="telegram", chat_id="c1",
            ),
        )  # fmt: skip
    sent: list[str] = []

    async def send(database: OpenDatabase, holder: str) -> None:
        while first := await database.read(lambda db: outbox.next_in_chat(db, TAXI, "bot", "telegram", "c1")):
            claimed = await database.write("claim", partial(claiming, first=first, holder=holder))
            if claimed is outbox.Claim.OURS:
                sent.append(first.text)
                await database.write(
                    "sent", lambda db, first=first: outbox.mark_sent(db, first, external_id=None, now=NOW)
                )  # type: ignore[misc]

    await asyncio.gather(*(send(one, f"p{number}") for number, one in enumerate(processes)))
    assert sent == ["k0", "k1", "k2"]


@pytest.mark.parametrize(("repeatable", "wanted"), [(True, outbox.Claim.OURS), (False, outbox.Claim.LEFT)])
async def test_what_a_sender_left_in_the_middle_is_sent_again_only_where_that_is_seen_once(
    processes: list[OpenDatabase], repeatable: bool, wanted: outbox.Claim
) -> None:
    def queue(db: Connection) -> outbox.Queued:
        outbox.queue_message(
            db, TAXI, text="hi", buttons=[], send_key="k1", author="bot", run_id=None, now=NOW,
            bot_id="bot", channel="telegram", chat_id="c1",
        )  # fmt: skip
        found = outbox.next_in_chat(db, TAXI, "bot", "telegram", "c1")
        assert found is not None
        return found

    first = await processes[0].write("test", queue)
    claim = outbox.claim
    assert await processes[0].write("test", lambda db: claiming(db, first, "p0")) is outbox.Claim.OURS
    found = await processes[1].write("test", lambda db: claim(db, first, holder="p1", repeatable=repeatable, now=NOW))
    assert found is outbox.Claim.THEIRS, "it lives: its claim has not run out"
    found = await processes[0].write("test", lambda db: claim(db, first, holder="p0", repeatable=repeatable, now=NOW))
    assert found is wanted
    state = await processes[0].read(lambda db: db.execute(select(outbox.outbox.c.status)).scalar_one())
    assert state == ("queued" if repeatable else "in_doubt")
    if not repeatable:
        assert await processes[0].read(outbox.count_in_doubt) == {TAXI: 1}
        assert await processes[2].read(lambda db: outbox.next_in_chat(db, TAXI, "bot", "telegram", "c1")) is None


async def test_the_audit_log_never_forks(processes: list[OpenDatabase]) -> None:
    def append(db: Connection) -> str:
        return note(db, TAXI, actor_id=None, action="test", subject="s", now=NOW)

    found = await race(processes, append, times=8)
    assert len(set(found)) == 24
    verdict = await processes[0].read(lambda db: verify(db, TAXI))
    assert (verdict.entries, verdict.broken_entry_id) == (24, None)


async def test_an_e_mail_is_taken_once_and_there_is_one_first_administrator(processes: list[OpenDatabase]) -> None:
    def add(db: Connection) -> Any:
        name = str(uuid.uuid4())
        return add_person(
            db, TAXI, principal_id=name, email="a@b.kz", name="A", role=Role.OPERATOR, password_hash=None, now=NOW
        )

    found = await race(processes, add)
    assert sum(isinstance(one, Conflict) for one in found) == len(found) - 1
    admins = await asyncio.gather(
        *(prepare_admin(one, TAXI, AdminSection(), new_id=lambda: str(uuid.uuid4()), now=NOW) for one in processes)
    )
    assert len({admin.principal_id for admin in admins}) == 1
    assert await processes[0].read(count(principals)) == 2


async def test_a_release_and_its_collections_are_made_by_several_starts_at_once(processes: list[OpenDatabase]) -> None:
    snapshot = snapshot_of({path: content.encode() for path, content in RIDES.items()})

    def start(db: Connection) -> Any:
        save_release(db, TAXI, snapshot, now=NOW)
        return apply_collections(db, TAXI, parse_collections(RIDES, time_zone="UTC"), files=RIDES, now=NOW)

    found = await race(processes, start, times=1)
    assert sorted(one.made for one in found) == [(), (), ("rides",)]
    assert (await processes[0].read(lambda db: load_release(db, TAXI, snapshot.release))).files == snapshot.files


async def make_rides(database: OpenDatabase) -> None:
    collections = parse_collections(RIDES, time_zone="UTC")
    await database.write("test", lambda db: apply_collections(db, TAXI, collections, files=RIDES, now=NOW))


async def test_running_numbers_have_no_gap_and_no_double(processes: list[OpenDatabase]) -> None:
    await make_rides(processes[0])
    found = await race(processes, lambda db: data.insert(db, TAXI, "rides", {}, now=NOW), times=10)
    assert sorted(int(one["number"].removeprefix("R-")) for one in found) == list(range(1, 31))


async def test_a_unique_value_is_given_once_and_the_last_seat_is_sold_once(processes: list[OpenDatabase]) -> None:
    await make_rides(processes[0])
    found = await race(processes, lambda db: data.insert(db, TAXI, "rides", {"phone": "1", "free": 5}, now=NOW))
    assert sum(isinstance(one, Conflict) for one in found) == len(found) - 1
    sold = await race(
        processes,
        lambda db: data.update(db, TAXI, "rides", where=[Condition("free", "gte", 1)], increment={"free": -1}, now=NOW),
    )
    assert sum(len(one) for one in sold) == 5


async def test_a_schedule_fires_once(processes: list[OpenDatabase]) -> None:
    name = (TAXI, "w1", "Schedule")
    later = datetime(2026, 3, 4, 6, 0, tzinfo=UTC)

    def fire(db: Connection) -> bool:
        due = journal.due_schedule(db, *name, rules_hash="r", first=NOW)
        if due > NOW:
            return False
        journal.move_schedule(db, *name, due_at=later)
        return True

    assert (await race(processes, fire)).count(True) == 1


def new_run(run_id: str) -> NewRun:
    return NewRun(
        run_id=run_id, scope=TAXI, release="r", kind="workflow", workflow_id="w", name="w", trigger_node="t",
        mode="manual", input=[], clock=NOW, seed=1, created_at=NOW,
    )  # fmt: skip


async def test_a_run_is_begun_once_and_claimed_once(processes: list[OpenDatabase]) -> None:
    begun = await race(processes, lambda db: journal.begin_run(db, new_run("r1"), holder="x"))
    assert begun.count(True) == 1
    await processes[0].write("test", lambda db: journal.accept_run(db, new_run("r2")))
    claimed = await race(processes, lambda db: journal.claim_run(db, "r2", holder=str(uuid.uuid4()), now=NOW))
    assert sum(one is not None for one in claimed) == 1


async def test_a_write_that_meets_a_new_attempt_on_its_way_is_refused(processes: list[OpenDatabase]) -> None:
    """The old holder's statement begins while the takeover is not committed yet."""
    old, new, _ = processes
    await old.write("test", lambda db: journal.begin_run(db, new_run("r1"), holder="old"))
    fence = Fence("r1", 1)
    stuck = text("SELECT pg_sleep(0.4)")

    def take_over(db: Connection) -> None:
        db.execute(update(runs).where(runs.c.run_id == "r1").values(attempt=2, lease_holder="new"))
        db.execute(stuck)

    def finish(db: Connection) -> None:
        journal.finish_run(db, "r1", fence, status="succeeded", output=[], history={}, error=None, now=NOW)

    taking = asyncio.create_task(new.write("test.take", take_over))
    await asyncio.sleep(0.2)
    with pytest.raises(StaleAttempt):
        await old.write("test.finish", finish)
    await taking


async def test_a_reader_who_comes_back_misses_no_fact(processes: list[OpenDatabase]) -> None:
    """A fact with a smaller id is committed after one with a larger id."""
    slow, quick, reader = processes

    def tell_slowly(db: Connection) -> int:
        told = tell(db, TAXI, "record.created", "slow", {}, now=NOW)
        db.execute(text("SELECT pg_sleep(0.3)"))
        return told.event_id

    telling = asyncio.create_task(slow.write("test.slow", tell_slowly))
    await asyncio.sleep(0.1)
    seen = await quick.write("test.quick", lambda db: tell(db, TAXI, "record.created", "quick", {}, now=NOW).event_id)
    assert await telling < seen
    found = await reader.read(lambda db: following(db, TAXI, seen))
    assert found is not None
    assert "slow" in [event.subject for event in found]


async def test_changes_that_lock_each_other_out_all_succeed(processes: list[OpenDatabase]) -> None:
    """Two rows taken in both orders, in shared commits: a deadlock is undone and tried again, change by change."""
    for name in "ab":
        await processes[0].write("test", lambda db, name=name: inbox.accept(db, TAXI, arrival("m", name), now=NOW))  # type: ignore[misc]

    def touch(first: str, second: str) -> Change:
        def change(db: Connection) -> None:
            for chat in (first, second):
                one = update(conversations).where(conversations.c.chat_id == chat)
                db.execute(one.values(unread=conversations.c.unread + 1))

        return change

    await asyncio.gather(
        *(one.write("t", touch("a", "b")) for one in processes for _ in range(5)),
        *(one.write("t", touch("b", "a")) for one in processes for _ in range(5)),
    )
    query = select(conversations.c.unread)
    assert await processes[0].read(lambda db: list(db.execute(query).scalars())) == [31, 31]
    assert await processes[0].read(count(inbound)) == 2


async def test_a_process_that_is_paused_in_the_middle_of_a_claim_holds_up_nobody(
    postgres: PostgresServer, tmp_path: Path
) -> None:
    """Others pass over the run that it has in hand; what must wait for it waits aside."""
    place = Place(tmp_path, postgres)
    ours, paused = await place.open(), await asyncpg.connect(place.url)
    first, second = new_run("first"), new_run("second")
    for new in (first, second):
        await ours.write("test", lambda db, new=new: journal.accept_run(db, new))  # type: ignore[misc]
    await paused.execute("BEGIN")
    await paused.execute("UPDATE runs SET status = 'running' WHERE run_id = $1", first.run_id)
    touch = update(runs).where(runs.c.run_id == first.run_id).values(reason="touched")
    waits = asyncio.create_task(ours.write("test.touch", lambda db: db.execute(touch).rowcount))
    claims = [
        await ours.write("t", lambda db, one=one: journal.claim_run(db, one.run_id, holder="us", now=NOW))  # type: ignore[misc]
        for one in (first, second)
    ]
    assert claims[0] is None
    assert claims[1] is not None
    assert not waits.done()
    await paused.execute("ROLLBACK")
    assert await waits == 1
    await paused.close()
    await place.close()
