"""What a WhatsApp template must be before it is handed in."""

from __future__ import annotations

import pytest

from tapbot.api.template_desk import TemplateDesk
from tapbot.errors import InvalidInput
from tapbot.storage.types import Scope


@pytest.mark.parametrize(
    ("name", "text", "language", "said"),
    [
        ("News", "hi", "kk", "small Latin letters"),
        ("news", "hi", "kazakh language", "kk, ru, en or en_US"),
        ("news", " ", "kk", "1 to 1024 letters"),
        ("news", "{{1}} and {{2}} there", "kk", "at most one variable"),
        ("news", "{{1}} there", "kk", "neither first nor last"),
        ("news", "hello {{1}} there", "kk", "needs an example"),
        ("news", "hello there", "kk", "Start it: tapbot up"),
    ],
)
async def test_what_whatsapp_would_refuse_is_refused_here(name: str, text: str, language: str, said: str) -> None:
    given = {"name": name, "text": text, "language": language, "category": "UTILITY"}
    with pytest.raises(InvalidInput) as refused:
        await TemplateDesk(Scope("taxi", "dev"), None).submit("taxi", given)
    assert said in f"{refused.value.message} {refused.value.hint}"


async def test_a_category_is_one_of_whatsapps() -> None:
    given = {"name": "news", "text": "hello there", "language": "kk", "category": "SPAM"}
    with pytest.raises(InvalidInput, match="UTILITY, MARKETING"):
        await TemplateDesk(Scope("taxi", "dev"), None).submit("taxi", given)
