"""Processes: forks, signals, and the end of the interpreter, with real ones."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from textwrap import dedent

import pytest

from sdk_telemetry.clients import TelemetryClient
from sdk_telemetry.outbox import Outbox

from ._scripted import AWAY, ScriptedSink, event

HEAD = """
import os, signal, sys, threading
from sdk_telemetry.clients import TelemetryClient
from sdk_telemetry.sinks import Sink

def ready():
    # Not by `print`: a signal could come while it has the lock that the sink needs.
    os.write(1, b"ready\\n")

class Lines(Sink):
    name = "lines"
    def __init__(self, way="confirm"):
        self.way, self.pid = way, os.getpid()
    def deliver(self, records, done):
        if self.way == "hang":
            threading.Event().wait()
        if self.way == "hold":
            return len(records)
        for record in records:
            sys.stdout.write(f"{os.getpid() == self.pid} {record.event.model}\\n")
        sys.stdout.flush()
        done(records, None)
        return len(records)
    def forget(self):
        self.pid = os.getpid()
"""


def run(program: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a program to its end."""
    return subprocess.run(
        [sys.executable, "-c", HEAD + dedent(program)],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@contextmanager
def running(program: str) -> Iterator[subprocess.Popen[str]]:
    """Run a program in the background."""
    with subprocess.Popen(
        [sys.executable, "-c", HEAD + dedent(program)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def until_ready(process: subprocess.Popen[str]) -> str:
    """Return what a program says before it is ready."""
    assert process.stdout is not None
    said = ""
    for line in process.stdout:
        if line == "ready\n":
            break
        said += line
    return said


def in_child(work: object) -> str:
    """Fork, call *work* in the child, and return what it said."""
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        said = b"nothing"
        try:
            said = str(work()).encode()  # type: ignore[operator]  # a function
        except BaseException as error:  # the parent raises
            said = repr(error).encode()
        finally:
            os.write(write, said)
            os._exit(0)
    os.close(write)
    with os.fdopen(read, "rb") as pipe:
        said = pipe.read()
    os.waitpid(pid, 0)
    return said.decode()


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_child_begins_anew() -> None:
    """It has none of the parent's events, and its own arrive; the parent loses nothing."""
    sink = ScriptedSink(way="hold")
    with TelemetryClient(sinks=[sink], service_name="tests") as client:
        client.track("parent")
        sink.until(lambda sink: sink.held)

        def child() -> object:
            before = client.stats()
            sink.__init__()  # type: ignore[misc]  # the lock of the test's sink may be held
            client.track("child")
            return before.accepted, client.flush(10), client.stats().delivered, sink.models

        assert in_child(child) == "(0, 0, 1, ['child'])"
        sink.say("confirm")
        assert client.flush() == 0
        assert sink.models == ["parent"]


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_sink_is_told_of_the_fork() -> None:
    """It can let go of what belongs to the parent."""
    sink = ScriptedSink()
    with TelemetryClient(sinks=[sink], service_name="tests"):
        assert in_child(lambda: sink.forgotten) == "1"
        assert sink.forgotten == 0


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_client_that_was_closed_before_a_fork_stays_closed() -> None:
    """The child counts what it hands in, and waits for nobody."""
    client = TelemetryClient(sinks=[ScriptedSink()], service_name="tests")
    client.close()
    assert in_child(lambda: (client.track("child"), client.close(5))) == "(False, 0)"


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_child_has_an_outbox_of_its_own(tmp_path: Path) -> None:
    """What it left is sent by whoever opens the directory next, and nothing is sent twice."""
    sink = ScriptedSink(way=AWAY)
    client = TelemetryClient(sinks=[sink], service_name="tests", outbox=tmp_path, durable=True)
    assert client.track("parent")

    def child() -> object:
        sink.__init__(way=AWAY)  # type: ignore[misc]  # as above
        return client.track("child"), client.stats().pending

    assert in_child(child) == "(True, 1)"
    client.close(0.2)
    after = ScriptedSink()
    with TelemetryClient(sinks=[after], service_name="tests", outbox=tmp_path) as client:
        client.send(event("after"))
        client.flush()
    assert sorted(after.models) == ["after", "child", "parent"]


def test_the_end_of_the_interpreter_sends_what_is_left() -> None:
    """Nobody has to close a client."""
    done = run(
        """
        client = TelemetryClient(sinks=[Lines()], service_name="tests")
        for number in range(1000):
            client.track(str(number))
        """
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.split()[1::2] == [str(number) for number in range(1000)]


def test_an_exception_ends_the_interpreter_as_well() -> None:
    """What was tracked before it arrives."""
    done = run(
        """
        client = TelemetryClient(sinks=[Lines()], service_name="tests")
        client.track("gpt")
        raise SystemExit(3)
        """
    )
    assert (done.returncode, done.stdout) == (3, "True gpt\n")


@pytest.mark.parametrize("way", ["hang", "hold"])
def test_the_end_is_held_up_no_longer_than_told(way: str) -> None:
    """A sink that hangs costs the time that the environment allows, and a warning."""
    begun = time.monotonic()
    done = run(
        f"""
        client = TelemetryClient(sinks=[Lines({way!r})], service_name="tests")
        client.track("gpt")
        """,
        SDK_TELEMETRY_EXIT_TIMEOUT="0.3",
    )
    assert (done.returncode, done.stdout) == (0, "")
    assert time.monotonic() - begun < 30


def test_events_of_the_end_itself_are_counted_and_no_error() -> None:
    """`track` in functions of `atexit` that run after ours returns False."""
    done = run(
        """
        import atexit
        client = None
        atexit.register(lambda: print(client.track("late"), client.stats().dropped_by))
        client = TelemetryClient(sinks=[Lines()], service_name="tests")
        client.track("gpt")
        """
    )
    assert done.stdout == "True gpt\nFalse {'closed': 1}\n"
    assert done.stderr == ""


def test_a_client_first_used_at_the_end() -> None:
    """Where no thread can be started any more, the event is counted, and nothing hangs."""
    done = run(
        """
        import atexit
        client = TelemetryClient(sinks=[Lines()], service_name="tests")
        atexit.register(lambda: print(client.track("late"), client.stats().accepted))
        """,
        SDK_TELEMETRY_EXIT_TIMEOUT="5",
    )
    assert done.returncode == 0
    assert "True 1" in done.stdout
    assert "Traceback" not in done.stderr


def test_workers_of_multiprocessing_send_what_is_left() -> None:
    """They end without `atexit`; their events arrive nevertheless."""
    done = run(
        """
        import multiprocessing, warnings
        warnings.simplefilter("ignore", DeprecationWarning)
        client = TelemetryClient(sinks=[Lines()], service_name="tests")
        def work():
            client.track("child")
        worker = multiprocessing.get_context("fork").Process(target=work)
        worker.start()
        worker.join()
        """
    )
    assert (done.stdout, done.stderr) == ("True child\n", "")


def test_a_signal_sends_what_is_left_and_does_what_it_did() -> None:
    """With our handler, SIGTERM still ends the process by SIGTERM."""
    with running(
        """
        client = TelemetryClient(sinks=[Lines()], service_name="tests")
        client.install_signal_handlers()
        client.track("gpt")
        ready()
        while True:
            signal.pause()
        """
    ) as process:
        assert process.stdout is not None
        said = until_ready(process)
        process.terminate()
        assert said + process.stdout.read() == "True gpt\n"
        assert process.wait(30) == -signal.SIGTERM


def test_a_handler_that_was_there_is_called_afterwards() -> None:
    """Ours is in front of it, and takes nothing away."""
    with running(
        """
        def old(number, frame):
            print("old", client.stats().delivered, flush=True)
            sys.exit(7)
        signal.signal(signal.SIGTERM, old)
        client = TelemetryClient(sinks=[Lines()], service_name="tests")
        client.install_signal_handlers(signal.SIGTERM, timeout=5)
        client.track("gpt")
        ready()
        while True:
            signal.pause()
        """
    ) as process:
        assert process.stdout is not None
        said = until_ready(process)
        process.terminate()
        assert said + process.stdout.read() == "True gpt\nold 1\n"
        assert process.wait(30) == 7


def test_a_signal_that_was_ignored_is_still_ignored() -> None:
    """The client is closed, and the process goes on."""
    with running(
        """
        signal.signal(signal.SIGUSR1, signal.SIG_IGN)
        client = TelemetryClient(sinks=[Lines()], service_name="tests")
        client.install_signal_handlers(signal.SIGUSR1)
        ready()
        while client.track("gpt"):
            signal.sigtimedwait([], 0.001)
        print("closed", flush=True)
        """
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.send_signal(signal.SIGUSR1)
        assert process.stdout.read().endswith("closed\n")
        assert process.wait(30) == 0


def test_a_signal_in_the_middle_of_sending_does_not_deadlock() -> None:
    """The main thread holds what it holds; the handler waits no longer than its time."""
    with running(
        """
        client = TelemetryClient(sinks=[Lines("hold")], service_name="tests")
        client.install_signal_handlers(timeout=0.3)
        client._pipeline._lock.acquire()
        client.track("gpt")
        ready()
        while True:
            signal.pause()
        """
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.terminate()
        assert process.wait(30) == -signal.SIGTERM


def test_nothing_is_installed_by_default() -> None:
    """Handlers of signals are the application's."""
    before = signal.getsignal(signal.SIGTERM)
    with TelemetryClient(sinks=[ScriptedSink()], service_name="tests") as client:
        client.track("gpt")
        assert signal.getsignal(signal.SIGTERM) is before


def test_only_the_main_thread_can_install_handlers() -> None:
    """As Python says."""
    caught: list[ValueError] = []
    client = TelemetryClient(sinks=[ScriptedSink()], service_name="tests")

    def install() -> None:
        try:
            client.install_signal_handlers()
        except ValueError as error:
            caught.append(error)

    thread = threading.Thread(target=install)
    thread.start()
    thread.join()
    assert len(caught) == 1


def test_kill_9_loses_nothing_that_is_in_the_outbox(tmp_path: Path) -> None:
    """What `track` said True to in durable mode is sent by the next process."""
    with running(
        f"""
        client = TelemetryClient(sinks=[Lines("hold")], service_name="tests", outbox={str(tmp_path)!r}, durable=True)
        for number in range(10_000):
            if client.track(str(number)):
                print(number, flush=True)
        """
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line == "300\n":
                process.kill()
                break
        last = max(map(int, ["300", *process.stdout.read().split()[:-1]]))
    outbox = Outbox(tmp_path)
    outbox.open()
    assert outbox.adopt() > last
    outbox.close()


def test_importing_the_clients_loads_little() -> None:
    """No JSON encoder, no attrs, no event loop, no Kafka, no logging, before one is made."""
    heavy = {"asyncio", "attr", "attrs", "confluent_kafka", "logging", "msgspec", "pydantic"}
    done = subprocess.run(
        [sys.executable, "-c", f"{IMPORT}; print(sorted({heavy} & {{*sys.modules}}))"],
        env={name: value for name, value in os.environ.items() if "COVERAGE" not in name},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stdout == "[]\n"


IMPORT = "import sys; from sdk_telemetry import TelemetryClient"
