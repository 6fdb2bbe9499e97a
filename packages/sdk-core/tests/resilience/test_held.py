from __future__ import annotations

import gc
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from sdk_core._held import Timed, Watched
from sdk_core.errors import APITimeoutError
from sdk_core.testing import request

pytestmark = pytest.mark.anyio


class Body:
    """A body of both colours that says whether it was closed."""

    def __init__(self, *pieces: bytes) -> None:
        self.pieces = pieces
        self.closed: list[float] = []

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.pieces)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self.pieces:
            yield piece

    def close(self, *, grace: float = 0.0) -> None:
        """Note how it was closed."""
        self.closed.append(grace)

    async def aclose(self, *, grace: float = 0.0) -> None:
        """Note how it was closed."""
        self.closed.append(grace)


async def read(colour: str, body: Any) -> list[bytes]:
    """Return the pieces of *body*."""
    return list(body) if colour == "sync" else [piece async for piece in body]


async def close(colour: str, body: Any, grace: float) -> None:
    """Close *body*."""
    if colour == "sync":
        body.close(grace=grace)
    else:
        await body.aclose(grace=grace)


@pytest.mark.parametrize("kind", ["timed", "watched"])
async def test_bodies_pass_through(colour: str, kind: str) -> None:
    """The pieces, the closing, and the grace that it gives."""
    inner = Body(b"a", b"b")
    body: Any = (
        Timed(inner, request(), time.monotonic() + 60, "deadline")
        if kind == "timed"
        else Watched(inner, lambda _: None)
    )
    assert await read(colour, body) == [b"a", b"b"]
    await close(colour, body, 0.25)
    assert inner.closed == [0.25]


async def test_a_body_that_is_late_is_closed(colour: str) -> None:
    """The option is named, and the secret in the address is not."""
    where = request("https://u:p@api.example.com/x?key=k-123")
    body = Timed(Body(b"a"), where, time.monotonic() - 1, "deadline")
    with pytest.raises(APITimeoutError, match="`deadline` was over before all") as caught:
        await read(colour, body)
    assert caught.value.request is where
    assert "k-123" not in str(caught.value)


@pytest.mark.parametrize(("left", "named"), [(-1.0, True), (60.0, False)])
async def test_a_silence_that_outlasts_the_deadline_is_the_deadlines(
    left: float, *, named: bool
) -> None:
    """A shorter one is what it was."""

    class Silent(Body):
        def __iter__(self) -> Iterator[bytes]:
            yield from self.pieces
            raise APITimeoutError(message="silence")

    body = Timed(Silent(), request(), time.monotonic() + left, "deadline")
    with pytest.raises(APITimeoutError, match="`deadline` was over" if named else "silence"):
        await read("sync", body)


@pytest.mark.parametrize("how", ["read", "closed", "both"])
async def test_the_end_is_told_once(colour: str, how: str) -> None:
    """Whether the body was read to its end, closed before, or both."""
    told: list[bytes] = []
    body = Watched(Body(b"abc", b"defg"), told.append, tail=3)
    if how != "closed":
        await read(colour, body)
    if how != "read":
        await close(colour, body, 0.0)
    assert told == [b"" if how == "closed" else b"efg"]


async def test_a_body_that_is_dropped_has_ended_too() -> None:
    """Nobody else could say so."""
    told: list[bytes] = []
    body = Watched(Body(b"a"), told.append)
    del body
    gc.collect()
    assert told == [b""]


async def test_only_the_tail_is_kept(colour: str) -> None:
    """Of a body of any length."""
    told: list[bytes] = []
    body = Watched(Body(*[b"%03d" % n for n in range(1000)]), told.append, tail=7)
    await read(colour, body)
    assert told == [b"7998999"]


async def test_an_asynchronous_end_is_waited_for() -> None:
    """Where that can be done; a body that blocks drops it without a warning."""
    told: list[str] = []

    async def tell(_: bytes) -> None:
        told.append("told")

    for use in (read, lambda colour, body: close(colour, body, 0.0)):
        await use("async", Watched(Body(b"a"), tell))
        await use("sync", Watched(Body(b"a"), tell))
    assert told == ["told", "told"]
