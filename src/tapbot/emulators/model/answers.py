"""Building answers in OpenAI's format: in one piece, as chunks of a stream, and vectors."""

from __future__ import annotations

import base64
import hashlib
import json
import math
import struct
from collections.abc import Iterator
from typing import Any

from tapbot.emulators.model.script import Then, ToolCall
from tapbot.emulators.model.shapes import Completion, Embeddings

Json = dict[str, Any]
CHUNK_LETTERS = 12
DEFAULT_DIMENSIONS = 256
GRAM_LETTERS = 3


def build_completion(answer_id: str, created: int, asked: Completion, then: Then) -> Json:
    """The answer in one piece."""
    message: Json = {"role": "assistant", "content": then.content, "refusal": None}
    if then.tool_calls:
        message["tool_calls"] = _write_calls(answer_id, then.tool_calls)
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": _finish(then)}
    head = _head(answer_id, created, asked, "chat.completion")
    return {**head, "choices": [choice], "usage": count_usage(asked, then)}


def build_chunks(answer_id: str, created: int, asked: Completion, then: Then) -> Iterator[Json]:
    """The answer in pieces: role, text, calls, end, and usage if it was asked for."""
    head = _head(answer_id, created, asked, "chat.completion.chunk")
    with_usage = asked.stream_options is not None and asked.stream_options.include_usage

    def chunk(delta: Json, finish: str | None = None) -> Json:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        return {**head, "choices": [choice], **({"usage": None} if with_usage else {})}

    yield chunk({"role": "assistant", "content": "" if then.content is not None else None})
    for piece in _pieces(then.content or ""):
        yield chunk({"content": piece})
    for index, call in enumerate(_write_calls(answer_id, then.tool_calls)):
        written = call["function"]
        yield chunk({"tool_calls": [{"index": index, **call, "function": {"name": written["name"], "arguments": ""}}]})
        for piece in _pieces(written["arguments"]):
            yield chunk({"tool_calls": [{"index": index, "function": {"arguments": piece}}]})
    yield chunk({}, _finish(then))
    if with_usage:
        yield {**head, "choices": [], "usage": count_usage(asked, then)}


def count_usage(asked: Completion, then: Then) -> Json:
    """Tokens, at four letters each: not a tokenizer, but the same every time."""
    prompt = _tokens(json.dumps([message.model_dump() for message in asked.messages], ensure_ascii=False))
    calls = "".join(call.name + _write_arguments(call) for call in then.tool_calls)
    completion = _tokens((then.content or "") + calls)
    return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}


def build_embeddings(asked: Embeddings) -> Json:
    """Vectors of unit length from hashed letter groups: texts that share spelling are near each other."""
    texts = [asked.input] if isinstance(asked.input, str) else asked.input
    data = []
    for index, text in enumerate(texts):
        vector = hash_text(text, asked.dimensions or DEFAULT_DIMENSIONS)
        packed = base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()
        written: list[float] | str = packed if asked.encoding_format == "base64" else vector
        data.append({"object": "embedding", "index": index, "embedding": written})
    tokens = sum(_tokens(text) for text in texts)
    usage = {"prompt_tokens": tokens, "total_tokens": tokens}
    return {"object": "list", "data": data, "model": asked.model, "usage": usage}


def hash_text(text: str, dimensions: int) -> list[float]:
    """The vector of a text, shape `(dimensions,)`, unit length."""
    vector = [0.0] * dimensions
    padded = f" {text.lower()} "
    for start in range(max(1, len(padded) - GRAM_LETTERS + 1)):
        digest = hashlib.blake2b(padded[start : start + GRAM_LETTERS].encode(), digest_size=8).digest()
        number = int.from_bytes(digest, "big")
        vector[number % dimensions] += 1.0 if number >> 63 else -1.0
    length = math.sqrt(sum(value * value for value in vector)) or 1.0
    return [value / length for value in vector]


def _head(answer_id: str, created: int, asked: Completion, kind: str) -> Json:
    return {
        "id": answer_id,
        "object": kind,
        "created": created,
        "model": asked.model,
        "system_fingerprint": "fp_emulated",
    }


def _write_calls(answer_id: str, calls: list[ToolCall]) -> list[Json]:
    return [
        {
            "id": f"call_{answer_id.removeprefix('chatcmpl-')}_{index}",
            "type": "function",
            "function": {"name": call.name, "arguments": _write_arguments(call)},
        }
        for index, call in enumerate(calls)
    ]


def _write_arguments(call: ToolCall) -> str:
    """A text goes as it is: that is how arguments are malformed."""
    return call.arguments if isinstance(call.arguments, str) else json.dumps(call.arguments, ensure_ascii=False)


def _finish(then: Then) -> str:
    return then.finish_reason or ("tool_calls" if then.tool_calls else "stop")


def _pieces(text: str) -> list[str]:
    return [text[start : start + CHUNK_LETTERS] for start in range(0, len(text), CHUNK_LETTERS)]


def _tokens(text: str) -> int:
    return math.ceil(len(text) / 4)
