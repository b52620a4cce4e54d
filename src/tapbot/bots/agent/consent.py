"""Whether messages say yes to what was shown, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from tapbot.bots.understanding.text import fold_words, split_tokens

YES = frozenset(
    fold_words(
        "да ага угу конечно верно правильно подтверждаю ок окей согласен согласна хорошо давайте "
        "иә ия дұрыс жарайды мақұл болады жарады растаймын "
        "yes yep yeah yup sure ok okay correct right confirm confirmed ahead"
    )
)
"""No word for a deed is among them: `отменяйте` says yes to a cancellation and no to a booking."""
NO = frozenset(fold_words("нет неа не жоқ емес no nope dont net joq"))
POLITE = frozenset(
    fold_words(
        "пожалуйста спасибо все всё точно так это надо рахмет өтінемін бәрі дәл керек "
        "please thanks thank you it that is thats all everything go"
    )
)
Decision = Literal["yes", "no", "stale"]
YES_VALUE, NO_VALUE = "agent:yes:", "agent:no:"


def read_decision(messages: Sequence[dict[str, Any]], digest: str | None) -> Decision | None:
    """What the messages of one turn decide; `None` when they say something else.

    Args:
        digest: Hash of the arguments that were shown; `None` when nothing waits for a decision.
    """
    decisions = [read_one(message, digest) for message in messages]
    pressed = [one for one in decisions if one]
    if "stale" in pressed and len(messages) == 1:
        return "stale"
    if digest is None or not pressed or None in decisions or "stale" in pressed:
        return None
    return pressed[-1] if len(set(pressed)) == 1 else None


def read_one(message: dict[str, Any], digest: str | None) -> Decision | None:
    """A button counts only for the arguments that it was shown with; a text must be nothing but a yes or a no."""
    value = str(message.get("value") or "")
    if value.startswith((YES_VALUE, NO_VALUE)):
        if digest is None or value.rpartition(":")[2] != digest:
            return "stale"
        return "yes" if value.startswith(YES_VALUE) else "no"
    return None if value else read_text(str(message.get("text") or ""))


def read_text(text: str) -> Decision | None:
    """`да, спасибо` is a yes; `да, но на 9` is not."""
    tokens = split_tokens(text)
    if "?" in text or any(token.kind == "number" for token in tokens):
        return None
    words = {token.fold for token in tokens if token.kind == "word"}
    if words & YES and words <= YES | POLITE:
        return "yes"
    if words & NO and words <= NO | POLITE:
        return "no"
    return None


def leans_to_yes(messages: Sequence[dict[str, Any]]) -> bool:
    """`да, бронируйте`: a yes among other words, without a question, a number or a no.

    Enough only together with a model that asks for the very same call again.
    """
    text = " ".join(str(message.get("text") or "") for message in messages)
    tokens = split_tokens(text)
    words = {token.fold for token in tokens if token.kind == "word"}
    doubt = "?" in text or any(token.kind == "number" for token in tokens) or bool(words & NO)
    return bool(words & YES) and not doubt
