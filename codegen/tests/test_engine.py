"""The engine: from schemas to types."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from openapi_python_client.parser import GeneratorData

from sdk_codegen._cache import Cache
from sdk_codegen._engine import Node, environment, resolve
from sdk_codegen._types import Constant, Described, ListOf, MapOf, Named, Plain, UnionOf
from sdk_codegen.errors import UnsupportedError


def of(schema: dict[str, Any]) -> Described:
    """Return the type of one schema."""
    nodes = [Node("/a", {"/slot": schema}), Node("/n", {}, "Named"), Node("/o", {}, "Other")]
    return resolve(nodes)["/slot"]


NAMED = {"$ref": "#/components/schemas/Named"}
OTHER = {"$ref": "#/components/schemas/Other"}
NULL = Plain("null")


@pytest.mark.parametrize(
    ("schema", "described"),
    [
        ({}, Plain("any")),
        ({"type": "null"}, NULL),
        ({"type": "boolean"}, Plain("bool")),
        ({"type": "integer", "format": "int64"}, Plain("int")),
        ({"type": "number"}, Plain("float")),
        ({"type": "string"}, Plain("str")),
        ({"type": "string", "format": "email"}, Plain("str")),
        ({"type": "string", "format": "uuid"}, Plain("str")),
        ({"type": "string", "format": "date"}, Plain("date")),
        ({"type": "string", "format": "date-time"}, Plain("datetime")),
        ({"type": "string", "format": "binary"}, Plain("bytes")),
        ({"const": "x"}, Constant("x")),
        ({"const": False}, Constant(False)),
        ({"const": "$ref Named"}, Constant("$ref Named")),
        ({"enum": ["$", "$$ref x"]}, UnionOf((Constant("$"), Constant("$$ref x")))),
        ({"type": "string", "enum": ["b", "a"]}, UnionOf((Constant("b"), Constant("a")))),
        ({"enum": [1, True, "x"]}, UnionOf((Constant(1), Constant(True), Constant("x")))),
        ({"enum": ["x", None]}, UnionOf((Constant("x"), NULL))),
        ({"type": ["string", "null"], "enum": ["x"]}, UnionOf((Constant("x"), NULL))),
        ({"enum": [{"a": 1}]}, Plain("any")),
        (NAMED, Named("Named")),
        ({"type": "array"}, ListOf(Plain("any"))),
        ({"type": "array", "items": NAMED}, ListOf(Named("Named"))),
        ({"type": "array", "items": {"not": {}}}, ListOf(Plain("any"))),
        (
            {"type": "array", "prefixItems": [{"type": "string"}, {"type": "integer"}]},
            ListOf(UnionOf((Plain("str"), Plain("int")))),
        ),
        ({"type": "object"}, MapOf(Plain("any"))),
        ({"type": "object", "additionalProperties": {"not": {}}}, MapOf(Plain("any"))),
        ({"type": "object", "additionalProperties": NAMED}, MapOf(Named("Named"))),
        (
            {"type": "object", "patternProperties": {"^x": {"type": "integer"}}},
            MapOf(Plain("int")),
        ),
        (
            {"type": "object", "additionalProperties": {"type": "object"}},
            MapOf(MapOf(Plain("any"))),
        ),
        ({"type": ["string", "null"]}, UnionOf((Plain("str"), NULL))),
        ({"type": ["array", "null"], "items": NAMED}, UnionOf((ListOf(Named("Named")), NULL))),
        ({"anyOf": [NAMED, OTHER]}, UnionOf((Named("Named"), Named("Other")))),
        ({"oneOf": [NAMED, NAMED]}, Named("Named")),
        (
            {"anyOf": [NAMED, {"anyOf": [OTHER, {"type": "null"}]}]},
            UnionOf((Named("Named"), Named("Other"), NULL)),
        ),
    ],
)
def test_a_schema_has_a_type(schema: dict[str, Any], described: Described) -> None:
    """Every kind of property that the engine knows becomes a type, in the document's order."""
    assert described == of(schema)


def test_components_that_lead_to_themselves_are_resolved() -> None:
    """Recursion through unions, lists and maps ends at the component's name."""
    tree = {"anyOf": [{"type": "array", "items": {"$ref": "#/components/schemas/Tree"}}, NAMED]}
    types = resolve([Node("/t", {"/t": tree}, "Tree"), Node("/n", {}, "Named")])
    assert UnionOf((ListOf(Named("Tree")), Named("Named"))) == types["/t"]


def test_a_mapping_may_be_met_twice() -> None:
    """Equal mappings in one schema are one type."""
    counts = {"type": "object", "additionalProperties": {"type": "integer"}}
    described = MapOf(Plain("int"))
    assert UnionOf((described, ListOf(described))) == of(
        {"anyOf": [counts, {"type": "array", "items": counts}]}
    )


def test_names_that_the_engine_would_change_come_back_as_they_are() -> None:
    """Names of components never pass through the engine."""
    names = ["OAuth2Token", "iOSDevice", "Class", "URL", "Url"]
    nodes = [Node(f"/{name}", {}, name) for name in names]
    slots = {name: {"$ref": f"#/components/schemas/{name}"} for name in names}
    assert {name: Named(name) for name in names} == resolve([*nodes, Node("/x", slots)])


def test_what_the_engine_refuses_is_an_error() -> None:
    """A schema is never lost in silence."""
    with pytest.raises(UnsupportedError, match="the engine refuses the document"):
        resolve([Node("/components/schemas/A", {"/s": {"type": "weird"}}, "A")])


def test_a_type_that_the_engine_loses_is_an_error_with_the_pointer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It drops what it does not understand; no document is known to make it, so this test does."""
    parse = GeneratorData.from_dict

    def lossy(document: Any, **kwargs: Any) -> Any:
        data = parse(document, **kwargs)
        assert isinstance(data, GeneratorData)
        if "integer" in str(document):
            data.models = []
        return data

    monkeypatch.setattr(GeneratorData, "from_dict", lossy)
    slots = [{"type": "string"}, {"type": "integer"}, {"type": "boolean"}]
    nodes = [Node(f"/components/schemas/{i}", {f"/{i}": slot}) for i, slot in enumerate(slots)]
    with pytest.raises(UnsupportedError) as caught:
        resolve(nodes)
    assert "#/components/schemas/1: cannot be expressed: it drops it" == str(caught.value)


def test_what_is_in_the_cache_is_not_asked_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Equal schemas have one answer, in this run and in the next."""
    cache = Cache(tmp_path / "cache" / "results")
    schema = {"type": ["array", "null"], "items": {"enum": ["a", 1, True, 1.5, None]}}
    nodes = [Node("/a", {"/1": schema, "/2": NAMED}), Node("/b", {"/3": schema}, "Named")]
    first = resolve(nodes, cache)
    monkeypatch.setattr(GeneratorData, "from_dict", None)
    assert first == resolve(nodes, cache)
    assert first["/1"] == first["/3"]


def test_templates_do_not_render_what_is_missing() -> None:
    """A misspelt name in a template is an error, not an empty text."""
    from jinja2 import UndefinedError  # noqa: PLC0415

    with pytest.raises(UndefinedError):
        environment().from_string("{{ nothing }}").render()
