"""What a process did and what waits, as Prometheus reads it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prometheus_client import generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from sqlalchemy import Connection

from tapbot.inbox.outbox import count_in_doubt
from tapbot.inbox.store import count_unanswered
from tapbot.storage.types import Scope
from tapbot.workflow.journal import Backlog, count_backlog

if TYPE_CHECKING:
    from tapbot.app.building import App


async def write_metrics(app: App) -> bytes:
    """All figures, as of now, in Prometheus' text format."""

    def read(db: Connection) -> tuple[dict[Scope, Backlog], dict[Scope, int], dict[Scope, int]]:
        return count_backlog(db), count_unanswered(db), count_in_doubt(db)

    return generate_latest(_Figures([*_of_process(app), *_of_database(*await app.database.read(read))]))


class _Figures:
    """What `generate_latest` takes for a registry."""

    def __init__(self, metrics: list[Metric]) -> None:
        self._metrics = metrics

    def collect(self) -> Iterator[Metric]:
        """See `prometheus_client.registry.Collector`."""
        yield from self._metrics


def _of_process(app: App) -> Iterator[Metric]:
    ended = CounterMetricFamily("tapbot_runs", "Runs by what became of them here", labels=["status"])
    for status, count in sorted(app.counted.items()):
        ended.add_metric([status], count)
    yield ended
    figures = app.database.figures
    counters = {
        "tapbot_commits": ("Commits", figures.commits),
        "tapbot_changes": ("Changes that were committed", figures.changes),
        "tapbot_changes_refused": ("Changes that were refused because too many waited", figures.refused),
        "tapbot_database_connections_lost": ("Connections that the database ended", figures.lost_connections),
        "tapbot_leases_lost": ("Runs that this process lost to others", app.keeper.lost),
        "tapbot_runs_freed": ("Runs of silent processes that this one freed", app.rescuer.freed),
    }
    for name, (about, count) in counters.items():
        yield CounterMetricFamily(name, about, value=count)
    gauges = {
        "tapbot_changes_waiting": ("Changes that wait for the database", app.database.waiting),
        "tapbot_in_hand": ("Pieces of work that are done or wait for a slot here", app.taker.in_hand),
        "tapbot_run_slots_free": ("Runs that could begin here at once", app.runs.slots.free),
        "tapbot_leads": ("Whether this process leads", int(app.leadership.leads or app.alone)),
    }
    for name, (about, value) in gauges.items():
        yield GaugeMetricFamily(name, about, value=value)
    yield _batch_sizes(figures.batch_sizes, figures.changes)


def _batch_sizes(sizes: dict[int, int], changes: int) -> Metric:
    """Commits by how many changes they held."""
    buckets, below = [], 0
    for size in sorted(sizes):
        below += sizes[size]
        buckets.append((str(float(size)), below))
    return HistogramMetricFamily(
        "tapbot_commit_batch_size", "Changes of a commit", buckets=[*buckets, ("+Inf", below)], sum_value=changes
    )


def _of_database(
    backlogs: dict[Scope, Backlog], unanswered: dict[Scope, int], in_doubt: dict[Scope, int]
) -> Iterator[Metric]:
    """What all processes see alike."""
    whose = ["project", "environment"]
    gauges = {
        "ready": GaugeMetricFamily("tapbot_runs_ready", "Runs that were accepted and not begun", labels=whose),
        "running": GaugeMetricFamily("tapbot_runs_running", "Runs that somebody works on", labels=whose),
        "waiting": GaugeMetricFamily("tapbot_runs_parked", "Runs that wait for a time or an event", labels=whose),
        "in_doubt": GaugeMetricFamily("tapbot_runs_in_doubt", "Runs that a person has to decide about", labels=whose),
        "oldest_seconds": GaugeMetricFamily(
            "tapbot_queue_age_seconds", "Age of the oldest run that is ready", labels=whose
        ),
    }
    for scope, backlog in backlogs.items():
        for name, gauge in gauges.items():
            gauge.add_metric([scope.project_id, scope.environment], getattr(backlog, name))
    yield from gauges.values()
    messages = GaugeMetricFamily("tapbot_messages_unanswered", "Messages that no turn has taken", labels=whose)
    for scope, count in unanswered.items():
        messages.add_metric([scope.project_id, scope.environment], count)
    yield messages
    doubtful = GaugeMetricFamily(
        "tapbot_messages_in_doubt", "Messages of which nobody knows whether they arrived", labels=whose
    )
    for scope, count in in_doubt.items():
        doubtful.add_metric([scope.project_id, scope.environment], count)
    yield doubtful
