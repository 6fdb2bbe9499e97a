"""What operations inherit from their document: servers and security."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .._operations import iter_operations
from .._pointers import join
from .._repairs import Repair

__all__ = ["inherited_security", "inherited_servers"]

Rewrite = Callable[[dict[str, Any], str], dict[str, Any]]


def _rewritten(document: dict[str, Any], rewrite: Rewrite) -> dict[str, Any]:
    """Return *document* with *rewrite* applied to each of its operations."""
    paths: dict[str, Any] = {path: {} for path in document["paths"]}
    for path, method, operation, pointer in iter_operations(document):
        paths[path][method] = rewrite(operation, pointer)
    return {**document, "paths": paths}


def inherited_servers(document: dict[str, Any]) -> tuple[dict[str, Any], list[Repair]]:
    """
    Leave `servers` on those operations only that are elsewhere than the rest of the API.

    Where the document itself names no server and all operations agree, theirs are its own.
    """
    own = document.get("servers")
    if not own:
        declared = [item.get("servers") for _, _, item, _ in iter_operations(document)]
        if declared and all(_urls(item) == _urls(declared[0]) for item in declared):
            own = declared[0]

    def rewrite(operation: dict[str, Any], _pointer: str) -> dict[str, Any]:
        if "servers" not in operation or _urls(operation["servers"]) not in ([], _urls(own)):
            return operation
        return {key: value for key, value in operation.items() if key != "servers"}

    document = _rewritten(document, rewrite)
    return ({**document, "servers": own} if own else document), []


def _urls(servers: Any) -> list[Any]:
    return [server.get("url") for server in servers or ()]


def inherited_security(document: dict[str, Any]) -> tuple[dict[str, Any], list[Repair]]:
    """Write the document's `security` on each operation without one, and drop unknown schemes."""
    repairs: list[Repair] = []
    known = document["components"].get("securitySchemes") or {}
    reported: set[str] = set()

    def rewrite(operation: dict[str, Any], pointer: str) -> dict[str, Any]:
        own = "security" in operation
        declared = operation.get("security", document.get("security"))
        rest = {key: value for key, value in operation.items() if key != "security"}
        if not isinstance(declared, list):
            return rest
        for name in sorted({name for alternative in declared for name in alternative}):
            if name not in known and name not in reported:
                reported.add(name)
                reason = f"`{name}` is not in `components.securitySchemes`; ignored"
                repairs.append(Repair(join(pointer if own else "", "security"), reason))
        usable = [item for item in declared if all(name in known for name in item)]
        # Where no scheme is known, nothing is: not even that the operation is public.
        return {**rest, "security": usable} if usable or not declared else rest

    return _rewritten(document, rewrite), repairs
