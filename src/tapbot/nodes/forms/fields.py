"""The fields of a form, as the author sets them."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from tapbot.nodes.fields import Text
from tapbot.workflow.node import NodeParams

Kind = Literal[
    "text", "textarea", "number", "email", "date", "password", "dropdown", "checkbox", "radio", "file", "html",
    "hiddenField",
]  # fmt: skip
CHOOSING = frozenset({"dropdown", "checkbox", "radio"})


class FormOption(NodeParams):
    """One choice."""

    option: Text = ""
    """The choice, as people read it."""


class FormOptions(NodeParams):
    """Choices."""

    values: list[FormOption] = Field(default_factory=list)
    """Choices, in order."""


class FormField(NodeParams):
    """One field of the form."""

    field_label: Text = ""
    """Name of the field, for people and, without a name of its own, in the item."""
    field_name: Text = ""
    """Name of the field in the item, and in the address for a value that is given beforehand."""
    field_type: Kind = "text"
    """What is asked for; `html` only shows something."""
    placeholder: Text = ""
    """Example in the empty field."""
    default_value: Text = ""
    """What stands in the field at first."""
    field_options: FormOptions = Field(default_factory=FormOptions)
    """Choices, for `dropdown`, `checkbox` and `radio`."""
    multiselect: bool = False
    """Several choices are possible."""
    limit_selection: Literal["unlimited", "exact", "range"] = "unlimited"
    """How many choices there have to be."""
    number_of_selections: int = Field(default=1, ge=0)
    """How many exactly."""
    min_selections: int = Field(default=0, ge=0)
    """How many at least, for `range`."""
    max_selections: int = Field(default=1, ge=0)
    """How many at most, for `range`."""
    required_field: bool = False
    """It must be filled in."""
    format_date: Text = ""
    """How a date is written in the item, such as `dd.MM.yyyy`; as `2026-03-05` when empty."""
    multiple_files: bool = True
    """Several files are possible."""
    accept_file_types: Text = ""
    """Endings of files that are taken, such as `.jpg, .png`; all when empty."""
    html: Text = ""
    """What an `html` field shows; tags that could do something are left out."""
    element_name: Text = ""
    """Name under which the item keeps what an `html` field shows; it does not when empty."""
    field_value: Text = ""
    """Value of a hidden field."""

    @property
    def key(self) -> str:
        """Name of the field in the item."""
        return self.element_name if self.field_type == "html" else self.field_name or self.field_label

    @property
    def choices(self) -> list[str]:
        """The choices, as people read them."""
        return [entry.option for entry in self.field_options.values]

    @property
    def several(self) -> bool:
        """Whether its value is a list."""
        return self.field_type == "checkbox" or (self.field_type == "dropdown" and self.multiselect)

    @property
    def endings(self) -> list[str]:
        """Endings of files that are taken, with their dots, in lower case."""
        return [ending for part in self.accept_file_types.lower().split(",") if (ending := part.strip())]

    def selections_fit(self, count: int) -> bool:
        """Whether so many choices are allowed."""
        if self.limit_selection == "exact":
            return count == self.number_of_selections
        return self.limit_selection != "range" or self.min_selections <= count <= self.max_selections


class FormFields(NodeParams):
    """The fields of the form."""

    values: list[FormField] = Field(default_factory=list)
    """Fields, in order."""


class Form(NodeParams):
    """A page with a form, whichever node shows it."""

    title: Text = ""
    """What stands above it."""
    description: Text = ""
    """What stands below the title."""
    fields: list[FormField] = Field(default_factory=list)
    """Fields, in order."""
    button: Text = ""
    """What stands on the button; a word of the reader's language when empty."""
    css: Text = ""
    """The author's own style."""

    def dump(self) -> dict[str, Any]:
        """As it is kept with a run that waits for it."""
        return self.model_dump(mode="json")
