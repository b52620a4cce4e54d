"""Reading a list of atoms: small steps that the grammars of dates, hours and counts share."""

from __future__ import annotations

from collections.abc import Sequence

from tapbot.bots.understanding.lexicon import ABLATIVE, Atom


def kind_at(atoms: Sequence[Atom], index: int) -> str:
    return atoms[index].kind if 0 <= index < len(atoms) else ""


def number_at(atoms: Sequence[Atom], index: int, low: int, high: int) -> int | None:
    if kind_at(atoms, index) == "number" and low <= int(atoms[index].value) <= high:
        return int(atoms[index].value)
    return None


def skip(atoms: Sequence[Atom], index: int, kinds: frozenset[str]) -> int:
    """The first index from `index` on whose atom is none of `kinds`."""
    while kind_at(atoms, index) in kinds:
        index += 1
    return index


def is_mark(atoms: Sequence[Atom], index: int, marks: str) -> bool:
    return kind_at(atoms, index) == "mark" and str(atoms[index].value) in marks


def glued(atoms: Sequence[Atom], index: int, count: int) -> bool:
    """Whether `count` atoms stand in neighbouring tokens."""
    return index + count <= len(atoms) and atoms[index + count - 1].first - atoms[index].last == count - 1


def is_start(atoms: Sequence[Atom], first: int, last: int) -> bool:
    """Said as a starting point, so that a later value may replace it."""
    return kind_at(atoms, first - 1) == "since" or any(atom.suffix in ABLATIVE for atom in atoms[first : last + 1])
