"""Two web processes on one port: a restart refuses nobody and loses nothing."""

from __future__ import annotations

import threading

import httpx2
from tests.integration.roles.cluster import Cluster, Process, until
from tests.servers.ports import free_port

CALLERS = 6


class Callers:
    """Call a webhook again and again until told to stop; half of them open a connection for each call."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._stop = threading.Event()
        self.answered = 0
        self.failed: list[str] = []
        self._threads = [threading.Thread(target=self._call, args=(place % 2 == 0,)) for place in range(CALLERS)]
        for thread in self._threads:
            thread.start()

    def _call(self, keeps_connection: bool) -> None:
        kept = httpx2.Client(timeout=30)
        while not self._stop.is_set():
            http = kept if keeps_connection else httpx2.Client(timeout=30)
            path = "fast" if self.answered % 2 else "call"
            try:
                answer = http.post(f"{self._url}/webhook/{path}", json={"n": 5})
                if answer.status_code != 200 or answer.json() != {"n": 5}:
                    self.failed.append(f"{answer.status_code} {answer.text}")
            except httpx2.HTTPError as error:
                self.failed.append(repr(error))
            self.answered += 1
            if not keeps_connection:
                http.close()
        kept.close()

    def stop(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()


def test_no_request_fails_while_web_and_worker_are_replaced(shared: Cluster) -> None:
    port = free_port()
    old_worker = shared.worker()
    old = shared.web("--reuse-port", port=port)
    callers = Callers(old.url or "")
    try:
        until(lambda: callers.answered > 50)
        shared.web("--reuse-port", port=port)
        old.stop()
        seen = callers.answered
        until(lambda: callers.answered > seen + 50)
        new_worker: Process = shared.worker()
        old_worker.stop()
        after = callers.answered
        until(lambda: callers.answered > after + 50)
        assert new_worker.child.poll() is None
    finally:
        callers.stop()
    assert callers.failed == []
    assert shared.count("status NOT IN ('succeeded')") == 0
