"""The drivers' chat: told of what happens to rides, and never in the way of a booking."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, select
from tests.integration.taxi.company import RIDE, Company

from tapbot.inbox.tables import messages, outbox

GROUP: dict[str, Any] = {"bot": "taxi", "channel": "telegram", "chat_id": "-100200300"}


async def told(company: Company) -> list[tuple[str, str, str]]:
    """What waits in the outbox: channel, chat and text, in order."""

    def read(db: Connection) -> list[tuple[str, str, str]]:
        joined = select(outbox.c.channel, outbox.c.chat_id, messages.c.text).join(
            messages, messages.c.message_id == outbox.c.message_id
        )
        return [(row.channel, row.chat_id, row.text) for row in db.execute(joined.order_by(outbox.c.outbox_id))]

    return await company.app.database.read(read)


async def test_the_drivers_hear_of_a_booking_a_change_and_a_cancellation(company: Company) -> None:
    await company.set("drivers_chat", **GROUP)
    own = {"number": "TX-1001", "contact_id": "contact-1"}
    await company.call("book", **RIDE)
    await company.call("change", **own, seats=3)
    await company.call("cancel", **own)

    heard = await told(company)
    assert [(channel, chat_id) for channel, chat_id, _text in heard] == [("telegram", "-100200300")] * 3
    assert heard[0][2] == (
        "🟢 Новая поездка TX-1001\nАлматы → Тараз\n05.03.2026 08:00, мест: 2\nТелефон: +77011234567, стоимость: 14000 ₸"
    )
    assert "🟡 Изменена поездка TX-1001" in heard[1][2]
    assert "мест: 3" in heard[1][2]
    assert "🔴 Отменена поездка TX-1001" in heard[2][2]


async def test_without_a_chat_nobody_is_told(company: Company) -> None:
    await company.call("book", **RIDE)

    assert await told(company) == []


async def test_a_repeated_request_is_told_once(company: Company) -> None:
    await company.set("drivers_chat", **GROUP)
    for _ in range(3):
        await company.call("book", **RIDE)

    assert len(await told(company)) == 1


async def test_a_broken_chat_does_not_break_the_booking(company: Company) -> None:
    await company.set("drivers_chat", chat_id="-1")  # no bot, no channel

    answer = await company.call("book", **RIDE)

    assert answer["status"] == "booked"
    assert await told(company) == []
