"""What stands between a socket of httpcore's and its parser."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ._chunks import Chunks

_OPENED = ("connect_tcp.complete", "start_tls.complete")
_LONGEST_HEAD = 1 << 17  # bytes; h11 refuses one before this


class Reads:
    """
    Stands for the ``read`` of one of httpcore's streams: counts, and joins chunks.

    h11 keeps what comes behind an answer, and takes it for the answer to the next request. That
    one is known by having come without anything being read for it.

    Args:
        read: The ``read`` that it stands for.
        ours: Whether nobody else sends requests on this connection.
        fresh: Whether nothing has been read yet.

    Attributes:
        patience: Seconds that a read may take, if it is less than the caller would wait.
    """

    __slots__ = ("_at_end", "_body", "_count", "_ours", "_read", "_seen", "patience")

    def __init__(self, read: Any, *, ours: bool, fresh: bool = False) -> None:
        self.patience: float | None = None
        self._read = read
        self._ours = ours
        self._count = 0
        self._at_end: int | None = None
        self._seen: bytes | None = b"" if fresh else None  # of the answer, until its head is there
        self._body: Chunks | None = None

    def __call__(self, max_bytes: int, timeout: float | None = None) -> Any:
        while True:
            self._count += 1
            data: bytes = self._read(max_bytes, timeout=self._limit(timeout))
            found = self._taken(data)
            if found or not data:
                return found

    def _limit(self, timeout: float | None) -> float | None:
        if self.patience is None or timeout is None:
            return timeout if self.patience is None else self.patience
        return min(timeout, self.patience)

    def _taken(self, data: bytes) -> bytes:
        """Return what the parser is to get for *data*."""
        if self._body is not None:
            return self._body.feed(data)
        if self._seen is not None:
            self._seen = self._seen + data if len(self._seen) < _LONGEST_HEAD else None
        return data

    @property
    def unasked(self) -> bool:
        """Whether nothing has been read since the last answer ended."""
        return self._at_end == self._count

    def answered(self, *, chunked: bool) -> None:
        """Note that a head has come, and whether the body comes in chunks."""
        seen, self._seen = self._seen, None
        if seen and chunked:
            from ._chunks import Chunks  # noqa: PLC0415  # most answers have a length

            self._body = Chunks.behind(seen)

    def ended(self) -> None:
        """Note that an answer has ended, and that what comes next is a head."""
        self._at_end = self._count
        self.patience = None
        self._seen, self._body = b"" if self._ours else None, None


class AsyncReads(Reads):
    """The asynchronous twin of `Reads`."""

    __slots__ = ()

    async def __call__(self, max_bytes: int, timeout: float | None = None) -> bytes:
        while True:
            self._count += 1
            data: bytes = await self._read(max_bytes, timeout=self._limit(timeout))
            found = self._taken(data)
            if found or not data:
                return found


def reads_of(answer: Any, kind: type[Reads], *, ours: bool) -> Reads | None:
    """
    Return what reads *answer*, whose head has come; None where its connection carries several.

    Args:
        answer: One of httpx's.
        kind: What to put there where there is nothing of ours.
        ours: Whether nobody else sends requests on this connection.
    """
    stream = answer.extensions.get("network_stream")
    if stream is None or answer.extensions.get("http_version") == b"HTTP/2":
        return None
    read = stream.read
    if not isinstance(read, Reads):
        read = stream.read = kind(read, ours=ours)
    read.answered(chunked=answer.headers.get("transfer-encoding", "").lower() == "chunked")
    return read


# The extension `trace` of httpx's, which tells of connections before anything is read from them.
# Where it says nothing, chunks are joined from the second answer on a connection on.


def trace(event: str, info: dict[str, Any]) -> None:
    """Read in our way from a connection that has been opened for a stream."""
    _begin(event, info, Reads)


async def atrace(event: str, info: dict[str, Any]) -> None:
    """Do as `trace`, where httpcore awaits it."""
    _begin(event, info, AsyncReads)


def _begin(event: str, info: dict[str, Any], kind: type[Reads]) -> None:
    if event.endswith(_OPENED):
        stream = info["return_value"]
        stream.read = kind(stream.read, ours=True, fresh=True)
