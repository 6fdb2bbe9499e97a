"""Servers and security schemes of Swagger 2."""

from __future__ import annotations

from typing import Any

from .._pointers import join
from ._shapes import mapping, texts

__all__ = ["security_schemes", "servers"]

_FLOWS = {
    "accessCode": "authorizationCode",
    "application": "clientCredentials",
    "implicit": "implicit",
    "password": "password",
}


def servers(document: dict[str, Any], schemes: Any = None) -> list[dict[str, Any]]:
    """
    Return the servers that `host`, `basePath` and `schemes` stand for.

    Args:
        document: The whole document.
        schemes: Those of an operation, where they differ from the document's.

    Returns:
        The encrypted ones first; none where the document names no host and no path.
    """
    host, path = document.get("host"), document.get("basePath")
    path = path.rstrip("/") if isinstance(path, str) else ""
    if path and not path.startswith("/"):
        path = f"/{path}"
    if not isinstance(host, str) or not host:
        return [{"url": path}] if path else []
    named = texts(schemes) or texts(document.get("schemes"))
    scheme, separator, rest = host.partition("://")
    if separator:  # not foreseen, but written
        named, host = [scheme], rest
    # Sockets of their own kind are nothing that a client of operations opens.
    usable = [name for name in named if name in ("http", "https")] or ["https"]
    return [{"url": f"{name}://{host.rstrip('/')}{path}"} for name in sorted(set(usable))[::-1]]


def security_schemes(document: dict[str, Any]) -> dict[str, Any]:
    """Return the security schemes of `components`."""
    pointer = "/securityDefinitions"
    found = mapping(document.get("securityDefinitions"), pointer)
    return {name: _scheme(mapping(item, join(pointer, name))) for name, item in found.items()}


def _scheme(scheme: dict[str, Any]) -> dict[str, Any]:
    kind = scheme.get("type")
    if kind == "basic":
        return {**scheme, "type": "http", "scheme": "basic"}
    if kind != "oauth2":
        return dict(scheme)
    fields = ("flow", "authorizationUrl", "tokenUrl", "scopes")
    changed = {key: value for key, value in scheme.items() if key not in fields}
    flow = {key: scheme[key] for key in fields[1:] if key in scheme}
    flow.setdefault("scopes", {})
    name = _FLOWS.get(str(scheme.get("flow")))
    return {**changed, "flows": {name: flow} if name else {}}
