"""Recorded answers of the Responses API: whole, streamed, and through the helper for streams."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sdk_openai_compat import OpenAI, StreamInterruptedError

from ._calls import Call, as_sent, ask, each_colour, recorded_call, replay
from ._expectations import stream_chunks
from ._framing import head_size, until_close
from ._recordings import Kind, Recording, each_recording
from ._replay import ReplayServer, Reply


def text_in(response: dict[str, Any]) -> str:
    """Return all text of a response, from its JSON."""
    parts = [part for item in response["output"] for part in item.get("content") or ()]
    return "".join(part["text"] for part in parts if part["type"] == "output_text")


def calls_in(response: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Return the function calls of a response, from its JSON."""
    return [
        (item["call_id"], item["name"], item["arguments"])
        for item in response["output"]
        if item["type"] == "function_call"
    ]


def calls_of(response: Any) -> list[tuple[str, str, str]]:
    """Return the function calls of a response, from its attributes."""
    return [
        (item.call_id, item.name, item.arguments)
        for item in response.output
        if item.type == "function_call"
    ]


@each_colour
@each_recording(Kind.RESPONSE)
def test_a_response_holds_what_the_bytes_hold(recording: Recording, colour: str) -> None:
    """Text, calls, status, usage and names, and every field that the server sent."""
    sent = json.loads(recording.body)
    outcome = replay(recording, colour)
    assert outcome.error is None
    response = outcome.result
    assert sent == as_sent(response)
    assert (text_in(sent), calls_in(sent)) == (response.output_text, calls_of(response))
    assert (sent["id"], sent["model"], sent["status"]) == (
        response.id,
        response.model,
        response.status,
    )
    assert sent["usage"]["total_tokens"] == response.usage.total_tokens


@each_colour
@each_recording(Kind.RESPONSE_STREAM)
def test_each_event_of_a_response_is_an_item(recording: Recording, colour: str) -> None:
    """One item for each event, in order, with all fields that the server sent, and no more."""
    outcome = replay(recording, colour)
    assert outcome.error is None
    assert stream_chunks(recording.body) == [as_sent(item) for item in outcome.items]
    assert {None} == {item._as_sent for item in outcome.items}


@each_colour
@each_recording(Kind.RESPONSE_STREAM)
def test_events_are_numbered_where_the_server_does_not_do_it(
    recording: Recording, colour: str
) -> None:
    """Numbers are missing in some servers' events; programs may rely on them nevertheless."""
    items = replay(recording, colour).items
    numbers = [item.sequence_number for item in items]
    assert sorted(set(numbers)) == numbers
    places: dict[str, set[int]] = {}
    for item in items:
        if getattr(item, "item_id", None) is not None:
            places.setdefault(item.item_id, set()).add(item.output_index)
    assert all(len(each) == 1 for each in places.values())
    assert len(set.union(set(), *places.values())) == len(places)


@each_colour
@each_recording(Kind.RESPONSE_STREAM)
def test_the_pieces_add_up_to_the_last_event(recording: Recording, colour: str) -> None:
    """Text and arguments that came in pieces are those of the response at the end."""
    items = replay(recording, colour).items
    final = items[-1].response
    sent = stream_chunks(recording.body)[-1]["response"]
    assert (text_in(sent), calls_in(sent)) == (final.output_text, calls_of(final))
    texts = [item.delta for item in items if item.type == "response.output_text.delta"]
    assert text_in(sent) == "".join(texts)
    kind = "response.function_call_arguments.delta"
    arguments = [item.delta for item in items if item.type == kind]
    assert "".join(each[2] for each in calls_in(sent)) == "".join(arguments)


@each_colour
@each_recording(Kind.RESPONSE, Kind.RESPONSE_STREAM)
def test_the_call_sends_the_recorded_request_once(recording: Recording, colour: str) -> None:
    """Method, path and body are those that the server was asked with when it was recorded."""
    with ReplayServer(recording.reply) as server:
        ask(server.url, recorded_call(recording), colour)
    assert [(recording.method, recording.path, recording.arguments)] == [
        (request.method, request.target, request.json()) for request in server.requests
    ]


@each_colour
@pytest.mark.parametrize("framing", ["framed", "until close"])
@each_recording(Kind.RESPONSE_STREAM)
def test_a_response_may_arrive_byte_by_byte(
    recording: Recording, framing: str, colour: str
) -> None:
    """The finest cut there is changes nothing, whatever ends the HTTP message."""
    raw = recording.raw if framing == "framed" else until_close(recording.raw)
    outcome = replay(recording, colour, Reply((raw,)).recut(range(0, len(raw), 7)))
    assert outcome.error is None
    assert stream_chunks(recording.body) == [as_sent(item) for item in outcome.items]


@each_colour
@each_recording(Kind.RESPONSE_STREAM)
def test_a_response_that_is_cut_is_no_whole_one(recording: Recording, colour: str) -> None:
    """Without its last event a stream is interrupted, and keeps what came."""
    raw = until_close(recording.raw)
    last = raw.rindex(b"event: response.completed")
    for offset in (head_size(raw), (head_size(raw) + last) // 2, last):
        outcome = replay(recording, colour, Reply((raw,)).cut_short(offset))
        assert isinstance(outcome.error, StreamInterruptedError)
        assert outcome.items == list(outcome.error.items)


@each_colour
@each_recording(Kind.RESPONSE_STREAM)
def test_the_last_event_ends_a_stream_whose_connection_stays_open(
    recording: Recording, colour: str
) -> None:
    """Nothing comes behind it, so nothing is waited for (PI-Desktop#217)."""
    raw = recording.raw
    end = raw.index(b"\n\n", raw.rindex(b"response.completed"))
    reply = Reply((raw[: end + 2],), keep_open=True)
    outcome = replay(recording, colour, reply)
    assert outcome.error is None
    assert "response.completed" == outcome.items[-1].type


@each_recording(Kind.RESPONSE_STREAM)
def test_the_helper_gives_the_final_response(recording: Recording) -> None:
    """`responses.stream` ends with what the last event holds, though numbers are missing."""
    arguments = {k: v for k, v in recording.arguments.items() if k != "stream"}
    with (
        ReplayServer(recording.reply) as server,
        OpenAI(base_url=f"{server.url}/v1", api_key="k", max_retries=0) as client,
        Call("responses.stream", (), arguments).start(client) as stream,
    ):
        final = stream.get_final_response()
    sent = stream_chunks(recording.body)[-1]["response"]
    assert (text_in(sent), calls_in(sent)) == (final.output_text, calls_of(final))
