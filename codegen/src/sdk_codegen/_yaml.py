"""YAML 1.2 into plain values, from the parser's events."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NoReturn

import yaml

from ._source import Limits

__all__ = ["YAMLProblem", "read_yaml"]

_PARSER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_TAG = "tag:yaml.org,2002:"
_WORDS: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_NUMBERS = frozenset("-+.0123456789")
_INT = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(
    r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?"
    r"|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)"
)

_UNSET: Any = object()
_MERGE: Any = object()


class YAMLProblem(ValueError):
    """What is wrong with a text, in one line with line and column."""


def read_yaml(text: str, limits: Limits) -> Any:
    """
    Read one YAML document.

    PyYAML reads YAML 1.1, where ``on``, ``no`` and ``22:30`` are a boolean, a boolean and a number;
    OpenAPI documents mean the words, and their keys are text whatever they look like (OpenAPI 3.1,
    section "Format": the JSON schema ruleset for values, the failsafe one for keys). Events are
    read instead of nodes because composing nodes takes five times as long.

    Returns:
        The document's value, ``None`` where there is none. Values behind an alias are shared.

    Raises:
        YAMLProblem: The text is not YAML, or uses what has no meaning in JSON.
    """
    try:
        return _Reader(limits).read(yaml.parse(text, _PARSER))
    except yaml.MarkedYAMLError as error:
        reason = ", ".join(part for part in (error.context, error.problem) if part)
        mark = error.problem_mark or error.context_mark
        reason += _place(mark)
        raise YAMLProblem(reason) from error
    except yaml.YAMLError as error:
        raise YAMLProblem(" ".join(str(error).split())) from error


def _place(mark: Any) -> str:
    return f" (line {mark.line + 1}, column {mark.column + 1})" if mark else ""


def _fail(reason: str, event: Any) -> NoReturn:
    raise YAMLProblem(reason + _place(event.start_mark))


class _Reader:
    """The values that are open while events come in."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._anchors: dict[str, Any] = {}
        self._merged = 0

    def read(self, events: Iterator[Any]) -> Any:
        document: Any = _UNSET
        for event in events:
            if type(event) is not yaml.DocumentStartEvent:
                continue
            self._anchors.clear()
            value = self._document(events)
            if document is _UNSET:
                document = value
            elif value is not None:  # a last `---` begins a document that has nothing in it
                _fail("the file holds several documents; keep one of them", event)
        return None if document is _UNSET else document

    def _document(self, events: Iterator[Any]) -> Any:
        """Return the value of one document; the loop is one function for the sake of speed."""
        outer: list[tuple[Any, Any, list[Any] | None]] = []
        container: Any = _UNSET  # the innermost value that is open
        key: Any = _UNSET
        merges: list[Any] | None = None
        anchors = self._anchors
        while True:
            event = next(events)
            kind = type(event)
            if kind is yaml.ScalarEvent:
                if key is _UNSET and type(container) is dict:
                    key = event.value
                    if key == "<<" and event.implicit[0]:
                        key = _MERGE
                    elif key in container:
                        _fail(f"the key `{key}` is there twice", event)
                    if event.anchor is not None:
                        anchors[event.anchor] = event.value
                    continue
                value = _scalar(event)
                if event.anchor is not None:
                    anchors[event.anchor] = value
            elif kind is yaml.MappingStartEvent or kind is yaml.SequenceStartEvent:
                if key is _UNSET and type(container) is dict:
                    _fail("a key must be text", event)
                _check_tag(event)
                if len(outer) >= self._limits.depth:
                    _fail(f"nested more than {self._limits.depth} levels deep", event)
                outer.append((container, key, merges))
                container = {} if kind is yaml.MappingStartEvent else []
                if event.anchor is not None:
                    anchors[event.anchor] = container
                key, merges = _UNSET, None
                continue
            elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
                value = container
                if merges:
                    self._merge(container, merges, event)
                container, key, merges = outer.pop()
            elif kind is yaml.AliasEvent:
                value = anchors.get(event.anchor, _UNSET)
                if value is _UNSET:
                    _fail(f"there is no anchor `{event.anchor}`", event)
                if value is container or any(value is entry[0] for entry in outer):
                    _fail(f"the anchor `{event.anchor}` stands for a part of itself", event)
                if key is _UNSET and type(container) is dict:
                    if not isinstance(value, str) or value in container:
                        _fail(f"`*{event.anchor}` is no key, or is there twice", event)
                    key = value
                    continue
            else:  # the end of the document
                return container[0] if container is not _UNSET else None
            if container is _UNSET:
                container = [value]
            elif key is _UNSET:
                container.append(value)
            else:
                if key is _MERGE:
                    merges = [*(merges or ()), value]
                else:
                    container[key] = value
                key = _UNSET

    def _merge(self, mapping: dict[str, Any], merges: list[Any], event: Any) -> None:
        """Put what `<<` names before the mapping's own keys, which win."""
        merged: dict[str, Any] = {}
        for value in merges:
            parts = value[::-1] if isinstance(value, list) else [value]
            for part in parts:
                if not isinstance(part, dict):
                    _fail("`<<` takes a mapping or a list of mappings", event)
                self._merged += len(part)
                if self._merged > self._limits.nodes:
                    _fail(f"`<<` expands to more than {self._limits.nodes} values", event)
                merged |= part
        own = dict(mapping)
        mapping.clear()
        mapping |= merged | own


def _check_tag(event: Any) -> None:
    if event.tag not in (None, "!", f"{_TAG}map", f"{_TAG}seq"):
        _fail(f"the tag `{event.tag}` has no meaning here", event)


def _scalar(event: Any) -> Any:
    text: str = event.value
    tag = event.tag
    if tag is not None and tag != "!":
        return _tagged(event, tag.removeprefix(_TAG))
    if tag == "!" or not event.implicit[0]:  # quoted, or a block
        return text
    if text in _WORDS:
        return _WORDS[text]
    if text[0] in _NUMBERS:
        return _number(event)
    return text


def _tagged(event: Any, tag: str) -> Any:
    text: str = event.value
    if tag in ("str", "timestamp", "binary"):
        return text
    if tag in ("null", "bool") and text in _WORDS:
        return _WORDS[text]
    if tag in ("int", "float") and not isinstance(value := _number(event), str):
        return value
    _fail(f"the tag `{event.tag}` has no meaning here", event)


def _number(event: Any) -> Any:
    text: str = event.value
    if _INT.fullmatch(text):
        try:
            return int(text, 0) if text[:2] in ("0o", "0x") else int(text)
        except ValueError:
            _fail("a number has too many digits", event)
    if _FLOAT.fullmatch(text):
        word = text.lstrip("-+.")
        # `.inf` is written without its dot in Python; a dot before a digit stays.
        return float(text if word[0].isdecimal() else text.replace(".", ""))
    return text
