"""What the architecture tests look at: our files, as git knows them or would."""

from __future__ import annotations

import ast
import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src/tapbot"


@cache
def our_files() -> tuple[str, ...]:
    """Paths of all files that are, or would be, in git."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    return tuple(sorted(path for path in listed.stdout.decode().split("\0") if path and (ROOT / path).is_file()))


def python_files(*folders: str) -> list[Path]:
    """Our Python files below some folders."""
    return [ROOT / path for path in our_files() if path.endswith(".py") and path.startswith(folders)]


@cache
def parsed(path: Path) -> ast.Module:
    """The syntax tree of a file."""
    return ast.parse(path.read_text("utf-8"), str(path))


def shown(path: Path) -> str:
    """A path as the lists of exceptions write it."""
    return path.relative_to(ROOT).as_posix()
