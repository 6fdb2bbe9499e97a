"""The bytes of a document into plain values: JSON, or YAML 1.2."""

from __future__ import annotations

import codecs
import json
import math
import re
from typing import Any

from ._pointers import join
from ._repairs import Repair
from ._source import DEFAULT_LIMITS, Limits
from ._yaml import YAMLProblem, read_yaml
from .errors import LoadError

__all__ = ["measure", "parse"]

_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # begins like the next one
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_MARKUP = re.compile(r"<(?:!doctype|html|head|body|\?xml|!--)", re.IGNORECASE)
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


def parse(
    content: bytes, name: str, limits: Limits = DEFAULT_LIMITS, charset: str | None = None
) -> tuple[dict[str, Any], list[Repair]]:
    """
    Parse the bytes of a document.

    Args:
        content: JSON or YAML in UTF-8, in what a byte order mark says, or in *charset*.
        name: What error messages call it.
        limits: How deep and how large it may be.
        charset: The encoding that an HTTP answer declared.

    Returns:
        The document, every key of it text, and what had to be changed in it.

    Raises:
        LoadError: It is not a mapping in YAML or JSON, or exceeds the limits.
    """
    text = _decode(content, name, charset)
    start = text[:1000].lstrip()
    if not start and not text.strip():
        msg = "is empty"
        raise LoadError(msg, file=name)
    if _MARKUP.match(start):
        msg = "is a web page or XML, not an OpenAPI document; give the place of the document itself"
        raise LoadError(msg, file=name)
    reader = _JSONReader()
    document = reader.read(text, name, limits) if start[0] in "{[" else _yaml(text, name, limits)
    if not isinstance(document, dict):
        msg = "is not a mapping; an OpenAPI document is one"
        raise LoadError(msg, file=name)
    measure(document, name, limits)
    return _clean(document, reader.twice, odd=bool(_SURROGATE.search(text)) or _odd(text))


def _decode(content: bytes, name: str, charset: str | None) -> str:
    encoding = next(
        (encoding for mark, encoding in _BYTE_ORDER_MARKS if content.startswith(mark)), None
    )
    if encoding is None and b"\0" in content[:1000]:
        msg = "is binary, neither YAML nor JSON"
        raise LoadError(msg, file=name)
    encoding = encoding or charset or "utf-8"
    try:
        return content.decode(encoding).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        msg = f"is not {encoding.upper()}: byte {error.start}"
        raise LoadError(msg, file=name) from error
    except (LookupError, ValueError) as error:  # no such codec, or one for something else
        msg = f"is in `{encoding}`, which is no known encoding of text"
        raise LoadError(msg, file=name) from error


class _JSONReader:
    """
    JSON, with an eye on keys that are there twice.

    JSON leaves their meaning open, and every tool takes the last (RFC 8259, section 4).

    Attributes:
        twice: The mappings in which a key was there twice, and the key.
    """

    def __init__(self) -> None:
        self.twice: list[tuple[dict[str, Any], str]] = []

    def read(self, text: str, name: str, limits: Limits) -> Any:
        try:
            return json.loads(text, object_pairs_hook=self._mapping)
        except RecursionError as error:
            msg = f"is nested more than {limits.depth} levels deep"
            raise LoadError(msg, file=name) from error
        except ValueError as error:
            self.twice.clear()
            try:  # flow-style YAML begins with a brace, too
                return _yaml(text, name, limits)
            except LoadError:
                reason = str(error).partition(";")[0]
                msg = f"is not JSON: {reason}"
                raise LoadError(msg, file=name) from error

    def _mapping(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        mapping = dict(pairs)
        if len(mapping) != len(pairs):
            seen: dict[str, Any] = {}
            for key, value in pairs:
                if key in seen and seen[key] != value:
                    self.twice.append((mapping, key))
                seen[key] = value
        return mapping


def _yaml(text: str, name: str, limits: Limits) -> Any:
    try:
        return read_yaml(text, limits)
    except YAMLProblem as error:
        msg = f"is not YAML: {error}"
        raise LoadError(msg, file=name) from error


def measure(document: Any, name: str, limits: Limits) -> None:
    """
    Refuse what would expand without end: every later step walks the whole tree.

    Raises:
        LoadError: The document is too deep, or stands for too many values.
    """
    # What stands in many places because of an anchor is counted, not walked, many times.
    level, depth, size = {id(document): (document, 1)}, 0, 1
    while level:
        depth += 1
        if depth > limits.depth:
            msg = f"is nested more than {limits.depth} levels deep"
            raise LoadError(msg, file=name)
        below: dict[int, tuple[Any, int]] = {}
        for value, times in level.values():
            size += len(value) * times
            for part in value.values() if isinstance(value, dict) else value:
                if isinstance(part, dict | list):
                    known = below.get(id(part))
                    below[id(part)] = part, times + (known[1] if known else 0)
        if size > limits.nodes:
            msg = f"expands to more than {limits.nodes} values"
            raise LoadError(msg, file=name)
        level = below


def _odd(text: str) -> bool:
    """Say whether the text may hold a number that is none in JSON."""
    return bool(re.search(r"\b(?:NaN|Infinity)\b|\.(?i:inf|nan)\b|[eE]\+?\d{3}", text))


def _clean(
    document: dict[str, Any], twice: list[tuple[dict[str, Any], str]], *, odd: bool
) -> tuple[dict[str, Any], list[Repair]]:
    """Replace what no file in UTF-8 and no JSON can hold, and find the keys that are there twice."""
    if not odd and not twice:
        return document, []
    repairs: list[Repair] = []
    keys: dict[int, list[str]] = {}
    for mapping, key in twice:
        keys.setdefault(id(mapping), []).append(key)

    def clean(value: Any, pointer: str) -> Any:
        if isinstance(value, dict):
            repairs.extend(
                Repair(join(pointer, key), "is there twice; the last one is taken")
                for key in keys.get(id(value), ())
            )
            return {
                _text(key): clean(item, join(pointer, _text(key))) for key, item in value.items()
            }
        if isinstance(value, list):
            return [clean(item, join(pointer, index)) for index, item in enumerate(value)]
        if isinstance(value, str):
            changed = _text(value)
            if changed != value:
                repairs.append(Repair(pointer, "holds half of a character; replaced by U+FFFD"))
            return changed
        if isinstance(value, float) and not math.isfinite(value):
            repairs.append(Repair(pointer, f"`{value}` is no number in JSON; read as null"))
            return None
        return value

    return clean(document, ""), repairs


def _text(value: str) -> str:
    return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
