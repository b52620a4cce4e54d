"""`messages/*.yaml`: what bots and workflows say, by key and language."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from tapbot.data.yaml_lines import Path, read_yaml
from tapbot.errors import InvalidInput, TapbotError
from tapbot.project.types import Problem

LANGUAGES = frozenset({"kk", "ru", "en"})
PLACEHOLDER = re.compile(r"(?<!\{)\{([a-z][a-z0-9_]*)[^{}]*\}(?!\})")


def read_texts(
    files: Mapping[str, str], locales: tuple[str, ...]
) -> tuple[dict[str, dict[str, str]], tuple[Problem, ...]]:
    """Read all texts of a project.

    A key is a path through the file: `quote: {price: {ru: …}}` is `quote.price`. A text that lacks a language, or
    whose languages do not hold the same `{placeholders}`, is a problem; it is served all the same.

    Args:
        files: Contents by path; other files than `messages/*.yaml` are passed over.
        locales: Languages that each text needs.
    """
    texts: dict[str, dict[str, str]] = {}
    problems: list[Problem] = []
    for path in sorted(files):
        if not path.startswith("messages/") or not path.endswith((".yaml", ".yml")):
            continue
        try:
            document = read_yaml(files[path], path=path)
            found = list(_entries(document.value or {}, (), path))
        except TapbotError as error:
            problems.append(Problem(error.place or path, error.message, error.hint, error.code))
            continue
        for at, entry in found:
            key = ".".join(str(part) for part in at)
            place = f"{path}:{document.line_of(at)}"
            if key in texts:
                problems.append(Problem(place, f"the text {key!r} stands in two files.", code="messages.twice"))
            texts[key] = entry
            problems += _wrong(entry, key, place, locales)
    return texts, tuple(problems)


def _entries(value: Any, at: Path, path: str) -> Iterator[tuple[Path, dict[str, str]]]:
    if not isinstance(value, dict):
        raise InvalidInput(
            f"{'.'.join(map(str, at)) or 'the file'} must hold texts by language, such as `ru: Здравствуйте`.",
            code="messages.malformed",
            place=path,
        )
    if value and set(value) <= LANGUAGES and all(isinstance(text, str) for text in value.values()):
        yield at, dict(value)
        return
    for name, inner in value.items():
        yield from _entries(inner, (*at, name), path)


def _wrong(entry: Mapping[str, str], key: str, place: str, locales: tuple[str, ...]) -> list[Problem]:
    problems = [
        Problem(place, f"the text {key!r} has no {locale}.", f"Add a line `{locale}: …`.", "messages.missing_language")
        for locale in locales
        if locale not in entry
    ]
    names = {language: frozenset(PLACEHOLDER.findall(text)) for language, text in entry.items()}
    if len(set(names.values())) > 1:
        shown = "; ".join(f"{language}: {', '.join(sorted(found)) or 'none'}" for language, found in names.items())
        problems.append(
            Problem(
                place, f"the languages of {key!r} hold different placeholders ({shown}).", code="messages.placeholders"
            )
        )
    return problems
