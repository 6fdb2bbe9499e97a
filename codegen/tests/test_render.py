"""What is rendered for the less common shapes of documents."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sdk_codegen import generate
from sdk_codegen._build import build
from sdk_codegen._load import load
from sdk_codegen._normalise import normalise
from sdk_codegen._verify import verify
from sdk_codegen._write import write
from sdk_codegen.errors import CodegenError, VerificationError

HERE = Path(__file__).parent
ODD = HERE / "odd.yaml"


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project generated from a document of odd corners; tests only read it."""
    folder = tmp_path_factory.mktemp("generated")
    generate(ODD, folder / "odd", "odd_api")
    return folder / "odd"


@pytest.mark.parametrize(
    ("name", "line"),
    [
        # bodies and answers that are no JSON
        ("operations.py", "READ_FILE: Operation[bytes | models.Thing] = Operation("),
        ("operations.py", "READ_NOTE: Operation[str | None] = Operation("),
        (
            "operations.py",
            'body=Body(media_type="application/x-tar", encoding="bytes", required=False),',
        ),
        ("operations.py", 'Content("application/octet-stream", "bytes"),'),
        ("resources/files.py", "body: BinaryTypes | Omit = omit,"),
        ("resources/notes.py", "body: str,"),
        ("resources/notes.py", "body: The note."),
        # a success that is only `default`, a method of its own, a redirect
        ("operations.py", "WRITE_FILE: Operation[models.Thing] = Operation("),
        ("operations.py", 'method="COPY",'),
        ("operations.py", "COPY_FILE: Operation[None] = Operation("),
        # plain JSON
        ("operations.py", 'READ_COLOUR: Operation[Literal["red", "blue"] | str] = Operation('),
        ("operations.py", '"200": (Content("application/json", "json"),),'),
        # always streams
        ("resources/lines.py", ") -> Stream[models.Thing]:"),
        ("resources/lines.py", ") -> AsyncStream[models.Thing]:"),
        ("operations.py", 'Content("application/x-ndjson", "lines", _THING)'),
        ("operations.py", "streaming=Streaming(),"),
        ("resources/events.py", "-> Stream[models.Thing | models.Other]:"),
        ("operations.py", 'Ref("odd_api.models", "ReadEventsItem")'),
        # names that meet
        (
            "resources/files.py",
            "id: str,\n        *,\n        id_query: int | Omit = omit,\n        timeout_: int",
        ),
        (
            "resources/things.py",
            "body: str | Omit = omit,\n        body_2: params.ThingParam | params.OtherParam | Omit",
        ),
        ("resources/things.py", '"operations": operations_,'),
        ("resources/things.py", "name: str | Omit = omit,\n        kind: Literal["),
        ("resources/things.py", "name_body: str | Omit = omit,"),
        (
            "resources/things.py",
            "    ) -> (\n        builtins.dict[str, models.Thing]\n        | models.Thing",
        ),
        ("resources/chat/chat.py", "class ChatChat(SyncResource):"),
        ("resources/chat/__init__.py", "def chat(self) -> ChatChat:"),
        ("models/thing.py", 'dollar_2: str | None = Field(default=None, alias="$dollar")'),
        ("models/thing.py", "dollar: str | None = None"),
        # words
        ("resources/things.py", "body: Deprecated. The query parameter `body`."),
        ("resources/things.py", "old: Deprecated. Not any more."),
        ("models/thing.py", '"""Deprecated since ever."""'),
        ("models/thing.py", 'old: int | None = None\n    """Deprecated."""'),
        ("resources/files.py", "`GET /files/{id}`."),
        # types that need a name, and one that is shared
        ("operations.py", 'Ref("odd_api.models", "MakeThingResponse")'),
        (
            "operations.py",
            '"203": (Content("application/json", "json", Ref("odd_api.models", "Either")),),',
        ),
        ("operations.py", '"205": (Content("application/json", "json", _LIST_THINGS_RESPONSE),),'),
        ("operations.py", '"207": (Content("application/json", "json", _LIST_THINGS_RESPONSE),),'),
        ("operations.py", '"4XX": Ref("odd_api.models", "ListThingsError4XX"),'),
        (
            "models/either.py",
            'Annotated[Thing | Other, Tagged("kind", {"thing": "Thing", "other": "Other"})]',
        ),
        ("models/make_thing_response.py", "MakeThingResponse: TypeAlias = Thing | None"),
        (
            "models/change_thing_response.py",
            "ChangeThingResponse: TypeAlias = list[datetime.datetime]",
        ),
        ("operations.py", 'Ref("odd_api.models", "Thing", "dict")'),
        # recursion
        ("models/thing.py", "value: Value | None = None"),
        ("models/more.py", 'More = TypeAliasType("More", "int | Other | list[Value]")'),
        ("params.py", 'MoreParam: TypeAlias = "int | OtherParam | Sequence[ValueParam]"'),
        # requests
        ("params.py", '"value": NotRequired["Sequence[ValueParam]"],'),
        ("models/thing.py", 'Colour: TypeAlias = Literal["red", "green"] | str | None'),
        ("models/unused.py", "class Unused(BaseModel):"),
    ],
)
def test_an_odd_corner_is_rendered(odd: Path, name: str, line: str) -> None:
    """Every shape has a form that a person would have chosen."""
    assert line in (odd / "src/odd_api" / name).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("params.py", '"made"'),  # what only the server writes is not sent
        ("resources/things.py", "made:"),
        ("client.py", "def called("),  # webhooks are the server's calls
        ("params.py", "Unused"),
    ],
)
def test_what_is_no_part_of_a_request_is_left_out(odd: Path, name: str, line: str) -> None:
    """`readOnly` properties, webhooks and unused schemas are not sent."""
    assert line not in (odd / "src/odd_api" / name).read_text(encoding="utf-8")


