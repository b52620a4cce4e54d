"""Records are kept, found, counted and changed as their definition says, on every database."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection

from tapbot.data.definition import parse_collections
from tapbot.data.schema import apply_collections
from tapbot.data.store import count, delete, find, get, insert, list_collections, update
from tapbot.data.types import Condition
from tapbot.errors import Conflict, InvalidInput, NotFound
from tapbot.events.store import TOLD
from tapbot.storage.types import Scope

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
TAXI = Scope("taxi", "dev")
FILES = {
    "collections/rides.yaml": """\
name: rides
fields:
  - {name: number, type: sequence, sequence: {start: 1001, prefix: R-}}
  - {name: from_city, type: string, required: true}
  - {name: departs_at, type: datetime}
  - {name: seats, type: integer, default: 1}
  - {name: price, type: number}
  - {name: status, type: choice, choices: [booked, cancelled], default: booked}
  - {name: phone, type: string, unique: true}
  - {name: notes, type: json}
  - {name: city, type: reference, to: cities}
unique: [[from_city, departs_at]]
""",
    "collections/cities.yaml": "name: cities\nfields: [{name: key, type: string, unique: true}]\n",
}


@pytest.fixture(autouse=True)
def rides(db: Connection) -> None:
    for scope in (TAXI, Scope("taxi", "prod"), Scope("other", "dev")):
        apply_collections(db, scope, parse_collections(FILES, time_zone="Asia/Almaty"), files=FILES, now=NOW)


def add(db: Connection, from_city: str = "almaty", /, scope: Scope = TAXI, **values: Any) -> dict[str, Any]:
    record = insert(db, scope, "rides", {"from_city": from_city, **values}, now=NOW)
    assert record is not None
    return record


def cities(db: Connection, *where: Condition) -> list[str]:
    return [record["from_city"] for record in find(db, TAXI, "rides", where=where, sort=["from_city"])]


def test_a_record_comes_back_as_it_was_given_with_defaults_and_times(db: Connection) -> None:
    made = add(db, departs_at="2026-03-02T08:00:00", notes={"pet": True})
    assert get(db, TAXI, "rides", made["id"]) == made
    assert made | {"id": ""} == {
        "id": "",
        "number": "R-1001",
        "from_city": "almaty",
        "departs_at": "2026-03-02T08:00:00+05:00",
        "seats": 1,
        "price": None,
        "status": "booked",
        "phone": None,
        "notes": {"pet": True},
        "city": None,
        "created_at": "2026-03-01T17:00:00+05:00",
        "updated_at": "2026-03-01T17:00:00+05:00",
    }


def test_projects_and_environments_never_see_each_other(db: Connection) -> None:
    mine = add(db, phone="+7")
    theirs = add(db, scope=Scope("taxi", "prod"), phone="+7")
    assert theirs["number"] == "R-1001"
    assert get(db, Scope("taxi", "prod"), "rides", mine["id"]) is None
    assert count(db, Scope("other", "dev"), "rides") == 0
    assert count(db, TAXI, "rides") == 1


def test_running_numbers_have_no_gaps_also_after_an_ignored_conflict(db: Connection) -> None:
    add(db, phone="1")
    ignored = insert(db, TAXI, "rides", {"from_city": "x", "phone": "1"}, now=NOW, on_conflict="ignore")
    assert ignored is None
    assert add(db, phone="2")["number"] == "R-1002"
    assert count(db, TAXI, "rides") == 2


def test_a_taken_value_is_a_conflict_that_names_the_field(db: Connection) -> None:
    first = add(db, phone="1", departs_at="2026-03-02T08:00:00")
    with pytest.raises(Conflict, match="same phone"):
        add(db, "taraz", phone="1")
    with pytest.raises(Conflict, match="same from_city and departs_at"):
        add(db, departs_at="2026-03-02T03:00:00Z")
    with pytest.raises(Conflict, match="same id"):
        add(db, "taraz", id=first["id"])
    other = add(db, "taraz", phone="2")
    with pytest.raises(Conflict, match="same phone"):
        update(db, TAXI, "rides", where=[Condition("id", "eq", other["id"])], values={"phone": "1"}, now=NOW)
    assert count(db, TAXI, "rides") == 2


@pytest.mark.parametrize(
    ("values", "place"),
    [
        ({}, "rides.from_city"),
        ({"from_city": None}, "rides.from_city"),
        ({"from_city": "a", "seats": "two"}, "rides.seats"),
        ({"from_city": "a", "status": "gone"}, "rides.status"),
        ({"from_city": "a", "number": "R-1"}, "rides.number"),
        ({"from_city": "a", "created_at": "2026-01-01T00:00:00"}, "rides.created_at"),
        ({"from_city": "a", "wheels": 4}, "rides"),
        ({"from_city": "a", "seats; drop table events": 4}, "rides"),
        ({"from_city": "a", "city": "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"}, "rides.city"),
    ],
)
def test_a_wrong_value_names_collection_and_field(db: Connection, values: dict[str, Any], place: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        insert(db, TAXI, "rides", values, now=NOW)
    assert caught.value.place == place


def test_a_reference_must_be_there_in_the_same_scope(db: Connection) -> None:
    city = insert(db, TAXI, "cities", {"key": "almaty"}, now=NOW)
    assert city is not None
    assert add(db, city=city["id"])["city"] == city["id"]
    with pytest.raises(InvalidInput, match="there is no record"):
        add(db, scope=Scope("taxi", "prod"), city=city["id"])


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (Condition("seats", "eq", 2), ["b"]),
        (Condition("seats", "eq", "2"), ["b"]),
        (Condition("seats", "eq", None), ["d"]),
        (Condition("seats", "neq", 2), ["a", "c", "d"]),
        (Condition("seats", "neq", None), ["a", "b", "c"]),
        (Condition("seats", "lt", 2), ["a"]),
        (Condition("seats", "lte", 2), ["a", "b"]),
        (Condition("seats", "gt", 2), ["c"]),
        (Condition("seats", "gte", 2), ["b", "c"]),
        (Condition("seats", "in", [1, 3]), ["a", "c"]),
        (Condition("seats", "in", []), []),
        (Condition("seats", "nin", [1, 3]), ["b", "d"]),
        (Condition("seats", "null"), ["d"]),
        (Condition("seats", "nnull"), ["a", "b", "c"]),
        (Condition("phone", "contains", "%"), ["b"]),
        (Condition("phone", "contains", "ОСЫ"), ["c"]),
        (Condition("departs_at", "gt", "2026-03-02T00:30:00+05:00"), ["b"]),
        (Condition("notes", "null"), ["a", "b", "c", "d"]),
        (Condition("from_city", "eq", "a' or 1=1 --"), []),
    ],
)
def test_each_operator_finds_what_it_says(db: Connection, condition: Condition, expected: list[str]) -> None:
    add(db, "a", seats=1, departs_at="2026-03-01T19:00:00Z", phone="10")
    add(db, "b", seats=2, departs_at="2026-03-02T08:00:00", phone="20%_")
    add(db, "c", seats=3, phone="Осы")
    four = add(db, "d")
    update(db, TAXI, "rides", where=[Condition("id", "eq", four["id"])], values={"seats": None}, now=NOW)
    assert cities(db, condition) == expected
    assert count(db, TAXI, "rides", where=[condition]) == len(expected)


@pytest.mark.parametrize(
    "condition",
    [
        Condition("wheels", "eq", 1),
        Condition("seats", "like", 1),  # type: ignore[arg-type]  # what a stranger may send
        Condition("seats", "eq", "many"),
        Condition("seats", "contains", "1"),
        Condition("phone", "contains", 1),
        Condition("seats", "in", 1),
        Condition("seats", "in", list(range(1001))),
        Condition("notes", "eq", {}),
        Condition("seats) OR (1=1", "eq", 1),
    ],
)
def test_a_wrong_condition_is_refused(db: Connection, condition: Condition) -> None:
    with pytest.raises(InvalidInput):
        find(db, TAXI, "rides", where=[condition])


def test_lists_are_sorted_with_missing_values_last_and_cut_into_pages(db: Connection) -> None:
    for city, price in (("a", 2), ("b", None), ("c", 1)):
        add(db, city, price=price)

    def order(*sort: str, **page: int) -> list[str]:
        return [record["from_city"] for record in find(db, TAXI, "rides", sort=sort, **page)]

    assert order("price") == ["c", "a", "b"]
    assert order("-price") == ["a", "c", "b"]
    assert order("from_city", limit=1, offset=1) == ["b"]
    for wrong in ({"limit": 0}, {"limit": 10_001}, {"offset": -1}):
        with pytest.raises(InvalidInput):
            order(**wrong)
    with pytest.raises(InvalidInput, match="sorted"):
        order("notes")


def test_a_search_looks_into_every_text_field(db: Connection) -> None:
    add(db, "алматы", phone="+77011234567")
    add(db, "тараз")
    assert [record["from_city"] for record in find(db, TAXI, "rides", search="Алматы")] == ["алматы"]
    assert count(db, TAXI, "rides", search="7701") == 1


def test_seats_are_taken_only_while_there_are_some(db: Connection) -> None:
    trip = add(db, seats=3)
    enough = [Condition("id", "eq", trip["id"]), Condition("seats", "gte", 2)]
    [after] = update(db, TAXI, "rides", where=enough, increment={"seats": -2}, now=NOW + timedelta(hours=1))
    assert after["seats"] == 1
    assert after["updated_at"] == "2026-03-01T18:00:00+05:00"
    assert update(db, TAXI, "rides", where=enough, increment={"seats": -2}, now=NOW) == []


@pytest.mark.parametrize(
    "change",
    [
        {"where": [], "values": {"seats": 1}},
        {"where": [Condition("seats", "eq", 1)]},
        {"where": [Condition("seats", "eq", 1)], "values": {"from_city": None}},
        {"where": [Condition("seats", "eq", 1)], "values": {"id": "x"}},
        {"where": [Condition("seats", "eq", 1)], "values": {"number": "x"}},
        {"where": [Condition("seats", "eq", 1)], "increment": {"phone": 1}},
        {"where": [Condition("seats", "eq", 1)], "increment": {"seats": 0.5}},
        {"where": [Condition("seats", "eq", 1)], "increment": {"seats": 1}, "values": {"seats": 1}},
    ],
)
def test_a_wrong_change_is_refused(db: Connection, change: dict[str, Any]) -> None:
    add(db)
    with pytest.raises(InvalidInput):
        update(db, TAXI, "rides", now=NOW, **change)


def test_one_condition_is_enough_where_any_may_hold(db: Connection) -> None:
    for city, seats in (("almaty", 1), ("astana", 2), ("taraz", 3)):
        add(db, city, seats=seats)
    either = [Condition("from_city", "eq", "almaty"), Condition("seats", "gt", 2)]
    found = find(db, TAXI, "rides", where=either, match="any", sort=["from_city"])
    assert [record["from_city"] for record in found] == ["almaty", "taraz"]
    assert len(update(db, TAXI, "rides", where=either, match="any", values={"price": 5}, now=NOW)) == 2
    assert find(db, TAXI, "rides", where=either) == []
    assert len(find(db, TAXI, "rides", match="any")) == 3


def test_removed_records_are_gone_and_told(db: Connection) -> None:
    made, kept = add(db), add(db, "astana")
    gone = delete(db, TAXI, "rides", where=[Condition("from_city", "eq", "almaty")], now=NOW)
    assert gone == [made]
    assert find(db, TAXI, "rides") == [kept]
    last = db.info[TOLD][-1]
    assert (last.kind, last.subject, last.data) == ("record.deleted", made["id"], {"collection": "rides"})
    with pytest.raises(InvalidInput):
        delete(db, TAXI, "rides", where=[], now=NOW)


def test_a_record_that_another_points_to_stays(db: Connection) -> None:
    city = insert(db, TAXI, "cities", {"key": "oral"}, now=NOW)
    assert city is not None
    ride = add(db, city=city["id"])
    oral = [Condition("key", "eq", "oral")]
    with pytest.raises(Conflict, match="still point to it"):
        delete(db, TAXI, "cities", where=oral, now=NOW)
    assert find(db, TAXI, "cities") == [city]
    delete(db, TAXI, "rides", where=[Condition("id", "eq", ride["id"])], now=NOW)
    assert delete(db, TAXI, "cities", where=oral, now=NOW) == [city]


def test_records_of_one_moment_stay_in_the_order_they_were_made(db: Connection) -> None:
    made = [add(db, f"city{number}")["id"] for number in range(30)]
    assert [record["id"] for record in find(db, TAXI, "rides")] == made


def test_changes_are_told(db: Connection) -> None:
    made = add(db)
    update(db, TAXI, "rides", where=[Condition("id", "eq", made["id"])], values={"seats": 2}, now=NOW)
    told = [(event.kind, event.subject, event.data) for event in db.info[TOLD]]
    assert told == [
        ("record.created", made["id"], {"collection": "rides"}),
        ("record.updated", made["id"], {"collection": "rides", "changed": ["seats"]}),
    ]


def test_an_unknown_collection_is_not_found(db: Connection) -> None:
    with pytest.raises(NotFound):
        find(db, TAXI, "planes")
    with pytest.raises(NotFound):
        find(db, Scope("nobody", "dev"), "rides")
    assert get(db, TAXI, "rides", "no-uuid") is None


def test_collections_are_listed_with_their_counts(db: Connection) -> None:
    add(db)
    assert [(collection.name, number) for collection, number in list_collections(db, TAXI)] == [
        ("cities", 0),
        ("rides", 1),
    ]
