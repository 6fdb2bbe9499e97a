"""The command line, and every way in which a document can be wrong."""

from __future__ import annotations

import json
import re
import runpy
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import yaml

from sdk_codegen._config import schema_text
from sdk_codegen.cli import main

TINY = Path(__file__).parent / "tiny.yaml"

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
        pytest.param("openapi: 4.0.0", "#/openapi: OpenAPI 4.0.0 is not supported", id="version"),
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
            f"#{SCHEMA}: `$ref` leads to `other.yaml`: cannot be read",
            id="reference to another file",
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
    """By pass and the first of each on standard error, all of them if asked for; then the result."""
    odd = {name: {"type": "String"} for name in "abcde"}
    path = spec(document(x=answering({"type": "object", "properties": odd})))
    arguments = ["generate", str(path), "--out", str(tmp_path / "out"), "--package", "p"]
    assert 0 == main(arguments)
    printed = capsys.readouterr()
    lines = printed.err.splitlines()
    assert "repaired: plain schemas: 5" == lines[0]
    assert lines[1].startswith(f"  #{SCHEMA}/properties/a: `type` is `String`; read as")
    assert "  ... and 2 more; `--verbose` prints them" == lines[4]
    assert re.search(r"out: 1 operation, 1 model, \d+ files \(\d+ written, 0 unchanged, 0 removed\), ",
                     printed.out)  # fmt: skip
    assert ", 5 repairs, " in printed.out
    assert 0 == main([*arguments, "--verbose"])
    assert 6 == len(capsys.readouterr().err.splitlines())


