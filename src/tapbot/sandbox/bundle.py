"""The JavaScript that a sandbox context starts with: our files and two libraries, joined into one function."""

from __future__ import annotations

# No pathlib: this file is imported by every child, and each import there costs memory.
JS_FOLDER = __file__.rsplit("/", 1)[0] + "/js"

_LIBRARIES = (
    # each library sees its own `exports`, not the context
    ("const luxon = (() => {", "vendor/luxon-3.7.2.min.js", "; return luxon; })();"),
    ("const jmespath = {}; (function (exports) {", "vendor/jmespath-0.16.0.js", "})(jmespath);"),
)
_SHARED = (
    "libraries.js",
    "scanner.js",
    "values.js",
    "data.js",
    "compile.js",
    "extensions/registry.js",
    "extensions/hash.js",
    "extensions/text.js",
    "extensions/number.js",
    "extensions/list.js",
    "extensions/record.js",
    "extensions/date.js",
    "extensions/functions.js",
)


def _read(name: str) -> str:
    with open(f"{JS_FOLDER}/{name}", encoding="utf-8") as file:
        return file.read()


def _join(before: tuple[str, ...], after: tuple[str, ...]) -> str:
    parts = [_read(name) for name in before]
    parts += [f"{head}\n{_read(name)}\n{tail}" for head, name, tail in _LIBRARIES]
    parts += [_read(name) for name in after]
    return '(function (cldrText) { "use strict";\n' + "\n".join(parts) + "\n})"


def expression_bundle() -> str:
    """Source of a function that takes `locale_data()` and returns the `answer` function of `expressions.js`."""
    return _join(("realm.js", "intl.js", "zones.js"), (*_SHARED, "expressions.js"))


def code_bundle() -> str:
    """The same for Code nodes in V8, which has an Intl of its own for all but Kazakh."""
    return _join(("realm.js", "intl.js"), (*_SHARED, "code.js"))


def locale_data() -> str:
    """Names and patterns of the languages that the Intl shim knows, as JSON text (generated from CLDR)."""
    return _read("locales.json")
