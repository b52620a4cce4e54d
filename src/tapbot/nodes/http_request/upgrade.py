"""Parameters of older versions of the HTTP request in the form of version 4.3, and refusal of what is not built yet."""

from __future__ import annotations

from typing import Any

from tapbot.errors import InvalidInput
from tapbot.storage.types import JsonObject

WITHOUT_BODY = frozenset({"GET", "HEAD", "OPTIONS"})
INSTEAD = {
    "pagination": "fetch the pages in a loop",
    "proxy": "remove it; the server's own way out is used",
    "allowUnauthorizedCerts": "certificates are always checked, so use a valid one",
}
FORMATS = {"json": "json", "string": "text", "file": "file"}


def upgrade(parameters: JsonObject, version: float) -> JsonObject:
    """The parameters as version 4.3 has them.

    Raises:
        InvalidInput: Pagination, a proxy or unchecked certificates are asked for.
    """
    raw: dict[str, Any] = dict(parameters)
    if version < 3:
        raw = _from_first(raw)
    _refuse_unbuilt(raw.get("options") or {})
    return raw


def _refuse_unbuilt(options: dict[str, Any]) -> None:
    pages = (options.get("pagination") or {}).get("pagination") or {}
    refused = {
        "pagination": bool(pages) and pages.get("paginationMode") != "off",
        "proxy": bool(options.get("proxy")),
        "allowUnauthorizedCerts": bool(options.get("allowUnauthorizedCerts")),
    }
    for name, is_set in refused.items():
        if is_set:
            raise InvalidInput(
                f"The option {name!r} of the HTTP request is not supported: {INSTEAD[name]}.",
                code="node.not_supported",
                place=f"options.{name}",
            )


def _from_first(raw: dict[str, Any]) -> dict[str, Any]:
    """Versions 1 and 2: one form for all parameters, the reply is JSON unless said otherwise."""
    old = dict(raw.get("options") or {})
    method = raw.get("requestMethod", "GET")
    as_json = bool(raw.get("jsonParameters", False))
    upgraded: dict[str, Any] = {
        "method": method,
        "url": raw.get("url", ""),
        **_authentication(raw),
        "splitsLists": bool(old.get("splitIntoItems", False)),
        "options": _options(raw, old),
    }
    upgraded |= _part(raw, "query", "Query", as_json=as_json)
    upgraded |= _part(raw, "header", "Headers", as_json=as_json)
    if method not in WITHOUT_BODY:
        upgraded |= _body(raw, old, as_json=as_json)
    return upgraded


def _authentication(raw: dict[str, Any]) -> dict[str, Any]:
    """Version 1 named the credential in `authentication`; version 2 chose between general and own kinds."""
    chosen = raw.get("authentication", "none")
    if chosen in {"none", "genericCredentialType", "predefinedCredentialType", "existingCredential"}:
        kept: dict[str, Any] = {name: raw[name] for name in ("genericAuthType", "nodeCredentialType") if name in raw}
        return {**kept, "authentication": "predefinedCredentialType" if chosen == "existingCredential" else chosen}
    kinds = {"basicAuth": "httpBasicAuth", "headerAuth": "httpHeaderAuth", "queryAuth": "httpQueryAuth"}
    kind = {**kinds, "oAuth2": "oAuth2Api", "digestAuth": "httpDigestAuth", "oAuth1": "oAuth1Api"}.get(chosen, chosen)
    return {"authentication": "genericCredentialType", "genericAuthType": kind}


def _part(raw: dict[str, Any], name: str, new: str, *, as_json: bool) -> dict[str, Any]:
    if as_json:
        given = raw.get(f"{name}ParametersJson", "")
        return {f"send{new}": bool(given), f"specify{new}": "json", f"json{new}": given}
    entries = (raw.get(f"{name}ParametersUi") or {}).get("parameter") or []
    return {f"send{new}": bool(entries), f"{name}Parameters": {"parameters": entries}}


def _body(raw: dict[str, Any], old: dict[str, Any], *, as_json: bool) -> dict[str, Any]:
    content_type = old.get("bodyContentType", "json")
    if raw.get("sendBinaryData"):
        name = raw.get("binaryPropertyName", "data")
        return {"sendBody": True, "contentType": "binaryData", "inputDataFieldName": name}
    if as_json:
        given = raw.get("bodyParametersJson", "")
        body = {"sendBody": bool(given), "contentType": content_type}
        if content_type == "raw":
            return {**body, "body": given, "rawContentType": old.get("bodyContentCustomMimeType", "")}
        return {**body, "specifyBody": "json", "jsonBody": given}
    entries = (raw.get("bodyParametersUi") or {}).get("parameter") or []
    return {"sendBody": bool(entries), "contentType": content_type, "bodyParameters": {"parameters": entries}}


def _options(raw: dict[str, Any], old: dict[str, Any]) -> dict[str, Any]:
    kept: dict[str, Any] = {name: old[name] for name in ("timeout", "proxy", "queryParameterArrays") if name in old}
    if raw.get("allowUnauthorizedCerts"):
        kept["allowUnauthorizedCerts"] = True
    response = {
        "fullResponse": old.get("fullResponse", False),
        "neverError": old.get("ignoreResponseCode", False),
        "responseFormat": FORMATS.get(raw.get("responseFormat", "json"), "json"),
        "outputPropertyName": raw.get("dataPropertyName", "data"),
    }
    follows = old.get("followRedirect", True)
    return {**kept, "response": {"response": response}, "redirect": {"redirect": {"followRedirects": follows}}}
