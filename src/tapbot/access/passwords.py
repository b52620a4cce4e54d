"""Passwords: hashed with argon2, checked in the same time whether the person exists or not.

Both functions take some 50 ms of a core and some 64 MB: call them in a thread.
"""

from __future__ import annotations

from functools import lru_cache

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from tapbot.errors import InvalidInput

LEAST_CHARACTERS = 10
MOST_CHARACTERS = 1_000


def hash_password(password: str) -> str:
    """The text to keep instead of a password.

    Raises:
        InvalidInput: It is shorter than 10 characters or longer than 1,000.
    """
    if not LEAST_CHARACTERS <= len(password) <= MOST_CHARACTERS:
        raise InvalidInput(
            f"a password has {LEAST_CHARACTERS} to {MOST_CHARACTERS} characters.", code="access.weak_password"
        )
    return _hasher().hash(password)


def verify_password(password: str, password_hash: str | None) -> bool:
    """Whether a password is the right one.

    Args:
        password_hash: What `hash_password` gave; `None` when there is no such person, or they have no
            password. That takes as long as a wrong password, so that nobody learns who exists.
    """
    decoy = _decoy()  # made by the first call of all, whoever it asks for
    right = _hasher().verify(password[:MOST_CHARACTERS], password_hash or decoy)
    return right and password_hash is not None and len(password) <= MOST_CHARACTERS


@lru_cache(maxsize=1)
def _hasher() -> PasswordHash:
    return PasswordHash((Argon2Hasher(),))


@lru_cache(maxsize=1)
def _decoy() -> str:
    return _hasher().hash("nobody has this password")
