"""A whole run over a folder of odd documents."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tools.corpus.__main__ import main
from tools.corpus._documents import Document
from tools.corpus._rows import Row

GOOD = """
openapi: 3.1.0
info: {title: Cups, version: "1"}
servers: [{url: https://cups.example}]
paths:
  /cups/{cup}:
    get:
      operationId: cup
      tags: [cups]
      parameters: [{name: cup, in: path, required: true, schema: {type: string}}]
      responses:
        "200":
          description: Fine.
          content: {application/json: {schema: {$ref: "#/components/schemas/Cup"}}}
components:
  schemas:
    Cup: {type: object, properties: {id: {type: string}}}
"""


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_one_document_that_fails_does_not_stop_the_others(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Everything is measured of the good one, and the broken one is told."""
    folder = tmp_path / "specs"
    folder.mkdir()
    (folder / "my cups.yaml").write_text(GOOD)
    (folder / "broken.yaml").write_text("openapi: 3.1.0\npaths: [")
    (folder / "notes.json").write_text("{}")
    report = tmp_path / "report.json"
    arguments = [str(folder), "--json", str(report), "--keep", str(tmp_path / "kept")]
    assert 1 == main(arguments)
    printed = capsys.readouterr()
    assert "not OpenAPI: notes.json: has neither" in printed.out
    assert "broken.yaml (pydantic): generate: sdk-codegen: " in printed.out
    broken, good = json.loads(report.read_text())["rows"]
    assert [] == good["problems"]
    assert (1, 1, 0, 0) == (good["operations"], good["generated"], good["mypy"], good["extra"])
    assert good["smoke"] == good["smoke_total"] > 0
    assert min(good[name] for name in ("seconds", "cpu", "peak_mb", "again", "root_ms")) > 0
    assert 0 < good["call_ms"] <= good["worst_ms"]
    assert broken["operations"] is None
    assert (tmp_path / "kept" / "my-cups" / "pydantic" / "project" / "src").is_dir()


def test_a_program_that_hangs_is_a_failure(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its time is bounded, and it is told which one it was."""
    (tmp_path / "cups.yaml").write_text(GOOD)
    assert 1 == main([str(tmp_path), "--timeout", "0.01"])
    assert "cups.yaml (pydantic): generate: took more than 0.01 s" in capsys.readouterr().out


@pytest.mark.parametrize(("problem", "expected"), [([], 0), (["gone"], 1)])
def test_the_exit_code_says_whether_all_is_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, problem: list[str], expected: int
) -> None:
    """Of every document, in every flavour that was asked for."""

    def check(document: Document, models: str, _: object) -> Row:
        row = Row(document.path.name, models, 1)
        row.problems += problem if models == "attrs" else []
        return row

    monkeypatch.setattr("tools.corpus._checks.check", check)
    (tmp_path / "cups.yaml").write_text(GOOD)
    assert 0 == main([str(tmp_path)])
    assert expected == main([str(tmp_path), "--models", "both", "--jobs", "1"])


@pytest.mark.parametrize("name", ["nothing", "empty"])
def test_a_folder_without_documents_is_an_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    """100 % of nothing proves nothing."""
    (tmp_path / "empty").mkdir()
    assert 2 == main([str(tmp_path / name)])
    assert 1 == capsys.readouterr().err.count("\n")
