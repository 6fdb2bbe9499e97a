"""
Progress: who is told how far a transfer is, and how that is shown.

`Progress` is any function of the bytes so far and of all bytes. Wherever one is taken, there may be
a name instead: ``"auto"`` shows a bar on a terminal and lines elsewhere, ``"bar"`` and ``"lines"``
choose, ``"off"`` and ``None`` are silent. The variable ``SDK_PROGRESS`` of the environment, if it
holds one of these names, goes before the names in code; it does not silence functions.

What is shown goes to standard error. A bar needs ``pip install 'sdk-core[progress]'`` (tqdm);
without that, ``"auto"`` writes lines.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from functools import cache
from threading import RLock
from typing import IO, TYPE_CHECKING, Any, Protocol

from .errors import ConfigurationError

if TYPE_CHECKING:
    from .typing import Progress as Wanted

__all__ = ["Bar", "Lines", "Progress", "Throttled", "display"]

_NAMES = ("auto", "bar", "lines", "off")
_VARIABLE = "SDK_PROGRESS"
_TENTH = 0.1  # seconds; what is faster, nobody can see
_LINES = 1.0  # seconds between two lines, at least
_SIGN_OF_LIFE = 10.0  # seconds after which a line is written, however little has come
_STEP = 10  # per cent


class Progress(Protocol):
    """
    Told how far a transfer is.

    If it has a method ``close()``, that is called when the transfer is over, however it ended. It
    is called by one thread at a time, which need not be the one that began the transfer.
    """

    def __call__(self, done: int, total: int | None, /) -> None:
        """Take note that *done* bytes are there, of *total*, or of nobody knows how many."""


class Throttled:
    """
    Pass on what is told at most ten times a second, and the last of it in any case.

    Args:
        progress: Who is told.
        seconds: The shortest time between two tellings.
        clock: Seconds that only grow.
    """

    def __init__(
        self,
        progress: Progress,
        seconds: float = _TENTH,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._progress = progress
        self._seconds = seconds
        self._clock = clock
        self._lock = RLock()
        self._next = 0.0
        self._late: tuple[int, int | None] | None = None

    def __call__(self, done: int, total: int | None, /) -> None:
        """Pass it on, now or later."""
        with self._lock:
            now = self._clock()
            self._late = done, total
            if now >= self._next or done == total:
                self._next = now + self._seconds
                self._flush()

    def _flush(self) -> None:
        late, self._late = self._late, None
        if late is not None:
            self._progress(*late)

    def close(self) -> None:
        """Pass on what has not been, and that it is over."""
        with self._lock:
            self._flush()
            self._next = 0.0
            if (close := getattr(self._progress, "close", None)) is not None:
                close()


class Lines:
    """
    Write a line at every tenth of the way, but no two in a second; at least one in ten seconds.

    Args:
        label: What the lines begin with, such as the name of the file.
        file: Where they go. Default: standard error.
        clock: Seconds that only grow.
    """

    def __init__(
        self,
        label: str,
        file: IO[str] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._label = label
        self._file = file
        self._clock = clock
        self._lock = RLock()
        self._began: float | None = None
        self._reset()

    def _reset(self) -> None:
        self._began = None
        self._shown_at = 0.0
        self._shown = 0
        self._state: tuple[int, int | None] = (0, None)
        self._line = ""

    def __call__(self, done: int, total: int | None, /) -> None:
        """Take note, and write a line if it is time."""
        with self._lock:
            now = self._clock()
            if self._began is None:
                self._began = self._shown_at = now
                self._shown = _per_cent(done, total)
            self._state = done, total
            further = _per_cent(done, total) // _STEP > self._shown // _STEP
            waited = now - self._shown_at
            if waited >= _SIGN_OF_LIFE or (further and waited >= _LINES):
                self._write()

    def _write(self) -> None:
        done, total = self._state
        self._shown_at = self._clock()
        self._shown = _per_cent(done, total)
        line = f"{self._label}: {_size(done)}"
        if total is not None:
            line += f" of {_size(total)} ({self._shown} %)"
        if line != self._line:
            self._line = line
            _print(line, self._file)

    def close(self) -> None:
        """Write how it stands at the end."""
        with self._lock:
            if self._began is not None:
                self._write()
            self._reset()


class Bar:
    """
    Draw a bar with tqdm.

    Args:
        label: What stands before it, such as the name of the file.
        file: Where it goes. Default: standard error.

    Raises:
        ConfigurationError: tqdm is not installed.
    """

    def __init__(self, label: str, file: IO[str] | None = None) -> None:
        self._kind = _tqdm()
        self._label = label
        self._file = file
        self._lock = RLock()
        self._bar: Any = None

    def __call__(self, done: int, total: int | None, /) -> None:
        """Draw it as it stands now, or soon."""
        with self._lock:
            if self._bar is None:
                self._bar = self._kind(
                    desc=self._label,
                    total=total,
                    initial=done,
                    file=self._file or sys.stderr,
                    unit="B",
                    unit_scale=True,
                    unit_divisor=1024,
                    dynamic_ncols=True,
                    mininterval=_TENTH,
                    miniters=1,
                )
            self._bar.total = total
            self._bar.update(done - self._bar.n)

    def close(self) -> None:
        """Draw it for the last time, and leave it there."""
        with self._lock:
            bar, self._bar = self._bar, None
            if bar is not None:
                bar.close()


def display(progress: Wanted | None, label: str) -> Progress | None:
    """
    Return whom to tell, None if it is nobody.

    Args:
        progress: A function, or the name of a display, as it was given.
        label: What a display calls the transfer.

    Raises:
        ConfigurationError: It is none of the names and no function.
    """
    if progress is None:
        return None
    if callable(progress):
        return progress
    name = os.environ.get(_VARIABLE) or progress
    if name not in _NAMES or progress not in _NAMES:
        what = f"`{_VARIABLE}`" if progress in _NAMES else "`progress`"
        names = ", ".join(repr(each) for each in _NAMES)
        msg = (
            f"{what} must be one of {names}, not {name if what == f'`{_VARIABLE}`' else progress!r}"
        )
        raise ConfigurationError(msg)
    if name == "off" or sys.stderr is None:  # a program without a window has none
        return None
    if name == "bar":
        return Bar(label)
    if name == "auto" and _on_terminal():
        try:
            return Bar(label)
        except ConfigurationError:
            pass
    return Lines(label)


def _on_terminal() -> bool:
    try:
        return sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
    except ValueError:  # it is closed
        return False


@cache
def _tqdm() -> Any:
    try:
        from tqdm import tqdm  # noqa: PLC0415  # an extra, and slow to import
    except ImportError as exc:
        msg = "`progress` as a bar needs tqdm: pip install 'sdk-core[progress]'"
        raise ConfigurationError(msg) from exc

    class Quiet(tqdm):  # type: ignore[type-arg]  # it is one at run time
        """One that starts no thread, and asks for no lock between processes."""

        monitor_interval = 0

    Quiet.set_lock(RLock())
    return Quiet


def _print(line: str, file: IO[str] | None) -> None:
    file = file or sys.stderr
    if file is not None:
        try:
            file.write(f"{line}\n")
            file.flush()
        except (OSError, ValueError):  # nobody reads it any more: no reason to stop a transfer
            pass


def _per_cent(done: int, total: int | None) -> int:
    return done * 100 // total if total else 0


def _size(count: int) -> str:
    """Return *count* bytes for people, in the units of 1024 that file tools use."""
    size, unit = float(count), "B"
    for larger in ("KiB", "MiB", "GiB", "TiB"):
        if size < 1024:
            break
        size, unit = size / 1024, larger
    return f"{count} B" if unit == "B" else f"{size:.1f} {unit}"
