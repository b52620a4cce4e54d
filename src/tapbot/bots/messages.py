"""The texts of a project (`messages/*.yaml`): a key, its text in each language, filled with values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import yaml

from tapbot.errors import InvalidInput, NotFound


class Blank(dict[str, object]):
    """Values of a text; one that is missing leaves nothing."""

    def __missing__(self, key: str) -> str:
        return ""


@dataclass(frozen=True)
class MessageBook:
    """Texts by key and language."""

    texts: Mapping[str, Mapping[str, str]]
    default_language: str = "ru"

    def text(self, key: str, language: str, /, **values: object) -> str:
        """A text, filled; in the default language when it has no translation.

        Raises:
            NotFound: There is no text with this key.
        """
        found = self.texts.get(key)
        if not found:
            raise NotFound(f"There is no text {key!r}.", code="bots.no_text", hint="Add it to messages/*.yaml.")
        template = found.get(language) or found.get(self.default_language) or next(iter(found.values()))
        return template.format_map(Blank(values)).strip()


def parse_messages(files: Mapping[str, str], *, default_language: str = "ru") -> MessageBook:
    """The texts of all files.

    Args:
        files: Path → YAML text.

    Raises:
        InvalidInput: A file is not YAML of the form `key: {language: text}`, or a key stands in two files.
    """
    texts: dict[str, dict[str, str]] = {}
    for path, content in sorted(files.items()):
        try:
            data = yaml.load(content, Loader=yaml.CSafeLoader) or {}  # noqa: S506 - the safe loader, in C
        except yaml.YAMLError as error:
            raise InvalidInput(f"This is not YAML: {error}", code="bots.bad_yaml", place=path) from error
        for key, translations in data.items():
            if not isinstance(translations, dict) or not all(isinstance(one, str) for one in translations.values()):
                raise InvalidInput(
                    f"The text {key!r} must give one text a language.", code="bots.bad_text", place=path,
                    hint="Write `key: {kk: …, ru: …, en: …}`.",
                )  # fmt: skip
            if key in texts:
                raise InvalidInput(f"The text {key!r} stands twice.", code="bots.text_twice", place=path)
            texts[str(key)] = translations
    return MessageBook(texts, default_language)
