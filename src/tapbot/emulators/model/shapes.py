"""The shapes of requests, as strict as the real API, and what the script reads from them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

Asked = TypeVar("Asked", bound=BaseModel)


class Refusal(Exception):
    """An answer that says no, in OpenAI's shape."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        param: str | None = None,
        code: str | None = None,
        kind: str = "invalid_request_error",
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.headers = headers
        self.body = {"error": {"message": message, "type": kind, "param": param, "code": code}}


class Shape(BaseModel):
    """A part of a request; unknown keys are refused as the real API does."""

    model_config = ConfigDict(extra="forbid", strict=True)


class TextPart(Shape):
    """One text of a message in parts."""

    type: Literal["text"]
    text: str


class ImagePart(Shape):
    """One picture; here nobody looks at it."""

    type: Literal["image_url"]
    image_url: dict[str, str]


Content = str | list[Annotated[TextPart | ImagePart, Field(discriminator="type")]]


class FunctionCall(Shape):
    """The function that a past answer called."""

    name: str = Field(pattern=r"^[a-zA-Z0-9_-]{1,64}$")
    arguments: str


class PastCall(Shape):
    """A tool call in a past answer."""

    id: str
    type: Literal["function"]
    function: FunctionCall


class Instructions(Shape):
    """What the model is told to be."""

    role: Literal["system", "developer"]
    content: Content
    name: str | None = None


class UserMessage(Shape):
    """What the user said."""

    role: Literal["user"]
    content: Content
    name: str | None = None


class AssistantMessage(Shape):
    """A past answer."""

    role: Literal["assistant"]
    content: Content | None = None
    refusal: str | None = None
    name: str | None = None
    tool_calls: list[PastCall] | None = Field(default=None, min_length=1)


class ToolMessage(Shape):
    """The result of a tool call."""

    role: Literal["tool"]
    content: Content
    tool_call_id: str


Message = Annotated[Instructions | UserMessage | AssistantMessage | ToolMessage, Field(discriminator="role")]


class Function(Shape):
    """A tool that is offered."""

    name: str = Field(pattern=r"^[a-zA-Z0-9_-]{1,64}$")
    description: str | None = None
    parameters: dict[str, JsonValue] | None = None
    strict: bool | None = None


class Tool(Shape):
    """The only kind of tool: a function."""

    type: Literal["function"]
    function: Function


class StreamOptions(Shape):
    """What a stream carries besides the answer."""

    include_usage: bool = False
    include_obfuscation: bool = False


class Completion(Shape):
    """`POST /v1/chat/completions`."""

    model: str = Field(min_length=1)
    messages: list[Message] = Field(min_length=1)
    tools: list[Tool] | None = Field(default=None, min_length=1, max_length=128)
    tool_choice: JsonValue = None
    parallel_tool_calls: bool | None = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    temperature: float | None = Field(default=None, ge=0, le=2)
    top_p: float | None = Field(default=None, ge=0, le=1)
    n: Literal[1] | None = None
    max_tokens: int | None = Field(default=None, ge=1)
    max_completion_tokens: int | None = Field(default=None, ge=1)
    stop: str | list[str] | None = None
    seed: int | None = None
    presence_penalty: float | None = Field(default=None, ge=-2, le=2)
    frequency_penalty: float | None = Field(default=None, ge=-2, le=2)
    response_format: dict[str, JsonValue] | None = None
    reasoning_effort: str | None = None
    verbosity: str | None = None
    logit_bias: dict[str, float] | None = None
    logprobs: bool | None = None
    top_logprobs: int | None = None
    metadata: dict[str, str] | None = None
    store: bool | None = None
    user: str | None = None
    safety_identifier: str | None = None
    prompt_cache_key: str | None = None
    service_tier: str | None = None

    @property
    def last_user_text(self) -> str:
        """What the user said last."""
        return next((_text(one.content) for one in reversed(self.messages) if isinstance(one, UserMessage)), "")

    @property
    def instructions(self) -> str:
        """All instructions together."""
        return "\n".join(_text(one.content) for one in self.messages if isinstance(one, Instructions))

    @property
    def last_tool_result(self) -> str | None:
        """The last message, if it is a tool's result."""
        last = self.messages[-1]
        return _text(last.content) if isinstance(last, ToolMessage) else None

    @property
    def last_tool(self) -> str | None:
        """Name of the tool whose result is the last message."""
        last = self.messages[-1]
        if not isinstance(last, ToolMessage):
            return None
        return next((call.function.name for call in self._past_calls() if call.id == last.tool_call_id), None)

    @property
    def turn(self) -> int:
        """Which answer of the model this will be."""
        return 1 + sum(isinstance(one, AssistantMessage) for one in self.messages)

    def _past_calls(self) -> Iterator[PastCall]:
        for one in self.messages:
            yield from (one.tool_calls or []) if isinstance(one, AssistantMessage) else []


