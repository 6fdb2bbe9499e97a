"""`sdk-codegen diff`: what it compares, prints and returns."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from sdk_codegen import generate
from sdk_codegen.cli import main

from ._shop import SHOP, removing, setting

NOTHING: Callable[[dict[str, Any]], object] = dict
ADDED = setting("/components/schemas/Cup/properties/weight", {"type": "integer"})
BROKEN = removing("/components/schemas/Cup/properties/part")


@pytest.fixture
def written(tmp_path: Path) -> Callable[..., Path]:
    """Write the shop's document with an edit, and return its path."""

    def write(name: str, edit: Callable[[dict[str, Any]], object] = NOTHING) -> Path:
        document = copy.deepcopy(SHOP)
        edit(document)
        path = tmp_path / name
        path.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
        return path

    return write


@pytest.mark.parametrize(
    ("edit", "codes"),
    [
        pytest.param(NOTHING, (0, 0, 0), id="nothing"),
        pytest.param(setting("/info/title", "Store"), (0, 0, 0), id="cosmetic"),
        pytest.param(ADDED, (0, 1, 0), id="additive"),
        pytest.param(BROKEN, (1, 1, 0), id="breaking"),
    ],
)
def test_the_exit_code_is_for_ci(
    written: Callable[..., Path], edit: Callable[[dict[str, Any]], object], codes: tuple[int, ...]
) -> None:
    """1 for what breaks, or for what `--exit-on` names; 0 otherwise."""
    documents = [str(written("old.yaml")), str(written("new.yaml", edit))]
    found = tuple(
        main(["diff", *documents, "--exit-on", least])
        for least in ("breaking", "additive", "never")
    )
    assert codes == found
    assert codes[0] == main(["diff", *documents])


def test_it_prints_text_json_or_markdown(
    written: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    """Each with the version that it suggests."""
    documents = [str(written("old.yaml")), str(written("new.yaml", BROKEN))]
    main(["diff", *documents, "--version", "1.4.2"])
    assert "field-removed: `models.Cup.part` is gone." in (text := capsys.readouterr().out)
    assert text.endswith("\nsuggested: 2.0.0\n")
    main(["diff", *documents, "--version", "1.4.2", "--json"])
    assert "2.0.0" == json.loads(capsys.readouterr().out)["suggested"]
    main(["diff", *documents, "--markdown"])
    assert capsys.readouterr().out.startswith("## Unreleased\n\n### Removed\n")


def test_a_project_stands_for_its_document(
    written: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """On either side, with what was decided about it: here an overlay."""
    overlay = tmp_path / "overlay.yaml"
    overlay.write_text(
        "overlay: 1.0.0\ninfo: {title: O, version: '1'}\n"
        "actions: [{target: '$.paths[\"/cups\"]', remove: true}]\n"
    )
    project = tmp_path / "project"
    generate(written("old.yaml"), project, "shop", overlays=[overlay])
    new = str(written("new.yaml", BROKEN))
    assert 1 == main(["diff", str(project), new])
    assert "1 breaking, 0 additive, 0 cosmetic\n" in capsys.readouterr().out
    assert 0 == main(["diff", new, str(project)])
    assert "0 breaking, 1 additive, 0 cosmetic\n" in capsys.readouterr().out


def test_two_projects_are_compared(
    written: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each by its own document."""
    for name, edit in (("old", NOTHING), ("new", ADDED)):
        generate(written(f"{name}.yaml", edit), tmp_path / name, "shop")
    assert 0 == main(["diff", str(tmp_path / "old"), str(tmp_path / "new")])
    assert "0 breaking, 1 additive, 0 cosmetic\n" in capsys.readouterr().out


def test_a_project_whose_document_has_changed_is_refused(
    written: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What it was generated from is not there any more; an empty report would be a lie."""
    old = written("old.yaml")
    generate(old, tmp_path / "project", "shop")
    written("old.yaml", BROKEN)
    assert 2 == main(["diff", str(tmp_path / "project"), str(written("new.yaml"))])
    message = capsys.readouterr().err
    assert "old.yaml: has changed since" in message
    assert 1 == message.count("\n")


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--version", "new"], "`--version` must be three numbers"),
        ([], "cannot be read"),
    ],
)
def test_what_cannot_be_compared_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], more: list[str], message: str
) -> None:
    """Exit code 2 and no traceback."""
    nowhere = str(tmp_path / "nowhere.yaml")
    assert 2 == main(["diff", nowhere, nowhere, *more])
    error = capsys.readouterr().err
    assert message in error
    assert 1 == error.count("\n")
