"""
Real documents, of many hands.

What can be generated is generated with every operation; the rest is refused with file, pointer and
reason. Nothing is dropped and nothing ends in a traceback.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sdk_codegen import generate
from sdk_codegen._load import load
from sdk_codegen._schemas import METHODS
from sdk_codegen.errors import UnsupportedError

CORPUS = Path(__file__).parents[3] / "shared" / "corpus"

MULTIPART = "a request body of multipart/form-data is not supported yet"

NO_MULTIPART = """
overlay: 1.1.0
info: {title: Without forms of several parts, version: "1"}
actions:
  - target: $.paths.*[?@.requestBody.content['multipart/form-data']]
    remove: true
"""

REFUSED = ("discord.json", "mistral.yaml", "openai.yaml", "qdrant.json")

pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not CORPUS.is_dir(), reason="../shared/corpus is not there"),
]


def count(document: dict[str, Any]) -> int:
    """Return how many operations a document has."""
    return sum(method in METHODS for item in document["paths"].values() for method in item)


@pytest.mark.parametrize(
    "name",
    [
        "docker.json",
        "intercom.yaml",
        "kamiwaza.json",
        "meilisearch.json",
        "pinecone-data.yaml",
        "spotify.yaml",
        "tgi.json",
        "twilio-api.json",
    ],
)
def test_every_operation_of_a_real_document_is_generated(name: str, tmp_path: Path) -> None:
    """The project is complete, compiles, imports and is formatted; `generate` proves it itself."""
    result = generate(CORPUS / name, tmp_path, "package")
    assert count(load(CORPUS / name)[0]) == result.operations


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_expressed_yet_is_refused_by_name(name: str, tmp_path: Path) -> None:
    """One operation that cannot be expressed is not dropped: it is an error with its pointer."""
    with pytest.raises(UnsupportedError, match=MULTIPART) as caught:
        generate(CORPUS / name, tmp_path / "out", "package")
    assert caught.value.pointer.startswith("/paths/")
    assert (CORPUS / name).as_posix() == caught.value.file
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", ["mistral.yaml", "qdrant.json"])
def test_an_overlay_makes_the_rest_of_such_a_document_usable(name: str, tmp_path: Path) -> None:
    """What is taken out is taken out by the user, in a file."""
    (tmp_path / "overlay.yaml").write_text(NO_MULTIPART)
    result = generate(
        CORPUS / name, tmp_path / "out", "package", overlays=[tmp_path / "overlay.yaml"]
    )
    document, _ = load(CORPUS / name)
    forms = sum(
        "multipart/form-data" in item[method].get("requestBody", {}).get("content", {})
        for item in document["paths"].values()
        for method in item
        if method in METHODS
    )
    assert forms > 0
    assert count(document) - forms == result.operations


def test_every_document_of_the_corpus_is_in_a_test() -> None:
    """A document that is added is not overlooked."""
    source = Path(__file__).read_text(encoding="utf-8")
    assert [] == [path.name for path in CORPUS.iterdir() if f'"{path.name}"' not in source]
