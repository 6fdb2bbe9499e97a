"""
The documents of a folder, and how many operations each of them has.

The generator has no part in this: what it lost while it read a document must not be missing from
the number that it is held to.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Iterable
from pathlib import Path

import attrs

from ._process import environment, python, run

__all__ = ["Document", "documents"]

SUFFIXES = (".yaml", ".yml", ".json")

LIMIT = 120.0
"""Seconds to read one document."""


@attrs.frozen
class Document:
    """
    A file of the folder.

    Attributes:
        path: Where it is.
        slug: A name of its own among the documents, fit for a folder.
        package: The import name to generate.
        operations: Method and path of each operation; ``None`` where the file cannot be read.
        reason: Why it is no OpenAPI document; empty if it is one.
    """

    path: Path
    slug: str
    package: str
    operations: tuple[tuple[str, str], ...] | None
    reason: str = ""


def documents(folder: Path, only: Iterable[str] = ()) -> list[Document]:
    """
    Return the documents of a folder, those that are no OpenAPI included; folders in it are not read.

    Args:
        folder: A folder, or one document.
        only: Names with or without what follows the last dot; all documents by default.

    Raises:
        OSError: The folder cannot be listed.
    """
    paths = [folder] if folder.is_file() else sorted(folder.iterdir())
    wanted = set(only)
    found: list[Document] = []
    slugs: set[str] = set()
    for path in paths:
        if not path.is_file() or (path.suffix.lower() not in SUFFIXES and path != folder):
            continue
        if wanted and not wanted & {path.name, path.stem}:
            continue
        slug = _free(re.sub(r"[^a-z0-9]+", "-", path.stem.lower())[:40].strip("-"), slugs)
        package = f"api_{slug.replace('-', '_')}".rstrip("_")
        found.append(Document(path, slug, package, *_count(path)))
    return found


def _free(slug: str, taken: set[str]) -> str:
    name, number = slug or "document", 1
    while name in taken:
        number += 1
        name = f"{slug or 'document'}-{number}"
    taken.add(name)
    return name


def _count(path: Path) -> tuple[tuple[tuple[str, str], ...] | None, str]:
    """Return the operations of a document, and why it is none."""
    script = Path(__file__).with_name("_counting.py")
    with tempfile.TemporaryDirectory(prefix="corpus-") as folder:
        home = Path(folder)
        command = python(script, path.resolve())
        done = run(command, limit=LIMIT, folder=home, variables=environment(home))
    if done.code:  # the generator shall say what is wrong with it
        return None, ""
    found, reason = json.loads(done.out)
    return (None if found is None else tuple((method, name) for method, name in found)), reason
