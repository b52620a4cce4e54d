"""Definitions are read, and what is wrong in them is named with file and line."""

import pytest

from tapbot.data.definition import (
    decode_definition,
    encode_definition,
    parse_collections,
    parse_definition,
    seed_path,
)
from tapbot.data.fields import known_field_types
from tapbot.errors import InvalidInput, TooLarge

RIDES = """\
name: rides
title: {kk: Сапарлар, ru: Поездки, en: Rides}
fields:
  - name: number
    type: sequence
    sequence: {start: 1001, prefix: R-}
  - {name: from_city, type: string, required: true}
  - {name: seats, type: integer, default: "1"}
  - name: status
    type: choice
    choices: [booked, {value: cancelled, title: {ru: Отменена}}]
    default: booked
sort: [-created_at]
unique: [[from_city, seats]]
seed: seed/rides.csv
"""


def parse(text: str, path: str = "collections/rides.yaml") -> None:
    parse_definition(text, path=path, time_zone="Asia/Almaty")


def test_a_definition_is_read() -> None:
    rides = parse_definition(RIDES, path="collections/rides.yaml", time_zone="Asia/Almaty")
    fields = rides.all_fields
    assert list(fields) == ["id", "number", "from_city", "seats", "status", "created_at", "updated_at"]
    assert fields["seats"].default == 1
    assert [choice.value for choice in fields["status"].choices] == ["booked", "cancelled"]
    assert rides.unique_groups == (("from_city", "seats"),)
    assert decode_definition(encode_definition(rides)) == rides


@pytest.mark.parametrize(
    ("change", "line", "said"),
    [
        (("from_city, type: string", "from_city, type: strin"), 7, "there is no field type 'strin'"),
        (("from_city, type", "FromCity, type"), 7, "cannot be a name"),
        (("name: from_city,", "name: id,"), 7, "there is a field 'id' already"),
        (("name: from_city,", "name: number,"), 7, "there is a field 'number' already"),
        (("required: true", "require: true"), 7, "there is no key"),
        (("from_city, type", "from_city, column: number, type"), 7, "there is a column 'number' already"),
        (('default: "1"', "default: many"), 8, "the default of seats: expected a whole number"),
        (("default: booked", "default: gone"), 12, "expected one of booked, cancelled"),
        (("choices: [booked, {value: cancelled, title: {ru: Отменена}}]", "required: false"), 9, "needs 'choices'"),
        (("[-created_at]", "[-made_at]"), 13, "there is no field 'made_at' to sort by"),
        (("[[from_city, seats]]", "[[from_city, places]]"), 14, "there is no field 'places'"),
        (("name: rides\n", "name: ride\n"), 1, "must be called ride.yaml"),
        (("seed: seed", "name: again\nseed: seed"), 15, "a second time"),
        (("sort: [", "sort: [["), 14, "not valid YAML"),
        (("default: booked", "default: *booked"), 12, "aliases"),
    ],
)
def test_a_mistake_is_named_with_its_line(change: tuple[str, str], line: int, said: str) -> None:
    assert change[0] in RIDES
    with pytest.raises(InvalidInput) as caught:
        parse(RIDES.replace(*change))
    assert said in caught.value.message
    assert caught.value.place == f"collections/rides.yaml:{line}"


@pytest.mark.parametrize(
    "text", ["", "5", "- a", "fields: []", "name: rides\nfields: []", "\x00", "a: !!python/name:os.x"]
)
def test_whatever_is_no_definition_is_refused_with_its_place(text: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse(text)
    assert (caught.value.place or "").startswith("collections/rides.yaml")


def test_a_huge_file_is_refused() -> None:
    with pytest.raises(TooLarge):
        parse("#" * 1_000_001)


def test_all_files_of_the_folder_are_read_and_others_are_not() -> None:
    files = {"collections/rides.yaml": RIDES, "bots/taxi.md": "", "collections/seed/rides.csv": "from_city\n"}
    assert [each.name for each in parse_collections(files, time_zone="Asia/Almaty")] == ["rides"]


def test_a_reference_must_point_somewhere() -> None:
    text = "name: trips\nfields: [{name: city, type: reference, to: cities}]\n"
    with pytest.raises(InvalidInput, match="no such collection"):
        parse_collections({"collections/trips.yaml": text}, time_zone="Asia/Almaty")


def test_a_seed_lies_beside_the_definitions_or_in_the_project() -> None:
    rides = parse_definition(RIDES, path="collections/rides.yaml", time_zone="Asia/Almaty")
    assert seed_path(rides, ["collections/seed/rides.csv", "seed/rides.csv"]) == "collections/seed/rides.csv"
    assert seed_path(rides, ["seed/rides.csv"]) == "seed/rides.csv"
    with pytest.raises(InvalidInput, match="there is no file"):
        seed_path(rides, [])


def test_every_field_type_can_be_defined() -> None:
    more = {"choice": "choices: [a]", "reference": "to: all"}
    fields = "".join(
        f"  - {{name: a_{name}, type: {name}{', ' + more[name] if name in more else ''}}}\n"
        for name in known_field_types()
    )
    files = {"collections/all.yaml": f"name: all\nfields:\n{fields}"}
    [collection] = parse_collections(files, time_zone="Asia/Almaty")
    assert len(collection.fields) == 12
