"""Who is told how far a transfer is, and how that is shown."""

from __future__ import annotations

import fcntl
import io
import os
import pty
import re
import struct
import subprocess
import sys
import termios
import textwrap
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from sdk_core import progress
from sdk_core.errors import ConfigurationError
from sdk_core.progress import Bar, Lines, Throttled, display

MIB = 1 << 20


class Clock:
    """One that stands until it is moved."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        """Tell the time."""
        return self.now


class Told:
    """Somebody who takes note of all."""

    def __init__(self) -> None:
        self.all: list[tuple[int, int | None]] = []
        self.closed = 0

    def __call__(self, done: int, total: int | None) -> None:
        """Take note."""
        self.all.append((done, total))

    def close(self) -> None:
        """Take note of the end."""
        self.closed += 1


def test_ten_times_a_second_is_enough() -> None:
    """And the last is told in any case."""
    clock, told = Clock(), Told()
    throttled = Throttled(told, clock=clock)
    for done in range(100):
        clock.now += 0.01
        throttled(done, None)
    assert 9 <= len(told.all) <= 11
    throttled(100, None)
    throttled.close()
    assert (100, None) == told.all[-1]
    assert 1 == told.closed
    count = len(told.all)
    throttled.close()
    assert count == len(told.all)


def test_the_end_is_not_throttled() -> None:
    """Nor is what has no method for it closed."""
    clock, told = Clock(), []
    throttled = Throttled(lambda *each: told.append(each), clock=clock)
    throttled(1, 2)
    throttled(2, 2)
    throttled.close()
    assert [(1, 2), (2, 2)] == told


def test_a_line_at_every_tenth_but_no_two_in_a_second() -> None:
    """And one at the end, whatever the clock says."""
    clock, out = Clock(), io.StringIO()
    lines = Lines("a.bin", out, clock)
    for done in range(0, 100 * MIB + 1, MIB):
        lines(done, 100 * MIB)
        clock.now += 0.15
    lines.close()
    shown = out.getvalue().splitlines()
    assert "a.bin: 10.0 MiB of 100.0 MiB (10 %)" == shown[0]
    assert "a.bin: 100.0 MiB of 100.0 MiB (100 %)" == shown[-1]
    assert 10 == len(shown)
    out.truncate(0)
    for done in range(101):  # all of it within a second
        lines(done, 100)
    lines.close()
    assert ["a.bin: 100 B of 100 B (100 %)"] == out.getvalue().strip("\0").splitlines()


def test_a_line_in_ten_seconds_where_little_comes() -> None:
    """Or nobody knows how much there will be; the units are those of file tools."""
    clock, out = Clock(), io.StringIO()
    lines = Lines("x", out, clock)
    for done in (1023, 2048, 3 << 40):
        lines(done, None)
        clock.now += 11
    lines(3 << 40, None)
    lines.close()
    assert ["x: 2.0 KiB", "x: 3.0 TiB"] == out.getvalue().splitlines()


def test_who_was_told_nothing_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """An empty file is no news."""
    for shown in (Lines("x"), Bar("x")):
        shown.close()
    assert ("", "") == capsys.readouterr()


class Broken(io.StringIO):
    """A terminal that has gone away."""

    def write(self, text: str) -> int:
        """Fail."""
        raise BrokenPipeError


def test_a_reader_that_has_gone_away_stops_no_transfer() -> None:
    """There is nobody to complain to."""
    for out in (Broken(), io.StringIO()):
        if not isinstance(out, Broken):
            out.close()
        lines = Lines("x", out)
        lines(1, 2)
        lines.close()


def test_names_choose_a_display(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment goes before them, but not before functions."""
    monkeypatch.delenv("SDK_PROGRESS", raising=False)
    told: Any = Told()
    assert isinstance(display("auto", "x"), Lines)  # pytest's standard error is no terminal
    assert isinstance(display("lines", "x"), Lines)
    assert isinstance(display("bar", "x"), Bar)
    assert display("off", "x") is None
    assert display(None, "x") is None
    for name, kind in (("off", type(None)), ("bar", Bar), ("lines", Lines)):
        monkeypatch.setenv("SDK_PROGRESS", name)
        assert kind is type(display("auto", "x"))
        assert told is display(told, "x")
        assert display(None, "x") is None
    monkeypatch.setenv("SDK_PROGRESS", "loud")
    with pytest.raises(ConfigurationError, match=r"`SDK_PROGRESS` must be one of .*, not 'loud'"):
        display("auto", "x")
    with pytest.raises(ConfigurationError, match=r"`progress` must be one of .*, not 'quiet'"):
        display("quiet", "x")  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match=r"`progress` must be one of .*, not 3"):
        display(3, "x")  # type: ignore[arg-type]


class Terminal(io.StringIO):
    """A terminal, as far as it says."""

    def isatty(self) -> bool:
        """Say so."""
        if self.closed:
            raise ValueError
        return True


