"""A visitor's identity: what the site signed is believed, and nothing else."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest

from tapbot.channels.webchat.assets import FOLDER
from tapbot.channels.webchat.identity import Identity, chat_token_of, read_identity
from tapbot.channels.webchat.tokens import read_chat_token
from tapbot.errors import NotAllowed
from tapbot.storage.types import Scope

SECRET = "a secret of the site, for tests alone"
NOW = datetime(2026, 3, 14, 10, tzinfo=UTC)
SOON = int((NOW + timedelta(minutes=10)).timestamp())
SCOPE = Scope("taxi", "prod")
MOST_BYTES = 30_000


def sign(claims: dict[str, Any], secret: str | None = SECRET, algorithm: str = "HS256") -> str:
    return jwt.encode({"sub": "17", "exp": SOON, **claims}, secret, algorithm=algorithm)


def test_names_and_verified_phones_are_read() -> None:
    told = {"name": " Aigul ", "phone_number": "+7 701 555-66-77", "phone_number_verified": True}
    assert read_identity(sign(told), SECRET, now=NOW) == Identity("17", "Aigul", "+77015556677")


@pytest.mark.parametrize("verified", [False, "true", 1, None])
def test_a_phone_that_the_site_did_not_verify_is_left_out(verified: object) -> None:
    told = {"phone_number": "+77015556677", "phone_number_verified": verified}
    assert read_identity(sign(told), SECRET, now=NOW) == Identity("17")


@pytest.mark.parametrize(
    "token",
    [
        "",
        "not.a.token",
        sign({}, "another secret, of somebody else, long"),
        sign({}, None, "none"),
        sign({}, SECRET * 2, algorithm="HS512"),
        sign({})[:-4] + "AAAA",
        sign({"exp": int((NOW - timedelta(minutes=5)).timestamp())}),
        sign({"exp": int((NOW + timedelta(days=3)).timestamp())}),
        sign({"exp": True}),
        sign({"exp": float("nan")}),
        sign({"exp": "soon"}),
        sign({"sub": ""}),
        sign({"sub": 17}),
        sign({"sub": "x" * 201}),
        sign({"name": "x" * 5000}),
        jwt.encode({"exp": SOON}, SECRET),
        jwt.encode({"sub": "17"}, SECRET),
    ],
)
def test_anything_else_is_refused_without_repeating_it(token: str) -> None:
    with pytest.raises(NotAllowed) as caught:
        read_identity(token, SECRET, now=NOW)
    assert caught.value.code == "webchat.bad_identity"
    assert SECRET not in str(caught.value)
    assert not token or token not in str(caught.value)


def test_one_person_has_one_token_a_bot_and_nobody_guesses_it() -> None:
    token = chat_token_of("17", SECRET, SCOPE, "taxi")
    assert read_chat_token({"X-Chat-Token": token}) == token
    assert token == chat_token_of("17", SECRET, SCOPE, "taxi")
    others = {
        chat_token_of("18", SECRET, SCOPE, "taxi"),
        chat_token_of("17", "another secret", SCOPE, "taxi"),
        chat_token_of("17", SECRET, Scope("taxi", "dev"), "taxi"),
        chat_token_of("17", SECRET, SCOPE, "lost"),
    }
    assert len(others | {token}) == 5


def test_everything_that_a_browser_loads_is_small() -> None:
    packed = sum(len(gzip.compress(file.read_bytes())) for file in FOLDER.iterdir())
    assert packed < MOST_BYTES
