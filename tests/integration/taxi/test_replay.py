"""The process dies at each write of a workflow in turn; the next process goes on, and the result is the same."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import pytest
from msgspec import structs
from tests.integration.taxi.company import NOW, RIDE, TOMORROW_8, Company
from tests.integration.taxi.crashing import CrashingDatabase, Died
from tests.integration.taxi.test_drivers import GROUP, told
from tests.integration.taxi.test_reminders import book_in, said, write_to_us

from tapbot.workflow.engine import Engine, Outcome
from tapbot.workflow.types import Item

MINE: dict[str, Any] = {"number": "TX-1001", "contact_id": "contact-1"}
COLLECTIONS = ("rides", "trips", "complaints")
CHANGING = {"created_at", "updated_at", "id", "trip", "reminded_at"}

When = Literal["before", "after"]


@dataclass(frozen=True)
class Case:
    """A workflow that is run in a company that has something already."""

    workflow: str
    arguments: Mapping[str, Any]
    trigger: str = "workflow"
    booked: bool = True
    """Whether there is a ride TX-1001 before."""


CASES = [
    Case("book", RIDE, booked=False),
    Case("book", RIDE),
    Case("book", RIDE | {"seats": 5, "from_city": "kokshetau", "to_city": "shchuchinsk"}, booked=False),
    Case("book", RIDE | {"contact_id": "x" * 300}, booked=False),
    Case("cancel", MINE),
    Case("change", MINE | {"departs_at": "2026-03-05T10:00:00+05:00", "seats": 3}),
    Case("change", MINE | {"seats": 1}),
    Case("complain", {"text": "Было холодно", "contact_id": "contact-1", "number": "TX-1001", "request_id": "c1"}),
    Case("remind", {}, trigger="schedule"),
]
NAMES = [f"{number}-{case.workflow}" for number, case in enumerate(CASES)]


async def prepare(company: Company, case: Case) -> str:
    """A company with drivers to tell and perhaps a ride; gives the passenger's conversation."""
    await company.set("drivers_chat", **GROUP)
    conversation_id = await write_to_us(company, "aliya")
    if case.trigger == "schedule":
        await book_in(company, 1, conversation_id)
        company.clock.move(minutes=30)
    elif case.booked:
        await company.call("book", **(RIDE | {"conversation_id": conversation_id}))
    return conversation_id


async def run(company: Company, engine: Engine, case: Case) -> Outcome:
    prepared = company.served.workflow(case.workflow)
    new = engine.new_run(
        company.served.scope,
        company.served.project.release,
        prepared,
        prepared.triggers(case.trigger)[0],
        [Item(json=dict(case.arguments))],
        mode="integrated",
    )
    run_id = str(uuid.UUID(int=1))  # the same in every attempt, as the run's id is in the journal
    new = structs.replace(new, run_id=run_id, clock=company.clock())
    return await engine.execute(await engine.begin(new), prepared)


def another_engine(company: Company, database: Any, holder: str) -> Engine:
    """An engine of another process over the same database."""
    engine = company.app.engine
    return Engine(
        database,
        company.app.releases,
        lambda run_child: replace(engine._around, run_child=run_child),
        clock=company.clock,
        holder=holder,
        new_id=engine.new_id,
    )


async def resume(company: Company) -> Outcome | None:
    """What the next process does with what this one left."""
    engine = another_engine(company, company.app.database, "last process")
    outcome = None
    for run_id in await engine.abandoned_runs([company.served.scope]):
        taken = await engine.resume(run_id)
        assert taken is not None
        outcome = await engine.execute(taken, company.served.workflow(taken.new.workflow_id))
    return outcome


async def world(company: Company, conversation_id: str) -> dict[str, Any]:
    """Everything that people would notice."""
    seen: dict[str, Any] = {"drivers": await told(company), "passenger": await said(company, conversation_id)}
    for collection in COLLECTIONS:
        records = await company.records(collection)
        hidden = CHANGING | {"conversation_id"}
        shown = [{key: value for key, value in each.items() if key not in hidden} for each in records]
        seen[collection] = sorted(shown, key=str)
    return seen


async def reset(company: Company) -> None:
    """Throw away what a run left: the database is kept, because making one takes longest."""
    company.clock.now = NOW
    await company.app.database.write("test.reset", _empty_everything)


def _empty_everything(db: Any) -> None:
    for table in db.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'").scalars().all():
        collection = table.rpartition("$")[2]
        kept = table.startswith("sqlite_") or table in {"alembic_version", "collections", "releases", "release_blobs"}
        if not kept and collection not in {"cities", "tariffs", "bot_settings"}:
            db.exec_driver_sql(f'DELETE FROM "{table}"')  # noqa: S608  # names from the database itself


@pytest.mark.timeout(600)
@pytest.mark.parametrize("case", CASES, ids=NAMES)
async def test_a_death_at_any_write_changes_nothing_in_the_end(company: Company, case: Case) -> None:
    conversation_id = await prepare(company, case)
    whole = CrashingDatabase(company.app.database, at=None, when="before")
    undisturbed = await run(company, another_engine(company, whole, "first process"), case)
    assert undisturbed.status == "succeeded", undisturbed.error
    expected = await world(company, conversation_id)
    result = [item.json for item in undisturbed.items if "messageId" not in item.json]

    # A death after a write leaves what a death before the next one leaves, so only the last one is tried both ways.
    count = len(whole.sites)
    deaths: list[tuple[int, When]] = [(at, "before") for at in range(1, count + 1)]
    for at, when in (*deaths, (count, "after")):
        await reset(company)
        place = f"{when} write {at} ({whole.sites[at - 1]})"
        conversation_id = await prepare(company, case)
        await die(company, CrashingDatabase(company.app.database, at=at, when=when), case)

        outcome = await resume(company)

        if at == 1:
            assert outcome is None, place  # it was never accepted: whoever asked asks again
            continue
        if outcome is not None:
            assert outcome.status == "succeeded", (place, outcome.error)
            assert [item.json for item in outcome.items if "messageId" not in item.json] == result, place
        assert await world(company, conversation_id) == expected, place


async def die(company: Company, dying: CrashingDatabase, case: Case) -> None:
    """Run the workflow in a process that dies on the way."""
    engine = another_engine(company, dying, "first process")
    with pytest.raises(Died):
        await run(company, engine, case)


async def die_again(company: Company, dying: CrashingDatabase) -> None:
    """Resume what was left, in a process that dies too."""
    engine = another_engine(company, dying, "second process")
    (run_id,) = await engine.abandoned_runs([company.served.scope])
    taken = await engine.resume(run_id)
    assert taken is not None
    workflow = company.served.workflow(taken.new.workflow_id)
    with pytest.raises(Died):
        await engine.execute(taken, workflow)


async def test_two_deaths_in_a_row_change_nothing_either(company: Company) -> None:
    case = CASES[0]
    for first, second in ((4, 3), (9, 4), (14, 3)):
        await reset(company)
        conversation_id = await prepare(company, case)
        await die(company, CrashingDatabase(company.app.database, at=first, when="after"), case)
        await die_again(company, CrashingDatabase(company.app.database, at=second, when="after"))

        outcome = await resume(company)

        assert outcome is not None
        assert outcome.status == "succeeded", outcome.error
        assert len(await company.records("rides")) == 1
        assert await company.free_seats(TOMORROW_8) == 82
        assert len((await world(company, conversation_id))["drivers"]) == 1
