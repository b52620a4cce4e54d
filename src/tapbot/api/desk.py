"""Questions that commands ask of a tapbot, each answered by one function of a table.

A running server answers them over `control.py`; when none runs, the command opens the stores and answers itself.
"""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar, cast

from sqlalchemy import Connection

from tapbot.access import store as access
from tapbot.access.audit import note
from tapbot.access.first_admin import issue_link
from tapbot.access.secrets import new_secret
from tapbot.access.types import Principal, Role
from tapbot.api import broadcast_desk, contact_desk, template_desk
from tapbot.api.broadcast_desk import BroadcastDesk
from tapbot.api.contact_desk import ContactDesk
from tapbot.api.credentials import CredentialDesk
from tapbot.api.masking import mask_headers
from tapbot.api.run_changes import Actor
from tapbot.bots.deciding import PersonsDecision, decide_as_person
from tapbot.channels.types import Channel
from tapbot.credentials.keyring import Keyring
from tapbot.data import store as data
from tapbot.data.types import Condition
from tapbot.errors import InvalidInput, NotFound
from tapbot.inbox import approvals, outbox, settling, views
from tapbot.project.types import Project
from tapbot.storage.database import OpenDatabase
from tapbot.storage.types import JsonObject, Scope
from tapbot.workflow import store
from tapbot.workflow.history import show_nodes
from tapbot.workflow.journal import list_changes

T = TypeVar("T")
MOST_LISTED = 1000
MOST_RECORDS = 10_000


@dataclass(frozen=True, slots=True)
class Desk:
    """What a command may be answered from.

    Args:
        keyring: Seals credentials; `None` where there are none.
        projects: The projects whose files are known here, by id.
        channels: By scope, bot and kind; `None` where no server runs.
        stored: Every project and environment that has rows; those of `projects` when empty.
    """

    database: OpenDatabase
    projects: Mapping[str, Project]
    stored: Sequence[Scope] = ()
    keyring: Keyring | None = None
    channels: Mapping[tuple[Scope, str, str], Channel] | None = None
    clock: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))
    new_id: Callable[[], str] = field(default=lambda: str(uuid.uuid4()))

    @property
    def scopes(self) -> Sequence[Scope]:
        """Whose rows may be asked for."""
        served = [Scope(one.project_id, one.settings.project.environment) for one in self.projects.values()]
        return self.stored or served

    def project(self, name: object) -> Project:
        """The project of that id; the only one when no id is given.

        Raises:
            NotFound: There is no such project here.
            InvalidInput: Several are served and none is named.
        """
        return self.projects[_choose(name, sorted(self.projects), "project")]

    def scope(self, args: Mapping[str, Any]) -> Scope:
        """Whose rows a command means: its arguments `project` and `environment`, each needless where there is one.

        Raises:
            NotFound: Nothing is stored for it here.
            InvalidInput: Several fit.
        """
        project_id = _choose(args.get("project"), sorted({scope.project_id for scope in self.scopes}), "project")
        environments = sorted({scope.environment for scope in self.scopes if scope.project_id == project_id})
        return Scope(project_id, _choose(args.get("environment"), environments, "environment"))


def _choose(wanted: object, known: Sequence[str], what: str) -> str:
    if wanted is None and len(known) == 1:
        return known[0]
    if wanted is None and known:
        raise InvalidInput(
            f"there are several here: {', '.join(known)}.",
            code="cli.which_one",
            place=what,
            hint=f"Name one with --{what}.",
        )
    if wanted not in known:
        raise NotFound(
            f"there is no {wanted!r} here; there is: {', '.join(known) or 'none'}.", code="cli.no_such", place=what
        )
    return str(wanted)


Answer = Callable[[Desk, Mapping[str, Any]], Awaitable[Any]]


async def list_runs(desk: Desk, args: Mapping[str, Any]) -> Any:
    """The newest runs. Arguments: `workflow`, `status`, `reason`, `limit`."""
    scope = desk.scope(args)
    limit = min(int(args.get("limit") or 50), MOST_LISTED)
    wanted = {"workflow_id": args.get("workflow"), "status": args.get("status"), "reason": args.get("reason")}
    return await desk.database.scoped(scope).read(lambda db: store.list_runs(db, scope, **wanted, limit=limit))


