"""Markdown: HTML from Markdown, and Markdown from HTML."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from tapbot.nodes.fields import Text
from tapbot.nodes.lists.names import Names
from tapbot.nodes.markup.from_markdown import HtmlForm, to_html
from tapbot.nodes.markup.to_markdown import MarkdownForm, to_markdown
from tapbot.nodes.paths import set_path
from tapbot.nodes.patterns import replace
from tapbot.storage.types import JsonObject
from tapbot.workflow.node import NodeParams, Step, node
from tapbot.workflow.types import Item


class TextReplacement(NodeParams):
    """A text to replace."""

    pattern: Text = ""
    """Pattern that is looked for."""
    replacement: Text = ""
    """Text for what it found."""


class TextReplacements(NodeParams):
    """Texts to replace."""

    values: list[TextReplacement] = Field(default_factory=list)
    """Replacements, one after the other."""


class MarkdownOptions(NodeParams):
    """Less used settings."""

    bullet_marker: Text = "*"
    """Mark of an entry of a list."""
    code_fence: Text = "```"
    """Line around code."""
    em_delimiter: Text = "_"
    """Mark around what is emphasised."""
    strong_delimiter: Text = "**"
    """Mark around what is strong."""
    code_block_style: Literal["fence", "fenced", "indented"] = "fence"
    """How code is marked."""
    ignore: Names = Field(default_factory=list)
    """Elements that are left out, separated by commas."""
    block_elements: Names = Field(default_factory=list)
    """More elements that stand in lines of their own."""
    keep_data_images: bool = False
    """Keep images that are in the HTML itself."""
    max_consecutive_newlines: int = Field(default=3, ge=1, le=100)
    """Most line breaks in a row."""
    use_link_reference_definitions: bool = False
    """Write the addresses of links at the end."""
    text_replace: TextReplacements = Field(default_factory=TextReplacements)
    """Replacements in the finished Markdown."""
    complete_html_document: bool = Field(default=False, alias="completeHTMLDocument")
    """Write a whole page."""
    tables: bool = False
    """Read tables."""
    strikethrough: bool = False
    """Read `~~` as struck out."""
    simple_line_breaks: bool = False
    """Write each line break as one."""
    open_links_in_new_window: bool = False
    """Let links open a new window."""
    simplified_auto_link: bool = False
    """Make links of addresses."""
    tasklists: bool = False
    """Read `[x]` as a box."""
    no_header_id: bool = False
    """Give headings no ids."""
    gh_compatible_header_id: bool = False
    """Give headings ids with hyphens."""
    prefix_header_id: Text = ""
    """What stands in front of ids."""
    header_level_start: int = Field(default=1, ge=1, le=6)
    """Level of the largest heading."""


class MarkdownParams(NodeParams):
    """Direction and text."""

    mode: Literal["markdownToHtml", "htmlToMarkdown"] = "htmlToMarkdown"
    """Direction."""
    html: Text = ""
    """HTML to write as Markdown."""
    markdown: Text = ""
    """Markdown to write as HTML."""
    destination_key: Text = "data"
    """Field to write."""
    options: MarkdownOptions = Field(default_factory=MarkdownOptions)
    """Less used settings."""


@node("n8n-nodes-base.markdown", MarkdownParams, version=1, label="Markdown")
def convert_markdown(params: MarkdownParams, item: Item, _step: Step) -> Item:
    """Write the text in the other form, into a field beside the others."""
    record: JsonObject = dict(item.json)
    made = _to_html(params) if params.mode == "markdownToHtml" else _to_markdown(params)
    set_path(record, params.destination_key, made)
    return Item(json=record)


def _to_html(params: MarkdownParams) -> str:
    options = params.options
    form = HtmlForm(
        complete=options.complete_html_document,
        tables=options.tables,
        struck=options.strikethrough,
        line_breaks=options.simple_line_breaks,
        new_window=options.open_links_in_new_window,
        find_links=options.simplified_auto_link,
        tasks=options.tasklists,
        heading_ids=not options.no_header_id,
        github_ids=options.gh_compatible_header_id,
        id_prefix=options.prefix_header_id,
        first_level=options.header_level_start,
    )
    return to_html(params.markdown, form)


def _to_markdown(params: MarkdownParams) -> str:
    options = params.options
    ignored = frozenset(name.lower() for name in options.ignore) - KEPT
    form = MarkdownForm(
        bullet=options.bullet_marker,
        fence=options.code_fence,
        emphasis=options.em_delimiter,
        strong=options.strong_delimiter,
        ignored=ignored,
        blocks=frozenset(name.lower() for name in options.block_elements),
        keep_data_images=options.keep_data_images,
        indented_code=options.code_block_style == "indented",
        most_newlines=options.max_consecutive_newlines,
        link_references=options.use_link_reference_definitions,
    )
    text = to_markdown(params.html, form)
    for replacement in options.text_replace.values:
        if replacement.pattern:
            text = replace(replacement.pattern, text, replacement.replacement, everywhere=True)
    return text


KEPT = frozenset({"h1", "h2", "h3", "h4", "h5", "h6", "p"})
"""Elements that n8n's node does not leave out, whatever `ignore` says."""
