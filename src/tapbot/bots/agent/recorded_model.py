"""A model whose every request is one recorded step, so that a turn that was killed asks nothing twice."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

from pydantic import TypeAdapter
from pydantic_ai.messages import ModelMessage, ModelMessagesTypeAdapter, ModelResponse
from pydantic_ai.models import Model, ModelRequestParameters
from pydantic_ai.models.wrapper import WrapperModel
from pydantic_ai.settings import ModelSettings

from tapbot.bots.agent.endpoint import ask_with_tries
from tapbot.bots.agent.types import AgentTools, ModelFailed
from tapbot.errors import LimitExceeded, UpstreamRejected, UpstreamUnavailable
from tapbot.settings import ModelSection
from tapbot.workflow.run import StepFailed

RESPONSE: TypeAdapter[ModelResponse] = TypeAdapter(ModelResponse)
PASSING = frozenset({"timestamp", "run_id", "conversation_id", "usage", "metadata", "provider_details"})
"""Keys of the library's messages that another attempt writes differently, and that no model gets to see."""


@dataclass(init=False)
class RecordedModel(WrapperModel):
    """Asks through `model_step`; a recorded answer is read back instead."""

    name: str
    section: ModelSection
    tools: AgentTools
    asked: int = 0
    """Requests of this turn so far: they name the steps."""
    began: float = field(default_factory=time.monotonic)

    def __init__(self, wrapped: Model, name: str, section: ModelSection, tools: AgentTools) -> None:
        super().__init__(wrapped)
        self.name = name
        self.section = section
        self.tools = tools
        self.asked = 0
        self.began = time.monotonic()

    async def request(
        self,
        messages: list[ModelMessage],
        model_settings: ModelSettings | None,
        model_request_parameters: ModelRequestParameters,
    ) -> ModelResponse:
        """Make the request once, whatever happens to the process afterwards.

        Raises:
            ModelFailed: It failed, now or in the attempt that recorded it.
        """
        self.asked += 1
        given = {
            "model": self.section.model,
            "messages": strip(ModelMessagesTypeAdapter.dump_python(messages, mode="json")),
            "tools": [
                [tool.name, tool.description, tool.parameters_json_schema]
                for tool in model_request_parameters.function_tools
            ],
        }

        async def ask() -> ModelResponse:
            return await self.wrapped.request(messages, model_settings, model_request_parameters)

        async def call() -> Any:
            seconds_left = self.section.turn_seconds - (time.monotonic() - self.began)
            answer = await ask_with_tries(
                ask, name=self.name, section=self.section, http=self.tools.http, seconds_left=seconds_left
            )
            return RESPONSE.dump_python(answer, mode="json")

        try:
            recorded = await self.tools.model_step(str(self.asked), given, call)
        except (UpstreamUnavailable, UpstreamRejected, LimitExceeded, StepFailed) as error:
            raise ModelFailed(error.message, code=error.code) from error
        return RESPONSE.validate_python(recorded)


def strip(value: Any) -> Any:
    """The messages without what passes."""
    if isinstance(value, dict):
        return {key: strip(inner) for key, inner in value.items() if key not in PASSING}
    return [strip(inner) for inner in value] if isinstance(value, list) else value
