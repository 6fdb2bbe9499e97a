"""`inspect` and `explain`: what is in a document, and what became of it; nothing is written."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sdk_codegen._analysis import analyse
from sdk_codegen._commands._options import settings_for
from sdk_codegen.cli import main
from sdk_codegen.errors import SpecError

TINY = str(Path(__file__).parent / "tiny.yaml")

Run = Callable[..., Any]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command and return what it prints, as JSON if that was asked for."""

    def command(*arguments: str) -> Any:
        assert 0 == main(list(arguments))
        printed = capsys.readouterr()
        assert "" == printed.err
        return json.loads(printed.out) if "--json" in arguments else printed.out

    return command


def test_inspect_says_what_is_in_a_document(run: Run) -> None:
    """Counts, kinds of content, security, streams, pages, and what is deprecated."""
    found = run("inspect", TINY, "--json")
    assert ("Tiny API", "1.5", "3.2.0", 4) == (
        found["title"], found["version"], found["openapi"], found["operations"],
    )  # fmt: skip
    assert {"application/json": 3, "text/event-stream": 1} == found["content_types"]["answers"]
    assert {"token": "http bearer"} == found["security"]
    assert ["POST /chat/answers"] == found["streams"]
    assert {"GET /books": "offsetLimit"} == found["pagination"]
    assert ["DELETE /books/{id}"] == found["deprecated"]
    assert ["tiny.yaml"] == found["files"]
    (chat,) = found["groups"]["chat.answers"]
    assert {
        "operation": "POST /chat/answers",
        "call": "client.chat.answers.create",
        "class": "Answers",
        "file": "src/client/resources/chat/answers.py",
        "result": "Answer | Stream[AnswerChunk]",
    }.items() <= chat.items()
    assert ("messages", "property", True) == tuple(
        chat["arguments"][0][key] for key in ("name", "source", "required")
    )


def test_inspect_says_what_each_operation_became(run: Run) -> None:
    """One line each, below its group."""
    lines = run("inspect", TINY).splitlines()
    assert lines[lines.index("books") + 2] == "  GET /books/{id} -> client.books.get(id) -> Book"
    assert "  DELETE /books/{id} -> client.books.delete(id) -> None (deprecated)" in lines
    assert "streams     1" in lines


def test_inspect_says_what_was_repaired_and_which_examples_do_not_fit(
    run: Run, spec: Callable[[object], Path], tiny_document: dict[str, Any]
) -> None:
    """How many, or where all are; a server that answers from them would answer wrongly."""
    parameters = tiny_document["paths"]["/books"]["get"]["parameters"]
    for number in range(7):
        parameters.append(
            {"name": f"n{number}", "in": "query", "schema": {"type": "Integer"}, "example": "x"}
        )
    content = tiny_document["paths"]["/books/{id}"]["get"]["responses"]["200"]["content"]
    content["application/json"]["example"] = {"id": 1}
    content["text/plain"] = {"example": "without a schema"}
    path = str(spec(tiny_document))
    text = run("inspect", path)
    assert "examples: 8 do not fit their schema and are not used" in text
    assert 3 == text.count("  #/paths/~1books/get/parameters/")  # repairs, these
    assert "repaired: plain schemas: 7" in text
    assert "... and 4 more" in text
    full = run("inspect", path, "--verbose")
    assert "  #/paths/~1books~1{id}/get/responses/200/content/application~1json/schema" in full
    assert "... and" not in full


def test_inspect_reads_configurations_and_projects(run: Run, tmp_path: Path) -> None:
    """What is skipped is told; package and names are those of the project."""
    config = tmp_path / "sdk-codegen.yaml"
    config.write_text(
        f"spec: {TINY}\npackage: {{name: mine}}\nskip: [deleteBook]\nout: project\n"
        "naming: {operations: {listBooks: library.all}}\n"
    )
    for place in (str(config), str(tmp_path)):
        found = run("inspect", place, "--json")
        assert ["DELETE /books/{id}"] == [item["operation"] for item in found["skipped"]]
        assert "src/mine/resources/library.py" == found["groups"]["library"][0]["file"]
    assert 0 == main(["generate", str(config), "-q"])
    assert "skipped     DELETE /books/{id} (deleteBook)" in run(
        "inspect", str(tmp_path / "project")
    )


@pytest.mark.parametrize(
    "subject",
    [
        "/paths/~1chat~1answers/post",
        "#/paths/~1chat~1answers/post",
        "createAnswer",
        "POST /chat/answers",
        "post /chat/answers",
        "client.chat.answers.create",
        "client.chat.answers.create()",
        "chat.answers.create",
    ],
)
def test_explain_finds_an_operation_by_any_name(run: Run, subject: str) -> None:
    """Of the document, of HTTP, or of Python."""
    found = run("explain", subject, TINY, "--json")
    assert "/paths/~1chat~1answers/post" == found["pointer"]
    assert "createAnswer" == found["value"]["operationId"]
    assert {"what": "class", "name": "Answers and AsyncAnswers"} in found["became"]
    assert "hoisted schemas" in found["passes"]


