"""Ten thousand calls, of all kinds, leave a process as small as it was."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import pytest

Serve = Callable[..., SimpleNamespace]
Http = Callable[..., bytes]

CALLS = 6_000
"""In each colour, in three rounds."""

EVENTS = (
    b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n",
    *[b'10\r\ndata: {"a": 1}\n\n\r\n'] * 3,
    b"e\r\ndata: [DONE]\n\n\r\n0\r\n\r\n",
)


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="this system does not tell")
def test_memory_stays_flat(serve: Serve, http: Http) -> None:
    """Answers, refusals, repeats, cuts, streams, dropped streams, cancellations: nothing is kept."""

    def answer(sent: SimpleNamespace) -> Iterator[bytes]:
        path = sent.line.split()[1]
        if path == "/no":
            yield http(b'{"error": "no"}', 404)
        elif path == "/moved":
            yield http(b"", 307, location="/ok")
        elif path == "/again" and "x-sdk-retry-count" not in sent.headers:
            yield http(b"", 503, retry_after=0)
        elif path == "/cut":
            yield http(b"{", content_length=10)
            raise ConnectionAbortedError
        elif path == "/events":
            yield from EVENTS
        else:
            yield http(b'{"ok": true}')

    server = serve(answer)
    program = Path(__file__).with_name("_soak.py")
    command = [sys.executable, "-W", "error", str(program), server.url, str(CALLS)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=590, check=False)
    assert done.stderr == ""
    held = json.loads(done.stdout)
    for rounds in (held["sync"], held["async"]):
        # What leaks grows in every round; what is loaded once, now or later, does not.
        grown = {
            name: min(after[name] - before[name] for before, after in pairwise(rounds))
            for name in rounds[0]
        }
        assert grown["blocks"] < 1_000
        assert grown["resident_kb"] < 2_000
        assert grown["files"] <= 12  # as many as run at once
        assert grown["threads"] <= 0
        assert grown["objects"] < 500
    assert held["left"]["files"] <= 6
