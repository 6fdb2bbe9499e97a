"""The command line, and every way in which a document can be wrong."""

from __future__ import annotations

import runpy
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sdk_codegen.cli import main

HEAD = "openapi: 3.1.0\ninfo: {title: T, version: '1'}\n"
OPERATION: dict[str, Any] = {"operationId": "a", "responses": {"204": {"description": "Done."}}}


def document(**paths: Any) -> dict[str, Any]:
    """Return a document of these path items."""
    return {
        "openapi": "3.1.0",
        "info": {"title": "T", "version": "1"},
        "paths": {f"/{name}": item for name, item in paths.items()},
    }


def placed(group: str, method: str, operation_id: str) -> dict[str, Any]:
    """Return an operation with a place of its own."""
    return {**OPERATION, "operationId": operation_id, "x-sdk-group": group, "x-sdk-method": method}


def answering(schema: Any) -> dict[str, Any]:
    """Return a path item whose operation answers with *schema*."""
    content = {"application/json": {"schema": schema}}
    return {"get": {**OPERATION, "responses": {"200": {"description": "", "content": content}}}}


SCHEMA = "/paths/~1x/get/responses/200/content/application~1json/schema"


@pytest.mark.parametrize(
    ("spec_text", "message"),
    [
        pytest.param("a: [", "#: is not YAML:", id="broken YAML"),
        pytest.param("- a", "#: is not a mapping", id="no mapping"),
        pytest.param("a: 1\na: 2", "#: is not YAML: the key `a` is there twice", id="double key"),
        pytest.param("info: {}", "#: there is no `openapi` with a version", id="no OpenAPI"),
        pytest.param(
            "swagger: '2.0'",
            "#/swagger: Swagger 2.0 is not supported yet; supported are",
            id="Swagger",
        ),
        pytest.param("openapi: 4.0.0", "#/openapi: OpenAPI 4.0.0 is not supported", id="version"),
        pytest.param(HEAD + "paths: []", "#/paths: must be a mapping, not a list", id="shape"),
        pytest.param(
            document(x=answering({"$ref": "#/components/schemas/Nope"})),
            f"#{SCHEMA}: `$ref` leads nowhere: `#/components/schemas/Nope`",
            id="missing reference",
        ),
        pytest.param(
            document(x={"get": {**OPERATION, "responses": {"200": {"$ref": "#/info/title"}}}}),
            "#/paths/~1x/get/responses/200: is 'T' where a mapping belongs",
            id="reference to something else",
        ),
        pytest.param(
            document(x=answering({"$ref": "other.yaml#/A"})),
            f"#{SCHEMA}: `$ref` leads to another file",
            id="reference to another file",
        ),
        pytest.param(
            document(x=answering({"type": "strng"})), f"#{SCHEMA}: `type` is 'strng'", id="type"
        ),
        pytest.param(
            document(x=answering(7)), f"#{SCHEMA}: a schema must be a mapping, not 7", id="schema"
        ),
        pytest.param(
            document(x={"get": OPERATION}, y={"get": OPERATION}),
            "#/paths/~1y/get: the operationId `a` is taken by #/paths/~1x/get",
            id="double operationId",
        ),
        pytest.param(
            document(x={"get": placed("g", "m", "a")}, y={"get": placed("g", "m", "b")}),
            "#/paths/~1y/get: `g.m` is taken by #/paths/~1x/get",
            id="double place",
        ),
        pytest.param(
            document(x={"get": placed("g", "m", "a")}, y={"get": placed("g.m", "n", "b")}),
            "#/paths/~1y/get: `g.m` is both a group (#/paths/~1y/get) and a method (#/paths/~1x/get)",
            id="group and method of one name",
        ),
        pytest.param(
            document(x={"get": {**OPERATION, "security": [{"key": []}]}}),
            "#/paths/~1x/get: the security scheme `key` is not in `components.securitySchemes`",
            id="security scheme",
        ),
        pytest.param(
            document(
                x={"post": {**OPERATION, "requestBody": {"content": {"multipart/form-data": {}}}}}
            ),
            "#/paths/~1x/post/requestBody/content/multipart~1form-data: a request body of",
            id="multipart",
        ),
    ],
)
def test_a_document_that_is_wrong_is_one_line_and_nothing_is_written(
    spec: Callable[[object], Path],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    spec_text: object,
    message: str,
) -> None:
    """The line names file, pointer and reason; the exit code is 2; the folder is not made."""
    path = spec(spec_text)
    out = tmp_path / "out"
    assert 2 == main(["generate", str(path), "--out", str(out), "--package", "p"])
    printed = capsys.readouterr()
    assert "" == printed.out
    assert printed.err.startswith(f"sdk-codegen: {path.as_posix()}{message}")
    assert 1 == printed.err.count("\n")
    assert not out.exists()


def test_a_document_that_is_not_there_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """No traceback for a misspelt path."""
    arguments = ["generate", str(tmp_path / "no.yaml"), "--out", str(tmp_path), "--package", "p"]
    assert 2 == main(arguments)
    assert "no.yaml#: cannot be read: No such file or directory" in capsys.readouterr().err


def test_repairs_are_told_and_counted(
    spec: Callable[[object], Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What had to be changed in the document is on standard error, the result on standard output."""
    path = spec(document(x=answering({"type": "String"})))
    assert 0 == main(["generate", str(path), "--out", str(tmp_path / "out"), "--package", "p"])
    printed = capsys.readouterr()
    assert f"repaired {path.as_posix()}#{SCHEMA}: `type` is `String`; read as" in printed.err
    assert printed.out.endswith("out: 1 operations, 13 files, 1 repairs\n")


def test_help_imports_no_engine() -> None:
    """`--help` answers at once: the engine and the templates are imported when they are needed."""
    code = (
        "import sys\nfrom sdk_codegen.cli import main\n"
        "try: main(['--help'])\nexcept SystemExit: pass\n"
        "sys.exit(any(m in sys.modules for m in ('openapi_python_client', 'jinja2', 'yaml')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False, text=True)
    assert (0, "") == (done.returncode, done.stderr)
    assert "generate" in done.stdout


def test_the_package_can_be_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """`python -m sdk_codegen` is the command."""
    monkeypatch.setattr(sys, "argv", ["sdk-codegen", "--version"])
    with pytest.raises(SystemExit) as caught:
        runpy.run_module("sdk_codegen", run_name="__main__")
    assert 0 == caught.value.code


@pytest.mark.parametrize("arguments", [[], ["generate"], ["unknown"], ["check"]])
def test_a_command_that_is_incomplete_is_a_usage_error(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Argparse's own exit code, which is ours for errors as well."""
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert 2 == caught.value.code
    assert "usage: sdk-codegen" in capsys.readouterr().err
