"""Tables follow their definitions, and only grow."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import Connection

from tapbot.data.definition import parse_collections
from tapbot.data.schema import Applied, apply_collections
from tapbot.data.store import count, find, insert
from tapbot.errors import Conflict, InvalidInput, NotFound
from tapbot.storage.types import Scope

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
TAXI = Scope("taxi", "dev")
CITIES = "name: cities\nfields:\n  - {name: key, type: string, unique: true}\n  - {name: size, type: integer}\n"


def apply(db: Connection, definition: str = CITIES, seed: str | None = None, scope: Scope = TAXI) -> Applied:
    text = definition + ("seed: seed/cities.csv\n" if seed is not None else "")
    files = {"collections/cities.yaml": text, "collections/seed/cities.csv": seed or ""}
    collections = parse_collections(files, time_zone="Asia/Almaty")
    return apply_collections(db, scope, collections, files=files, now=NOW)


def keys(db: Connection) -> list[tuple[str, int | None]]:
    return [(record["key"], record["size"]) for record in find(db, TAXI, "cities", sort=["key"])]


def test_a_definition_is_applied_once(db: Connection) -> None:
    assert apply(db).made == ("cities",)
    assert apply(db) == Applied()


def test_a_new_field_is_added_and_filled_with_its_default(db: Connection) -> None:
    apply(db)
    insert(db, TAXI, "cities", {"key": "almaty"}, now=NOW)
    extended = apply(db, CITIES + "  - {name: country, type: string, default: kz, required: true}\n")
    assert extended.extended == ("cities",)
    assert find(db, TAXI, "cities")[0]["country"] == "kz"
    insert(db, TAXI, "cities", {"key": "taraz"}, now=NOW)


def test_a_field_that_left_the_definition_is_hidden_and_comes_back(db: Connection) -> None:
    apply(db)
    insert(db, TAXI, "cities", {"key": "almaty", "size": 5}, now=NOW)
    apply(db, CITIES.replace("  - {name: size, type: integer}\n", ""))
    assert "size" not in find(db, TAXI, "cities")[0]
    apply(db)
    assert keys(db) == [("almaty", 5)]


def test_a_field_does_not_change_its_type(db: Connection) -> None:
    apply(db)
    with pytest.raises(InvalidInput, match="'size' cannot change its type"):
        apply(db, CITIES.replace("size, type: integer", "size, type: string"))
    apply(db, CITIES.replace("key, type: string", "key, type: text"))


def test_a_rule_of_uniqueness_comes_and_goes(db: Connection) -> None:
    apply(db)
    looser = CITIES.replace(", unique: true", "")
    apply(db, looser)
    for _ in range(2):
        insert(db, TAXI, "cities", {"key": "almaty"}, now=NOW)
    with pytest.raises(InvalidInput, match="key cannot become unique"):
        apply(db)


def test_a_collection_without_a_file_is_withdrawn_and_comes_back_with_its_records(db: Connection) -> None:
    apply(db)
    insert(db, TAXI, "cities", {"key": "almaty"}, now=NOW)
    assert apply_collections(db, TAXI, [], files={}, now=NOW).withdrawn == ("cities",)
    with pytest.raises(NotFound):
        count(db, TAXI, "cities")
    apply(db)
    assert count(db, TAXI, "cities") == 1


def test_a_seed_is_planted_once_and_again_when_it_changed(db: Connection) -> None:
    assert apply(db, seed="key,size\nalmaty,1\ntaraz,\n").seeded == {"cities": 2}
    assert apply(db, seed="key,size\nalmaty,1\ntaraz,\n").seeded == {}
    assert keys(db) == [("almaty", 1), ("taraz", None)]
    apply(db, seed="\ufeffkey,size\nalmaty,2\n\nastana,3\n")
    assert keys(db) == [("almaty", 2), ("astana", 3), ("taraz", None)]


@pytest.mark.parametrize(
    ("seed", "place", "said"),
    [
        ("key,size\nalmaty,1\ntaraz,big\n", "collections/seed/cities.csv:3", "whole number"),
        ("key,wheels\nalmaty,1\n", "collections/seed/cities.csv:1", "no field 'wheels'"),
        ("key,size\nalmaty\n", "collections/seed/cities.csv:2", "expected 2 cells"),
        ("size\n5\n", "collections/seed/cities.csv:1", "calls unique"),
        ("key,key\na,b\n", "collections/seed/cities.csv:1", "twice"),
        ('key,size\n"a"b,1\n', "collections/seed/cities.csv:2", "CSV"),
        ("key,size\n,1\n", "collections/seed/cities.csv:2", "must not be empty"),
    ],
)
def test_a_wrong_seed_is_named_with_its_line(db: Connection, seed: str, place: str, said: str) -> None:
    with pytest.raises((InvalidInput, Conflict)) as caught:
        apply(db, seed=seed)
    assert caught.value.place == place
    assert said in caught.value.message


def test_a_seed_may_hold_json(db: Connection) -> None:
    apply(db, CITIES + "  - {name: extra, type: json}\n", seed='key,extra\na,"[1, 2]"\n')
    assert find(db, TAXI, "cities")[0]["extra"] == [1, 2]


@pytest.mark.parametrize("project_id", ["a$b", "A", 'a"b', "", "-a"])
def test_a_scope_that_could_be_taken_for_another_is_refused(db: Connection, project_id: str) -> None:
    with pytest.raises(InvalidInput):
        apply(db, scope=Scope(project_id, "dev"))
