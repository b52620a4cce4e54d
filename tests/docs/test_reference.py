"""The generated pages are what the code says; `make docs` writes them anew."""

from __future__ import annotations

import importlib.util
from types import ModuleType

import pytest
from tests.architecture.tree import ROOT


def load_generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate_reference", ROOT / "scripts/generate_reference.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


GENERATOR = load_generator()
PAGES: dict[str, str] = GENERATOR.pages()


@pytest.mark.parametrize("name", sorted(PAGES))
def test_a_generated_page_is_up_to_date(name: str) -> None:
    written = (ROOT / "docs/reference" / name).read_text("utf-8")
    assert written == PAGES[name], f"docs/reference/{name} is out of date: run `make docs`"


def test_every_error_code_has_a_section() -> None:
    page = PAGES["errors.md"]
    codes = GENERATOR.error_codes()
    assert len(codes) > 50
    assert [code for code in codes if f"\n## `{code}`\n" not in page] == []


def test_every_setting_says_what_it_is_for() -> None:
    lacking = [line for line in PAGES["settings.md"].splitlines() if line.startswith("| `") and line.endswith("|  |")]
    assert lacking == []


def test_every_parameter_of_a_command_says_what_it_is_for() -> None:
    lacking = [line for line in PAGES["commands.md"].splitlines() if line.startswith("| `") and line.endswith("|  |")]
    assert lacking == []
