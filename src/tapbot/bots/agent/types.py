"""What the agent needs beside a turn's tools: models, the door out, and what a tool takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from tapbot.bots.types import TurnTools
from tapbot.errors import TapbotError
from tapbot.settings import ModelSection
from tapbot.upstream import HttpClient


class ModelFailed(TapbotError):
    """The model gave no answer that can be used: the guided answerer takes over."""

    default_code = "agent.model_failed"


@dataclass(frozen=True)
class ToolSchema:
    """What a workflow takes when it is called as a tool."""

    name: str
    description: str
    fields: Mapping[str, str]
    """Declared type (`string`, `number`, `boolean`, `array`, `object`, `any`) by name, in the order of the file."""
    writes: bool = True
    """Whether it may change anything; such a call must not be made twice."""


class AgentTools(TurnTools, Protocol):
    """A turn's tools, and what only the agent asks for."""

    @property
    def http(self) -> HttpClient:
        """The one door out."""

    @property
    def models(self) -> Mapping[str, ModelSection]:
        """The project's models by name."""

    def tool_schema(self, name: str) -> ToolSchema:
        """What the workflow `name` takes.

        Raises:
            NotFound: There is no such workflow, or it cannot be loaded.
        """
