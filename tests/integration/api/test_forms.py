"""Forms: a real page that starts a run, further pages of it, and the last one."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
import pytest_asyncio
from tests.chaos.rooms import Room, make_project, open_room, workflow

from tapbot.api.desk import answer
from tapbot.app.serving import desk_of

pytestmark = pytest.mark.asyncio(loop_scope="module")
FIELDS = [
    {"fieldLabel": "Name <b>", "requiredField": True, "placeholder": "Aya"},
    {"fieldLabel": "Seats", "fieldType": "number", "defaultValue": "2"},
    {"fieldLabel": "Mail", "fieldType": "email"},
    {"fieldLabel": "Day", "fieldType": "date", "formatDate": "dd.MM.yyyy"},
    {"fieldLabel": "Class", "fieldType": "dropdown", "fieldOptions": {"values": [{"option": "eco"}, {"option": "x"}]}},
    {
        "fieldLabel": "Extras",
        "fieldType": "checkbox",
        "limitSelection": "range",
        "maxSelections": 1,
        "fieldOptions": {"values": [{"option": "wifi"}, {"option": "tea"}]},
    },
    {"fieldType": "hiddenField", "fieldName": "ref", "fieldValue": "none"},
    {"fieldType": "html", "elementName": "note", "html": "<b onclick=x()>Hi</b><script>alert(1)</script>"},
]
PAPERS = [
    {"fieldLabel": "Papers", "fieldType": "file", "acceptFileTypes": ".txt, .pdf", "requiredField": True},
    {"fieldLabel": "Photo", "fieldType": "file", "multipleFiles": False},
]


def trigger(at: str, fields: list[dict[str, Any]], version: float = 2.3, **given: Any) -> dict[str, Any]:
    options = {"path": at, **given.pop("options", {})}
    parameters = {"formTitle": "Seats & more", "formFields": {"values": fields}, "options": options, **given}
    return {"name": "Form", "type": "n8n-nodes-base.formTrigger", "typeVersion": version, "parameters": parameters}


def page(name: str, **parameters: Any) -> dict[str, Any]:
    return {"name": name, "type": "n8n-nodes-base.form", "typeVersion": 2.3, "parameters": parameters}


def told(**values: str) -> dict[str, Any]:
    entries = [{"id": name, "name": name, "value": value, "type": "string"} for name, value in values.items()]
    assignments = {"assignments": {"assignments": entries}, "includeOtherFields": True}
    return {"name": "Told", "type": "n8n-nodes-base.set", "typeVersion": 3.4, "parameters": assignments}


CITY = [{"fieldLabel": "City", "requiredField": True}]
ASK = {"defineForm": "json", "jsonOutput": '=[{"fieldLabel": "Where from, {{ $json.City }}?"}]'}
STEPS = [
    trigger("steps", CITY),
    page("Second", **ASK, options={"formTitle": "Second", "buttonLabel": "On"}),
    page(
        "End",
        operation="completion",
        completionTitle="Thanks",
        completionMessage="={{ $('Form').first().json.City }} <script>x</script>",
    ),
]
FAILING = {"name": "Stop", "type": "n8n-nodes-base.stopAndError", "parameters": {"errorMessage": "no"}}
LAST = {"responseMode": "lastNode"}
ELSEWHERE = {"values": {"respondWith": "redirect", "redirectUrl": "https://example.com/thanks"}}
FLOWS = {
    "one": [trigger("one", FIELDS)],
    "papers": [trigger("papers", PAPERS)],
    "steps": STEPS,
    "last": [trigger("last", CITY, **LAST), told(a="1")],
    "failing": [trigger("failing", CITY, **LAST), FAILING],
    "away": [trigger("away", CITY, options={"respondWithOptions": ELSEWHERE})],
    "closed": [
        {
            **trigger("closed", CITY, authentication="basicAuth", options={"ignoreBots": True}),
            "credentials": {"httpBasicAuth": {"id": "elsewhere", "name": "guests"}},
        }
    ],
    "old": [trigger("", CITY, version=1, path="old", options={"formSubmittedText": "Done <i>so</i>"})],
    "two-ends": [
        trigger("two-ends", CITY),
        page("End", operation="completion", respondWith="redirect", redirectUrl="https://example.com/x"),
    ],
    "text-end": [
        trigger("text-end", CITY),
        page("End", operation="completion", respondWith="showText", responseText="<h2>Bye</h2>"),
    ],
    "breaks": [trigger("breaks", CITY), FAILING, page("Never")],
    "waits": [
        trigger("waits", CITY),
        page("Second", limitWaitTime=True, resumeAmount=0.1, resumeUnit="seconds"),
        told(late="yes"),
    ],
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def room(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Room]:
    home = tmp_path_factory.mktemp("forms")
    flows = [workflow(name, nodes) for name, nodes in FLOWS.items()]
    async with open_room(make_project(home / "project", flows), home / "data") as made:
        asked = {"kind": "httpBasicAuth", "name": "guests", "fields": {"user": "aya", "password": "secret"}}
        await answer(desk_of(made.app), "credentials.add", asked)
        async with made.app.working():
            yield made


async def runs_of(room: Room, name: str) -> list[dict[str, Any]]:
    """The items that the runs of a workflow began with, oldest first."""
    found = await room.rows("SELECT workflow_id, input FROM runs ORDER BY created_at")
    return [json.loads(value)[0] for workflow_id, value in found if workflow_id == name]


def nonce_in(page: httpx2.Response) -> str:
    found = re.search(r'name="form-nonce" value="([^"]+)"', page.text)
    assert found, page.text
    return found[1]


async def test_the_page_shows_the_fields_and_nothing_of_the_authors_that_could_run(room: Room) -> None:
    got = await room.http.get("/form/one?Name%20%3Cb%3E=Dana&ref=ad")
    assert got.status_code == 200
    assert "default-src 'none'" in got.headers["content-security-policy"]
    assert "sandbox" in got.headers["content-security-policy"]
    assert "Seats &amp; more" in got.text
    assert 'value="Dana"' in got.text
    assert 'type="number" value="2"' in got.text
    assert "<b>Hi</b>" in got.text
    assert "onclick" not in got.text
    assert "alert" not in got.text
    assert "Submit" in got.text


@pytest.mark.parametrize(
    ("accepted", "button"),
    [("kk-KZ,ru;q=0.8", "Жіберу"), ("de, ru;q=0.5, en;q=0.3", "Отправить"), ("de", "Submit"), ("ru;q=x", "Submit")],
)
async def test_the_page_speaks_the_readers_language(room: Room, accepted: str, button: str) -> None:
    got = await room.http.get("/form/steps", headers={"accept-language": accepted})
    assert f"<button>{button}</button>" in got.text


async def test_what_is_sent_starts_a_run_with_values_by_label(room: Room) -> None:
    sent = {
        "field-0": "={{ 1 + 1 }}", "field-1": "3", "field-2": "a@b.kz", "field-3": "2026-03-05", "field-4": "eco",
        "field-5": "wifi", "field-6": "forged",
    }  # fmt: skip
    got = await room.http.post("/form/one?ref=ad", data=sent)
    assert "Your response has been recorded." in got.text
    record = (await runs_of(room, "one"))[-1]["json"]
    assert record.pop("submittedAt").endswith("+00:00")
    assert record == {
        "Name <b>": "={{ 1 + 1 }}", "Seats": 3, "Mail": "a@b.kz", "Day": "05.03.2026", "Class": "eco",
        "Extras": ["wifi"], "ref": "ad", "note": FIELDS[7]["html"], "formMode": "production",
        "formQueryParameters": {"ref": "ad"},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        ({}, "Заполните это поле."),
        ({"field-1": "many"}, "Это не число."),
        ({"field-1": "inf"}, "Это не число."),
        ({"field-2": "@"}, "Это не адрес электронной почты."),
        ({"field-3": "32"}, "Это не дата."),
        ({"field-4": "first"}, "Выберите из предложенного."),
        ({"field-5": ["wifi", "tea"]}, "Выбрано неверное число вариантов."),
        ({"field-0": "x" * 100_001}, "Слишком длинный ответ."),
    ],
)
async def test_an_answer_that_does_not_fit_is_marked_and_the_others_stay(
    room: Room, wrong: dict[str, Any], problem: str
) -> None:
    before = len(await runs_of(room, "one"))
    kept = {} if not wrong else {"field-0": '"Дана"'}
    got = await room.http.post("/form/one", data={**kept, **wrong}, headers={"accept-language": "ru"})
    assert got.status_code == 422
    assert problem in got.text
    assert got.text.count('class="problem" id=') == 1
    if wrong and "field-0" not in wrong:
        assert 'value="&quot;Дана&quot;"' in got.text
    assert len(await runs_of(room, "one")) == before


async def test_files_come_as_files_of_the_item(room: Room) -> None:
    files = [("field-0", ("a.txt", b"one", "text/plain")), ("field-0", ("b.pdf", b"two!", "application/pdf"))]
    got = await room.http.post("/form/papers", files=files)
    assert got.status_code == 200, got.text
    item = (await runs_of(room, "papers"))[-1]
    assert item["json"]["Papers"] == [
        {"filename": "a.txt", "mimetype": "text/plain", "size": 3},
        {"filename": "b.pdf", "mimetype": "application/pdf", "size": 4},
    ]
    assert item["json"]["Photo"] is None
    assert sorted(item["binary"]) == ["Papers_0", "Papers_1"]
    assert item["binary"]["Papers_1"]["fileName"] == "b.pdf"


@pytest.mark.parametrize(
    ("files", "problem"),
    [
        ([("field-0", ("a.exe", b"x", "text/plain"))], "A file of this kind is not taken."),
        ([("field-1", ("a.png", b"x", "image/png"))], "Please fill this in."),
        ([("field-0", ("a.txt", b"x", "a/b")), *[("field-1", ("p.png", b"x", "a/b"))] * 2], "one file only"),
    ],
)
async def test_files_that_do_not_fit_are_refused(room: Room, files: list[Any], problem: str) -> None:
    got = await room.http.post("/form/papers", files=files)
    assert (got.status_code, problem in got.text) == (422, True)


async def test_a_body_that_is_no_form_is_refused(room: Room) -> None:
    broken = {"content-type": "multipart/form-data; boundary=x"}
    assert (await room.http.post("/form/papers", content=b"--y", headers=broken)).status_code == 400
    many = "&".join(f"a{number}=1" for number in range(1001))
    urlencoded = {"content-type": "application/x-www-form-urlencoded"}
    assert (await room.http.post("/form/one", content=many, headers=urlencoded)).status_code == 400


async def test_a_form_of_several_pages_is_one_run(room: Room) -> None:
    first = await room.http.get("/form/steps?lang=kk")
    sent = await room.http.post("/form/steps?lang=kk", data={"field-0": "Алматы", "form-nonce": nonce_in(first)})
    assert sent.status_code == 303
    second = await room.http.get(sent.headers["location"])
    assert "Where from, Алматы?" in second.text
    assert "<button>On</button>" in second.text
    assert sent.headers["location"].endswith("?lang=kk")
    on = await room.http.post(sent.headers["location"], data={"field-0": "Тараз"})
    assert on.status_code == 303
    last = await room.http.get(on.headers["location"])
    assert "<h1>Thanks</h1>" in last.text
    assert "Алматы" in last.text
    assert "<script>" not in last.text
    [(status,)] = await room.rows("SELECT status FROM runs WHERE workflow_id = 'steps'")
    assert status == "succeeded"
    assert (await room.http.post(on.headers["location"], data={"field-0": "again"})).status_code == 409


async def test_a_page_sent_twice_is_one_run(room: Room) -> None:
    nonce = nonce_in(await room.http.get("/form/last"))
    before = len(await runs_of(room, "last"))
    both = {"field-0": "A", "form-nonce": nonce}
    answers = await asyncio.gather(*(room.http.post("/form/last", data=both) for _ in range(2)))
    assert [one.status_code for one in answers] == [200, 200]
    assert len(await runs_of(room, "last")) == before + 1
    await room.http.post("/form/last", data={**both, "field-0": "B"})
    assert len(await runs_of(room, "last")) == before + 2


async def test_the_sender_hears_how_it_ended(room: Room) -> None:
    assert "has been recorded" in (await room.http.post("/form/last", data={"field-0": "A"})).text
    failed = await room.http.post("/form/failing", data={"field-0": "A"})
    assert (failed.status_code, "There was a problem" in failed.text) == (500, True)
    away = await room.http.post("/form/away", data={"field-0": "A"})
    assert (away.status_code, away.headers["location"]) == (303, "https://example.com/thanks")
    assert "Done <i>so</i>" in (await room.http.post("/form/old", data={"field-0": "A"})).text


async def followed(room: Room, path: str) -> httpx2.Response:
    sent = await room.http.post(path, data={"field-0": "A"})
    return await room.http.get(sent.headers["location"])


async def test_a_form_ends_as_its_last_page_says(room: Room) -> None:
    there = await followed(room, "/form/two-ends")
    assert (there.status_code, there.headers["location"]) == (303, "https://example.com/x")
    assert (await followed(room, "/form/text-end")).text == "<h2>Bye</h2>"
    broken = await followed(room, "/form/breaks")
    assert (broken.status_code, "There was a problem" in broken.text) == (500, True)


async def test_a_page_with_a_limit_lets_the_run_go_on(room: Room) -> None:
    sent = await room.http.post("/form/waits", data={"field-0": "A"})
    query = "SELECT output FROM runs WHERE workflow_id = 'waits' AND status = 'succeeded'"
    async with asyncio.timeout(20):
        while not (found := await room.rows(query)):
            await asyncio.sleep(0.02)
    assert "late" in str(found[0][0])
    assert "has been recorded" in (await room.http.get(sent.headers["location"])).text


async def test_a_closed_form_asks_for_a_password(room: Room) -> None:
    assert (await room.http.get("/form/closed")).headers["www-authenticate"].startswith("Basic")
    assert (await room.http.get("/form/closed", auth=("aya", "wrong"))).status_code == 403
    assert (await room.http.post("/form/closed", data={"field-0": "A"})).status_code == 401
    assert (await room.http.get("/form/closed", auth=("aya", "secret"))).status_code == 200
    robot = {"user-agent": "Googlebot"}
    assert (await room.http.get("/form/closed", auth=("aya", "secret"), headers=robot)).status_code == 403


async def test_no_form_is_not_found(room: Room) -> None:
    assert (await room.http.get("/form/none")).status_code == 404
    assert (await room.http.get("/form-waiting/none.x")).status_code == 404
