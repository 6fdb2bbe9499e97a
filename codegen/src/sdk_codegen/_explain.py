"""What stands at a place of the document, which passes touched it, and what it became."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import attrs

from ._analysis import Analysis, Loaded, analyse
from ._became import Became, context_of, methods
from ._ir import Component, Object
from ._names import RESERVED_FIELDS, identifier
from ._pointers import join, lookup, split
from ._render._context import Context
from ._selecting import Candidate, candidates, nearest
from ._settings import Settings
from .errors import ConfigError

__all__ = ["Explanation", "explain"]

LONGEST = 1500
"""Characters of a value that the text shows."""

_ABSENT = object()


@attrs.frozen
class Explanation:
    """
    The answer.

    Attributes:
        pointer: The place in the document.
        value: What stands there.
        passes: The passes that changed it, with the words of their repairs.
        became: What it became, most important first: pairs of a word and what it stands for.
    """

    pointer: str
    value: Any
    passes: dict[str, list[str]]
    became: list[tuple[str, str]]

    def as_json(self) -> dict[str, Any]:
        """Return it as values of JSON."""
        return {
            "pointer": self.pointer,
            "value": self.value,
            "passes": self.passes,
            "became": [{"what": what, "name": name} for what, name in self.became],
        }

    def __str__(self) -> str:
        shown = json.dumps(self.value, indent=2, ensure_ascii=False)
        if len(shown) > LONGEST:
            shown = f"{shown[:LONGEST]}\n... and {len(shown) - LONGEST} characters more"
        lines = [f"#{self.pointer}", *(f"  {line}" for line in shown.splitlines()), "passes"]
        for name, words in self.passes.items():
            lines += [f"  {name}", *(f"    {word}" for word in words)]
        lines += [] if self.passes else ["  none changed it"]
        lines += ["became", *(f"  {what:<10}{name}" for what, name in self.became)]
        return "\n".join(lines if self.became else [*lines, "  nothing of its own"]) + "\n"


def explain(subject: str, settings: Settings, loaded: Loaded) -> Explanation:
    """
    Explain a place of the document.

    Args:
        subject: A JSON pointer, an `operationId`, ``METHOD /path``, or a name in Python such as
            ``client.chat.completions.create`` or that of a class.
        settings: How the document is read.
        loaded: The document.

    Raises:
        ConfigError: There is no such thing.
        SpecError: The document cannot be generated from.
    """
    place = subject.removeprefix("#") if subject.startswith(("#/", "/")) else None
    if place is None:
        place = next(
            (item.pointer for item in candidates(loaded.document) if _means(item, subject)), None
        )
    if place is None:
        place = _named(subject, analyse(settings, loaded=loaded))
    if place.startswith("/definitions/"):  # as Swagger 2 has it
        place = f"/components/schemas/{place.removeprefix('/definitions/')}"
    value = _at(loaded.document, place)
    if value is _ABSENT:
        msg = f"`#{place}` leads nowhere{nearest(split(place)[-1], _keys(loaded.document, place))}"
        raise ConfigError(msg)
    changed: list[str] = []

    def observe(name: str, before: dict[str, Any], after: dict[str, Any]) -> None:
        if _at(before, place) is not _ABSENT and _at(before, place) != _at(after, place):
            changed.append(name)

    analysis = analyse(settings, loaded=loaded, observe=observe)
    passes: dict[str, list[str]] = {name: [] for name in changed}
    known = loaded.place(place)
    for name, repairs in analysis.repairs.items():
        for repair in repairs:
            if known and f"{repair.pointer}/".startswith(f"{known}/"):
                passes.setdefault(name, []).append(repair.reason)
    return Explanation(place, value, passes, _became(place, analysis))


def _means(item: Candidate, subject: str) -> bool:
    method, _, path = subject.partition(" ")
    return item.id == subject or (method.lower(), path) == (item.method.lower(), item.path)


def _at(document: Any, pointer: str) -> Any:
    try:
        return lookup(document, split(pointer))
    except (LookupError, ValueError):
        return _ABSENT


def _keys(document: Any, pointer: str) -> Iterable[str]:
    """Return what there is beside a place that is not there."""
    parent = _at(document, pointer.rpartition("/")[0])
    return map(str, parent) if isinstance(parent, dict) else ()


def _named(subject: str, analysis: Analysis) -> str:
    """Return the place of what has a name in Python."""
    calls = {item.call: item.operation.pointer for item in methods(analysis).values()}
    called = subject.removesuffix("()")
    if called in calls or f"client.{called}" in calls:
        return calls.get(called) or calls[f"client.{called}"]
    origins = {name: component.origin for name, component in analysis.api.components.items()}
    name = subject.rpartition(".")[2]
    if name in origins:
        return origins[name]
    if subject in {
        component.origin.rpartition("/")[2] for component in analysis.api.components.values()
    }:
        return join("/components/schemas", subject)
    msg = f"`{subject}` is no pointer, operation or name{nearest(subject, calls if '.' in subject else origins)}"
    raise ConfigError(msg)


def _became(place: str, analysis: Analysis) -> list[tuple[str, str]]:
    context = context_of(analysis)
    found = methods(analysis, context)
    for pointer, method in found.items():
        if place == pointer or place.startswith(f"{pointer}/"):
            inner = _component(place, analysis, context)
            return [*inner, *_part(place, pointer, method, analysis), *_whole(method)]
    skipped = next((item for item in analysis.skipped if place.startswith(item.pointer)), None)
    if skipped is not None:
        return [("nothing", f"skipped, as `{skipped.rule}` asks")]
    inner = _component(place, analysis, context)
    if place.startswith("/components/schemas/"):
        names = {name for _, name in inner}
        users = [item for item in found.values() if names & _words(item)]
        inner += [("used by", item.signature) for item in users[:5]]
    return inner


def _words(method: Became) -> set[str]:
    text = " ".join((method.result, *(item.annotation for item in method.arguments)))
    return {
        word.rpartition(".")[2]
        for word in "".join(
            char if char.isidentifier() or char.isdigit() or char == "." else " " for char in text
        ).split()
    }


def _whole(method: Became) -> list[tuple[str, str]]:
    return [
        ("method", f"{method.signature} -> {method.result}"),
        ("class", f"{method.class_name} and Async{method.class_name}"),
        ("file", method.file),
    ]


def _part(place: str, pointer: str, method: Became, analysis: Analysis) -> list[tuple[str, str]]:
    """Return the argument that a parameter or a property of the body became."""
    tokens = split(place.removeprefix(pointer))
    wire = None
    if tokens[:1] == ["parameters"] and len(tokens) > 1:
        value = _at(analysis.loaded.document, join(pointer, *tokens[:2]))
        wire = _parameter_name(value, analysis.loaded.document)
    elif tokens[:1] == ["requestBody"] and "properties" in tokens[:-1]:
        wire = tokens[tokens.index("properties") + 1]
    return [
        ("argument", f"{item.name}: {item.annotation}")
        for item in method.arguments
        if wire is not None and item.wire == wire
    ]


def _parameter_name(value: Any, document: Any) -> str | None:
    if isinstance(value, dict) and isinstance(value.get("$ref"), str):
        value = _at(document, value["$ref"].removeprefix("#"))
    return value.get("name") if isinstance(value, dict) else None


def _component(place: str, analysis: Analysis, context: Context) -> list[tuple[str, str]]:
    """Return the class, and the attribute, that a place in a schema became."""
    best: Component | None = None
    for component in analysis.api.components.values():
        origin = component.origin
        if (place == origin or place.startswith(f"{origin}/")) and (
            best is None or len(origin) > len(best.origin)
        ):
            best = component
    if best is None:
        return []
    package = analysis.settings.package
    lines = []
    rest = split(place.removeprefix(best.origin))
    if rest[:1] == ["properties"] and len(rest) > 1 and isinstance(best, Object):
        lines.append(("attribute", f"{best.name}.{identifier(rest[1], RESERVED_FIELDS)}"))
    if best.name in context.models:
        lines.append(("model", best.name))
        lines.append(("file", f"src/{package}/models/{context.module(best.name)}.py"))
    if best.name in context.params:
        lines.append(("params", context.params[best.name]))
        lines.append(("file", f"src/{package}/params.py"))
    return lines
