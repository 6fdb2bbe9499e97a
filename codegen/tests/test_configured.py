"""What the configuration says about operations and schemas, and what it must not get wrong."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sdk_codegen._analysis import Analysis, analyse
from sdk_codegen._settings import PageRule, Settings
from sdk_codegen.errors import ConfigError, NamingError

OK = {"204": {"description": ""}}


def operation(name: str, *tags: str, **more: Any) -> dict[str, Any]:
    """Return an operation."""
    return {"operationId": name, "tags": list(tags), "responses": OK, **more}


def page(name: str, parameter: str, *, wire: str = "items") -> dict[str, Any]:
    """Return an operation that answers with a page."""
    schema = {
        "type": "object",
        "properties": {
            wire: {"type": "array", "items": {"type": "string"}},
            "meta": {"$ref": "#/components/schemas/Meta"},
        },
    }
    answer = {"description": "", "content": {"application/json": {"schema": schema}}}
    parameters = [{"name": parameter, "in": "query", "schema": {"type": "string"}}]
    return operation(name, "pages", parameters=parameters, responses={"200": answer})


DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "T", "version": "1"},
    "paths": {
        "/books": {"get": page("listBooks", "after"), "post": operation("addBook", "books")},
        "/books/{id}": {"get": operation("getBook", "books"), "delete": operation("drop", "admin")},
        "/shelves": {"$ref": "#/components/pathItems/Shelves"},
        "/notes": {"get": page("listNotes", "after", wire="notes")},
        "/old": {"get": operation("old", "pages", **{"x-sdk-group": "legacy"})},
    },
    "components": {
        "pathItems": {"Shelves": {"get": page("listShelves", "after"), "put": operation("put")}},
        "schemas": {
            "Meta": {"type": "object", "properties": {"next": {"type": "string"}}},
            "shelf-of-books": {"type": "object", "properties": {"id": {"type": "string"}}},
            "Box": {
                "type": "object",
                "properties": {"shelf": {"$ref": "#/components/schemas/shelf-of-books"}},
            },
        },
    },
}

CURSOR = {
    "type": "cursor",
    "inputs": [{"name": "after", "in": "parameters", "type": "cursor"}],
    "outputs": {"results": "$.items", "nextCursor": "$.meta.next"},
}


@pytest.fixture
def configured(spec: Callable[[object], Path], tmp_path: Path) -> Callable[..., Analysis]:
    """Analyse the document with some settings."""

    def run(document: dict[str, Any] = DOCUMENT, **settings: Any) -> Analysis:
        return analyse(Settings(spec(document), tmp_path / "out", "p", **settings))

    return run


def names(analysis: Analysis) -> set[str]:
    """Return the methods of the client."""
    return {".".join((*item.group, item.name)) for item in analysis.api.operations}


@pytest.mark.parametrize(
    ("pattern", "skipped"),
    [
        ("getBook", {"GET /books/{id}"}),
        ("get*", {"GET /books/{id}"}),
        ("DELETE /books/{id}", {"DELETE /books/{id}"}),
        ("delete /books/{id}", {"DELETE /books/{id}"}),
        ("* /books*", {"GET /books", "POST /books", "GET /books/{id}", "DELETE /books/{id}"}),
        ("tag:admin", {"DELETE /books/{id}"}),
        ("tag:*min", {"DELETE /books/{id}"}),
        ("listShelves", {"GET /shelves"}),
    ],
)
def test_what_is_skipped_is_gone_and_told(
    configured: Callable[..., Analysis], pattern: str, skipped: set[str]
) -> None:
    """By id, by route and by tag, each with globs; behind a `$ref`, too."""
    analysis = configured(skip=(pattern,))
    assert skipped == {item.route for item in analysis.skipped}
    assert {pattern} == {item.rule for item in analysis.skipped}
    left = {f"{item.method} {item.path}" for item in analysis.api.operations}
    assert not left & skipped
    assert 8 == len(left) + len(skipped)


def test_what_cannot_be_expressed_can_be_skipped(configured: Callable[..., Analysis]) -> None:
    """An operation that is left out is not looked at."""
    broken = operation("bad", parameters=[{"name": "x", "in": "nowhere"}])
    document = {**DOCUMENT, "paths": {**DOCUMENT["paths"], "/bad": {"get": broken}}}
    assert 8 == len(configured(document, skip=("bad",)).api.operations)


def test_an_operation_of_a_method_of_its_own_can_be_skipped(
    configured: Callable[..., Analysis],
) -> None:
    """`additionalOperations` of OpenAPI 3.2."""
    item = {"additionalOperations": {"COPY": operation("copy"), "LINK": operation("link")}}
    document = {**DOCUMENT, "openapi": "3.2.0", "paths": {"/x": item}}
    assert ["COPY"] == [item.method for item in configured(document, skip=("link",)).api.operations]


def test_operations_get_the_places_that_they_are_given(configured: Callable[..., Analysis]) -> None:
    """By id or by route; the rest stays where it was."""
    analysis = configured(
        operations={"listBooks": "library.books.all", "GET /books/{id}": "library.books.one"}
    )
    assert {"library.books.all", "library.books.one", "books.add_book"} <= names(analysis)


def test_a_tag_gets_a_group_where_the_document_says_none(
    configured: Callable[..., Analysis],
) -> None:
    """What is named one by one counts more."""
    analysis = configured(groups={"pages": "library.pages"}, operations={"listNotes": "notes.all"})
    assert {"library.pages.list_books", "notes.all", "legacy.old"} <= names(analysis)


def test_two_operations_in_one_place_are_an_error(configured: Callable[..., Analysis]) -> None:
    """As with the keys of the document."""
    with pytest.raises(NamingError, match=r"`a\.b` is taken"):
        configured(operations={"listBooks": "a.b", "getBook": "a.b"})


def test_schemas_get_new_names(configured: Callable[..., Analysis]) -> None:
    """By their name in the document or that of their class; references follow."""
    for old in ("shelf-of-books", "ShelfOfBooks"):
        api = configured(schemas={old: "Shelf"}).api
        assert "Shelf" in api.components
        assert "ShelfOfBooks" not in api.components
        box = api.components["Box"].schema
        assert {"$ref": "#/components/schemas/Shelf"} == box["properties"]["shelf"]
    assert "/components/schemas/shelf-of-books" == api.components["Shelf"].origin


def test_discriminators_follow_new_names(configured: Callable[..., Analysis]) -> None:
    """A union still tells its variants apart."""
    variants = {
        name: {"type": "object", "properties": {"kind": {"const": name}}} for name in ("A", "B")
    }
    union = {
        "oneOf": [{"$ref": f"#/components/schemas/{name}"} for name in variants],
        "discriminator": {"propertyName": "kind", "mapping": {"A": "#/components/schemas/A"}},
    }
    document = {**DOCUMENT, "components": {"schemas": {**variants, "AB": union}}, "paths": {}}
    schema = configured(document, schemas={"A": "First"}).api.components["AB"].schema
    assert "First" == schema["discriminator"]["mapping"]["A"]


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"skip": ("listBook",)}, "`skip[0]`: `listBook` is no operation of the document; did you"),
        ({"skip": ("tag:pags",)}, "did you mean `tag:pages`"),
        ({"skip": ("GET /bokks",)}, "did you mean `GET /books`"),
        ({"skip": ("zzz",)}, "is no operation of the document; there is `addBook`, `drop`"),
        ({"operations": {"nope": "a.b"}}, "`naming.operations`: `nope` is no operation"),
        ({"operations": {"list*": "a.b"}}, "`list*` means 3 operations, and names one"),
        ({"groups": {"paiges": "a"}}, "`groups`: no operation has `paiges` as its first tag; did"),
        (
            {"schemas": {"Bex": "C"}},
            "`naming.schemas`: there is no schema `Bex`; did you mean `Box`",
        ),
        ({"schemas": {"Box": "my box"}}, "`my box` cannot be the name of a class; `MyBox` can"),
        (
            {"schemas": {"Box": "meta"}},
            "`meta` cannot be the name of a class; `Meta` can",
        ),
        (
            {"schemas": {"Box": "Meta"}},
            "`Meta` would be the name of both `Meta` and `Box`",
        ),
        (
            {"pagination": (PageRule(CURSOR, ("nope",)),)},
            "`pagination[0].operations`: `nope` is no operation",
        ),
        (
            {"pagination": (PageRule(CURSOR, ("getBook",)),)},
            "`pagination[0]`: `GET /books/{id}` has no parameter `after`",
        ),
        (
            {"pagination": (PageRule(CURSOR, ("listNotes",)),)},
            "`pagination[0]`: `GET /notes` has no `$.items` in its answer",
        ),
        (
            {
                "pagination": (
                    PageRule(
                        {
                            "type": "cursor",
                            "inputs": [{"name": "x", "in": "requestBody", "type": "cursor"}],
                        },
                        ("addBook",),
                    ),
                )
            },
            "`pagination[0]`: `POST /books` has no property `x` in its body",
        ),
        (
            {"pagination": (PageRule({**CURSOR, "outputs": {"results": "$.none"}}),)},
            "`pagination[0]`: no operation has all its inputs and outputs",
        ),
    ],
)
def test_what_matches_nothing_is_an_error(
    configured: Callable[..., Analysis], settings: dict[str, Any], reason: str
) -> None:
    """The message names the key, and the nearest names that there are."""
    with pytest.raises(ConfigError) as caught:
        configured(**settings)
    assert reason in str(caught.value)


def test_an_error_names_the_file_that_it_is_about(configured: Callable[..., Analysis]) -> None:
    """Where there is one."""
    with pytest.raises(ConfigError, match=r"^c\.yaml: `skip\[0\]`"):
        configured(skip=("nope",), config=(Path("c.yaml"), ""))


def paged(analysis: Analysis) -> set[str]:
    """Return the operations that page."""
    return {item.id for item in analysis.api.operations if item.pagination is not None}


def test_a_rule_for_all_applies_to_every_operation_that_it_fits(
    configured: Callable[..., Analysis],
) -> None:
    """Inputs and outputs are looked for through references."""
    analysis = configured(pagination=(PageRule(CURSOR),))
    assert {"listBooks", "listShelves"} == paged(analysis)
    found = next(item.pagination for item in analysis.api.operations if item.id == "listBooks")
    assert found is not None
    assert ("cursor", "$.meta.next") == (found.type, found.outputs["nextCursor"])


def test_the_first_rule_that_fits_counts(configured: Callable[..., Analysis]) -> None:
    """A rule may be for some operations, a later one for the rest."""
    notes = {**CURSOR, "outputs": {"results": "$.notes"}}
    analysis = configured(
        pagination=(PageRule(notes, ("list[N]*",)), PageRule({**CURSOR, "type": "url"}))
    )
    types = {item.id: item.pagination.type for item in analysis.api.operations if item.pagination}
    assert {"listBooks": "url", "listShelves": "url", "listNotes": "cursor"} == types


def test_a_body_can_ask_for_a_page(configured: Callable[..., Analysis]) -> None:
    """Inputs in `requestBody` are members of it, also of a variant of a union."""
    variant = {"type": "object", "properties": {"page": {"type": "integer"}}}
    schema = {"anyOf": [{"type": "object", "properties": {"q": {"type": "string"}}}, variant]}
    body = {"content": {"application/json": {"schema": schema}}}
    document = {**DOCUMENT, "paths": {"/s": {"post": operation("search", requestBody=body)}}}
    rule = {
        "type": "offsetLimit",
        "inputs": [{"name": "page", "in": "requestBody", "type": "page"}],
    }
    assert {"search"} == paged(configured(document, pagination=(PageRule(rule),)))


def test_a_rule_is_tried_on_answers_of_any_shape(configured: Callable[..., Analysis]) -> None:
    """An answer without a schema, and one that leads back to itself, have no items."""
    answers = {
        "200": {"description": "", "content": {"application/json": {}}},
        "201": {
            "description": "",
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Loop"}}},
        },
    }
    loop = {"anyOf": [{"$ref": "#/components/schemas/Loop"}, {"type": "string"}]}
    document = {
        **DOCUMENT,
        "paths": {
            "/x": {"get": operation("x", responses=answers)},
            "/books": {"get": page("b", "after")},
        },
        "components": {"schemas": {**DOCUMENT["components"]["schemas"], "Loop": loop}},
    }
    rule = {**CURSOR, "inputs": []}
    assert {"b"} == paged(configured(document, pagination=(PageRule(rule),)))


@pytest.mark.parametrize("paths", [None, [], {"/x": None}, {"/x": {"$ref": "#/nowhere"}}, {7: {}}])
def test_a_broken_document_is_no_defect_of_the_configuration(
    configured: Callable[..., Analysis], paths: object
) -> None:
    """There is no operation in it that could be skipped."""
    with pytest.raises(ConfigError, match="`x` is no operation of the document"):
        configured({**DOCUMENT, "paths": paths}, skip=("x",))
