"""Bundle the OpenAPI documents into the package: `python -m sdk_server.spec --write`.

The wheel must carry the documents that the server obeys, and the documents live outside of the
package. `--write` copies them in as JSON, `--check` exits with 1 when the copies are out of date.
A document may be divided into files, one an area of its paths; its copy is one file.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

NAMES = ("inference", "platform")
TARGET = Path(__file__).with_name("_spec")

_ELSEWHERE = re.compile(r"([\w./-]+\.yaml)#(/\S+)")


def read(source: Path) -> dict[str, Any]:
    """Return a YAML document and the files that it refers to as one document.

    The document lists every path, some as a `$ref` to a file of an area. These files hold `paths`
    and `components`; they refer to each other and to the document, and no name of a component is
    used twice, so that every reference is local afterwards and nothing has another name.

    Args:
        source: The YAML file with the document.

    Raises:
        OSError: A file that is referred to cannot be read.
        ValueError: Two files have a component of the same name, or a reference leads nowhere.
    """
    source = source.resolve()
    parts: dict[Path, dict[str, Any]] = {}
    waiting = [source]
    while waiting:
        place = waiting.pop()
        if place not in parts:
            parts[place] = _parse(place)
            waiting += [(place.parent / name).resolve() for name, _ in _references(parts[place])]
    document = parts.pop(source)
    for path, item in document.get("paths", {}).items():
        if found := _ELSEWHERE.fullmatch(item.get("$ref", "")):
            area = parts[(source.parent / found[1]).resolve()]
            document["paths"][path] = _resolve(area, found[2])
    for components in document.get("components", {}).values():
        for name in [name for name, found in components.items() if _is_elsewhere(found)]:
            del components[name]  # it only says that the area's component is part of the document
    for place, area in sorted(parts.items()):
        for kind, components in area["components"].items():
            known = document.setdefault("components", {}).setdefault(kind, {})
            if twice := sorted(known.keys() & components.keys()):
                msg = f"{place.name}: another file has {kind} of the name {', '.join(twice)}"
                raise ValueError(msg)
            known |= components
    merged: dict[str, Any] = _local(document)
    for pointer in sorted(set(_pointers(merged))):
        try:
            _resolve(merged, pointer)
        except (KeyError, TypeError):
            msg = f"{source.name}: a reference leads to #{pointer}, where nothing is"
            raise ValueError(msg) from None
    return merged


def _parse(source: Path) -> dict[str, Any]:
    import yaml  # noqa: PLC0415 - the running server does not need it

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # written in C where there is one
    parsed: dict[str, Any] = yaml.load(source.read_bytes(), loader)  # noqa: S506 - a safe loader
    return parsed


def _references(value: Any) -> Iterator[tuple[str, str]]:
    """Yield the file and the pointer of every reference to another file."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from _references(item)
    elif isinstance(value, str) and (found := _ELSEWHERE.fullmatch(value)):
        yield found[1], found[2]


def _is_elsewhere(component: dict[str, Any]) -> bool:
    return component.keys() == {"$ref"} and bool(_ELSEWHERE.fullmatch(component["$ref"]))


def _pointers(value: Any) -> Iterator[str]:
    """Yield the pointer of every reference within a document."""
    if isinstance(value, list):
        value = dict(enumerate(value))
    if isinstance(value, dict):
        for name, item in value.items():
            if name == "$ref" and isinstance(item, str):
                yield item.removeprefix("#")
            else:
                yield from _pointers(item)


def _resolve(value: Any, pointer: str) -> Any:
    for part in pointer[1:].split("/"):
        value = value[part.replace("~1", "/").replace("~0", "~")]
    return value


def _local(value: Any) -> Any:
    """Return *value* with the references to other files made local."""
    if isinstance(value, dict):
        return {key: _local(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_local(item) for item in value]
    found = _ELSEWHERE.fullmatch(value) if isinstance(value, str) else None
    return f"#{found[2]}" if found else value


def bundle(source: Path) -> str:
    """Return a YAML document as sorted JSON text with a newline at its end.

    Args:
        source: The YAML file; what it refers to in other files becomes part of the text.

    Raises:
        OSError: A file that is referred to cannot be read.
        ValueError: The document holds a value that JSON cannot express, such as a date, or two
            files have a component of the same name.
    """
    try:
        return (
            json.dumps(
                read(source),
                ensure_ascii=False,
                allow_nan=False,
                indent=1,
                sort_keys=True,
            )
            + "\n"
        )
    except TypeError as error:
        msg = f"{source}: {error}; put the value in quotes"
        raise ValueError(msg) from None


def load(name: str) -> dict[str, Any]:
    """Return the bundled document `name`, `inference` or `platform`."""
    document: dict[str, Any] = json.loads((TARGET / f"{name}.json").read_bytes())
    return document


def main(arguments: Sequence[str] | None = None) -> int:
    """Write or check the bundled documents and return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m sdk_server.spec", description="Bundle spec/*.yaml into the package."
    )
    action = parser.add_mutually_exclusive_group(required=True)
    action.add_argument("--write", action="store_true", help="write the bundled documents")
    action.add_argument("--check", action="store_true", help="exit with 1 when they are stale")
    parser.add_argument(
        "--source",
        type=Path,
        default=Path("spec"),
        metavar="DIR",
        help="folder with inference.yaml and platform.yaml (default: %(default)s)",
    )
    parser.add_argument(
        "--target", type=Path, default=TARGET, metavar="DIR", help="folder for the JSON files"
    )
    options = parser.parse_args(arguments)
    stale = False
    for name in NAMES:
        source, target = options.source / f"{name}.yaml", options.target / f"{name}.json"
        if not source.is_file():
            parser.error(f"{source} does not exist; name the folder with `--source`")
        text = bundle(source)
        if target.is_file() and target.read_text("utf-8") == text:
            continue
        if options.check:
            stale = True
            sys.stderr.write(f"{target} is stale: run `python -m sdk_server.spec --write`\n")
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, "utf-8", newline="\n")
    return int(stale)


if __name__ == "__main__":
    sys.exit(main())
