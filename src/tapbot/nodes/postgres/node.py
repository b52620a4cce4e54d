"""Postgres: runs SQL with parameters, and reads, writes and deletes rows."""

from __future__ import annotations

from tapbot.credentials.types import Opened
from tapbot.errors import InvalidInput, TapbotError
from tapbot.nodes.fields import has_expression
from tapbot.nodes.postgres.params import PostgresParams, step_kind, upgrade
from tapbot.nodes.postgres.results import read_table
from tapbot.nodes.postgres.statements import build, build_query
from tapbot.nodes.sql import query_values
from tapbot.upstream.postgres import PostgresServer, Statement, Table, run_on_postgres
from tapbot.workflow.node import NodeCall, batch_node
from tapbot.workflow.types import Item, OnError, Outputs, Pair

LONGEST_ANSWER_SECONDS = 300.0
JSON_COLUMNS = (
    "SELECT column_name FROM information_schema.columns"
    " WHERE table_schema = $1 AND table_name = $2 AND data_type IN ('json', 'jsonb')"
)
WRITING = frozenset({"insert", "upsert", "update"})


@batch_node("n8n-nodes-base.postgres", PostgresParams, version=2.6, label="Postgres", kind=step_kind, upgrade=upgrade)
async def work_with_postgres(call: NodeCall[PostgresParams]) -> Outputs:
    """Run a statement for each item, all together or each on its own."""
    each = call.params_each()
    first = call.params
    server = _server(await call.step.credential("postgres"))
    json_columns = await _json_columns(call, server) if first.operation in WRITING else frozenset()
    statements = [_statement(call, params, item, json_columns) for params, item in zip(each, call.items, strict=True)]
    together = first.options.query_batching != "independently"
    results = await _run(call, server, statements, together=together)
    on_its_own = call.step.node.on_error is not OnError.STOP
    made: list[Item] = []
    for index, (result, params) in enumerate(zip(results, each, strict=True)):
        if isinstance(result, TapbotError):
            if not on_its_own:
                raise result
            made.append(Item(json={"error": result.message}, error=result.message, paired_item=(Pair(index),)))
            continue
        made += _items(params, result, index)
    return [made]


async def _run(
    call: NodeCall[PostgresParams], server: PostgresServer, statements: list[Statement], *, together: bool
) -> list[Table | TapbotError]:
    return await run_on_postgres(
        call.step.http.policy,
        server,
        statements,
        together=together,
        connect_seconds=call.params.options.connection_timeout,
        silence_seconds=LONGEST_ANSWER_SECONDS,
    )


async def _json_columns(call: NodeCall[PostgresParams], server: PostgresServer) -> frozenset[str]:
    """The table's columns that hold JSON; asked for where an item has a list, which may be JSON or an array."""
    params = call.params
    values = [value for item in call.items for value in item.json.values()]
    values += [value for each in call.params_each() for value in (each.columns.value or {}).values()]
    if not any(isinstance(value, list) for value in values):
        return frozenset()
    asked = Statement(JSON_COLUMNS, [params.table_schema or "public", params.table])
    [found] = await _run(call, server, [asked], together=True)
    return frozenset(str(row[0]) for row in found.rows) if isinstance(found, Table) else frozenset()


def _statement(
    call: NodeCall[PostgresParams], params: PostgresParams, item: Item, json_columns: frozenset[str]
) -> Statement:
    if params.operation != "executeQuery":
        return build(params, item, json_columns)
    written = has_expression(call.step.node.parameters.get("query"))
    given = query_values(params.options.query_replacement, call.step.node.parameters, item)
    return build_query(params.query, given, written_by_expression=written)


def _items(params: PostgresParams, table: Table, index: int) -> list[Item]:
    pairs = (Pair(index),)
    records = read_table(table, numbers=params.options.large_numbers_output == "numbers")
    if records:
        return [Item(json=record, paired_item=pairs) for record in records]
    if table.columns is not None and params.version >= 2.3:
        return []
    return [Item(json={"success": True}, paired_item=pairs)]


def _server(opened: Opened) -> PostgresServer:
    """The server of a credential.

    Raises:
        InvalidInput: Its port is none.
    """
    port, tls = opened.text("port"), opened.text("ssl")
    if not port.isdecimal() or not 1 <= int(port) <= 65535:
        raise InvalidInput(
            f"The port of the credential {opened.name!r} is none.", code="credential.bad_field", place="port"
        )
    return PostgresServer(
        host=opened.text("host"),
        port=int(port),
        database=opened.text("database"),
        user=opened.text("user"),
        password=opened.text("password"),
        tls="require" if tls == "require" else "allow" if tls == "allow" else "disable",
        name=opened.name,
    )
