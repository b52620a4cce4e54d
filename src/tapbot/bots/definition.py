"""A bot's Markdown file: YAML front matter and the instruction, read strictly."""

from __future__ import annotations

from collections.abc import Mapping

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from tapbot.bots.guided.definition import Guided, find_line, parse_guided, worst_error
from tapbot.bots.handoff import DeskPart, DeskRules
from tapbot.bots.types import LANGUAGES, Bot, Limits
from tapbot.errors import InvalidInput

FENCE = "---"


class LimitsPart(BaseModel):
    """`limits:` of the front matter."""

    model_config = ConfigDict(extra="forbid")

    steps_per_turn: int = Limits.steps_per_turn
    tokens_per_turn: int = Limits.tokens_per_turn
    message_chars: int = Limits.message_chars


class FrontMatter(BaseModel):
    """Keys of the front matter."""

    model_config = ConfigDict(extra="forbid")

    title: str | dict[str, str]
    languages: list[str] = list(LANGUAGES)
    channels: list[str] = []
    tools: list[str] = []
    confirm: list[str] = []
    descriptions: dict[str, str] = {}
    knowledge: str | None = None
    model: str | None = None
    guided: str | None = None
    allowed_origins: list[str] = []
    limits: LimitsPart = LimitsPart()
    desk: DeskPart | None = None


def parse_bot(path: str, text: str, files: Mapping[str, str]) -> Bot:
    """Read one bot.

    Args:
        path: Path inside the project, for example `bots/taxi.md`; the file's name is the bot's id.
        text: The file.
        files: Other files of the project by path; the guided definition is looked up beside the bot.

    Raises:
        InvalidInput: The front matter or the guided definition is wrong; the message names the file and the line.
    """
    front, body = split_front_matter(text, path)
    try:
        data = yaml.load(front, Loader=yaml.CSafeLoader) or {}
        matter = FrontMatter.model_validate(data)
    except yaml.YAMLError as error:
        raise InvalidInput(f"The front matter is not YAML: {error}", code="bots.bad_yaml", place=path) from error
    except ValidationError as error:
        first = worst_error(error)
        keys = [str(part) for part in first["loc"]]
        place = f"{path}, line {find_line(front, keys) + 1}"
        raise InvalidInput(
            f"`{'.'.join(keys)}`: {first['msg']}.",
            code="bots.bad_definition",
            place=place,
            hint="Check the key's spelling.",
        ) from error
    check_languages(matter.languages, path)
    check_tools(matter, path)
    return Bot(
        id=path.rsplit("/", 1)[-1].removesuffix(".md"),
        title={"": matter.title} if isinstance(matter.title, str) else matter.title,
        instruction=body.strip(),
        languages=tuple(matter.languages),
        channels=tuple(matter.channels),
        tools=tuple(matter.tools),
        confirm=tuple(matter.confirm),
        descriptions=matter.descriptions,
        knowledge=matter.knowledge,
        model=matter.model,
        allowed_origins=tuple(matter.allowed_origins),
        limits=Limits(**matter.limits.model_dump()),
        guided=find_guided(matter.guided, path, files),
        desk=DeskRules(matter.desk) if matter.desk else None,
    )


def split_front_matter(text: str, path: str) -> tuple[str, str]:
    """The YAML between the fences, and the body."""
    lines = text.removeprefix("\ufeff").splitlines()
    if not lines or lines[0].strip() != FENCE:
        raise InvalidInput("The file begins with no `---`.", code="bots.no_front_matter", place=path)
    for number, line in enumerate(lines[1:], 1):
        if line.strip() == FENCE:
            return "\n".join(lines[1:number]), "\n".join(lines[number + 1 :])
    raise InvalidInput("The front matter has no closing `---`.", code="bots.no_front_matter", place=path)


def check_languages(languages: list[str], path: str) -> None:
    unknown = [one for one in languages if one not in LANGUAGES]
    if unknown or not languages:
        raise InvalidInput(
            f"`languages` may hold {', '.join(LANGUAGES)}; it holds {', '.join(unknown) or 'nothing'}.",
            code="bots.bad_language", place=path,
        )  # fmt: skip


def check_tools(matter: FrontMatter, path: str) -> None:
    """What is confirmed or described must be a tool: a slip here would leave a risky call unasked."""
    for key in ("confirm", "descriptions"):
        unknown = sorted(set(getattr(matter, key)) - set(matter.tools))
        if unknown:
            raise InvalidInput(
                f"`{key}` names {unknown[0]!r}, which is not among `tools`.",
                code="bots.unknown_tool",
                place=path,
                hint="Check the spelling, or add it to `tools`.",
            )


def find_guided(name: str | None, path: str, files: Mapping[str, str]) -> Guided | None:
    """The guided definition that the front matter names."""
    if name is None:
        return None
    beside = f"{path.rsplit('/', 1)[0]}/{name}" if "/" in path else name
    if beside not in files:
        raise InvalidInput(
            f"`guided` names {name!r}, and there is no {beside}.", code="bots.no_guided_file", place=path
        )
    return parse_guided(files[beside], place=beside)
