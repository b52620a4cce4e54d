"""Roles and what they may do."""

import pytest

from tapbot.access.policy import PERMISSIONS, may, require
from tapbot.access.types import Permission, Principal, Role
from tapbot.errors import NotAllowed
from tapbot.storage.types import Scope


def principal(role: Role) -> Principal:
    return Principal("p", Scope("taxi", "dev"), "person", "a@example.com", "A", role)


def test_every_role_has_a_policy() -> None:
    assert set(PERMISSIONS) == set(Role)


def test_an_administrator_may_do_everything() -> None:
    assert all(may(principal(Role.ADMIN), permission) for permission in Permission)


def test_a_monitor_changes_nothing() -> None:
    allowed = {permission.value.partition(".")[2] for permission in PERMISSIONS[Role.MONITOR]}
    assert allowed == {"read"}


def test_what_a_role_does_not_allow_is_refused_with_its_name() -> None:
    require(principal(Role.OPERATOR), Permission.WRITE_RECORDS)
    with pytest.raises(NotAllowed, match=r"people\.manage"):
        require(principal(Role.OPERATOR), Permission.MANAGE_PEOPLE)