@pytest.mark.parametrize(
    ("subject", "became"),
    [
        ("Book", ("model", "Book")),
        ("book", ("file", "src/client/models/book.py")),
        ("/components/schemas/book/properties/publishedAt", ("attribute", "Book.published_at")),
        ("/components/schemas/book/properties/shelf", ("model", "BookShelf")),
        ("/components/schemas/book", ("used by", "client.books.get(id)")),
        ("tiny_api.models.Mood", ("model", "Mood")),
        ("Message", ("params", "MessageParam")),
        ("/paths/~1books/get/parameters/2", ("argument", "x_trace: str")),
        ("/paths/~1books/get/parameters/2/schema", ("argument", "x_trace: str")),
        (
            "/paths/~1chat~1answers/post/requestBody/content/application~1json/schema/properties/mood",
            ("argument", "mood: models.Mood"),
        ),
    ],
)
def test_explain_says_what_a_place_became(run: Run, subject: str, became: tuple[str, str]) -> None:
    """Class, attribute, argument, file, and who uses it."""
    found = run("explain", subject, TINY, "--json")
    pairs = [(item["what"], item["name"]) for item in found["became"]]
    assert became[0] in dict(pairs)
    if became[0] != "argument":
        assert became in pairs
    else:
        assert dict(pairs)["argument"].startswith(became[1].partition(":")[0])


def test_explain_says_which_repairs_a_place_had(
    run: Run, spec: Callable[[object], Path], tiny_document: dict[str, Any]
) -> None:
    """The pass, and its words; a long value is cut."""
    book = tiny_document["components"]["schemas"]["book"]
    book["properties"]["title"]["type"] = "String"
    tiny_document["components"]["schemas"]["Error"]["properties"]["message"]["type"] = "Integer"
    book["description"] = "long " * 1000
    text = run("explain", "book", str(spec(tiny_document)))
    assert "  plain schemas\n    `type` is `String`; read as" in text
    assert "Integer" not in text
    assert "characters more" in text


def test_explain_follows_references_of_parameters(
    run: Run, spec: Callable[[object], Path], tiny_document: dict[str, Any]
) -> None:
    """A parameter among the components is an argument wherever it is used."""
    parameters = tiny_document["paths"]["/books"]["get"]["parameters"]
    tiny_document["components"]["parameters"] = {"Trace": parameters[2]}
    parameters[2] = {"$ref": "#/components/parameters/Trace"}
    found = run("explain", "/paths/~1books/get/parameters/2", str(spec(tiny_document)), "--json")
    assert "argument" == found["became"][0]["what"]
    assert "inlined references" in found["passes"]


def test_explain_says_when_a_place_became_nothing(run: Run, tmp_path: Path) -> None:
    """It is not a part of code, or it is skipped."""
    assert "  nothing of its own" in run("explain", "/info", TINY)
    assert "  none changed it" in run("explain", "/info", TINY)
    config = tmp_path / "sdk-codegen.yaml"
    config.write_text(f"spec: {TINY}\npackage: {{name: mine}}\nskip: [deleteBook]\n")
    text = run("explain", "deleteBook", str(config))
    assert "nothing   skipped, as `deleteBook` asks" in text


