"""`collections/*.yaml` to collections, with errors that name file and line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any, NoReturn
from zoneinfo import ZoneInfo

import msgspec
from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic import Field as Rule

from tapbot.data.fields import find_field_type
from tapbot.data.types import IDENTIFIER, OWN_FIELDS, Choice, Collection, Field, Sequence
from tapbot.data.yaml_lines import Document, Path, read_yaml
from tapbot.errors import InvalidInput

Title = str | dict[str, str]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _ChoicePart(_Part):
    value: str
    title: Title = {}


class _SequencePart(_Part):
    start: int = Rule(default=1, ge=0, le=10**12)
    prefix: str = Rule(default="", max_length=20)


class _FieldPart(_Part):
    name: str
    type: str
    title: Title = {}
    required: bool = False
    unique: bool = False
    default: Any = None
    choices: tuple[str | _ChoicePart, ...] = ()
    sequence: _SequencePart | None = None
    to: str | None = None
    column: str | None = Rule(default=None, min_length=1, max_length=63)


class _CollectionPart(_Part):
    name: str
    title: Title = {}
    fields: tuple[_FieldPart, ...] = Rule(min_length=1, max_length=200)
    sort: tuple[str, ...] | str = ()
    unique: tuple[tuple[str, ...], ...] = ()
    seed: str | None = None


class _Checker:
    """Checks one file; knows where each value stands."""

    def __init__(self, document: Document, path: str) -> None:
        self.document = document
        self.path = path

    def fail(
        self, message: str, at: Path, *, code: str = "data.invalid_definition", hint: str | None = None
    ) -> NoReturn:
        raise InvalidInput(message, code=code, place=f"{self.path}:{self.document.line_of(at)}", hint=hint)

    def check_name(self, name: str, at: Path) -> None:
        if not IDENTIFIER.fullmatch(name):
            self.fail(
                f"{name!r} cannot be a name.",
                at,
                hint="Use a letter, then letters, digits and _, in lower case, 41 characters at most.",
            )

    def check_fields(self, part: _CollectionPart) -> None:
        seen: set[str] = set()
        columns: set[str | None] = set()
        for index, field in enumerate(part.fields):
            at: Path = ("fields", index)
            self.check_name(field.name, (*at, "name"))
            if field.name in seen or field.name in OWN_FIELDS:
                self.fail(f"there is a field {field.name!r} already.", (*at, "name"))
            seen.add(field.name)
            if field.column is not None and (field.column in columns or field.column in seen):
                self.fail(f"there is a column {field.column!r} already.", (*at, "column"))
            columns.add(field.column)
            self.check_type(field, at)

    def check_type(self, field: _FieldPart, at: Path) -> None:
        try:
            find_field_type(field.type)
        except InvalidInput as error:
            self.fail(error.message, (*at, "type"), code=error.code, hint=error.hint)
        belongs = (("choices", "choice"), ("sequence", "sequence"), ("to", "reference"))
        for key, type_name in belongs:
            given = bool(getattr(field, key))
            if given and field.type != type_name:
                self.fail(f"{key!r} belongs to the type {type_name}, not to {field.type}.", (*at, key))
            if not given and field.type == type_name and key != "sequence":
                self.fail(f"a field of the type {type_name} needs {key!r}.", at)
        if field.type == "sequence" and (field.required or field.default is not None):
            self.fail("a sequence takes neither 'required' nor 'default': the store gives the value.", at)

    def check_lists(self, part: _CollectionPart, sort: tuple[str, ...]) -> None:
        comparable = {field.name for field in part.fields if find_field_type(field.type).ordered}
        for index, key in enumerate(sort):
            if key.removeprefix("-") not in comparable | set(OWN_FIELDS):
                self.fail(f"there is no field {key.removeprefix('-')!r} to sort by.", ("sort", index))
        for index, field in enumerate(part.fields):
            if field.unique and field.name not in comparable:
                self.fail(f"a field of the type {field.type} cannot be unique.", ("fields", index, "unique"))
        for index, group in enumerate(part.unique):
            for name in group:
                if name not in comparable:
                    self.fail(f"there is no field {name!r} that could be unique.", ("unique", index))
            if not group or len(set(group)) != len(group):
                self.fail("a group names each of its fields once.", ("unique", index))


def parse_definition(text: str, *, path: str, time_zone: str) -> Collection:
    """Read and check the file of one collection.

    Args:
        path: Name of the file, for messages.
        time_zone: IANA zone of the project.

    Raises:
        InvalidInput: The file is not YAML or breaks a rule; the message names file and line.
    """
    document = read_yaml(text, path=path)
    checker = _Checker(document, path)
    if not isinstance(document.value, dict):
        checker.fail("the file must hold keys such as 'name' and 'fields'.", ())
    try:
        part = _CollectionPart.model_validate(document.value)
    except ValidationError as error:
        raise _explain(error, document, path) from error
    sort = (part.sort,) if isinstance(part.sort, str) else part.sort
    checker.check_name(part.name, ("name",))
    if PurePosixPath(path).stem != part.name:
        checker.fail(f"the file of the collection {part.name!r} must be called {part.name}.yaml.", ("name",))
    checker.check_fields(part)
    checker.check_lists(part, sort)
    zone = ZoneInfo(time_zone)
    return Collection(
        name=part.name,
        title=_title(part.title),
        fields=tuple(_build_field(field, index, checker, zone) for index, field in enumerate(part.fields)),
        time_zone=time_zone,
        sort=sort,
        unique=part.unique,
        seed=part.seed,
    )


def parse_collections(files: Mapping[str, str], *, time_zone: str) -> list[Collection]:
    """Read every `collections/*.yaml` of a project, by name.

    Args:
        files: Texts of the project's files by path below its folder; others are passed over.

    Raises:
        InvalidInput: A file breaks a rule, or a reference points nowhere.
    """
    found: dict[str, Collection] = {}
    for path in sorted(files):
        pure = PurePosixPath(path)
        if str(pure.parent) == "collections" and pure.suffix in {".yaml", ".yml"}:
            collection = parse_definition(files[path], path=path, time_zone=time_zone)
            if collection.name in found:
                raise InvalidInput(
                    f"the collection {collection.name!r} has two files.", code="data.invalid_definition", place=path
                )
            found[collection.name] = collection
    _check_references(found.values())
    return [found[name] for name in sorted(found)]


def seed_path(collection: Collection, paths: Iterable[str]) -> str | None:
    """Where a collection's seed lies among a project's files: below `collections/`, or below the project's folder.

    Raises:
        InvalidInput: The collection names a seed and there is no such file.
    """
    if collection.seed is None:
        return None
    known = set(paths)
    for candidate in (f"collections/{collection.seed}", collection.seed):
        if candidate in known:
            return candidate
    raise InvalidInput(
        f"there is no file {collection.seed!r}.",
        code="data.no_seed",
        place=f"collections/{collection.name}.yaml",
        hint=f"Make collections/{collection.seed}, or take the line `seed` out.",
    )


def encode_definition(collection: Collection) -> str:
    """A collection as JSON text, the same text for the same definition."""
    return msgspec.json.encode(collection, order="deterministic").decode()


def decode_definition(text: str) -> Collection:
    """A collection from the text that `encode_definition` made."""
    return msgspec.json.decode(text, type=Collection)


def _build_field(part: _FieldPart, index: int, checker: _Checker, zone: ZoneInfo) -> Field:
    """Make a field and check its default with its own type."""
    choices = tuple(
        Choice(value=each) if isinstance(each, str) else Choice(value=each.value, title=_title(each.title))
        for each in part.choices
    )
    rule = part.sequence or _SequencePart()
    field = Field(
        name=part.name,
        type=part.type,
        title=_title(part.title),
        required=part.required,
        unique=part.unique,
        choices=choices,
        sequence=Sequence(start=rule.start, prefix=rule.prefix) if part.type == "sequence" else None,
        to=part.to,
        column=part.column,
    )
    if part.default is None:
        return field
    kind = find_field_type(part.type)
    try:
        default = kind.show(kind.parse(field, part.default, zone), zone)
    except InvalidInput as error:
        checker.fail(f"the default of {part.name}: {error.message}", ("fields", index, "default"), code=error.code)
    return replace(field, default=default)


def _check_references(collections: Iterable[Collection]) -> None:
    known = {collection.name: collection for collection in collections}
    for collection in known.values():
        for field in collection.fields:
            if field.to is not None and field.to not in known:
                raise InvalidInput(
                    f"the field {field.name!r} points to {field.to!r}, and there is no such collection.",
                    code="data.invalid_definition",
                    place=f"collections/{collection.name}.yaml",
                )


def _title(given: Title) -> dict[str, str]:
    """One text stands for every language."""
    return dict.fromkeys(("kk", "ru", "en"), given) if isinstance(given, str) else given


def _explain(error: ValidationError, document: Document, path: str) -> InvalidInput:
    """Turn the first thing that pydantic found into a sentence with file and line."""
    first = error.errors()[0]
    keys: Path = tuple(first["loc"])
    name = ".".join(str(key) for key in keys)
    what = f"there is no key {name!r}" if first["type"] == "extra_forbidden" else f"{name}: {first['msg']}"
    return InvalidInput(f"{what}.", code="data.invalid_definition", place=f"{path}:{document.line_of(keys)}")
