"""A worker that is cut off from the database, or has no room on its disk: others go on, and it writes nothing."""

from __future__ import annotations

import resource
import time
from contextlib import ExitStack

from tests.chaos.fault_proxy import FaultProxy, fault_proxy
from tests.integration.roles.cluster import Cluster, CountingServer, post, until


def behind(proxy: FaultProxy, shared: Cluster) -> dict[str, str]:
    """What a process needs to know that reaches PostgreSQL through a proxy."""
    return {"TAPBOT_STORAGE__URL": shared.url.replace(f":{shared.postgres.port}/", f":{proxy.port}/")}


def test_what_a_cut_off_worker_had_goes_on_elsewhere_within_ten_seconds_and_it_writes_nothing(
    shared: Cluster, service: CountingServer
) -> None:
    """One worker's connections break, another's fall silent. When the network is back, they are too late."""
    with ExitStack() as stack:
        proxies = [stack.enter_context(fault_proxy(shared.postgres.port)) for _ in range(2)]
        web, _scheduler = shared.web(), shared.scheduler()
        for proxy in proxies:
            shared.worker(env=behind(proxy, shared))
        service.delay_seconds = 3
        for number in range(8):
            post(web, "later", {"n": number})
        until(lambda: len(service.seen) == 8)
        assert shared.rows("SELECT count(DISTINCT lease_holder) FROM runs WHERE status = 'running'") == [["2"]]
        proxies[0].cut()
        proxies[1].fall_silent()
        began = time.monotonic()
        service.delay_seconds = 0
        healthy = shared.worker()
        until(lambda: shared.count("name = 'later' AND status = 'succeeded' AND attempt = 2") == 8)
        assert time.monotonic() - began < 10
        kept = "SELECT run_id, attempt, finished_at, output FROM runs WHERE name = 'later' ORDER BY run_id"
        before = shared.rows(kept)
        for proxy in proxies:
            proxy.heal()
        healthy.stop()
        assert post(web, "call", {"n": 100}).json() == {"n": 100}
        time.sleep(1)  # by now what was held back has arrived
        assert shared.rows(kept) == before
        assert shared.rows("SELECT DISTINCT attempt FROM steps WHERE node = 'Call' ORDER BY attempt") == [["1"], ["2"]]
        assert sorted(service.seen) == sorted([f"/{number}" for number in range(8)] * 2 + ["/100"])


def test_a_slow_network_delays_and_loses_nothing(shared: Cluster, service: CountingServer) -> None:
    with fault_proxy(shared.postgres.port) as proxy:
        web, _worker = shared.web(), shared.worker(env=behind(proxy, shared))
        proxy.delay(0.01)
        for number in range(3):
            assert post(web, "call", {"n": number}).json() == {"n": number}
    assert service.seen == ["/0", "/1", "/2"]


def test_a_worker_without_room_on_its_disk_loses_nothing(shared: Cluster, service: CountingServer) -> None:
    """Each write to a file fails, those to its log as well; it goes on, since its work is kept elsewhere."""
    web, worker = shared.web(), shared.worker()
    resource.prlimit(worker.child.pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
    for number in range(3):
        assert post(web, "call", {"n": number}).json() == {"n": number}
    assert service.seen == ["/0", "/1", "/2"]
    assert shared.count("name = 'call' AND status = 'succeeded' AND attempt = 1") == 3
