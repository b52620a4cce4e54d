"""People, their logins and the links that log them in."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection, select, update

from tapbot.access.login_links import make_link, sweep_links, use_link
from tapbot.access.secrets import derive_csrf_token, new_secret, same_secret
from tapbot.access.sessions import begin_session, end_session, end_sessions_of, find_session, sweep_sessions
from tapbot.access.store import add_person, find_admin, find_credentials, get_principal
from tapbot.access.tables import login_links, principals, sessions
from tapbot.access.types import Principal, Role
from tapbot.errors import Conflict, InvalidInput
from tapbot.storage.types import Scope

HOUR = timedelta(hours=1)


def test_a_person_is_found_however_the_email_is_written(db: Connection, scope: Scope, aigul: Principal) -> None:
    assert find_credentials(db, scope, " AIGUL@example.com") == (aigul, "hash")
    assert find_credentials(db, Scope("taxi", "prod"), aigul.email) is None
    assert find_admin(db, scope) is None


@pytest.mark.parametrize(
    "email", ["", "aigul", "@example.com", "a@", "a@b@c", "a b@example.com", "a" * 250 + "@b.test"]
)
def test_what_is_no_email_is_refused(db: Connection, scope: Scope, now: datetime, email: str) -> None:
    with pytest.raises(InvalidInput):
        add_person(db, scope, principal_id="x", email=email, name="", role=Role.ADMIN, password_hash=None, now=now)


def test_an_email_has_one_account(db: Connection, scope: Scope, now: datetime, aigul: Principal) -> None:
    with pytest.raises(Conflict):
        add_person(
            db, scope, principal_id="x", email=aigul.email, name="", role=Role.ADMIN, password_hash=None, now=now
        )


def test_a_session_holds_until_its_end(db: Connection, scope: Scope, now: datetime, aigul: Principal) -> None:
    token = new_secret()
    session = begin_session(db, aigul, token, now=now, lifetime=HOUR)
    assert find_session(db, scope, token, now=now + timedelta(minutes=59)) == session
    assert find_session(db, scope, token, now=now + HOUR) is None
    assert find_session(db, Scope("taxi", "prod"), token, now=now) is None
    assert find_session(db, scope, new_secret(), now=now) is None


def test_the_database_holds_no_secret_of_a_session(db: Connection, now: datetime, aigul: Principal) -> None:
    token = new_secret()
    begin_session(db, aigul, token, now=now, lifetime=HOUR)
    kept = str(db.execute(select(sessions)).all())
    assert token not in kept
    assert derive_csrf_token(token) not in kept


def test_the_token_against_forged_requests_belongs_to_one_session(
    db: Connection, now: datetime, aigul: Principal
) -> None:
    first, second = (begin_session(db, aigul, new_secret(), now=now, lifetime=HOUR) for _ in range(2))
    assert not same_secret(first.csrf_token, second.csrf_token)


def test_logging_out_ends_one_session_or_all(db: Connection, scope: Scope, now: datetime, aigul: Principal) -> None:
    tokens = [new_secret() for _ in range(3)]
    for token in tokens:
        begin_session(db, aigul, token, now=now, lifetime=HOUR)
    assert end_session(db, scope, tokens[0])
    assert not end_session(db, scope, tokens[0])
    assert find_session(db, scope, tokens[0], now=now) is None
    assert end_sessions_of(db, scope, aigul.principal_id) == 2


def test_a_disabled_person_is_logged_out(db: Connection, scope: Scope, now: datetime, aigul: Principal) -> None:
    token = new_secret()
    begin_session(db, aigul, token, now=now, lifetime=HOUR)
    db.execute(update(principals).values(disabled_at=now))
    assert find_session(db, scope, token, now=now) is None
    assert get_principal(db, scope, aigul.principal_id) is None
    assert find_credentials(db, scope, aigul.email) is None


def test_ended_sessions_and_old_links_are_swept(db: Connection, now: datetime, aigul: Principal) -> None:
    begin_session(db, aigul, new_secret(), now=now, lifetime=HOUR)
    make_link(db, aigul, new_secret(), now=now)
    assert sweep_sessions(db, now=now) == sweep_links(db, now=now) == 0
    assert sweep_sessions(db, now=now + HOUR) == sweep_links(db, now=now + HOUR) == 1


def test_a_link_works_once(db: Connection, scope: Scope, now: datetime, aigul: Principal) -> None:
    token = new_secret()
    make_link(db, aigul, token, now=now)
    assert token not in str(db.execute(select(login_links)).all())
    assert use_link(db, Scope("taxi", "prod"), token, now=now) is None
    assert use_link(db, scope, token, now=now) == aigul
    assert use_link(db, scope, token, now=now) is None


def test_a_link_works_for_fifteen_minutes(db: Connection, scope: Scope, now: datetime, aigul: Principal) -> None:
    token = new_secret()
    make_link(db, aigul, token, now=now)
    assert use_link(db, scope, token, now=now + timedelta(minutes=15)) is None
