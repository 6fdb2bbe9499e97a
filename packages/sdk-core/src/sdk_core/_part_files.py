"""Part files: a file is written beside its place, and moved there when it is whole."""

from __future__ import annotations

import errno
import json
import os
import stat
import threading
from collections.abc import Iterator
from contextlib import suppress
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

import attrs

from ._ranges import LARGEST

try:
    import fcntl
except ImportError:  # pragma: no cover - Windows, where nothing keeps two processes apart
    fcntl = None  # type: ignore[assignment]

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_MOVES_OPEN_FILES = os.name != "nt"
_LARGEST_SIDECAR = 1 << 16
_READ = 1 << 20
"""Bytes that are read back at once."""


class PartFile:
    """
    A file that is written beside its place, as ``NAME.XXXX.part``, and moved there when it is whole.

    Whoever looks finds the old file or the new one, never a half, also where several are written to
    one place: each has a name of its own, which nobody can have prepared. The new file has the mode
    of the old one. What is no regular file, such as a pipe, is written directly.

    Threads may write to different places of it at the same time.

    Args:
        file: The place; the file behind it if it is a link.

    Attributes:
        target: The place.
        special: Whether it is a pipe or a device, which can be written once, from its beginning.
    """

    def __init__(self, file: str | PathLike[str]) -> None:
        self.target = Path(file).resolve()
        self.special = self.target.exists() and not self.target.is_file()
        self._path = self.target if self.special else self.target.with_name(self._part_name())
        self._lock = threading.Lock()
        self._position = 0
        self._file: IO[bytes]

    def _part_name(self) -> str:
        return f"{self.target.name}.{os.urandom(4).hex()}.part"

    def __enter__(self) -> Self:
        if self.special:
            self._file = self._path.open("wb")
            return self
        self._file = self._open()
        with suppress(OSError):  # there is no old file, or it is another user's
            self._path.chmod(stat.S_IMODE(self.target.stat().st_mode))
        return self

    def _open(self) -> IO[bytes]:
        return self._path.open("x+b")

    def write(self, data: bytes, position: int | None = None) -> None:
        """Write *data* at *position*; by default behind what was written last."""
        with self._lock:
            if position is not None and position != self._position:
                self._file.seek(position)
                self._position = position
            self._file.write(data)
            self._position += len(data)

    def read(self, start: int) -> Iterator[bytes]:
        """Read back what has been written, from *start* on."""
        self._file.seek(start)
        while piece := self._file.read(_READ):
            yield piece
        self._position = self._file.tell()

    def resize(self, size: int) -> None:
        """Cut the file, or make room: a disk that is too full says so now."""
        with self._lock:
            self._file.flush()
            self._file.truncate(size)
        if size and hasattr(os, "posix_fallocate"):
            try:
                os.posix_fallocate(self._file.fileno(), 0, size)
            except OSError as exc:
                if exc.errno in _FULL:  # else the file system cannot; it grows as it is written
                    raise

    def commit(self) -> None:
        """Move the file to its place, once it is on the disk."""
        self._file.flush()
        if self.special:
            return
        os.fsync(self._file.fileno())
        if not _MOVES_OPEN_FILES:
            self._file.close()
        # Before it is closed, which unlocks it: who waits for the lock must not find it here.
        self._path.replace(self.target)
        self._path = self.target
        _sync_folder(self.target.parent)

    def discard(self) -> None:
        """Remove what has been written, unless it is in its place."""
        if self._path != self.target:
            self._path.unlink(missing_ok=True)

    def close(self) -> None:
        """Close the file; what cannot be written any more is lost."""
        self._file.close()

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            if exc_type is None:
                self.commit()
        finally:
            try:
                self.discard()
            finally:
                self.close()  # may fail, too: the disk may be full


