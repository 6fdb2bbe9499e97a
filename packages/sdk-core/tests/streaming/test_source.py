"""The life of an event source, played without a network or a clock."""

from __future__ import annotations

from typing import Any

import pytest

from sdk_core._event_source import Source, pieces_of
from sdk_core._messages import Request, Response
from sdk_core._sse import ServerSentEvent
from sdk_core.errors import (
    APIConnectionError,
    APIResponseValidationError,
    APIStatusError,
    AuthenticationError,
    ConfigurationError,
    InternalServerError,
    SDKError,
    StreamInterruptedError,
)
from sdk_core.events import ReadyState, Reconnect
from sdk_core.hooks import Hooks, RetryEvent, StreamEvent
from sdk_core.testing import Played, play, request, response, send
from sdk_core.typing import Flow

HEAD = {"content-type": "text/event-stream"}
NO_WAIT = Reconnect(rand=lambda: 0.0)
FULL = Reconnect(rand=lambda: 1.0)


def stream(body: bytes = b"", **headers: str) -> Response:
    """Return an answer that is this stream, and then over."""
    return response(200, HEAD | headers, body)


def source(
    reconnect: Reconnect = FULL,
    asked: Request | None = None,
    limit: int = 1000,
    last_event_id: str = "",
) -> Source:
    """Return the sans-IO half."""
    return Source(
        asked or request(),
        send,
        pieces_of,
        reconnect=reconnect,
        max_event_size=limit,
        last_event_id=last_event_id,
    )


def all_of(origin: Source, events: int) -> Flow[list[ServerSentEvent]]:
    """Read that many events, or as many as there are."""
    found: list[ServerSentEvent] = []
    while len(found) < events:
        more = yield from origin.more()
        if not more:
            break
        found += more
    return found


def read(origin: Source, *results: Response | SDKError, events: int = 99, each: float = 0.0) -> Any:
    """Play reading on a fake network, whose connections take *each* seconds."""
    return play(all_of(origin, events), *results, seconds_per_send=each)


def ids(played: Played[list[ServerSentEvent]]) -> list[str | None]:
    """Return what each request said as ``Last-Event-ID``."""
    return [sent.headers.get("last-event-id") for sent in played.sent]


def test_a_lost_connection_is_made_again_from_where_it_was() -> None:
    """Each request carries the id of the last whole event, in the bytes that the standard says."""
    played = read(
        source(),
        stream(b"id: 1\ndata: a\n\nid: 2\ndata: half"),
        stream("id: …\ndata: b\n\n".encode()),
        APIConnectionError(message="broke"),
        stream(b"data: c\n\n"),
        response(204),
    )
    assert [event.text for event in played.result] == ["a", "b", "c"]
    assert ids(played) == [None, "1", "…".encode().decode("latin-1")] + ["\xe2\x80\xa6"] * 2


def test_the_id_of_an_unfinished_event_is_forgotten() -> None:
    """An event of the next connection has the id that was last dispatched, and no other."""
    half = b"retry:1000\ndata:test1\n\nid:test\ndata:test2"
    played = read(source(), stream(half), stream(half), response(204))
    assert [(event.text, event.id) for event in played.result] == [("test1", "")] * 2
    assert ids(played) == [None, None, None]


def test_the_wait_is_what_the_server_says_or_drawn_at_random() -> None:
    """The longer of the two; the random one doubles up to its cap."""
    broken = APIConnectionError(message="broke")
    played = read(source(), *[broken] * 7, response(204))
    assert played.slept == [1, 2, 4, 8, 16, 30, 30]
    played = read(source(), stream(b"retry: 3500\n\n"), *[broken] * 3, response(204))
    assert played.slept == [3.5, 3.5, 4, 8]
    played = read(
        source(),
        response(503, {"retry-after": "7"}),
        response(429, {"retry-after": "2"}),
        response(408),
        response(204),
    )
    assert played.slept == [7, 2, 4]


def test_a_sound_connection_begins_the_waits_again() -> None:
    """A connection that held for some seconds was no failure."""
    broken = APIConnectionError(message="broke")

    origin = source(Reconnect(rand=lambda: 1.0, healthy_after=5))
    waits: list[float] = []
    flow = all_of(origin, 99)
    clock = 0.0
    answers = [broken, broken, stream(b"data: a\n\n"), broken, response(204)]
    effect: Any = next(flow)
    while True:
        name = type(effect).__name__
        try:
            if name == "Send":
                answer = answers.pop(0)
                step: Any = flow.throw if isinstance(answer, SDKError) else flow.send
                effect = step(answer)
            elif name == "Sleep":
                waits.append(effect.seconds)
                clock += effect.seconds
                effect = flow.send(None)
            elif name == "Now":
                effect = flow.send(clock)
            else:
                clock += 4
                effect = flow.send(effect.function())
        except StopIteration:
            break
    assert waits == [1, 2, 1, 2]