async def show_run(desk: Desk, args: Mapping[str, Any]) -> Any:
    """One run with its nodes, steps, changes of status and children. Argument: `run_id`."""
    scope, wanted = desk.scope(args), str(args.get("run_id") or "")
    run = await desk.database.scoped(scope).read(lambda db: store.get_run(db, scope, wanted))
    if run is None:
        raise NotFound(f"there is no run {wanted!r}.", code="run.not_found", hint="`tapbot runs list` lists them.")
    steps = await desk.database.scoped(scope).read(lambda db: store.list_steps(db, scope, wanted))
    children = await desk.database.scoped(scope).read(lambda db: store.list_runs(db, scope, parent_run_id=wanted))
    changes = await desk.database.scoped(scope).read(lambda db: list_changes(db, wanted, scope))
    history = run.pop("history")
    del run["parked"]
    shown = {
        **run,
        "order": (history or {}).get("order", []),
        "nodes": show_nodes(history, run["input"] if isinstance(run["input"], list) else []),
        "steps": steps,
        "changes": changes,
        "children": children,
    }
    return mask_headers(shown)


async def cancel_run(desk: Desk, args: Mapping[str, Any]) -> Any:
    """End a run. Argument: `run_id`."""
    return {"run_id": await _actor(desk, args).cancel(_run_id(args))}


async def resume_run(desk: Desk, args: Mapping[str, Any]) -> Any:
    """Let a run that waits go on at once. Argument: `run_id`."""
    return {"run_id": await _actor(desk, args).end_wait(_run_id(args))}


async def retry_run(desk: Desk, args: Mapping[str, Any]) -> Any:
    """Try a run again. Arguments: `run_id`, `start`, `release`."""
    actor = _actor(desk, args)
    served = desk.projects.get(actor.scope.project_id)
    start, which = str(args.get("start") or "failed_step"), str(args.get("release") or "same")
    current = served.release if served else None
    retried = actor.retry(_run_id(args), start=start, which=which, current=current, new_run_id=desk.new_id())
    return {"run_id": await retried}


async def decide_step(desk: Desk, args: Mapping[str, Any]) -> Any:
    """Settle a step in doubt. Arguments: `run_id`, `decision`, `step`, `output`."""
    decision, step = str(args.get("decision") or ""), args.get("step")
    decided = _actor(desk, args).decide(_run_id(args), decision=decision, step=step, output=args.get("output"))
    return {"run_id": await decided}


def _actor(desk: Desk, args: Mapping[str, Any]) -> Actor:
    return Actor(desk.database, desk.scope(args), None, desk.clock())


def _run_id(args: Mapping[str, Any]) -> str:
    return str(args.get("run_id") or "")


async def list_workflows(desk: Desk, args: Mapping[str, Any]) -> Any:
    """All workflows of a project, broken ones too."""
    return [file.summary for file in desk.project(args.get("project")).workflow_files]


async def show_workflow(desk: Desk, args: Mapping[str, Any]) -> Any:
    """One workflow with its JSON. Argument: `workflow`, an id, a name or a path."""
    wanted = str(args.get("workflow") or "")
    for file in desk.project(args.get("project")).workflow_files:
        if wanted in {file.workflow_id, file.name, file.path, Path(file.path).name}:
            return {**file.summary, "workflow": file.raw}
    raise NotFound(
        f"there is no workflow {wanted!r}.", code="workflow.not_found", hint="`tapbot workflow list` lists them."
    )


async def list_records(desk: Desk, args: Mapping[str, Any]) -> Any:
    """Records of a collection. Arguments: `collection`, `where` (values by field), `sort`, `limit`, `offset`."""
    scope, collection = desk.scope(args), str(args.get("collection") or "")
    where = [Condition(field, "eq", value) for field, value in (args.get("where") or {}).items()]
    sort, offset = args.get("sort") or (), int(args.get("offset") or 0)
    limit = min(int(args.get("limit") or MOST_RECORDS), MOST_RECORDS)
    return await desk.database.scoped(scope).read(
        lambda db: data.find(db, scope, collection, where=where, sort=sort, limit=limit, offset=offset)
    )


