"""`tapbot templates`: WhatsApp's templates, and what their review said."""

from __future__ import annotations

from typing import Literal

from cyclopts import App

from tapbot.cli.connection import ask
from tapbot.cli.options import DataOption, JsonOption, ProjectOption
from tapbot.cli.printing import show, show_json, show_table

app = App(name="templates", help="List WhatsApp's templates and hand one in for review. Needs the running server.")
COLUMNS = {"name": "NAME", "language": "LANGUAGE", "status": "STATUS", "reason": "WHY", "text": "TEXT"}


@app.command(name="list")
def list_templates(
    bot: str, *, project: ProjectOption = None, data: DataOption = None, json: JsonOption = False
) -> None:
    """List the templates of a bot's account.

    Args:
        bot: The bot with the WhatsApp channel.
    """
    rows = ask("templates.list", {"bot": bot}, project=project, data=data)
    if json:
        show_json(rows)
    else:
        show_table(rows, COLUMNS, empty="The account has no templates.")


@app.command(name="submit")
def submit(
    bot: str,
    name: str,
    text: str,
    *,
    language: str,
    category: Literal["UTILITY", "MARKETING", "AUTHENTICATION"] = "UTILITY",
    example: str = "",
    project: ProjectOption = None,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Hand a template in for review, once for each language.

    Args:
        bot: The bot with the WhatsApp channel.
        name: Small Latin letters, digits and `_`; the languages of one template share it.
        text: With at most one variable, `{{1}}`, which takes what is to be said.
        language: `kk`, `ru`, `en` or another code of WhatsApp's.
        category: What it is for.
        example: A value of the variable, for the reviewer.
    """
    given = {"name": name, "text": text, "language": language, "category": category, "example": example}
    made = ask("templates.submit", {"bot": bot, **given}, project=project, data=data)
    if json:
        show_json(made)
    else:
        show(f"{name} ({language}) waits for its review: tapbot templates list {bot}")
