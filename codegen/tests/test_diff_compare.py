"""What each kind of change of a document means to the users of its package."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from sdk_codegen._diff import Change, Impact
from sdk_codegen._diff._surface import Surface
from sdk_codegen._types import ListOf, Named, Plain

from ._diff_cases import CASES, GET, SCHEMAS, TRAY, Edit, all_of
from ._shop import JSON, SHOP, analysed, changed, differences, removing, setting


def said(changes: list[Change]) -> set[tuple[str, str, str]]:
    """Return kind, class and name of each change."""
    return {(change.kind, change.impact.word, change.name) for change in changes}


@pytest.mark.parametrize(("edit", "expected"), CASES.values(), ids=CASES)
def test_a_change_is_told_with_what_it_means(
    edit: Edit, expected: set[tuple[str, str, str]]
) -> None:
    """Kind, class and name in Python; nothing else is said to have changed."""
    assert expected == said(changed(edit))


def test_a_document_does_not_differ_from_itself() -> None:
    """Nothing is nothing."""
    assert [] == differences(SHOP, SHOP)


def test_the_worst_comes_first() -> None:
    """Reports can be cut short."""
    edit = all_of(
        setting("/info/title", "Store"),
        removing(f"{SCHEMAS}/Cup/properties/part"),
        setting(f"{SCHEMAS}/Cup/properties/weight", {"type": "integer"}),
    )
    impacts = [change.impact for change in changed(edit)]
    assert sorted(impacts, reverse=True) == impacts
    assert set(Impact) == set(impacts)


def test_a_change_says_where_it_is_in_both_documents() -> None:
    """Pointers, so that a reader finds the lines."""
    (removed,) = changed(removing(f"{SCHEMAS}/Cup/properties/part"))
    assert (f"{SCHEMAS}/Cup/properties/part", None) == (removed.old, removed.new)
    (added,) = changed(setting(f"{SCHEMAS}/Cup/properties/weight", {"type": "integer"}))
    assert (None, f"{SCHEMAS}/Cup/properties/weight") == (added.old, added.new)


def test_a_change_is_a_sentence() -> None:
    """What a changelog can say."""
    (change,) = changed(setting(f"{SCHEMAS}/Cup/properties/id", {"type": "integer"}))
    assert "`models.Cup.id` has another type: it was `str` and is `int`." == change.text


@pytest.mark.parametrize(
    ("old", "new", "kinds"),
    [
        pytest.param([{"key": []}], [{"key": []}], set(), id="the same"),
        pytest.param([{"key": []}], [], {"security-changed"}, id="now public"),
        pytest.param(
            [{"key": []}], [{"key": []}, {"basic": []}], {"security-changed"}, id="one more way"
        ),
        pytest.param(
            [{"key": []}, {"basic": []}], [{"key": []}], {"security-added"}, id="one way less"
        ),
        pytest.param(
            [{"key": []}], [{"key": [], "basic": []}], {"security-added"}, id="both at once"
        ),
        pytest.param([{"key": []}], [{}, {"key": []}], {"security-changed"}, id="may be public"),
    ],
)
def test_who_was_let_in_must_still_be(old: Any, new: Any, kinds: set[str]) -> None:
    """Each alternative of old must be enough for one of the new."""

    def with_security(value: Any) -> dict[str, Any]:
        document: dict[str, Any] = {
            **SHOP,
            "paths": {"/cups": {"post": {**SHOP["paths"]["/cups"]["post"], "security": value}}},
        }
        return document

    changes = differences(with_security(old), with_security(new))
    assert kinds == {change.kind for change in changes}


def test_operations_in_another_order_are_one_cosmetic_change() -> None:
    """The order of paths is nothing that code sees."""
    paths = dict(reversed(SHOP["paths"].items()))
    changes = [c for c in differences(SHOP, {**SHOP, "paths": paths}) if c.name == "client"]
    assert {("order-changed", "cosmetic", "client")} == said(changes)


def test_what_is_undone_is_told_the_other_way_round() -> None:
    """Un-deprecating, removing a stream, a page, a server: the mirror of each."""
    edits: list[tuple[Edit, str]] = [
        (CASES["operation deprecated"][0], "operation-undeprecated"),
        (CASES["argument deprecated"][0], "argument-undeprecated"),
        (CASES["field deprecated"][0], "field-undeprecated"),
        (CASES["stream added"][0], "stream-removed"),
        (CASES["pages"][0], "pagination-removed"),
        (CASES["no server"][0], "server-added"),
        (CASES["webhook removed"][0], "webhook-added"),
        (CASES["error without a body"][0], "error-added"),
    ]
    for edit, kind in edits:
        new: dict[str, Any] = copy.deepcopy(SHOP)
        edit(new)
        assert kind in {change.kind for change in differences(new, SHOP)}


def test_a_renamed_model_is_known_wherever_it_stands() -> None:
    """In lists, mappings and unions nothing changes but its name."""

    def document(name: str) -> dict[str, Any]:
        ref = {"$ref": f"#{SCHEMAS}/{name}"}
        several = {"anyOf": [ref, TRAY]}
        properties = {
            "all": {"type": "array", "items": ref},
            "any": {"type": "object", "additionalProperties": ref},
            "one": several,
        }
        schemas = SHOP["components"]["schemas"]
        lost = {"type": "object", "properties": {"again": ref, "since": {"type": "string"}}}
        return {
            **SHOP,
            "components": {
                **SHOP["components"],
                "schemas": {
                    **schemas,
                    "Lost": {"type": "object", "properties": properties},
                    name: lost,
                },
            },
        }

    changes = differences(document("Early"), document("Late"))
    assert {("model-renamed", "breaking", "models.Late")} == said(changes)


def test_a_type_that_is_made_of_itself_has_an_end() -> None:
    """Where a name leads back to itself the type is any, as in annotations."""
    nest = {"type": "array", "items": {"$ref": f"#{SCHEMAS}/Nest"}}
    document = {**SHOP, "components": {"schemas": {**SHOP["components"]["schemas"], "Nest": nest}}}
    surface = Surface(*analysed(document))
    assert ListOf(Plain("any")) == surface.expand(Named("Nest"), kept=())
    assert [] == differences(document, document)


def test_an_enumeration_that_has_another_name_is_renamed() -> None:
    """It is known by its values."""

    def edit(document: dict[str, Any]) -> None:
        schemas = document["components"]["schemas"]
        schemas["Paint"] = schemas.pop("Colour")
        schemas["Glaze"]["properties"]["colour"] = {"$ref": f"#{SCHEMAS}/Paint"}

    assert {("model-renamed", "breaking", "models.Paint")} == said(changed(edit))


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        pytest.param(
            {JSON: {"schema": {"type": "array", "items": {"type": "integer"}}}},
            {JSON: {"schema": {"type": "array", "items": {"type": "number"}}}},
            {("argument-type-widened", "additive", "client.cups.create(body)")},
            id="a list",
        ),
        pytest.param(
            {JSON: {"schema": SHOP["components"]["schemas"]["Handle"]}, "text/plain": {}},
            {JSON: {"schema": SHOP["components"]["schemas"]["Handle"]}, "image/png": {}},
            {("argument-type-changed", "breaking", "client.cups.create(content)")},
            id="text or bytes beside members",
        ),
    ],
)
def test_a_body_that_is_one_argument_is_compared(
    old: dict[str, Any], new: dict[str, Any], expected: set[tuple[str, str, str]]
) -> None:
    """By its type, as any argument."""

    def document(content: dict[str, Any]) -> dict[str, Any]:
        body = {"required": True, "content": content}
        post = {**SHOP["paths"]["/cups"]["post"], "requestBody": body}
        return {**SHOP, "paths": {"/cups": {"post": post}}}

    changes = differences(document(old), document(new))
    assert expected == {one for one in said(changes) if one[1] != "cosmetic"}


def test_a_union_that_is_sent_is_compared_as_what_is_sent() -> None:
    """A variant less is accepted no more; read, it would only be one less to expect."""

    def document(*names: str) -> dict[str, Any]:
        variants = {"anyOf": [{"$ref": f"#{SCHEMAS}/{name}"} for name in names]}
        schema = {"type": "object", "properties": {"part": {"$ref": f"#{SCHEMAS}/Part"}}}
        post = {
            **SHOP["paths"]["/cups"]["post"],
            "requestBody": {"content": {JSON: {"schema": schema}}},
        }
        schemas = {**SHOP["components"]["schemas"], "Part": variants}
        components = {**SHOP["components"], "schemas": schemas}
        return {**SHOP, "paths": {"/cups": {"post": post}}, "components": components}

    changes = differences(document("Handle", "Saucer", "Tray"), document("Handle", "Saucer"))
    assert ("model-type-narrowed", "breaking", "params.PartParam") in said(changes)


def test_an_operation_may_page_in_another_way() -> None:
    """The iterator stays; how it asks is not the caller's."""

    def edit(name: str) -> Edit:
        inputs = [{"name": name, "in": "parameters", "type": "page"}]
        value = {"type": "offsetLimit", "inputs": inputs, "outputs": {"results": "$.data"}}
        return setting(f"{GET}/x-speakeasy-pagination", value)

    old, new = copy.deepcopy(SHOP), copy.deepcopy(SHOP)
    edit("limit")(old)
    edit("unit")(new)
    assert ("pagination-changed", "cosmetic", "client.cups.cup()") in said(differences(old, new))


def test_members_in_another_order_are_one_cosmetic_change() -> None:
    """The order of a class's fields is nothing that code sees."""
    cup = SHOP["components"]["schemas"]["Cup"]
    turned = {**cup, "properties": dict(reversed(cup["properties"].items()))}
    changes = changed(setting(f"{SCHEMAS}/Cup", turned))
    assert {("order-changed", "cosmetic", "models.Cup")} == said(changes)
