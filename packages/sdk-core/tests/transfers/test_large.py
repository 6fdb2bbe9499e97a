"""The run of `large.py`, with a file that is large enough to tell memory from noise."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

LARGE = Path(__file__).with_name("large.py")


@pytest.mark.slow
def test_a_file_comes_whole_through_twenty_cuts_in_memory_that_does_not_grow(
    tmp_path: Path,
) -> None:
    """In both colours, with one connection and with four; `./dev transfers` does it with 2 GB."""
    command = [sys.executable, str(LARGE), "--size", "64", "--folder", str(tmp_path)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    assert 0 == done.returncode, done.stdout
    rows = [line.split() for line in done.stdout.splitlines()[1:-1]]
    assert [("sync", "1"), ("async", "1"), ("sync", "4"), ("async", "4")] == [
        (row[0], row[1]) for row in rows
    ]
    assert ["20"] * 4 == [row[6] for row in rows]
    assert [] == list(tmp_path.iterdir())
