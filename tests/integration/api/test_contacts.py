"""Contacts over the management API: who may see, change, export and erase them."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import httpx
import pytest
from tests.integration.api.conftest import House

from tapbot.inbox import store
from tapbot.inbox.types import Arrival


async def arrive(house: House, sender: str, channel: str = "telegram") -> str:
    """Somebody writes; gives the contact's id."""
    scope, now = house.served.scope, house.clocks.now
    said = Arrival("taxi", channel, sender, "m1", "hello", None, sender, f"Aigul {sender}", "ru")
    await house.database.write("test", lambda db: store.accept(db, scope, said, now=now))
    async with house.logged_in() as client:
        found = await client.get("/api/v1/contacts", params={"search": sender})
        return str(found.json()["items"][0]["id"])


async def call(client: httpx.AsyncClient, method: str, path: str, status: int = 200, body: Any = None) -> Any:
    answer = await client.request(method, f"/api/v1{path}", json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


async def test_an_operator_changes_merges_and_takes_apart_and_notes_consent(house: House) -> None:
    first, second = await arrive(house, "7001"), await arrive(house, "77010001122", "whatsapp")
    async with house.logged_in("operator") as client:
        body = {"phone": "8 701 000 11 22", "language": "kz", "fields": {"city": "Almaty"}, "tags": ["VIP"]}
        shown = await call(client, "PATCH", f"/contacts/{first}", body=body)
        assert (shown["phone"], shown["language"], shown["tags"]) == ("+77010001122", "kk", ["vip"])
        assert not shown["phone_verified"]
        shown = await call(client, "PATCH", f"/contacts/{second}", body={"phone": "+77010001122"})
        assert (shown["phone_verified_by"], shown["same_phone"]) == ("whatsapp", [first])
        shown = await call(client, "POST", f"/contacts/{first}/merge", body={"other": second})
        assert (len(shown["accounts"]), shown["same_phone"], shown["phone_verified"]) == (2, [], True)
        history = await call(client, "GET", f"/contacts/{second}/history")
        assert {item["channel"] for item in history["items"]} == {"telegram", "whatsapp"}
        undo = f"/contact-merges/{shown['merges'][0]['id']}/undo"
        shown = await call(client, "POST", undo)
        assert (len(shown["accounts"]), shown["phone_verified"]) == (1, False)
        assert (await call(client, "POST", undo, 409))["code"] == "contact.merge_undone"
        said = {"purpose": "marketing", "granted": True, "source": "paper form"}
        shown = await call(client, "POST", f"/contacts/{first}/consents", body=said)
        assert shown["consents"][0]["granted"]
        shown = await call(client, "POST", f"/contacts/{first}/phone", body={"phone": "77019998877", "source": "call"})
        assert shown["phone_verified_by"] == "call"


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("PATCH", "", {"phone": "none"}, 400),
        ("PATCH", "", {"fields": {"X": 1}}, 400),
        ("PATCH", "", {"language": "xx"}, 400),
        ("PATCH", "", {"tags": ["x" * 41]}, 400),
        ("POST", "/consents", {"purpose": "Bad One", "granted": True, "source": "x"}, 400),
        ("POST", "/consents", {"purpose": "ads", "granted": True, "source": " "}, 400),
        ("POST", "/consents", {"purpose": "ads", "granted": True, "source": "x", "at": "2030-01-01T00:00:00Z"}, 400),
        ("POST", "/merge", {"other": "nobody"}, 404),
        ("POST", "/phone", {"phone": "12", "source": "x"}, 400),
        ("POST", "/erasure", {"confirm": "yes"}, 400),
    ],
)
async def test_what_is_not_right_is_refused_with_its_place(
    house: House, method: str, path: str, body: Any, status: int
) -> None:
    contact_id = await arrive(house, "7001")
    async with house.logged_in() as client:
        problem = await call(client, method, f"/contacts/{contact_id}{path}", status, body)
        assert problem["detail"]
        if status != 404:
            assert (await call(client, "GET", f"/contacts/{contact_id}"))["phone"] is None


async def test_only_an_administrator_exports_and_erases(house: House) -> None:
    contact_id = await arrive(house, "7001")
    erase = f"/contacts/{contact_id}/erasure"
    async with house.logged_in("operator") as client:
        await call(client, "POST", f"/contacts/{contact_id}/export", 403)
        await call(client, "POST", erase, 403, {"confirm": contact_id})
    async with house.logged_in("monitor") as client:
        await call(client, "PATCH", f"/contacts/{contact_id}", 403, {"name": "x"})
    async with house.logged_in() as client:
        packed = await client.post(f"/api/v1/contacts/{contact_id}/export")
        assert packed.headers["content-type"] == "application/zip"
        with zipfile.ZipFile(io.BytesIO(packed.content)) as files:
            assert "contact.json" in files.namelist()
        document = await call(client, "POST", f"/contacts/{contact_id}/export?format=json")
        assert document["contact_id"] == contact_id
        assert (await call(client, "GET", erase))["messages"] == 1
        receipt = await call(client, "POST", erase, body={"confirm": contact_id})
        await call(client, "GET", f"/contacts/{contact_id}", 404)
        listed = await call(client, "GET", "/contact-erasures")
        assert [one["receipt_hash"] for one in listed["items"]] == [receipt["receipt_hash"]]


async def test_pages_of_people_neither_repeat_nor_leave_out_anybody(house: House) -> None:
    made = {await arrive(house, str(sender)) for sender in range(7001, 7006)}  # all at one moment
    async with house.logged_in() as client:
        seen: list[str] = []
        path = "/contacts?limit=2"
        while path:
            page = await call(client, "GET", path)
            seen += [one["id"] for one in page["items"]]
            path = f"/contacts?limit=2&before={page['next']}" if page["next"] else ""
    assert sorted(seen) == sorted(made)
