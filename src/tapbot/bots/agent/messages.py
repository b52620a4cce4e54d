"""Between the library's messages and the plain ones that a conversation keeps."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pydantic_ai.messages import (
    ModelMessage,
    ModelRequest,
    ModelRequestPart,
    ModelResponse,
    ModelResponsePart,
    TextPart,
    ToolCallPart,
    ToolReturnPart,
    UserPromptPart,
)

from tapbot.bots.agent.memory import LONGEST_TEXT, Entry


def to_library(entries: Sequence[Entry]) -> list[ModelMessage]:
    """The kept messages, as the library takes a history."""
    messages: list[ModelMessage] = []
    for entry in entries:
        if entry["role"] == "model":
            messages.append(ModelResponse(parts=response_parts(entry)))
            continue
        if not messages or not isinstance(messages[-1], ModelRequest):
            messages.append(ModelRequest(parts=[]))
        last = messages[-1]
        if isinstance(last, ModelRequest):
            last.parts = [*last.parts, request_part(entry)]
    return messages


def request_part(entry: Entry) -> ModelRequestPart:
    if entry["role"] == "tool":
        return ToolReturnPart(tool_name=entry["name"], content=entry["text"], tool_call_id=entry["id"])
    return UserPromptPart(content=entry["text"])


def response_parts(entry: Entry) -> list[ModelResponsePart]:
    text: list[ModelResponsePart] = [TextPart(content=entry["text"])] if entry.get("text") else []
    calls = [
        ToolCallPart(tool_name=call["name"], args=call["arguments"], tool_call_id=call["id"])
        for call in entry.get("calls") or []
    ]
    return [*text, *calls]


def to_entries(messages: Iterable[ModelMessage]) -> list[Entry]:
    """The library's messages in the form that is kept: what was said, called and returned, and nothing else."""
    entries: list[Entry] = []
    for message in messages:
        if isinstance(message, ModelResponse):
            entries.append(response_entry(message))
        else:
            entries += [entry for part in message.parts if (entry := request_entry(part))]
    return [entry for entry in entries if entry["text"] or entry.get("calls") or entry["role"] == "tool"]


def response_entry(message: ModelResponse) -> Entry:
    text = "".join(part.content for part in message.parts if isinstance(part, TextPart))
    calls = [
        {"id": part.tool_call_id, "name": part.tool_name, "arguments": part.args_as_json_str()}
        for part in message.parts
        if isinstance(part, ToolCallPart)
    ]
    return {"role": "model", "text": text[:LONGEST_TEXT], "calls": calls}


def request_entry(part: ModelRequestPart) -> Entry | None:
    if isinstance(part, ToolReturnPart):
        text = part.model_response_str()[:LONGEST_TEXT]
        return {"role": "tool", "id": part.tool_call_id, "name": part.tool_name, "text": text}
    if isinstance(part, UserPromptPart) and isinstance(part.content, str):
        return {"role": "user", "text": part.content[:LONGEST_TEXT]}
    return None
