"""Parameters and responses as they can be used: what cannot be is dropped, and the operation stays."""

from __future__ import annotations

import re
from typing import Any

from .._operations import iter_operations
from .._pointers import join
from .._repairs import Repair
from .._schemas import map_schema
from ._plain import plain_schema

__all__ = ["known_statuses", "usable_parameters"]

STYLES = {
    "path": ("simple", "label", "matrix"),
    "query": ("form", "spaceDelimited", "pipeDelimited", "deepObject"),
    "header": ("simple",),
    "cookie": ("form", "cookie"),
}
"""By location, the default first (OpenAPI 3.2, section "Style Values")."""

KEYWORDS = frozenset({"type", "format", "items", "enum"})
"""What Swagger 2 has beside the name of a parameter."""

FORM = "application/x-www-form-urlencoded"


def usable_parameters(document: dict[str, Any]) -> tuple[dict[str, Any], list[Repair]]:
    """
    Leave the parameters that have a name and a known location, each once.

    What stands in `body` or `formData`, as in Swagger 2, becomes the body of an operation that has
    none. A style that its location does not have is the usual one.
    """
    repairs: list[Repair] = []
    paths: dict[str, Any] = {path: {} for path in document["paths"]}
    for path, method, operation, pointer in iter_operations(document):
        kept: dict[tuple[str, str], dict[str, Any]] = {}
        body: list[dict[str, Any]] = []
        for index, item in enumerate(operation["parameters"]):
            place = join(pointer, "parameters", index)
            location, name = item.get("in"), item.get("name")
            if location in ("body", "formData") and "requestBody" not in operation:
                body.append(_typed(item, place, repairs))
                repairs.append(Repair(place, f"`{name}` in `{location}` is read as the body"))
            elif location not in STYLES or not name:
                reason = f"a parameter `{name}` in `{location}` cannot be sent; ignored"
                repairs.append(Repair(place, reason))
            elif (location, name) in kept:
                repairs.append(Repair(place, f"`{name}` in `{location}` is there twice; ignored"))
            else:
                kept[location, name] = _styled(_typed(item, place, repairs), place, repairs)
        changed = {**operation, "parameters": list(kept.values())}
        paths[path][method] = {**changed, "requestBody": _body(body)} if body else changed
    return {**document, "paths": paths}, repairs


def _typed(item: dict[str, Any], pointer: str, repairs: list[Repair]) -> dict[str, Any]:
    """Return a parameter with a schema where its type stands beside its name, as in Swagger 2."""
    if "schema" in item or item.get("content") or not KEYWORDS & item.keys():
        return item
    repairs.append(Repair(pointer, "the type stands beside the name; read as its `schema`"))
    written = {key: value for key, value in item.items() if key in KEYWORDS}
    schema = map_schema(
        written, pointer, lambda schema, place: plain_schema(schema, place, repairs)
    )
    return {**{key: value for key, value in item.items() if key not in KEYWORDS}, "schema": schema}


def _styled(item: dict[str, Any], pointer: str, repairs: list[Repair]) -> dict[str, Any]:
    style = item.get("style")
    if style is None or style in STYLES[item["in"]]:
        return item
    usual = STYLES[item["in"]][0]
    repairs.append(
        Repair(pointer, f"the style `{style}` is none of `{item['in']}`; read as `{usual}`")
    )
    return {key: value for key, value in item.items() if key != "style"}


def _body(items: list[dict[str, Any]]) -> dict[str, Any]:
    whole = next((item for item in items if item["in"] == "body"), None)
    if whole is not None:
        content = {"application/json": {"schema": whole.get("schema") or {}}}
        return {"required": whole.get("required") is True, "content": content}
    schema = {
        "type": "object",
        "properties": {str(item.get("name")): item.get("schema") or {} for item in items},
        "required": [str(item.get("name")) for item in items if item.get("required") is True],
    }
    return {"content": {FORM: {"schema": schema}}}


def known_statuses(document: dict[str, Any]) -> tuple[dict[str, Any], list[Repair]]:
    """Write each status as OpenAPI does: three digits, a range such as ``2XX``, or ``default``."""
    repairs: list[Repair] = []
    paths: dict[str, Any] = {path: {} for path in document["paths"]}
    for path, method, operation, pointer in iter_operations(document):
        responses: dict[str, Any] = {}
        for status, response in operation["responses"].items():
            known = _status(status)
            place = join(pointer, "responses", status)
            if known is None:
                reason = f"`{status}` is no status, range or `default`; ignored"
                repairs.append(Repair(place, reason))
            elif known in responses and known != status:
                repairs.append(Repair(place, f"`{known}` is there twice; ignored"))
            else:
                if known != status:
                    repairs.append(Repair(place, f"`{status}` is read as `{known}`"))
                responses[known] = response
        paths[path][method] = {**operation, "responses": responses}
    return {**document, "paths": paths}, repairs


def _status(text: str) -> str | None:
    if text.strip().lower() == "default":
        return "default"
    found = re.match(r"\s*([1-5])(\d\d|xx)(?!\w)", text, re.IGNORECASE | re.ASCII)
    return f"{found[1]}{found[2].upper()}" if found else None
