"""The generated locale file is what the generator makes of the installed CLDR data."""

from __future__ import annotations

import runpy
from pathlib import Path

ROOT = Path(__file__).parents[3]


def test_the_locale_file_is_not_stale() -> None:
    generator = runpy.run_path(str(ROOT / "scripts/make_locales.py"))
    assert generator["OUTPUT"].read_text(encoding="utf-8") == generator["render"](), "Run scripts/make_locales.py."
