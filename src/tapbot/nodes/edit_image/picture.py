"""Changing a picture, with Pillow."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from typing import Any, Literal

from pydantic import Field

from tapbot.errors import InvalidInput, LimitExceeded
from tapbot.loader import load
from tapbot.nodes.binaries import make_binary
from tapbot.nodes.fields import Text
from tapbot.storage.types import JsonObject
from tapbot.workflow.node import NodeParams

MOST_PIXELS = 50_000_000
MOST_CHANGES = 50


class Change(NodeParams):
    """One change of a picture."""

    operation: Literal[
        "blur", "border", "composite", "create", "crop", "draw", "information", "multiStep", "resize", "rotate",
        "shear", "text", "transparent",
    ] = "border"  # fmt: skip
    """What to do."""
    background_color: Text = "#ffffff00"
    """Color of a new picture, or of the corners of a turned one."""
    width: int = Field(default=500, ge=1, le=20_000)
    """Width in pixels."""
    height: int = Field(default=500, ge=1, le=20_000)
    """Height in pixels."""
    blur: float = Field(default=5, ge=0, le=1000)
    """Strength of the blur."""
    sigma: float = Field(default=2, ge=0, le=1000)
    """Radius of the blur in pixels."""
    border_width: int = Field(default=10, ge=0, le=5000)
    """Width of the border at the left and the right."""
    border_height: int = Field(default=10, ge=0, le=5000)
    """Height of the border at the top and the bottom."""
    border_color: Text = "#000000"
    """Color of the border."""
    position_x: int = Field(default=50, ge=-20_000, le=20_000)
    """Place of what is cut or written, from the left."""
    position_y: int = Field(default=50, ge=-20_000, le=20_000)
    """Place of what is cut or written, from the top."""
    resize_option: Literal[
        "ignoreAspectRatio", "maximumArea", "minimumArea", "onlyIfLarger", "onlyIfSmaller", "percent"
    ] = "maximumArea"
    """How width and height are meant."""
    rotate: float = Field(default=0, ge=-360, le=360)
    """Degrees, to the right."""
    text: Text = ""
    """Text to write."""
    font_size: int = Field(default=18, ge=1, le=1000)
    """Size of the text in pixels."""
    font_color: Text = "#000000"
    """Color of the text."""
    line_length: int = Field(default=80, ge=1, le=10_000)
    """Characters in a line of the text."""
    color: Text = "#ff0000"
    """Color to draw with, or to make transparent."""
    primitive: Literal["circle", "line", "rectangle"] = "rectangle"
    """What to draw."""
    start_position_x: int = Field(default=50, ge=-20_000, le=20_000)
    """Begin of the drawing, from the left."""
    start_position_y: int = Field(default=50, ge=-20_000, le=20_000)
    """Begin of the drawing, from the top."""
    end_position_x: int = Field(default=250, ge=-20_000, le=20_000)
    """End of the drawing, from the left."""
    end_position_y: int = Field(default=250, ge=-20_000, le=20_000)
    """End of the drawing, from the top."""


class Steps(NodeParams):
    """Changes one after the other."""

    operations: list[Change] = Field(default_factory=list, max_length=MOST_CHANGES)
    """Changes."""


def describe(content: bytes) -> JsonObject:
    """What a picture is: format, size and depth.

    Raises:
        InvalidInput: It is no picture.
        LimitExceeded: It is too large.
    """
    picture = _open(content)
    size: JsonObject = {"width": picture.width, "height": picture.height}
    return {"format": picture.format, "size": size, "mode": picture.mode, "Filesize": len(content)}


def edit(content: bytes, changes: Sequence[Change], *, name: str | None, kind: str, quality: int) -> dict[str, Any]:
    """The changed picture as a file of an item.

    Args:
        kind: Of the new picture; empty for that of the old one.
        quality: Of a JPEG or WebP, 0 to 100.

    Raises:
        InvalidInput: It is no picture, or a change cannot be made.
        LimitExceeded: It is too large.
    """
    picture: Any = _open(content) if content else None
    old = str(picture.format or "PNG") if picture is not None else "PNG"
    for change in changes:
        picture = _change(picture, change)
    wanted = (kind or old).upper()
    if wanted == "JPEG":
        picture = picture.convert("RGB")
    target = io.BytesIO()
    more = {"quality": max(1, quality)} if wanted in {"JPEG", "WEBP"} else {}
    try:
        picture.save(target, wanted, **more)
    except (OSError, ValueError, KeyError) as error:
        raise InvalidInput(f"The picture cannot be written as {wanted}: {error}.", code="node.bad_image") from None
    if kind and name and "." in name:
        name = f"{name.rpartition('.')[0]}.{kind}"
    return make_binary(target.getvalue(), name=name, media_type=f"image/{wanted.lower()}")


def _open(content: bytes) -> Any:
    pillow = load("PIL.Image")
    try:
        picture = pillow.open(io.BytesIO(content))
        _check(picture.width, picture.height)
        picture.load()
    except (OSError, ValueError, SyntaxError, pillow.DecompressionBombError) as error:
        raise InvalidInput(f"The file is no picture: {error}.", code="node.bad_image") from None
    return picture


def _check(width: int, height: int) -> None:
    if width * height > MOST_PIXELS:
        raise LimitExceeded(f"The picture has more than {MOST_PIXELS} pixels.", code="node.file_too_large")


def _color(text: str) -> tuple[int, ...]:
    try:
        found: tuple[int, ...] = load("PIL.ImageColor").getcolor(text, "RGBA")
    except ValueError:
        raise InvalidInput(f"{text!r} is no color.", code="node.invalid_parameter", hint="Write #ff0000.") from None
    return found


def _change(picture: Any, change: Change) -> Any:
    if change.operation == "create":
        _check(change.width, change.height)
        return load("PIL.Image").new("RGBA", (change.width, change.height), _color(change.background_color))
    changer = CHANGERS.get(change.operation)
    if changer is None:
        raise InvalidInput(
            f"The change {change.operation!r} of a picture is not supported.",
            code="node.not_supported",
            hint=f"Supported ones: create, {', '.join(sorted(CHANGERS))}.",
        )
    return changer(picture if picture.mode == "RGBA" else picture.convert("RGBA"), change)


def _blur(picture: Any, change: Change) -> Any:
    return picture.filter(load("PIL.ImageFilter").GaussianBlur(change.sigma or change.blur))


def _border(picture: Any, change: Change) -> Any:
    width, height = picture.width + 2 * change.border_width, picture.height + 2 * change.border_height
    _check(width, height)
    framed = load("PIL.Image").new("RGBA", (width, height), _color(change.border_color))
    framed.paste(picture, (change.border_width, change.border_height))
    return framed


def _crop(picture: Any, change: Change) -> Any:
    left, top = max(0, change.position_x), max(0, change.position_y)
    right, bottom = min(picture.width, left + change.width), min(picture.height, top + change.height)
    if right <= left or bottom <= top:
        raise InvalidInput("Nothing of the picture would be left.", code="node.invalid_parameter", place="positionX")
    return picture.crop((left, top, right, bottom))


def _resize(picture: Any, change: Change) -> Any:
    old, new = (picture.width, picture.height), (change.width, change.height)
    if change.resize_option == "percent":
        wanted = (old[0] * new[0] / 100, old[1] * new[1] / 100)
    elif change.resize_option == "ignoreAspectRatio":
        wanted = (float(new[0]), float(new[1]))
    else:
        ratios = (new[0] / old[0], new[1] / old[1])
        ratio = max(ratios) if change.resize_option == "minimumArea" else min(ratios)
        larger_alone = change.resize_option == "onlyIfLarger" and ratio >= 1
        smaller_alone = change.resize_option == "onlyIfSmaller" and ratio <= 1
        ratio = 1 if larger_alone or smaller_alone else ratio
        wanted = (old[0] * ratio, old[1] * ratio)
    width, height = max(1, round(wanted[0])), max(1, round(wanted[1]))
    _check(width, height)
    return picture.resize((width, height))


def _rotate(picture: Any, change: Change) -> Any:
    return picture.rotate(-change.rotate, expand=True, fillcolor=_color(change.background_color))


def _draw(picture: Any, change: Change) -> Any:
    pen = load("PIL.ImageDraw").Draw(picture)
    left, right = sorted((change.start_position_x, change.end_position_x))
    top, bottom = sorted((change.start_position_y, change.end_position_y))
    color = _color(change.color)
    if change.primitive == "line":
        start = (change.start_position_x, change.start_position_y)
        pen.line([start, (change.end_position_x, change.end_position_y)], fill=color)
    elif change.primitive == "circle":
        pen.ellipse([left, top, right, bottom], fill=color)
    else:
        pen.rectangle([left, top, right, bottom], fill=color)
    return picture


def _text(picture: Any, change: Change) -> Any:
    lines = [
        line[start : start + change.line_length]
        for line in change.text.split("\n")
        for start in range(0, max(1, len(line)), change.line_length)
    ]
    font = load("PIL.ImageFont").load_default(change.font_size)
    pen = load("PIL.ImageDraw").Draw(picture)
    pen.text((change.position_x, change.position_y), "\n".join(lines), fill=_color(change.font_color), font=font)
    return picture


def _transparent(picture: Any, change: Change) -> Any:
    wanted = _color(change.color)[:3]
    raw = picture.tobytes()
    made = bytearray(raw)
    for place in range(0, len(raw), 4):
        if tuple(raw[place : place + 3]) == wanted:
            made[place + 3] = 0
    return load("PIL.Image").frombytes("RGBA", picture.size, bytes(made))


CHANGERS: dict[str, Callable[[Any, Change], Any]] = {
    "blur": _blur,
    "border": _border,
    "crop": _crop,
    "draw": _draw,
    "resize": _resize,
    "rotate": _rotate,
    "text": _text,
    "transparent": _transparent,
}
"""By operation: what changes the picture."""
