"""A document that is broken in any place is refused in one line, or generated from."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import attrs
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sdk_codegen._build import build
from sdk_codegen._engine import resolve
from sdk_codegen._load import convert, load_source
from sdk_codegen._nodes import nodes
from sdk_codegen._normalise import normalise
from sdk_codegen._render import Identity, render
from sdk_codegen.errors import SpecError

SOURCES = {
    name: load_source(Path(__file__).parent / name)
    for name in ("tiny.yaml", "odd.yaml", "shop.swagger.yaml")
}

JUNK: tuple[Any, ...] = (
    None, 0, -1, 3.5, "", "x", True, False, [], {}, [None], ["x"], [{}], {"x": None}, {"x": {}},
    {"$ref": 0}, {"$ref": "#/nowhere"}, {"$ref": "#/components/schemas/Pet"}, {"type": "object"},
    {"type": ["string", None]}, {"allOf": [{"$ref": "#/components/schemas/Answer"}]},
    {"$ref": "#"}, {"$ref": "#/components/schemas/Pet/properties/name"}, "a\nb", "'''\"\"\"\\", "{{x}}", "\0", "class",
    10**30, [[[]]], {"": ""}, {"type": "array"}, {"enum": [None]}, {"enum": [1, "1", True]}, {"const": {"a": [1]}}, "*/*",
)  # fmt: skip


KEYS = ("", "x", "a\nb", "class", "$ref", "'\"", "200", "default", "/{q}", "None", "*/*")


def places(value: Any, found: list[tuple[Any, Any]]) -> list[tuple[Any, Any]]:
    """Return every place of a document: the container, and the key in it."""
    entries = value.items() if isinstance(value, dict) else enumerate(value)
    for key, item in list(entries):
        found.append((value, key))
        if isinstance(item, dict | list):
            places(item, found)
    return found


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_a_document_broken_anywhere_is_an_error_of_one_line_or_is_rendered(
    data: st.DataObject,
) -> None:
    """Whatever stands where something else belongs, nothing but a `SpecError` is raised."""
    source = SOURCES[data.draw(st.sampled_from([*SOURCES]))]
    document = copy.deepcopy(source.document)
    for _ in range(data.draw(st.integers(1, 4))):
        known = places(document, [])
        container, key = known[data.draw(st.integers(0, len(known) - 1))]
        if isinstance(container, dict) and data.draw(st.integers(0, 5)) == 0:
            container[data.draw(st.sampled_from(KEYS))] = container.pop(key)
        else:
            container[key] = copy.deepcopy(data.draw(st.sampled_from(JUNK)))
    try:
        document = convert(attrs.evolve(source, document=document)).document
        api = build(normalise(document)[0])
        files = render(api, resolve(nodes(api)), Identity("p", "p", "s.yaml", "0" * 64, "1"))
    except SpecError as error:
        assert "\n" not in str(error)  # noqa: PT017 - that it may be raised is the claim
    else:
        for path, text in files.items():
            if path.endswith(".py"):
                compile(text, path, "exec")
