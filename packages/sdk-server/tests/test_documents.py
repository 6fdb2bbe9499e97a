"""Documents: what the server reads in them, and how they get into the package."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import Response

from sdk_server import _inference, _platform, spec
from sdk_server._applications import Call, DocumentApplication, Functions
from sdk_server._documents import Document, DocumentError
from sdk_server._problems import OpenAIDialect

SPEC = Path(__file__).parents[3] / "spec"


def document(**changes: Any) -> dict[str, Any]:
    """Return a document with one operation."""
    operation = {"operationId": "ping", "responses": {"200": {"description": "Pong."}}}
    return {"openapi": "3.2.0", "paths": {"/ping/{id}": {"get": {**operation, **changes}}}}


def application(raw: dict[str, Any], functions: Functions) -> DocumentApplication[None, None]:
    """Return an application that nobody can call."""

    async def nobody(request: Request, alternatives: tuple[frozenset[str], ...]) -> None:
        raise NotImplementedError

    return DocumentApplication(
        document=Document(raw),
        functions=functions,
        dialect=OpenAIDialect(),
        authenticate=nobody,
        services=None,
        body_limit=1,
    )


async def pong(call: Call[None, None]) -> Response:
    """Answer."""
    return Response()


@pytest.mark.parametrize(
    ("name", "functions"),
    [("inference", _inference.functions), ("platform", _platform.functions)],
)
def test_every_operation_has_its_function(name: str, functions: Functions) -> None:
    """The bundled documents and the code name the same operations."""
    assert functions.keys() == {operation.id for operation in Document.bundled(name).operations}


@pytest.mark.anyio
async def test_an_operation_without_a_function_is_a_501() -> None:
    """The error names it, and the rest of the document is served."""
    app = application(document(), Functions())
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        response = await client.get("/ping/1")
    error = response.json()["error"]
    assert (501, "not_implemented") == (response.status_code, error["code"])
    assert "This server has no `ping`." == error["message"]


def test_a_function_without_an_operation_stops_the_start() -> None:
    """The error names it."""
    functions = Functions()
    functions.implements("ping")(pong)
    functions.implements("extra")(pong)
    with pytest.raises(DocumentError, match="the document has no operation extra"):
        application(document(), functions)


def test_two_functions_for_one_operation_are_an_error() -> None:
    """The second one would hide the first."""
    functions = Functions()
    functions.implements("ping")(pong)
    with pytest.raises(DocumentError, match="two functions implement `ping`"):
        functions.implements("ping")(pong)


@pytest.mark.parametrize(
    "parameter",
    [
        {"name": "id", "in": "path", "style": "matrix", "schema": {}},
        {"name": "c", "in": "cookie", "schema": {}},
        {"name": "q", "in": "query", "style": "deepObject", "schema": {}},
    ],
)
def test_a_parameter_that_the_server_cannot_read_stops_the_start(parameter: Any) -> None:
    """The error names the parameter and its path."""
    with pytest.raises(DocumentError, match=rf"/ping/\{{id\}}.*`{parameter['name']}`"):
        Document(document(parameters=[parameter]))


def test_a_reference_out_of_the_document_stops_the_start() -> None:
    """Nothing is fetched."""
    parameters = [{"$ref": "https://example.com/#/x"}]
    with pytest.raises(DocumentError, match="only references within the document"):
        Document(document(parameters=parameters))


def test_security_is_read_as_alternatives() -> None:
    """An operation's own security goes before the document's; an empty one is public."""
    for own, expected in (
        ([], ()),
        ([{}, {"a": []}], ()),
        ([{"a": []}, {"b": [], "c": []}], (frozenset("a"), frozenset("bc"))),
    ):
        (operation,) = Document(document(security=own)).operations
        assert expected == operation.security
    (operation,) = Document({**document(), "security": [{"a": []}]}).operations
    assert (frozenset("a"),) == operation.security


def test_parameters_of_a_path_hold_for_its_operations_unless_they_say_otherwise() -> None:
    """An operation's own parameter goes before the path's of the same name and place."""
    shared = [
        {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}},
        {"name": "q", "in": "query", "schema": {"type": "integer"}},
    ]
    own = [{"name": "q", "in": "query", "required": True, "schema": {"type": "string"}}]
    raw = document(parameters=own)
    raw["paths"]["/ping/{id}"]["parameters"] = shared
    found = Document(raw)
    (operation,) = found.operations
    assert [("id", True), ("q", True)] == [(p.name, p.required) for p in operation.parameters]
    first, second = (found.validator(parameter.place) for parameter in operation.parameters)
    assert first.is_valid(1)
    assert second.is_valid("text")
    assert first is found.validator(operation.parameters[0].place)


def test_bundling_is_checked_written_and_checked_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`--check` fails until `--write` ran, and a second write changes nothing."""
    source, target = tmp_path / "spec", tmp_path / "made"
    source.mkdir()
    for name in spec.NAMES:
        (source / f"{name}.yaml").write_text(f"title: {name}\nkeys: {{b: 'ü', a: '1'}}\n", "utf-8")
    where = ["--source", str(source), "--target", str(target)]
    assert 1 == spec.main(["--check", *where])
    assert "run `python -m sdk_server.spec --write`" in capsys.readouterr().err
    assert not target.exists()
    assert 0 == spec.main(["--write", *where])
    assert 0 == spec.main(["--check", *where])
    text = (target / "platform.json").read_text("utf-8")
    assert text.endswith("}\n")
    assert ["keys", "title"] == list(json.loads(text))
    assert '"a": "1",\n  "b": "ü"' in text
    before = (target / "platform.json").stat().st_mtime_ns
    assert 0 == spec.main(["--write", *where])
    assert before == (target / "platform.json").stat().st_mtime_ns
    (source / "platform.yaml").write_text("title: other\n")
    command = [sys.executable, "-m", "sdk_server.spec", "--check", *where]
    assert 1 == subprocess.run(command, check=False, stderr=subprocess.PIPE).returncode


