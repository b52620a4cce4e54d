"""The docstrings below a model's attributes as help for forms and pages.

Pydantic can read them itself (`use_attribute_docstrings`), while the class is made: it parses the source of each model
at each start, which costs a tenth of a second and is needed only where somebody looks at a form or builds the docs.
"""

from __future__ import annotations

import ast
import functools
import inspect
import textwrap
from itertools import pairwise
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core.core_schema import ModelSchema


@functools.cache
def help_texts(model: type[BaseModel]) -> dict[str, str]:
    """The docstring below each field, by the field's name; a subclass's goes before its parent's."""
    found: dict[str, str] = {}
    for owner in reversed(model.__mro__):
        if issubclass(owner, BaseModel) and owner is not BaseModel:
            found |= _written_in(owner)
    return {name: found[name] for name in model.model_fields if name in found}


@functools.cache
def _written_in(model: type[BaseModel]) -> dict[str, str]:
    (body,) = ast.parse(textwrap.dedent(inspect.getsource(model))).body
    assert isinstance(body, ast.ClassDef)  # noqa: S101  # the source of a class
    return {
        field.target.id: inspect.cleandoc(below.value.value)
        for field, below in pairwise(body.body)
        if isinstance(field, ast.AnnAssign)
        and isinstance(field.target, ast.Name)
        and isinstance(below, ast.Expr)
        and isinstance(below.value, ast.Constant)
        and isinstance(below.value.value, str)
    }


def form_schema(model: type[BaseModel]) -> dict[str, Any]:
    """JSON schema of a model, with its fields by their aliases and their help as descriptions."""
    return model.model_json_schema(by_alias=True, schema_generator=_WithHelp)


class _WithHelp(GenerateJsonSchema):
    """Puts the help of each model's fields into its schema, nested ones included."""

    def model_schema(self, schema: ModelSchema) -> JsonSchemaValue:
        """Describe one model."""
        described = super().model_schema(schema)
        model: type[BaseModel] = schema["cls"]
        for name, text in help_texts(model).items():
            shown = described.get("properties", {}).get(model.model_fields[name].alias or name)
            if shown is not None:
                shown.setdefault("description", text)
        return described
