"""Form trigger: a person who sends the form starts the run."""

from __future__ import annotations

from tapbot.nodes.form_trigger.params import FormTriggerParams, upgrade
from tapbot.workflow.node import NodeCall, trigger_node
from tapbot.workflow.types import Outputs


@trigger_node(
    "n8n-nodes-base.formTrigger",
    FormTriggerParams,
    version=2.5,
    label="Form Trigger",
    trigger="form",
    inputs=0,
    upgrade=upgrade,
)
def start_by_form(call: NodeCall[FormTriggerParams]) -> Outputs:
    """Pass on the item that was made of what a person sent (see `api/forms.py`)."""
    return [call.items]
