"""Reading the small objects of the specification: servers, security schemes, encodings, pagination."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from . import _ir as ir
from ._ir import text

__all__ = ["pagination", "parts", "security_schemes", "servers"]


def servers(declared: Any) -> Iterator[ir.Server]:
    """Yield the servers that have an address; a relative one means nothing far from its document."""
    for server in declared or []:
        url = str(server.get("url", "")) if isinstance(server, dict) else ""
        variables = {
            str(name): ir.ServerVariable(
                default=str(variable.get("default", "")),
                enum=tuple(map(str, variable.get("enum") or ())),
                description=text(variable.get("description")),
            )
            for name, variable in ((server or {}).get("variables") or {}).items()
            if f"{{{name}}}" in url
        }
        default = url
        for name, variable in variables.items():
            default = default.replace(f"{{{name}}}", variable.default)
        if default.startswith(("http://", "https://")):
            yield ir.Server(url, text(server.get("description")), variables)


def security_schemes(declared: Mapping[str, Any]) -> Iterator[ir.SecurityScheme]:
    """Yield the security schemes of the components."""
    for name, scheme in declared.items():
        flows = scheme.get("flows")
        yield ir.SecurityScheme(
            id=name,
            kind=str(scheme.get("type")),
            scheme=scheme.get("scheme"),
            location=scheme.get("in"),
            name=scheme.get("name"),
            flows={
                kind: ir.OAuthFlow(
                    authorization_url=_address(flow, "authorizationUrl"),
                    token_url=_address(flow, "tokenUrl"),
                    refresh_url=_address(flow, "refreshUrl"),
                    device_authorization_url=_address(flow, "deviceAuthorizationUrl"),
                    scopes={
                        str(scope): text(words)
                        for scope, words in _mapping(flow.get("scopes")).items()
                    },
                )
                for kind, flow in (flows if isinstance(flows, dict) else {}).items()
                if isinstance(flow, dict)
            },
            open_id_connect_url=_address(scheme, "openIdConnectUrl"),
        )


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _address(mapping: Mapping[str, Any], key: str) -> str | None:
    return text(mapping.get(key)) or None


def parts(declared: Any) -> dict[str, ir.Part]:
    """Return what an `encoding` says of the members of a form, where that is not the usual."""
    found = {}
    for name, item in (declared if isinstance(declared, dict) else {}).items():
        if not isinstance(item, dict):
            continue
        media_type = text(item.get("contentType"))
        # A list, or a wildcard, leaves the choice to the value.
        chosen = media_type if media_type and not set(media_type) & set("*,") else None
        style = text(item.get("style")) or "form"
        explode = item.get("explode")
        part = ir.Part(chosen, style, explode if isinstance(explode, bool) else style == "form")
        if part != ir.Part(None, "form", explode=True):
            found[str(name)] = part
    return found


def pagination(operation: Mapping[str, Any]) -> ir.Pagination | None:
    """Return `x-speakeasy-pagination`, or `x-fern-pagination` in the same shape."""
    found = operation.get("x-speakeasy-pagination")
    if not isinstance(found, dict):
        return _fern(operation.get("x-fern-pagination"), operation)
    return ir.Pagination(
        type=str(found.get("type", "")),
        inputs=tuple(
            {str(key): str(value) for key, value in _started(item, operation).items()}
            for item in found.get("inputs") or []
        ),
        outputs={str(key): str(value) for key, value in (found.get("outputs") or {}).items()},
    )


def _started(item: Mapping[str, Any], operation: Mapping[str, Any]) -> Mapping[str, Any]:
    """Say where counting begins: at the default of the parameter that counts, if it has one."""
    if item.get("type") not in ("page", "offset"):
        return item
    for parameter in operation.get("parameters") or ():
        if parameter.get("name") == item.get("name") and item.get("in") == "parameters":
            start = (parameter.get("schema") or {}).get("default")
            if isinstance(start, int):
                return {"default": start, **item}
    return item


def _fern(found: Any, operation: Mapping[str, Any]) -> ir.Pagination | None:
    """Read Fern's shape: ``$request.NAME`` and ``$response.PATH`` under the words for their roles."""
    if not isinstance(found, dict):
        return None
    kind = "cursor" if "cursor" in found else "offset"
    asked = text(found.get(kind)).removeprefix("$request.")
    if not asked:
        return None
    parameters = {item.get("name") for item in operation.get("parameters") or ()}
    outputs = {"results": "results", "next_cursor": "nextCursor"}
    return ir.Pagination(
        type="cursor" if kind == "cursor" else "offsetLimit",
        inputs=(
            {
                "name": asked,
                "in": "parameters" if asked in parameters else "requestBody",
                # Fern's `offset` counts pages unless a step says otherwise.
                "type": kind if kind == "cursor" or "step" in found else "page",
            },
        ),
        outputs={
            name: text(found[key]).replace("$response", "$", 1)
            for key, name in outputs.items()
            if text(found.get(key)).startswith("$response")
        },
    )
