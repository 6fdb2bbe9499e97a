"""The README: its examples run, in order, as they stand."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

README = Path(__file__).parents[1] / "README.md"


def test_the_examples_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """They need no broker but those that they start, and write into the folder where they are."""
    monkeypatch.chdir(tmp_path)
    program: dict[str, Any] = {}
    blocks = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    for block in blocks:
        exec(compile(block, str(README), "exec"), program)
    program["client"].close(timeout=0.1)
    assert len(blocks) == README.read_text(encoding="utf-8").count("```python")
    printed = capsys.readouterr().out
    for line in re.findall(r"print\(.*\)  # (.*)", README.read_text(encoding="utf-8")):
        assert line.partition(";")[0] in printed