async def list_collections(desk: Desk, args: Mapping[str, Any]) -> Any:
    """Collections with their number of records."""
    scope = desk.scope(args)
    found = await desk.database.scoped(scope).read(lambda db: data.list_collections(db, scope))
    return [{"name": one.name, "title": dict(one.title), "count": count} for one, count in found]


async def list_people(desk: Desk, args: Mapping[str, Any]) -> Any:
    """The people who may log in."""
    scope = desk.scope(args)
    people = await desk.database.scoped(scope).read(lambda db: access.list_people(db, scope))
    shown = ("email", "name", "role", "team")
    return [{"id": one.principal_id, **{name: getattr(one, name) for name in shown}} for one in people]


async def add_person(desk: Desk, args: Mapping[str, Any]) -> Any:
    """Make a person, and a link that lets them in once. Arguments: `email`, `name`, `role`, `team`."""
    scope, now, email = desk.scope(args), desk.clock(), str(args.get("email") or "")
    try:
        role = Role(str(args.get("role")))
    except ValueError as error:
        known = ", ".join(Role)
        raise InvalidInput(
            f"there is no role {args.get('role')!r}; there is: {known}.", code="access.no_role"
        ) from error

    def add(db: Connection) -> Principal:
        name = str(args.get("name") or email)
        person_id = desk.new_id()
        person = access.add_person(
            db,
            scope,
            principal_id=person_id,
            email=email,
            name=name,
            role=role,
            password_hash=None,
            now=now,
            team=args.get("team"),
        )
        told: JsonObject = {"role": role.value, "team": person.team}
        note(db, scope, actor_id=None, action="person.added", subject=person_id, data=told, now=now)
        return person

    person = await desk.database.scoped(scope).write("access.add_person", add)
    return await _let_in(desk, person)


async def reset_person(desk: Desk, args: Mapping[str, Any]) -> Any:
    """Make a new link that lets a person in once, to choose a new password. Argument: `email`."""
    scope, email = desk.scope(args), str(args.get("email") or "")
    found = await desk.database.scoped(scope).read(lambda db: access.find_credentials(db, scope, email))
    if found is None:
        raise NotFound(
            f"nobody has the e-mail {email!r}.", code="access.no_such_person", hint="See `tapbot user list`."
        )
    return await _let_in(desk, found[0])


async def _let_in(desk: Desk, person: Principal) -> Any:
    token = new_secret()
    await issue_link(desk.database, person, token, now=desk.clock())
    return {"id": person.principal_id, "email": person.email, "role": person.role, "path": f"/login?token={token}"}


async def list_credentials(desk: Desk, args: Mapping[str, Any]) -> Any:
    """The credentials, without what is in them."""
    return await _credentials(desk).list(desk.scope(args))


async def add_credential(desk: Desk, args: Mapping[str, Any]) -> Any:
    """Keep a credential. Arguments: `kind`, `name`, `fields`, `id`, `replace`."""
    return await _credentials(desk).add(desk.scope(args), args, new_id=desk.new_id())


async def remove_credential(desk: Desk, args: Mapping[str, Any]) -> Any:
    """Delete a credential. Argument: `credential`, an id or a name."""
    return await _credentials(desk).remove(desk.scope(args), str(args.get("credential") or ""))


async def rotate_keys(desk: Desk, args: Mapping[str, Any]) -> Any:
    """Seal all credentials anew. Argument: `new_key`."""
    return await _credentials(desk).rotate(new_key=bool(args.get("new_key", True)))


async def list_approvals(desk: Desk, args: Mapping[str, Any]) -> Any:
    """What people are asked to decide. Arguments: `status`, `limit`."""
    scope, limit = desk.scope(args), min(int(args.get("limit") or 50), MOST_LISTED)
    rows = await desk.database.scoped(scope).read(
        lambda db: approvals.list_approvals(db, scope, status=args.get("status"), limit=limit)
    )
    return [_shown(dict(row)) for row in rows]


