"""MySQL: runs SQL with parameters, and reads, writes and deletes rows."""

from __future__ import annotations

from tapbot.credentials.types import Opened
from tapbot.errors import InvalidInput, TapbotError
from tapbot.nodes.fields import has_expression
from tapbot.nodes.my_sql.params import MysqlParams, step_kind, upgrade
from tapbot.nodes.my_sql.results import read_table, tell_change
from tapbot.nodes.my_sql.statements import build, build_query
from tapbot.nodes.sql import query_values
from tapbot.storage.types import JsonObject
from tapbot.upstream.mysql import MysqlServer, Statement, Table, run_on_mysql
from tapbot.workflow.node import NodeCall, batch_node
from tapbot.workflow.types import Item, OnError, Outputs, Pair

LONGEST_ANSWER_SECONDS = 300.0


@batch_node("n8n-nodes-base.mySql", MysqlParams, version=2.5, label="MySQL", kind=step_kind, upgrade=upgrade)
async def work_with_mysql(call: NodeCall[MysqlParams]) -> Outputs:
    """Run a statement for each item, all together or each on its own."""
    each = call.params_each()
    server = _server(await call.step.credential("mySql"))
    statements = [_statement(call, params, item) for params, item in zip(each, call.items, strict=True)]
    results = await run_on_mysql(
        call.step.http.policy,
        server,
        statements,
        together=call.params.options.query_batching != "independently",
        connect_seconds=call.params.options.connection_timeout,
        silence_seconds=LONGEST_ANSWER_SECONDS,
    )
    made: list[Item] = []
    for index, (result, params) in enumerate(zip(results, each, strict=True)):
        pairs = (Pair(index),)
        if not isinstance(result, TapbotError):
            made += [Item(json=record, paired_item=pairs) for record in _records(params, result)]
        elif call.step.node.on_error is OnError.STOP:
            raise result
        else:
            made.append(Item(json={"error": result.message}, error=result.message, paired_item=pairs))
    return [made]


def _statement(call: NodeCall[MysqlParams], params: MysqlParams, item: Item) -> Statement:
    if params.operation != "executeQuery":
        return build(params, item)
    raw = call.step.node.parameters
    given = query_values(params.options.query_replacement, raw, item)
    return build_query(params.query, given, written_by_expression=has_expression(raw.get("query")))


def _records(params: MysqlParams, tables: list[Table]) -> list[JsonObject]:
    """The rows of an item; where its statement gives none by its nature, one record that says so."""
    options = params.options
    large = options.large_numbers_output == "numbers"
    read = [table for table in tables if table.columns is not None]
    records = [
        record
        for table in read
        for record in read_table(table, large_numbers=large, decimals=large or options.decimal_numbers)
    ]
    if records or (read and params.version >= 2.2):
        return records
    return [tell_change(tables[-1])] if options.detailed_output else [{"success": True}]


def _server(opened: Opened) -> MysqlServer:
    """The server of a credential.

    Raises:
        InvalidInput: Its port is none.
    """
    port = opened.text("port")
    if not port.isdecimal() or not 1 <= int(port) <= 65535:
        raise InvalidInput(
            f"The port of the credential {opened.name!r} is none.", code="credential.bad_field", place="port"
        )
    return MysqlServer(
        host=opened.text("host"),
        port=int(port),
        database=opened.text("database"),
        user=opened.text("user"),
        password=opened.text("password"),
        tls=opened.text("ssl") == "true",
        name=opened.name,
    )
