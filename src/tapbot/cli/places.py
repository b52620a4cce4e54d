"""Where a command looks: the project's folder and the data folder."""

from __future__ import annotations

from pathlib import Path

from tapbot.errors import InvalidInput
from tapbot.project.naming import id_of_folder
from tapbot.settings import FILE_NAME, Settings, load_settings

DATA_HOME = Path(".tapbot")


def find_data(project: str | None, data: Path | None) -> Path:
    """The data folder of a project.

    Args:
        project: Folder of a project, or its name; None for the folder that we are in.
        data: What the command line says; it goes first.

    Returns:
        `--data`, else `storage.data` of the settings, else `./.tapbot/<name>`; when that would lie inside the
        project, `.tapbot/<name>` beside the project.

    Raises:
        InvalidInput: A folder that was asked for lies inside the project; or the settings are wrong.
    """
    folder = Path(project or ".")
    if not is_project(folder):
        return data or load_settings(None).storage.data or DATA_HOME / (project or id_of_folder(folder))
    settings = load_settings(folder)
    asked = data or settings.storage.data
    if asked is not None:
        check_outside(asked, folder)
        return asked
    name = name_of(folder, settings)
    here = DATA_HOME / name
    return folder.resolve().parent / here if is_inside(here, folder) else here


def is_project(folder: Path) -> bool:
    """Whether a folder is a project; else the word that named it may be a project's name."""
    return (folder / FILE_NAME).is_file() or (folder / "workflows").is_dir()


def name_of(folder: Path, settings: Settings) -> str:
    """A project's short name."""
    return settings.project.name or id_of_folder(folder)


def is_inside(path: Path, folder: Path) -> bool:
    """Whether a path, there or not, lies below a folder or is it."""
    return path.resolve().is_relative_to(folder.resolve())


def check_outside(data: Path, folder: Path) -> None:
    """Refuse a data folder inside the project: it would end up in git.

    Raises:
        InvalidInput: It is inside.
    """
    if is_inside(data, folder):
        raise InvalidInput(
            "the data folder lies inside the project.",
            code="cli.data_inside_project",
            place=str(data),
            hint="Choose one outside with --data.",
        )
