"""Several files as one document."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs
import pytest
import yaml

from sdk_codegen._bundle import bundle
from sdk_codegen._fetch import Fetched, Retriever
from sdk_codegen._load import load_source, read
from sdk_codegen._source import DEFAULT_LIMITS, Limits, Source
from sdk_codegen.errors import LoadError, MissingReferenceError, SpecError

PET = {"type": "object", "properties": {"name": {"type": "string"}}}


def document(**more: Any) -> dict[str, Any]:
    """Return a document with one operation that answers with what `schema` says."""
    schema = more.pop("schema", None)
    paths = {"/x": {"get": {"responses": {"200": answer(schema)}}}} if schema else {}
    return {"openapi": "3.1.0", "info": {"title": "T"}, "paths": paths, **more}


def answer(schema: Any) -> dict[str, Any]:
    """Return a response with this schema."""
    return {"description": "", "content": {"application/json": {"schema": schema}}}


def bundled(
    folder: Path, main: Any, files: Mapping[str, Any] | None = None, limits: Limits = DEFAULT_LIMITS
) -> Source:
    """Write the files and return the document made of them."""
    for name, content in {"api/main.yaml": main, **(files or {})}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        text = (
            json.dumps(content)
            if name.endswith(".json")
            else yaml.safe_dump(content, sort_keys=False)
        )
        path.write_text(content if isinstance(content, str) else text, encoding="utf-8")
    retriever = Retriever(limits)
    return bundle(load_source(folder / "api/main.yaml", retriever), retriever)


def schema_of(source: Source) -> Any:
    """Return the schema of the operation's answer."""
    response = source.document["paths"]["/x"]["get"]["responses"]["200"]
    return response["content"]["application/json"]["schema"]


@pytest.mark.parametrize(
    ("reference", "files", "name", "content"),
    [
        ("other.yaml#/components/schemas/Pet", {"other.yaml": {"components": {"schemas": {"Pet": PET}}}}, "Pet", PET),
        ("./schemas/pet.yaml", {"schemas/pet.yaml": PET}, "pet", PET),
        ("schemas/pet.yaml#", {"schemas/pet.yaml": PET}, "pet", PET),
        ("schemas/Pet/index.yaml", {"schemas/Pet/index.yaml": PET}, "Pet", PET),
        ("../common.json#/definitions/Err", {"../common.json": {"definitions": {"Err": PET}}}, "Err", PET),
        ("a%20b.yaml#/x%7Ey~1z", {"a b.yaml": {"x~y/z": PET}}, "x_y_z", PET),
        ("odd%20name.yaml#/x", {"odd%20name.yaml": {"x": PET}}, "x", PET),
        ("o.yaml#/list/1", {"o.yaml": {"list": [{}, PET]}}, "list_1", PET),
        ("o.yaml#pet", {"o.yaml": {"deep": [{"$anchor": "pet", **PET}]}}, "deep_0", {"$anchor": "pet", **PET}),
        ("o.yaml#pet", {"o.yaml": {"a": {"id": "#pet", **PET}}}, "a", {"id": "#pet", **PET}),
        ("o.yaml#/Pet", {"o.yaml": {"Pet": {"$ref": "p.json"}}, "p.json": PET}, "p", PET),
        ("o.yaml#/Pet/properties/name", {"o.yaml": {"Pet": {"$ref": "p.json"}}, "p.json": PET}, "name", {"type": "string"}),
    ],
)  # fmt: skip
def test_a_schema_of_another_file_becomes_a_component(
    tmp_path: Path, reference: str, files: dict[str, Any], name: str, content: Any
) -> None:
    """It is named for its pointer, or for its file, and the reference leads there."""
    files = {f"api/{key}": value for key, value in files.items()}
    source = bundled(tmp_path, document(schema={"$ref": reference}), files)
    assert {"$ref": f"#/components/schemas/{name}"} == schema_of(source)
    assert {name: content} == source.document["components"]["schemas"]


