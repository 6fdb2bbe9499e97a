"""Recorded errors: the right class, with a message that a person can read."""

from __future__ import annotations

import pickle
import socket

import pytest

import sdk_openai_compat
from sdk_openai_compat import APIConnectionError, APIStatusError, StreamInterruptedError

from ._calls import Call, ask, each_colour, recorded_call, replay
from ._expectations import refusal
from ._recordings import Kind, Recording, each_recording
from ._replay import ReplayServer, Reply


def words(text: str) -> str:
    """Return the text with single spaces, which is how it fits on one line."""
    return " ".join(text.split())


@each_colour
@each_recording(Kind.ERROR)
def test_an_error_reply_raises_the_class_of_its_status(recording: Recording, colour: str) -> None:
    """Exactly that class, with the status and the request's name, and after a single request."""
    expected = refusal(recording)
    with ReplayServer(recording.reply) as server:
        outcome = ask(server.url, recorded_call(recording), colour)
    assert 1 == len(server.requests)
    assert ([], None) == (outcome.items, outcome.result)
    assert isinstance(outcome.error, APIStatusError)
    assert type(outcome.error) is getattr(sdk_openai_compat, expected.error)
    assert (expected.status, expected.request_id) == (
        outcome.error.status_code,
        outcome.error.request_id,
    )


@each_colour
@each_recording(Kind.ERROR)
def test_the_message_says_on_one_line_what_the_server_said(
    recording: Recording, colour: str
) -> None:
    """The status and the server's own sentence: no markup, no JSON, no end of line."""
    expected = refusal(recording)
    error = replay(recording, colour).error
    assert error is not None
    assert f"Error code: {expected.status} - {words(expected.message)}" == str(error)
    assert error.message == str(error)


@each_colour
@each_recording(Kind.ERROR)
def test_an_error_keeps_what_the_server_sent(recording: Recording, colour: str) -> None:
    """Body, code, type and parameter are those of the reply, and the reply itself is there."""
    expected = refusal(recording)
    error = replay(recording, colour).error
    assert isinstance(error, APIStatusError)
    assert expected.body == error.body
    assert (expected.code, expected.type, expected.param) == (error.code, error.type, error.param)
    assert recording.body == error.response.content
    retry_after = recording.head.get("retry-after")
    assert (retry_after and float(retry_after)) == error.retry_after


@each_colour
@each_recording(Kind.ERROR)
def test_an_error_survives_pickling(recording: Recording, colour: str) -> None:
    """Errors cross process boundaries, with their class, message and status."""
    error = replay(recording, colour).error
    assert isinstance(error, APIStatusError)
    copy = pickle.loads(pickle.dumps(error))
    assert (type(error), str(error), error.status_code, error.body) == (
        type(copy),
        str(copy),
        copy.status_code,
        copy.body,
    )


@each_colour
@pytest.mark.parametrize("reset", [False, True])
@each_recording(Kind.DISCONNECT)
def test_a_connection_closed_without_a_reply_is_a_connection_error(
    recording: Recording, reset: bool, colour: str
) -> None:
    """Nothing came, so nothing was interrupted; whether it was processed nobody knows."""
    with ReplayServer(Reply((), reset=reset)) as server:
        outcome = ask(server.url, recorded_call(recording), colour)
        url = server.url
    assert 1 == len(server.requests)
    assert isinstance(outcome.error, APIConnectionError)
    assert not isinstance(outcome.error, StreamInterruptedError)
    assert outcome.error.maybe_processed
    assert url in str(outcome.error)


@each_colour
def test_a_server_that_is_not_there_is_a_connection_error(colour: str) -> None:
    """Nobody listens: the error names the address, and says that a repeat is safe."""
    # A socket that is bound and does not listen keeps its port and refuses connections.
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = "http://{}:{}".format(*unused.getsockname())
        outcome = ask(url, Call("models.list"), colour)
    assert isinstance(outcome.error, APIConnectionError)
    assert not outcome.error.maybe_processed
    assert url in str(outcome.error)
