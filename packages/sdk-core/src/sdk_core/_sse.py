"""
Server-sent events, decoded from bytes as the WHATWG HTML standard (§9.2) says.

Lines end in LF, CR LF or CR and nothing else: text splitters that also break at U+2028 or U+0085
tear JSON apart. Sans-IO: bytes in, events out, however the bytes were cut.
"""

from __future__ import annotations

from typing import NamedTuple

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
    """

    data: bytes
    event: str = "message"
    id: str = ""

    @property
    def text(self) -> str:
        """The data as text; bytes that are no UTF-8 become U+FFFD."""
        return self.data.decode("utf-8", "replace")


class EventTooLargeError(ValueError):
    """An event is longer than the limit."""


class SSEDecoder:
    """
    Turns bytes into events.

    Args:
        max_event_size: Bytes that one event may hold, so that a server that never ends a line
            cannot fill the memory.

    Attributes:
        last_event_id: What to send as ``Last-Event-ID`` when connecting again.
        retry: Milliseconds to wait before that, if the server said so.
    """

    def __init__(self, *, max_event_size: int = MAX_ITEM_SIZE) -> None:
        self.last_event_id = ""
        self.retry: int | None = None
        self._limit = max_event_size
        self._rest: list[bytes] = []  # the pieces of an unfinished line, joined once
        self._size = 0
        self._data: list[bytes] = []
        self._event = ""
        self._id = ""
        self._after_cr = False
        self._at_start = True

    def only(self, chunk: bytes) -> bytes | None:
        """
        Return the data of *chunk* if it is one event of type ``message`` on one line, and no more.

        Most chunks are: servers write one event at a time. For any other this returns None and
        has done nothing; `feed` reads it.
        """
        if (
            chunk.startswith(b"data: ")
            and chunk.find(b"\n") == len(chunk) - 2
            and chunk.endswith(b"\n")
            and b"\r" not in chunk
            and not (self._rest or self._data or self._event or self._after_cr or self._at_start)
            and len(chunk) <= self._limit
        ):
            self.last_event_id = self._id
            self._size = 0
            return chunk[6:-2]
        return None

    def feed(self, chunk: bytes) -> list[ServerSentEvent]:
        """Return the events that *chunk* completes."""
        if self._at_start:
            chunk = self._strip_bom(chunk)
        if self._after_cr and chunk:
            # The CR ended its line when it came; an LF right behind it belongs to it.
            self._after_cr = False
            chunk = chunk.removeprefix(b"\n")
        if b"\r" in chunk:
            self._after_cr = chunk.endswith(b"\r")
            chunk = chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        if b"\n" not in chunk:
            self._keep(chunk)
            return []
        lines = chunk.split(b"\n")
        if self._rest:
            lines[0] = b"".join((*self._rest, lines[0]))
            self._rest.clear()
        rest = lines.pop()
        events: list[ServerSentEvent] = []
        blank = False
        for line in lines:
            if line:
                self._line(line)
            elif self._data:
                events.append(self._dispatch())
            else:
                blank = True
                self._event = ""
                self.last_event_id = self._id
        if events or blank:
            self._size = sum(map(len, self._data))
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
            msg = f"an event is longer than {self._limit} bytes"
            raise EventTooLargeError(msg)
        if piece:
            self._rest.append(piece)

    def _line(self, line: bytes) -> None:
        if line.startswith(b"data: "):
            self._data.append(line[6:])
            return
        name, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if name == b"data":
            self._data.append(value)
        elif name == b"event":
            self._event = value.decode("utf-8", "replace")
        elif name == b"id":
            if b"\0" not in value:
                self._id = value.decode("utf-8", "replace")
        elif name == b"error":
            # No field of the standard, but what builds of llama.cpp send when they fail.
            self._event = "error"
            self._data.append(value)
        elif name == b"retry" and value.isdigit() and len(value) <= _LONGEST_NUMBER:
            self.retry = int(value)  # `isdigit` of bytes: ASCII digits only

    def _dispatch(self) -> ServerSentEvent:
        data = self._data
        self.last_event_id = self._id
        event = ServerSentEvent(
            data[0] if len(data) == 1 else b"\n".join(data), self._event or "message", self._id
        )
        self._data = []
        self._event = ""
        return event
