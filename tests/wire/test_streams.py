"""Recorded streams: the client gives what the bytes hold, however the bytes are cut."""

from __future__ import annotations

import threading

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sdk_openai_compat import AsyncOpenAI, OpenAI

from ._calls import answer_of, as_sent, ask, each_colour, recorded_call, replay
from ._expectations import stream_chunks, stream_events, streamed_answer
from ._framing import as_chunk, head_size, until_close
from ._recordings import Kind, Recording, each_recording, named
from ._replay import ReplayServer, Reply

STREAMS = (Kind.CHAT_STREAM, Kind.COMPLETION_STREAM)
PATIENCE = 20.0  # seconds that a test waits for a client before it calls it stuck


@each_colour
@each_recording(*STREAMS)
def test_a_stream_adds_up_to_what_the_bytes_hold(recording: Recording, colour: str) -> None:
    """Text, reasoning, tool calls, log probabilities, finish reasons and usage of each choice."""
    outcome = replay(recording, colour)
    assert outcome.error is None
    assert streamed_answer(stream_chunks(recording.body)) == answer_of(outcome)


@each_colour
@each_recording(*STREAMS)
def test_each_event_is_an_item_and_loses_nothing(recording: Recording, colour: str) -> None:
    """One item per event, in order, with all fields that the server sent."""
    items = replay(recording, colour).items
    assert stream_chunks(recording.body) == [as_sent(item) for item in items]


@each_colour
@each_recording(*STREAMS)
def test_the_call_sends_the_recorded_request_once(recording: Recording, colour: str) -> None:
    """Method, path and body are those that the server was asked with when it was recorded."""
    with ReplayServer(recording.reply) as server:
        ask(server.url, recorded_call(recording), colour)
    assert [(recording.method, recording.path, recording.arguments)] == [
        (request.method, request.target, request.json()) for request in server.requests
    ]


@each_colour
@pytest.mark.parametrize("framing", ["framed", "until close"])
@each_recording(*STREAMS)
def test_a_stream_may_arrive_byte_by_byte(recording: Recording, framing: str, colour: str) -> None:
    """The finest cut there is changes nothing, whatever ends the HTTP message."""
    raw = recording.raw if framing == "framed" else until_close(recording.raw)
    # Long recordings repeat themselves: a coarser cut still falls on every place in a chunk.
    step = 1 if len(raw) < 10_000 else 17
    outcome = replay(recording, colour, Reply((raw,)).recut(range(0, len(raw), step)))
    assert outcome.error is None
    assert streamed_answer(stream_chunks(recording.body)) == answer_of(outcome)


@each_colour
@each_recording(*STREAMS)
@settings(max_examples=8, deadline=None)
@given(data=st.data())
def test_the_places_where_a_stream_is_cut_do_not_matter(
    recording: Recording, colour: str, data: st.DataObject
) -> None:
    """Any boundaries between reads, in the head, inside characters or line ends, change nothing."""
    places = st.integers(1, len(recording.raw) - 1)
    cuts = data.draw(st.lists(places, max_size=40, unique=True))
    outcome = replay(recording, colour, recording.reply.recut(cuts))
    assert outcome.error is None
    assert streamed_answer(stream_chunks(recording.body)) == answer_of(outcome)


def one_piece_per_event(recording: Recording) -> Reply:
    """Send each event of a recorded stream as an HTTP chunk and as a piece of its own."""
    head = recording.raw[: head_size(recording.raw)]
    events = [as_chunk(b"data: %s\n\n" % event) for event in stream_events(recording.body)]
    return Reply((head, *events, as_chunk(b"data: [DONE]\n\n") + as_chunk(b"")))


class Turns:
    """Lets the server send one piece at each `pass_on`."""

    def __init__(self) -> None:
        self._semaphore = threading.Semaphore(1)  # the head goes out unasked

    def wait(self) -> None:
        """Wait for a turn; a client that never passes it on fails its test, and no more."""
        self._semaphore.acquire(timeout=PATIENCE)

    def pass_on(self) -> None:
        """Let the next piece go."""
        self._semaphore.release()


@pytest.mark.shared
def test_an_item_is_handed_on_before_the_next_one_is_sent() -> None:
    """The synchronous stream holds nothing back: each item comes with its own bytes."""
    recording = named("llamacpp/50-scripted-text-stream")
    turns, items = Turns(), []
    with (
        ReplayServer(one_piece_per_event(recording), gate=turns.wait) as server,
        OpenAI(base_url=f"{server.url}/v1", api_key="k", timeout=PATIENCE / 2) as client,
        recorded_call(recording).start(client) as stream,
    ):
        turns.pass_on()
        for item in stream:
            items.append(item.to_dict())
            turns.pass_on()
    assert stream_chunks(recording.body) == items


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
@pytest.mark.shared
def test_an_item_is_handed_on_before_the_next_one_is_sent_async(backend: str) -> None:
    """The asynchronous stream holds nothing back: each item comes with its own bytes."""
    recording = named("llamacpp/50-scripted-text-stream")
    turns = Turns()

    async def collect(url: str) -> list[object]:
        items = []
        async with (
            AsyncOpenAI(base_url=f"{url}/v1", api_key="k", timeout=PATIENCE / 2) as client,
            await recorded_call(recording).start(client) as stream,
        ):
            turns.pass_on()
            async for item in stream:
                items.append(item.to_dict())
                turns.pass_on()
        return items

    with ReplayServer(one_piece_per_event(recording), gate=turns.wait) as server:
        assert stream_chunks(recording.body) == anyio.run(collect, server.url, backend=backend)


@pytest.mark.shared
def test_a_stream_that_is_left_early_lets_go_of_its_connection() -> None:
    """Leaving the block of a stream ends its connection, though its client lives on."""
    recording = named("llamacpp/50-scripted-text-stream")
    pieces = one_piece_per_event(recording).pieces[:3]
    with (
        ReplayServer(Reply(pieces, keep_open=True)) as server,
        OpenAI(base_url=f"{server.url}/v1", api_key="k", timeout=PATIENCE) as client,
    ):
        with recorded_call(recording).start(client) as stream:
            first = next(iter(stream))
            assert not server.connection_ended.is_set()
        assert server.connection_ended.wait(PATIENCE)
    assert stream_chunks(recording.body)[0] == first.to_dict()


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
@pytest.mark.shared
def test_a_stream_that_is_left_early_lets_go_of_its_connection_async(backend: str) -> None:
    """Leaving the block of a stream ends its connection, though its client lives on."""
    recording = named("llamacpp/50-scripted-text-stream")
    pieces = one_piece_per_event(recording).pieces[:3]

    async def leave(server: ReplayServer) -> bool:
        async with AsyncOpenAI(
            base_url=f"{server.url}/v1", api_key="k", timeout=PATIENCE
        ) as client:
            async with await recorded_call(recording).start(client) as stream:
                async for _ in stream:
                    break
            return await anyio.to_thread.run_sync(server.connection_ended.wait, PATIENCE)

    with ReplayServer(Reply(pieces, keep_open=True)) as server:
        assert anyio.run(leave, server, backend=backend)
