"""Headers that let somebody in are not shown; the rest of a run is."""

from __future__ import annotations

import pytest

from tapbot.api.masking import MASK, mask_headers


@pytest.mark.parametrize(
    "name", ["authorization", "Proxy-Authorization", "cookie", "Set-Cookie", "x-api-key", "X-Shop-Token", "x-secret"]
)
def test_the_value_of_a_secret_header_is_not_shown_however_deep_it_lies(name: str) -> None:
    run = {"Webhook": [{"outputs": [[{"json": {"headers": {name: "s3cret", "host": "shop.test"}, "body": {}}}]]}]}
    shown = mask_headers(run)
    assert shown["Webhook"][0]["outputs"][0][0]["json"]["headers"] == {name: MASK, "host": "shop.test"}
    assert "s3cret" in str(run)


def test_what_is_no_header_is_shown_as_it_is() -> None:
    value = {"token": "a word", "headers": ["Cookie"], "body": {"headers": None, "authorization": 1}}
    assert mask_headers(value) == value
