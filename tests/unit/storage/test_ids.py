"""Ids sort by the moment at which they were made."""

from __future__ import annotations

import multiprocessing
import uuid
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

from tapbot.storage.ids import DRAWN_AT_ONCE, new_id


def test_an_id_is_a_uuid_of_version_7() -> None:
    found = [uuid.UUID(new_id()) for _ in range(100)]
    assert {(one.version, one.variant) for one in found} == {(7, uuid.RFC_4122)}
    assert len(set(found)) == 100


def test_ids_of_later_milliseconds_sort_behind() -> None:
    first = new_id()
    following = new_id()
    while following[:13] == first[:13]:
        following = new_id()
    assert first < following


def _chances(count: int) -> list[str]:
    """The part of some ids that is chance, not time."""
    return [new_id().replace("-", "")[13:] for _ in range(count)]


def test_threads_never_share_chance() -> None:
    with ThreadPoolExecutor(4) as threads:
        found = [one for made in threads.map(_chances, [DRAWN_AT_ONCE * 3] * 4) for one in made]
    assert len(set(found)) == len(found)


def test_a_forked_process_draws_its_own_chance() -> None:
    new_id()  # some is drawn and left over
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("fork")) as other:
        theirs = other.submit(_chances, DRAWN_AT_ONCE).result()
    assert not set(theirs) & set(_chances(DRAWN_AT_ONCE))