def test_an_odd_project_is_strictly_typed(odd: Path, tmp_path: Path) -> None:
    """`mypy --strict` has nothing to say about it either."""
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(tmp_path), str(odd / "src")],
        capture_output=True, text=True, check=False, cwd=tmp_path,
        env={**os.environ, "MYPYPATH": str(odd / "src")},
    )  # fmt: skip
    assert 0 == done.returncode, done.stdout


def test_enumerations_that_requests_name_are_imported_when_somebody_looks(
    spec: Callable[[object], Path], tmp_path: Path
) -> None:
    """They are among the models, and these are imported one by one."""
    document = {
        "openapi": "3.1.0",
        "info": {"title": "T", "version": "1"},
        "components": {
            "schemas": {
                "Mood": {"type": "string", "enum": ["a", "b"]},
                "Item": {
                    "type": "object",
                    "properties": {"mood": {"$ref": "#/components/schemas/Mood"}},
                },
            }
        },
        "paths": {
            "/x": {
                "post": {
                    "requestBody": {
                        "content": {
                            "application/json": {
                                "schema": {
                                    "type": "array",
                                    "items": {"$ref": "#/components/schemas/Item"},
                                }
                            }
                        }
                    },
                    "responses": {"204": {"description": ""}},
                }
            }
        },
    }
    generate(spec(document), tmp_path / "out", "p")
    text = (tmp_path / "out/src/p/params.py").read_text()
    assert "from . import models\n" in text
    assert "mood: NotRequired[models.Mood]" in text
    resource = (tmp_path / "out/src/p/resources/x.py").read_text()
    assert "body: Iterable[params.ItemParam] | Omit = omit," in resource


def test_a_document_without_operations_is_a_package_without_methods(
    spec: Callable[[object], Path], tmp_path: Path
) -> None:
    """Nothing to call is nothing wrong."""
    document = {"openapi": "3.1.0", "info": {"title": "T", "version": "1"}, "paths": {}}
    result = generate(spec(document), tmp_path / "out", "p")
    assert 0 == result.operations
    assert "class Client(SyncClient):" in (tmp_path / "out/src/p/client.py").read_text()


def test_a_form_that_is_one_of_several_takes_files(
    spec: Callable[[object], Path], tmp_path: Path
) -> None:
    """Where the members are no arguments, their types say that a file may stand there."""
    file = {"type": "string", "format": "binary"}
    variants = [
        {"type": "object", "required": [name], "properties": {name: file}}
        for name in ("photo", "film")
    ]
    body = {"content": {"multipart/form-data": {"schema": {"oneOf": variants}}}}
    operation = {"operationId": "send", "requestBody": body, "responses": {}}
    document = {
        "openapi": "3.1.0",
        "info": {"title": "T", "version": "1"},
        "paths": {"/files": {"post": operation}},
    }
    generate(spec(document), tmp_path / "out", "p")
    params = (tmp_path / "out/src/p/params.py").read_text()
    assert "photo: Required[FileTypes]" in params
    assert "film: Required[FileTypes]" in params


