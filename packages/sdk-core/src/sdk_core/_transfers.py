"""Transfers: bodies on their way to a file."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from contextlib import suppress
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import IO, TYPE_CHECKING, Self

if TYPE_CHECKING:
    from .typing import Progress


class PartFile:
    """
    A file that is written beside its place, as ``NAME.XXXX.part``, and moved there when it is whole.

    Whoever looks finds the old file or the new one, never a half, also where several are written to
    one place: each has a name of its own, which nobody can have prepared. The new file has the mode
    of the old one. What is no regular file, such as a pipe, is written directly.

    Args:
        file: The place; the file behind it if it is a link.
        headers: Of the answer, for the size.
        progress: Told the bytes written so far, and of how many.
    """

    def __init__(
        self, file: str | PathLike[str], headers: Mapping[str, str], progress: Progress | None
    ) -> None:
        self._target = Path(file).resolve()
        special = self._target.exists() and not self._target.is_file()
        name = f"{self._target.name}.{os.urandom(4).hex()}.part"
        self._path = self._target if special else self._target.with_name(name)
        self._progress = progress
        self._total = _size(headers)
        self._written = 0
        self._file: IO[bytes]

    def __enter__(self) -> Self:
        if self._path == self._target:
            self._file = self._path.open("wb")
            return self
        self._file = self._path.open("xb")
        with suppress(OSError):  # there is no old file, or it is another user's
            self._path.chmod(stat.S_IMODE(self._target.stat().st_mode))
        return self

    def write(self, piece: bytes) -> None:
        """Write *piece*."""
        self._file.write(piece)

    def tell(self, piece: bytes) -> None:
        """Tell whoever follows the progress that *piece* has been written."""
        self._written += len(piece)
        if self._progress is not None:
            self._progress(self._written, self._total)

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        moved = self._path == self._target
        try:
            self._file.close()  # may fail, too: the disk may be full
            if exc_type is None and not moved:
                self._path.replace(self._target)
                moved = True
        finally:
            if not moved:
                self._path.unlink(missing_ok=True)


def _size(headers: Mapping[str, str]) -> int | None:
    """Return the size of the body as it is written, None if that is not known."""
    length = headers.get("content-length", "")
    if headers.get("content-encoding", "identity") != "identity" or not length.isdecimal():
        return None
    return int(length)
