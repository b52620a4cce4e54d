"""From words on the command line to a function's arguments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cyclopts import App, Parameter

from tapbot import __version__


def build_app(commands: Mapping[str, tuple[str, str]]) -> App:
    """The parser of all commands; each module is imported when its command is called.

    Args:
        commands: By name: `module:function` and a line of help.
    """
    app = App(
        name="tapbot",
        version=__version__,
        help="Automates business processes through AI bots.",
        help_format="plaintext",
        result_action="return_value",
        default_parameter=Parameter(negative=()),  # `--json` without a `--no-json`
    )
    for name, (target, text) in commands.items():
        app.command(target, name=name, help=text)
    return app


def dispatch(commands: Mapping[str, tuple[str, str]], arguments: Sequence[str]) -> int:
    """Run the command that the arguments name.

    Returns:
        The exit status: what the command returned, 0 for nothing.
    """
    result = build_app(commands)(list(arguments))
    return result if isinstance(result, int) else 0
