"""All passes together, over documents that are broken in any place."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sdk_codegen._load import load
from sdk_codegen._normalise import normalise
from sdk_codegen.cli import main
from sdk_codegen.errors import SpecError

DOCUMENT = load(Path(__file__).parent / "odd.yaml")[0]

JUNK: tuple[Any, ...] = (
    None, 0, 3.5, "", "x", True, False, [], {}, [None], ["x"], [{}], {"x": None}, {"x": {}},
    {"$ref": 0}, {"$ref": "#/nowhere"}, {"$ref": "#/components/schemas/Thing"}, {"type": "object"},
    {"type": ["string", None]}, {"allOf": [{"$ref": "#/components/schemas/Thing"}]},
    {"$ref": "#/components"}, {"discriminator": "x"}, {"oneOf": [{"const": None}, True]},
)  # fmt: skip


def places(value: Any, found: list[tuple[Any, Any]]) -> list[tuple[Any, Any]]:
    """Return every place of a document: the container, and the key in it."""
    entries = value.items() if isinstance(value, dict) else enumerate(value)
    for key, item in list(entries):
        found.append((value, key))
        if isinstance(item, dict | list):
            places(item, found)
    return found


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_normalising_is_total_and_a_function(data: st.DataObject) -> None:
    """It raises nothing but a `SpecError`, gives the same twice, and leaves its argument alone."""
    document = copy.deepcopy(DOCUMENT)
    for _ in range(data.draw(st.integers(1, 6))):
        known = places(document, [])
        container, key = known[data.draw(st.integers(0, len(known) - 1))]
        container[key] = copy.deepcopy(data.draw(st.sampled_from(JUNK)))
    before = copy.deepcopy(document)
    try:
        once = normalise(document)
    except SpecError as error:
        assert "\n" not in str(error)  # noqa: PT017 - that it may be raised is the claim
    else:
        assert once == normalise(before)
        assert all("\n" not in str(repair) for repair in once[1])
    assert repr(before) == repr(document)


def test_a_chain_of_references_without_end_is_an_error() -> None:
    """What is too deep to be walked is refused in one line."""
    schemas = {
        f"S{i}": {
            "allOf": [{"$ref": f"#/components/schemas/S{i + 1}"}, {"properties": {f"p{i}": {}}}]
        }
        for i in range(3000)
    }
    document = {"openapi": "3.1.0", "components": {"schemas": {**schemas, "S3000": {}}}}
    with pytest.raises(SpecError, match="too many references"):
        normalise(document)


def test_a_run_refuses_such_a_chain_as_well(
    spec: Callable[[object], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    """It is the document that is at fault: one line that names it, and no defect of the generator."""
    schemas = {
        f"S{i}": {
            "allOf": [{"$ref": f"#/components/schemas/S{i + 1}"}, {"properties": {f"p{i}": {}}}]
        }
        for i in range(1000)
    }
    path = spec(
        {"openapi": "3.1.0", "paths": {}, "components": {"schemas": {**schemas, "S1000": {}}}}
    )
    assert 2 == main(["inspect", str(path)])
    error = capsys.readouterr().err
    assert f"{path.as_posix()}#: schemas lead to one another through too many" in error
