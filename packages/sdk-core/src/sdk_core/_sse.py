"""
Server-sent events, decoded from bytes as the WHATWG HTML standard (§9.2) says.

Lines end in LF, CR LF or CR and nothing else: text splitters that also break at U+2028 or U+0085
tear JSON apart. Sans-IO: bytes in, events out, however the bytes were cut.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import repeat
from typing import Any, NamedTuple

MAX_ITEM_SIZE = 64 << 20
"""Bytes that one item of a stream may hold by default."""

_BOM = b"\xef\xbb\xbf"
_LONGEST_NUMBER = 18  # digits; Python refuses to read a number of thousands


class ServerSentEvent(NamedTuple):
    """
    One event.

    Attributes:
        data: As it came, lines joined by LF; `text` decodes it.
        event: The type; ``message`` when the server names none.
        id: The last id that the server sent, in this event or before.
        own_id: Whether it was in this event.
    """

    data: bytes
    event: str = "message"
    id: str = ""
    own_id: bool = False

    @property
    def text(self) -> str:
        """The data as text; bytes that are no UTF-8 become U+FFFD."""
        return self.data.decode("utf-8", "replace")


_new: Callable[[type[ServerSentEvent], tuple[Any, ...]], ServerSentEvent] = tuple.__new__
# Without an end, and therefore to be shared.
_EVENT = repeat(ServerSentEvent)
_MESSAGE = repeat("message")
_NO = repeat(False)


class EventTooLargeError(ValueError):
    """An event is longer than the limit."""


class SSEDecoder:
    """
    Turns bytes into events.

    Args:
        max_event_size: Bytes that one event may hold, so that a server that never ends a line
            cannot fill the memory.
        last_event_id: What a stream before this one ended with; ids outlive a connection.
        error_field: Read a field ``error`` as an event of that type. The standard has none, but
            builds of llama.cpp send it when they fail.

    Attributes:
        last_event_id: What to send as ``Last-Event-ID`` when connecting again.
        retry: Milliseconds to wait before that, if the server said so.
    """

    def __init__(
        self,
        *,
        max_event_size: int = MAX_ITEM_SIZE,
        last_event_id: str = "",
        error_field: bool = False,
    ) -> None:
        self.last_event_id = last_event_id
        self.retry: int | None = None
        self._limit = max_event_size
        self._error_field = error_field
        self._rest: list[bytes] = []  # the pieces of an unfinished line, joined once
        self._size = 0
        self._data: list[bytes] = []
        self._event = ""
        self._id = last_event_id
        self._own_id = False
        self._after_cr = False
        self._at_start = True
        self._between = False  # whether what follows begins an event, and nothing is kept

    def only(self, chunk: bytes) -> bytes | None:
        """
        Return the data of *chunk* if it is one event of type ``message`` on one line, and no more.

        Most chunks are: servers write one event at a time. For any other this returns None and
        has done nothing; `feed` reads it.
        """
        if (
            self._between
            and chunk.startswith(b"data: ")
            and chunk.find(b"\n") == len(chunk) - 2
            and chunk.endswith(b"\n")
            and b"\r" not in chunk
            and len(chunk) <= self._limit
        ):
            self.last_event_id = self._id
            self._size = 0
            return chunk[6:-2]
        return None

    def feed(self, chunk: bytes) -> list[ServerSentEvent]:
        """Return the events that *chunk* completes."""
        if self._between:
            data = self.only(chunk)
            if data is not None:
                return [_new(ServerSentEvent, (data, "message", self._id, False))]
            if chunk.endswith(b"\n\n") and b"\r" not in chunk:
                return self._whole(chunk)
        if self._at_start:
            chunk = self._strip_bom(chunk)
        if self._after_cr and chunk:
            # The CR ended its line when it came; an LF right behind it belongs to it.
            self._after_cr = False
            chunk = chunk.removeprefix(b"\n")
        if b"\r" in chunk:
            self._after_cr = chunk.endswith(b"\r")
            chunk = chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        events: list[ServerSentEvent] = []
        cut = chunk.rfind(b"\n\n") + 2
        if cut >= 2:
            block, chunk = chunk[:cut], chunk[cut:]
            if self._rest and not self._data and not self._event:
                block = b"".join((*self._rest, block))
                self._rest.clear()
            events = self._lines(block) if self._data or self._event else self._whole(block)
        if b"\n" in chunk:
            events += self._lines(chunk)
        else:
            self._keep(chunk)
        self._between = not (
            self._rest or self._data or self._event or self._after_cr or self._at_start
        )
        return events

    def _whole(self, block: bytes) -> list[ServerSentEvent]:
        """Return the events of *block*, which begins and ends where events do."""
        pieces = block[6:-2].split(b"\n\ndata: ")
        if (
            block.startswith(b"data: ")
            and block.count(b"\n") == 2 * len(pieces)  # no line but one of data in each
            and len(block) <= self._limit
        ):
            last_id = self.last_event_id = self._id
            self._size = 0
            # A third of the price of the constructor, which is a Python function.
            fields = zip(pieces, _MESSAGE, repeat(last_id), _NO, strict=False)
            return list(map(_new, _EVENT, fields))
        return self._lines(block)

    def _lines(self, chunk: bytes) -> list[ServerSentEvent]:
        """Return the events of *chunk*, read line by line."""
        events: list[ServerSentEvent] = []
        lines = chunk.split(b"\n")
        rest = lines.pop()
        if self._rest:
            lines[0] = b"".join((*self._rest, lines[0]))
            self._rest.clear()
        data, whole = self._data, False
        for line in lines:
            if line.startswith(b"data: "):
                data.append(line[6:])
            elif line:
                self._line(line)
            else:
                whole = True
                if data:
                    events.append(self._dispatch())
                else:
                    self._event = ""
                    self._own_id = False
                    self.last_event_id = self._id
        if whole:
            self._size = sum(map(len, data))
        else:  # every byte counts, so that empty lines of data have an end, too
            self._size += len(chunk) - len(rest)
        self._keep(rest)
        return events

    def end(self) -> ServerSentEvent | None:
        """
        Return the event that was under way when the stream ended, if it holds data.

        The standard discards it. Some servers forget the last blank line, so the caller decides.
        """
        if self._rest:
            self._line(b"".join(self._rest))
            self._rest.clear()
        return self._dispatch() if self._data else None

    def _strip_bom(self, chunk: bytes) -> bytes:
        start = b"".join((*self._rest, chunk))
        self._rest.clear()
        if len(start) < len(_BOM) and _BOM.startswith(start):
            self._rest.append(start)
            return b""
        self._at_start = False
        return start.removeprefix(_BOM)

    def _keep(self, piece: bytes) -> None:
        self._size += len(piece)
        if self._size > self._limit:
            raise self._too_large()
        if piece:
            self._rest.append(piece)

    def _too_large(self) -> EventTooLargeError:
        return EventTooLargeError(f"an event is longer than {self._limit} bytes")

    def _line(self, line: bytes) -> None:
        name, _, value = line.partition(b":")
        if value.startswith(b" "):
            value = value[1:]
        if name == b"event":
            self._event = value.decode("utf-8", "replace")
        elif name == b"id":
            if b"\0" not in value:
                self._id = value.decode("utf-8", "replace")
                self._own_id = True
        elif name == b"data":
            self._data.append(value)
        elif name == b"retry":
            if value.isdigit() and len(value) <= _LONGEST_NUMBER:
                self.retry = int(value)  # `isdigit` of bytes: ASCII digits only
        elif name == b"error" and self._error_field:
            self._event = "error"
            self._data.append(value)

    def _dispatch(self) -> ServerSentEvent:
        lines = self._data
        data = lines[0] if len(lines) == 1 else b"\n".join(lines)
        if len(data) > self._limit:
            raise self._too_large()
        last_id = self.last_event_id = self._id
        event = _new(ServerSentEvent, (data, self._event or "message", last_id, self._own_id))
        lines.clear()
        self._own_id = False
        self._event = ""
        return event
