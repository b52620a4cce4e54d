"""Web, worker and scheduler as processes of their own do together what one process does alone."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path

from tests.chaos.process import TAPBOT, nursery
from tests.integration.roles.cluster import Cluster, CountingServer, cluster, post, until
from tests.servers.postgres import PostgresServer


def test_a_webhook_is_answered_by_whoever_can(shared: Cluster, service: CountingServer) -> None:
    web, _worker, _scheduler = shared.web(), shared.worker(), shared.scheduler()
    assert post(web, "fast", {"n": 1}).json() == {"n": 1}
    assert post(web, "call", {"n": 2}).json() == {"n": 2}
    assert service.seen == ["/2"]
    service.delay_seconds = 2
    began = time.monotonic()
    assert post(web, "early").text == "early"
    assert time.monotonic() - began < 2, "the answer came before the run's end"
    until(lambda: shared.count("status = 'succeeded' AND name = 'early'") == 1)
    until(lambda: shared.count("status = 'succeeded' AND name = 'tick'") >= 1)
    assert shared.count("status NOT IN ('succeeded', 'ready', 'running')") == 0


def test_a_killed_workers_runs_go_on_elsewhere_within_ten_seconds(shared: Cluster, service: CountingServer) -> None:
    web, first, _scheduler = shared.web(), shared.worker(), shared.scheduler()
    service.delay_seconds = 3
    for number in range(4):
        post(web, "later", {"n": number})
    until(lambda: len(service.seen) == 4)
    shared.worker()
    first.kill()
    killed_at = time.monotonic()
    service.delay_seconds = 0
    until(lambda: shared.count("name = 'later' AND status = 'succeeded' AND attempt = 2") == 4)
    assert time.monotonic() - killed_at < 10


def test_a_worker_that_was_paused_gives_up_what_others_took_over(shared: Cluster, service: CountingServer) -> None:
    web, sleeper, _scheduler = shared.web(), shared.worker(), shared.scheduler()
    service.delay_seconds = 2
    post(web, "later", {"n": 1})
    until(lambda: len(service.seen) == 1)
    shared.worker()
    sleeper.signal(signal.SIGSTOP)
    until(lambda: shared.count("name = 'later' AND status = 'succeeded' AND attempt = 2") == 1, 15)
    history = shared.rows("SELECT finished_at, output FROM runs WHERE name = 'later'")
    sleeper.signal(signal.SIGCONT)
    service.delay_seconds = 0
    assert post(web, "call", {"n": 7}).json() == {"n": 7}
    time.sleep(1)
    assert shared.rows("SELECT finished_at, output FROM runs WHERE name = 'later'") == history
    assert shared.rows(
        "SELECT DISTINCT attempt FROM steps WHERE run_id IN (SELECT run_id FROM runs WHERE name = 'later')"
    ) == [["2"]]


def test_a_stopped_workers_runs_go_on_elsewhere_at_once(shared: Cluster, service: CountingServer) -> None:
    shared.env["TAPBOT_SERVER__DRAIN_SECONDS"] = "0.5"
    web, first = shared.web(), shared.worker()
    service.delay_seconds = 5
    post(web, "later", {"n": 1})
    until(lambda: len(service.seen) == 1)
    shared.worker()
    service.delay_seconds = 0
    first.stop()
    until(lambda: shared.count("name = 'later' AND status = 'succeeded' AND attempt = 2") == 1, 4)


def test_without_redis_workers_find_their_work_in_the_database(
    tmp_path: Path, postgres: PostgresServer, project: Path
) -> None:
    with cluster(tmp_path, postgres, None, project) as made:
        web, _worker = made.web(), made.worker()
        assert post(web, "call", {"n": 3}).json() == {"n": 3}


def test_the_roles_refuse_sqlite(tmp_path: Path, project: Path) -> None:
    for command in (["web", str(project)], ["worker"], ["scheduler"]):
        with (tmp_path / "out").open("wb") as out:
            child = nursery().start(command, env={"PATH": ""}, out=out.fileno(), err=out.fileno())
        assert child.wait(30) == 2
        assert "SQLite is for one process alone" in (tmp_path / "out").read_text()


def test_commands_are_answered_on_a_machine_without_a_data_folder(shared: Cluster, tmp_path: Path) -> None:
    shared.web()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()

    def tapbot(*command: str) -> subprocess.CompletedProcess[str]:
        named = [str(TAPBOT), *command, "--project", str(shared.projects[0]), "--json"]
        env = {**os.environ, **shared.env}
        return subprocess.run(
            named,
            cwd=elsewhere,
            env=env,
            input='{"token": "secret"}',
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    listed = tapbot("messages", "list")
    assert (listed.returncode, json.loads(listed.stdout or "null")) == (0, []), listed.stderr
    sealed = tapbot("credential", "add", "httpBearerAuth", "api")
    assert "credential.no_key" in sealed.stderr, "a key of its own would open nothing elsewhere"
    assert list(elsewhere.iterdir()) == []
