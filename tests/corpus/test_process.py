"""What a process cost, and its end when its time is up."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tools.corpus._process import environment, python, run

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX processes")


def test_time_and_memory_of_children_count(tmp_path: Path) -> None:
    """What a generator lets a formatter do is its own cost."""
    child = "x = bytearray(80_000_000); sum(range(3_000_000))"
    code = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}]); print('é')"
    done = run(python("-c", code), limit=60, folder=tmp_path, variables=environment(tmp_path))
    assert (0, "é\n", False) == (done.code, done.out, done.late)
    assert done.peak_mb > 80
    assert 0 < done.cpu
    assert 0 < done.wall < 60


def test_a_process_that_takes_too_long_is_ended_with_its_children(tmp_path: Path) -> None:
    """Nothing of it goes on."""
    code = (
        "import os, subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        "print(child.pid, flush=True)\n"
        "time.sleep(600)\n"
    )
    done = run(python("-c", code), limit=2, folder=tmp_path, variables=environment(tmp_path))
    assert done.late
    state = Path(f"/proc/{int(done.out)}/stat")
    gone = not state.exists() or state.read_text().rpartition(")")[2].split()[0] == "Z"
    assert gone


def test_the_last_line_says_what_went_wrong(tmp_path: Path) -> None:
    """Of standard error, of standard output, or the exit code."""
    variables = environment(tmp_path)
    codes = {
        "raise ValueError('no')": "ValueError: no",
        "print('one'); print('two'); exit(3)": "two",
        "exit(3)": "exit code 3",
    }
    for code, expected in codes.items():
        done = run(python("-c", code), limit=60, folder=tmp_path, variables=variables)
        assert expected == done.last_line


def test_a_process_knows_nothing_of_this_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither its variables nor its caches."""
    monkeypatch.setenv("SDK_CODEGEN_CACHE", "elsewhere")
    monkeypatch.setenv("PYTHONPATH", "elsewhere")
    variables = environment(tmp_path, tmp_path / "a", tmp_path / "b")
    assert "SDK_CODEGEN_CACHE" not in variables
    assert os.pathsep.join((str(tmp_path / "a"), str(tmp_path / "b"))) == variables["PYTHONPATH"]
    assert str(tmp_path) == variables["HOME"]