ROOT = """
paths:
  /a: {$ref: "x/area.yaml#/paths/~1a"}
components:
  schemas:
    Shared: {type: string}
"""
AREA = """
paths:
  /a: {get: {schema: {$ref: "#/components/schemas/Own"}}}
components:
  schemas:
    Own: {$ref: "../x.yaml#/components/schemas/Shared"}
    Tagged: {discriminator: {mapping: {o: "other.yaml#/components/schemas/Other"}}}
"""


def write(folder: Path, other: str) -> Path:
    """Write a document of three files and return the first."""
    (folder / "x").mkdir()
    for name, text in (
        ("x.yaml", ROOT),
        ("x/area.yaml", AREA),
        ("x/other.yaml", f"components: {{schemas: {{{other}: {{type: integer}}}}}}"),
    ):
        (folder / name).write_text(text, "utf-8")
    return folder / "x.yaml"


def test_a_document_of_several_files_becomes_one(tmp_path: Path) -> None:
    """Paths stand where they are referred to, all components are kept, references are local."""
    assert {
        "paths": {"/a": {"get": {"schema": {"$ref": "#/components/schemas/Own"}}}},
        "components": {
            "schemas": {
                "Shared": {"type": "string"},
                "Own": {"$ref": "#/components/schemas/Shared"},
                "Tagged": {"discriminator": {"mapping": {"o": "#/components/schemas/Other"}}},
                "Other": {"type": "integer"},
            }
        },
    } == spec.read(write(tmp_path, "Other"))


def test_a_component_of_an_area_may_be_named_without_being_used(tmp_path: Path) -> None:
    """As what no path leads to has to be; it is there once."""
    source = write(tmp_path, "Other")
    source.write_text(ROOT + '    Own: {$ref: "x/area.yaml#/components/schemas/Own"}\n', "utf-8")
    found = spec.read(source)["components"]["schemas"]
    assert {"$ref": "#/components/schemas/Shared"} == found["Own"]


def test_two_components_of_one_name_are_an_error(tmp_path: Path) -> None:
    """The message names the file and the component."""
    with pytest.raises(ValueError, match=r"other\.yaml: another file has schemas .* Own"):
        spec.read(write(tmp_path, "Own"))


def test_a_reference_that_leads_nowhere_is_an_error(tmp_path: Path) -> None:
    """Whatever kind of component it would be."""
    path = tmp_path / "x.yaml"
    path.write_text('components: {examples: {A: {$ref: "#/components/headers/B"}}}\n', "utf-8")
    with pytest.raises(ValueError, match=r"x\.yaml: .* #/components/headers/B, where nothing is"):
        spec.read(path)


def test_a_value_that_json_cannot_hold_is_named(tmp_path: Path) -> None:
    """YAML makes dates of texts without quotes."""
    path = tmp_path / "x.yaml"
    path.write_text("day: 2026-11-21\n")
    with pytest.raises(ValueError, match=r"x\.yaml: .*put the value in quotes"):
        spec.bundle(path)


def test_a_missing_source_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The exit code is that of a wrong option."""
    with pytest.raises(SystemExit, match="2"):
        spec.main(["--check", "--source", str(tmp_path)])
    assert "`--source`" in capsys.readouterr().err


def test_the_bundled_documents_can_be_loaded() -> None:
    """Users find what the server implements."""
    assert "3.2.0" == spec.load("inference")["openapi"]


@pytest.mark.skipif(not SPEC.is_dir(), reason="the package stands alone, without the documents")
def test_the_bundled_documents_are_those_of_the_repository() -> None:
    """What the server obeys is what the clients were generated from."""
    assert 0 == spec.main(["--check", "--source", str(SPEC)])
