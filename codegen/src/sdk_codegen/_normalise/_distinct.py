"""Operations get the names of their functions, and whose derived names are one are told apart."""

from __future__ import annotations

from collections import Counter
from typing import Any

from .._groups import RESERVED_METHODS, Wish, function_name, wish
from .._names import identifier
from .._operations import iter_operations, operation_pointer
from .._repairs import Repair

__all__ = ["distinct_operations", "function_names"]


def function_names(document: dict[str, Any]) -> tuple[dict[str, Any], list[Repair]]:
    """Write `x-sdk-method` on operations whose id tells of a function, if nothing else wants it."""
    wishes: dict[str, Wish] = {}
    functions: dict[str, tuple[str, ...]] = {}
    for path, method, operation, pointer in iter_operations(document):
        wanted = wishes[pointer] = wish(operation, path, method)
        function = function_name(operation, path, method)
        if function is not None:
            functions[pointer] = (*wanted.group, identifier(function, RESERVED_METHODS))
    groups = {group for wanted in wishes.values() for group in wanted.groups}
    claims = Counter(functions.values())
    claims.update((*wanted.group, wanted.name) for wanted in wishes.values())
    names = {
        pointer: place[-1]
        for pointer, place in functions.items()
        if claims[place] == 1 and place not in groups
    }
    return _renamed(document, names), []


def distinct_operations(document: dict[str, Any]) -> tuple[dict[str, Any], list[Repair]]:
    """
    Write `x-sdk-method` on operations whose place in the client's tree is taken.

    Ids that differ in case or punctuation only, paths that differ in a last slash only, and a
    group that is called like a method give two things one name. Where `x-sdk-method` says so it is
    kept, and two of these in one place are an error later on. Otherwise the first operation in the
    document's order keeps the name, and the others are named after their method and path, with a
    number if that is taken as well.
    """
    wishes = [
        (wish(operation, path, method), path, method, pointer)
        for path, method, operation, pointer in iter_operations(document)
    ]
    taken = {group: "a group" for wanted, *_ in wishes for group in wanted.groups}
    for declared in (True, False):
        for wanted, _, _, pointer in wishes:
            if wanted.declared is declared:
                taken.setdefault((*wanted.group, wanted.name), f"#{pointer}")
    repairs: list[Repair] = []
    names: dict[str, str] = {}
    for wanted, path, method, pointer in wishes:
        owner = taken[(*wanted.group, wanted.name)]
        if wanted.declared or owner == f"#{pointer}":
            continue
        name = names[pointer] = _free(wanted.group, f"{method} {path}", taken)
        taken[(*wanted.group, name)] = f"#{pointer}"
        repairs.append(Repair(pointer, f"`{wanted}` is taken by {owner}; called `{name}`"))
    return _renamed(document, names), repairs


def _renamed(document: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    """Return the document with `x-sdk-method` on the operations at these pointers."""
    if not names:
        return document
    paths = {
        path: {
            method: _named(operation, names.get(operation_pointer(path, method)))
            for method, operation in item.items()
        }
        for path, item in document["paths"].items()
    }
    return {**document, "paths": paths}


def _free(group: tuple[str, ...], words: str, taken: dict[tuple[str, ...], str]) -> str:
    """Return a name made of *words* that is free in *group*."""
    base = name = identifier(words, RESERVED_METHODS)
    number = 2
    while (*group, name) in taken:
        name = f"{base}_{number}"
        number += 1
    return name


def _named(operation: dict[str, Any], name: str | None) -> dict[str, Any]:
    return operation if name is None else {**operation, "x-sdk-method": name}