def test_hostile_words_stay_words(spec: Callable[[object], Path], tmp_path: Path) -> None:
    """Names, descriptions and constants of a document cannot become code."""
    evil = 'x"""\nimport os; os.abort()\n"""\\'
    document = {
        "openapi": "3.1.0",
        "info": {"title": evil, "version": evil, "description": evil},
        "servers": [{"url": f"https://{evil}", "description": evil}],
        "tags": [{"name": evil, "description": evil}],
        "components": {
            "securitySchemes": {evil: {"type": "http", "scheme": evil}},
            "schemas": {
                evil: {
                    "type": "object",
                    "description": evil,
                    "properties": {evil: {"const": evil, "description": evil}},
                }
            },
        },
        "paths": {
            f"/{evil}": {
                "post": {
                    "operationId": evil,
                    "summary": evil,
                    "description": evil,
                    "tags": [evil],
                    "parameters": [{"name": evil, "in": "query", "schema": {"default": evil}}],
                    "requestBody": {"content": {evil: {"schema": {}}}},
                    "responses": {
                        "200": {"description": evil, "content": {evil: {"schema": {}}}},
                        "400": {"description": evil},
                    },
                }
            }
        },
    }
    result = generate(spec(document), tmp_path / "out", "p")  # imports what it generated
    assert 1 == result.operations


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({"operations.py": "def"}, r"cannot be imported: p\.operations: SyntaxError"),
        ({"operations.py": ""}, "the operation `readFile` was not rendered"),
    ],
)
def test_a_project_that_is_incomplete_is_a_verification_error(
    tmp_path: Path, files: dict[str, str], reason: str
) -> None:
    """What does not compile or lacks an operation is never written."""
    api = build(normalise(load(ODD)[0])[0])
    for name, text in files.items():
        (tmp_path / "src/p").mkdir(parents=True, exist_ok=True)
        (tmp_path / "src/p" / name).write_text(text)
    with pytest.raises(VerificationError, match=reason):
        verify(tmp_path, "p", api)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("def", r"p/operations\.py: .*(invalid syntax|expected)"),
        ("", "the operation `readFile` was not rendered"),
        ("Operation(id='listFiles')", "the operation `readFile` was not rendered"),
    ],
)
def test_without_the_runtime_a_project_is_compiled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, reason: str
) -> None:
    """Whoever generates need not have `sdk_core` installed."""
    monkeypatch.setattr("sdk_codegen._verify.find_spec", lambda _: None)
    (tmp_path / "src/p").mkdir(parents=True)
    (tmp_path / "src/p/operations.py").write_text(text)
    with pytest.raises(VerificationError, match=reason):
        verify(tmp_path, "p", build(normalise(load(ODD)[0])[0]))


def test_a_project_that_does_not_import_is_a_verification_error(
    tmp_path: Path, api: Callable[..., Any]
) -> None:
    """It names the module and the reason."""
    (tmp_path / "src/p").mkdir(parents=True)
    (tmp_path / "src/p/a.py").write_text("import nothing_of_this_name")
    with pytest.raises(VerificationError, match=r"cannot be imported: p\.a: ModuleNotFoundError"):
        verify(tmp_path, "p", api({}))


def test_without_the_runtime_a_project_is_compiled_only(
    tmp_path: Path, api: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The generator works where `sdk-core` is not installed."""
    (tmp_path / "src/p").mkdir(parents=True)
    (tmp_path / "src/p/a.py").write_text("import nothing_of_this_name")
    monkeypatch.setattr("sdk_codegen._verify.find_spec", lambda _: None)
    verify(tmp_path, "p", api({}))


def test_a_folder_that_cannot_be_written_is_an_error_of_one_line(odd: Path, tmp_path: Path) -> None:
    """A file where the folder belongs."""
    (tmp_path / "out").write_text("")
    with pytest.raises(CodegenError, match="out: cannot be written"):
        write(odd, tmp_path / "out")
