"""What `tapbot doctor` looks at: one function a check, each gives a finding."""

from __future__ import annotations

import asyncio
import importlib.metadata
import os
import re
import shutil
import sqlite3
import stat
import sys
import tempfile
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import tapbot
from tapbot.cli.database_check import check_database
from tapbot.cli.finding import Finding, Patient
from tapbot.cli.port_check import check_port
from tapbot.errors import TapbotError
from tapbot.sandbox.expression_sandbox import ExpressionSandbox
from tapbot.sandbox.types import ExpressionJob
from tapbot.settings import Settings
from tapbot.storage.folder import lock_holder

PACKAGE = Path(tapbot.__file__).parent
LITTLE_SPACE_BYTES = 1_000_000_000
NO_SPACE_BYTES = 100_000_000
OLDEST_PYTHON = (3, 11)
OLDEST_SQLITE = (3, 35)
DNS_SECONDS = 5


def check_python(_patient: Patient) -> Finding:
    """The interpreter."""
    found: tuple[int, ...] = tuple(sys.version_info[:3])
    shown = ".".join(map(str, found))
    if found < OLDEST_PYTHON:
        return Finding("python", "wrong", f"Python {shown} is too old.", "Install Python 3.11 or newer.")
    return Finding("python", "ok", f"Python {shown}")


def lock_file() -> Path | None:
    """The lock of the installed packages: in the wheel, or in the repository of an editable install."""
    places = (PACKAGE / "runtime-lock.txt", PACKAGE.parents[1] / "locks" / "runtime.txt")
    return next((path for path in places if path.is_file()), None)


def is_for_this_machine(marker: str) -> bool:
    """Whether a line of the lock, by what stands behind its version, is for this Python and for Linux."""
    below = re.search(r"python_full_version < '([\d.]+)'", marker)
    if below and sys.version_info[:3] >= tuple(map(int, below[1].split("."))):
        return False
    return "sys_platform == 'darwin'" not in marker or "linux" in marker


def compare_packages(lock: str, installed: Callable[[str], str | None]) -> list[str]:
    """What differs from the lock, one sentence a package.

    Args:
        installed: Version of a package, None when it is not there.
    """
    differing = []
    for name, version, marker in re.findall(r"^([A-Za-z0-9._-]+)==([^\s;]+)([^\\\n]*)", lock, re.MULTILINE):
        found = installed(name)
        if found is None and not is_for_this_machine(marker):
            continue
        if found is None:
            differing.append(f"{name} is missing")
        elif found != version:
            differing.append(f"{name} is {found}, the lock says {version}")
    return differing


def installed_version(name: str) -> str | None:
    """Version of an installed package."""
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def check_packages(_patient: Patient) -> Finding:
    """Installed packages against the lock."""
    lock = lock_file()
    if lock is None:
        return Finding("packages", "warning", "the lock is not here, so versions were not compared.")
    differing = compare_packages(lock.read_text("utf-8"), installed_version)
    if not differing:
        return Finding("packages", "ok", "all packages are those of the lock")
    shown = "; ".join(differing[:5]) + (f"; and {len(differing) - 5} more" if len(differing) > 5 else "")
    hint = f"pip install --require-hashes -r {lock}"
    return Finding("packages", "wrong" if "missing" in shown else "warning", f"{shown}.", hint)


def check_console(_patient: Patient) -> Finding:
    """The built console."""
    if (PACKAGE / "api/console/index.html").is_file():
        return Finding("console", "ok", "the console is built")
    return Finding("console", "warning", "the console is not built: the address shows no pages.", "Run `make up`.")


def check_data_folder(patient: Patient) -> Finding:
    """Rights of the data folder, and room on its disk."""
    existing = next(path for path in (patient.data, *patient.data.absolute().parents) if path.exists())
    if not os.access(existing, os.W_OK | os.X_OK):
        return Finding(
            "data folder", "wrong", f"{existing} cannot be written.", "Mend its owner and rights (chown, chmod)."
        )
    free_bytes = shutil.disk_usage(existing).free
    if free_bytes < NO_SPACE_BYTES:
        return Finding(
            "data folder", "wrong", f"{free_bytes // 1_000_000} MB are free.", "Make room: writes will fail."
        )
    if free_bytes < LITTLE_SPACE_BYTES:
        return Finding("data folder", "warning", f"only {free_bytes // 1_000_000} MB are free.", "Make room soon.")
    if patient.data.is_dir() and stat.S_IMODE(patient.data.stat().st_mode) & 0o077:
        return Finding("data folder", "warning", "others on this machine can read it.", f"chmod 700 {patient.data}")
    return Finding("data folder", "ok", f"{patient.data}, {free_bytes // 1_000_000_000} GB free")