def test_references_between_files_and_back_are_followed_from_where_they_stand(
    tmp_path: Path,
) -> None:
    """A file refers relative to itself, to the main document, and in circles."""
    node = {"properties": {"next": {"$ref": "#"}, "pet": {"$ref": "../pet.json"}}}
    pet = {"properties": {"node": {"$ref": "deep/node.yaml"}, "own": {"$ref": "main.yaml#/components/schemas/Own"}}}  # fmt: skip
    source = bundled(
        tmp_path,
        document(schema={"$ref": "deep/node.yaml"}, components={"schemas": {"Own": PET}}),
        {"api/deep/node.yaml": node, "api/pet.json": pet},
    )
    schemas = source.document["components"]["schemas"]
    assert ["Own", "node", "pet"] == sorted(schemas)
    assert {"$ref": "#/components/schemas/node"} == schemas["node"]["properties"]["next"]
    assert {"$ref": "#/components/schemas/pet"} == schemas["node"]["properties"]["pet"]
    assert {"$ref": "#/components/schemas/node"} == schemas["pet"]["properties"]["node"]
    assert {"$ref": "#/components/schemas/Own"} == schemas["pet"]["properties"]["own"]
    assert ["main.yaml", "deep/node.yaml", "pet.json"] == [name for name, _ in source.parts]


def test_a_component_that_only_refers_to_a_file_becomes_what_is_there(tmp_path: Path) -> None:
    """It keeps its name, and every other reference to the file leads to it."""
    source = bundled(
        tmp_path,
        document(
            schema={"$ref": "pet.yaml"},
            components={"schemas": {"Pet": {"$ref": "pet.yaml"}, "Alias": {"$ref": "pet.yaml"}}},
        ),
        {"api/pet.yaml": PET},
    )
    assert {"$ref": "#/components/schemas/Pet"} == schema_of(source)
    assert {"Pet": PET, "Alias": {"$ref": "#/components/schemas/Pet"}} == source.document[
        "components"
    ]["schemas"]


def test_names_that_are_taken_are_extended_and_reported(tmp_path: Path) -> None:
    """The file, then the folder, then a number tell two of one name apart."""
    files = {f"api/{name}.yaml": {"Pet": {"title": name}} for name in ("a", "b/a", "c/a", "c/c/a")}
    variants = [{"$ref": f"{name[4:]}#/Pet"} for name in files]
    main = document(schema={"anyOf": variants}, components={"schemas": {"Pet": PET}})
    source = bundled(tmp_path, main, files)
    names = [item["$ref"].rpartition("/")[2] for item in schema_of(source)["anyOf"]]
    assert ["a_Pet", "b_a_Pet", "c_a_Pet", "c_a_Pet_2"] == names
    assert "#/components/schemas/a_Pet: `a.yaml#/Pet` has this name because `Pet` is taken" == str(
        source.repairs[0]
    )


def test_every_kind_of_object_goes_to_its_section(tmp_path: Path) -> None:
    """What a reference stands for decides, not what the file is called."""
    other = {
        "parameter": {"name": "p", "in": "query", "schema": {"$ref": "#/schema"}},
        "schema": {"type": "string"},
        "body": {"content": {"application/json": {"examples": {"e": {"$ref": "#/example"}}}}},
        "example": {"value": {"$ref": "data"}},
        "response": {"description": "", "headers": {"H": {"$ref": "#/header"}}, "links": {"l": {"$ref": "#/link"}}},
        "header": {"schema": {"type": "string"}},
        "link": {"operationId": "o"},
        "callback": {"{$request.body#/url}": {"post": {"responses": {}}}},
    }  # fmt: skip
    operation = {
        "parameters": [{"$ref": "o.yaml#/parameter"}],
        "requestBody": {"$ref": "o.yaml#/body", "description": "Kept."},
        "responses": {"200": {"$ref": "o.yaml#/response"}},
        "callbacks": {"c": {"$ref": "o.yaml#/callback"}},
    }
    source = bundled(tmp_path, document(paths={"/x": {"get": operation}}), {"api/o.yaml": other})
    components = source.document["components"]
    expected = ["callbacks", "examples", "headers", "links", "parameters", "requestBodies", "responses", "schemas"]  # fmt: skip
    assert expected == sorted(components)
    assert {"$ref": "#/components/requestBodies/body", "description": "Kept."} == (
        source.document["paths"]["/x"]["get"]["requestBody"]
    )
    assert {"value": {"$ref": "data"}} == components["examples"]["example"]


def test_path_items_operations_and_sections_are_written_out(tmp_path: Path) -> None:
    """What has no section of its own stands where it is used."""
    files = {
        "api/paths.yaml": {"/x": {"$ref": "x.yaml"}, "/y": {"get": {"$ref": "x.yaml#/get"}}},
        "api/x.yaml": {"get": {"responses": {"200": answer({"$ref": "pet.yaml"})}}},
        "api/pet.yaml": PET,
        "api/all.yaml": {"Pet": {"$ref": "pet.yaml"}},
    }
    main = document(paths={"$ref": "paths.yaml"}, components={"schemas": {"$ref": "all.yaml"}})
    source = bundled(tmp_path, main, files)
    assert {"$ref": "#/components/schemas/pet"} == schema_of(source)
    assert source.document["paths"]["/x"] == source.document["paths"]["/y"]
    assert {"$ref": "#/components/schemas/pet"} == source.document["components"]["schemas"]["Pet"]


