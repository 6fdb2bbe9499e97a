"""What real servers are known to send beyond the recordings, written by hand.

Each case is a row of the table of quirks in the project's research; the recordings hold those that
could be provoked, these are the others.
"""

from __future__ import annotations

import json

import pytest

from sdk_openai_compat import (
    APIError,
    APIResponseValidationError,
    APIStatusError,
    InternalServerError,
    StreamInterruptedError,
)

from ._calls import Call, answer_of, ask, each_colour
from ._framing import event_stream, reply_head
from ._replay import ReplayServer, Reply

HEAD = {"id": "i", "object": "chat.completion.chunk", "created": 0, "model": "m"}
PAGE = b"<!DOCTYPE html><html><head><title>Sign in</title></head><body><p>Hello</p></body></html>"
DONE = b"data: [DONE]"


def chunk(text: str | None = None, finish_reason: str | None = None) -> bytes:
    """Build the JSON of a chunk with a piece of text or a finish reason."""
    choice = {"index": 0, "delta": {"content": text}, "finish_reason": finish_reason}
    return json.dumps({**HEAD, "choices": [choice]}, ensure_ascii=False).encode()


def chat(stream: bool) -> Call:
    """Return a chat call."""
    arguments = {"model": "m", "messages": [{"role": "user", "content": "?"}], "stream": stream}
    return Call("chat.completions.create", (), arguments)


def event(data: bytes) -> bytes:
    """Return the line of an event with this data."""
    return b"data: " + data


@each_colour
@pytest.mark.parametrize(
    "ending",
    [
        event(b'{"error": {"message": "boom", "type": "t", "code": 7}}'),
        event(b'{"error": "boom"}'),
        b"event: error\n" + event(b'{"error": {"message": "boom"}}'),
        b"event: error\n" + event(b'{"message": "boom"}'),
        b'error: {"message": "boom", "code": 500}',
    ],
)
def test_an_error_inside_a_stream_is_raised(ending: bytes, colour: str) -> None:
    """After a 200 there is no status to go by: a plain `APIError` says what the server said."""
    with ReplayServer(Reply((event_stream(event(chunk("a")), ending),))) as server:
        outcome = ask(server.url, chat(stream=True), colour)
    assert "a" == answer_of(outcome).choices[0].text
    assert isinstance(outcome.error, APIError)
    assert not isinstance(outcome.error, APIStatusError | StreamInterruptedError)
    assert "boom" in str(outcome.error)
    assert not {"{", "\n"} & set(str(outcome.error))


@each_colour
def test_an_error_inside_a_whole_answer_is_raised(colour: str) -> None:
    """A 200 whose JSON is an error is not an answer without choices."""
    raw = reply_head("200 OK", "application/json") + b'{"error": {"message": "boom"}}'
    with ReplayServer(Reply((raw,))) as server:
        outcome = ask(server.url, chat(stream=False), colour)
    assert isinstance(outcome.error, APIError)
    assert "boom" in str(outcome.error)


@each_colour
@pytest.mark.parametrize("stream", [True, False])
def test_a_web_page_is_not_an_answer(stream: bool, colour: str) -> None:
    """A log-in page behind the wrong address is named as one, without its markup."""
    with ReplayServer(Reply((reply_head("200 OK", "text/html") + PAGE,))) as server:
        outcome = ask(server.url, chat(stream), colour)
    assert ([], None) == (outcome.items, outcome.result)
    assert isinstance(outcome.error, APIResponseValidationError)
    assert "`base_url`" in str(outcome.error)
    assert not {"<", "\n"} & set(str(outcome.error))


@each_colour
@pytest.mark.parametrize("stream", [True, False])
def test_a_web_page_of_an_error_is_said_without_its_markup(stream: bool, colour: str) -> None:
    """The page of a broken gateway keeps its status and its words."""
    with ReplayServer(Reply((reply_head("502 Bad Gateway", "text/html") + PAGE,))) as server:
        outcome = ask(server.url, chat(stream), colour)
    assert type(outcome.error) is InternalServerError
    assert "Sign in" in str(outcome.error)
    assert not {"<", "\n"} & set(str(outcome.error))


@each_colour
@pytest.mark.parametrize(
    "body",
    [
        {"error": {"message": "boom"}},
        {"error": "boom"},
        {"detail": "boom"},
        {"detail": [{"loc": ["body", "x"], "msg": "boom", "type": "t"}]},
        {"object": "error", "message": "boom", "code": 400},
        [{"error": {"message": "boom", "status": "UNAVAILABLE"}}],
        {"type": "error", "error": {"type": "overloaded_error", "message": "boom"}},
        "boom",
    ],
)
def test_every_shape_of_error_body_is_understood(body: object, colour: str) -> None:
    """The server's sentence is found wherever servers are known to put it."""
    raw = reply_head("422 No", "application/json") + json.dumps(body).encode()
    with ReplayServer(Reply((raw,))) as server:
        error = ask(server.url, chat(stream=False), colour).error
    assert isinstance(error, APIStatusError)
    assert "boom" in str(error)
    assert not {"{", "[", "\n"} & set(str(error))


