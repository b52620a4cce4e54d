"""Ids sort by the moment at which they were made."""

from __future__ import annotations

import uuid

from tapbot.storage.ids import new_id


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
