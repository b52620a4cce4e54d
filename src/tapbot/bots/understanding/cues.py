"""Words that tell an intent by themselves, such as `отмен*` or `бас тарт*`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tapbot.bots.understanding.text import fold_word

CUE_BONUS = 0.45


@dataclass(frozen=True, slots=True)
class Cue:
    """One or more words in a row; a word ending in `*` matches any ending."""

    intent: str
    words: tuple[str, ...]
    open_ended: tuple[bool, ...]

    def matches(self, folds: Sequence[str]) -> bool:
        """Whether the words stand in a row somewhere in the message."""
        length = len(self.words)
        return any(
            all(
                folds[start + offset].startswith(word) if is_open else folds[start + offset] == word
                for offset, (word, is_open) in enumerate(zip(self.words, self.open_ended, strict=True))
            )
            for start in range(len(folds) - length + 1)
        )


@dataclass(frozen=True, slots=True)
class CueIndex:
    """The cues of all intents."""

    cues: tuple[Cue, ...]

    def score(self, folds: Sequence[str]) -> dict[str, float]:
        """A bonus for each intent that has a cue in the message."""
        return {cue.intent: CUE_BONUS for cue in self.cues if cue.matches(folds)}


def build_cues(cues: Mapping[str, Mapping[str, str]]) -> CueIndex:
    """Cues of a definition.

    Args:
        cues: Intent → language → cues parted by commas.
    """
    built = [
        make_cue(intent, cue)
        for intent, languages in cues.items()
        for listed in languages.values()
        for cue in listed.split(",")
        if cue.strip()
    ]
    return CueIndex(tuple(built))


def make_cue(intent: str, cue: str) -> Cue:
    words = cue.split()
    return Cue(
        intent, tuple(fold_word(word.rstrip("*")) for word in words), tuple(word.endswith("*") for word in words)
    )