FINE = {
    "no terminator": event_stream(event(chunk("a")), event(chunk(None, "stop"))),
    "no blank line at the end": event_stream(event(chunk("a")), event(chunk(None, "stop"))) + DONE,
    "finish reason in the last bytes": event_stream(event(chunk("a")))
    + event(chunk(None, "stop"))
    + b"\n",
    "finish reason with the text": event_stream(event(chunk("a", "stop")), DONE),
    "no space after the colon": event_stream(b"data:" + chunk("a", "stop"), b"data:[DONE]"),
    "byte order mark": event_stream().replace(b"\r\n\r\n", b"\r\n\r\n\xef\xbb\xbf")
    + event(chunk("a", "stop"))
    + b"\n\n",
    "CRLF": event_stream(event(chunk("a", "stop")), DONE, b"").replace(b"\n\n", b"\r\n\r\n"),
    "comments and pings": event_stream(
        b": waiting", b"event: ping", b"data:", b"id: 1\nretry: 5", event(chunk("a", "stop")), DONE
    ),
    "a comment sent as data": event_stream(event(b": PROCESSING"), event(chunk("a", "stop")), DONE),
    "data on two lines": event_stream(
        event(chunk("a", "stop")).replace(b'"choices"', b'\ndata: "choices"'), DONE
    ),
    "empty finish reason": event_stream(event(chunk("a", "")), event(chunk(None, "stop")), DONE),
    "finish reason twice": event_stream(
        event(chunk("a", "stop")), event(chunk(None, "stop")), DONE
    ),
    "choices that are null": event_stream(
        event(json.dumps({**HEAD, "choices": None}).encode()), event(chunk("a", "stop")), DONE
    ),
    "no choices at all": event_stream(
        event(json.dumps({**HEAD, "prompt_filter_results": []}).encode()),
        event(chunk("a", "stop")),
        DONE,
    ),
}


@each_colour
@pytest.mark.parametrize("name", FINE)
def test_harmless_oddities_of_streams_do_no_harm(name: str, colour: str) -> None:
    """The answer is whole, and iterating over the choices of every item works."""
    reply = Reply((FINE[name],))
    for each in (reply, reply.byte_by_byte()):
        with ReplayServer(each) as server:
            outcome = ask(server.url, chat(stream=True), colour)
        assert outcome.error is None
        (choice,) = answer_of(outcome).choices
        assert ("a", "stop") == (choice.text, choice.finish_reason)


@each_colour
@pytest.mark.parametrize("declared", ["", "text/plain", "application/octet-stream"])
def test_a_stream_is_known_by_its_bytes(declared: str, colour: str) -> None:
    """Servers and proxies misname streams: what starts like one is read as one."""
    raw = event_stream(event(chunk("a", "stop")), DONE)
    header = b"Content-Type: text/event-stream\r\n"
    reply = Reply((raw.replace(header, f"Content-Type: {declared}\r\n".encode() * bool(declared)),))
    with ReplayServer(reply) as server:
        outcome = ask(server.url, chat(stream=True), colour)
    assert outcome.error is None
    assert answer_of(outcome).choices[0].text == "a"


@each_colour
@pytest.mark.parametrize("body", [b"null", b"[]", b'"text"', b"1"])
def test_json_that_is_no_object_is_not_an_answer(body: bytes, colour: str) -> None:
    """No caller can do anything with it, so it is refused where it comes in."""
    raw = reply_head("200 OK", "application/json") + body
    with ReplayServer(Reply((raw,))) as server:
        outcome = ask(server.url, chat(stream=False), colour)
    assert outcome.result is None
    assert isinstance(outcome.error, APIResponseValidationError)


@each_colour
@pytest.mark.parametrize("text", ["\u2028", "\u0085", "\x0b", "\r", "你好 🙂", "\ufeff", " "])
def test_no_character_of_a_text_ends_an_event(text: str, colour: str) -> None:
    """Only CR and LF bytes end lines; whatever else a text holds arrives."""
    reply = Reply((event_stream(event(chunk(text, "stop")), DONE),)).byte_by_byte()
    with ReplayServer(reply) as server:
        outcome = ask(server.url, chat(stream=True), colour)
    assert text == answer_of(outcome).choices[0].text


@each_colour
def test_bytes_that_are_no_utf8_become_replacement_characters(colour: str) -> None:
    """A server that cuts a character in two spoils that character and no more."""
    data = chunk("a?b", "stop").replace(b"?", b"\xe4\xbd")
    with ReplayServer(Reply((event_stream(event(data), DONE),))) as server:
        outcome = ask(server.url, chat(stream=True), colour)
    assert outcome.error is None
    assert "a\ufffdb" == answer_of(outcome).choices[0].text
