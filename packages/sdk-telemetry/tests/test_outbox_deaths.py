from __future__ import annotations

import os
import subprocess
import sys
from itertools import groupby
from pathlib import Path

import pytest

from sdk_telemetry.outbox import Outbox

from ._kept import everything, names, settle_all
from ._outbox_deaths import record

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork"),
    pytest.mark.slow,
]


def deaths(work: str, directory: Path, rounds: int, seed: int) -> list[str]:
    """Run the program; return what was acknowledged."""
    program = Path(__file__).with_name("_outbox_deaths.py")
    arguments = [work, str(directory), str(rounds), str(seed)]
    command = [sys.executable, str(program), *arguments]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_kills(tmp_path: Path) -> None:
    """Of writers that are killed at 100 random moments, no acknowledged event is lost, nor its order."""
    acknowledged = deaths("write", tmp_path, 100, seed=5)
    assert len({name[:4] for name in acknowledged}) >= 50
    outbox = Outbox(tmp_path)
    gained = outbox.adopt()
    found = names(everything(outbox))
    assert gained - outbox.tally("other").adopted == len(found) == len(set(found))
    assert set(acknowledged) <= set(found)
    for _, written in groupby(found, key=lambda name: name[:4]):
        numbers = [int(name[5:]) for name in written]
        assert numbers == list(range(len(numbers)))
    settle_all(outbox)
    settle_all(outbox, "other")
    outbox.close()
    assert list(tmp_path.iterdir()) == []


def test_kills_of_adopters(tmp_path: Path) -> None:
    """Of processes that are killed while they take over files, no event is lost, and none is there twice."""
    for turn in range(3):
        outbox = Outbox(tmp_path)
        outbox.append("kafka", [record(n, f"{turn:04}-{n:08}") for n in range(700)])
        outbox.close()
    deaths("adopt", tmp_path, 40, seed=6)
    outbox = Outbox(tmp_path)
    outbox.adopt()
    found = names(everything(outbox))
    assert len(found) == 2_100
    assert set(found) == {f"{turn:04}-{n:08}" for turn in range(3) for n in range(700)}
    outbox.close()
