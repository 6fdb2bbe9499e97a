"""A document that is broken in any place is refused in one line, or generated from."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sdk_codegen._build import build
from sdk_codegen._engine import resolve
from sdk_codegen._load import load
from sdk_codegen._nodes import nodes
from sdk_codegen._normalise import normalise
from sdk_codegen._render import Identity, render
from sdk_codegen._upgrade import check_version
from sdk_codegen.errors import SpecError

DOCUMENT = load(Path(__file__).parent / "tiny.yaml")[0]

JUNK: tuple[Any, ...] = (
    None, 0, -1, 3.5, "", "x", True, False, [], {}, [None], ["x"], [{}], {"x": None}, {"x": {}},
    {"$ref": 0}, {"$ref": "#/nowhere"}, {"$ref": "#/components/schemas/Pet"}, {"type": "object"},
    {"type": ["string", None]}, {"allOf": [{"$ref": "#/components/schemas/Answer"}]},
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
def test_a_document_broken_anywhere_is_an_error_of_one_line_or_is_rendered(
    data: st.DataObject,
) -> None:
    """Whatever stands where something else belongs, nothing but a `SpecError` is raised."""
    document = copy.deepcopy(DOCUMENT)
    for _ in range(data.draw(st.integers(1, 4))):
        known = places(document, [])
        container, key = known[data.draw(st.integers(0, len(known) - 1))]
        container[key] = copy.deepcopy(data.draw(st.sampled_from(JUNK)))
    try:
        check_version(document)
        api = build(normalise(document)[0])
        files = render(api, resolve(nodes(api)), Identity("p", "p", "s.yaml", "0" * 64, "1"))
    except SpecError as error:
        assert "\n" not in str(error)  # noqa: PT017 - that it may be raised is the claim
    else:
        for path, text in files.items():
            if path.endswith(".py"):
                compile(text, path, "exec")
