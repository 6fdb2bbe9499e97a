"""Back from a place in the converted document to the one that its author knows."""

from __future__ import annotations

from typing import Any

from .._pointers import join, lookup
from .._schemas import METHODS

__all__ = ["original_place"]

_SECTIONS = {
    "schemas": "definitions",
    "responses": "responses",
    "parameters": "parameters",
    "requestBodies": "parameters",
    "securitySchemes": "securityDefinitions",
}
_BODIES = ("body", "formData")


def original_place(document: Any, pointer: str) -> str:
    """
    Return where a Swagger 2.0 document has what is at *pointer* of its conversion.

    Args:
        document: As it was before `modern_document`.
        pointer: As the passes and their errors have it.

    Returns:
        The deepest place that is there; ``""`` where nothing in the document stands for it.
    """
    tokens = [token.replace("~1", "/").replace("~0", "~") for token in pointer.split("/")[1:]]
    known: list[str] = []
    for token in _renamed(document, tokens):
        if _at(document, [*known, token]) is None:
            break
        known.append(token)
    return join("", *known)


def _renamed(document: Any, tokens: list[str]) -> list[str]:
    match tokens:
        case ["components", section, name, *rest]:
            return [_SECTIONS.get(section, section), name, *_unwrapped(rest)]
        case ["paths", path, method, "requestBody", *rest] if method in METHODS:
            place = ["paths", path, method, "parameters"]
            return [*place, *_body(_at(document, place), _unwrapped(rest))]
        case ["paths", path, method, "parameters", index, *rest] if method in METHODS:
            place = ["paths", path, method, "parameters"]
            if _at(document, ["paths", path, "parameters"]):  # the passes count these as well
                return place
            return [*place, _shifted(_at(document, place), index), *rest[1:]]
        case ["paths", path, method, "responses", status, "headers", name, *rest]:
            return ["paths", path, method, "responses", status, "headers", name, *rest[1:]]
        case ["paths", path, method, "responses", status, *rest]:
            return ["paths", path, method, "responses", status, *_unwrapped(rest)]
    return tokens


def _unwrapped(tokens: list[str]) -> list[str]:
    """Leave out the media type, which Swagger has in another place."""
    return tokens[2:] if tokens[:1] == ["content"] else tokens


def _body(parameters: Any, tokens: list[str]) -> list[str]:
    """Return the way to a body from the list of parameters: it is one of these, or some of them."""
    listed = list(enumerate(parameters)) if isinstance(parameters, list) else []
    found = [(index, item) for index, item in listed if _of(item, "in") in _BODIES]
    if [_of(item, "in") for _, item in found] == ["body"]:
        return [str(found[0][0]), *tokens]
    name = tokens[2] if tokens[:2] == ["schema", "properties"] and tokens[2:] else None
    index = next((index for index, item in found if _of(item, "name") == name), None)
    return [] if index is None else [str(index), *tokens[3:]]


def _shifted(parameters: Any, index: str) -> str:
    """Return the place of a parameter among all of them, those of the body included."""
    listed = parameters if isinstance(parameters, list) else []
    plain = [place for place, item in enumerate(listed) if _of(item, "in") not in _BODIES]
    number = int(index) if index.isdecimal() else len(plain)
    return str(plain[number]) if number < len(plain) else index


def _of(parameter: Any, key: str) -> Any:
    return parameter.get(key) if isinstance(parameter, dict) else None


def _at(document: Any, tokens: list[str]) -> Any:
    try:
        return lookup(document, tokens)
    except LookupError:
        return None
