"""
Files of lines that several processes append to and rename.

Each process has the file open with a shared lock (``flock``); who can have the exclusive one is
alone with it, and may cut or compress it. Where there are no such locks (Windows), a process counts
as alone.
"""

from __future__ import annotations

import gzip
import logging
import math
import os
import re
import shutil
import stat
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

if sys.platform == "win32":  # pragma: no cover - the other one of two systems

    def _is_alone(descriptor: int) -> bool:  # noqa: ARG001  # as below
        """Say that no other process has the file open."""
        return True

    def _share(descriptor: int) -> None:
        """Do nothing: there are no such locks."""

else:
    import fcntl

    def _is_alone(descriptor: int) -> bool:
        """Lock the file behind *descriptor* alone, if no other process has it open."""
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:  # another one has, or the file system has no locks
            return False
        return True

    def _share(descriptor: int) -> None:
        """Lock the file together with other processes; wait for one that is alone with it."""
        with suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_SH)


__all__ = ["LineFile"]

_log = logging.getLogger("sdk_telemetry.file")

_FLAGS: Final = os.O_CREAT | os.O_APPEND | os.O_RDWR | getattr(os, "O_BINARY", 0)
_GROUP: Final = 2**20  # bytes written at once, or one line
_PART: Final = os.O_CREAT | os.O_TRUNC | os.O_WRONLY | getattr(os, "O_BINARY", 0)
_TAIL: Final = 2**16


class LineFile:
    """
    The newest of a row of files; see `FileSink` for the arguments.

    It is opened by the first line, and again after errors and in a forked child.
    """

    def __init__(
        self,
        path: Path,
        *,
        rotate_bytes: int | None,
        rotate_every: float | None,
        keep: int | None,
        compress: bool,
        fsync: bool,
        mode: int,
    ) -> None:
        self.path = path
        self._rotate_bytes = rotate_bytes
        self._rotate_every = rotate_every
        self._keep = keep
        self._compress = compress
        self._fsync = fsync
        self._mode = mode
        self._descriptor: int | None = None
        self._period = 0
        former = rf"{re.escape(path.stem)}-\d{{8}}T\d{{12}}-\d+{re.escape(path.suffix)}"
        self._former = re.compile(rf"({former})(\.gz)?")

    def append(self, payloads: Sequence[bytes]) -> tuple[int, OSError | None]:
        """
        Append lines.

        Returns:
            How many of them, from the first, are in the file, and why not all.
        """
        written = 0
        try:
            while written < len(payloads):
                first = _line(payloads[written])
                descriptor, room = self._opened(len(first))
                lines, size = [first], len(first)
                for payload in payloads[written + 1 :]:
                    line = _line(payload)
                    if size + len(line) > min(room, _GROUP):
                        break
                    lines.append(line)
                    size += len(line)
                data, done = b"".join(lines), 0
                try:
                    while done < len(data):
                        done += os.write(descriptor, data[done:] if done else data)
                finally:  # a disk may be full in the middle
                    written += 0 if self._fsync else data.count(b"\n", 0, done)
                if self._fsync:
                    os.fsync(descriptor)
                    written += len(lines)
        except OSError as exc:
            self.close()  # a line may be torn, and is repaired when the file is opened again
            return written, exc
        return written, None

    def close(self) -> None:
        """Close the file."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            with suppress(OSError):
                os.close(descriptor)

    def _opened(self, size: int) -> tuple[int, float]:
        """Open the file, or begin another one; return it, and its room, if *size* bytes have any."""
        for may_rotate in (True, False):
            descriptor, found = self._current()
            if not stat.S_ISREG(found.st_mode):  # such as /dev/stdout
                break
            limit = self._rotate_bytes or math.inf
            is_full = found.st_size + size > limit
            is_old = self._rotate_every is not None and self._period != self._period_of(time.time())
            if not found.st_size or not (is_full or is_old):
                return descriptor, limit - found.st_size
            if may_rotate:
                self._rotate()
        return descriptor, math.inf  # it is none that is rotated, or others do not let go of it

    def _current(self) -> tuple[int, os.stat_result]:
        """Open the file, if another process has renamed it, too."""
        while True:
            if self._descriptor is None:
                self._descriptor = self._open()
            found = os.fstat(self._descriptor)
            try:
                if os.path.samestat(found, self.path.stat()):
                    return self._descriptor, found
            except FileNotFoundError:
                pass
            self.close()

    def _open(self) -> int:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self.path, _FLAGS, self._mode)
        try:
            found = os.fstat(descriptor)
            if stat.S_ISREG(found.st_mode):
                _repair(descriptor)
                self._period = self._period_of(found.st_mtime if found.st_size else time.time())
        except BaseException:
            os.close(descriptor)
            raise
        return descriptor

    def _period_of(self, moment: float) -> int:
        return 0 if self._rotate_every is None else int(moment // self._rotate_every)

    def _rotate(self) -> None:
        """Give the file another name, and look after those that have one."""
        self.close()  # there are systems where what is open cannot be renamed
        when = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")
        name = f"{self.path.stem}-{when}-{os.getpid()}{self.path.suffix}"
        try:
            self.path.rename(self.path.with_name(name))
            self._look_after()
        except FileNotFoundError:  # another process was faster
            pass
        except OSError as exc:
            _log.warning("%s cannot be rotated: %s", self.path, exc)

    def _look_after(self) -> None:
        found = sorted(each for each in self.path.parent.iterdir() if self._is_former(each))
        kept = found if self._keep is None else found[max(0, len(found) - self._keep) :]
        for path in found[: len(found) - len(kept)]:
            path.unlink(missing_ok=True)
        if self._compress:
            for path in kept:
                if path.suffix != ".gz":
                    _compress(path)

    def _is_former(self, path: Path) -> bool:
        return self._former.fullmatch(path.name) is not None


def _line(payload: bytes) -> bytes:
    # In JSON there are line ends between values only.
    return (payload.replace(b"\n", b" ") if b"\n" in payload else payload) + b"\n"


def _repair(descriptor: int) -> None:
    """Remove a last line that is not whole, and lock the file for several processes."""
    is_alone = _is_alone(descriptor)
    size = end = os.lseek(descriptor, 0, os.SEEK_END)
    while end:
        start = max(0, end - _TAIL)
        os.lseek(descriptor, start, os.SEEK_SET)
        line_end = os.read(descriptor, end - start).rfind(b"\n")
        if line_end >= 0:
            end = start + line_end + 1
            break
        end = start
    if end < size:
        if is_alone:
            os.truncate(descriptor, end)
        else:  # somebody may be writing it just now
            os.write(descriptor, b"\n")
    _share(descriptor)


def _compress(path: Path) -> None:
    """Compress a file into one beside it, unless a process may still write into it."""
    part = path.with_name(f"{path.name}.gz.part")
    with suppress(FileNotFoundError), path.open("rb") as source:
        if _is_alone(source.fileno()):
            mode = stat.S_IMODE(os.fstat(source.fileno()).st_mode)
            with (
                os.fdopen(os.open(part, _PART, mode), "wb") as target,
                gzip.open(target, "wb") as packed,
            ):
                shutil.copyfileobj(source, packed)
            part.replace(path.with_name(f"{path.name}.gz"))
            path.unlink()