def test_identifiers_are_found_before_files(tmp_path: Path) -> None:
    """`$id` names a schema that is there already, wherever it stands."""
    schemas = {"Pet": {"$id": "https://x.example/pet", "$defs": {"n": {"type": "null"}}, **PET}}
    main = document(
        schema={"anyOf": [{"$ref": "https://x.example/pet"}, {"$ref": "https://x.example/pet#/$defs/n"}]},
        components={"schemas": schemas},
    )  # fmt: skip
    assert {"anyOf": [{"$ref": "#/components/schemas/Pet"}, {"$ref": "#/components/schemas/Pet/$defs/n"}]} == schema_of(bundled(tmp_path, main))  # fmt: skip


def test_what_is_no_identifier_is_not_taken_for_one(tmp_path: Path) -> None:
    """An `id` is a word like any other today, and not every `$id` is an address."""
    schemas = {
        "Pet": {"$anchor": "pet", "example": {"id": "7"}},
        "Odd": {"$id": "http://[odd"},
    }
    main = document(
        schema={"anyOf": [{"$ref": "#pet"}, {"$ref": "o.yaml"}]}, components={"schemas": schemas}
    )
    found = schema_of(bundled(tmp_path, main, {"api/o.yaml": PET}))
    assert ["#/components/schemas/Pet", "#/components/schemas/o"] == [
        item["$ref"] for item in found["anyOf"]
    ]


def test_anchors_of_the_main_document_become_pointers(tmp_path: Path) -> None:
    """Later passes know pointers only."""
    main = document(schema={"$ref": "#pet"}, components={"schemas": {"Pet": {"$anchor": "pet"}}})
    assert {"$ref": "#/components/schemas/Pet"} == schema_of(bundled(tmp_path, main))


def test_the_variants_of_a_discriminator_are_references_too(tmp_path: Path) -> None:
    """Paths, pointers and bare names lead to the components that they are now."""
    mapping = {"a": "#/components/schemas/A", "b": "b.yaml", "c": "C", "d": 1, "e": "nowhere"}
    other = {"components": {"schemas": {"A": PET, "C": PET, "U": {"discriminator": {"propertyName": "k", "mapping": mapping}}}}}  # fmt: skip
    main = document(schema={"$ref": "o.yaml#/components/schemas/U"}, components={"schemas": {"Main": {"discriminator": {"mapping": {"x": "Main"}}}}})  # fmt: skip
    source = bundled(tmp_path, main, {"api/o.yaml": other, "api/b.yaml": PET})
    schemas = source.document["components"]["schemas"]
    expected = {"a": "#/components/schemas/A", "b": "#/components/schemas/b", "c": "#/components/schemas/C", "d": 1, "e": "nowhere"}  # fmt: skip
    assert expected == schemas["U"]["discriminator"]["mapping"]
    assert {"x": "Main"} == schemas["Main"]["discriminator"]["mapping"]


def test_a_file_outside_of_the_folder_is_read_and_reported(tmp_path: Path) -> None:
    """Documents do it; the user may read the file anyway."""
    source = bundled(tmp_path, document(schema={"$ref": "../p.yaml"}), {"p.yaml": PET})
    assert ["`../p.yaml` lies outside of the document's folder; it is part of it now"] == [
        repair.reason for repair in source.repairs
    ]


def test_a_document_of_one_file_stays_as_it_is(tmp_path: Path) -> None:
    """Nothing is copied where there is nothing to do."""
    (tmp_path / "x.yaml").write_text(yaml.safe_dump(document(schema={"$ref": "#/a"})))
    source = load_source(tmp_path / "x.yaml")
    assert source is bundle(source)


def test_swagger_keeps_its_own_sections(tmp_path: Path) -> None:
    """Bundling comes before conversion."""
    operation = {
        "parameters": [{"$ref": "o.yaml#/p"}],
        "responses": {"200": {"$ref": "o.yaml#/r"}, "201": {"schema": {"$ref": "o.yaml#/s"}}},
    }
    other = {"p": {"name": "b", "in": "body", "schema": {"$ref": "#/s"}}, "r": {"description": ""}, "s": PET}  # fmt: skip
    main = {"swagger": "2.0", "info": {"title": "T"}, "paths": {"/x": {"post": operation}}}
    bundled(tmp_path, main, {"api/o.yaml": other})
    source = read(tmp_path / "api/main.yaml")
    assert ["requestBodies", "responses", "schemas"] == sorted(source.document["components"])


