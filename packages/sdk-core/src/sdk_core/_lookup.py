"""Lookup: values inside an answer by their names on the wire, whatever holds them."""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping
from functools import cache, lru_cache
from typing import Any, TypeAlias

import attrs

from .errors import ConfigurationError
from .typing import NotGiven, Omit

Steps: TypeAlias = tuple["str | int | None", ...]
"""Names, indexes, and None for every member."""

_STEP = re.compile(
    r"""
      (?: \. | (?<=^\$) (?=\w) ) (?P<name> [^.\[\]*'"\s]+ )
    | \[ \s* (?P<index> -?[0-9]{1,9} ) \s* \]
    | \[ \s* (?P<quote> ['"] ) (?P<quoted> .*? ) (?P=quote) \s* \]
    | (?P<all> \.\* | \[ \s* \* \s* \] )
    """,
    re.VERBOSE,
)


@lru_cache(maxsize=1024)
def steps_of(path: str, what: str) -> Steps:
    """
    Return the steps of a JSONPath (RFC 9535) made of names, indexes and wildcards.

    Args:
        path: Such as ``$.data[-1].id``; the ``$`` may be left out.
        what: Where the path stands, for the error.

    Raises:
        ConfigurationError: It is none, or uses more of the language.
    """
    text = path.strip()
    if not text.startswith("$"):
        text = f"${text}"
    steps: list[str | int | None] = []
    position = 1
    while position < len(text):
        match = _STEP.match(text, position)
        if match is None:
            msg = f"{what} is {path!r}; write it with names, indexes and `*` only, as in `$.a[0].b`"
            raise ConfigurationError(msg)
        if match["index"] is not None:
            steps.append(int(match["index"]))
        else:
            steps.append(None if match["all"] else match["name"] or match["quoted"])
        position = match.end()
    return tuple(steps)


def find(value: Any, steps: Steps) -> list[Any]:
    """Return what *steps* lead to in *value*: one value, or any number behind a wildcard."""
    found = [value]
    for step in steps:
        found = [inner for each in found for inner in _members(each, step)]
    return found


def _members(value: Any, step: str | int | None) -> list[Any]:
    if isinstance(value, list | tuple):
        if step is None:
            return list(value)
        if isinstance(step, str) or not -len(value) <= step < len(value):
            return []
        return [value[step]]
    if step is None:
        return list(value.values()) if isinstance(value, Mapping) else []
    if isinstance(step, int):
        return []
    if isinstance(value, Mapping):
        return [value[step]] if step in value else []
    attribute = _attributes(value.__class__).get(step)
    if attribute is not None:
        member = getattr(value, attribute, None)
        return [] if isinstance(member, Omit | NotGiven) else [member]
    extra = getattr(value, "model_extra", None)
    return [extra[step]] if isinstance(extra, Mapping) and step in extra else []


@cache
def _attributes(cls: Hashable) -> Mapping[str, str]:
    """Return the attributes of a model by their names on the wire."""
    fields = getattr(cls, "model_fields", None)
    if isinstance(fields, Mapping):
        return {field.alias or name: name for name, field in fields.items()}
    if isinstance(cls, type) and attrs.has(cls):
        return {
            field.metadata.get("wire", field.name): field.name
            for field in attrs.fields(cls)
            if "wire" in field.metadata or not field.name.startswith("_")
        }
    return {}
