"""Pages for people: code blocks are right, links lead somewhere, both README say the same."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from _pytest.mark import ParameterSet
from tests.architecture.tree import ROOT, our_files

from tapbot.cli.dispatch import build_app
from tapbot.cli.main import COMMANDS
from tapbot.project.evals import read_evals
from tapbot.settings import load_settings
from tapbot.workflow.load import parse_workflow

PAGES = [
    path
    for path in our_files()
    if path.endswith(".md") and not path.startswith(("examples/", "src/", "tests/", "changes/"))
]
SECTIONS = (
    "foundation", "infrastructure", "software-stack", "network", "security", "operations", "development", "planning",
)  # fmt: skip
BLOCK = re.compile(r"^( *)```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")


def blocks(*languages: str) -> list[ParameterSet]:
    return list(find_blocks(languages))


def find_blocks(languages: tuple[str, ...]) -> Iterator[ParameterSet]:
    for page in PAGES:
        text = (ROOT / page).read_text("utf-8")
        for match in BLOCK.finditer(text):
            if match.group(2) in languages:
                line = text[: match.start()].count("\n") + 1
                yield pytest.param(match.group(3), id=f"{page}:{line}")


def test_no_code_block_is_in_a_language_that_nobody_checks() -> None:
    checked = {"json", "toml", "yaml", "sh"}
    shown = {"", "html", "markdown", "mermaid", "text"}
    used = {match.group(2) for page in PAGES for match in BLOCK.finditer((ROOT / page).read_text("utf-8"))}
    assert used <= checked | shown


@pytest.mark.parametrize("text", blocks("json"))
def test_json_is_json_and_a_workflow_loads(text: str) -> None:
    value = json.loads(text)
    if isinstance(value, dict) and "nodes" in value:
        assert parse_workflow(value, place="page").nodes


@pytest.mark.parametrize("text", blocks("toml"))
def test_toml_is_settings_that_load(text: str, tmp_path: Path) -> None:
    tomllib.loads(text)
    (tmp_path / "tapbot.toml").write_text(text, "utf-8")
    load_settings(tmp_path)


@pytest.mark.parametrize("text", blocks("yaml"))
def test_yaml_is_yaml_and_an_eval_is_one(text: str) -> None:
    value = yaml.safe_load(text)
    if isinstance(value, dict) and "turns" in value:
        assert read_evals({"evals/page.yaml": text})[1] == []


@pytest.mark.parametrize("text", blocks("sh"))
def test_shell_parses_and_its_tapbot_commands_are_known(text: str) -> None:
    subprocess.run(["bash", "-n"], input=text, text=True, check=True)
    app = build_app(COMMANDS)
    for line in text.splitlines():
        words = shlex.split(line, comments=True)
        while words and re.fullmatch(r"[A-Z_0-9]+=.*", words[0]):
            words.pop(0)
        if words and words[0].endswith("tapbot"):
            function, bound, *_rest = app.parse_args(words[1:], exit_on_error=False, print_error=False)
            assert callable(function)
            assert bound is not None


@pytest.mark.parametrize("text", blocks("sh"))
def test_make_targets_that_pages_name_are_there(text: str) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    named = set(re.findall(r"^make ([a-z-]+)", text, re.MULTILINE))
    assert named <= targets


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_to_files_that_are_there(page: str) -> None:
    text = BLOCK.sub("", (ROOT / page).read_text("utf-8"))
    lost = []
    for target in LINK.findall(text):
        path, _, anchor = target.partition("#")
        if target.startswith(("http:", "https:", "mailto:")) or path.endswith(".png"):
            continue
        found = (ROOT / page).parent / path if path else ROOT / page
        if not found.exists() or (anchor and anchor not in anchors(found.read_text("utf-8"))):
            lost.append(target)
    assert lost == []


def anchors(text: str) -> set[str]:
    return {
        re.sub(r"[^\w\- ]", "", line.lstrip("#").strip().lower()).replace(" ", "-")
        for line in text.splitlines()
        if line.startswith("#")
    }


def test_there_are_eight_sections_and_each_has_a_page() -> None:
    assert all((ROOT / "docs" / section / "README.md").is_file() for section in SECTIONS)


def test_both_readmes_have_the_same_shape() -> None:
    english, russian = ((ROOT / name).read_text("utf-8") for name in ("README.md", "README.ru.md"))
    commands = [re.findall(r"^(?:make|\.venv/bin/tapbot)[^#\n]*", text, re.MULTILINE) for text in (english, russian)]
    assert commands[0] == commands[1]
    assert [text.count("\n## ") for text in (english, russian)].count(english.count("\n## ")) == 2
    assert english.count("\n| ") == russian.count("\n| ")
    pictures = [re.findall(r"\(docs/images/[^)]+\)", text) for text in (english, russian)]
    assert pictures[0] == pictures[1]


def test_fragments_are_named_by_kind() -> None:
    kinds = r"\.(added|changed|fixed|removed|security)\.md"
    odd = [
        path.name
        for path in (ROOT / "changes").glob("*.md")
        if path.name != "README.md" and not re.search(kinds, path.name)
    ]
    assert odd == []


def test_decisions_are_listed_and_a_page_long() -> None:
    listed = (ROOT / "docs/adr/README.md").read_text("utf-8")
    for path in sorted((ROOT / "docs/adr").glob("0*.md")):
        assert f"({path.name})" in listed
        assert len(path.read_text("utf-8").splitlines()) <= 60
