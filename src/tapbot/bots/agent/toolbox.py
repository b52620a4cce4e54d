"""The agent's tools in one turn: the bot's workflows, the knowledge, and a call for a person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec
from pydantic_ai import RunContext, ToolDefinition
from pydantic_ai.exceptions import ApprovalRequired
from pydantic_ai.toolsets import AbstractToolset
from pydantic_ai.toolsets.abstract import ToolsetTool
from pydantic_core import SchemaValidator, core_schema

from tapbot.bots.agent.arguments import Asker, Refused, read_arguments
from tapbot.bots.agent.memory import Pending, digest_of
from tapbot.bots.agent.privacy import mask_result
from tapbot.bots.agent.prompt import wrap
from tapbot.bots.agent.schema import argument_schema
from tapbot.bots.agent.summary import summarise
from tapbot.bots.agent.types import AgentTools, ModelFailed, ToolSchema
from tapbot.bots.types import Bot, ToolFailed, TurnInput

AN_OBJECT = SchemaValidator(core_schema.dict_schema(core_schema.str_schema(), core_schema.any_schema()))
SEARCH, PERSON = "search_knowledge", "call_person"
MOST_ERRORS, MOST_PASSAGES, PASSAGE_CHARS, RESULT_CHARS, REASON_CHARS = 4, 4, 1_200, 6_000, 200
MALFORMED_TRIES = 1
"""How often a model may write arguments again that are no JSON object, or name another tool."""


@dataclass(frozen=True)
class Done:
    """A workflow that ran in this turn."""

    tool: str
    arguments: dict[str, Any]
    result: Any
    writes: bool


@dataclass
class Desk:
    """What the tools of one turn share, and what they leave behind."""

    bot: Bot
    turn: TurnInput
    tools: AgentTools
    language: str
    agreed_digest: str | None = None
    """Hash of the call that was shown and that the messages lean to: asked for again, it is made."""
    agreed_request_id: str | None = None
    pending: Pending | None = None
    quoted: dict[str, Any] = field(default_factory=dict)
    handoff: str | None = None
    done: list[Done] = field(default_factory=list)
    errors: int = 0

    def ask_as(self, tool: str) -> Asker:
        """Who asks. The first call of a tool in a turn has the request id that the guided answerer would use, so that
        after a fallback the same wish is not written down twice."""
        earlier = sum(one.tool == tool for one in self.done)
        request_id = f"{self.turn.conversation_id}:{self.turn.turn_number}" + (f":{earlier + 1}" if earlier else "")
        return Asker(self.turn.contact, self.turn.conversation_id, request_id, self.language)


class Toolbox(AbstractToolset[None]):
    """The tools as the library takes them. Calls are made one after another: their keys are their order."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        known_phone = bool(desk.turn.contact.get("phone"))
        self.schemas = {name: desk.tools.tool_schema(name) for name in desk.bot.tools}
        definitions = [
            define(
                name,
                desk.bot.descriptions.get(name) or schema.description or name,
                argument_schema(desk.bot, schema, known_phone=known_phone),
            )
            for name, schema in self.schemas.items()
        ]
        if desk.bot.knowledge:
            definitions.append(define(SEARCH, "Search the company's own pages.", text_schema("query")))
        definitions.append(define(PERSON, "Hand the chat over to a human of the company.", text_schema("reason")))
        self.definitions = {one.name: one for one in definitions}
        self.calls = 0

    @property
    def id(self) -> str:
        """Name of the set."""
        return "tapbot"

    async def get_tools(self, ctx: RunContext[None]) -> dict[str, ToolsetTool[None]]:
        """All tools; each may be called wrongly once."""
        return {
            name: ToolsetTool(toolset=self, tool_def=definition, max_retries=MALFORMED_TRIES, args_validator=AN_OBJECT)
            for name, definition in self.definitions.items()
        }

    async def call_tool(
        self, name: str, tool_args: dict[str, Any], ctx: RunContext[None], tool: ToolsetTool[None]
    ) -> str:
        """Make a call and give its result as data; what goes wrong is told to the model.

        Raises:
            ApprovalRequired: The person has to say yes first.
            ModelFailed: Too many calls of this turn went wrong.
        """
        self.calls += 1
        key = f"agent/{self.calls}"
        try:
            if name == SEARCH:
                return await self.search(tool_args)
            if name == PERSON:
                return self.call_person(tool_args)
            return await self.run(key, self.schemas[name], tool_args, ctx.tool_call_id or key)
        except (Refused, ToolFailed) as error:
            self.desk.errors += 1
            if self.desk.errors >= MOST_ERRORS:
                raise ModelFailed(
                    f"{self.desk.errors} tool calls of this turn failed, the last one {name!r}.",
                    code="agent.tool_errors",
                ) from error
            if isinstance(error, Refused):
                return f"Not done. {error.message}"
            return "Not done: the system behind this tool failed. Say so, and offer to call a person."

    async def run(self, key: str, schema: ToolSchema, given: Mapping[str, Any], call_id: str) -> str:
        """Run a workflow, or ask the person first."""
        desk = self.desk
        arguments = read_arguments(desk.bot, schema, given, desk.ask_as(schema.name), desk.tools)
        if schema.name in desk.bot.confirm:
            arguments = await self.confirm(key, schema.name, arguments, call_id)
        result = await desk.tools.run_tool(key, schema.name, arguments)
        desk.done.append(Done(schema.name, arguments, result, schema.writes))
        return describe(result)

    async def confirm(self, key: str, name: str, arguments: dict[str, Any], call_id: str) -> dict[str, Any]:
        """The arguments, when the person has agreed to exactly these; else ask them.

        Raises:
            ApprovalRequired: They have to be asked.
            Refused: Something else waits for their yes already.
        """
        desk = self.desk
        if desk.agreed_digest and desk.agreed_request_id:
            agreed = {**arguments, **({"request_id": desk.agreed_request_id} if "request_id" in arguments else {})}
            if digest_of(name, agreed) == desk.agreed_digest:
                return agreed
        if desk.pending is not None:
            raise Refused("One thing at a time: another call already waits for the person's yes.")
        summary, desk.quoted = await summarise(desk.bot, name, arguments, desk.tools, desk.language, key)
        desk.pending = Pending.of(name, arguments, call_id, summary)
        raise ApprovalRequired

    async def search(self, given: Mapping[str, Any]) -> str:
        """Passages of the knowledge, with their titles."""
        query = str(given.get("query") or "").strip()
        if not query:
            raise Refused("query is missing.")
        passages = await self.desk.tools.search(query, self.desk.language)
        if not passages:
            return "The knowledge has nothing about this. Say so; do not guess."
        return "\n".join(
            f"Page {one.title!r}: {wrap(one.text[:PASSAGE_CHARS])}" for one in list(passages)[:MOST_PASSAGES]
        )

    def call_person(self, given: Mapping[str, Any]) -> str:
        """Hand over after this turn."""
        self.desk.handoff = str(given.get("reason") or "asked")[:REASON_CHARS]
        return "A person of the company was called and will write here. Tell the person so in one sentence."


def define(name: str, description: str, schema: dict[str, Any]) -> ToolDefinition:
    """A tool that runs alone, not beside others."""
    return ToolDefinition(
        name=name, description=description, parameters_json_schema=schema, sequential=True, strict=False
    )


def text_schema(name: str) -> dict[str, Any]:
    """One required text."""
    properties = {name: {"type": "string"}}
    return {"type": "object", "properties": properties, "required": [name], "additionalProperties": False}


def describe(result: Any) -> str:
    """A tool's result as data for a model: masked, and not longer than it can use."""
    return wrap(msgspec.json.encode(mask_result(result)).decode()[:RESULT_CHARS])
