"""Words that tell an intent by themselves, such as `отмен*` or `бас тарт*`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from tapbot.bots.understanding.text import fold_word


@dataclass(frozen=True, slots=True)
class CueIndex:
    """The cues of all intents, each intent's as one pattern over folded words."""

    patterns: Mapping[str, re.Pattern[str]]

    def find(self, folds: Sequence[str]) -> list[str]:
        """Intents that have a cue in the message."""
        joined = " ".join(folds)
        return [intent for intent, pattern in self.patterns.items() if pattern.search(joined)]


def build_cues(cues: Mapping[str, Iterable[str]]) -> CueIndex:
    """Cues by intent, each a few words; a word ending in `*` matches any ending."""
    patterns: dict[str, re.Pattern[str]] = {}
    for intent, listed in cues.items():
        parts = [write_pattern(cue) for cue in listed if cue.strip()]
        if parts:
            patterns[intent] = re.compile(rf"(?:^| )(?:{'|'.join(parts)})(?= |$)")
    return CueIndex(patterns)


def write_pattern(cue: str) -> str:
    """One cue as a regular expression over folded words."""
    words = (re.escape(fold_word(word.rstrip("*"))) + (r"[^ ]*" if word.endswith("*") else "") for word in cue.split())
    return " ".join(words)


def list_cues(text: str) -> list[str]:
    """Cues parted by commas."""
    return [cue.strip() for cue in text.split(",") if cue.strip()]
