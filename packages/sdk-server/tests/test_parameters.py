from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdk_server._documents import Document
from sdk_server._parameters import read_form, read_parameters


def read(schema: dict[str, Any], query: str = "", **more: Any) -> tuple[dict[str, Any], list[Any]]:
    """Return the value of the parameter `p` and what is wrong with it."""
    parameter = {"name": "p", "in": "query", "schema": schema, **more}
    operation = {"operationId": "x", "parameters": [parameter], "responses": {}}
    document = Document({"openapi": "3.2.0", "paths": {"/x/{i}": {"get": operation}}})
    headers = {"p": "7"}
    values, faults = read_parameters(
        document, document.operations[0], path={"p": "a/b"}, query=query, header=headers.get
    )
    return values, [fault.message for fault in faults]


@pytest.mark.parametrize(
    ("schema", "query", "expected"),
    [
        ({"type": "integer"}, "p=-12", -12),
        ({"type": "number"}, "p=1.5e3", 1500.0),
        ({"type": "boolean"}, "p=true", True),
        ({"type": "string"}, "p=12", "12"),
        ({"type": ["integer", "string"]}, "p=x", "x"),
        ({"anyOf": [{"type": "integer"}, {"type": "null"}]}, "p=3", 3),
        ({"type": "array", "items": {"type": "integer"}}, "p=1&p=2", [1, 2]),
        ({}, "p=%C3%BC+x", "ü x"),
        ({"type": "string"}, "p=", ""),
    ],
)
def test_a_value_has_the_type_of_its_schema(
    schema: dict[str, Any], query: str, expected: Any
) -> None:
    """Texts on the wire become what the schema asks for."""
    assert ({"p": expected}, []) == read(schema, query)


def test_an_array_may_be_one_text_with_commas() -> None:
    """The style `form` without `explode`."""
    schema = {"type": "array", "items": {"type": "integer"}}
    assert ({"p": [1, 2]}, []) == read(schema, "p=1,2", explode=False)


def test_the_members_of_an_object_may_be_fields_of_their_own() -> None:
    """The style `deepObject`; each member has the type of its schema."""
    schema = {
        "type": "object",
        "properties": {"n": {"type": "integer"}},
        "additionalProperties": {"type": "string"},
    }
    values, faults = read(schema, "p%5Bn%5D=1&p[a]=2&q=3&p[b", style="deepObject")
    assert ({"p": {"n": 1, "a": "2"}}, []) == (values, faults)
    assert ({}, ["must be string"]) == read(schema, "p[a]=1&p[a]=2", style="deepObject")
    assert ({}, []) == read(schema, "q=3", style="deepObject")


def test_absent_parameters_are_missing_or_a_fault() -> None:
    """Only a required one is asked for."""
    assert ({}, []) == read({"type": "integer"})
    assert ({}, ["is required"]) == read({"type": "integer"}, required=True)


def test_path_and_header_parameters_are_read() -> None:
    """Each from its place."""
    more: dict[str, Any] = {"in": "path", "required": True}
    assert ({"p": "a/b"}, []) == read({"type": "string"}, **more)
    assert ({"p": 7}, []) == read({"type": "integer"}, **{"in": "header"})


@pytest.mark.parametrize("text", ["01", "+1", "1_0", " 1", "1.0", "0x1", "٣", "9" * 40])
def test_only_plain_digits_are_an_integer(text: str) -> None:
    """Python reads more as a number than JSON does."""
    values, faults = read({"type": "integer"}, urlencode({"p": text}))
    assert ({}, ["must be integer"]) == (values, faults)


@given(st.text(), st.sampled_from(["integer", "number", "boolean", "string", "array", "null"]))
def test_any_query_gives_a_value_or_a_fault(query: str, kind: str) -> None:
    """Nothing that a client sends makes the reader fail."""
    values, faults = read({"type": kind}, query)
    assert not (values and faults)


@given(st.dictionaries(st.text(min_size=1), st.text()))
def test_a_form_comes_back_as_it_was_written(fields: dict[str, str]) -> None:
    """Encoding and reading are inverse."""
    document = Document({"openapi": "3.2.0", "paths": {}})
    assert fields == read_form(document, {}, urlencode(fields).encode())


@given(st.binary())
def test_any_bytes_are_a_form_or_a_sentence(data: bytes) -> None:
    """What cannot be read is a ValueError and nothing else."""
    document = Document({"openapi": "3.2.0", "paths": {}})
    try:
        fields = read_form(document, {}, data)
    except ValueError:
        return
    assert fields == read_form(document, {}, urlencode(fields).encode())


def test_form_fields_are_typed_through_references_and_unions() -> None:
    """A field's schema is found wherever it is composed."""
    schemas = {
        "a": {"type": "object", "properties": {"n": {"type": "integer"}}},
        "b": {"allOf": [{"$ref": "#/components/schemas/a"}]},
    }
    document = Document({"openapi": "3.2.0", "paths": {}, "components": {"schemas": schemas}})
    assert {"n": 1, "o": "2"} == read_form(document, {"oneOf": [schemas["b"]]}, b"n=1&o=2")
