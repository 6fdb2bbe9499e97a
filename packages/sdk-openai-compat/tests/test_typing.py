"""Type checkers see what users get: mypy reads a program, strictly."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent / "typing"


@pytest.fixture(scope="module")
def errors(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[int, str]]:
    """Return the kinds of errors that mypy finds, by file and line."""
    # In a folder of its own, so that nothing of this repository's configuration has a say.
    folder = tmp_path_factory.mktemp("mypy")
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(folder)]
    programs = sorted(HERE.glob("*.py"))
    said = subprocess.run(
        [*command, *map(str, programs)], cwd=folder, check=False, capture_output=True, text=True
    ).stdout
    found: dict[str, dict[int, str]] = {path.name: {} for path in programs}
    for path, line, kind in re.findall(r"^(.*?):(\d+): error: .*\[([\w-]+)\]$", said, re.MULTILINE):
        found[Path(path).name][int(line)] = kind
    assert f"checked {len(programs)} source files" in said, said
    return found


@pytest.mark.parametrize("program", ["program.py", "files.py", "helpers.py"])
def test_a_program_has_the_types_that_it_expects(
    errors: dict[str, dict[int, str]], program: str
) -> None:
    """Every `assert_type` of it holds, for both colours and every form of a call."""
    assert {} == errors[program]


def test_mistakes_are_found_before_the_program_runs(errors: dict[str, dict[int, str]]) -> None:
    """In the lines that hold one, of the kind that they say, and in no others."""
    lines = (HERE / "mistakes.py").read_text("utf-8").splitlines()
    expected = {
        number: line.rpartition("# ")[2]
        for number, line in enumerate(lines, 1)
        if re.search(r"  # [\w-]+$", line)
    }
    assert len(expected) > 5
    assert expected == errors["mistakes.py"]
