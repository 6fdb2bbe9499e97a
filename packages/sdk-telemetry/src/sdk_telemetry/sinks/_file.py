"""A sink that writes events into a file, one a line, and begins a new one when it is large or old."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import ConfigurationError, SendError
from ._contract import Done, Sink
from ._line_files import LineFile

if TYPE_CHECKING:
    from ._records import Record

__all__ = ["FileSink"]


class FileSink(Sink):
    """
    Append events to a file as lines of JSON.

    Several processes may share a file: each appends whole lines. A file that is large or old enough
    is given another name, with the time and the process in it (``events-20261122T041500123456-17.jsonl``),
    and a new one is begun. A line that a killed process has left unfinished is removed when the file
    is opened. When the disk is full, events wait, like for any sink that is away.

    Args:
        path: The file; its folder is made if there is none.
        rotate_bytes: How large it may become before another one is begun; None: as large as it likes.
        rotate_every: After how many seconds another one is begun: 86,400 is midnight, UTC; None: never.
        keep: How many of the former files are kept; None: all.
        compress: Compress the former files with gzip, as soon as no process writes into them.
        fsync: Have the disk itself keep events before they count as delivered.
        mode: Who may read the file, as for `os.chmod`.
        name: Its name in statistics and the outbox.

    Raises:
        ConfigurationError: An option is out of range, or *path* is a folder.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        rotate_bytes: int | None = 104_857_600,
        rotate_every: float | None = None,
        keep: int | None = 5,
        compress: bool = False,
        fsync: bool = False,
        mode: int = 0o600,
        name: str = "file",
    ) -> None:
        _check("rotate_bytes", rotate_bytes, 1, whole=True)
        _check("rotate_every", rotate_every, 1)
        _check("keep", keep, 0, whole=True)
        self.name = name
        self.path = Path(path).absolute()
        if self.path.is_dir():
            msg = f"`path` of a file sink must be a file, and {self.path} is a folder"
            raise ConfigurationError(msg)
        self._file = LineFile(
            self.path,
            rotate_bytes=rotate_bytes,
            rotate_every=rotate_every,
            keep=keep,
            compress=compress,
            fsync=fsync,
            mode=mode,
        )

    def __repr__(self) -> str:
        return f"<FileSink {self.name!r} to {self.path}>"

    def deliver(self, records: Sequence[Record], done: Done) -> int:
        """Append them; see `Sink.deliver`."""
        written, exc = self._file.append([record.payload for record in records])
        if written:
            done(records[:written], None)
        if exc is not None:
            said = f"{self.path} cannot be written: {exc.strerror or exc}"
            done(records[written:], SendError(said, sink=self.name, retryable=True))
        return len(records)

    def close(self, timeout: float) -> None:  # noqa: ARG002  # closing a file takes no time
        """Close the file."""
        self._file.close()

    def forget(self) -> None:
        """Open the file anew in a forked child: what has failed half-way is the parent's."""
        self._file.close()


def _check(option: str, value: Any, low: int, *, whole: bool = False) -> None:
    if value is None:
        return
    kinds = int if whole else int | float
    if isinstance(value, bool) or not isinstance(value, kinds) or not low <= value < math.inf:
        kind = "whole number" if whole else "number"
        msg = f"`{option}` of a file sink must be a {kind} >= {low}, or None, not {value!r}"
        raise ConfigurationError(msg)
