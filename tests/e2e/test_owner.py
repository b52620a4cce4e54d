"""The owner looks at a booking: from the login link to the ride."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect
from tests.chaos.process import TapbotProcess
from tests.e2e.browser import REFUSED, Watch
from tests.e2e.conftest import OpenPage
from tests.e2e.passenger import open_chat
from tests.e2e.server import EMAIL, PASSWORD, read_link
from tests.e2e.words import node, text

OwnerPage = Callable[..., Page]


def test_the_printed_link_lets_in_once_and_is_then_refused_in_words(
    server: TapbotProcess, open_page: OpenPage, watch: Watch
) -> None:
    watch.allow(REFUSED)
    link = read_link(server)
    page = open_page()
    page.goto(link)
    expect(page.get_by_test_id("live-state")).to_have_attribute("data-state", "live")
    assert page.url == f"{server.url}/"
    late = open_page()
    late.goto(link)
    expect(late.get_by_role("alert")).to_have_text(text("login.linkSpent"))
    assert "token" not in late.url


def test_a_wrong_password_is_refused_in_words_and_the_right_one_leads_where_one_wanted_to_go(
    server: TapbotProcess, open_page: OpenPage, watch: Watch
) -> None:
    watch.allow(REFUSED)
    page = open_page()
    page.goto(f"{server.url}/records/rides")
    page.get_by_label(text("login.email")).fill(EMAIL)
    page.get_by_label(text("login.password"), exact=True).fill("not this one")
    page.get_by_role("button", name=text("login.enter")).click()
    expect(page.get_by_text(text("login.refused"))).to_be_visible()
    page.get_by_label(text("login.password"), exact=True).fill(PASSWORD)
    page.get_by_role("button", name=text("login.enter")).click()
    expect(page.get_by_test_id("records")).to_be_visible()
    page.get_by_role("button", name=text("account.title")).click()
    page.get_by_role("menuitem", name=text("account.signOut")).click()
    expect(page.get_by_role("button", name=text("login.enter"))).to_be_visible()
    page.goto(f"{server.url}/runs")
    expect(page.get_by_role("button", name=text("login.enter"))).to_be_visible()


def test_a_conversation_and_its_messages_appear_by_themselves(
    server: TapbotProcess, open_page: OpenPage, owner_page: OwnerPage
) -> None:
    page = owner_page("/conversations")
    passenger = open_chat(open_page(), server.url)
    passenger.say("Сколько стоит из Шымкента в Туркестан?")
    entry = page.get_by_test_id("conversation-list").get_by_role("link").first
    expect(page.get_by_test_id("live-state")).to_have_attribute("data-state", "live")
    expect(entry).to_contain_text(passenger.last_answer()[-20:].strip())
    expect(entry).to_have_attribute("data-unread", "true")
    entry.click()
    expect(entry).to_have_attribute("data-unread", "false")
    thread = page.get_by_test_id("thread")
    expect(thread.get_by_test_id("messages-contact")).to_have_text(re.compile("Сколько стоит из Шымкента в Туркестан"))
    answer = passenger.say("послезавтра в 9 утра, нас трое")
    expect(thread.get_by_test_id("messages-contact").last).to_contain_text("послезавтра в 9 утра")
    expect(thread.get_by_test_id("messages-bot").last).to_contain_text(answer.strip())
    page.reload()
    expect(entry).to_have_attribute("data-unread", "false")


def test_a_turn_without_steps_shows_what_came_in_and_what_was_answered(
    server: TapbotProcess, open_page: OpenPage, owner_page: OwnerPage
) -> None:
    passenger = open_chat(open_page(), server.url)
    answer = passenger.say("привет")
    page = owner_page("/conversations")
    page.get_by_test_id("conversation-list").get_by_role("link").first.click()
    page.get_by_test_id("messages-bot").last.get_by_role("link", name=text("conversation.run")).click()
    turn = page.get_by_test_id("turn")
    expect(turn.get_by_role("region", name=text("run.heard"))).to_contain_text("привет")
    expect(turn.get_by_role("region", name=text("run.answered"))).to_contain_text(answer.strip())
    expect(page.get_by_text(text("run.noSteps"))).to_have_count(0)


def test_from_the_conversation_the_owner_comes_to_the_booking_and_the_data_of_each_node(
    server: TapbotProcess, owner_page: OwnerPage
) -> None:
    ride = server.records("rides")[-1]
    page = owner_page(f"/conversations/{ride['conversation_id']}")
    answer = page.get_by_test_id("messages-bot").filter(has_text=str(ride["number"]))
    answer.get_by_role("link", name=text("conversation.run")).click()
    expect(page.get_by_test_id("steps")).to_be_visible()
    page.get_by_test_id("run-list").get_by_role("link", name="book").click()

    graph = page.get_by_test_id("graph")
    written = graph.get_by_role("group", name=node("Write the ride"))
    expect(written.get_by_role("img", name=text("status.succeeded"))).to_be_visible()
    skipped = graph.get_by_role("group", name=node("Booked earlier"))
    expect(skipped.get_by_role("img", name=text("status.succeeded"))).to_have_count(0)
    graph.get_by_role("button", name=text("graph.fit")).click()
    written.click()
    drawer = page.get_by_test_id("node-drawer").get_by_role("dialog")
    expect(drawer.get_by_role("row", name=f"number {ride['number']}")).to_be_visible()
    drawer.get_by_role("tab", name=text("node.input")).click()
    expect(drawer.get_by_role("tabpanel")).to_contain_text("free_seats")
    drawer.get_by_text(text("node.json"), exact=True).click()
    expect(drawer.get_by_role("tabpanel")).to_contain_text('"from_city": "almaty"')
    page.keyboard.press("Escape")
    expect(drawer).to_be_hidden()
    expect(graph).to_be_visible()

    page.get_by_text(re.compile(f"^{text('run.steps')} · \\d+$")).click()
    step = page.get_by_test_id("steps").get_by_role("button").filter(has_text="Write the ride")
    expect(step).to_contain_text(text("step.stored"))
    expect(step).to_contain_text(text("status.succeeded"))
    step.click()
    expect(page.get_by_test_id("steps")).to_contain_text(str(ride["number"]))


def test_the_booking_is_a_record_that_can_be_searched_and_opened(server: TapbotProcess, owner_page: OwnerPage) -> None:
    ride = server.records("rides")[-1]
    page = owner_page("/records")
    page.get_by_role("link", name="Поездки").click()
    row = page.get_by_test_id("records").get_by_role("row").filter(has_text=str(ride["number"]))
    for value in ("almaty", "taraz", "+7 701 123 45 67", "14 000", "Забронирована"):
        expect(row).to_contain_text(value)
    page.get_by_role("searchbox").or_(page.get_by_label(text("records.search"))).first.fill(str(ride["number"]))
    expect(page.get_by_test_id("records-range")).to_have_text(text("records.range", **{"from": 1, "to": 1, "total": 1}))
    row.get_by_role("button").click()
    drawer = page.get_by_test_id("record-drawer").get_by_role("dialog")
    expect(drawer).to_contain_text(str(ride["request_id"]))


def test_workflows_are_listed_and_their_graph_cannot_be_changed(owner_page: OwnerPage) -> None:
    page = owner_page("/workflows")
    listed = page.get_by_test_id("workflow-list")
    expect(listed.get_by_role("link", name=re.compile("^remind"))).to_contain_text(text("workflow.active"))
    listed.get_by_role("link", name=re.compile("^book")).click()
    start = page.get_by_role("group", name=node("When called"))
    where = start.get_attribute("style")
    start.hover()
    page.mouse.down()
    page.mouse.move(700, 700, steps=4)
    page.mouse.up()
    assert start.get_attribute("style") == where
    page.get_by_role("button", name=text("graph.fit")).click()
    page.get_by_role("group", name=node("Check")).click()
    expect(page.get_by_test_id("node-drawer").get_by_role("dialog")).to_contain_text("Check")
    page.keyboard.press("Delete")
    expect(page.get_by_role("group", name=node("Check"))).to_be_visible()
