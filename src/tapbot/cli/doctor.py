"""`tapbot doctor`: what is wrong on this machine, and how to mend it."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from tapbot.cli.diagnosis import examine
from tapbot.cli.finding import Finding, Patient
from tapbot.cli.places import DATA_HOME, find_data
from tapbot.cli.printing import show, show_json, tell
from tapbot.cli.support import as_json, write_bundle
from tapbot.errors import InvalidInput
from tapbot.settings import Settings, load_settings

SIGNS = {"ok": "ok     ", "warning": "warning", "wrong": "WRONG  "}


def doctor(
    project: Path | None = None,
    *,
    data: Path | None = None,
    as_json_list: Annotated[bool, Parameter(name="--json")] = False,
    bundle: Path | None = None,
) -> int:
    """Say what is wrong on this machine and how to mend it.

    Args:
        project: Folder of the project whose settings count; the current one when it is a project.
        data: Data folder. Default: that of the project.
        as_json_list: Print a JSON list, for machines.
        bundle: Write a zip for the people who help. It holds versions, counts and verdicts, no text that anybody wrote.

    Returns:
        1 when something is wrong, 0 otherwise.
    """
    settings, findings = _read_settings(project)
    folder = find_data(str(project) if project else None, data) if findings[0].verdict == "ok" else data or DATA_HOME
    findings += asyncio.run(examine(Patient(settings, folder, datetime.now(UTC))))
    if as_json_list:
        show_json(as_json(findings))
    else:
        _show(findings)
    if bundle is not None:
        write_bundle(bundle, findings, settings, project=project, data=folder)
        tell(f"Wrote {bundle}: versions, counts and verdicts. Look into it before you send it.")
    return 1 if any(finding.verdict == "wrong" for finding in findings) else 0


def _read_settings(project: Path | None) -> tuple[Settings, list[Finding]]:
    """The settings; the defaults and a finding when they are wrong."""
    try:
        return load_settings(project or Path()), [Finding("settings", "ok", "valid")]
    except InvalidInput as error:
        return Settings.model_construct(), [Finding("settings", "wrong", str(error), error.hint)]


def _show(findings: list[Finding]) -> None:
    width = max(len(finding.check) for finding in findings)
    for finding in findings:
        show(f"{SIGNS[finding.verdict]}  {finding.check:<{width}}  {finding.message}")
        if finding.hint and finding.verdict != "ok":
            show(f"{'':<{width + 11}}{finding.hint}")
