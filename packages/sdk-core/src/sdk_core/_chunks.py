"""
Chunks of an answer's body (RFC 9112 §7.1) that came together, joined to one; sans-IO.

h11 takes 15 us for a chunk, whatever is in it, and a stream of events has one for each. Whoever
stands between the socket and h11 can give it what has come in one piece: the same bytes, with
fewer frames around them.
"""

from __future__ import annotations

import re
from typing import Self

# Digits and nothing else: a chunk with extensions, and the last one with its trailers, go as they are.
_between = re.compile(rb"\r\n([0-9A-Fa-f]{1,8})\r\n").match
_may_become = re.compile(rb"\r(?:\n(?:[0-9A-Fa-f]{1,8}\r?)?)?").fullmatch
_blank_line = re.compile(rb"\n\r?\n").search
_interim = re.compile(rb"HTTP/\d\.\d 1").match
_final = re.compile(rb"HTTP/\d\.\d [2-5]").match


class Chunks:
    """
    One body on its way to a parser.

    What has come goes on as it came until a chunk ends. From there on the frames are our own, and
    the parser is always at the end of one: what then is between two of the server's, such as a
    last chunk, can go on as it is at any time.
    """

    __slots__ = ("_given", "_held", "_left", "_over", "_own")

    def __init__(self) -> None:
        self._held = b"\r\n"  # what is between two chunks, as far as it has come: here before all
        self._given = len(self._held)  # how much of that the parser has
        self._left = 0  # bytes of the server's chunk that have not come
        self._own = False  # whether the frames are our own
        self._over = False  # whether the rest goes as it is

    @classmethod
    def behind(cls, received: bytes) -> Self | None:
        """Return the body of an answer of which the parser has *received*; None: it is not clear."""
        start = 0
        while _interim(received, start):
            blank = _blank_line(received, start)
            start = len(received) if blank is None else blank.end()
        blank = _blank_line(received, start)
        if blank is None or not _final(received, start):
            return None
        found = cls()
        found._take(received[blank.end() :], given=True)
        return found

    def feed(self, data: bytes) -> bytes:
        """Return what the parser is to get for *data* that has come; this may be nothing yet."""
        return data if self._over else self._take(data, given=False)

    def _take(self, data: bytes, *, given: bool) -> bytes:
        begin, left, own = self._given, self._left, self._own
        data = self._held + data
        size = len(data)
        position = unchanged = 0
        pieces: list[bytes] = []
        while True:
            if left:
                end = min(position + left, size)
                if own:
                    pieces.append(data[position:end])
                left -= end - position
                position = end
                if left:
                    break
                if not (own or given):
                    own, unchanged = True, position
            header = _between(data, position)
            left = int(header[1], 16) if header else 0
            if header is None or not left:
                break
            position = header.end()
        rest = data[position:]
        self._over = rest != b"" and not _may_become(rest)
        self._held, self._left, self._own = rest, left, own
        self._given = 0 if own else len(rest)
        if not own:
            return data[begin:]
        joined = b"".join(pieces)
        frame = b"\r\n%x\r\n%b" % (len(joined), joined) if joined else b""
        return b"".join((data[begin:unchanged], frame, rest if self._over else b""))
