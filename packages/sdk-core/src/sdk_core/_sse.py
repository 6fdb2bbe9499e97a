"""
Server-sent events, decoded from bytes as the WHATWG HTML standard (§9.2) says.

Lines end in LF, CR LF or CR and nothing else: text splitters that also break at U+2028 or U+0085
tear JSON apart. Sans-IO: bytes in, events out, however the bytes were cut.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NamedTuple

MAX_ITEM_SIZE = 64 << 20
"""Bytes that one item of a stream may hold by default."""

_BOM = b"\xef\xbb\xbf"
# Numbers, because looking for bytes in bytes costs eight times as much.
_NUL, _LF, _CR = b"\0\n\r"
_LONGEST_NUMBER = 18  # digits; Python refuses to read a number of thousands
_RETRY = re.compile(rb"^retry: ?([0-9]{1,18})\n", re.MULTILINE)
_KNOWN_TYPES = 64
_LONGEST_KNOWN = 128  # bytes


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


# A quarter of the price of the constructor, which is a Python function.
_new: Callable[[type[ServerSentEvent], tuple[Any, ...]], ServerSentEvent] = tuple.__new__


class EventTooLargeError(ValueError):
    """An event is longer than the limit."""


class _Types(dict[bytes, str | None]):
    """
    The type that the lines before the data of an event give it; None for lines that say more.

    A server has few types, and names one in nearly every event.
    """

    def __missing__(self, head: bytes) -> str | None:
        line, end, more = head.partition(b"\n")
        field, _, value = line.partition(b":")
        if field != b"event" or not end or more:
            return None
        event = value.removeprefix(b" ").decode("utf-8", "replace") or "message"
        if len(self) < _KNOWN_TYPES and len(head) <= _LONGEST_KNOWN:
            self[head] = event
        return event


class SSEDecoder:
    """
    Turns bytes into events.

    Args:
        max_event_size: Bytes that one event may hold, so that a server that never ends one cannot
            fill the memory.
        last_event_id: What a stream before this one ended with; ids outlive a connection.
        error_field: Read a field ``error`` as an event of that type. The standard has none, but
            builds of llama.cpp send it when they fail.

    Attributes:
        last_event_id: What to send as ``Last-Event-ID`` when connecting again.
    """

    def __init__(
        self,
        *,
        max_event_size: int = MAX_ITEM_SIZE,
        last_event_id: str = "",
        error_field: bool = False,
    ) -> None:
        self.last_event_id = last_event_id
        self._limit = max_event_size
        self._error_field = error_field
        self._types = _Types({b"": "message"})
        self._retry: int | None = None
        self.restart()

    def restart(self) -> None:
        """Expect the bytes of another connection; what was under way is forgotten."""
        self._rest = bytearray()  # an event that has not ended, with LF at the end of each line
        self._at_start = True
        self._after_cr = False
        self._plain = False  # neither

    @property
    def retry(self) -> int | None:
        """Milliseconds to wait before connecting again, if the server said so."""
        # Other than its fellows, this field counts at the end of its line.
        found = _RETRY.findall(self._rest)
        return int(found[-1]) if found else self._retry

    def feed(self, chunk: bytes) -> list[ServerSentEvent]:
        """
        Return the events that *chunk* completes.

        Raises:
            EventTooLargeError: One of them, or what comes behind them, is too long.
        """
        if not self._plain:
            chunk = self._begin(chunk)
        if _CR in chunk:
            lines = chunk.splitlines()  # of bytes: at LF, CR LF and CR, and nowhere else
            if chunk[-1] == _CR:
                self._after_cr, self._plain = True, False
            if chunk[-1] in b"\r\n":
                lines.append(b"")
            chunk = b"\n".join(lines)
        if self._rest:
            # Only with a blank line, of which half may have come before, it is worth joining them.
            if chunk.find(b"\n\n") < 0 and not chunk[:1] == self._rest[-1:] == b"\n":
                self._keep(chunk)
                return []
            chunk = bytes(self._rest) + chunk
            self._rest.clear()
        pieces = chunk.split(b"\n\n")
        if rest := pieces.pop():
            self._keep(rest)
        if len(chunk) > self._limit and max(map(len, pieces), default=0) > self._limit:
            raise self._too_large()
        types = self._types
        events: list[ServerSentEvent] = []
        for piece in pieces:
            # Nearly all events are one line of data, or several, behind at most a type and an id.
            # They are told by as few steps as can be; `_event` reads all others.
            head, found, data = piece.partition(b"data: ")
            if not found:  # some servers save the space
                head, found, data = piece.partition(b"data:")
            if _LF in data:
                joined = data.replace(b"\ndata: ", b"\n")
                if len(joined) + 6 * joined.count(b"\n") != len(data):
                    found = b""  # not every line is one of data
                data = joined
            event, own_id = types.get(head), False
            if event is None and found and head[-1] == _LF:
                before, own, last_id = head.partition(b"id: ")
                last_id, _, after = last_id.partition(b"\n")
                if (not before or before[-1] == _LF) and _NUL not in last_id:
                    event, own_id = types[before + after], own != b""
            if event is None or not found:
                if (other := self._event(piece)) is not None:
                    events.append(other)
                continue
            if own_id:
                self.last_event_id = last_id.decode("utf-8", "replace")
            events.append(_new(ServerSentEvent, (data, event, self.last_event_id, own_id)))
        return events

    def end(self) -> ServerSentEvent | None:
        """
        Return the event that was under way when the stream ended, if it holds data.

        The standard discards it. Some servers forget the last blank line, so the caller decides.
        """
        left = bytes(self._rest)
        self.restart()
        return self._event(left)

    def _begin(self, chunk: bytes) -> bytes:
        """Return *chunk*, which comes first or behind a CR, without what belongs to that."""
        if self._at_start:
            chunk = bytes(self._rest) + chunk
            self._rest.clear()
            if len(chunk) < len(_BOM) and _BOM.startswith(chunk):
                self._rest += chunk
                return b""
            self._at_start = False
            chunk = chunk.removeprefix(_BOM)
        if self._after_cr and chunk:
            # The CR ended its line when it came; an LF right behind it belongs to it.
            self._after_cr = False
            chunk = chunk.removeprefix(b"\n")
        self._plain = not self._after_cr
        return chunk

    def _keep(self, piece: bytes) -> None:
        """Keep what has come of an event that has not ended."""
        self._rest += piece
        if len(self._rest) > self._limit:
            raise self._too_large()

    def _event(self, piece: bytes) -> ServerSentEvent | None:
        """Return the event whose lines *piece* holds, if it is one, and take over its id."""
        data: list[bytes] = []
        event, last_id = b"", None
        for line in piece.split(b"\n"):
            if line[:6] == b"data: ":
                data.append(line[6:])
                continue
            name, _, value = line.partition(b":")
            if value[:1] == b" ":
                value = value[1:]
            if name == b"data":
                data.append(value)
            elif name == b"event":
                event = value
            elif name == b"id":
                if _NUL not in value:
                    last_id = value
            elif name == b"error" and self._error_field:
                event = b"error"
                data.append(value)
            elif name == b"retry" and value.isdigit() and len(value) <= _LONGEST_NUMBER:
                self._retry = int(value)  # `isdigit` of bytes: ASCII digits only
        if last_id is not None:
            self.last_event_id = last_id.decode("utf-8", "replace")
        if not data:
            return None
        kind = event.decode("utf-8", "replace") if event else "message"
        return _new(
            ServerSentEvent, (b"\n".join(data), kind, self.last_event_id, last_id is not None)
        )

    def _too_large(self) -> EventTooLargeError:
        return EventTooLargeError(f"an event is longer than {self._limit} bytes")
