"""Real documents: nothing differs from itself, and nothing that is taken away goes unnoticed."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sdk_codegen._build import build
from sdk_codegen._diff import Impact, compare
from sdk_codegen._engine import resolve
from sdk_codegen._load import load
from sdk_codegen._nodes import nodes
from sdk_codegen._normalise import normalise
from sdk_codegen._pointers import join
from sdk_codegen._schemas import METHODS

CORPUS = Path(__file__).parents[3] / "shared" / "corpus"

pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not CORPUS.is_dir(), reason="../shared/corpus is not there"),
]

DELETIONS = 40

Deletion = tuple[str, Any, Any]
"""Where it is, what owns it, and its key there."""


def analysed(document: dict[str, Any]) -> Any:
    """Return the representation of a document, and its types."""
    api = build(normalise(document)[0])
    return api, resolve(nodes(api))


def operations(document: dict[str, Any]) -> Iterator[Deletion]:
    """Yield every operation."""
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                yield join("/paths", path, method), item, method


def parts(document: dict[str, Any]) -> Iterator[Deletion]:
    """Yield optional parameters, and properties that no other part of their schema has, too."""
    for pointer, item, method in operations(document):
        declared = item[method].get("parameters", [])
        # From the end, so that removing one leaves the places of the others.
        for index in reversed(range(len(declared))):
            if declared[index].get("in") in ("query", "cookie"):
                yield join(pointer, "parameters"), declared, index
    harmless = {"type", "title", "description", "properties", "required", "example"}
    for name, schema in document["components"]["schemas"].items():
        properties = schema.get("properties", {})
        if set(schema) <= harmless and not any("$ref" in value for value in properties.values()):
            for key in list(properties)[1:]:  # an object without any is another type
                yield join("/components/schemas", name, "properties", key), properties, key


@pytest.mark.slow
@pytest.mark.parametrize("removable", [operations, parts], ids=["operations", "parts"])
@pytest.mark.parametrize("name", ["docker.json", "kamiwaza.json", "mistral.yaml", "spotify.yaml"])
def test_every_deletion_is_breaking_and_its_undoing_is_an_addition(
    name: str, removable: Callable[[dict[str, Any]], Iterator[Deletion]]
) -> None:
    """Of some random deletions each is told, where it was; the other way round it is one more."""
    document = load(CORPUS / name)[0]
    smaller = copy.deepcopy(document)
    found = list(removable(smaller))
    chosen = sorted(random.Random(name).sample(range(len(found)), min(DELETIONS, len(found) // 2)))
    for _, owner, key in (found[number] for number in chosen):
        del owner[key]
    whole, part = analysed(document), analysed(smaller)
    forwards, backwards = compare(whole, part), compare(part, whole)
    breaking = [change.old or "" for change in forwards if change.impact is Impact.BREAKING]
    pointers = {found[number][0] for number in chosen}
    assert set() == {
        pointer for pointer in pointers if not any(old.startswith(pointer) for old in breaking)
    }
    removed, added = (
        {change.name for change in changes if change.kind.endswith(verb)}
        for changes, verb in ((forwards, "-removed"), (backwards, "-added"))
    )
    assert removed == added
    assert len(removed) >= len(pointers)


@pytest.mark.parametrize("name", ["kamiwaza.json", "spotify.yaml"])
def test_a_real_document_does_not_differ_from_itself(name: str) -> None:
    """Read twice, it is the same."""
    assert [] == compare(*(analysed(load(CORPUS / name)[0]) for _ in range(2)))
