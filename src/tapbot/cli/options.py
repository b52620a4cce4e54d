"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

ProjectOption = Annotated[str | None, Parameter(name="--project", help="The project's folder, or its name.")]
DataOption = Annotated[Path | None, Parameter(name="--data", help="Data folder. Default: that of the project.")]
JsonOption = Annotated[bool, Parameter(name="--json", help="Print JSON, for machines.")]
