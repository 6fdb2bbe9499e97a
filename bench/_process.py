"""Start the benchmark's processes, each with the same small environment, and end them."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

LIMIT = 120.0
"""Seconds after which a process that does not answer is killed."""


class ProcessError(Exception):
    """A process of the benchmark ended, or was killed at `LIMIT`, before it answered."""


def environment() -> dict[str, str]:
    """Return the variables a process gets: no proxy, no certificate file, no OPENAI_*, no PYTHON*.

    Each of those changes what some client does, and none of them the same way for all.
    """
    return {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}


def cores() -> list[int]:
    """Return the cores to use for the clients and for the server; one twice when there is one."""
    if not hasattr(os, "sched_getaffinity"):
        return [-1, -1]
    usable = sorted(os.sched_getaffinity(0))
    return [usable[0], usable[1 % len(usable)]]


def pin(core: int) -> None:
    """Keep this process, and those it starts, on `core`, where the system can do that."""
    if core >= 0 and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {core})


class Peer:
    """A long-lived process that answers each line on its standard input with one line."""

    def __init__(self, *arguments: str) -> None:
        """Start `python -m ARGUMENTS`."""
        self._name = " ".join(arguments)
        self._process = subprocess.Popen(
            [sys.executable, "-m", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment(),
            text=True,
            start_new_session=True,  # an interrupt is ours; we then end their input
        )

    def read(self) -> str:
        """Return the next line of its output.

        Raises:
            ProcessError: when it ended, or gave no line within `LIMIT` seconds.
        """
        assert self._process.stdout is not None
        timer = threading.Timer(LIMIT, self._process.kill)
        timer.start()
        try:
            line = self._process.stdout.readline()
        finally:
            timer.cancel()
        if not line:
            msg = f"`python -m {self._name}` ended with no answer; see above"
            raise ProcessError(msg)
        return line

    def ask(self, line: str) -> str:
        """Send one line and return the line it answers with."""
        assert self._process.stdin is not None
        try:
            print(line, file=self._process.stdin, flush=True)
        except BrokenPipeError:
            msg = f"`python -m {self._name}` has ended; see above"
            raise ProcessError(msg) from None
        return self.read()

    def close(self) -> None:
        """End its input and wait for it; kill it when it stays."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()


@contextmanager
def server(core: int) -> Iterator[str]:
    """Run the canned server on `core`; give the base URL of its API."""
    peer = Peer("bench._server", str(core))
    try:
        yield f"http://127.0.0.1:{int(peer.read())}/v1"
    finally:
        peer.close()


def run_cold(script: str, *arguments: str) -> str:
    """Run a script in a fresh, isolated interpreter and return what it printed.

    Raises:
        ProcessError: with the last line of its standard error, when it did not exit with 0.
    """
    command = [sys.executable, "-I", script, *arguments]
    try:
        done = subprocess.run(
            command, capture_output=True, env=environment(), text=True, timeout=LIMIT, check=False
        )
    except subprocess.TimeoutExpired:
        msg = f"no answer within {LIMIT:g} s"
        raise ProcessError(msg) from None
    if done.returncode:
        lines = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
        raise ProcessError(lines[-1])
    return done.stdout
