"""A flood of work in one project, end to end: another project's message does not wait for it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx2
from tests.chaos.rooms import make_project as make_small
from tests.chaos.rooms import open_room
from tests.integration.roles.cluster import Cluster, CountingServer, cluster, make_project, until
from tests.servers.postgres import PostgresServer
from tests.servers.redis import RedisServer

from tapbot.project.load import load_project
from tapbot.worker.dispatch import Job
from tapbot.worker.taking import MOST_IN_HAND

FLOOD = 150
PLACES = 8
WAITING = "project_id = 'flood' AND name = 'later' AND status = 'ready'"
BETWEEN = """
SELECT count(*) FROM runs flood, runs quiet
WHERE quiet.project_id = 'quiet' AND quiet.name = 'call' AND flood.project_id = 'flood'
AND flood.started_at BETWEEN quiet.created_at AND quiet.started_at
"""


def send_flood(made: Cluster, url: str | None) -> None:
    """Many runs of one project are accepted."""

    async def send() -> None:
        async with httpx2.AsyncClient(timeout=60) as http:
            turns = iter(range(FLOOD))

            async def one() -> None:
                for number in turns:
                    answer = await http.post(f"{url}/p/flood/prod/webhook/later", json={"n": number})
                    assert answer.status_code == 200, answer.text

            await asyncio.gather(*(one() for _ in range(8)))

    asyncio.run(send())
    assert made.count(WAITING) > FLOOD // 2


def test_a_flood_in_one_project_does_not_delay_anothers_message(
    tmp_path: Path, postgres: PostgresServer, redis_server: RedisServer, service: CountingServer
) -> None:
    """Counted, not timed: hardly any run of the flood began while the other's waited, and most of it still waits."""
    projects = [make_project(tmp_path / name, service.url) for name in ("flood", "quiet")]
    with cluster(tmp_path, postgres, redis_server.url, *projects) as made:
        made.env["TAPBOT_WORKER__RUNS_AT_ONCE"] = str(PLACES)
        web, _worker = made.web(), made.worker()
        service.delay_seconds = 0.4
        send_flood(made, web.url)
        for number in range(3):
            answer = httpx2.post(f"{web.url}/p/quiet/prod/webhook/call", json={"n": number}, timeout=60)
            assert answer.json() == {"n": number}
        assert made.count(WAITING) > FLOOD // 3
        assert int(made.rows(BETWEEN)[0][0]) <= 3 * PLACES
        service.delay_seconds = 0
        until(lambda: made.count("project_id = 'flood' AND status = 'succeeded' AND name = 'later'") == FLOOD, 60)


async def test_whoever_has_his_hands_full_with_one_project_still_looks_for_work_of_the_others(tmp_path: Path) -> None:
    flood, quiet = (make_small(tmp_path / name, [], {"tapbot.toml": f'[project]\nname = "{name}"\n'}) for name in "ab")
    async with open_room(flood, tmp_path / "data") as room:
        other = await room.app.add_project(load_project(quiet, {}))
        for number in range(MOST_IN_HAND + 1):
            room.app.taker.take(Job("run", str(number), room.served.scope))
        statement = "INSERT INTO runs (run_id, project_id, environment, release, kind, workflow_id, name, trigger_node,"
        statement += " mode, status, input, clock, seed, attempt, created_at) SELECT 'q', '{}', '{}', 'r', 'workflow',"
        statement += " 'w', 'w', 't', 'manual', 'ready', '[]', created_at, 1, 0, created_at FROM releases LIMIT 1"
        insert = statement.format(other.scope.project_id, other.scope.environment)
        await room.app.database.write("test.accept", lambda db: db.exec_driver_sql(insert) and None)
        await room.app.puller.pull()
        assert Job("run", "q", other.scope) in set(room.app.runs.lane.keys)
