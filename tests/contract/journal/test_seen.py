"""What nodes saw in earlier runs, over both databases."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from sqlalchemy import Connection
from tests.contract.journal.world import NOW, OTHER, SCOPE
from tests.servers.databases import Place

from tapbot.storage.database import OpenDatabase
from tapbot.workflow.memory import Memory


def memory(db: Connection, *, node: str = "Node", workflow: str = "w", later: int = 0, scope: object = SCOPE) -> Memory:
    return Memory(db, scope, workflow, node, NOW + timedelta(seconds=later))  # type: ignore[arg-type]  # a scope


async def test_a_value_is_new_once_for_its_node_or_for_its_workflow(database: OpenDatabase) -> None:
    def take(db: Connection) -> list[set[str]]:
        return [
            memory(db).take_new(["a", "b"], "node", most=10),
            memory(db).take_new(["b", "c"], "node", most=10),
            memory(db, node="Other").take_new(["a"], "node", most=10),
            memory(db).take_new(["a"], "workflow", most=10),
            memory(db, node="Other").take_new(["a"], "workflow", most=10),
            memory(db, workflow="v").take_new(["a"], "workflow", most=10),
            memory(db, scope=OTHER).take_new(["a"], "node", most=10),
        ]

    assert await database.write("test.take", take) == [{"a", "b"}, {"c"}, {"a"}, {"a"}, set(), {"a"}, {"a"}]

    def forget(db: Connection) -> list[set[str]]:
        memory(db).forget("node")
        mine = memory(db).take_new(["a"], "node", most=10)
        return [mine, memory(db).take_new(["a"], "workflow", most=10)]

    assert await database.write("test.forget", forget) == [{"a"}, set()]


async def test_the_oldest_values_are_forgotten_beyond_the_size(database: OpenDatabase) -> None:
    def take(db: Connection) -> list[set[str]]:
        seen = [memory(db, later=n).take_new([str(n)], "node", most=3) for n in range(5)]
        assert seen == [{str(n)} for n in range(5)]
        return [memory(db, later=9).take_new([str(n)], "node", most=3) for n in (4, 3, 0)]

    assert await database.write("test.take", take) == [set(), set(), {"0"}]


async def test_the_highest_value_only_rises(database: OpenDatabase) -> None:
    def rise(db: Connection) -> list[float | None]:
        mine = memory(db)
        found = [mine.raise_to("number", value, "node") for value in (5, 3, 7.5, 7)]
        return [*found, mine.raise_to("date", 1, "node")]

    assert await database.write("test.rise", rise) == [None, 5, 5, 7.5, None]


async def test_of_runs_at_once_one_alone_sees_a_value_as_new(place: Place) -> None:
    databases = [await place.open() for _ in range(3 if place.url else 1)]
    values = [str(number) for number in range(20)]

    def take(db: Connection) -> int:
        return len(memory(db).take_new(values, "node", most=1000))

    counts = await asyncio.gather(*(database.write("test.race", take) for database in databases for _ in range(5)))
    assert sorted(counts)[-2:] == [0, 20]
    for database in databases:
        await database.close()
