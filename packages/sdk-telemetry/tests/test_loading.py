"""Forks in the midst of an import of another thread, in processes of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from textwrap import dedent

import pytest

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")

# Of functions that are called before a fork, the last that was registered is the first.
PROGRAM = """
import os, threading, warnings
from sdk_telemetry import _loading
from sdk_telemetry._loading import loading

warnings.simplefilter("ignore", DeprecationWarning)
entered, forking, forked = threading.Event(), threading.Event(), threading.Event()
os.register_at_fork(before=forking.set)
done = []

def load():
    with loading():
        entered.set()
        wait_for.wait()
        done.append("done")

def fork():
    thread = threading.Thread(target=load)
    thread.start()
    entered.wait()
    pid = os.fork()
    with loading():
        os.write(1, f"{'parent' if pid else 'child'} {done}\\n".encode())  # in one piece
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)
    thread.join()
"""


def said(program: str) -> list[str]:
    """Return the lines that a program writes."""
    command = [sys.executable, "-c", PROGRAM + dedent(program)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return sorted(done.stdout.splitlines())


def test_a_fork_waits_for_who_imports() -> None:
    """The child finds what was being imported complete, and can import more."""
    program = """
    wait_for = forking
    fork()
    """
    assert said(program) == ["child ['done']", "parent ['done']"]


def test_a_fork_does_not_wait_for_ever() -> None:
    """An import that takes too long is left behind; the child can import nevertheless."""
    program = """
    _loading._PATIENCE = 0.01
    wait_for = forked
    os.register_at_fork(after_in_parent=forked.set)
    fork()
    """
    assert said(program) == ["child []", "parent ['done']"]
