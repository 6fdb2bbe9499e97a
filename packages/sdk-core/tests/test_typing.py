"""Type checkers see what services are: mypy reads two programs, strictly."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent / "typing"


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[int, str]]:
    """Return the errors that mypy finds, by file and line."""
    # In a folder of its own, so that nothing of this repository's configuration has a say.
    folder = tmp_path_factory.mktemp("mypy")
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(folder)]
    programs = sorted(HERE.glob("*.py"))
    output = subprocess.run(
        [*command, *map(str, programs)], cwd=folder, check=False, capture_output=True, text=True
    ).stdout
    assert f"checked {len(programs)} source files" in output, output
    found: dict[str, dict[int, str]] = {path.name: {} for path in programs}
    for path, line, words in re.findall(r"^(.*?):(\d+): error: (.*)$", output, re.MULTILINE):
        found[Path(path).name][int(line)] = words
    return found


def test_a_program_has_the_types_that_it_expects(said: dict[str, dict[int, str]]) -> None:
    """Lazy services, flows written once and mixins, in both colours."""
    assert {} == said["program.py"]


def test_what_a_mixin_misses_is_named_before_the_program_runs(
    said: dict[str, dict[int, str]],
) -> None:
    """Each mistake is found in its line, with the kind and the name that the line says."""
    lines = (HERE / "mistakes.py").read_text("utf-8").splitlines()
    expected = {
        number: (match[1], match[2] or "")
        for number, line in enumerate(lines, 1)
        if (match := re.search(r"  # ([\w-]+)(?:: (\w+))?$", line))
    }
    found = said["mistakes.py"]
    assert len(expected) > 5
    assert expected.keys() == found.keys()
    for number, (kind, name) in expected.items():
        assert found[number].endswith(f"[{kind}]")
        assert name in found[number]
