"""Rows of an outbox: a record as it is kept, with a sum that says whether it still is what it was."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, TypeAlias
from zlib import crc32

import msgspec

from ._outbox_files import Row
from .sinks._records import Record

__all__ = ["Loose", "Wish", "grouped", "kept_of", "loose", "placed"]

Loose: TypeAlias = "tuple[bytes, int, bytes, bytes, int]"
"""A row that has no number yet."""

_Head: TypeAlias = tuple[int, str | None, tuple[tuple[str, bytes], ...], int, int]

_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder(_Head).decode


def loose(record: Record, kept: int) -> Loose:
    """
    Return what is kept of a record.

    Args:
        record: The record.
        kept: When that is, in nanoseconds since the epoch.
    """
    event_id = record.event_id.encode()
    head = _encode((record.number, record.key, record.headers, record.time_ns, kept))
    payload = record.payload
    return event_id, record.number, head, payload, crc32(payload, crc32(head, crc32(event_id)))


def placed(rows: Iterable[Loose], first: int) -> Iterator[Row]:
    """Give rows their numbers, from *first*."""
    return ((number, *row) for number, row in enumerate(rows, first))


def kept_of(row: Row) -> tuple[Record, int] | None:
    """Return the record that was kept, and when it was; None if the row is not what was kept."""
    _, event_id, _, head, payload, crc = row
    try:
        if crc32(payload, crc32(head, crc32(event_id))) != crc:
            return None
        number, key, headers, time_ns, kept = _decode(head)
        name = event_id.decode()
    except (TypeError, ValueError, msgspec.DecodeError):  # not even of the kind that it was
        return None
    return Record(number, name, payload, key=key, headers=headers, time_ns=time_ns), kept


class Wish:
    """
    What one caller wants kept.

    Args:
        sink: For whom.
        rows: What.
        adopted: Another process had kept it before.

    Attributes:
        kept: How many of them, from the first, are kept.
        added: How many of those were not there already.
        fault: Why nothing is kept; None while there is no such reason.
        settled: Nothing more will be done about it.
    """

    __slots__ = ("added", "adopted", "fault", "kept", "rows", "settled", "sink")

    def __init__(self, sink: str, rows: Sequence[Loose], *, adopted: bool = False) -> None:
        self.sink = sink
        self.rows = rows
        self.adopted = adopted
        self.kept = 0
        self.added = 0
        self.fault: str | None = None
        self.settled = False


Piece: TypeAlias = "tuple[Wish, int, int]"


def grouped(wishes: Iterable[Wish], size: int) -> Iterator[list[Piece]]:
    """Yield parts of wishes, in their order, in groups of payloads of *size* bytes, or a row more."""
    group: list[Piece] = []
    room = size
    for wish in wishes:
        start = 0
        for stop, row in enumerate(wish.rows, 1):
            room -= len(row[3])
            if room <= 0:
                yield [*group, (wish, start, stop)]
                group, room, start = [], size, stop
        if start < len(wish.rows):
            group.append((wish, start, len(wish.rows)))
    if group:
        yield group
