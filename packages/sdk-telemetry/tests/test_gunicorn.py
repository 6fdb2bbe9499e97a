"""gunicorn with `preload_app`: a client that is made once, before the workers are forked."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections import defaultdict
from http.client import HTTPConnection
from pathlib import Path
from textwrap import dedent

import pytest

from sdk_telemetry.outbox import Outbox

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="gunicorn forks its workers")

PAIRS = 10  # of requests
BEFORE = 25  # events of the master before each fork

# The master's sink takes nothing until the first worker is there: the fork copies what waits.
APPLICATION = """
import os
import threading
from pathlib import Path

from sdk_telemetry.clients import TelemetryClient
from sdk_telemetry.sinks import FileSink, Sink

FORKED = threading.Event()
os.register_at_fork(after_in_parent=FORKED.set, after_in_child=FORKED.set)


class OwnFile(Sink):
    name = "own"

    def __init__(self):
        self.forget()

    def forget(self):
        self.file = FileSink(Path("sent") / f"{os.getpid()}.jsonl")

    def deliver(self, records, done):
        return self.file.deliver(records, done) if FORKED.is_set() else 0

    def poll(self, timeout):
        FORKED.wait(timeout)

    def close(self, timeout):
        self.file.close(timeout)


client = TelemetryClient(sinks=[OwnFile()], service_name="tests", outbox="outbox")


def application(environ, start_response):
    client.track(environ["PATH_INFO"])
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [str(os.getpid()).encode()]
"""

SETTINGS = f"""
preload_app = True
workers = 2
control_socket_disable = True

def pre_fork(server, worker):
    from application import client
    for number in range({BEFORE}):
        client.track(f"before {{worker.age}} {{number}}")
"""


class Gunicorn:
    """
    A master with two workers, on a port that was bound before it began.

    Args:
        folder: Where it runs, and where its events go.
    """

    def __init__(self, folder: Path) -> None:
        (folder / "application.py").write_text(dedent(APPLICATION))
        (folder / "gunicorn.conf.py").write_text(dedent(SETTINGS))
        with socket.create_server(("127.0.0.1", 0)) as listener:
            self._port = listener.getsockname()[1]
            bind = f"--bind=fd://{listener.fileno()}"
            self.process = subprocess.Popen(
                [sys.executable, "-m", "gunicorn", bind, "application"],
                cwd=folder,
                pass_fds=[listener.fileno()],
                stderr=subprocess.PIPE,
                text=True,
            )

    def connection(self) -> HTTPConnection:
        """Return a connection that some worker takes, and then waits on."""
        made = HTTPConnection("127.0.0.1", self._port, timeout=60)
        made.connect()
        return made

    def ask_both(self, path: str) -> dict[str, str]:
        """Have each worker answer one request, and return which it was of each."""
        with_one, with_the_other = self.connection(), self.connection()
        answers = {}
        # Whoever took the first connection waits for its request: the second goes to the other.
        for connection, asked in ((with_the_other, f"{path}/b"), (with_one, f"{path}/a")):
            connection.request("GET", asked)
            answers[connection.getresponse().read().decode()] = asked
            connection.close()
        return answers

    def end(self) -> tuple[int, str]:
        """Tell the master to end, and return how it did and what it logged."""
        self.process.send_signal(signal.SIGTERM)
        _, logged = self.process.communicate(timeout=60)
        return self.process.returncode, logged


def test_every_event_is_sent_once_by_the_process_that_tracked_it(tmp_path: Path) -> None:
    """Requests, then SIGTERM to the master: nothing is lost, and no worker sends the master's."""
    tracked: defaultdict[str, list[str]] = defaultdict(list)
    gunicorn = Gunicorn(tmp_path)
    with gunicorn.process:
        try:
            for number in range(PAIRS):
                for pid, path in gunicorn.ask_both(f"/{number}").items():
                    tracked[pid].append(path)
            code, logged = gunicorn.end()
        finally:
            gunicorn.process.kill()
    assert code == 0, logged
    assert "Traceback" not in logged
    assert sorted(map(len, tracked.values())) == [PAIRS, PAIRS]
    master = str(gunicorn.process.pid)
    tracked[master] = [f"before {age} {number}" for age in (1, 2) for number in range(BEFORE)]
    sent = {
        file.stem: [json.loads(line)["model"] for line in file.read_bytes().splitlines()]
        for file in (tmp_path / "sent").iterdir()
    }
    assert sent == tracked
    outbox = Outbox(tmp_path / "outbox")
    outbox.open()
    assert outbox.adopt() == 0
    outbox.close()
