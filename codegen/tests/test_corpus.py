"""
Real documents, of many hands: every operation of every document becomes code.

`./dev corpus` proves the rest: types, both flavours, and a call of every operation.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import attrs
import pytest
import yaml

from sdk_codegen._pipeline import run
from sdk_codegen._settings import Settings

CORPUS = Path(__file__).parents[3] / "shared" / "corpus"

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")

pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not CORPUS.is_dir(), reason="../shared/corpus is not there"),
]


def count(path: Path) -> int:
    """Return how many operations a document has; counted without the generator."""
    content = path.read_bytes()
    document = (
        json.loads(content)
        if path.suffix == ".json"
        else yaml.load(content, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    )
    return sum(method in METHODS for item in document["paths"].values() for method in item)


def written(package: Path) -> int:
    """Return how many operations the modules of a package hold."""
    modules = [package / "operations.py", *package.glob("operations/*.py")]
    text = "".join(path.read_text(encoding="utf-8") for path in modules if path.exists())
    return len(re.findall(r"(?:= |^    )Operation\($", text, re.MULTILINE))


@pytest.mark.parametrize("path", sorted(CORPUS.glob("*")), ids=lambda path: path.name)
def test_every_operation_of_a_real_document_is_generated(path: Path, tmp_path: Path) -> None:
    """The project is complete, compiles, imports and is formatted; the run proves it itself."""
    result = run(Settings(path, tmp_path / "out", "package", distribution="package"))
    expected = count(path)
    assert (expected, expected) == (result.operations, written(tmp_path / "out/src/package"))


def test_a_real_document_is_generated_in_the_other_flavour(tmp_path: Path) -> None:
    """Which models are made has no say in what can be called."""
    path = CORPUS / "meilisearch.json"
    settings = Settings(path, tmp_path / "out", "package", distribution="package")
    result = run(attrs.evolve(settings, models="attrs"))
    expected = count(path)
    assert (expected, expected) == (result.operations, written(tmp_path / "out/src/package"))
