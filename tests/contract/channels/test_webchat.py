"""What the web chat alone does: tokens, posted bodies, the files for browsers."""

import gzip
import json
import re
import secrets
from typing import Any

import pytest
from tests.contract.channels.conftest import webchat_case

from tapbot.channels.webchat.assets import FOLDER, read_asset, render_page
from tapbot.channels.webchat.tokens import hash_chat_token, new_chat_token
from tapbot.errors import InvalidInput, NotFound, TooLarge


def parse(body: dict[str, Any]) -> Any:
    case = webchat_case()
    raw = json.dumps(body).encode()
    return case.channel.parse(raw, case.headers_of(raw))


def test_a_token_has_256_bits_and_only_its_hash_names_the_chat() -> None:
    tokens = {new_chat_token(secrets.token_bytes) for _ in range(100)}
    assert len(tokens) == 100
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{43}", token) for token in tokens)
    assert len({hash_chat_token(token) for token in tokens}) == 100


@pytest.mark.parametrize(
    "body",
    [
        {"id": "1"},
        {"id": "1", "text": "a", "value": "b"},
        {"id": "", "text": "a"},
        {"id": "x" * 65, "text": "a"},
        {"id": "../1", "text": "a"},
        {"id": 1, "text": "a"},
        {"id": "1", "text": "  \0 "},
        {"id": "1", "text": "a", "author": "bot"},
    ],
)
def test_a_body_that_breaks_a_rule_is_invalid_input(body: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        parse(body)


def test_a_text_beyond_the_limit_is_too_large() -> None:
    with pytest.raises(TooLarge, match="4096"):
        parse({"id": "1", "text": "x" * 4097})
    with pytest.raises(TooLarge):
        parse({"id": "1", "value": "x" * 1001})


def test_the_page_names_the_bot_and_carries_nothing_inline() -> None:
    page = render_page('Taxi "<b>Жол</b>"')
    text = page.content.decode()
    assert "<title>Taxi &quot;&lt;b&gt;Жол&lt;/b&gt;&quot;</title>" in text
    assert not re.search(r"<script(?![^>]*src=)|<style|\sstyle=|\son[a-z]+=|https?://", text)
    policy = page.headers["Content-Security-Policy"]
    assert "'unsafe-inline'" not in policy
    assert "default-src 'none'" in policy


def test_the_page_carries_the_bot_s_name_in_each_language() -> None:
    text = render_page("Taxi {{titles}}", {"kk": 'Жол "таксиі"', "en": "Taxi"}).content.decode()
    assert '<h1 id="title" data-titles="{&quot;kk&quot;: &quot;Жол \\&quot;таксиі\\&quot;&quot;, &quot;en&quot;' in text
    assert "<title>Taxi {{titles}}</title>" in text


@pytest.mark.parametrize("name", ["page.js", "words.js", "page.css", "widget.js"])
def test_each_file_is_served_with_its_type(name: str) -> None:
    asset = read_asset(name)
    assert asset.content
    assert asset.headers["Content-Type"].startswith("text/")


@pytest.mark.parametrize("name", ["page.html", "../assets.py", "", "taxi"])
def test_nothing_else_is_served(name: str) -> None:
    with pytest.raises(NotFound):
        read_asset(name)


def test_all_files_together_are_small() -> None:
    packed = sum(len(gzip.compress(path.read_bytes())) for path in FOLDER.iterdir())
    assert packed < 30_000
