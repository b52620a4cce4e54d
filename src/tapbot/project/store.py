"""Releases in the database: a run loads the release that it began with, whatever the folder says by then."""

from __future__ import annotations

import hashlib
from datetime import datetime

from sqlalchemy import Connection, delete, select, update

from tapbot.errors import InvalidInput, NotFound
from tapbot.project.snapshot import snapshot_of
from tapbot.project.tables import environments, release_blobs, releases
from tapbot.project.types import Snapshot
from tapbot.storage.columns import owned, within
from tapbot.storage.sql import insert_new, lock_until_commit
from tapbot.storage.types import Scope
from tapbot.workflow.tables import runs


def save_release(db: Connection, scope: Scope, snapshot: Snapshot, *, now: datetime) -> bool:
    """Keep a snapshot as a release. Contents that are there already are not written again.

    Returns:
        Whether it is a new release.
    """
    _lock(db, scope)
    known = select(releases.c.release).where(within(releases, scope), releases.c.release == snapshot.release)
    if db.execute(known).first():
        return False
    there = set(db.scalars(select(release_blobs.c.content_hash).where(within(release_blobs, scope))))
    contents = {snapshot.manifest[path]: content for path, content in snapshot.files.items()}
    fresh = [
        {**owned(scope), "content_hash": content_hash, "size_bytes": len(content), "content": content}
        for content_hash, content in contents.items()
        if content_hash not in there
    ]
    if fresh:
        db.execute(insert_new(release_blobs), fresh)
    row = {"release": snapshot.release, "manifest": dict(snapshot.manifest), "created_at": now}
    made = insert_new(releases).returning(releases.c.release)
    return db.execute(made, owned(scope) | row).one_or_none() is not None


def load_release(db: Connection, scope: Scope, release: str) -> Snapshot:
    """Read a release back.

    Raises:
        NotFound: There is no such release here.
        InvalidInput: Its contents do not match their hashes: the database was tampered with or damaged.
    """
    query = select(releases.c.manifest).where(within(releases, scope), releases.c.release == release)
    row = db.execute(query).first()
    if row is None:
        raise NotFound(f"there is no release {release[:12]}.", code="project.no_such_release")
    manifest: dict[str, str] = row.manifest
    blobs = select(release_blobs.c.content_hash, release_blobs.c.content).where(
        within(release_blobs, scope), release_blobs.c.content_hash.in_(set(manifest.values()))
    )
    contents = {content_hash: bytes(content) for content_hash, content in db.execute(blobs)}
    files: dict[str, bytes] = {}
    for path, content_hash in manifest.items():
        content = contents.get(content_hash)
        if content is None or hashlib.sha256(content).hexdigest() != content_hash:
            raise InvalidInput(
                f"release {release[:12]} is damaged.",
                code="project.release_damaged",
                place=path,
                hint="Restore the database from a backup, or start the run again on a new release.",
            )
        files[path] = content
    return snapshot_of(files)


def point_at(db: Connection, scope: Scope, release: str, *, now: datetime) -> None:
    """Say which release is served from now on, so that other processes serve it too."""
    values = {"release": release, "pointed_at": now}
    if db.execute(update(environments).where(within(environments, scope)).values(**values)).rowcount == 0:
        db.execute(insert_new(environments), owned(scope) | values)


def served_releases(db: Connection) -> dict[Scope, str]:
    """The release that is served of each project and environment."""
    rows = db.execute(select(environments.c.project_id, environments.c.environment, environments.c.release))
    return {Scope(row.project_id, row.environment): row.release for row in rows}


def sweep_releases(db: Connection, scope: Scope, before: datetime) -> int:
    """Delete releases that are older than a moment and neither served nor used by a run, with contents of theirs alone.

    Returns:
        How many releases went.
    """
    _lock(db, scope)
    mine = within(releases, scope)
    newest = select(releases.c.release).where(mine).order_by(releases.c.created_at.desc()).limit(1)
    served = select(environments.c.release).where(within(environments, scope))
    used = select(runs.c.release).where(within(runs, scope)).distinct()
    staying = {*db.scalars(newest), *db.scalars(served), *db.scalars(used)}
    old = select(releases.c.release).where(mine, releases.c.created_at < before)
    gone = sorted(set(db.scalars(old)) - staying)
    if not gone:
        return 0
    db.execute(delete(releases).where(mine, releases.c.release.in_(gone)))
    manifests = db.scalars(select(releases.c.manifest).where(mine))
    needed = {content_hash for manifest in manifests for content_hash in manifest.values()}
    blobs = set(db.scalars(select(release_blobs.c.content_hash).where(within(release_blobs, scope))))
    unneeded = release_blobs.c.content_hash.in_(sorted(blobs - needed))
    db.execute(delete(release_blobs).where(within(release_blobs, scope), unneeded))
    return len(gone)


def _lock(db: Connection, scope: Scope) -> None:
    """Nobody deletes contents while somebody else counts on them for a new release."""
    lock_until_commit(db, "releases", scope.project_id, scope.environment)


def list_scopes(db: Connection) -> list[Scope]:
    """Every project and environment that was ever served from this database."""
    query = select(releases.c.project_id, releases.c.environment).distinct()
    return [
        Scope(project_id, environment)
        for project_id, environment in db.execute(query.order_by(*query.selected_columns))
    ]


def newest_release(db: Connection, scope: Scope) -> str | None:
    """The release that was kept last; `None` when there is none."""
    query = select(releases.c.release).where(within(releases, scope)).order_by(releases.c.created_at.desc())
    found: str | None = db.execute(query.limit(1)).scalar_one_or_none()
    return found
