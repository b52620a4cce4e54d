"""How many people or seats a message names: `нас двое`, `үшеуміз`, `me and two friends`, `2 места`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tapbot.bots.understanding.atoms import kind_at
from tapbot.bots.understanding.lexicon import Atom
from tapbot.bots.understanding.text import fold_words

PERSONS = frozenset({"people", "seat"})
RELATIVES = frozenset({"kin", "kin_many", "child", "adult"})
JOINING = frozenset({"and", "with", "my", "article"})
JOINING_WORDS = frozenset(fold_words("с со моя мой моей моим мои моими своей своим our маленький маленькой"))
NOT_COUNTED = frozenset({"hour", "minute", "meridiem", "part", "dnya", "dayunit", "week", "month", "half", "money"})
NO_BEGINNING = frozenset({"mark", "place"})
"""Kinds that begin no count."""
FOR_WORDS = frozenset({"на", "для"})


@dataclass(frozen=True, slots=True)
class CountFound:
    """A number of people and the tokens that say it."""

    first: int
    last: int
    count: int
    whole: bool = False
    """Said of all who go: `нас двое`; it counts more than a number of seats beside it."""


def find_counts(
    atoms: Sequence[Atom], taken: frozenset[int] = frozenset(), *, expected: bool = False
) -> list[CountFound]:
    """Numbers of people or seats in a message, in order.

    Args:
        taken: Indexes of tokens that already mean something else, such as an hour.
        expected: The bot has just asked how many: a bare number counts.
    """
    free = [atom for atom in atoms if not taken.intersection(range(atom.first, atom.last + 1))]
    found: list[CountFound] = []
    index = 0
    while index < len(free):
        if free[index].kind in NO_BEGINNING or (free[index].kind == "word" and not is_with(free, index)):
            index += 1
            continue
        match = read_count(free, index) or (read_bare_count(free, index) if expected else None)
        if match:
            found.append(match[0])
            index = match[1]
        else:
            index += 1
    return found


def read_count(atoms: Sequence[Atom], index: int) -> tuple[CountFound, int] | None:
    """The count that begins at one atom."""
    for reader in (read_alone, read_company, read_groups, read_collective, read_counted, read_we, read_for):
        match = reader(atoms, index)
        if match:
            count, end = match
            whole = "we" in {kind_at(atoms, index), kind_at(atoms, index - 1), kind_at(atoms, index - 2)}
            return CountFound(atoms[index].first, atoms[end].last, count, whole), end + 1
    return None


def read_alone(atoms: Sequence[Atom], index: int) -> tuple[int, int] | None:
    """`я один`, `just me`, `жалғызбын`; `я один, с ребёнком` is read as company instead."""
    if atoms[index].kind == "alone":
        return 1, index
    if atoms[index].kind == "couple":
        return int(atoms[index].value), index
    return None


def read_company(atoms: Sequence[Atom], index: int) -> tuple[int, int] | None:
    """The speaker and others: `я с женой`, `me and two friends`, `мен және екі досым`, `my wife and I`."""
    speaker = is_with(atoms, index)
    total, end, joined = (1 if speaker else 0), index - 1, True
    cursor = skip_joining(atoms, index + 1)[0] if speaker else index
    while joined:
        if kind_at(atoms, cursor) in {"self", "we"} and cursor < len(atoms):
            total, end, speaker = total + (0 if speaker else 1), cursor, True
        else:
            count, last, relatives = read_group(atoms, cursor)
            if kind_at(atoms, cursor) == "number" and not relatives and atoms[cursor - 1].fold == "+":
                count, last, relatives = int(atoms[cursor].value), cursor, True
            if not relatives:
                break
            if not count:
                return None
            total, end = total + count, last
            if not speaker and atoms[last].language == "kk" and atoms[last].fold.endswith("мен"):
                total, speaker = total + 1, True
        cursor, joined = skip_joining(atoms, end + 1)
        joined = joined or (
            cursor < len(atoms) and atoms[cursor].language == "kk" and atoms[cursor].kind in RELATIVES | {"number"}
        )
    if kind_at(atoms, end + 1) == "collective" and end >= index:
        return read_groups(atoms, end + 1) or (int(atoms[end + 1].value), end + 1)
    return (total, end) if speaker and total > 1 else None


def is_with(atoms: Sequence[Atom], index: int) -> bool:
    """`с женой`, `with my wife`: the speaker is meant though not named."""
    return kind_at(atoms, index) == "with" or (
        kind_at(atoms, index) in {"word", "since"} and atoms[index].fold in {"с", "со"}
    )


def skip_joining(atoms: Sequence[Atom], index: int) -> tuple[int, bool]:
    """Past `and`, `with`, `my`, commas and pluses; whether there was any."""
    start = index
    while kind_at(atoms, index) in JOINING or (
        index < len(atoms) and (atoms[index].fold in JOINING_WORDS or atoms[index].fold in {"+", ","})
    ):
        index += 1
    return index, index > start


def read_group(atoms: Sequence[Atom], index: int) -> tuple[int, int, bool]:
    """Relatives at an index: how many (0 when untold), the last atom, whether there are any."""
    number = None
    cursor = index + 1 if kind_at(atoms, index) == "my" else index
    if kind_at(atoms, cursor) in {"number", "collective"} and not atoms[cursor].suffix.startswith("д"):
        number = int(atoms[cursor].value)
        cursor += 1
    if kind_at(atoms, cursor) == "my":
        cursor += 1
    if kind_at(atoms, cursor) not in RELATIVES:
        return 0, index, False
    atom = atoms[cursor]
    if number is not None:
        return number, cursor, True
    one = 1 if atom.kind in {"kin", "child"} and int(atom.value) == 1 else 0
    return one, cursor, True


def read_groups(atoms: Sequence[Atom], index: int) -> tuple[int, int] | None:
    """`двое взрослых и ребёнок`, `2 adults 1 child`."""
    count, last, relatives = read_group(atoms, index)
    if not relatives or not count or kind_at(atoms, index) not in {"number", "collective"}:
        return None
    total, end = count, last
    while True:
        more, last, relatives = read_group(atoms, skip_joining(atoms, end + 1)[0])
        if not relatives or not more:
            return total, end
        total, end = total + more, last


def read_collective(atoms: Sequence[Atom], index: int) -> tuple[int, int] | None:
    """`двое`, `втроём`, `екеуміз`."""
    if atoms[index].kind != "collective":
        return None
    end = index + 1 if kind_at(atoms, index + 1) in PERSONS else index
    return int(atoms[index].value), end


def read_counted(atoms: Sequence[Atom], index: int) -> tuple[int, int] | None:
    """`2 места`, `үш адам`, `4 passengers`, `мест 3`, `seats: 2`."""
    if atoms[index].kind == "number" and kind_at(atoms, index + 1) in PERSONS:
        return int(atoms[index].value), index + 1
    if atoms[index].kind == "number" and kind_at(atoms, index + 1) == "word" and kind_at(atoms, index + 2) in PERSONS:
        return int(atoms[index].value), index + 2
    if atoms[index].kind == "group":
        return read_group_of(atoms, index)
    if atoms[index].kind in PERSONS:
        after = index + 1
        while kind_at(atoms, after) == "mark" and atoms[after].fold in ":-–=":
            after += 1
        if kind_at(atoms, after) == "number" and kind_at(atoms, after + 1) not in NOT_COUNTED:
            return int(atoms[after].value), after
    return None


def read_group_of(atoms: Sequence[Atom], index: int) -> tuple[int, int] | None:
    """`a family of four`, `группа из 5 человек`, `group of 5`."""
    after = index + 1
    while kind_at(atoms, after) in {"of", "people"} or (after < len(atoms) and atoms[after].fold == "из"):
        after += 1
    if kind_at(atoms, after) not in {"number", "collective"}:
        return None
    return int(atoms[after].value), after + 1 if kind_at(atoms, after + 1) in PERSONS else after


def read_we(atoms: Sequence[Atom], index: int) -> tuple[int, int] | None:
    """`нас 4`, `біз 3 адам`, `there are 4 of us`, `we are three`."""
    if atoms[index].kind == "we":
        after = index + 1
        while after < len(atoms) and after <= index + 2 and atoms[after].kind == "word":
            after += 1
        if kind_at(atoms, after) == "number" and kind_at(atoms, after + 1) not in NOT_COUNTED:
            end = after + 1 if kind_at(atoms, after + 1) in PERSONS else after
            return int(atoms[after].value), end
    if atoms[index].kind == "number" and kind_at(atoms, index + 1) == "of" and kind_at(atoms, index + 2) == "we":
        return int(atoms[index].value), index + 2
    return None


def read_for(atoms: Sequence[Atom], index: int) -> tuple[int, int] | None:
    """`на 3`, `for two`: nothing of a time stands beside it."""
    if atoms[index].kind != "for" and atoms[index].fold not in FOR_WORDS:
        return None
    if kind_at(atoms, index + 1) != "number" or kind_at(atoms, index + 2) in NOT_COUNTED:
        return None
    if kind_at(atoms, index + 2) == "mark" and kind_at(atoms, index + 3) == "number":
        return None
    return int(atoms[index + 1].value), index + 1


def read_bare_count(atoms: Sequence[Atom], index: int) -> tuple[CountFound, int] | None:
    """A bare number, when it was asked how many."""
    atom = atoms[index]
    if atom.kind != "number" or kind_at(atoms, index + 1) in NOT_COUNTED:
        return None
    return CountFound(atom.first, atom.last, int(atom.value)), index + 1
