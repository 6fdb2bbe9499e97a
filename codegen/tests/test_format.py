"""Formatting: ruff, once for each content."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from sdk_codegen._cache import Cache
from sdk_codegen._format import write_formatted
from sdk_codegen.errors import FormatError

UGLY = "from typing import Any\nimport os\nx={'a':os.sep}"
TIDY = 'import os\n\nx = {"a": os.sep}\n'


def written(root: Path) -> dict[str, str]:
    """Return what is below a folder."""
    return {
        path.relative_to(root).as_posix(): path.read_text()
        for path in root.rglob("*")
        if path.is_file()
    }


def test_python_is_formatted_and_the_rest_is_tidied(tmp_path: Path) -> None:
    """Equal files in several places, packages and files without content each stay what they are."""
    files = {
        "src/a/__init__.py": UGLY,
        "src/a/same.py": UGLY,
        "src/b/empty.py": " \n",
        "README.md": "x={'a'}\n\n\n",
    }
    wanted = {
        "src/a/__init__.py": TIDY,
        "src/a/same.py": TIDY,
        "src/b/empty.py": "",
        "README.md": "x={'a'}\n",
    }
    assert wanted == write_formatted(tmp_path, files, "a", Cache.none())
    assert wanted == written(tmp_path)


def test_what_was_formatted_before_is_not_formatted_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The cache has the result; only what is new is given to ruff."""
    cache = Cache(tmp_path / "cache")
    first = write_formatted(tmp_path / "1", {"a.py": UGLY, "b.py": "y  = 1"}, "a", cache)
    ran: list[list[str]] = []
    real = subprocess.run

    def run(command: list[str], **options: Any) -> Any:
        ran.append(command)
        return real(command, **options)

    monkeypatch.setattr(subprocess, "run", run)
    assert first == write_formatted(tmp_path / "2", {"a.py": UGLY, "b.py": "y  = 1"}, "a", cache)
    assert [] == ran
    second = write_formatted(tmp_path / "3", {"a.py": UGLY, "b.py": "y  = 2"}, "a", cache)
    assert {"a.py": TIDY, "b.py": "y = 2\n"} == second == written(tmp_path / "3")
    assert [["b.py"], ["b.py"]] == [command[command.index("--") + 1 :] for command in ran]


def test_what_ruff_refuses_is_a_format_error(tmp_path: Path) -> None:
    """A defect of the generator is told as one, with the formatter's words."""
    with pytest.raises(FormatError, match="ruff: error: Failed to parse"):
        write_formatted(tmp_path, {"__init__.py": "def"}, "a", Cache.none())


def test_a_missing_formatter_is_a_format_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An installation without ruff says so."""
    monkeypatch.setattr("sdk_codegen._format.which", lambda *_, **__: None)
    with pytest.raises(FormatError, match="ruff is not installed"):
        write_formatted(tmp_path, {"a.py": "x"}, "a", Cache.none())
