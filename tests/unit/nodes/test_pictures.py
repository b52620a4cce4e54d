"""Changes of pictures."""

import base64
import io

import pytest
from PIL import Image

from tapbot.errors import InvalidInput, LimitExceeded
from tapbot.nodes.edit_image.picture import Change, describe, edit


def picture(width: int, height: int, color: str = "#0000ff") -> bytes:
    target = io.BytesIO()
    Image.new("RGB", (width, height), color).save(target, "PNG")
    return target.getvalue()


def changed(content: bytes, *changes: dict[str, object], kind: str = "") -> Image.Image:
    file = edit(content, [Change.model_validate(one) for one in changes], name="a.png", kind=kind, quality=80)
    return Image.open(io.BytesIO(base64.b64decode(file["data"])))


@pytest.mark.parametrize(
    ("change", "size"),
    [
        ({"operation": "resize", "width": 10, "height": 10}, (10, 5)),
        ({"operation": "resize", "width": 10, "height": 10, "resizeOption": "minimumArea"}, (20, 10)),
        ({"operation": "resize", "width": 10, "height": 10, "resizeOption": "ignoreAspectRatio"}, (10, 10)),
        ({"operation": "resize", "width": 50, "height": 50, "resizeOption": "percent"}, (20, 10)),
        ({"operation": "resize", "width": 10, "height": 10, "resizeOption": "onlyIfSmaller"}, (40, 20)),
        ({"operation": "resize", "width": 80, "height": 80, "resizeOption": "onlyIfLarger"}, (40, 20)),
        ({"operation": "crop", "positionX": 30, "positionY": 5, "width": 100, "height": 10}, (10, 10)),
        ({"operation": "rotate", "rotate": 90}, (20, 40)),
        ({"operation": "border", "borderWidth": 1, "borderHeight": 2}, (42, 24)),
        ({"operation": "blur"}, (40, 20)),
        ({"operation": "create", "width": 3, "height": 4}, (3, 4)),
    ],
)
def test_the_size_follows_the_change(change: dict[str, object], size: tuple[int, int]) -> None:
    assert changed(picture(40, 20), change).size == size


def test_what_is_drawn_and_what_is_made_transparent_is_seen() -> None:
    drawn = {"operation": "draw", "startPositionX": 0, "startPositionY": 0, "endPositionX": 1, "endPositionY": 1}
    made = changed(picture(4, 4), drawn, {"operation": "transparent", "color": "#0000ff"})
    assert made.getpixel((0, 0)) == (255, 0, 0, 255)
    assert made.getpixel((3, 3)) == (0, 0, 255, 0)


def test_text_changes_pixels() -> None:
    written = changed(picture(60, 30, "#ffffff"), {"operation": "text", "text": "Hi", "positionX": 2, "positionY": 2})
    assert written.convert("L").getextrema()[0] < 100


def test_another_kind_is_written_under_another_name() -> None:
    file = edit(picture(2, 2), [Change(operation="blur")], name="a.png", kind="jpeg", quality=50)
    assert (file["fileName"], file["mimeType"]) == ("a.jpeg", "image/jpeg")


def test_what_is_wrong_is_told() -> None:
    with pytest.raises(InvalidInput, match="no picture"):
        describe(b"hello")
    with pytest.raises(InvalidInput, match="'reddish' is no color"):
        changed(picture(2, 2), {"operation": "border", "borderColor": "reddish"})
    with pytest.raises(LimitExceeded):
        changed(picture(2, 2), {"operation": "create", "width": 20_000, "height": 20_000})
    with pytest.raises(InvalidInput, match="not supported"):
        changed(picture(2, 2), {"operation": "shear"})