def test_values_of_another_shape_are_left_to_later_passes(tmp_path: Path) -> None:
    """Bundling looks for references only; what else is wrong is found by those who know."""
    odd = {"get": {"parameters": 1, "responses": {"200": 2}, "x-a": {"$ref": "b"}}}
    schemas = {"A": True, "B": {"discriminator": {"propertyName": "k"}}, "C": {"$id": "http://["}}
    other = {"discriminator": {"mapping": {"a": "b"}}}
    main = document(
        schema={"$ref": "o.yaml", "description": "Beside."},
        components={"schemas": schemas},
    )
    main["paths"] |= {"/y": odd, "/z": {"$ref": "p.yaml", "summary": "S."}}
    source = bundled(tmp_path, main, {"api/o.yaml": other, "api/p.yaml": {"get": {}}})
    assert odd == source.document["paths"]["/y"]
    assert {"get": {}, "summary": "S."} == source.document["paths"]["/z"]
    assert {**schemas, "o": other} == source.document["components"]["schemas"]
    assert "Beside." == schema_of(source)["description"]


def test_a_local_reference_stays_beside_those_to_other_files(tmp_path: Path) -> None:
    """What is local already is not touched."""
    both = {"anyOf": [{"$ref": "#/components/schemas/A"}, {"$ref": "o.yaml"}]}
    main = document(schema=both, components={"schemas": {"A": PET}})
    source = bundled(tmp_path, main, {"api/o.yaml": PET})
    assert {"$ref": "#/components/schemas/A"} == schema_of(source)["anyOf"][0]


def circle(*names: str) -> dict[str, Any]:
    """Return files that consist of references to each other."""
    return {f"api/{name}": {"$ref": names[index - 1]} for index, name in enumerate(names)}


@pytest.mark.parametrize(
    ("main", "files", "error", "message"),
    [
        (document(schema={"$ref": "no.yaml"}), {}, LoadError, "main.yaml#/paths/~1x/get/responses/200/content/application~1json/schema: `$ref` leads to `no.yaml`: cannot be read: No such file"),
        (document(schema={"$ref": "o.yaml#/a/b"}), {"api/o.yaml": {"a": {}}}, MissingReferenceError, "schema: `$ref` leads nowhere: `o.yaml#/a/b`"),
        (document(schema={"$ref": "o.yaml#/a/9"}), {"api/o.yaml": {"a": []}}, MissingReferenceError, "`$ref` leads nowhere: `o.yaml#/a/9`"),
        (document(schema={"$ref": "o.yaml#a"}), {"api/o.yaml": {"a": []}}, MissingReferenceError, "`$ref` leads nowhere: `o.yaml#a`"),
        (document(schema={"$ref": "o.yaml#/a"}), {"api/o.yaml": {"a": {"properties": {"p": {"$ref": "#/b"}}}}}, MissingReferenceError, "o.yaml#/a/properties/p: `$ref` leads nowhere: `#/b`"),
        (document(schema={"$ref": "o.yaml"}), {"api/o.yaml": "a: [1"}, LoadError, "`$ref` leads to `o.yaml`: is not YAML"),
        (document(schema={"$ref": "a.yaml"}), circle("a.yaml", "b.yaml"), MissingReferenceError, "`$ref` leads back to itself"),
        (document(schema={"$ref": "a.yaml#/x"}), circle("a.yaml", "b.yaml"), MissingReferenceError, "`$ref` leads back to itself"),
        (document(paths={"/x": {"$ref": "a.yaml"}}), circle("a.yaml", "b.yaml"), MissingReferenceError, "`$ref` leads back to itself"),
        (document(schema={"$ref": "http://h.example/x.yaml"}), {}, LoadError, "`$ref` to `http://h.example/x.yaml`: a file that refers to a URL is read only if allowed by `allow_remote: true`"),
        (document(schema={"$ref": "ftp://h.example/x.yaml"}), {}, LoadError, "`ftp:` is not read"),
        (document(schema={"$ref": "http://[/x"}), {}, LoadError, "`$ref` to `http://...`"),
        (document(schema={"$ref": "a\0b"}), {}, LoadError, "is no path"),
    ],
)  # fmt: skip
def test_what_cannot_be_followed_names_file_and_pointer(
    tmp_path: Path,
    main: Any,
    files: dict[str, Any],
    error: type[SpecError],
    message: str,
) -> None:
    """The place is that of the reference, in the file where it stands."""
    with pytest.raises(error) as caught:
        bundled(tmp_path, main, files)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_chain_of_too_many_references_is_refused(tmp_path: Path) -> None:
    """A pointer through references through references ends somewhere."""
    files = {f"api/{n}.yaml": {"$ref": f"{n + 1}.yaml"} for n in range(150)}
    with pytest.raises(SpecError):
        bundled(tmp_path, document(schema={"$ref": "0.yaml#/x"}), files)


