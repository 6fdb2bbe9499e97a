"""Recorded answers that came whole: the client gives what the bytes hold."""

from __future__ import annotations

import base64
import json
import struct

import pytest

from sdk_openai_compat import APIResponseValidationError

from ._calls import answer_of, as_sent, ask, each_colour, recorded_call, replay
from ._expectations import whole_answer
from ._recordings import Kind, Recording, each_recording, named
from ._replay import ReplayServer


@each_colour
@each_recording(Kind.CHAT, Kind.COMPLETION)
def test_an_answer_holds_what_the_bytes_hold(recording: Recording, colour: str) -> None:
    """Text, reasoning, tool calls, log probabilities, finish reasons and usage of each choice."""
    assert whole_answer(json.loads(recording.body)) == answer_of(replay(recording, colour))


@each_colour
@each_recording(Kind.CHAT, Kind.COMPLETION, Kind.EMBEDDINGS)
def test_nothing_that_a_server_adds_is_lost(recording: Recording, colour: str) -> None:
    """Fields beyond the specification are there too, so that the answer is the JSON again."""
    result = replay(recording, colour).result
    assert json.loads(recording.body) == as_sent(result)


@each_colour
@each_recording(Kind.CHAT, Kind.COMPLETION, Kind.EMBEDDINGS, Kind.MODELS)
def test_the_call_sends_the_recorded_request_once(recording: Recording, colour: str) -> None:
    """Method, path and body are those that the server was asked with when it was recorded."""
    with ReplayServer(recording.reply) as server:
        ask(server.url, recorded_call(recording), colour)
    (request,) = server.requests
    assert (recording.method, recording.path) == (request.method, request.target)
    sent = request.json() if request.body else {}
    # Vectors travel as base64 unless the caller wants otherwise: half the bytes, no parsing.
    added = {"encoding_format"} if recording.kind is Kind.EMBEDDINGS else set()
    assert recording.arguments == {
        name: value
        for name, value in sent.items()
        if name in recording.arguments or name not in added
    }


@each_colour
@each_recording(Kind.EMBEDDINGS)
def test_vectors_are_those_in_the_bytes(recording: Recording, colour: str) -> None:
    """Each vector has its index, its numbers (or what the server sent in their place), its model."""
    expected = json.loads(recording.body)
    result = replay(recording, colour).result
    assert (expected["model"], expected["usage"]) == (result.model, result.usage.to_dict())
    assert [(each["index"], each["embedding"]) for each in expected["data"]] == [
        (each.index, each.embedding) for each in result.data
    ]


@each_colour
@pytest.mark.shared
def test_vectors_sent_as_base64_arrive_as_numbers(colour: str) -> None:
    """A caller who names no encoding gets floats, however they travelled."""
    recording = named("llamacpp/41-embeddings-b64")
    call = recorded_call(named("llamacpp/40-embeddings-ok"))
    with ReplayServer(recording.reply) as server:
        result = ask(server.url, call, colour).result
    raw = [base64.b64decode(each["embedding"]) for each in json.loads(recording.body)["data"]]
    assert [list(struct.unpack(f"<{len(each) // 4}f", each)) for each in raw] == [
        list(each.embedding) for each in result.data
    ]


@each_colour
@each_recording(Kind.MODELS)
def test_models_are_those_in_the_bytes(recording: Recording, colour: str) -> None:
    """Every model is listed, in order and with all that the server says of it."""
    result = replay(recording, colour).result
    assert json.loads(recording.body)["data"] == [model.to_dict() for model in result.data]


@each_colour
@pytest.mark.parametrize("stream", [True, False])
@each_recording(Kind.MALFORMED)
def test_an_answer_that_is_no_json_is_a_validation_error(
    recording: Recording, stream: bool, colour: str
) -> None:
    """A 200 that calls itself JSON and is none is refused by name, streamed or not.

    It is neither a cut stream (the HTTP message is whole) nor text to be handed on as an answer,
    and a bare decoding error would tell the user nothing about the server.
    """
    call = recorded_call(recording)
    call.arguments["stream"] = stream
    with ReplayServer(recording.reply) as server:
        outcome = ask(server.url, call, colour)
    assert ([], None) == (outcome.items, outcome.result)
    assert isinstance(outcome.error, APIResponseValidationError)
    assert "\n" not in str(outcome.error)
    assert recording.body.decode() in outcome.error.body
