"""Pagination that the configuration declares, written into the operations that it fits."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ._operations import iter_operations
from ._repairs import Repair
from ._schemas import ref_name
from ._selecting import Candidate, select
from ._settings import PageRule, Settings
from .errors import ConfigError

__all__ = ["paginate"]

KEY = "x-speakeasy-pagination"


def paginate(document: dict[str, Any], settings: Settings) -> tuple[dict[str, Any], list[Repair]]:
    """
    Write the first rule that fits into each operation of the canonical document.

    What the document itself says about an operation counts more than a rule for all, and less than
    a rule that names the operation.

    Raises:
        ConfigError: A rule names an operation that lacks one of its inputs or outputs, or no
            operation fits it.
    """
    if not settings.pagination:
        return document, []
    operations = [
        Candidate(path, method, pointer, operation)
        for path, method, operation, pointer in iter_operations(document)
    ]
    found: dict[str, PageRule] = {}
    for index, rule in enumerate(settings.pagination):
        key = f"pagination[{index}]"
        chosen = {
            operation.pointer: operation
            for pattern in rule.operations
            for operation in select(pattern, operations, f"{key}.operations")
        }
        for operation in chosen.values():
            lacks = next(_lacking(document, operation.value, rule), None)
            if lacks is not None:
                msg = f"`{key}`: `{operation.route}` has no {lacks}"
                raise ConfigError(msg)
        fitting = list(chosen.values()) or [
            operation
            for operation in operations
            if KEY not in operation.value
            and next(_lacking(document, operation.value, rule), None) is None
        ]
        if not fitting:
            msg = f"`{key}`: no operation has all its inputs and outputs"
            raise ConfigError(msg)
        for operation in fitting:
            found.setdefault(operation.pointer, rule)
    paths: dict[str, Any] = {path: dict(item) for path, item in document["paths"].items()}
    for operation in operations:
        if operation.pointer in found:
            value = {**operation.value, KEY: dict(found[operation.pointer].value)}
            paths[operation.path][operation.method] = value
    return {**document, "paths": paths}, []


def _lacking(document: dict[str, Any], operation: dict[str, Any], rule: PageRule) -> Iterator[str]:
    """Yield what a rule needs and the operation does not have."""
    body = (operation.get("requestBody") or {}).get("content") or {}
    for item in rule.value.get("inputs", ()):
        name = item["name"]
        if item["in"] == "parameters":
            if all(parameter.get("name") != name for parameter in operation["parameters"]):
                yield f"parameter `{name}`"
        elif not any(_has(document, media.get("schema"), [name]) for media in body.values()):
            yield f"property `{name}` in its body"
    answers = [
        media.get("schema")
        for status, response in operation["responses"].items()
        if status.startswith("2")
        for media in (response.get("content") or {}).values()
    ]
    for place in rule.value.get("outputs", {}).values():
        steps = re.findall(r"[^.\[\]'\"$]+", re.sub(r"\[[^\]'\"]*\]", "", place))
        if not any(_has(document, schema, steps) for schema in answers):
            yield f"`{place}` in its answer"


def _has(document: dict[str, Any], schema: Any, steps: list[str]) -> bool:
    """Say whether values of *schema* may have what *steps* lead to."""
    waiting, seen = [(schema, 0)], set()
    while waiting:
        value, depth = waiting.pop()
        if depth == len(steps):
            return True
        name = ref_name(value)
        if name is not None:
            if (name, depth) not in seen:
                seen.add((name, depth))
                waiting.append((document["components"]["schemas"].get(name), depth))
        elif isinstance(value, dict):
            waiting += [(item, depth) for key in ("anyOf", "oneOf") for item in value.get(key, ())]
            properties = value.get("properties") or {}
            if steps[depth] in properties:
                waiting.append((properties[steps[depth]], depth + 1))
    return False
