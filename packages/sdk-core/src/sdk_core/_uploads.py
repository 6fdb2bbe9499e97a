"""
Uploads: bodies that are read while they are sent.

What is read, and how often it can be, is the same for both colours; an asynchronous client reads
in a thread, since files know no other way.
"""

from __future__ import annotations

import os
import stat
from collections.abc import AsyncIterable, AsyncIterator, Generator, Iterable, Iterator, Sequence
from contextlib import suppress
from io import BytesIO, TextIOBase
from typing import IO, TYPE_CHECKING, Any, Protocol, TypeAlias

import attrs

from ._values import Shown
from .errors import ConfigurationError

if TYPE_CHECKING:
    from ._meters import Meter
    from .typing import Progress

CHUNK = 65_536
"""Bytes that are read from a file at once."""

_ONCE = "the body has been read and cannot be read again; give bytes, a path or a seekable file"


class Source(Protocol):
    """
    A piece of a body that is not in memory.

    Attributes:
        size: Bytes, or None if only the end will tell.
        repeatable: Whether `chunks` gives the same each time.
        blocks: Whether reading may take time.
    """

    @property
    def size(self) -> int | None: ...
    @property
    def repeatable(self) -> bool: ...
    @property
    def blocks(self) -> bool: ...
    def chunks(self) -> Iterator[bytes]:
        """Read it from its beginning."""


@attrs.frozen(repr=False, eq=False)
class File(Shown):
    """
    An open file, from where it stands; it stays open.

    Attributes:
        start: Where it stood when the call began; None if it cannot be rewound.
    """

    label: str
    file: IO[bytes]
    start: int | None
    size: int | None

    @property
    def repeatable(self) -> bool:
        """Whether the file can be rewound."""
        return self.start is not None

    @property
    def blocks(self) -> bool:
        """Whether it is a real one."""
        return not isinstance(self.file, BytesIO)

    def chunks(self) -> Generator[bytes]:
        """Read from the start."""
        if self.start is not None:
            self.file.seek(self.start)
        yield from _read(self.label, self.file, self.size)


@attrs.frozen(repr=False, eq=False)
class Path(Shown):
    """A file by its path; opened for each attempt, and closed after it."""

    label: str
    path: str
    size: int | None
    blocks = True

    @property
    def repeatable(self) -> bool:
        """Whether it is a regular file, no pipe or device."""
        return self.size is not None

    def chunks(self) -> Generator[bytes]:
        """Open the file and read it."""
        try:
            file = open(self.path, "rb")  # noqa: PTH123, SIM115  # closed below; a path is a string
        except OSError as exc:
            raise _unreadable(self.label, exc) from exc
        with file:
            yield from _read(self.label, file, self.size)


@attrs.frozen(repr=False, eq=False)
class Pieces(Shown):
    """An iterable of bytes; what is an iterator can be gone through once."""

    label: str
    pieces: Iterable[bytes]
    size = None

    @property
    def repeatable(self) -> bool:
        """Whether it is no iterator."""
        return not isinstance(self.pieces, Iterator)

    @property
    def blocks(self) -> bool:
        """Whether it may have to wait for something."""
        return not isinstance(self.pieces, list | tuple)

    def chunks(self) -> Generator[bytes]:
        """Go through the iterable."""
        for piece in self.pieces:
            if chunk := _bytes(self.label, piece):  # an empty chunk would end the body
                yield chunk


@attrs.frozen(repr=False, eq=False)
class AsyncPieces(Shown):
    """An asynchronous iterable of bytes."""

    label: str
    pieces: AsyncIterable[bytes]
    size = None
    blocks = True

    @property
    def repeatable(self) -> bool:
        """Whether it is no iterator."""
        return not isinstance(self.pieces, AsyncIterator)

    def chunks(self) -> Iterator[bytes]:
        """Refuse: a client that blocks cannot wait for it."""
        msg = f"`{self.label}` is read asynchronously, and this client blocks; use the other one"
        raise ConfigurationError(msg)

    async def next_of(self, pieces: AsyncIterator[bytes]) -> bytes:
        """Return the next chunk, empty at the end."""
        async for piece in pieces:
            if chunk := _bytes(self.label, piece):
                return chunk
        return b""


@attrs.frozen(repr=False, eq=False)
class Watched(Shown):
    """
    Something to be uploaded, and who is told how far it is; see `transfers.with_progress`.

    Attributes:
        content: Bytes, an open file, a path, or an iterable of bytes.
        progress: Told the bytes that have been given to the connection, and all that there are.
    """

    content: Any
    progress: Progress | None


