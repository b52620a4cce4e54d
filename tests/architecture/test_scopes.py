"""What is asked for from outside runs limited to one project; the list of exceptions may only shrink."""

from __future__ import annotations

import re

from tests.architecture.tree import python_files, shown

UNSCOPED = re.compile(r"\._?database\.(read|write)\(")
CROSSES = {
    "src/tapbot/api/answers.py",  # the journal's own rows
    "src/tapbot/api/backlog.py",  # how much waits, over all projects
    "src/tapbot/api/events.py",  # the smallest and the largest number of all facts, and nothing else of them
    "src/tapbot/api/run_changes.py",  # requests do not write the journal: the engine does
    "src/tapbot/api/webhook.py",  # begins runs
}


def test_the_api_reads_and_writes_within_a_scope() -> None:
    found = {shown(path) for path in python_files("src/tapbot/api/") if UNSCOPED.search(path.read_text("utf-8"))}
    assert found == CROSSES
