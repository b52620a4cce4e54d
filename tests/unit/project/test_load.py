"""A broken file becomes a problem that names its place; the rest of the project stands."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.unit.project.folders import node, project_of, workflow, write_files

from tapbot.errors import InvalidInput
from tapbot.project.load import load_project

GOOD = workflow(node("Start", "n8n-nodes-base.manualTrigger"))


def test_broken_workflows_are_named_and_the_others_stand() -> None:
    project = project_of(
        {
            "workflows/good.json": GOOD,
            "workflows/text.json": "not json",
            "workflows/list.json": "[]",
            "workflows/bytes.json": b"\xff\xfe{}",
            "workflows/deep.json": "[" * 100_000,
            "workflows/missing.json": workflow(node("A", "x.y"), id="m", connections={"B": {"main": []}}),
        }
    )
    assert list(project.workflows) == ["w"]
    problems = {file.path: file.problem.message for file in project.workflow_files if file.problem}
    assert set(problems) == {f"workflows/{name}.json" for name in ("text", "list", "bytes", "deep", "missing")}
    assert "UTF-8" in problems["workflows/bytes.json"]
    assert "'B'" in problems["workflows/missing.json"]


def test_a_workflow_without_an_id_is_called_as_its_file() -> None:
    project = project_of({"workflows/hello.json": workflow(node("A", "x.y"), id=None)})
    assert list(project.workflows) == ["hello"]


def test_a_second_workflow_of_one_id_is_a_problem() -> None:
    project = project_of({"workflows/a.json": GOOD, "workflows/b.json": GOOD})
    assert [file.path for file in project.workflow_files if file.problem] == ["workflows/b.json"]
    assert list(project.workflows) == ["w"]


def test_a_text_needs_each_language_and_the_same_placeholders() -> None:
    full = "full: {kk: 'б {x}', ru: 'б {x}', en: 'b {x}'}"
    project = project_of({"messages/a.yaml": f"{full}\nhalf: {{ru: да}}\nodd: {{kk: a, ru: '{{x}}', en: a}}\n"})
    assert set(project.texts) == {"full", "half", "odd"}
    assert sorted((problem.code, problem.place) for problem in project.problems) == [
        ("messages.missing_language", "messages/a.yaml:2"),
        ("messages.missing_language", "messages/a.yaml:2"),
        ("messages.placeholders", "messages/a.yaml:3"),
    ]


def test_texts_may_be_grouped_and_may_not_stand_twice() -> None:
    project = project_of(
        {
            "messages/a.yaml": "quote: {price: {kk: a, ru: a, en: a}}",
            "messages/b.yaml": "quote.price: {kk: a, ru: a, en: a}",
        }
    )
    assert list(project.texts) == ["quote.price"]
    assert [problem.code for problem in project.problems] == ["messages.twice"]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("bots/b.md", "no front matter"),
        ("bots/b.md", "---\ntitle: [\n---\n"),
        ("collections/c.yaml", "fields: 3"),
        ("collections/c.yaml", "name: c\nfields: [{name: a, type: string}]\nseed: gone.csv"),
        ("knowledge/k.md", "no language"),
        ("messages/m.yaml", "a: just text"),
        ("messages/m.yaml", "a: [}"),
    ],
)
def test_any_broken_file_is_one_problem_that_names_it(path: str, text: str) -> None:
    project = project_of({path: text, "workflows/good.json": GOOD})
    assert len(project.problems) == 1
    assert path in project.problems[0].place
    assert project.workflows


def test_a_folder_with_workflows_alone_is_a_project(tmp_path: Path) -> None:
    write_files(tmp_path / "Some Bench", {"workflows/a.json": GOOD.decode()})
    project = load_project(tmp_path / "Some Bench")
    assert project.project_id == "some-bench"
    assert list(project.workflows) == ["w"]


def test_a_mistake_in_the_settings_names_the_line(tmp_path: Path) -> None:
    write_files(tmp_path, {"tapbot.toml": "[project]\nname = 'x'\nnaem = 'y'\n", "workflows/a.json": GOOD.decode()})
    with pytest.raises(InvalidInput) as caught:
        load_project(tmp_path)
    assert str(caught.value.place).endswith("tapbot.toml:3")
