"""The console's own words, so that tests name buttons as its users do."""

from __future__ import annotations

import json

from tests.chaos.process import ROOT

LANGUAGES = ("kk", "ru", "en")
TEXTS: dict[str, dict[str, str]] = {
    language: json.loads((ROOT / f"console/src/language/{language}.json").read_text("utf-8")) for language in LANGUAGES
}


def text(key: str, language: str = "ru", **values: object) -> str:
    """A text of the console."""
    return TEXTS[language][key].format(**values)


def node(name: str, language: str = "ru") -> str:
    """The accessible name of a node in a graph."""
    return text("graph.node", language, name=name)