def test_the_limits_hold_for_all_files_together(tmp_path: Path) -> None:
    """Many small files are as much as one large one."""
    files = {f"api/{n}.yaml": {"description": "x" * 1000} for n in range(5)}
    main = document(schema={"anyOf": [{"$ref": f"{n}.yaml"} for n in range(5)]})
    with pytest.raises(LoadError, match="made of more than 3 files"):
        bundled(tmp_path, main, files, attrs.evolve(DEFAULT_LIMITS, files=3))
    with pytest.raises(LoadError, match="larger than the limit of 4000 bytes"):
        bundled(tmp_path, main, files, attrs.evolve(DEFAULT_LIMITS, size=4000))


def test_files_that_are_written_out_again_and_again_are_counted(tmp_path: Path) -> None:
    """Ten small files that use each other twice stand for a thousand path items."""
    files = {
        f"api/{n}.yaml": {
            "post": {"callbacks": {key: {"k": {"$ref": f"{n + 1}.yaml"}} for key in "ab"}}
        }
        for n in range(20)
    }
    files["api/20.yaml"] = {}
    main = document(paths={"/x": {"$ref": "0.yaml"}})
    with pytest.raises(LoadError, match="expands to more than 10000 values"):
        bundled(tmp_path, main, files, attrs.evolve(DEFAULT_LIMITS, nodes=10_000))


PAGES = {
    "https://h.example/v1/main.yaml": document(schema={"$ref": "p.yaml"}),
    "https://h.example/v1/p.yaml": PET,
    "https://h.example/file.yaml": document(schema={"$ref": "file:///etc/passwd"}),
    "https://h.example/other.yaml": document(schema={"$ref": "http://localhost/x.yaml"}),
    "http://localhost/x.yaml": PET,
}


def pages(url: str, size: int, seconds: float) -> Fetched:
    """Answer from a table; the first page has moved."""
    target = url.replace("/latest/", "/v1/")
    return Fetched(json.dumps(PAGES[target]).encode(), target)


def test_a_url_refers_relative_to_where_it_was_found_in_the_end() -> None:
    """After a redirect the new place counts (RFC 3986, section 5.1.3)."""
    source = read("https://u:p@h.example/latest/main.yaml?token=s", fetch=lambda url, *rest: pages(url.replace("u:p@", "").partition("?")[0], *rest))  # fmt: skip
    assert {"p": PET} == source.document["components"]["schemas"]
    assert "https://h.example/latest/main.yaml?token=..." == source.name
    assert ["main.yaml?token=...", "https://h.example/v1/p.yaml"] == [n for n, _ in source.parts]


def test_a_reference_that_is_no_address_is_refused() -> None:
    """Relative to a URL it can only be one; the message names the place."""
    content = json.dumps(document(schema={"$ref": "http://[odd/x.yaml"})).encode()
    with pytest.raises(LoadError, match=re.escape("`$ref` to `http://[odd/x.yaml`")):
        read("https://h.example/main.yaml", fetch=lambda url, *_: Fetched(content, url))


@pytest.mark.parametrize(
    ("page", "message"),
    [
        ("file", "a document that was fetched cannot refer to a local file"),
        ("other", "a document that refers to another host is read only if allowed"),
    ],
)
def test_a_fetched_document_stays_on_its_host(page: str, message: str) -> None:
    """Neither the user's files nor the servers in their network are its business."""
    with pytest.raises(LoadError, match=message):
        read(f"https://h.example/{page}.yaml", fetch=pages)


def test_other_hosts_are_read_where_that_is_allowed(tmp_path: Path) -> None:
    """`allow_remote` holds for files and for fetched documents."""
    limits = attrs.evolve(DEFAULT_LIMITS, allow_remote=True)
    source = read("https://h.example/other.yaml", limits=limits, fetch=pages)
    assert {"x": PET} == source.document["components"]["schemas"]
    path = tmp_path / "x.yaml"
    path.write_text(json.dumps(document(schema={"$ref": "http://localhost/x.yaml"})))
    source = read(path, limits=limits, fetch=pages)
    assert {"x": PET} == source.document["components"]["schemas"]
