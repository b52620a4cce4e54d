"""Calls about the number and the business account: who they are, their settings, and where webhooks go."""

from __future__ import annotations

from typing import Any

from tapbot.emulators.whatsapp.calls import SUCCESS, Call, answers
from tapbot.emulators.whatsapp.facts import Refusal, bad_parameter

Json = dict[str, Any]
PIN_LETTERS = 6


def show_number(call: Call) -> Json:
    """What the API tells about the number."""
    identity = call.account.identity
    return {
        "id": identity.phone_number_id,
        "verified_name": identity.name,
        "display_phone_number": identity.display_phone_number,
        "quality_rating": "GREEN",
        "code_verification_status": "VERIFIED",
        "platform_type": "CLOUD_API",
        "throughput": {"level": "STANDARD"},
        "name_status": "APPROVED",
        "status": "CONNECTED" if call.account.registered else "DISCONNECTED",
        "messaging_limit_tier": "TIER_1K",
        "conversational_automation": {"id": identity.phone_number_id, **call.account.automation},
        "webhook_configuration": {"application": call.account.webhook_url},
    }


def _wanted(call: Call, shown: Json) -> Json:
    """The fields that were asked for."""
    names = {name.partition("{")[0] for name in call.query.get("fields", ",".join(shown)).split(",")}
    return {name: value for name, value in shown.items() if name in names or name == "id"}


@answers("GET", "phone")
async def get_number(call: Call) -> Json:
    """The number."""
    return _wanted(call, show_number(call))


@answers("GET", "business")
async def get_business(call: Call) -> Json:
    """The business account."""
    identity = call.account.identity
    shown: Json = {
        "id": identity.business_account_id,
        "name": identity.name,
        "timezone_id": "1",
        "message_template_namespace": "emulated",
        "account_review_status": "APPROVED",
        "business_verification_status": "verified",
        "country": "KZ",
        "ownership_type": "SELF",
        "primary_business_location": "KZ",
    }
    return _wanted(call, shown)


@answers("GET", "business", "phone_numbers")
async def list_numbers(call: Call) -> Json:
    """The one number."""
    return {"data": [_wanted(call, show_number(call))], "paging": {"cursors": {"before": "", "after": ""}}}


@answers("GET", "phone", "whatsapp_business_profile")
async def get_profile(call: Call) -> Json:
    """What people see about the business."""
    return {"data": [call.account.profile]}


@answers("POST", "phone", "whatsapp_business_profile")
async def update_profile(call: Call) -> Json:
    """Change that."""
    call.account.profile |= call.body
    return SUCCESS


@answers("GET", "phone", "whatsapp_commerce_settings")
async def get_commerce(call: Call) -> Json:
    """Whether there is a cart and a catalogue."""
    return {"data": [{**call.account.commerce, "id": call.object_id}]}


@answers("POST", "phone", "whatsapp_commerce_settings")
async def update_commerce(call: Call) -> Json:
    """Change that; the flags come in the query, in a form or as JSON."""
    for name, value in {**call.query, **(call.body or {})}.items():
        if name not in call.account.commerce:
            raise bad_parameter(f'Unexpected key "{name}" on param "body".')
        call.account.commerce[name] = str(value).lower() == "true"
    return SUCCESS


@answers("POST", "phone", "conversational_automation")
async def set_automation(call: Call) -> Json:
    """Commands and first questions that people are offered."""
    call.account.automation |= call.body
    return SUCCESS


@answers("GET", "phone", "settings")
async def get_settings(call: Call) -> Json:
    """Calling and the like."""
    return call.account.settings


@answers("POST", "phone", "settings")
async def update_settings(call: Call) -> Json:
    """Change them."""
    call.account.settings |= call.body
    return SUCCESS


@answers("POST", "phone", "whatsapp_business_encryption")
async def set_public_key(call: Call) -> Json:
    """The key that flows are encrypted for."""
    key = (call.body or {}).get("business_public_key")
    if not isinstance(key, str) or "BEGIN PUBLIC KEY" not in key:
        raise bad_parameter("Param business_public_key must be a PEM public key.")
    call.account.public_key = key
    return SUCCESS


@answers("GET", "phone", "whatsapp_business_encryption")
async def get_public_key(call: Call) -> Json:
    """The same, read."""
    known = {"business_public_key": call.account.public_key, "business_public_key_signature_status": "VALID"}
    return {"data": [known] if call.account.public_key else []}


@answers("POST", "phone", "register")
async def register(call: Call) -> Json:
    """Let the number send; the PIN has six digits."""
    pin = str((call.body or {}).get("pin", ""))
    if len(pin) != PIN_LETTERS or not pin.isdecimal():
        raise bad_parameter("Param pin must be 6 characters long.")
    call.account.registered = True
    return SUCCESS


@answers("POST", "phone", "deregister")
async def deregister(call: Call) -> Json:
    """End that."""
    call.account.registered = False
    return SUCCESS


@answers("POST", "phone")
async def configure_number(call: Call) -> Json:
    """Where this number's webhooks go; the address was challenged before."""
    webhook = (call.body or {}).get("webhook_configuration")
    if not isinstance(webhook, dict) or "override_callback_uri" not in webhook:
        raise bad_parameter("Nothing to change.")
    _point(call, webhook["override_callback_uri"])
    return SUCCESS


@answers("POST", "business", "subscribed_apps")
async def subscribe(call: Call) -> Json:
    """Where the account's webhooks go; without an address the one of the app."""
    if "override_callback_uri" in (call.body or {}):
        _point(call, call.body["override_callback_uri"])
    return SUCCESS


@answers("GET", "business", "subscribed_apps")
async def list_subscriptions(call: Call) -> Json:
    """The app."""
    app = {"id": call.account.identity.app_id, "name": "emulated app"}
    return {"data": [{"whatsapp_business_api_data": app, "override_callback_uri": call.account.webhook_url}]}


@answers("DELETE", "business", "subscribed_apps")
async def unsubscribe(call: Call) -> Json:
    """No webhooks any more."""
    call.account.webhook_url = ""
    return SUCCESS


@answers("POST", "app", "subscriptions")
async def subscribe_app(call: Call) -> Json:
    """Where the app's webhooks go; this call needs the app's own token."""
    given: Json = {**call.query, **(call.body or {})}
    if given.get("object") != "whatsapp_business_account" or not given.get("callback_url"):
        raise Refusal(100, "Invalid parameter", details="object and callback_url are required")
    _point(call, given["callback_url"])
    return SUCCESS


def _point(call: Call, address: str) -> None:
    call.account.webhook_url = address
    call.account.arrived.set()
