"""Take HTTP/1.1 messages apart and put them together, on bytes and with the standard library only.

The tests need this apart from any HTTP client: it says what a *prefix* of a recorded reply holds,
which is the one thing a client under test must not be asked about.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

HEAD_END = b"\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Head:
    """The start line and the header fields of one message (RFC 9112 section 2.1)."""

    start: str
    fields: tuple[tuple[str, str], ...]

    def get(self, name: str) -> str | None:
        """Return the first value of the field `name`, whatever its case."""
        return next((value for key, value in self.fields if key.lower() == name.lower()), None)

    @property
    def chunked(self) -> bool:
        """Whether the body comes in chunks (RFC 9112 section 7.1)."""
        return "chunked" in (self.get("transfer-encoding") or "").lower()

    @property
    def content_length(self) -> int | None:
        """The announced size of the body in bytes, if there is one."""
        value = self.get("content-length")
        return None if value is None else int(value)


def split_message(raw: bytes) -> tuple[Head, bytes]:
    """Split one message into its head and everything behind it.

    Raises:
        ValueError: The head has no end.
    """
    head, end, rest = raw.partition(HEAD_END)
    if not end:
        msg = "the message ends inside its head"
        raise ValueError(msg)
    start, *lines = head.decode("latin-1").split("\r\n")
    pairs = (line.partition(":") for line in lines)
    return Head(start, tuple((name, value.strip()) for name, _, value in pairs)), rest


def head_size(raw: bytes) -> int:
    """Return the number of bytes up to and with the blank line behind the head."""
    return raw.index(HEAD_END) + len(HEAD_END)


def received_body(raw: bytes) -> bytes:
    """Return the body bytes that a prefix of a message holds, without the chunk framing."""
    head, rest = split_message(raw)
    return _unchunk(rest)[0] if head.chunked else rest[: head.content_length]


def is_whole(raw: bytes) -> bool:
    """Say whether a message whose framing tells its end has reached that end."""
    if HEAD_END not in raw:
        return False
    head, rest = split_message(raw)
    if head.chunked:
        return _unchunk(rest)[1]
    return len(rest) >= (head.content_length or 0)


def until_close(raw: bytes) -> bytes:
    """Rewrite a reply so that only the end of the connection ends its body.

    RFC 9112 section 6.3 case 8. HTTP then cannot tell a whole body from a cut one.
    """
    head, _ = split_message(raw)
    framing = {"transfer-encoding", "content-length", "connection"}
    fields = [(name, value) for name, value in head.fields if name.lower() not in framing]
    return join_head(head.start, [*fields, ("Connection", "close")]) + received_body(raw)


def reply_head(status: str, content_type: str, *more: tuple[str, str]) -> bytes:
    """Build the head of a hand-made reply whose body ends with the connection."""
    fields = [("Content-Type", content_type), *more, ("Connection", "close")]
    return join_head(f"HTTP/1.1 {status}", fields)


def event_stream(*events: bytes) -> bytes:
    """Build a hand-made 200 reply with these events, each given as its lines without a blank one."""
    body = b"".join(event + b"\n\n" for event in events)
    return reply_head("200 OK", "text/event-stream") + body


def join_head(start: str, fields: Iterable[tuple[str, str]]) -> bytes:
    """Build the bytes of a head."""
    lines = [start, *(f"{name}: {value}" for name, value in fields)]
    return "\r\n".join(lines).encode("latin-1") + HEAD_END


def as_chunk(data: bytes) -> bytes:
    """Frame `data` as one chunk; empty data is the last chunk, which ends the body."""
    return b"%x\r\n%s\r\n" % (len(data), data)


def _unchunk(rest: bytes) -> tuple[bytes, bool]:
    """Return the body in these chunks, and whether its end is among them."""
    body = bytearray()
    while True:
        line, end, rest = rest.partition(b"\r\n")
        if not end:
            return bytes(body), False
        size = int(line.partition(b";")[0], 16)
        if size == 0:
            return bytes(body), rest.endswith(b"\r\n")
        body += rest[:size]
        rest = rest[size + 2 :]
