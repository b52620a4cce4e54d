"""Templates: what Meta's review refuses at once, and how one is filled when it is sent."""

from __future__ import annotations

import re
from typing import Any

from tapbot.emulators.whatsapp.facts import Refusal, bad_parameter
from tapbot.emulators.whatsapp.world import Account

Json = dict[str, Any]
NAME = re.compile(r"[a-z0-9_]{1,512}")
LANGUAGE = re.compile(r"[a-z]{2,3}(_[A-Z]{2})?")
VARIABLE = re.compile(r"\{\{\s*([a-z0-9_]+)\s*\}\}")
AT_THE_EDGE = re.compile(r"^\s*\{\{|\}\}\s*$")
BROKEN_LINES = re.compile(r"[\n\t]| {5,}")
LONGEST = {"BODY": 1024, "HEADER": 60, "FOOTER": 60}


def check_template(account: Account, template: Json) -> None:
    """Refuse what the review would not even look at.

    Raises:
        Refusal: A name or language is malformed or taken, a text is missing or too long, or a variable has no example.
    """
    if not NAME.fullmatch(template["name"]):
        raise bad_parameter("Message template name can only have lowercase letters, numbers and underscores.")
    if not LANGUAGE.fullmatch(template["language"]):
        raise bad_parameter(f"Param language: {template['language']} is not a supported locale.")
    if find_template(account, template["name"], template["language"]) is not None:
        raise Refusal(100, "Invalid parameter", subcode=2388024, details="Content in this language already exists")
    kinds = [str(one.get("type", "")).upper() for one in template["components"]]
    if len(set(kinds)) != len(kinds) or "BODY" not in kinds:
        raise bad_parameter("A template has one BODY, and at most one HEADER, FOOTER and BUTTONS.")
    for kind, component in zip(kinds, template["components"], strict=True):
        _check_component(kind, component, template["category"])


def _check_component(kind: str, component: Json, category: str) -> None:
    text = component.get("text", "")
    if kind == "BODY" and not text and category != "AUTHENTICATION":
        raise bad_parameter("Component of type BODY is missing expected field(s) (text)")
    if len(text) > LONGEST.get(kind, len(text)):
        raise bad_parameter(f"Component of type {kind} has a text of more than {LONGEST[kind]} characters")
    variables = VARIABLE.findall(text)
    if variables and kind == "BODY" and AT_THE_EDGE.search(text):
        raise Refusal(100, "Invalid parameter", subcode=2388299, details="Variables can't be at the start or end")
    if variables and "example" not in component:
        details = f"Component of type {kind} is missing expected field(s) (example)"
        raise Refusal(100, "Invalid parameter", subcode=2388043, details=details)
    if kind == "BUTTONS" and not 1 <= len(component.get("buttons", [])) <= 10:
        raise bad_parameter("A template has 1 to 10 buttons.")


def find_template(account: Account, name: str, language: str) -> Json | None:
    """The template of a name in a language."""
    return next(
        (one for one in account.templates.values() if one["name"] == name and one["language"] == language), None
    )


def fill_template(account: Account, given: Json) -> Json:
    """What a person sees of a template that is sent: texts and buttons.

    Raises:
        Refusal: 132001 when there is no approved one of that name and language, 132000 or 132018 for its variables.
    """
    name, language = given["name"], given["language"]["code"]
    template = find_template(account, name, language)
    if template is None or template["status"] != "APPROVED":
        state = "does not exist" if template is None else f"is {template['status']}"
        raise Refusal(
            132001,
            "Template name does not exist in the translation",
            status=404,
            details=f"template name ({name}) {state} in {language}",
        )
    filled: Json = {"buttons": []}
    components = given.get("components", [])
    for component in template["components"]:
        kind = component["type"].lower()
        if kind in {"header", "body", "footer"} and "text" in component:
            values: list[Json] = next(
                (one.get("parameters", []) for one in components if one["type"].lower() == kind), []
            )
            filled[kind] = _fill_text(component["text"], values, kind)
        elif kind == "buttons":
            filled["buttons"] = _fill_buttons(component["buttons"], components)
    return filled


def _fill_text(text: str, values: list[Json], kind: str) -> str:
    variables = list(dict.fromkeys(VARIABLE.findall(text)))
    texts = [one.get("text", "") for one in values]
    if len(variables) != len(values):
        raise Refusal(
            132000,
            "Number of parameters does not match the expected number of params",
            details=f"{kind}: number of localizable_params ({len(values)}) does not match the expected number of "
            f"params ({len(variables)})",
        )
    broken = next((one for one in texts if not one or BROKEN_LINES.search(one)), None)
    if broken is not None:
        details = "Param text cannot be empty, nor have new-line/tab characters or more than 4 consecutive spaces"
        raise Refusal(132018, "There was an issue with the parameters in your template", details=details)
    named = [one.get("parameter_name") for one in values]
    if any(not variable.isdecimal() for variable in variables) and set(named) != set(variables):
        raise Refusal(100, "Invalid parameter", details=f"{kind}: Parameter name is missing or empty")
    said = dict(zip(named if any(named) else variables, texts, strict=True))
    return VARIABLE.sub(lambda found: said[found[1]], text)


def _fill_buttons(buttons: list[Json], components: list[Json]) -> list[Json]:
    """Quick replies have the payload that was given, or their own text."""
    payloads = {
        str(one["index"]): one["parameters"][0].get("payload")
        for one in components
        if one["type"].lower() == "button" and str(one.get("sub_type", "")).lower() == "quick_reply"
    }
    return [
        {"id": payloads.get(str(number)) or button["text"], "title": button["text"]}
        for number, button in enumerate(buttons)
        if button["type"].upper() == "QUICK_REPLY"
    ]