def test_it_gives_up_after_so_many_connections_without_an_event() -> None:
    """The error of the last one is raised; an event begins the count again."""
    broken = APIConnectionError(message="broke")
    some = Reconnect(attempts=2, rand=lambda: 0.0)
    played = read(source(some), broken, broken, stream(b"data: a\n\n"), broken, broken)
    assert played.error is broken
    assert not played.unused
    origin = source(Reconnect(attempts=0))
    played = read(origin, response(500, json={"error": {"message": "no"}}))
    assert isinstance(played.error, InternalServerError)
    assert origin.state is ReadyState.CLOSED
    played = read(source(Reconnect(attempts=0)), stream(b": nothing\n\n"))
    assert isinstance(played.error, StreamInterruptedError)
    endless = Reconnect(attempts=None, rand=lambda: 0.0)
    assert read(source(endless), *[broken] * 50, response(204)).result == []


def test_a_server_cannot_ask_for_a_wait_without_end() -> None:
    """What is longer than the limit is an error at once."""
    played = read(source(), stream(b"retry: 99999999\ndata: a\n\n"))
    assert isinstance(played.error, StreamInterruptedError)
    assert played.slept == []


def test_an_orderly_end_may_be_the_end() -> None:
    """Where the caller says so; a connection that broke is made again all the same."""
    once = Reconnect(at_end=False, rand=lambda: 0.0)
    played = read(source(once), APIConnectionError(), stream(b"data: a\n\n"))
    assert [event.text for event in played.result] == ["a"]


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (response(401, json={}), AuthenticationError),
        (response(404), APIStatusError),
        (response(410, HEAD), APIStatusError),
        (response(205, HEAD), APIResponseValidationError),
        (response(210, HEAD), APIResponseValidationError),
        (response(299, HEAD), APIResponseValidationError),
        (response(200, {"content-type": "text/x-bogus"}, b"data: a\n\n"), None),
        (response(200, {"content-type": "text/event-stream-x"}, b"data: a\n\n"), None),
        (response(200, {}, b"data: a\n\n"), None),
        (ConfigurationError("no"), ConfigurationError),
    ],
)
def test_an_answer_that_is_no_stream_ends_it_for_good(answer: Any, error: Any) -> None:
    """No other attempt is made, and no event is seen."""
    origin = source()
    played = read(origin, answer)
    assert type(played.error) is (error or APIResponseValidationError) or isinstance(
        played.error, error
    )
    assert origin.state is ReadyState.CLOSED
    assert read(origin).result == []


@pytest.mark.parametrize(
    "kind", ["text/event-stream;", "TEXT/Event-Stream", "text/event-stream;charset=windows-1252"]
)
def test_the_media_type_is_read_as_http_writes_it(kind: str) -> None:
    """Case and parameters say nothing; the bytes are UTF-8 in any case."""
    played = read(
        source(), response(200, {"content-type": kind}, "data: ok…\n\n".encode()), response(204)
    )
    assert [event.text for event in played.result] == ["ok…"]


def test_what_the_server_repeats_is_dropped() -> None:
    """Events of an earlier connection are, until the first new one; without an id none is."""
    origin = source(NO_WAIT)
    one = b"id: 1\ndata: a\n\nid: 2\ndata: b\n\ndata: c\n\nid: 2\ndata: d\n\n"
    two = b"id: 1\ndata: a\n\nid: 2\ndata: b\n\ndata: e\n\nid: 3\ndata: f\n\nid: 2\ndata: g\n\n"
    played = read(origin, stream(one), stream(two), response(204))
    assert [event.text for event in played.result] == ["a", "b", "c", "d", "e", "f", "g"]
    assert origin.duplicates == 2
    assert origin.committed == "2"


def test_only_so_many_ids_are_remembered() -> None:
    """A stream without end does not fill the memory."""
    origin = source(NO_WAIT)
    many = b"".join(b"id: %d\ndata: x\n\n" % n for n in range(3000))
    read(origin, stream(many), response(204))
    assert len(origin._seen) == 1024
    assert "2999" in origin._seen


