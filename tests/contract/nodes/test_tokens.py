"""JWT and TOTP nodes: tokens that another library takes, and the passwords of RFC 6238."""

from __future__ import annotations

import time
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from tests.contract.nodes.bench import NOW, Bench, around, outputs_of, prepare

from tapbot.errors import InvalidInput
from tapbot.nodes.totp.node import password_at, read_secret

pytestmark = pytest.mark.asyncio(loop_scope="package")
SECRET = {"secret": "a secret that is long enough for a token"}
KEY = ec.generate_private_key(ec.SECP256R1())
PEM = {
    "keyType": "pemKey",
    "algorithm": "ES256",
    "privateKey": KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode().replace("\n", "\\n"),
    "publicKey": KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode(),
}
SECONDS = int(NOW.timestamp())
AT_ALL = {"verify_exp": False, "verify_nbf": False, "verify_iat": False, "verify_aud": False}


async def run(bench: Bench, name: str, fields: dict[str, str], parameters: dict[str, Any]) -> Any:
    kind = "totpApi" if name == "totp" else "jwtAuth"
    case = {"parameters": parameters, "settings": {"credentials": await bench.enter({kind: fields})}}
    return await bench.run(prepare(around(f"n8n-nodes-base.{name}", case)), "Start", [{"json": {}}])


async def record(bench: Bench, name: str, fields: dict[str, str], parameters: dict[str, Any]) -> Any:
    outcome = await run(bench, name, fields, parameters)
    assert outcome.error is None, outcome.error
    [[item]] = outputs_of(outcome, "Node")
    return item["json"]


async def test_a_token_says_what_its_claims_say(bench: Bench) -> None:
    claims = {"audience": "a", "issuer": "i", "jwtid": "j", "subject": "s", "expiresIn": 60, "notBefore": 5}
    made = await record(bench, "jwt", SECRET, {"claims": claims, "options": {"kid": "k1"}})
    read = jwt.decode(made["token"], SECRET["secret"], algorithms=["HS256"], options=AT_ALL)
    assert read == {
        "aud": "a", "iss": "i", "jti": "j", "sub": "s", "exp": SECONDS + 60, "nbf": SECONDS + 5, "iat": SECONDS,
    }  # fmt: skip
    assert jwt.get_unverified_header(made["token"])["kid"] == "k1"


@pytest.mark.parametrize(
    ("fields", "algorithm"), [(SECRET, "HS256"), ({"secret": "s" * 64, "algorithm": "HS512"}, "HS512"), (PEM, "ES256")]
)
async def test_a_token_that_was_signed_is_verified(bench: Bench, fields: dict[str, str], algorithm: str) -> None:
    given = {"useJson": True, "claimsJson": '{"name": "Ая", "iat": 5}'}
    token = (await record(bench, "jwt", fields, given))["token"]
    assert await record(bench, "jwt", fields, {"operation": "verify", "token": token}) == {
        "payload": {"name": "Ая", "iat": 5}
    }
    told = await record(bench, "jwt", fields, {"operation": "verify", "token": token, "options": {"complete": True}})
    assert told["header"]["alg"] == algorithm
    assert told["signature"] == token.rpartition(".")[2]
    assert (await record(bench, "jwt", {}, {"operation": "decode", "token": token}))["payload"]["name"] == "Ая"


def signed(**claims: Any) -> str:
    return jwt.encode(claims, SECRET["secret"], algorithm="HS256")


@pytest.mark.parametrize(
    ("token", "options", "problem"),
    [
        (signed(exp=SECONDS - 1), {}, "it has expired"),
        (signed(exp=SECONDS), {}, "it has expired"),
        (signed(exp=SECONDS - 5), {"clockTolerance": 10}, ""),
        (signed(exp=SECONDS - 5), {"ignoreExpiration": True}, ""),
        (signed(exp="soon"), {}, "is malformed"),
        (signed(nbf=SECONDS + 5), {}, "does not count yet"),
        (signed(nbf=SECONDS + 5), {"ignoreNotBefore": True}, ""),
        (signed(nbf=SECONDS + 5), {"clockTolerance": 5}, ""),
        (signed(a=1)[:-4] + "AAAA", {}, "signature does not fit"),
        (jwt.encode({"a": 1}, "s" * 48, algorithm="HS384"), {}, "signature does not fit"),
        (jwt.encode({"a": 1}, None, algorithm="none"), {}, "signature does not fit"),
        ("a.b", {}, "is malformed"),
        ("", {}, "is malformed"),
    ],
)
async def test_a_token_is_taken_in_its_time_and_with_its_key_alone(
    bench: Bench, token: str, options: dict[str, Any], problem: str
) -> None:
    outcome = await run(bench, "jwt", SECRET, {"operation": "verify", "token": token, "options": options})
    if not problem:
        assert outcome.error is None, outcome.error
        return
    assert problem in outcome.error["message"] or "is no time" in outcome.error["message"]


async def test_a_public_key_is_no_secret(bench: Bench) -> None:
    forged = {**SECRET, "secret": PEM["publicKey"]}
    for operation in ({"operation": "sign"}, {"operation": "verify", "token": signed(a=1)}):
        outcome = await run(bench, "jwt", forged, operation)
        assert "does not fit the algorithm" in outcome.error["message"]
    wrong = await run(bench, "jwt", SECRET, {"options": {"algorithm": "RS256"}})
    assert "does not fit the algorithm" in wrong.error["message"]


KEY_OF_RFC = b"12345678901234567890"


@pytest.mark.parametrize(
    ("seconds", "digest", "key", "password"),
    [
        (59, "SHA1", KEY_OF_RFC, "94287082"),
        (1111111109, "SHA1", KEY_OF_RFC, "07081804"),
        (20000000000, "SHA1", KEY_OF_RFC, "65353130"),
        (59, "SHA256", b"12345678901234567890123456789012", "46119246"),
        (59, "SHA512", b"1234567890123456789012345678901234567890123456789012345678901234", "90693936"),
    ],
)
async def test_passwords_are_those_of_rfc_6238(seconds: int, digest: str, key: bytes, password: str) -> None:
    assert password_at(key, seconds, digest=digest, digits=8, period=30) == password


async def test_a_password_of_this_moment(bench: Bench) -> None:
    options = {"digits": 8, "period": 60}
    before = int(time.time())
    made = await record(bench, "totp", {"secret": "gezd gnbv gy3t qojq gezd gnbv gy3t qojq"}, {"options": options})
    moments = {before, int(time.time())}
    assert made["token"] in {password_at(KEY_OF_RFC, at, digest="SHA1", digits=8, period=60) for at in moments}
    assert made["secondsRemaining"] in {60 - at % 60 for at in moments} | {60 - (before + 1) % 60}


@pytest.mark.parametrize("secret", ["0189", "", "====", "приват"])
async def test_a_secret_that_is_none_is_refused(secret: str) -> None:
    with pytest.raises(InvalidInput, match="of the credential 'mine' is not base32"):
        read_secret(secret, "mine")
