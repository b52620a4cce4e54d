"""The unmodified openai client against the emulated model: answers, tools, streams, and each way to fail."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import openai
import pytest
from openai.types.chat import ChatCompletionToolParam
from tests.integration.emulators.serving import run_app

from tapbot.emulators.model.answers import hash_text
from tapbot.emulators.model.server import create_app
from tapbot.upstream import OutgoingPolicy, guarded_client

KEY = "sk-a-key-that-must-not-be-shown"
QUOTE: ChatCompletionToolParam = {
    "type": "function",
    "function": {"name": "quote", "parameters": {"type": "object", "properties": {"to": {"type": "string"}}}},
}


class Model:
    """The client, and the emulator's own endpoints beside it."""

    def __init__(self, client: openai.AsyncOpenAI, emulator: httpx2.AsyncClient) -> None:
        self.client = client
        self.emulator = emulator

    async def script(self, *rules: dict[str, Any]) -> None:
        (await self.emulator.post("/emulator/script", json=list(rules))).raise_for_status()

    async def ask(self, text: str = "Сколько до Тараза?", **more: Any) -> Any:
        messages = more.pop("messages", [{"role": "user", "content": text}])
        return await self.client.chat.completions.create(model="emulated", messages=messages, **more)

    async def stream(self, **more: Any) -> list[Any]:
        return [chunk async for chunk in await self.ask(stream=True, **more)]

    async def asked(self) -> list[Any]:
        requests: list[Any] = (await self.emulator.get("/emulator/requests")).json()["requests"]
        return requests


@pytest.fixture
async def model() -> AsyncIterator[Model]:
    async with (
        run_app(create_app(keys=frozenset({KEY}))) as address,
        httpx2.AsyncClient(base_url=address) as emulator,
        guarded_client(OutgoingPolicy(allow_private_network=True)) as http,
    ):
        yield Model(
            openai.AsyncOpenAI(api_key=KEY, base_url=f"{address}/v1", http_client=http.raw, max_retries=0, timeout=5),
            emulator,
        )


async def test_without_a_script_the_model_repeats_the_user(model: Model) -> None:
    answer = await model.ask("Сәлем")
    assert answer.choices[0].message.content == "echo: Сәлем"
    assert answer.choices[0].finish_reason == "stop"
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens > 0


async def test_a_tool_is_called_and_its_result_answered(model: Model) -> None:
    await model.script(
        {"when": {"tool": "quote", "tool_result": "14000"}, "then": {"content": "Цена {{tool_result}}."}},
        {
            "when": {"text": "до (\\w+)", "turn": 1},
            "then": {"tool_calls": [{"name": "quote", "arguments": {"to": "{{1}}"}}]},
        },
    )
    first = await model.ask(tools=[QUOTE])
    [call] = first.choices[0].message.tool_calls
    assert first.choices[0].finish_reason == "tool_calls"
    assert (call.function.name, json.loads(call.function.arguments)) == ("quote", {"to": "Тараза"})
    messages = [
        {"role": "user", "content": "Сколько до Тараза?"},
        first.choices[0].message.model_dump(exclude_none=True),
        {"role": "tool", "tool_call_id": call.id, "content": "14000 ₸"},
    ]
    second = await model.ask(messages=messages, tools=[QUOTE])
    assert second.choices[0].message.content == "Цена 14000 ₸."


async def test_a_stream_gives_the_same_text_calls_and_usage(model: Model) -> None:
    await model.script(
        {"then": {"content": "Бір минут, қараймын…", "tool_calls": [{"name": "quote", "arguments": {"to": "taraz"}}]}}
    )
    chunks = await model.stream(tools=[QUOTE], stream_options={"include_usage": True})
    deltas = [chunk.choices[0].delta for chunk in chunks if chunk.choices]
    assert "".join(delta.content or "" for delta in deltas) == "Бір минут, қараймын…"
    calls = [call.function for delta in deltas for call in delta.tool_calls or []]
    assert calls[0].name == "quote"
    assert json.loads("".join(call.arguments for call in calls)) == {"to": "taraz"}
    assert chunks[-2].choices[0].finish_reason == "tool_calls"
    whole = await model.ask(tools=[QUOTE])
    assert chunks[-1].usage == whole.usage


async def test_arguments_can_be_malformed(model: Model) -> None:
    await model.script({"then": {"tool_calls": [{"name": "quote", "arguments": '{"to": "тар'}]}})
    answer = await model.ask(tools=[QUOTE])
    assert answer.choices[0].message.tool_calls[0].function.arguments == '{"to": "тар'


async def test_a_cut_stream_breaks_in_the_middle(model: Model) -> None:
    await model.script({"then": {"content": "x" * 200, "cut_after": 3}})
    seen = []
    with pytest.raises((openai.APIError, httpx2.RemoteProtocolError)):  # noqa: PT012  # the stream breaks in its middle
        async for chunk in await model.ask(stream=True):
            seen.append(chunk)
    assert len(seen) == 3


async def test_an_answer_in_one_piece_can_be_cut_too(model: Model) -> None:
    await model.script({"then": {"content": "x" * 200, "cut_after": 0}})
    with pytest.raises(openai.APIConnectionError):
        await model.ask()


async def test_a_busy_model_says_when_to_come_back(model: Model) -> None:
    await model.script({"then": {"status": 429, "retry_after_seconds": 3}, "times": 1}, {"then": {"content": "да"}})
    with pytest.raises(openai.RateLimitError) as caught:
        await model.ask()
    assert caught.value.response.headers["retry-after"] == "3"
    assert (await model.ask()).choices[0].message.content == "да"


