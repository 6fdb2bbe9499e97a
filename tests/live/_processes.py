"""Servers as processes of their own, on free ports of the loopback, ended by their pid."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import IO

_ADDRESS = re.compile(r"(?:READY|Uvicorn running on) (http://127\.0\.0\.1:\d+)")


@contextmanager
def running(command: Sequence[str], **environment: str) -> Iterator[str]:
    """
    Run a server, and yield its address, which it prints when it is ready.

    Raises:
        RuntimeError: It ended instead; the message has what it said.
    """
    process = subprocess.Popen(
        [sys.executable, *command],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, **environment},
    )
    assert process.stdout is not None
    try:
        yield _address(process.stdout)
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()
        assert process.stdin is not None
        process.stdin.close()


def _address(output: IO[str]) -> str:
    said: list[str] = []
    for line in output:
        said.append(line)
        if found := _ADDRESS.search(line):
            # What it says from now on is for nobody, but a full pipe would stop it.
            threading.Thread(target=_drain, args=(output,), daemon=True).start()
            return found[1]
    msg = "the server ended:\n" + "".join(said[-30:])
    raise RuntimeError(msg)


def _drain(output: IO[str]) -> None:
    try:
        for _ in output:
            pass
    except ValueError:  # closed while it was read
        pass
