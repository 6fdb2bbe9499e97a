"""
How values are written in a request, as OpenAPI 3.2 says in "Style Values" and "Encoding Object".

This is what must arrive, decoded: names and values, not their escapes.
"""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import quote

from ._ir import Parameter, Part
from ._media import content_kind

__all__ = [
    "cookie_pairs",
    "form_pairs",
    "from_mark",
    "joined",
    "marked",
    "multipart_parts",
    "path_of",
    "query_pairs",
]

SEPARATORS = {"spaceDelimited": " ", "pipeDelimited": "|"}


def marked(value: Any) -> Any:
    """
    Return *value* so that nothing in it is taken for a file.

    An object with a single member whose name begins with ``$`` stands for something else there,
    so that one which the document has is wrapped.
    """
    if isinstance(value, list):
        return [marked(item) for item in value]
    if isinstance(value, dict):
        inner = {name: marked(item) for name, item in value.items()}
        return {"$plain": inner} if len(inner) == 1 and next(iter(inner))[:1] == "$" else inner
    return value


def path_of(parameter: Parameter, value: Any) -> str:
    """Return a parameter as it stands in a path, escaped, with delimiters that are not."""
    if parameter.media_type is not None:
        return quote(_json(value), safe="")
    items = _items(value, parameter.explode, lambda item: quote(_text(item), safe=""))
    if parameter.style == "label":
        return "." + ("." if parameter.explode else ",").join(items)
    if parameter.style != "matrix":
        return ",".join(items)
    if not parameter.explode:
        items = [",".join(items)]
    named = not (parameter.explode and isinstance(value, dict))
    return "".join(f";{parameter.wire}={item}" if named else f";{item}" for item in items)


def joined(parameter: Parameter, value: Any) -> str:
    """Return a parameter in the style ``simple``, as it stands in a header."""
    if parameter.media_type is not None:
        return _json(value)
    return _joined(value, parameter.explode)


def query_pairs(parameter: Parameter, value: Any) -> list[list[Any]]:
    """Return the pairs of a query that a parameter becomes; JSON is compared as such."""
    if parameter.media_type is not None:
        return [[parameter.wire, {"json": value}]]
    return _styled(parameter.wire, value, parameter.style, parameter.explode)


def cookie_pairs(parameter: Parameter, value: Any) -> list[list[Any]]:
    """Return the cookies that a parameter becomes: one, or one for each item."""
    if parameter.media_type is not None:
        return [[parameter.wire, _json(value)]]
    return _styled(parameter.wire, value, "form", parameter.explode)


def form_pairs(value: Mapping[str, Any], parts: Mapping[str, Part]) -> list[list[Any]]:
    """Return the pairs of an urlencoded form; without words of the document objects are nested."""
    pairs: list[list[Any]] = []
    for name, item in value.items():
        part = parts.get(name)
        if part is None:
            pairs += _nested(name, item)
        elif part.media_type is None:
            pairs += _styled(name, item, part.style, part.explode)
        elif content_kind(part.media_type) == "json":
            pairs.append([name, {"json": item}])
        else:
            pairs += _nested(name, item)
    return pairs


def multipart_parts(
    value: Mapping[str, Any], files: set[str], content: str, parts: Mapping[str, Part]
) -> list[dict[str, Any]]:
    """
    Return the parts of a form of several parts.

    Args:
        value: The members.
        files: The names of those that are files.
        content: What all files hold, in base64.
        parts: What the document says about members.
    """
    found: list[dict[str, Any]] = []
    for name, item in value.items():
        part = parts.get(name) or Part(None, "form", explode=True)
        if isinstance(item, dict) and part.style == "deepObject":
            found += [{"name": key, "text": text} for key, text in _nested(name, item)]
            continue
        items = item if isinstance(item, list) else [item]
        if isinstance(item, list) and part.media_type is None and not part.explode:
            items = [",".join(_items(item, False, _text))]
        written = content_kind(part.media_type) if part.media_type is not None else None
        for each in items:
            if name in files:
                found.append({"name": name, "base64": content})
            elif isinstance(each, dict | list) or written == "json":
                found.append({"name": name, "json": each})
            elif each is not None:
                found.append({"name": name, "text": _text(each)})
    return found


def _styled(name: str, value: Any, style: str, explode: bool) -> list[list[Any]]:
    if style == "deepObject":
        return [*_deep(name, value, numbered=True)]
    if isinstance(value, dict) and explode:
        return [pair for key, item in value.items() for pair in _nested(key, item)]
    if isinstance(value, dict | list) and not explode:
        text = SEPARATORS.get(style, ",").join(_items(value, explode, _text))
        return [[name, text]] if text else []
    return [*_nested(name, value)]


def _nested(name: str, value: Any) -> Iterator[list[Any]]:
    """Yield pairs: a list repeats its name, an object is nested as ``a[b]``."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _nested(f"{name}[{key}]", item)
    elif isinstance(value, list):
        for item in value:
            yield from _nested(name, item)
    elif value is not None:
        yield [name, _text(value)]


def _deep(name: str, value: Any, *, numbered: bool) -> Iterator[list[Any]]:
    """
    Yield pairs for ``deepObject``, as servers read them.

    OpenAPI leaves lists undefined: they repeat their name, and are numbered where they hold
    others, or are all there is.
    """
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _deep(f"{name}[{key}]", item, numbered=False)
    elif isinstance(value, list):
        items = [item for item in value if item is not None]
        numbered = numbered or any(isinstance(item, dict | list) for item in items)
        for index, item in enumerate(items):
            yield from _deep(f"{name}[{index}]" if numbered else name, item, numbered=True)
    elif value is not None:
        yield [name, _text(value)]


def _joined(value: Any, explode: bool) -> str:
    return ",".join(_items(value, explode, _text))


def _items(value: Any, explode: bool, write: Callable[[Any], str]) -> list[str]:
    """Return what stands between the delimiters."""
    if isinstance(value, dict):
        pairs = [(write(key), write(item)) for key, item in value.items() if item is not None]
        return (
            ["=".join(pair) for pair in pairs] if explode else [each for p in pairs for each in p]
        )
    values = value if isinstance(value, list) else [value]
    return [write(item) for item in values if item is not None]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else _json(value)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def from_mark(value: Any) -> Any:
    """Return what `marked` and the marks of files stand for; a file is a pair."""
    if isinstance(value, list):
        return [from_mark(item) for item in value]
    if not isinstance(value, dict):
        return value
    mark = next(iter(value)) if len(value) == 1 else ""
    if mark == "$bytes":
        return b64decode(value[mark])
    if mark == "$file":
        name, content = value[mark]
        return name, b64decode(content)
    if mark == "$plain":
        value = value[mark]
    return {name: from_mark(item) for name, item in value.items()}