@attrs.frozen(repr=False, eq=False)
class Metered(Shown):
    """A piece of a body, and who is told how far it is."""

    source: Source
    label: str
    progress: Progress | None

    @property
    def size(self) -> int | None:
        """That of the source."""
        return self.source.size

    @property
    def repeatable(self) -> bool:
        """Whether the source is."""
        return self.source.repeatable


Piece: TypeAlias = bytes | Source | Metered


class Upload:
    """
    A body that is read while it is sent, by either colour.

    Attributes:
        length: Bytes, or None if that is not known before the end.
        spent: Whether it has been read and cannot be read again.

    Raises:
        ConfigurationError: The same thing stands in two places, and can be read once.
    """

    __slots__ = ("_begun", "_pieces", "_reading", "_repeatable", "length")

    def __init__(self, pieces: Sequence[Piece]) -> None:
        self._pieces = pieces
        self._begun = False
        self._reading: _Reading | None = None
        once = [each for each in pieces if not isinstance(each, bytes) and not each.repeatable]
        _refuse_twice(once)
        self._repeatable = not once
        length = 0
        for each in pieces:
            size = len(each) if isinstance(each, bytes) else each.size
            if size is None:
                self.length: int | None = None
                break
            length += size
        else:
            self.length = length

    @property
    def spent(self) -> bool:
        """Whether it has been read and cannot be read again."""
        return self._begun and not self._repeatable

    def __iter__(self) -> Iterator[bytes]:
        return self._begin()

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._begin()

    def _begin(self) -> _Reading:
        if self.spent:
            raise ConfigurationError(_ONCE)
        self._begun = True
        self._reading = _Reading(self._pieces)
        return self._reading

    def close(self) -> None:
        """Close what an attempt that was given up has left open."""
        if self._reading is not None:
            self._reading.close()


class _Reading:
    """One time through the pieces; iterators, for a generator would be left half-way."""

    def __init__(self, pieces: Sequence[Piece]) -> None:
        self._pieces = iter(pieces)
        self._source: Source | None = None
        self._chunks: Any = None
        self._meter: Meter | None = None
        self._closed = False

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    def __next__(self) -> bytes:
        while True:
            if self._chunks is not None:
                if chunk := next(self._chunks, b""):
                    self._tell(chunk)
                    return chunk
                self._end_source()
            piece = next(self._pieces)
            if isinstance(piece, bytes):
                return piece
            self._chunks = self._watched(piece).chunks()

    async def __anext__(self) -> bytes:
        while True:
            if self._chunks is not None:
                if chunk := await self._next():
                    self._tell(chunk)
                    return chunk
                self._end_source()
            piece = next(self._pieces, None)
            if piece is None:
                raise StopAsyncIteration
            if isinstance(piece, bytes):
                return piece
            source = self._source = self._watched(piece)
            self._chunks = (
                aiter(source.pieces) if isinstance(source, AsyncPieces) else source.chunks()
            )

    async def _next(self) -> bytes:
        source, chunks = self._source, self._chunks
        if isinstance(source, AsyncPieces):
            return await source.next_of(chunks)
        if source is not None and source.blocks:
            from anyio import to_thread  # noqa: PLC0415  # blocking programs never need it

            return await to_thread.run_sync(self._next_in_thread, chunks)
        return next(chunks, b"")

    def _next_in_thread(self, chunks: Generator[bytes]) -> bytes:
        try:
            return next(chunks, b"")
        finally:
            if self._closed:  # nobody waits any more, and `close` came while this was reading
                _end(chunks)

    def _watched(self, piece: Source | Metered) -> Source:
        """Return the source of *piece*; whoever watches it is told from now on."""
        if not isinstance(piece, Metered):
            return piece
        from ._meters import Meter  # noqa: PLC0415  # few uploads are watched

        self._meter = Meter(piece.progress, piece.label, piece.size)
        return piece.source

    def _tell(self, chunk: bytes) -> None:
        if self._meter is not None:
            self._meter.advance(len(chunk))

    def _end_source(self) -> None:
        self._chunks = None
        meter, self._meter = self._meter, None
        if meter is not None:
            meter.close()

    def close(self) -> None:
        """Close the file that was being read, if it is ours."""
        chunks, self._pieces = self._chunks, iter(())
        self._end_source()
        self._closed = True
        if isinstance(chunks, Generator):
            _end(chunks)


def _end(chunks: Generator[bytes]) -> None:
    # asyncio cancels without waiting for threads: then the one that is reading does this.
    with suppress(ValueError):  # "generator already executing"
        chunks.close()


