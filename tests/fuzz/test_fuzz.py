"""
Spoilt recordings: whatever a server sends, a right answer or a typed error, never anything else.

Each case is made of its number, so that a failure is repeated by it. `SDK_FUZZ_SECONDS` says how
long each test runs (15 by default), `SDK_FUZZ_SEED` with which number it begins, as in
``SDK_FUZZ_SECONDS=3600 ./dev test tests/fuzz``.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest

from sdk_openai_compat import APIConnectionError, ConfigurationError, LengthFinishReasonError

from ..wire._framing import received_body
from ..wire._recordings import Kind as RecordingKind
from ..wire._recordings import Recording, recordings
from ..wire._replay import ReplayServer, Reply
from ._clients import KINDS, QUIRKS, Kind, aread, fake, read
from ._mutations import ON_BODIES, ON_MESSAGES, mutated, pieces

SECONDS = float(os.environ.get("SDK_FUZZ_SECONDS", "15"))
FIRST = int(os.environ.get("SDK_FUZZ_SEED", "0"))
HELD_UP = 60.0
"""Seconds after which a case hangs: none has anything to wait for."""

pytestmark = [
    pytest.mark.shared,
    pytest.mark.slow,
    pytest.mark.timeout(SECONDS * 2 + 240),
    pytest.mark.skipif(not recordings(), reason="the recordings are not here"),
]


def sources() -> list[Recording]:
    """Return the recordings that a method of the client reads."""
    return [
        each
        for each in recordings()
        if each.path in KINDS
        and each.kind is not RecordingKind.DISCONNECT
        and len(each.raw) < 60_000
    ]


def cases() -> Iterator[tuple[int, Random, Recording, Kind]]:
    """Yield numbered cases until the time is over."""
    found = sources()
    ends = time.monotonic() + SECONDS
    number = FIRST
    while time.monotonic() < ends:
        random = Random(number)
        recording = random.choice(found)
        streamed = recording.media_type == "text/event-stream"
        kinds = KINDS[recording.path]
        fitting = [kind for kind in kinds if kind.streams == streamed] or list(kinds)
        yield number, random, recording, random.choice(fitting if random.random() < 0.9 else kinds)
        number += 1


def judge(
    number: int, random: Random, kind: Kind, error: BaseException | None, began: float
) -> None:
    """Hold the outcome of a case against what may come of it."""
    # What could be sent is not in question, and a token limit is no fault of the bytes.
    assert not isinstance(error, ConfigurationError), (number, kind, error)
    assert time.monotonic() - began < HELD_UP, (number, kind)


def options_of(random: Random) -> dict[str, Any]:
    """Return what a client is made with."""
    options: dict[str, Any] = {"base_url": "http://server/v1"}
    if random.random() < 0.15:
        options["strict"] = True
    if (quirks := random.choice(QUIRKS)) is not None:
        options["quirks"] = quirks
    return options


@pytest.mark.parametrize("colour", ["sync", "asyncio", "trio"])
def test_spoilt_bodies_give_answers_or_typed_errors(colour: str) -> None:
    """Over a transport without a network, split anywhere."""
    ran = 0
    for number, random, recording, kind in cases():
        body = mutated(recording.body, random, ON_BODIES)
        split = pieces(body, random)
        if random.random() < 0.1 and kind.streams and recording.status < 300:
            split.append(APIConnectionError(message="Connection error: it broke"))  # type: ignore[arg-type]  # a piece that raises
        content_type = recording.media_type if random.random() < 0.9 else "text/html"
        transport = fake(recording.status, content_type, split, stream=kind.streams)
        options = {**options_of(random), "transport": transport}
        began = time.monotonic()
        try:
            error = read(kind, options) if colour == "sync" else aread(kind, options, colour)
        except Exception as exc:
            exc.add_note(
                f"case {number}: {recording.name}, {kind}, {options.keys()}; {body[:2000]!r}"
            )
            raise
        judge(number, random, kind, error, began)
        ran += 1
    assert ran


@pytest.mark.parametrize(
    ("colour", "transport"), [("sync", None), ("sync", "httptools"), ("asyncio", None)]
)
def test_spoilt_messages_give_answers_or_typed_errors(colour: str, transport: str | None) -> None:
    """Over a real socket, with the framing of HTTP spoilt too."""
    ran = 0
    for number, random, recording, kind in cases():
        raw = mutated(recording.raw, random, ON_MESSAGES)
        reply = Reply(tuple(filter(None, pieces(raw, random))), reset=random.random() < 0.1)
        with ReplayServer(reply) as server:
            options = {**options_of(random), "base_url": f"{server.url}/v1", "timeout": 5}
            if transport is not None:
                options["transport"] = transport
            began = time.monotonic()
            try:
                error = read(kind, options) if colour == "sync" else aread(kind, options, colour)
            except Exception as exc:
                exc.add_note(f"case {number}: {recording.name}, {kind}, {options}; {raw[:3000]!r}")
                raise
        judge(number, random, kind, error, began)
        ran += 1
    assert ran


def test_what_is_not_spoilt_is_no_error() -> None:
    """The cases begin with whole answers, so that an answer is what comes of some of them."""
    for recording in sources():
        if recording.kind in {RecordingKind.ERROR, RecordingKind.MALFORMED}:
            continue
        streamed = recording.media_type == "text/event-stream"
        for kind in KINDS[recording.path]:
            if kind.streams == streamed:
                transport = fake(
                    200, recording.media_type, [received_body(recording.raw)], stream=streamed
                )
                error = read(kind, {"base_url": "http://server/v1", "transport": transport})
                assert type(error) in {type(None), LengthFinishReasonError}
