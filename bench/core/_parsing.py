"""What server-sent events cost to parse, beside splitting bytes."""

from __future__ import annotations

import json
import time
from statistics import median
from typing import TYPE_CHECKING

from sdk_core._sse import SSEDecoder  # what all public streams stand on

from ._figures import Figure

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

COUNT = 10_000
SIZE = 187
"""Bytes of one event, which is what chat servers send."""

FLOOR = 1.5


def _split(chunks: list[bytes]) -> int:
    """Find events in the least way that still sees their fields; CR, BOM and limits are ignored."""
    buffer, events = b"", []
    for chunk in chunks:
        buffer += chunk
        *blocks, buffer = buffer.split(b"\n\n")
        for block in blocks:
            data, event, last = [], "message", ""
            for line in block.split(b"\n"):
                name, _, value = line.partition(b": ")
                if name == b"data":
                    data.append(value)
                elif name == b"event":
                    event = value.decode()
                elif name == b"id":
                    last = value.decode()
            events.append((b"\n".join(data), event, last))
    return len(events)


def _ours(chunks: list[bytes]) -> int:
    """Find them as a stream does: the short way for one event a chunk, else the whole way."""
    decoder, found = SSEDecoder(), 0
    for chunk in chunks:
        if decoder.only(chunk) is not None:
            found += 1
        else:
            found += len(decoder.feed(chunk))
    return found


def _events(prefix: str) -> list[bytes]:
    events = []
    for number in range(COUNT):
        start = prefix.format(number) + "data: "
        body = {"id": f"c{number:06}", "choices": [{"index": 0, "delta": {"content": ""}}]}
        body["pad"] = "p" * (SIZE - len(start) - 2 - len(json.dumps(body | {"pad": ""})))
        events.append(f"{start}{json.dumps(body)}\n\n".encode())
    return events


def _cut(stream: bytes, size: int) -> list[bytes]:
    return [stream[at : at + size] for at in range(0, len(stream), size)]


def _seconds(parse: Callable[[list[bytes]], int], chunks: list[bytes]) -> float:
    begun = time.process_time()
    assert parse(chunks) == COUNT
    return time.process_time() - begun


def figures(rounds: int) -> Iterator[Figure]:
    """Compare plain events, which have a floor, and events with more fields, which are shown."""
    for what, prefix in (
        ("data", ""),
        ("event and data", "event: delta\n"),
        ("id and data", "id: {}\n"),
    ):
        events = _events(prefix)
        stream = b"".join(events)
        cuts = {"one a chunk": events, "4 KiB": _cut(stream, 4096), "64 KiB": _cut(stream, 65536)}
        for how, chunks in cuts.items():
            pairs = [(_seconds(_ours, chunks), _seconds(_split, chunks)) for _ in range(rounds)]
            yield Figure(
                f"SSE parse, {what}, {how} / split",
                median(mine / other for mine, other in pairs),
                None if prefix else FLOOR,
                f"{median(mine for mine, _ in pairs) / COUNT * 1e6:.2f} us an event",
            )
