"""HubSpot's own forms of values: properties of records, filters, and orders. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from tapbot.nodes.fields import read_text
from tapbot.workflow.types import Item

NAMES = {
    "companyName": "company",
    "companyDomainName": "domain",
    "dealName": "dealname",
    "stage": "dealstage",
    "dealOwner": "hubspot_owner_id",
    "contactOwner": "hubspot_owner_id",
    "companyOwner": "hubspot_owner_id",
    "ticketOwnerId": "hubspot_owner_id",
    "ticketName": "subject",
    "pipelineId": "hs_pipeline",
    "stageId": "hs_pipeline_stage",
    "priority": "hs_ticket_priority",
    "category": "hs_ticket_category",
    "dealType": "dealtype",
    "closeDate": "closedate",
    "phoneNumber": "phone",
    "mobilePhoneNumber": "mobilephone",
    "postalCode": "zip",
    "streetAddress": "address",
    "stateRegion": "state",
    "countryRegion": "country",
    "websiteUrl": "website",
    "leadStatus": "hs_lead_status",
    "lifeCycleStage": "lifecyclestage",
}
"""HubSpot's names of the node's fields; any other is the same in small letters."""
BESIDE = ("email", "name", "stage", "pipelineId", "stageId", "ticketName")
"""Fields that stand beside the additional ones."""
NO_PROPERTY = frozenset({"properties", "propertiesCollection", "associatedCompany", "associatedVids"})


def hubspot_properties(parameters: Mapping[str, Any], _item: Item) -> dict[str, str]:
    """The properties of a record, by HubSpot's names."""
    made = {}
    given = {name: parameters.get(name) for name in BESIDE}
    more: dict[str, Any] = {}
    for place in ("additionalFields", "updateFields"):
        more |= parameters.get(place) or {}
    for name, value in {**given, **more}.items():
        if name in NO_PROPERTY or isinstance(value, (dict, list)):
            continue
        if isinstance(value, bool) or value not in (None, ""):
            made[NAMES.get(name, name.lower())] = read_text(value)
    values = (more.get("customPropertiesUi") or {}).get("customPropertiesValues") or []
    custom = {read_text(one.get("property")).partition("|")[0]: read_text(one.get("value")) for one in values}
    return made | {name: value for name, value in custom.items() if name}


def hubspot_filters(parameters: Mapping[str, Any], _item: Item) -> list[dict[str, Any]]:
    """The groups of conditions of a search: within a group all count, of the groups one."""
    groups = (parameters.get("filterGroupsUi") or {}).get("filterGroupsValues") or []
    made = [[_filter(one) for one in (group.get("filtersUi") or {}).get("filterValues") or []] for group in groups]
    return [{"filters": filters} for filters in made if filters]


def _filter(one: Mapping[str, Any]) -> dict[str, Any]:
    operator = read_text(one.get("operator") or "EQ")
    made: dict[str, Any] = {"propertyName": read_text(one.get("propertyName")).partition("|")[0], "operator": operator}
    if operator in {"HAS_PROPERTY", "NOT_HAS_PROPERTY"}:
        return made
    if operator in {"IN", "NOT_IN"}:
        values = read_text(one.get("values", one.get("value")))
        return {**made, "values": [part for part in re.split(r"\s*[,;]\s*", values) if part]}
    return {**made, "value": read_text(one.get("value"))}


def hubspot_sorts(parameters: Mapping[str, Any], _item: Item) -> list[dict[str, str]]:
    """The order of a search."""
    more = parameters.get("additionalFields") or {}
    name = read_text(more.get("sortBy"))
    return [{"propertyName": name, "direction": read_text(more.get("direction")) or "DESCENDING"}] if name else []