@attrs.frozen
class Sidecar:
    """
    What is known of a part file, beside it as ``NAME.part.json``.

    Attributes:
        url: Where the file comes from, without secrets.
        validator: What tells it from other files at that place; None: nothing does.
        size: Of the whole file; None if that is not known.
        parts: Of each part the first byte, the next byte to ask for, and the byte after its end.
    """

    url: str
    validator: str | None
    size: int | None
    parts: tuple[tuple[int, int, int | None], ...]

    @classmethod
    def read(cls, path: Path, written: int) -> Self | None:
        """
        Return the sidecar at *path*; None if it is none, or does not fit a file of *written* bytes.

        Anybody may have written it: what is believed of it is checked.
        """
        try:
            with path.open("rb") as file:
                found = json.loads(file.read(_LARGEST_SIDECAR))
            return cls._checked(found, written)
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return None

    @classmethod
    def _checked(cls, found: Any, written: int) -> Self | None:
        url, validator, size = found["url"], found["validator"], found["size"]
        parts = tuple((start, position, end) for start, position, end in found["parts"])
        if not isinstance(url, str) or not isinstance(validator, str) or not parts:
            return None
        expected = 0
        for start, position, end in parts:
            last = LARGEST if end is None else end
            numbers = all(type(each) is int for each in (start, position, last))
            if not numbers or start != expected or not start <= position <= last:
                return None
            if position > max(start, written):
                return None
            expected = last
        ends = size if type(size) is int else None
        if ends != parts[-1][2] or (ends is None and len(parts) > 1):
            return None
        return cls(url, validator, ends, parts)

    def write(self, path: Path) -> None:
        """Write it to *path* in one step."""
        beside = path.with_name(f"{path.name}~")
        beside.write_text(json.dumps(attrs.asdict(self)) + "\n", encoding="utf-8")
        beside.replace(path)


class KeptFile(PartFile):
    """
    A part file that outlives its process: ``NAME.part``, with a `Sidecar` that says how far it is.

    It is locked while it is open; the lock ends with the process, however that ends.

    Attributes:
        known: What its sidecar says; None if it begins anew.

    Raises:
        BlockingIOError: Somebody else is writing it.
        FileExistsError: There is such a file, and it is nobody's part.
    """

    known: Sidecar | None = None

    def _part_name(self) -> str:
        return f"{self.target.name}.part"

    @property
    def _sidecar(self) -> Path:
        return self.target.with_name(f"{self.target.name}.part.json")

    def _open(self) -> IO[bytes]:
        while True:
            # Not through a link, which somebody else may have put there.
            flags = (
                os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
            )
            file = os.fdopen(os.open(self._path, flags, 0o666), "r+b")
            try:
                if self._own(file):
                    return file
            except BaseException:
                file.close()
                raise
            file.close()  # its writer has moved it to its place before it let go

    def _own(self, file: IO[bytes]) -> bool:
        """Lock *file*, and return whether it is still where it was."""
        if fcntl is not None:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as exc:
                msg = "another download is writing this file; wait for it, or choose another file"
                raise BlockingIOError(exc.errno, msg, str(self._path)) from None
        found = os.fstat(file.fileno())
        try:
            if not os.path.samestat(found, self._path.stat()):
                return False
        except FileNotFoundError:
            return False
        if found.st_size and not self._sidecar.exists():
            msg = "this file is none that a download has left; move it away, or choose another file"
            raise FileExistsError(errno.EEXIST, msg, str(self._path))
        self.known = Sidecar.read(self._sidecar, found.st_size)
        return True

    def keep(self, sidecar: Sidecar) -> None:
        """Put on the disk what has been written, and then *sidecar*, which speaks of it."""
        with self._lock:
            self._file.flush()
        os.fsync(self._file.fileno())
        sidecar.write(self._sidecar)

    def commit(self) -> None:
        """Move the file to its place, once it is on the disk."""
        super().commit()
        self._sidecar.unlink(missing_ok=True)

    def discard(self) -> None:
        """Remove what has been written, unless it is in its place, and what was known of it."""
        super().discard()
        self._sidecar.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    """Put the new name on the disk, where the system can."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
