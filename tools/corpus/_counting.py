"""
Count the operations of a document; run as a script, in a process of its own.

`python _counting.py PATH` prints a JSON list: method and path of each operation, or null, and why
the file is no OpenAPI document. What a parser does to its process, such as a nesting that no stack
holds, is not done to the others.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import yaml

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace", "query")

# Every scalar stays text: no date, number or tag of a document can stop the count.
_LOADER: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)

_CLAIM = re.compile(rb"""^[\s{,]*["']?(openapi|swagger)["']?\s*:""", re.MULTILINE)


def read(path: Path) -> tuple[tuple[tuple[str, str], ...] | None, str]:
    """
    Return the operations of a document, and why it is none.

    What says that it is OpenAPI and cannot be parsed has ``None`` operations and no reason: the
    generator shall say what is wrong with it.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        return None, f"cannot be read: {error.strerror}"
    try:
        value = _parse(content)
    except (ValueError, yaml.YAMLError, RecursionError):
        return None, "" if _CLAIM.search(content) else "neither JSON nor YAML"
    if not isinstance(value, dict):
        return None, "no mapping"
    if not value.keys() & {"openapi", "swagger"}:
        return None, "has neither `openapi` nor `swagger`"
    files = {path.resolve(): value}
    paths = value.get("paths")
    items = paths if isinstance(paths, dict) else {}
    found = (
        (method, name)
        for name, item in items.items()
        if not str(name).startswith("x-")
        for method in _methods(item, path.resolve(), files)
    )
    return tuple(found), ""


def _parse(content: bytes) -> Any:
    if content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        try:
            return json.loads(content)
        except ValueError:
            pass  # flow-style YAML begins with a brace, too
    return yaml.load(content, _LOADER)  # makes text, lists and mappings only


def _methods(item: Any, base: Path, files: dict[Path, Any]) -> list[str]:
    """Return the method of each operation of a path item, in capitals, each once."""
    found: dict[str, None] = {}
    waiting = [(item, base)]
    seen: set[int] = set()  # anchors and references may lead in circles
    while waiting:
        part, where = waiting.pop()
        if not isinstance(part, dict) or id(part) in seen:
            continue
        seen.add(id(part))
        merged = part.get("<<")
        waiting += [(other, where) for other in (merged if isinstance(merged, list) else [merged])]
        if isinstance(part.get("$ref"), str):
            waiting.append(_follow(part["$ref"], where, files))
        more = part.get("additionalOperations")
        named = {name: value for name, value in part.items() if name in METHODS}
        for name, value in {**(more if isinstance(more, dict) else {}), **named}.items():
            if isinstance(value, dict):
                found[str(name).upper()] = None
    return list(found)


def _follow(reference: str, base: Path, files: dict[Path, Any]) -> tuple[Any, Path]:
    """Return what a reference leads to, in this file or beside it, and the file that it is in."""
    address, _, pointer = reference.partition("#")
    where = (base.parent / unquote(address)).resolve() if address else base
    if where not in files:
        try:
            files[where] = _parse(where.read_bytes())
        except (OSError, ValueError, yaml.YAMLError, RecursionError):
            files[where] = None
    value = files[where]
    for part in unquote(pointer).split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        if isinstance(value, list) and name.isdigit() and int(name) < len(value):
            value = value[int(name)]
        else:
            value = value.get(name) if isinstance(value, dict) else None
    return value, where


if __name__ == "__main__":
    json.dump(read(Path(sys.argv[1])), sys.stdout)