def test_explain_reads_the_project_of_this_folder(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Places of Swagger 2 are found where they went."""
    (tmp_path / "old.yaml").write_text(
        "swagger: '2.0'\ninfo: {title: T, version: '1'}\npaths: {}\n"
        "definitions: {Cat: {type: object, properties: {name: {type: string}}}}\n"
    )
    (tmp_path / "sdk-codegen.yaml").write_text("spec: old.yaml\npackage: {name: cats}\n")
    monkeypatch.chdir(tmp_path)
    assert "model     Cat" in run("explain", "/definitions/Cat")


def test_repairs_of_swagger_are_told_where_its_author_finds_them(
    run: Run, spec: Callable[[object], Path]
) -> None:
    """The passes see the document that was converted; errors, repairs and examples speak of ours."""
    cat = {"type": "array", "minItems": 2, "items": {"type": "string"}, "example": [1]}
    fur = {"$ref": "#/definitions/Cat", "type": "array"}
    document: dict[str, Any] = {
        "swagger": "2.0",
        "info": {"title": "T", "version": "1"},
        "paths": {"/x": {"get": {"responses": {"200": {"schema": fur, "description": "d"}}}}},
        "definitions": {"Cat": cat},
    }
    path = str(spec(document))
    told = "#/paths/~1x/get/responses/200/schema: `type` beside a `$ref`"
    assert told in run("inspect", path, "--verbose")
    assert ["/definitions/Cat"] == run("inspect", path, "--json")["unfit_examples"]
    where = "/paths/~1x/get/responses/200"
    assert "`type` beside a `$ref`" in run("explain", where, path)
    document["definitions"]["Cat"] = {"allOf": [{"$ref": "#/definitions/Cat"}]}
    with pytest.raises(SpecError, match="#/definitions/Cat/allOf/0"):
        analyse(settings_for(str(spec(document))))


@pytest.mark.parametrize(
    ("schema", "result"),
    [
        ({"type": "object", "additionalProperties": {"type": "integer"}}, "dict[str, int]"),
        ({"const": "up"}, "'up'"),
        ({"type": "array", "items": {"type": ["string", "null"]}}, "list[str | None]"),
    ],
)
def test_inspect_says_what_a_call_gives(
    run: Run,
    spec: Callable[[object], Path],
    tiny_document: dict[str, Any],
    schema: Any,
    result: str,
) -> None:
    """As a person writes it."""
    content = tiny_document["paths"]["/books/{id}"]["get"]["responses"]["200"]["content"]
    content["application/json"]["schema"] = schema
    found = run("inspect", str(spec(tiny_document)), "--json")
    assert result in {item["result"] for item in found["groups"]["books"]}


def test_a_url_needs_no_settings_of_its_own() -> None:
    """It is a document, whatever it ends with."""
    url = "https://example.com/sdk-codegen.yaml"
    assert url == settings_for(url).spec


def test_explain_knows_a_union_of_a_parent_and_its_children(
    run: Run, spec: Callable[[object], Path], tiny_document: dict[str, Any]
) -> None:
    """The document has no place for it but that of the parent."""
    schemas = tiny_document["components"]["schemas"]
    schemas["Pet"] = {
        "type": "object",
        "properties": {"kind": {"type": "string"}},
        "discriminator": {"propertyName": "kind"},
    }
    schemas["Cat"] = {"allOf": [{"$ref": "#/components/schemas/Pet"}]}
    schemas["Owner"] = {"properties": {"pet": {"$ref": "#/components/schemas/Pet"}}}
    found = run("explain", "AnyPet", str(spec(tiny_document)), "--json")
    assert "/components/schemas/Pet" == found["pointer"]


def test_schemas_may_lead_through_all_others(
    run: Run, spec: Callable[[object], Path], tiny_document: dict[str, Any]
) -> None:
    """In a large document the way from one to another is longer than Python's stack."""
    count = 1200
    schemas = tiny_document["components"]["schemas"]
    for number in range(count):
        link = {"$ref": f"#/components/schemas/S{(number + 1) % count}"}
        schemas[f"S{number}"] = {"type": "object", "properties": {"next": link}}
    schemas["Error"]["properties"]["first"] = {"$ref": "#/components/schemas/S0"}
    found = run("explain", "S7", str(spec(tiny_document)), "--json")
    assert "/components/schemas/S7" == found["pointer"]


def test_examples_that_do_not_fit_are_counted_and_named(
    run: Run, spec: Callable[[object], Path], tiny_document: dict[str, Any]
) -> None:
    """Beside a parameter, and in a schema; each by the pointer where the document has it."""
    tiny_document["components"]["schemas"]["Error"]["example"] = {"message": ["no text"]}
    tiny_document["components"]["schemas"]["book"]["examples"] = [7]
    tiny_document["components"]["schemas"]["Message"]["example"] = {"role": "user", "content": "x"}
    path = str(spec(tiny_document))
    pointers = ["/components/schemas/Error", "/components/schemas/book"]
    assert pointers == run("inspect", path, "--json")["unfit_examples"]
    line = "examples: 2 do not fit their schema and are not used"
    assert f"{line}; `--verbose` prints where\n" in run("inspect", path)
    assert f"{line}\n  #{pointers[0]}\n  #{pointers[1]}\n" in run("inspect", path, "--verbose")


@pytest.mark.parametrize(
    ("subject", "reason"),
    [
        (
            "/components/schemas/bok",
            "`#/components/schemas/bok` leads nowhere; did you mean `book`",
        ),
        ("/nope/at/all", "`#/nope/at/all` leads nowhere"),
        ("client.books.lst", "is no pointer, operation or name; did you mean `client.books.list`"),
    ],
)
def test_explain_says_what_there_is_instead(
    capsys: pytest.CaptureFixture[str], subject: str, reason: str
) -> None:
    """One line, and exit code 2."""
    assert 2 == main(["explain", subject, TINY])
    error = capsys.readouterr().err
    assert reason in error
    assert 1 == error.count("\n")
