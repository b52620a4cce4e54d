"""Reads settings: `tapbot.toml`, then the environment, then the command line."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_settings import BaseSettings, InitSettingsSource, PydanticBaseSettingsSource

from tapbot.errors import InvalidInput
from tapbot.settings.sections import FILE_NAME, Settings


def load_settings(folder: Path | None, overrides: dict[str, dict[str, Any]] | None = None) -> Settings:
    """Read `tapbot.toml` of a folder, then the environment, then what the command line says.

    Args:
        folder: Project folder; without a `tapbot.toml` in it the defaults hold.
        overrides: Values from the command line, by section.

    Raises:
        InvalidInput: The file cannot be read or is not TOML, or a key or value is wrong. The message names the line.
    """
    path = folder / FILE_NAME if folder else None
    try:
        text = _read(path) if path else ""
    except UnicodeDecodeError as error:
        raise InvalidInput(
            f"is not UTF-8 text (byte {error.start}).",
            code="settings.encoding",
            place=str(path),
            hint="Save it as UTF-8.",
        ) from error
    return read_settings(text, overrides, place=path)


def read_settings(
    text: str, overrides: dict[str, dict[str, Any]] | None = None, *, place: Path | None = None
) -> Settings:
    """Settings from the text of a `tapbot.toml`, the environment and the command line.

    Args:
        overrides: Values from the command line, by section.
        place: The file, for messages.

    Raises:
        InvalidInput: It is not TOML, or a key or value is wrong. The message names the line.
    """
    try:
        given = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InvalidInput(f"not valid TOML: {error}.", code="settings.not_toml", place=str(place)) from error

    class Loaded(Settings):
        @classmethod
        def settings_customise_sources(
            cls,
            settings_cls: type[BaseSettings],
            init_settings: PydanticBaseSettingsSource,
            env_settings: PydanticBaseSettingsSource,
            dotenv_settings: PydanticBaseSettingsSource,
            file_secret_settings: PydanticBaseSettingsSource,
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            return init_settings, env_settings, InitSettingsSource(settings_cls, given)

    try:
        return Loaded(**(overrides or {}))  # type: ignore[arg-type]  # sections come as plain dictionaries
    except ValidationError as error:
        raise _explain(error, text, place) from error


def _read(path: Path) -> str:
    """The text of a file; none when there is no such file."""
    try:
        return path.read_text("utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return ""
    except OSError as error:
        raise InvalidInput(
            f"cannot be read: {error.strerror or error}.",
            code="settings.unreadable",
            place=str(path),
            hint="Look whether it is a file and who may read it.",
        ) from error


def _explain(error: ValidationError, text: str, path: Path | None) -> InvalidInput:
    """Turn the first thing that pydantic found into a sentence with file and line."""
    first = error.errors()[0]
    keys = [str(key) for key in first["loc"]]
    line = _line_of(text, keys)
    place = f"{path}:{line}" if line else f"settings {'.'.join(keys)}"
    if first["type"] == "extra_forbidden":
        return InvalidInput(
            f"there is no setting {'.'.join(keys)!r}.",
            code="settings.unknown",
            place=place,
            hint="Settings are listed in docs/reference/settings.md.",
        )
    return InvalidInput(
        f"{'.'.join(keys)}: {first['msg'].removeprefix('Value error, ')}.", code="settings.invalid", place=place
    )


def _line_of(text: str, keys: list[str]) -> int | None:
    """Find the line of a key: the last part of its name, below its section if that is written out."""
    section, found = "", None
    for number, line in enumerate(text.splitlines(), start=1):
        stripped = line.strip()
        if stripped.startswith("["):
            section = stripped.strip("[] ")
            if section.split(".") == keys:
                return number
        name = stripped.split("=")[0].strip().strip('"')
        if name == keys[-1] and section.split(".") == [key for key in keys[:-1]]:
            return number
        if name == keys[0] and not section:
            found = number
    return found