def source_of(value: Any, label: str) -> Piece | None:
    """
    Return *value* as a piece of a body; None if it is nothing that bytes are read from.

    Args:
        value: Bytes, an open file, the path of one, or an asynchronous iterable.
        label: What messages call it.

    Raises:
        ConfigurationError: A file cannot be read.
    """
    if isinstance(value, Watched):
        return _metered(value, label)
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value)
    if isinstance(value, os.PathLike):
        return _path(os.fsdecode(value), label)
    if isinstance(value, AsyncIterable):
        return AsyncPieces(label, value)
    if callable(getattr(value, "read", None)):
        return _file(value, label)
    return None


def is_file(value: Any) -> bool:
    """Return whether *value* is something that `source_of` reads."""
    return isinstance(
        value, bytes | bytearray | memoryview | os.PathLike | AsyncIterable | Watched
    ) or callable(getattr(value, "read", None))


def _refuse_twice(sources: Iterable[Source | Metered]) -> None:
    """Refuse what would be empty where it stands for the second time."""
    seen: dict[int, str] = {}
    for each in sources:
        source = each.source if isinstance(each, Metered) else each
        if isinstance(source, File):
            content: object = source.file
        elif isinstance(source, Pieces | AsyncPieces):
            content = source.pieces
        else:  # a path, which is opened anew
            continue
        if id(content) in seen:
            msg = f"`{source.label}` is what `{seen[id(content)]}` is, too, and can be read only once; give bytes"
            raise ConfigurationError(msg)
        seen[id(content)] = source.label


def _metered(value: Watched, label: str) -> Metered:
    content = value.content
    if isinstance(content, Watched):
        msg = f"`{label}` is watched twice; give `with_progress` one function that tells both"
        raise ConfigurationError(msg)
    if isinstance(content, bytes | bytearray | memoryview):
        content = BytesIO(content)
    source = source_of(content, label)
    if source is None:
        if isinstance(content, str) or not isinstance(content, Iterable):
            msg = (
                f"`{label}` must be bytes, an open file, a path or an iterable of bytes, "
                f"not {type(content).__name__}"
            )
            raise ConfigurationError(msg)
        source = Pieces(label, content)
    assert not isinstance(source, bytes | Metered)  # both are dealt with above
    return Metered(source, own_name(content) or label, value.progress)


def own_name(content: Any) -> str | None:
    """Return the name of a path or an open file, None if it has none."""
    if isinstance(content, Watched):
        content = content.content
    own = content if isinstance(content, os.PathLike) else getattr(content, "name", None)
    if isinstance(own, str | bytes | os.PathLike):
        own = os.path.basename(os.fsdecode(own))  # noqa: PTH119  # no path of this system's need
        if own and not own.startswith("<"):  # such as <stdin>
            return own
    return None


def _path(path: str, label: str) -> Path:
    try:
        found = os.stat(path)  # noqa: PTH116  # as above
    except (OSError, ValueError) as exc:  # a path with NUL in it is a ValueError
        raise _unreadable(label, exc) from exc
    if stat.S_ISDIR(found.st_mode):
        msg = f"`{label}` is a directory: {path}"
        raise ConfigurationError(msg)
    return Path(label, path, found.st_size if stat.S_ISREG(found.st_mode) else None)


def _file(file: Any, label: str) -> File:
    if isinstance(file, TextIOBase):
        msg = f"`{label}` is a file opened as text; open it with mode 'rb'"
        raise ConfigurationError(msg)
    if getattr(file, "closed", False) is True:
        msg = f"`{label}` is a closed file"
        raise ConfigurationError(msg)
    try:
        start = file.tell()
        end = file.seek(0, os.SEEK_END)
        end = file.tell() if end is None else end
        file.seek(start)
    except (AttributeError, OSError, ValueError, NotImplementedError):  # a pipe, or alike
        return File(label, file, None, None)
    return File(label, file, start, max(0, end - start))


def _unreadable(label: str, exc: Exception) -> ConfigurationError:
    return ConfigurationError(f"`{label}` cannot be read: {exc}")


def _bytes(label: str, chunk: object) -> bytes:
    if isinstance(chunk, bytes | bytearray | memoryview):
        return bytes(chunk)
    msg = f"`{label}` gives {type(chunk).__name__}, not bytes; open files with mode 'rb'"
    raise ConfigurationError(msg)


def _read(label: str, file: IO[bytes], size: int | None) -> Generator[bytes]:
    """Read as much as was promised: what has grown since does not spoil the request."""
    left = size
    while left is None or left > 0:
        chunk = _bytes(label, file.read(CHUNK if left is None else min(CHUNK, left)))
        if left is not None:
            chunk = chunk[:left]
            left -= len(chunk)
        if not chunk:
            if left is not None:
                msg = f"`{label}` has become shorter while it was sent"
                raise ConfigurationError(msg)
            return
        yield chunk
