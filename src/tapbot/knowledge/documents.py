"""Markdown files of a project's knowledge to documents."""

from __future__ import annotations

import re
from collections.abc import Mapping

import yaml

from tapbot.errors import InvalidInput
from tapbot.knowledge.types import Document

FENCE = "---"
KNOWN_KEYS = frozenset({"title", "language"})
NAMED_LANGUAGE = re.compile(r"\.(kk|ru|en)\.md$")
LANGUAGES = ("kk", "ru", "en")


def parse_document(path: str, text: str) -> Document:
    """Read one Markdown file: `title` and `language` in the front matter, the text below.

    Args:
        path: Path inside the project, for example `knowledge/luggage.ru.md`; a language in its name counts when the
            front matter names none.

    Raises:
        InvalidInput: The front matter is wrong, or the language is not known.
    """
    front, body = split_front_matter(text.removeprefix("\ufeff"), path)
    named = NAMED_LANGUAGE.search(path)
    language = str(front.get("language") or (named.group(1) if named else ""))
    if language not in LANGUAGES:
        raise InvalidInput(
            f"The language is {language!r}.",
            code="knowledge.bad_language",
            place=path,
            hint="Write `language: kk`, `ru` or `en` in the front matter, or name the file like luggage.ru.md.",
        )
    title = str(front.get("title") or path.rsplit("/", 1)[-1].partition(".")[0])
    return Document(path, title, language, body)


def split_front_matter(text: str, path: str) -> tuple[Mapping[str, object], str]:
    """The keys of the front matter, and the text below it."""
    if not text.startswith(FENCE):
        return {}, text
    end = text.find(f"\n{FENCE}", len(FENCE))
    if end < 0:
        raise InvalidInput("The front matter has no closing `---`.", code="knowledge.bad_front_matter", place=path)
    try:
        front = yaml.load(text[len(FENCE) : end], Loader=yaml.CSafeLoader) or {}
    except yaml.YAMLError as error:
        raise InvalidInput(
            f"The front matter is not YAML: {error}", code="knowledge.bad_front_matter", place=path
        ) from error
    unknown = sorted(set(front) - KNOWN_KEYS) if isinstance(front, dict) else ["the whole"]
    if unknown:
        raise InvalidInput(
            f"The front matter holds {', '.join(map(str, unknown))}.",
            code="knowledge.bad_front_matter",
            place=path,
            hint="It may hold `title` and `language`.",
        )
    return front, text[end + len(FENCE) + 1 :].lstrip("\n")


def parse_documents(files: Mapping[str, str], *, folder: str = "knowledge/") -> list[Document]:
    """All Markdown files below a folder, by path.

    Raises:
        InvalidInput: One of them is wrong.
    """
    return [
        parse_document(path, files[path]) for path in sorted(files) if path.startswith(folder) and path.endswith(".md")
    ]
