"""Webhook: an HTTP request starts the run."""

from __future__ import annotations

from tapbot.nodes.webhook.params import WebhookParams, output_names, upgrade
from tapbot.workflow.node import NodeCall, trigger_node
from tapbot.workflow.types import Outputs


@trigger_node(
    "n8n-nodes-base.webhook",
    WebhookParams,
    version=2.1,
    label="Webhook",
    trigger="webhook",
    inputs=0,
    outputs=output_names,
    upgrade=upgrade,
)
def start_by_request(call: NodeCall[WebhookParams]) -> Outputs:
    """Pass on the item that was made of the request (see `request.py`), by its method where several are listened to."""
    if not call.params.multiple_methods:
        return [call.items]
    methods = call.params.methods
    if len(methods) < 2:
        return [call.items]
    outputs: Outputs = [[] for _ in methods]
    for item in call.items:
        method = item.json.get("httpMethod")
        outputs[methods.index(method) if isinstance(method, str) and method in methods else 0].append(item)
    return outputs