def test_what_was_repaired_while_reading_is_told_as_well(
    spec: Callable[[object], Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A key that is there twice is no secret."""
    text = '{"openapi": "3.1.0", "info": {"title": "T", "title": "U", "version": "1"}, "paths": {}}'
    path = spec(text)
    assert 0 == main(["generate", str(path), "--out", str(tmp_path / "out"), "--package", "p"])
    assert capsys.readouterr().err.startswith("repaired: reading: 1\n  #/info")


def test_quiet_prints_errors_only(
    spec: Callable[[object], Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """For scripts."""
    path = spec(document(x={"get": OPERATION}))
    arguments = ["--out", str(tmp_path / "out"), "--package", "p", "--quiet"]
    assert 0 == main(["generate", str(path), *arguments])
    assert ("", "") == capsys.readouterr()
    assert 2 == main(["generate", str(tmp_path / "none"), *arguments])
    assert 1 == capsys.readouterr().err.count("\n")


def test_json_is_one_object(
    spec: Callable[[object], Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """For programs; standard error stays empty."""
    path = spec(document(x=answering({"type": "String"})))
    out = tmp_path / "out"
    assert 0 == main(["generate", str(path), "--out", str(out), "--package", "p", "--json"])
    printed = capsys.readouterr()
    found = json.loads(printed.out)
    assert ("", out.as_posix(), 1, []) == (
        printed.err, found["out"], found["operations"], found["skipped"],
    )  # fmt: skip
    assert [SCHEMA] == [repair["pointer"] for repair in found["repairs"]["plain schemas"]]
    assert 0 == main(["check", str(out), "--json"])
    (project,) = json.loads(capsys.readouterr().out)["projects"]
    assert (True, "", []) == (project["same"], project["difference"], project["unknown"])


def test_a_document_alone_is_enough(
    spec: Callable[[object], Path],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Package and folder are called after its title; a title that is no name gets another one."""
    monkeypatch.chdir(tmp_path)
    named = {**document(x={"get": OPERATION}), "info": {"title": "Pet Store", "version": "1"}}
    assert 0 == main(["generate", str(spec(named))])
    assert capsys.readouterr().out.startswith("pet-store: 1 operation,")
    assert (tmp_path / "pet-store/src/pet_store/client.py").is_file()
    assert 0 == main(
        ["generate", str(spec({**named, "info": {"title": "\u732b", "version": "1"}}))]
    )
    assert (tmp_path / "api-client/src/api_client/client.py").is_file()


def test_without_anything_there_must_be_a_configuration(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The message says how to begin."""
    monkeypatch.chdir(tmp_path)
    assert 2 == main(["generate"])
    assert "there is no sdk-codegen.yaml here; name a document, or" in capsys.readouterr().err


def test_options_do_not_contradict_a_configuration(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One place says what the package is called, whatever the file is called."""
    path = tmp_path / "other.yaml"
    path.write_text("spec: openapi.yaml\npackage: {name: p}\n")
    assert 2 == main(["generate", str(path), "--package", "q"])
    assert "`--package` belongs into" in capsys.readouterr().err


def test_a_defect_is_one_line_and_a_traceback_if_asked_for(
    spec: Callable[[object], Path],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What nobody thought of is told as what it is."""

    def fail(*_: object, **__: object) -> None:
        msg = "not\nthought of"
        raise RuntimeError(msg)

    monkeypatch.setattr("sdk_codegen._pipeline.analyse", fail)
    arguments = ["generate", str(spec(document())), "--out", str(tmp_path / "o"), "--package", "p"]
    assert 2 == main(arguments)
    assert (
        "a defect of sdk-codegen: RuntimeError: not thought of; nothing" in capsys.readouterr().err
    )
    monkeypatch.setenv("SDK_CODEGEN_TRACEBACK", "1")
    with pytest.raises(RuntimeError):
        main(arguments)


def test_an_interrupted_run_says_so(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the exit code of shells."""

    def interrupt(_: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr("sdk_codegen._commands.config.run", interrupt)
    assert 130 == main(["config"])
    assert "interrupted; nothing was changed" in capsys.readouterr().err


def test_a_reader_that_goes_ends_the_command_quietly() -> None:
    """As in `sdk-codegen config --schema | head -1`."""
    code = (
        "import os, sys\nfrom sdk_codegen.cli import main\n"
        "read, write = os.pipe()\nos.close(read)\nos.dup2(write, 1)\n"
        "sys.stdout.reconfigure(line_buffering=True)\nsys.exit(main(['config', '--schema']))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False, text=True)
    assert (2, "") == (done.returncode, done.stderr)


def test_a_document_may_be_a_url(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is fetched each time, and `check` fetches it again; the lock holds no password."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "served").mkdir()
    (tmp_path / "served/tiny.yaml").write_bytes(TINY.read_bytes())
    handler = partial(SimpleHTTPRequestHandler, directory=str(tmp_path / "served"))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            url = f"http://127.0.0.1:{server.server_port}/tiny.yaml"
            assert 0 == main(["generate", url, "--out", "out", "--package", "tiny_api", "--json"])
            assert 4 == json.loads(capsys.readouterr().out)["operations"]
            assert 0 == main(["check", "out", "--quiet"])
            assert 0 == main(["init", url, "new", "--quiet"])
        finally:
            server.shutdown()
            thread.join()
    assert url == json.loads(Path("out/sdk-codegen.lock").read_text())["spec"]["path"]
    assert url == yaml.safe_load(Path("new/sdk-codegen.yaml").read_text())["spec"]


def test_init_makes_a_project(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Configuration, schema, package and lock; `generate` and `check` go on from there."""
    monkeypatch.chdir(tmp_path)
    Path("fix.yaml").write_text(
        "overlay: 1.0.0\ninfo: {title: Fix, version: '1'}\nactions:\n"
        "- {target: $.info, update: {version: '7'}}\n"
    )
    arguments = ["--package", "tiny_sdk", "--models", "pydantic", "--overlay", "fix.yaml"]
    assert 0 == main(["init", str(TINY), "new", *arguments])
    printed = capsys.readouterr().out
    assert "new: 4 operations" in printed
    assert "pip install -e new" in printed
    config = yaml.safe_load(Path("new/sdk-codegen.yaml").read_text())
    assert "../fix.yaml" == config["overlays"][0]
    assert TINY == (tmp_path / "new" / config["spec"]).resolve()
    assert {"name": "tiny_sdk", "distribution": "tiny-sdk"} == config["package"]
    assert Path("new/sdk-codegen.schema.json").read_text() == schema_text()
    assert "__pycache__/" in Path("new/.gitignore").read_text()
    assert 'SPEC_VERSION = "7"' in Path("new/src/tiny_sdk/__init__.py").read_text()
    monkeypatch.chdir("new")
    assert 0 == main(["generate", "--json"])
    assert 0 == json.loads(capsys.readouterr().out)["files"]["written"]
    assert 0 == main(["check"])
    assert ("", ".: is up to date\n") == capsys.readouterr()
    about = Path("src/tiny_sdk/__about__.py")
    about.write_text(about.read_text() + "mine = 1\n")
    assert 1 == main(["check"])
    checked = capsys.readouterr()
    assert checked.out.endswith("-mine = 1\n")
    assert checked.err.startswith(".: `sdk-codegen generate` would change this")


def test_init_names_a_project_after_the_document(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where nothing else is said; an empty folder is as good as none."""
    monkeypatch.chdir(tmp_path)
    Path("tiny-api").mkdir()
    assert 0 == main(["init", str(TINY), "--json"])
    assert "tiny-api" == json.loads(capsys.readouterr().out)["out"]
    assert Path("tiny-api/src/tiny_api").is_dir()


@pytest.mark.parametrize("folder", ["full", "file"])
def test_init_refuses_what_is_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], folder: str
) -> None:
    """The message says what to do instead."""
    (tmp_path / "full").mkdir()
    (tmp_path / "full/mine").write_text("mine")
    (tmp_path / "file").write_text("mine")
    assert 2 == main(["init", str(TINY), str(tmp_path / folder)])
    assert "is not an empty folder; name another one, or write" in capsys.readouterr().err
    assert ["mine"] == [path.name for path in (tmp_path / "full").iterdir()]


def test_init_leaves_nothing_behind_when_the_document_is_wrong(
    spec: Callable[[object], Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Not even the folder."""
    path = spec(document(x=answering({"$ref": "#/nowhere"})))
    assert 2 == main(["init", str(path), str(tmp_path / "new")])
    assert "`$ref` leads nowhere" in capsys.readouterr().err
    assert not (tmp_path / "new").exists()


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


@pytest.mark.parametrize("arguments", [[], ["init"], ["unknown"], ["inspect"]])
def test_a_command_that_is_incomplete_is_a_usage_error(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Argparse's own exit code, which is ours for errors as well."""
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert 2 == caught.value.code
    assert "usage: sdk-codegen" in capsys.readouterr().err


def test_what_is_too_deep_is_an_error_with_a_name(
    spec: Callable[[object], Path],
    tiny_document: dict[str, Any],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A chain of a thousand names for one thing is no defect of the generator."""
    schemas = tiny_document["components"]["schemas"]
    for number in range(1500):
        schemas[f"S{number}"] = {"$ref": f"#/components/schemas/S{number + 1}"}
    schemas["S1500"] = {"type": "string"}
    schemas["Error"]["properties"]["first"] = {"$ref": "#/components/schemas/S0"}
    out = tmp_path / "out"
    given = [str(spec(tiny_document)), "--out", str(out), "--package", "deep"]
    assert 2 == main(["generate", *given])
    assert not out.exists()
    reason = "schemas lead to one another through too many references"
    assert f"spec.yaml#: {reason}\n" in capsys.readouterr().err