class Embeddings(Shape):
    """`POST /v1/embeddings`."""

    model: str = Field(min_length=1)
    input: str | list[str]
    dimensions: int | None = Field(default=None, ge=1, le=4096)
    encoding_format: Literal["float", "base64"] = "float"
    user: str | None = None


def read_completion(body: Any) -> Completion:
    """Check the shape of a request, and that tool calls and their results belong together.

    Raises:
        Refusal: 400, naming the parameter.
    """
    asked = _read(Completion, body)
    if asked.stream_options and not asked.stream:
        raise Refusal(
            400, "The 'stream_options' parameter is only allowed when 'stream' is enabled.", param="stream_options"
        )
    if asked.tool_choice is not None and not asked.tools:
        raise Refusal(400, "'tool_choice' is only allowed when 'tools' are specified.", param="tool_choice")
    _check_calls(asked)
    return asked


def read_embeddings(body: Any) -> Embeddings:
    """Check the shape of a request for embeddings.

    Raises:
        Refusal: 400, naming the parameter.
    """
    asked = _read(Embeddings, body)
    texts = [asked.input] if isinstance(asked.input, str) else asked.input
    if not texts or not all(texts):
        raise Refusal(400, "'input' must not be empty.", param="input")
    return asked


def _read(model: type[Asked], body: Any) -> Asked:
    try:
        return model.model_validate(body)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(key) for key in first["loc"])
        if first["type"] == "extra_forbidden":
            raise Refusal(400, f"Unrecognized request argument supplied: {place}", param=place) from None
        raise Refusal(400, f"Invalid value for '{place}': {first['msg']}.", param=place) from None


def _check_calls(asked: Completion) -> None:
    """Each call needs its result right after it, and each result its call."""
    open_ids: set[str] = set()
    for position, message in enumerate(asked.messages):
        place = f"messages.[{position}].role"
        if isinstance(message, ToolMessage):
            if message.tool_call_id not in open_ids:
                said = "messages with role 'tool' must be a response to a preceeding message with 'tool_calls'."
                raise Refusal(400, f"Invalid parameter: {said}", param=place)
            open_ids.discard(message.tool_call_id)
        elif open_ids:
            said = "An assistant message with 'tool_calls' must be followed by tool messages"
            raise Refusal(400, f"{said} responding to each 'tool_call_id': {', '.join(sorted(open_ids))}", param=place)
        elif isinstance(message, AssistantMessage):
            open_ids = {call.id for call in message.tool_calls or []}
            if message.content is None and not open_ids:
                raise Refusal(400, "An assistant message needs 'content' or 'tool_calls'.", param=place)
    if open_ids:
        raise Refusal(400, f"Tool calls without a result: {', '.join(sorted(open_ids))}", param="messages")


def _text(content: Content | None) -> str:
    if content is None or isinstance(content, str):
        return content or ""
    return "\n".join(part.text for part in content if isinstance(part, TextPart))
