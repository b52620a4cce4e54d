"""The soak at a small size; `make soak` runs it at full size."""

from __future__ import annotations

from pathlib import Path

from tests.chaos.soaking import SAMPLES, Held, Soaked, soak

STEADY = Held(memory_mb=100, files=20, threads=5, connections=8, children=3, tasks=6)


def test_what_grows_is_named() -> None:
    leaking = [Held(100 + 3 * hour, 20 + hour, 5, 8, 3, 6) for hour in range(SAMPLES)]
    assert Soaked(leaking, {}).grown() == ["memory_mb", "files"]
    assert Soaked([STEADY] * SAMPLES, {}).grown() == []


async def test_a_day_passes_and_everything_that_came_in_is_done(tmp_path: Path) -> None:
    soaked = await soak(tmp_path, seconds=8)
    assert len(soaked.samples) == SAMPLES
    assert soaked.work["bookings"] > 0
    assert soaked.work["webhooks"] == 2 * soaked.work["bookings"]
    assert not [name for name in soaked.work if name.endswith((" failed", " in_doubt"))]
