"""Passwords are hashed, and a stranger does not learn who exists."""

import time

import pytest

from tapbot.access.passwords import hash_password, verify_password
from tapbot.errors import InvalidInput

RIGHT = "correct horse battery"


def test_the_right_password_is_right_and_no_other() -> None:
    kept = hash_password(RIGHT)
    assert kept.startswith("$argon2id$")
    assert verify_password(RIGHT, kept)
    assert not verify_password(RIGHT + " ", kept)
    assert not verify_password("", kept)


def test_nobody_has_the_decoys_password() -> None:
    assert not verify_password("nobody has this password", None)


@pytest.mark.parametrize("password", ["", "ninechars", "x" * 1_001])
def test_a_weak_or_endless_password_is_refused(password: str) -> None:
    with pytest.raises(InvalidInput):
        hash_password(password)


def test_a_password_of_which_the_end_is_cut_off_is_wrong() -> None:
    assert not verify_password("x" * 1_001, hash_password("x" * 1_000))


def test_a_missing_person_takes_as_much_work_as_a_wrong_password() -> None:
    kept = hash_password(RIGHT)

    def least_work(password_hash: str | None) -> float:
        """CPU of all threads: what others do on the machine does not count."""
        spent = []
        for _ in range(5):
            started = time.process_time()
            verify_password("wrong password", password_hash)
            spent.append(time.process_time() - started)
        return min(spent)

    least_work(None)
    assert 0.5 < least_work(None) / least_work(kept) < 2