async def test_the_openai_clients_own_retry_gets_through(model: Model) -> None:
    await model.script({"then": {"status": 500}, "times": 1}, {"then": {"content": "да"}})
    patient = model.client.with_options(max_retries=1)
    answer = await patient.chat.completions.create(model="emulated", messages=[{"role": "user", "content": "?"}])
    assert answer.choices[0].message.content == "да"


async def test_a_broken_and_a_hanging_model(model: Model) -> None:
    await model.script({"when": {"text": "сломан"}, "then": {"status": 500}}, {"then": {"hang": True}})
    with pytest.raises(openai.InternalServerError):
        await model.ask("сломан")
    with pytest.raises(openai.APITimeoutError):
        await model.ask("завис", timeout=0.3)


async def test_a_request_that_no_rule_fits_is_refused(model: Model) -> None:
    await model.script({"when": {"text": "^да$"}, "then": {"content": "x"}})
    with pytest.raises(openai.BadRequestError, match="No rule"):
        await model.ask("нет")


@pytest.mark.parametrize("key", ["", "sk-wrong"])
async def test_without_the_right_key_nobody_is_let_in(model: Model, key: str) -> None:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    reply = await model.emulator.post("/v1/chat/completions", json={}, headers=headers)
    assert reply.status_code == 401
    assert reply.json()["error"]["type"] == "invalid_request_error"
    assert "sk-" not in reply.text


USER = {"role": "user", "content": "?"}
CALL = {"id": "c1", "type": "function", "function": {"name": "quote", "arguments": "{}"}}
ASSISTANT = {"role": "assistant", "tool_calls": [CALL]}


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"messages": [USER]}, "model"),
        ({"model": "m"}, "messages"),
        ({"model": "m", "messages": []}, "messages"),
        ({"model": "m", "messages": [USER], "temprature": 1}, "Unrecognized request argument supplied: temprature"),
        ({"model": "m", "messages": [USER], "temperature": 3}, "temperature"),
        ({"model": "m", "messages": [USER], "stream": "yes"}, "stream"),
        ({"model": "m", "messages": [{"role": "bot", "content": "x"}]}, "messages"),
        ({"model": "m", "messages": [{"role": "user"}]}, "content"),
        ({"model": "m", "messages": [USER], "tools": []}, "tools"),
        ({"model": "m", "messages": [USER], "tools": [{"type": "function", "function": {"name": "a b"}}]}, "name"),
        ({"model": "m", "messages": [USER], "tool_choice": "auto"}, "tool_choice"),
        ({"model": "m", "messages": [USER], "stream_options": {}}, "stream_options"),
        ({"model": "m", "messages": [USER, {"role": "tool", "content": "x", "tool_call_id": "c1"}]}, "preceeding"),
        ({"model": "m", "messages": [USER, ASSISTANT, USER]}, "must be followed by tool messages"),
        ({"model": "m", "messages": [USER, ASSISTANT]}, "without a result"),
        ({"model": "m", "messages": [USER, {"role": "assistant"}]}, "needs 'content' or 'tool_calls'"),
    ],
)
async def test_a_request_of_the_wrong_shape_is_refused_as_openai_does(
    model: Model, body: dict[str, Any], words: str
) -> None:
    reply = await model.emulator.post("/v1/chat/completions", json=body, headers={"Authorization": f"Bearer {KEY}"})
    assert reply.status_code == 400
    assert words in json.dumps(reply.json()["error"])


async def test_what_was_asked_is_shown_without_the_key(model: Model) -> None:
    await model.ask("ИИН 000000000000 не должен уйти", temperature=0)
    [request] = await model.asked()
    assert request["path"] == "/v1/chat/completions"
    assert request["body"]["temperature"] == 0
    assert KEY not in json.dumps(request)
    await model.emulator.delete("/emulator/requests")
    assert await model.asked() == []


async def test_a_script_with_a_mistake_is_refused_and_the_old_one_stays(model: Model) -> None:
    await model.script({"then": {"content": "да"}})
    reply = await model.emulator.post("/emulator/script", json=[{"then": {"contents": "x"}}])
    assert reply.status_code == 400
    assert "rules.0.then.contents" in reply.text
    assert (await model.ask()).choices[0].message.content == "да"


async def test_models_are_listed(model: Model) -> None:
    assert [one.id for one in (await model.client.models.list()).data] == ["emulated"]
    with pytest.raises(openai.NotFoundError):
        await model.client.models.retrieve("other")


async def test_embeddings_are_the_same_every_time_and_near_for_like_spelling(model: Model) -> None:
    texts = ["из Алматы в Тараз", "из Алматы до Тараза", "where do I pay"]
    packed = await model.client.embeddings.create(model="emulated", input=texts)
    plain = await model.client.embeddings.create(model="emulated", input=texts, encoding_format="float")
    a, b, c = (one.embedding for one in packed.data)
    assert a == pytest.approx(plain.data[0].embedding, abs=1e-6)
    assert a == pytest.approx(hash_text(texts[0], 256), abs=1e-6)

    def near(one: list[float], other: list[float]) -> float:
        return sum(x * y for x, y in zip(one, other, strict=True))

    assert near(a, a) == pytest.approx(1)
    assert near(a, b) > near(a, c) + 0.2
    short = await model.client.embeddings.create(model="emulated", input="x", dimensions=8)
    assert len(short.data[0].embedding) == 8
