"""What a fault is, what callers may see of one, and the words that the matrix is written in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

import attrs

from sdk_core.errors import (
    APIConnectionError,
    APIResponseValidationError,
    APITimeoutError,
)
from sdk_core.operations import Body, Content, Operation, Streaming
from sdk_core.options import Timeout

from ._server import Act, Turn, turn

BYTE, CLOSE, DRIP, FIN = Act.BYTE, Act.CLOSE, Act.DRIP, Act.FIN
LATER = Act.LATER
HEAD, HOLD, REQUEST, RESET, STALL = Act.HEAD, Act.HOLD, Act.REQUEST, Act.RESET, Act.STALL


_JSON = {"200": (Content("application/json", "json"),), "204": (), "205": ()}
_EVENTS = {"200": (Content("text/event-stream", "events"),)}
_BODY = Body("application/json", required=True)
_END = Streaming(terminator="[DONE]")
GET: Operation[Any] = Operation("get", "GET", "/fault", responses=_JSON)
LOOK: Operation[Any] = Operation("look", "HEAD", "/fault", responses={"200": ()})
POST: Operation[Any] = Operation("post", "POST", "/fault", body=_BODY, responses=_JSON)
EVENTS: Operation[Any] = Operation("events", "GET", "/fault", responses=_EVENTS, streaming=_END)


@attrs.frozen
class Returns:
    """The call succeeds with *value*, after *retries* repeats."""

    value: Any
    requests: int | None = None


@attrs.frozen
class Raises:
    """
    The call fails with exactly *error*.

    Attributes:
        maybe_processed: What a connection error says of that.
        retries: Repeats that went before.
        says: Part of the message.
        holds: Other attributes of the error.
        requests: How many requests the server has read; None: not looked at.
    """

    error: type[Exception]
    maybe_processed: bool | None = None
    retries: int = 0
    says: str = ""
    holds: Mapping[str, Any] = {}
    requests: int | None = None


@attrs.frozen
class Either:
    """Both are right: which one comes is up to the network."""

    outcomes: tuple[Returns | Raises, ...]


Outcome: TypeAlias = Returns | Raises | Either


@attrs.frozen
class Fault:
    """
    One fault.

    Attributes:
        id: Its name.
        turns: What the server does.
        sees: What the caller must see.
        ask: What is asked: JSON, a stream of items, a source of events; with a small or a large body.
        where: How the server is reached, and what it is.
        options: The client's, or the event source's.
        unlike: Where an engine cannot do what the others do: its name (a prefix of the lane's),
            and what its callers see.
        spared: Engines that leave something behind, which no caller of theirs can help.
        memory: Bytes that the call may take at its highest; None: not looked at.
        after: What becomes of the next call: it is ``fine``; or it may be refused, but never gets
            a wrong answer (``honest``: what came too early cannot be seen before it is wanted); or
            there is ``none``, because nobody is there to answer it.
    """

    id: str
    turns: tuple[Turn, ...]
    sees: Outcome
    ask: Literal[
        "json", "post", "upload", "stream", "source", "head", "twice", "at once", "storm"
    ] = "json"
    where: str = "http"
    options: Mapping[str, Any] = {}
    unlike: Mapping[str, Outcome] = {}
    after: Literal["fine", "honest", "none"] = "fine"
    spared: tuple[str, ...] = ()
    memory: int | None = None

    def seen_by(self, lane: str) -> Outcome:
        """Return what callers on *lane* must see."""
        for prefix, outcome in self.unlike.items():
            if lane.startswith(prefix):
                return outcome
        return self.sees


def broken(**more: Any) -> Raises:
    """Expect a connection that broke behind the request."""
    return Raises(APIConnectionError, maybe_processed=True, **more)


def unreached(**more: Any) -> Raises:
    """Expect a request that never reached anybody."""
    return Raises(APIConnectionError, maybe_processed=False, **more)


def late(says: str = "no answer within", *, processed: bool = True) -> Raises:
    """Expect a limit in time to be over."""
    return Raises(APITimeoutError, maybe_processed=processed, says=says)


def invalid(says: str = "", **more: Any) -> Raises:
    """Expect an answer that is not what the API promises."""
    return Raises(APIResponseValidationError, says=says, **more)


FINE = Returns({"ok": True})
SOON = {"timeout": Timeout(10, read=0.1)}
LENIENT = {"timeout": Timeout(10, read=1.0)}  # where something is to come before the silence
RETRY = {"max_retries": 1}


def said(*steps: Any) -> tuple[Turn, ...]:
    """Return the turn of a server that reads the request, and then takes *steps*."""
    return (turn(REQUEST, *steps),)


def lines(*headers: str, status: str = "200 OK", version: str = "1.1") -> bytes:
    """Return the head of an answer, to the byte."""
    return "\r\n".join((f"HTTP/{version} {status}", *headers, "", "")).encode("latin-1")


JSON = "content-type: application/json"
CHUNKED = lines(JSON, "transfer-encoding: chunked")
LONG = lines(JSON, "content-length: 100")
SSE = lines("content-type: text/event-stream", "connection: close")


# aiohttp looks at what comes behind an answer at once, and counts it against that answer.
SEES_GARBAGE = {"aiohttp": Either((Returns(...), broken()))}