def test_an_event_that_is_too_large_ends_it() -> None:
    """It would come again with the next connection."""
    origin = source(limit=100)
    played = read(origin, stream(b"data: a\n\n" + b"data: " + b"x" * 200))
    assert isinstance(played.error, StreamInterruptedError)
    assert "longer than 100 bytes" in str(played.error)
    assert origin.state is ReadyState.CLOSED


def test_an_id_that_no_header_can_hold_is_not_sent() -> None:
    """A control character would be refused by the engine; the stream begins anew instead."""
    played = read(
        source(NO_WAIT),
        stream(b"id: a\x0bb\ndata: a\n\n"),
        stream(b"id:  5 \ndata: b\n\n"),
        response(204),
    )
    assert ids(played) == [None, None, "5"]


def test_an_id_that_the_engine_cannot_carry_is_left_out() -> None:
    """It is the server's, so that it must not end the source; what comes again is dropped."""
    refused = ConfigurationError("ASCII only")
    body = "id: …\ndata: a\n\n".encode()
    played = read(
        source(NO_WAIT), stream(body), refused, stream(body + b"id: 2\ndata: b\n\n"), refused
    )
    assert ids(played) == [None, "\xe2\x80\xa6", None, "2"]
    assert played.error is refused


def test_hooks_are_told_of_events_and_reconnections() -> None:
    """One `StreamEvent` an event, numbered over all connections, and one `RetryEvent` a wait."""
    told: list[Any] = []
    asked = request(hooks=Hooks(on_stream=told.append, on_retry=told.append))
    read(
        source(NO_WAIT, asked),
        stream(b"data: a\n\ndata: b\n\n"),
        response(503),
        stream(b"data: c\n\n"),
        response(204),
    )
    seen = [(e.item.text, e.index) for e in told if isinstance(e, StreamEvent)]
    assert seen == [("a", 0), ("b", 1), ("c", 2)]
    assert [e.reason for e in told if isinstance(e, RetryEvent)] == [
        "StreamInterruptedError",
        "InternalServerError",
        "StreamInterruptedError",
    ]


def test_a_read_that_was_given_up_is_made_good_by_another_connection() -> None:
    """At once, for nothing failed."""
    origin = source(last_event_id="7")
    flow = origin.more()
    next(flow)  # the clock
    flow.send(0.0)
    effect = flow.send(stream(b"data: a\n\n"))
    assert type(effect).__name__ == "Now"
    flow.send(0.0)
    flow.close()
    played = read(origin, stream(b"id: 8\ndata: b\n\n"), response(204), events=1)
    assert [event.text for event in played.result] == ["b"]
    assert (ids(played), played.slept) == (["7"], [])


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("attempts", {"attempts": -1}),
        ("attempts", {"attempts": 1.5}),
        ("base", {"base": -1}),
        ("cap", {"cap": "1"}),
        ("healthy_after", {"healthy_after": True}),
        ("longest_hint", {"longest_hint": float("nan")}),
    ],
)
def test_bad_figures_are_refused(name: str, options: dict[str, Any]) -> None:
    """By name."""
    with pytest.raises(ConfigurationError, match=f"`{name}` of `reconnect`"):
        Reconnect(**options)


def test_closing_while_it_connects_lets_go_at_once() -> None:
    """The answer that comes too late is not read."""
    origin = source()
    flow = origin.more()
    next(flow)
    flow.send(0.0)
    origin.stop()
    closing: Any = flow.send(stream(b"data: a\n\n"))
    closing.function()
    with pytest.raises(StopIteration) as over:
        flow.send(None)
    assert over.value.value == []
    assert origin._connection is None


def test_who_reads_can_be_woken_where_the_engine_lets_us() -> None:
    """Only while it reads, and only by the means of its engine."""
    origin = source()
    assert not origin.wake()
    origin._reading = True
    origin.response = stream()
    assert origin.wake()

    class Head:
        def __init__(self, sock: Any) -> None:
            self.extensions = {"network_stream": self}
            self.sock = sock

        def get_extra_info(self, _: str) -> Any:
            return self.sock

    class Gone:
        def shutdown(self, _: int) -> None:
            raise OSError

    class Answered(Response):
        http_response: Any = None

    for sock in (None, Gone()):
        answered = Answered(200, {}, request=request())
        answered.http_response = Head(sock)
        origin.response = answered
        assert origin.wake()