def test_a_terminal_gets_a_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    """If it can draw one and tqdm is there; without standard error there is nothing to show."""
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys, "stderr", Terminal())
    assert isinstance(display("auto", "x"), Bar)
    monkeypatch.setenv("TERM", "dumb")
    assert isinstance(display("auto", "x"), Lines)
    monkeypatch.setenv("TERM", "xterm")
    progress._tqdm.cache_clear()
    monkeypatch.setitem(sys.modules, "tqdm", None)
    assert isinstance(display("auto", "x"), Lines)
    with pytest.raises(ConfigurationError, match=re.escape("pip install 'sdk-core[progress]'")):
        display("bar", "x")
    sys.stderr.close()
    assert isinstance(display("auto", "x"), Lines)
    lines = Lines("x")
    monkeypatch.setattr(sys, "stderr", None)
    assert display("bar", "x") is None
    lines(1, 2)
    lines.close()


def test_a_bar_begins_where_the_transfer_does_and_may_go_back() -> None:
    """The speed is that of this call; a file that begins anew has its own size."""
    out = io.StringIO()
    bar = Bar("x", out)
    bar(MIB, 4 * MIB)
    assert MIB == bar._bar.initial
    bar(0, 2 * MIB)
    bar(2 * MIB, 2 * MIB)
    bar.close()
    assert "100%" in out.getvalue().splitlines()[-1]
    assert not [each for each in threading.enumerate() if "Monitor" in type(each).__name__]


def test_bars_and_lines_are_safe_in_several_threads() -> None:
    """What is shown at the end is the end."""
    out = io.StringIO()
    shown: list[Any] = [Lines("x", out), Bar("y", out), Throttled(Told())]

    def tell() -> None:
        for done in range(0, 1001, 50):
            for each in shown:
                each(done, 1000)

    threads = [threading.Thread(target=tell) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    for each in shown:
        each(1000, 1000)
        each.close()
    assert "x: 1000 B of 1000 B (100 %)" in out.getvalue()
    assert "0.98k/0.98k" in out.getvalue()


PROGRAM = textwrap.dedent(
    """
    import sys
    from sdk_core import transfers
    from sdk_core.clients import SyncClient

    url, file = sys.argv[1:]
    with SyncClient(base_url=url) as client:
        transfers.download(client, "/file", file, progress="auto")
    print("done")
    """
)


def _show(url: str, file: Path, **environment: str) -> tuple[str, str]:
    """Run the program on a terminal of 80 columns; return what it shows there and what it prints."""
    main, side = pty.openpty()
    fcntl.ioctl(side, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    inherited = {name: value for name, value in os.environ.items() if name != "SDK_PROGRESS"}
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, url, str(file)],
        stderr=side,
        stdout=subprocess.PIPE,
        env={**inherited, "TERM": "xterm", "LANG": "C.UTF-8", **environment},
    )
    os.close(side)
    shown = bytearray()
    try:
        while piece := os.read(main, 4096):
            shown += piece
    except OSError:  # the end of a terminal, on Linux
        pass
    finally:
        os.close(main)
    printed, _ = process.communicate(timeout=60)
    assert 0 == process.returncode
    return shown.decode(), printed.decode()


def test_a_real_terminal_shows_a_bar_that_ends_full(remote: Any, tmp_path: Path) -> None:
    """One line that is drawn again and again; standard output is the program's own."""
    server = remote(cuts=(70_000,))
    shown, printed = _show(server.url, tmp_path / "file.bin")
    assert "done\n" == printed
    frames = re.split(r"\r\n?", shown)
    assert "file.bin: 100%|" in frames[-2]
    assert "195k/195k" in frames[-2]
    assert "" == frames[-1]
    assert 1 == shown.count("\n")
    assert max(map(len, frames)) <= 80


def test_a_terminal_may_be_kept_clean(remote: Any, tmp_path: Path) -> None:
    """By the environment alone."""
    server = remote()
    assert ("", "done\n") == _show(server.url, tmp_path / "file", SDK_PROGRESS="off")
    shown, _ = _show(server.url, tmp_path / "file", SDK_PROGRESS="lines")
    assert "file: 195.3 KiB of 195.3 KiB (100 %)\r\n" == shown


def test_a_pipe_gets_lines(remote: Any, tmp_path: Path) -> None:
    """As a log does."""
    command = [sys.executable, "-c", PROGRAM, remote().url, str(tmp_path / "file")]
    environment = {name: v for name, v in os.environ.items() if name != "SDK_PROGRESS"}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    assert ("done\n", "file: 195.3 KiB of 195.3 KiB (100 %)\n") == (done.stdout, done.stderr)


def test_who_can_be_closed_is_closed(remote: Any, fetch: Any, tmp_path: Path) -> None:
    """However the transfer ended."""
    told = Told()
    fetch(remote().url, tmp_path / "file", progress=told)
    assert 1 == told.closed

    def refuse(_: SimpleNamespace) -> Iterator[bytes]:
        raise ConnectionAbortedError

    server = remote()
    server.answer = refuse
    with pytest.raises(Exception, match="Connection error"):
        fetch(server.url, tmp_path / "file", progress=told, client={"max_retries": 0})
    assert 2 == told.closed