def check_lock(patient: Patient) -> Finding:
    """Who has the data folder."""
    holder = lock_holder(patient.data)
    if holder is None:
        return Finding("lock", "ok", "no server runs on this data folder")
    return Finding("lock", "ok", f"process {holder.get('pid', 'unknown')} runs on this data folder")


def check_time_zone(patient: Patient) -> Finding:
    """Time zone data of the machine."""
    name = patient.settings.project.time_zone
    try:
        ZoneInfo(name)
    except (OSError, ValueError, KeyError):
        return Finding(
            "time zone", "wrong", f"{name!r} is not known here.", "apt-get install tzdata, or mend the name."
        )
    return Finding("time zone", "ok", name)


def check_sqlite(patient: Patient) -> Finding:
    """SQLite's version, and whether the data folder's file system can do WAL."""
    version = sqlite3.sqlite_version
    if sqlite3.sqlite_version_info[:2] < OLDEST_SQLITE:
        return Finding(
            "sqlite", "wrong", f"SQLite {version} is too old.", "A Python with SQLite 3.35 or newer is needed."
        )
    place = patient.data if patient.data.is_dir() else None
    try:
        with tempfile.TemporaryDirectory(dir=place) as folder:
            trial = sqlite3.connect(Path(folder) / "trial.db")
            mode = trial.execute("PRAGMA journal_mode=WAL").fetchone()[0]
            trial.close()
    except (OSError, sqlite3.Error) as error:
        return Finding(
            "sqlite", "wrong", f"a database cannot be made in {place}: {error}.", "Mend the folder's rights."
        )
    if mode != "wal":
        return Finding("sqlite", "wrong", "the file system cannot do WAL.", "Put the data folder on a local disk.")
    return Finding("sqlite", "ok", f"SQLite {version}, WAL works")


def check_clock(patient: Patient) -> Finding:
    """Whether the clock can be right: not before these files were written."""
    written = datetime.fromtimestamp((PACKAGE / "__init__.py").stat().st_mtime, UTC)
    if patient.now < written:
        return Finding(
            "clock", "wrong", f"it says {patient.now:%Y-%m-%d %H:%M} UTC, which is past.", "Set it, use NTP."
        )
    return Finding("clock", "ok", f"{patient.now:%Y-%m-%d %H:%M:%S} UTC")


async def check_sandbox(_patient: Patient) -> Finding:
    """Whether a child for expressions starts and answers."""
    job = ExpressionJob(scope="doctor", templates=("={{ 6 * 7 }}",), items=[{"json": {}}])
    try:
        async with ExpressionSandbox() as sandbox:
            answer = await sandbox.evaluate(job)
    except (TapbotError, OSError) as error:
        return Finding("sandbox", "wrong", f"a child process does not start: {error}.", "Reinstall the packages.")
    if answer.values != [[42]]:
        return Finding("sandbox", "wrong", "a child process gives wrong answers.", "Reinstall the packages.")
    return Finding("sandbox", "ok", "expressions are evaluated in a child process")


def hosts_of(settings: Settings) -> Iterable[str]:
    """The outside hosts that these settings need."""
    for bot in settings.channels.telegram.values():
        if bot.token is not None:
            yield urlsplit(bot.api_url).hostname or ""
    for number in settings.channels.whatsapp.values():
        yield urlsplit(number.api_url).hostname or ""
    for model in settings.models.values():
        yield urlsplit(model.base_url).hostname or ""


async def check_names(patient: Patient) -> Finding:
    """Whether the hosts that the settings name can be found."""
    hosts = sorted({host for host in hosts_of(patient.settings) if host})
    if not hosts:
        return Finding("outside hosts", "ok", "the settings need none")
    lost = []
    for host in hosts:
        try:
            async with asyncio.timeout(DNS_SECONDS):
                await asyncio.get_running_loop().getaddrinfo(host, 443)
        except (OSError, TimeoutError):
            lost.append(host)
    if lost:
        hint = "Look at the network and at /etc/resolv.conf; until then their channels and models wait."
        return Finding("outside hosts", "wrong", f"not found: {', '.join(lost)}.", hint)
    return Finding("outside hosts", "ok", ", ".join(hosts))


async def examine(patient: Patient) -> list[Finding]:
    """Run every check."""
    plain = (
        check_python, check_packages, check_console, check_data_folder, check_lock, check_port, check_time_zone,
        check_sqlite, check_clock,
    )  # fmt: skip
    findings = [check(patient) for check in plain]
    findings += await check_database(patient)
    return [*findings, await check_sandbox(patient), await check_names(patient)]
