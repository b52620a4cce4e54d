"""`tapbot new`: a small project that runs, to start from."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from tapbot.errors import Conflict, InvalidInput

STARTER = Path(__file__).parent / "starter"
NAME = re.compile(r"[a-z][a-z0-9-]{0,40}")
TEXT_FILES = frozenset({"tapbot.toml", "README.md"})


def make_project(folder: Path) -> list[str]:
    """Copy the starter into a new folder and give it the folder's name.

    Args:
        folder: Its last part becomes the project's name. It may exist if it is empty.

    Returns:
        The files that were made, relative to the folder.

    Raises:
        InvalidInput: The name cannot be a project's.
        Conflict: There is something already.
    """
    name = folder.resolve().name
    if not NAME.fullmatch(name):
        raise InvalidInput(
            f"{name!r} cannot be the name of a project.",
            code="project.bad_name",
            hint="Use a letter, then letters, digits and -, in lower case, 41 characters at most.",
        )
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise Conflict(
            "there is something already.", code="project.exists", place=str(folder), hint="Choose another name."
        )
    made = []
    for source in sorted(STARTER.rglob("*")):
        if not source.is_file():
            continue
        relative = source.relative_to(STARTER)
        # A file called .gitignore would be obeyed where the starter lies.
        target = folder / (".gitignore" if relative.name == "gitignore" else relative)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
        if relative.name in TEXT_FILES:
            text = target.read_text("utf-8").replace("PROJECT_NAME", name)
            target.write_text(text.replace("PROJECT_TITLE", name.replace("-", " ").capitalize()), "utf-8")
        made.append(target.relative_to(folder).as_posix())
    return made
