"""A person fills in a form of several pages in a real browser, with a file, a mistake and a wait in between."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect
from tests.chaos.process import TapbotProcess
from tests.chaos.rooms import make_project, workflow
from tests.e2e.browser import PHONE, REFUSED, Watch
from tests.e2e.conftest import OpenPage
from tests.e2e.layout import check_width
from tests.e2e.test_accessibility import AXE, find_barriers
from tests.integration.api.test_forms import page, trigger

FIELDS = [
    {"fieldLabel": "Қала", "requiredField": True},
    {"fieldLabel": "Mail", "fieldType": "text"},
    {
        "fieldLabel": "Сынып",
        "fieldType": "radio",
        "fieldOptions": {"values": [{"option": "эконом"}, {"option": "бизнес"}]},
    },
    {"fieldLabel": "Құжат", "fieldType": "file", "acceptFileTypes": ".txt"},
]
PAUSE = {"name": "Pause", "type": "n8n-nodes-base.wait", "typeVersion": 1.1, "parameters": {"amount": 3}}
LAST = {
    "operation": "completion",
    "completionTitle": "Рақмет",
    "completionMessage": "={{ $('Form').first().json['Қала'] }}",
}
FLOW = [
    trigger("book", FIELDS),
    PAUSE,
    page(
        "Second", formFields={"values": [{"fieldLabel": "Орын", "fieldType": "number"}]}, options={"formTitle": "Тағы"}
    ),
    page("End", **LAST),
]


@pytest.fixture(scope="module")
def forms(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TapbotProcess]:
    home = tmp_path_factory.mktemp("forms")
    project = make_project(home / "project", [workflow("book", FLOW)])
    server = TapbotProcess(home / "data", project=str(project))
    server.start()
    yield server
    server.kill()


def test_a_form_of_several_pages_is_filled_in(
    forms: TapbotProcess, open_page: OpenPage, watch: Watch, tmp_path: Path
) -> None:
    watch.allow(REFUSED)  # the answer that does not fit
    paper = tmp_path / "a.txt"
    paper.write_text("сәлем")
    seen = open_page(language="kk", viewport=PHONE)
    seen.goto(f"{forms.url}/form/book")
    check_width(seen)
    if AXE.is_file():
        assert find_barriers(seen) == ""
    seen.evaluate("document.querySelectorAll('[required]').forEach(one => one.removeAttribute('required'))")
    seen.get_by_label("Mail").fill("aya@example.com")
    seen.get_by_role("button", name="Жіберу").click()
    expect(seen.get_by_text("Бұл өрісті толтырыңыз.")).to_be_visible()
    expect(seen.get_by_label("Mail")).to_have_value("aya@example.com")
    seen.get_by_label("Қала").fill("Алматы")
    seen.get_by_label("бизнес").check()
    seen.get_by_label("Құжат").set_input_files(paper)
    seen.get_by_role("button", name="Жіберу").click()
    expect(seen.get_by_role("status")).to_be_visible()
    expect(seen.get_by_role("heading", name="Тағы")).to_be_visible()
    seen.get_by_label("Орын").fill("2")
    seen.get_by_role("button", name="Жіберу").click()
    expect(seen.get_by_role("heading", name="Рақмет")).to_be_visible()
    expect(seen.get_by_text("Алматы")).to_be_visible()
