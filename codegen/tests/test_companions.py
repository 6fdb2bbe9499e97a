"""What stands beside a method: an iterator over pages knows what its items are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sdk_codegen._annotations import Types
from sdk_codegen._engine import environment, resolve
from sdk_codegen._ir import API
from sdk_codegen._nodes import nodes
from sdk_codegen._render._calls import server
from sdk_codegen._render._companions import Companions
from sdk_codegen._render._context import Context
from sdk_codegen._types import Described, Named, Plain

ITEMS = {"type": "array", "items": {"$ref": "#/components/schemas/Item"}}
SCHEMAS: dict[str, Any] = {
    "Item": {"type": "object", "properties": {"id": {"type": "string"}}},
    "Meta": {"type": "object", "properties": {"data": {"type": ["null", "array"], **{
        key: value for key, value in ITEMS.items() if key != "type"}}}},
    "Page": {
        "type": "object",
        "properties": {
            "data": ITEMS,
            "count": {"type": "integer"},
            "meta": {"anyOf": [{"$ref": "#/components/schemas/Meta"}, {"type": "null"}]},
            "mood": {"$ref": "#/components/schemas/Mood"},
        },
    },
    "Mood": {"type": "string", "enum": ["kind", "curt"]},
}  # fmt: skip


@pytest.mark.parametrize(
    ("results", "schema", "item"),
    [
        ("$.data", {"$ref": "#/components/schemas/Page"}, Named("Item")),
        ("$.meta.data", {"$ref": "#/components/schemas/Page"}, Named("Item")),
        ("$", ITEMS, Named("Item")),
        ("$", {"type": "array", "items": {"type": "integer"}}, Plain("int")),
        ("$.count", {"$ref": "#/components/schemas/Page"}, None),
        ("$.count.data", {"$ref": "#/components/schemas/Page"}, None),
        ("$.mood.data", {"$ref": "#/components/schemas/Page"}, None),
        ("$.nope", {"$ref": "#/components/schemas/Page"}, None),
        ("$.nope.data", {"$ref": "#/components/schemas/Page"}, None),
    ],
)
def test_the_path_of_the_results_leads_to_the_type_of_an_item(
    api: Callable[..., API], results: str, schema: dict[str, Any], item: Described | None
) -> None:
    """Through references and what may be null; nothing where it leads to no list."""
    content = {"application/json": {"schema": schema}}
    operation = {
        "responses": {"200": {"description": "", "content": content}},
        "x-speakeasy-pagination": {"type": "cursor", "outputs": {"results": results}},
    }
    document = api({"/pages": {"get": operation}}, SCHEMAS)
    types = Types(document, resolve(nodes(document)))
    context = Context(document, types, environment(), "p")
    assert item == Companions.of(document.operations[0], context, [], []).item


def test_a_server_tells_what_its_variables_may_be(api: Callable[..., API]) -> None:
    """Which values there are, and which one stands for none."""
    variables = {"region": {"default": "eu", "enum": ["eu", 'u"s'], "description": "Where."}}
    declared = {"url": "https://{region}.example", "variables": variables}
    [found] = api({}, servers=[declared]).servers
    assert (
        'Server(url="https://{region}.example", variables={"region": ServerVariable('
        'default="eu", enum=("eu", \'u"s\', ), description="Where.")})'
    ) == server(found)
