"""What the configuration says about operations, written into the document as keys of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ._result import Skipped
from ._selecting import Candidate, candidates, followed, nearest, select
from ._settings import Settings
from .errors import ConfigError

__all__ = ["configure"]


def configure(
    document: dict[str, Any], settings: Settings
) -> tuple[dict[str, Any], tuple[Skipped, ...]]:
    """
    Take out what is skipped, and give operations the places that the configuration says.

    Raises:
        ConfigError: It speaks of an operation or a tag that the document does not have.
    """
    if not (settings.skip or settings.operations or settings.groups):
        return document, ()
    operations = list(candidates(document))
    rules: dict[str, str] = {}
    for index, pattern in enumerate(settings.skip):
        for operation in select(pattern, operations, f"skip[{index}]"):
            rules.setdefault(operation.pointer, pattern)
    places = _tagged(operations, settings) | _named(operations, settings)

    def changed(operation: Candidate) -> dict[str, Any] | None:
        if operation.pointer in rules:
            return None
        return {**operation.value, **places.get(operation.pointer, {})}

    skipped = tuple(
        Skipped(operation.pointer, operation.route, rules[operation.pointer])
        for operation in operations
        if operation.pointer in rules
    )
    return _rewritten(document, changed), skipped


def _named(operations: list[Candidate], settings: Settings) -> dict[str, dict[str, str]]:
    """Return the keys of operations that are named one by one."""
    places = {}
    for name, place in settings.operations.items():
        group, _, method = place.rpartition(".")
        found = select(name, operations, "naming.operations")
        if len(found) > 1:
            msg = f"`naming.operations`: `{name}` means {len(found)} operations, and names one"
            raise ConfigError(msg)
        places[found[0].pointer] = {"x-sdk-group": group, "x-sdk-method": method}
    return places


def _tagged(operations: list[Candidate], settings: Settings) -> dict[str, dict[str, str]]:
    """Return the keys of operations whose first tag has a group."""
    tags = {operation.tags[0] for operation in operations if operation.tags}
    for tag in settings.groups:
        if tag not in tags:
            msg = f"`groups`: no operation has `{tag}` as its first tag{nearest(tag, tags)}"
            raise ConfigError(msg)
    declared = ("x-sdk-group", "x-fern-sdk-group-name", "x-speakeasy-group")
    return {
        operation.pointer: {"x-sdk-group": settings.groups[operation.tags[0]]}
        for operation in operations
        if operation.tags
        and operation.tags[0] in settings.groups
        and not any(operation.value.get(key) for key in declared)
    }


def _rewritten(
    document: dict[str, Any], changed: Callable[[Candidate], dict[str, Any] | None]
) -> dict[str, Any]:
    """Return the document with every operation replaced by what *changed* makes of it."""
    items = {str(path): item for path, item in document["paths"].items()}
    fresh: dict[str, dict[str, Any]] = {}
    for operation in candidates(document):
        item = fresh.setdefault(operation.path, dict(followed(document, items[operation.path])))
        own = operation.method in (item.get("additionalOperations") or {})
        if own:
            item["additionalOperations"] = dict(item["additionalOperations"])
        holder = item["additionalOperations"] if own else item
        value = changed(operation)
        if value is None:
            del holder[operation.method]
        else:
            holder[operation.method] = value
    paths = {path: fresh.get(str(path), item) for path, item in document["paths"].items()}
    return {**document, "paths": paths}
