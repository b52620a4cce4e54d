"""A project that is being served: its workflows made ready, its bots, texts and knowledge; by release."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

from tapbot.bots.types import Bot
from tapbot.errors import NotFound, TapbotError
from tapbot.loader import load
from tapbot.project.load import read_project
from tapbot.project.store import load_release
from tapbot.project.types import Problem, Project
from tapbot.storage.database import Database
from tapbot.storage.types import Scope
from tapbot.workflow.release import Catalogue, PreparedWorkflow, prepare_workflow

if TYPE_CHECKING:
    from tapbot.knowledge.search import KnowledgeBase

MOST_RELEASES_IN_MEMORY = 8


@dataclass
class Served:
    """One release of a project, ready to run.

    Args:
        workflows: By id; those with a problem are left out.
        problems: What is wrong with workflows, by path.
    """

    project: Project
    scope: Scope
    workflows: Mapping[str, PreparedWorkflow] = field(default_factory=dict)
    problems: Mapping[str, Problem] = field(default_factory=dict)

    def watched(self, *kinds: str) -> set[tuple[str, str]]:
        """Workflow and node of the triggers of some kinds, of workflows that are active."""
        return {
            (workflow.workflow.id, trigger.node.name)
            for workflow in self.workflows.values()
            if workflow.workflow.active
            for kind in kinds
            for trigger in workflow.triggers(kind)
        }

    @cached_property
    def knowledge(self) -> KnowledgeBase:
        """The index over the project's documents, built when first asked."""
        return cast("KnowledgeBase", load("tapbot.knowledge.search").KnowledgeBase.build(self.project.documents))

    def bot(self, bot_id: str) -> Bot:
        """A bot by its id.

        Raises:
            NotFound: There is none.
        """
        found = self.project.bots.get(bot_id)
        if found is None:
            known = ", ".join(sorted(self.project.bots)) or "none"
            raise NotFound(f"There is no bot {bot_id!r} here; there is: {known}.", code="bot.not_found")
        return found

    def workflow(self, wanted: str) -> PreparedWorkflow:
        """A workflow by its id or name.

        Raises:
            NotFound: There is none, or it cannot be loaded.
        """
        found = self.workflows.get(wanted)
        found = found or next((entry for entry in self.workflows.values() if entry.workflow.name == wanted), None)
        if found is None:
            raise NotFound(
                f"There is no workflow {wanted!r} that can run.",
                code="workflow.not_found",
                hint="`tapbot workflow list` says what is wrong with those that cannot.",
            )
        return found

    def text(self, key: str, language: str, **values: object) -> str:
        """A text in a language, or in the project's first language that has it; `{name}` is filled in."""
        by_language = self.project.texts.get(key)
        if by_language is None:
            raise NotFound(f"There is no text {key!r}.", code="project.no_text", place="messages/")
        order = (language, *self.project.settings.project.locales)
        text = next((by_language[one] for one in order if by_language.get(one)), key)
        for name, value in values.items():
            text = text.replace(f"{{{name}}}", str(value))
        return text

    def entities(self, collection: str) -> Sequence[Mapping[str, Any]]:
        """The seed rows of a collection."""
        return self.project.seeds.get(collection, ())


def serve(project: Project, catalogue: Catalogue) -> Served:
    """Make a project's workflows ready; each that cannot be is reported and left out."""
    scope = Scope(project.project_id, project.settings.project.environment)
    ready: dict[str, PreparedWorkflow] = {}
    problems: dict[str, Problem] = {}
    for file in project.workflow_files:
        if file.workflow is None:
            problems[file.path] = file.problem or Problem(file.path, "cannot be loaded.")
            continue
        try:
            ready[file.workflow_id] = prepare_workflow(
                file.workflow,
                catalogue,
                scope_name=f"{scope.project_id}/{scope.environment}/{project.release}",
                zone=project.settings.project.time_zone,
                place=file.path,
                project_most=project.settings.project.most_runs_at_once,
            )
        except TapbotError as error:
            problems[file.path] = Problem(error.place or file.path, error.message, error.hint, error.code)
    return Served(project, scope, ready, problems)


class ReleaseBook:
    """Every release that a run may ask for: the current ones in memory, older ones from the database."""

    def __init__(self, database: Database, catalogue: Catalogue) -> None:
        self._database = database
        self._catalogue = catalogue
        self._current: dict[Scope, Served] = {}
        self._known: dict[tuple[Scope, str], Served] = {}
        self.changed: list[Callable[[Served], None]] = []

    def put(self, served: Served) -> None:
        """Make a release the current one of its project and environment."""
        self._current[served.scope] = served
        self._remember(served)
        for hear in self.changed:
            hear(served)

    def serves(self, scope: Scope) -> bool:
        """Whether a project is served here."""
        return scope in self._current

    @property
    def all_current(self) -> list[Served]:
        """The current release of each project."""
        return list(self._current.values())

    def current(self, scope: Scope) -> Served:
        """The current release of a project.

        Raises:
            NotFound: The project is not served here.
        """
        if scope not in self._current:
            raise NotFound(f"The project {scope.project_id} is not served here.", code="project.not_served")
        return self._current[scope]

    async def get(self, scope: Scope, release: str) -> Served:
        """A release, current or old.

        Raises:
            NotFound: It was never served here.
        """
        if (scope, release) not in self._known:
            snapshot = await self._database.read(lambda db: load_release(db, scope, release))
            settings = self.current(scope).project.settings
            project = read_project(snapshot, settings, project_id=scope.project_id)
            self._remember(serve(project, self._catalogue))
        return self._known[scope, release]

    async def find(self, scope: Scope, release: str, workflow_id: str) -> PreparedWorkflow:
        """See `workflow.engine.Releases`."""
        return (await self.get(scope, release)).workflow(workflow_id)

    def _remember(self, served: Served) -> None:
        self._known[served.scope, served.project.release] = served
        current = {(one.scope, one.project.release) for one in self._current.values()}
        for key in [key for key in self._known if key not in current][: -MOST_RELEASES_IN_MEMORY or None]:
            del self._known[key]
