"""Every kind of credential is complete, and what a person enters is checked without being shown."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tapbot.credentials.kinds import check_fields, find_kind, kind_names
from tapbot.credentials.signing import check_host, sign
from tapbot.credentials.tokens import is_fresh, read_tokens, token_request
from tapbot.credentials.types import Opened, Signature
from tapbot.errors import InvalidInput, NotAllowed, NotFound, UpstreamRejected

NOW = datetime(2026, 3, 5, 4, 30, tzinfo=UTC)


def opened(kind: str, **fields: str) -> Opened:
    return Opened("1", kind, "mine", fields)


@pytest.mark.parametrize("name", kind_names())
def test_a_kind_uses_the_fields_that_it_has(name: str) -> None:
    kind = find_kind(name)
    known = {field.name for field in kind.fields} | {"accessToken"}
    used = " ".join([*kind.headers, *kind.headers.values(), *kind.query, *kind.query.values(), *kind.hosts])
    assert set(re.findall(r"\{(\w+)\}", used)) <= known
    assert set(kind.basic or ()) <= known
    assert kind.label
    assert all(field.label for field in kind.fields)
    secrets = [field.name for field in kind.fields if field.secret]
    assert secrets, "a credential without a secret is none"
    assert not any(field.default for field in kind.fields if field.secret)


def test_an_unknown_kind_names_the_nearest() -> None:
    with pytest.raises(NotFound, match="httpBasicAuth"):
        find_kind("httpBasicAut")
    with pytest.raises(NotFound):
        find_kind("../kinds/smtp")


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"user": "a", "pasword": "hidden1"}, "has no field 'pasword'"),
        ({"password": "hidden1"}, "needs 'user'"),
        ({"user": ["hidden1"]}, "must be a text"),
        ({"user": "hidden1" * 10_000}, "more than"),
        ({"user": "a", "allowedHttpRequestDomains": "hidden1"}, "is one of"),
    ],
)
def test_a_field_that_does_not_fit_is_named_without_its_value(given: dict[str, Any], problem: str) -> None:
    with pytest.raises(InvalidInput, match=problem) as refused:
        check_fields(find_kind("httpBasicAuth"), given)
    assert "hidden1" not in str(refused.value)


def test_defaults_are_filled_in() -> None:
    assert check_fields(find_kind("redis"), {"password": "p"})["port"] == "6379"


def test_what_is_opened_prints_without_its_fields() -> None:
    shown = f"{opened('smtp', password='hidden1')!r} {Signature({'a': 'hidden1'}, {'b': 'hidden1'})!r}"
    assert "hidden1" not in shown


def test_a_value_is_never_a_template() -> None:
    made = sign(find_kind("httpHeaderAuth"), opened("httpHeaderAuth", name="X", value="{name}"))
    assert made.headers == {"X": "{name}"}


def test_a_line_break_does_not_become_a_header() -> None:
    with pytest.raises(InvalidInput, match="line break"):
        sign(find_kind("httpBearerAuth"), opened("httpBearerAuth", token="a\r\nX-Evil: 1"))


@pytest.mark.parametrize("host", ["sheets.googleapis.com", "SHEETS.googleapis.com"])
def test_a_kind_goes_to_its_hosts(host: str) -> None:
    check_host(find_kind("googleApi"), opened("googleApi"), host)


@pytest.mark.parametrize("host", ["googleapis.com.evil.example", "evilgoogleapis.com", "localhost"])
def test_a_kind_goes_to_no_other_host(host: str) -> None:
    with pytest.raises(NotAllowed):
        check_host(find_kind("googleApi"), opened("googleApi"), host)


def test_a_host_of_the_credential_itself() -> None:
    mine = opened("jiraSoftwareCloudApi", domain="https://shop.atlassian.net")
    check_host(find_kind("jiraSoftwareCloudApi"), mine, "shop.atlassian.net")
    with pytest.raises(NotAllowed):
        check_host(find_kind("jiraSoftwareCloudApi"), mine, "other.atlassian.net")


def test_a_token_is_renewed_a_minute_before_its_end() -> None:
    for left, fresh in ((61, True), (59, False)):
        ends = (NOW + timedelta(seconds=left)).isoformat()
        assert is_fresh(opened("oAuth2Api", accessToken="t", expiresAt=ends), NOW) is fresh
    assert not is_fresh(opened("oAuth2Api"), NOW)


def test_a_refresh_token_is_sent_with_the_client() -> None:
    mine = opened("googleDriveOAuth2Api", clientId="c", clientSecret="s", refreshToken="r", authentication="body")
    asked = token_request(find_kind("googleDriveOAuth2Api"), mine, NOW)
    assert asked.url == "https://oauth2.googleapis.com/token"
    wanted = {"grant_type": "refresh_token", "refresh_token": "r", "client_id": "c", "client_secret": "s"}
    assert asked.form == wanted
    assert "refreshToken" not in repr(asked)


def test_a_credential_that_was_never_authorised_says_so() -> None:
    with pytest.raises(InvalidInput, match="no refresh token"):
        token_request(find_kind("googleDriveOAuth2Api"), opened("googleDriveOAuth2Api", clientId="c"), NOW)


def test_a_service_account_signs_its_claim() -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    mine = opened("googleApi", email="bot@example.com", privateKey=pem.replace("\n", "\\n"), delegatedEmail="a@b.kz")
    form = token_request(find_kind("googleApi"), mine, NOW).form
    claims = jwt.decode(
        form["assertion"],
        key.public_key(),
        algorithms=["RS256"],
        audience="https://oauth2.googleapis.com/token",
        options={"verify_exp": False, "verify_iat": False},
    )
    assert (claims["iss"], claims["sub"]) == ("bot@example.com", "a@b.kz")
    assert claims["exp"] - claims["iat"] == 600


def test_a_private_key_that_is_none_is_not_shown() -> None:
    with pytest.raises(InvalidInput, match="private key") as refused:
        token_request(find_kind("googleApi"), opened("googleApi", email="a", privateKey="hidden1"), NOW)
    assert "hidden1" not in str(refused.value)


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"access_token": 5}', b'{"access_token": ""}', b"<html>"])
def test_an_answer_without_a_token_is_refused(content: bytes) -> None:
    with pytest.raises(UpstreamRejected, match="no access token"):
        read_tokens(content, NOW)


def test_a_new_refresh_token_takes_the_old_ones_place() -> None:
    tokens = read_tokens(b'{"access_token": "a", "expires_in": 60, "refresh_token": "new"}', NOW)
    ends = (NOW + timedelta(seconds=60)).isoformat()
    assert tokens == {"accessToken": "a", "expiresAt": ends, "refreshToken": "new"}


def test_a_services_own_login_sends_what_it_documents_and_reads_its_token() -> None:
    kind = find_kind("iikoApi")
    asked = token_request(kind, opened("iikoApi", apiLogin="hidden1"), NOW)
    assert (asked.url, asked.form) == ("https://api-ru.iiko.services/api/1/access_token", None)
    assert asked.json == {"apiLogin": "hidden1"}
    assert "hidden1" not in repr(asked)
    assert kind.oauth2 is not None
    tokens = read_tokens(b'{"correlationId": "c", "token": "t"}', NOW, kind.oauth2.answer)
    assert tokens == {"accessToken": "t", "expiresAt": (NOW + timedelta(hours=1)).isoformat()}


def test_a_token_may_need_more_than_the_client() -> None:
    fields = {
        "clientId": "c",
        "clientSecret": "s",
        "authentication": "body",
        "accessTokenUrl": "https://oauth.example.com",
    }
    asked = token_request(find_kind("halykEpayApi"), opened("halykEpayApi", **fields, terminal="T1"), NOW)
    assert asked.form is not None
    assert (asked.form["grant_type"], asked.form["terminal"]) == ("client_credentials", "T1")
    without = token_request(find_kind("halykEpayApi"), opened("halykEpayApi", **fields), NOW).form
    assert without is not None
    assert "terminal" not in without
