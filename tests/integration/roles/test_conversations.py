"""Conversations over several processes: accepted by one, answered by any worker, in order, once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2
from tests.chaos.process import ROOT
from tests.integration.roles.cluster import Process, cluster, until
from tests.servers.postgres import PostgresServer
from tests.servers.redis import RedisServer

TAXI = ROOT / "examples/taxi"


def talk(web: Process, texts: list[str]) -> list[int]:
    """Say one thing after the other in a chat of one's own; gives how many replies each got."""
    with httpx2.Client(base_url=f"{web.url}/chat/taxi", timeout=60) as http:
        token = http.post("/token").json()["token"]
        counts = []
        for number, text in enumerate(texts):
            said = http.post(
                "/messages?wait=30",
                headers={"X-Chat-Token": token},
                json={"id": f"m{number}", "text": text},
            )
            counts.append(len(said.raise_for_status().json()["messages"]))
        return counts


def test_chats_are_answered_by_two_workers_also_when_one_of_them_dies(
    tmp_path: Path, postgres: PostgresServer, redis_server: RedisServer
) -> None:
    with cluster(tmp_path, postgres, redis_server.url, TAXI) as made:
        web, first, _second, _scheduler = made.web(), made.worker(), made.worker(), made.scheduler()
        with ThreadPoolExecutor(4) as people:
            chats = [people.submit(talk, web, ["сәлем", "такси керек", "hello"]) for _ in range(4)]
            until(lambda: made.count("kind = 'turn'") >= 3)
            first.kill()
            counts = [chat.result() for chat in chats]
        assert all(replies >= 1 for chat in counts for replies in chat), counts
        until(lambda: made.count("kind = 'turn' AND status <> 'succeeded'") == 0)
        assert made.count("kind = 'turn'") == 12
        assert made.rows("SELECT count(*) FROM inbound WHERE status <> 'done'") == [["0"]]
        assert made.rows("SELECT count(*) - count(DISTINCT send_key) FROM outbox") == [["0"]]
        until(lambda: made.rows("SELECT count(*) FROM outbox WHERE status <> 'sent'") == [["0"]])