async def decide_approval(desk: Desk, args: Mapping[str, Any]) -> Any:
    """Approve or refuse, as whoever has the machine. Arguments: `approval_id`, `decision`, `details_hash`, `note`."""
    decision = args.get("decision")
    if decision not in {"approved", "refused"}:
        raise InvalidInput("a decision is approved or refused.", code="approval.bad_decision", place="decision")
    wanted = PersonsDecision(
        cast("approvals.Decision", decision),
        str(args.get("details_hash") or ""),
        {"name": "command line"},
        None,
        lambda _row: None,
        str(args["note"]) if args.get("note") else None,
    )
    approval_id = str(args.get("approval_id") or "")
    row = await decide_as_person(desk.database, desk.scope(args), approval_id, wanted, now=desk.clock())
    return _shown(dict(row))


async def list_undelivered(desk: Desk, args: Mapping[str, Any]) -> Any:
    """Messages that did not arrive, or perhaps. Arguments: `status`, `limit`."""
    scope, limit = desk.scope(args), min(int(args.get("limit") or 50), MOST_LISTED)
    wanted = [str(args["status"])] if args.get("status") else list(outbox.UNDELIVERED)
    return await desk.database.scoped(scope).read(lambda db: views.list_undelivered(db, scope, wanted, limit=limit))


async def settle_message(desk: Desk, args: Mapping[str, Any]) -> Any:
    """Decide about a message in doubt. Arguments: `message_id`, `arrived`."""
    scope, message_id, arrived = desk.scope(args), str(args.get("message_id") or ""), bool(args.get("arrived"))
    await desk.database.scoped(scope).write(
        "desk.settle_message", lambda db: settling.settle(db, scope, message_id, arrived=arrived, now=desk.clock())
    )
    return {"message_id": message_id, "arrived": arrived}


def _shown(row: Mapping[str, Any]) -> JsonObject:
    """An approval without the secret of its buttons."""
    return {name: value for name, value in row.items() if name not in {"token", "event"}}


def _credentials(desk: Desk) -> CredentialDesk:
    return CredentialDesk(desk.database, desk.keyring, desk.clock())


def _asked_at(make: Callable[[Desk, Scope], T], found: Callable[[T, Mapping[str, Any]], Awaitable[Any]]) -> Answer:
    return lambda desk, args: found(make(desk, desk.scope(args)), args)


def _contacts(desk: Desk, scope: Scope) -> ContactDesk:
    return ContactDesk(desk.database, scope, desk.clock())


def _broadcasts(desk: Desk, scope: Scope) -> BroadcastDesk:
    return BroadcastDesk(desk.database, scope, desk.projects.get(scope.project_id), desk.clock())


ANSWERS: Mapping[str, Answer] = {
    "runs.list": list_runs,
    "runs.show": show_run,
    "runs.cancel": cancel_run,
    "runs.resume": resume_run,
    "runs.retry": retry_run,
    "runs.decide": decide_step,
    "workflows.list": list_workflows,
    "workflows.show": show_workflow,
    "records.list": list_records,
    "collections.list": list_collections,
    "people.list": list_people,
    "people.add": add_person,
    "people.reset": reset_person,
    "approvals.list": list_approvals,
    "approvals.decide": decide_approval,
    **{name: _asked_at(_contacts, found) for name, found in contact_desk.ANSWERS.items()},
    **{name: _asked_at(_broadcasts, found) for name, found in broadcast_desk.ANSWERS.items()},
    **{name: _asked_at(template_desk.made, found) for name, found in template_desk.ANSWERS.items()},
    "messages.list": list_undelivered,
    "messages.settle": settle_message,
    "credentials.list": list_credentials,
    "credentials.add": add_credential,
    "credentials.remove": remove_credential,
    "credentials.rotate": rotate_keys,
}
"""Every command that can be answered, by name."""


async def answer(desk: Desk, command: str, args: Mapping[str, Any]) -> Any:
    """Answer one command.

    Raises:
        NotFound: There is no such command: the server is older or newer than the command line.
    """
    found = ANSWERS.get(command)
    if found is None:
        raise NotFound(
            f"the running server does not know {command!r}.",
            code="cli.unknown_question",
            hint="It runs another version of tapbot: restart it.",
        )
    return await found(desk, args)
