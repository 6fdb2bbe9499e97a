"""Events out of JSON lines: of files that grow and are rotated, and of standard input."""

from __future__ import annotations

import os
import select
import stat
import sys
import time
from collections import deque
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from .errors import ConfigurationError, InvalidEventError

if TYPE_CHECKING:
    from .events import TelemetryEvent

__all__ = ["EventFiles"]

_BLOCK = 1 << 18  # bytes that are read at once
_LONGEST = 1 << 24  # bytes of one line; what is longer is no event
_LOOKS = 0.1  # seconds between two looks at files that do not grow


class EventFiles:
    """
    The events of files with one JSON object a line, as `FileSink` writes them.

    Args:
        paths: The files; ``-`` is standard input.
        follow: Wait for what comes, through rotation and truncation, and for files that are not
            there yet; otherwise it ends after what is there.
        whole: Begin with what is there, not with what comes.
        since: Begin with what is there, and pass over events that are older.

    Attributes:
        invalid: How many lines were no events.

    Raises:
        ConfigurationError: A file cannot be read.
    """

    def __init__(
        self,
        paths: Sequence[str],
        *,
        follow: bool = True,
        whole: bool = False,
        since: datetime | None = None,
    ) -> None:
        whole = whole or since is not None
        self._inputs = deque(_Input(each, follow=follow, whole=whole) for each in paths)
        self._since = since
        self.invalid = 0

    @property
    def ended(self) -> bool:
        """Whether there is nothing more to come."""
        return all(each.ended for each in self._inputs)

    def poll(self, timeout: float) -> TelemetryEvent | None:
        """Return the next event, or None when there is none after *timeout* seconds, or the next line is none."""
        deadline = time.monotonic() + timeout
        while not self.ended:
            for _ in range(len(self._inputs)):
                self._inputs.rotate(-1)  # each in its turn: none can hold up the others
                if (line := self._inputs[-1].line()) is not None:
                    return self._event(line)
            if (left := deadline - time.monotonic()) <= 0:
                break
            self._wait(min(left, _LOOKS))
        return None

    def close(self) -> None:
        """Close the files."""
        for each in self._inputs:
            each.close()

    def _event(self, line: bytes) -> TelemetryEvent | None:
        from .events import TelemetryEvent  # noqa: PLC0415  # msgspec, which an empty file spares

        try:
            event = TelemetryEvent.from_json(line)
        except InvalidEventError:
            self.invalid += 1
            return None
        return event if self._since is None or event.timestamp >= self._since else None

    def _wait(self, seconds: float) -> None:
        if streams := [each.fd for each in self._inputs if each.streams]:
            select.select(streams, [], [], seconds)
        else:
            time.sleep(seconds)


class _Input:
    """A file or a pipe, line by line."""

    def __init__(self, path: str, *, follow: bool, whole: bool) -> None:
        self._path = path
        self._follow = follow
        self._whole = whole
        self._lines: deque[bytes] = deque()
        self._rest = b""  # of a line that is not whole yet
        self._over = False
        self._replaced = False
        self.fd = -1
        self.streams = False
        self._open()

    @property
    def ended(self) -> bool:
        return self._over and not self._lines

    def line(self) -> bytes | None:
        """Return the next line that is not blank; None: there is none yet."""
        if not self._lines and not self._over:
            self._read()
        return self._lines.popleft() if self._lines else None

    def close(self) -> None:
        self._over = True
        if self.fd >= 0 and self._path != "-":  # standard input is not ours
            os.close(self.fd)
        self.fd, self.streams = -1, False

    def _open(self) -> None:
        try:
            self.fd = sys.stdin.fileno() if self._path == "-" else os.open(self._path, os.O_RDONLY)
        except FileNotFoundError as error:
            if self._follow:  # it may come, and is new then
                self._whole = True
                return
            raise _unreadable(self._path, error) from error
        except OSError as error:
            raise _unreadable(self._path, error) from error
        mode = os.fstat(self.fd).st_mode
        if stat.S_ISDIR(mode):
            self.close()
            raise _unreadable(self._path, IsADirectoryError("it is a directory"))
        self.streams = not stat.S_ISREG(mode)
        if not self._whole and not self.streams:
            os.lseek(self.fd, 0, os.SEEK_END)
        self._whole = True  # of the next file of this name

    def _read(self) -> None:
        if self.fd < 0:
            self._open()
        if self.fd < 0 or (self.streams and not select.select([self.fd], [], [], 0)[0]):
            return
        if data := os.read(self.fd, _BLOCK):
            self._feed(data)
        elif self.streams or not self._follow:
            self._finish()
            self.close()
        elif self._replaced:
            self._finish()
            os.close(self.fd)
            self.fd, self._replaced = -1, False
        else:
            self._look()

    def _look(self) -> None:
        """See, at the end of a file, whether it still has its name and its length."""
        try:
            named = Path(self._path).stat()
        except FileNotFoundError:
            return  # the next one of this name is not there yet
        here = os.fstat(self.fd)
        # The old one is read to its end once more: something may have come before it was replaced.
        self._replaced = not os.path.samestat(named, here)
        if here.st_size < os.lseek(self.fd, 0, os.SEEK_CUR):
            os.lseek(self.fd, 0, os.SEEK_SET)
            self._rest = b""

    def _feed(self, data: bytes) -> None:
        *lines, self._rest = (self._rest + data).split(b"\n")
        self._lines.extend(each for each in lines if each.strip())
        if len(self._rest) > _LONGEST:
            self._rest = b"?"  # no event, whatever follows

    def _finish(self) -> None:
        """Take what is left as a line: nothing will end it."""
        rest, self._rest = self._rest, b""
        if rest.strip():
            self._lines.append(rest)


def _unreadable(path: str, error: OSError) -> ConfigurationError:
    return ConfigurationError(f"`{path}` cannot be read: {error.strerror or error}")
