"""Reading a document: YAML 1.2 or JSON, into plain values."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, ClassVar

import yaml

from .errors import LoadError

__all__ = ["load", "parse"]

SIZE_LIMIT = 64 * 1024 * 1024
"""Bytes; the largest public documents are about a quarter of this."""

NODE_LIMIT = 5_000_000
"""Values after anchors are followed: a few lines of YAML can stand for billions."""

DEPTH_LIMIT = 200


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # a base that is chosen
    """
    The safe loader with the scalars of YAML 1.2's core schema.

    PyYAML reads YAML 1.1, where ``on``, ``no`` and ``22:30`` are a boolean, a boolean and a number;
    OpenAPI documents mean the words (OpenAPI 3.2, section "Format").
    """

    yaml_implicit_resolvers: ClassVar[dict[str, list[tuple[str, re.Pattern[str]]]]] = {}

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key, _ in node.value:
            if key.tag == "tag:yaml.org,2002:merge":
                continue
            if key.value in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key `{key.value}` is there twice", key.start_mark
                )
            seen.add(key.value)
        mapping: dict[Any, Any] = super().construct_mapping(node, deep)
        return mapping


for _tag, _pattern, _first in (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("int", r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", "-+0123456789"),
    (
        "float",
        r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)",
        "-+.0123456789",
    ),
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("merge", r"<<", "<"),
):
    _Loader.add_implicit_resolver(
        f"tag:yaml.org,2002:{_tag}", re.compile(rf"^(?:{_pattern})$"), list(_first)
    )


def _int(loader: Any, node: Any) -> int:
    text: str = loader.construct_scalar(node)
    return int(text, 0) if text[:2] in ("0o", "0x") else int(text)


_Loader.add_constructor("tag:yaml.org,2002:int", _int)


def load(path: Path, name: str | None = None) -> tuple[dict[str, Any], bytes]:
    """
    Read a document.

    Args:
        path: A file with YAML or JSON.
        name: What error messages call it; the path as it was given by default.

    Returns:
        The document, and its bytes.

    Raises:
        LoadError: The file cannot be read, is too large, or is not a mapping in YAML or JSON.
    """
    name = name or path.as_posix()
    try:
        size = path.stat().st_size
        if size > SIZE_LIMIT:
            msg = f"the file has {size} bytes, more than {SIZE_LIMIT}"
            raise LoadError(msg, file=name)
        content = path.read_bytes()
    except OSError as error:
        msg = f"cannot be read: {error.strerror}"
        raise LoadError(msg, file=name) from error
    return parse(content, name), content


def parse(content: bytes, name: str) -> dict[str, Any]:
    """Parse the bytes of a document, see `load`."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        msg = f"is not UTF-8: byte {error.start}"
        raise LoadError(msg, file=name) from error
    document = _json(text, name) if text.lstrip().startswith("{") else _yaml(text, name)
    if not isinstance(document, dict):
        msg = "is not a mapping; an OpenAPI document is one"
        raise LoadError(msg, file=name)
    _measure(document, name)
    return document


def _json(text: str, name: str) -> Any:
    try:
        return json.loads(text)
    except RecursionError as error:
        msg = f"is nested more than {DEPTH_LIMIT} levels deep"
        raise LoadError(msg, file=name) from error
    except ValueError as reason:
        try:  # flow-style YAML begins with a brace, too
            return _yaml(text, name)
        except LoadError:
            msg = f"is not JSON: {reason}"
            raise LoadError(msg, file=name) from reason


def _yaml(text: str, name: str) -> Any:
    try:
        return yaml.load(text, _Loader)  # noqa: S506 - a subclass of the safe loader
    except (yaml.YAMLError, ValueError, TypeError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f" (line {mark.line + 1}, column {mark.column + 1})" if mark else ""
        reason = getattr(error, "problem", None) or str(error)
        msg = f"is not YAML: {reason}{where}"
        raise LoadError(msg, file=name) from error


def _measure(document: Any, name: str) -> None:
    """Refuse what would expand without end: every later step walks the whole tree."""
    sizes: dict[int, tuple[int, int]] = {}

    def measure(value: Any, depth: int) -> tuple[int, int]:
        """Return how many values *value* stands for, and in how many levels."""
        if depth > DEPTH_LIMIT:
            msg = f"is nested more than {DEPTH_LIMIT} levels deep"
            raise LoadError(msg, file=name)
        if not isinstance(value, dict | list):
            return 1, 1
        # What an anchor stands for is measured once, or measuring would expand it, too.
        known = sizes.get(id(value))
        if known is not None and depth + known[1] <= DEPTH_LIMIT:
            return known
        parts = value.values() if isinstance(value, dict) else value
        measured = [measure(part, depth + 1) for part in parts]
        size = 1 + sum(size for size, _ in measured)
        height = 1 + max((height for _, height in measured), default=0)
        sizes[id(value)] = size, height
        return size, height

    size, _ = measure(document, 1)
    if size > NODE_LIMIT:
        msg = f"expands to more than {NODE_LIMIT} values"
        raise LoadError(msg, file=name)
