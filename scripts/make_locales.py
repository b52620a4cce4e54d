"""Write `src/tapbot/sandbox/js/locales.json`: what the sandboxes know of each language, from Babel's CLDR data.

Run it after an update of Babel; `tests/unit/sandbox/test_locales.py` fails when the file is stale.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from babel import Locale

LANGUAGES = ("en", "ru", "kk")
CURRENCIES = ("KZT", "RUB", "USD", "EUR", "GBP", "CNY", "KGS", "UZS", "TRY")
WIDTHS = ("wide", "abbreviated", "narrow")
UNITS = ("year", "quarter", "month", "week", "day", "hour", "minute", "second")
DAY_WORDS = {  # Babel leaves these out of CLDR
    "en": ["yesterday", "today", "tomorrow"],
    "ru": ["вчера", "сегодня", "завтра"],
    "kk": ["кеше", "бүгін", "ертең"],
}
OUTPUT = Path(__file__).parent.parent / "src/tapbot/sandbox/js/locales.json"


def _patterns(formats: Any) -> dict[str, str]:
    return {str(key): getattr(value, "pattern", None) or str(value) for key, value in formats.items()}


def _names(table: Any, keys: range | tuple[str, ...]) -> dict[str, dict[str, list[str]]]:
    """Names by context (format, stand-alone) and width."""
    return {
        context: {width: [table[context][width][key] for key in keys] for width in WIDTHS}
        for context in ("format", "stand-alone")
    }


def _relative(fields: Any) -> dict[str, Any]:
    """By unit and style: patterns such as "in {0} days"."""
    styles = {"long": "", "short": "-short", "narrow": "-narrow"}
    result: dict[str, Any] = {}
    for unit in UNITS:
        result[unit] = {}
        for style, suffix in styles.items():
            field = fields.get(unit + suffix) or fields[unit]
            result[unit][style] = {when: dict(field[when]) for when in ("past", "future")}
    return result


def _unit_forms(unit: Any, style: str) -> dict[str, str]:
    """Patterns by plural form, such as "{0} days"; a form that the style lacks is the short one's, as CLDR has it."""
    forms = {**dict(unit["short"]), **dict(unit.get(style, {}))}
    return {form: forms[form] for form in ("one", "few", "many", "other") if form in forms}


def describe(language: str) -> dict[str, Any]:
    """All that the Intl shim needs of one language."""
    locale = Locale(language)
    data = locale._data
    symbols = data["number_symbols"]["latn"]
    return {
        "months": _names(locale.months, range(1, 13)),
        "days": _names(locale.days, range(7)),
        "day_periods": [data["day_periods"]["format"]["abbreviated"][key] for key in ("am", "pm")],
        "eras": {width: [locale.eras[width][key] for key in (0, 1)] for width in WIDTHS},
        "skeletons": _patterns(locale.datetime_skeletons),
        "date": _patterns(locale.date_formats),
        "time": _patterns(locale.time_formats),
        "date_time": _patterns(locale.datetime_formats),
        "symbols": {
            name: symbols[key] for name, key in (("decimal", "decimal"), ("group", "group"), ("minus", "minusSign"))
        },
        "currency": locale.currency_formats["standard"].pattern,
        "percent": _patterns(locale.percent_formats)["None"],
        "currencies": {code: data["currency_symbols"].get(code, code) for code in CURRENCIES},
        "day_words": DAY_WORDS[language],
        "relative": _relative(data["date_fields"]),
        "units": {
            unit: {style: _unit_forms(data["unit_patterns"][f"duration-{unit}"], style) for style in ("long", "short")}
            for unit in UNITS
        },
        "list": {
            style: dict(locale.list_patterns.get(name) or locale.list_patterns["standard"])
            for style, name in (("long", "standard"), ("short", "standard-short"), ("narrow", "standard-narrow"))
        },
        "hour": "h" if "a" in locale.time_formats["short"].pattern else "H",
    }


def render() -> str:
    """The file's text."""
    languages = {language: describe(language) for language in LANGUAGES}
    return json.dumps(languages, ensure_ascii=False, indent=1, sort_keys=True, default=dict) + "\n"


if __name__ == "__main__":
    OUTPUT.write_text(render(), encoding="utf-8")
