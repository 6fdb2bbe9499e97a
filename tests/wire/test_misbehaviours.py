"""Real servers are odd: each oddity that is known, through a real socket, comes out right."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

import sdk_openai_compat
from sdk_core.transports import TransportLike
from sdk_openai_compat import APIResponseValidationError, Quirks, StreamInterruptedError
from sdk_openai_compat._quirks import _kinds

from ._calls import Call, Outcome, answer_of, ask, each_colour
from ._replay import ReplayServer, Reply
from .misbehaviours import (
    CHUNKS,
    ENDINGS,
    INSIDE,
    KEEPALIVES,
    LINES,
    OPT_IN,
    ROWS,
    SHAPES,
    TOOLS,
    WHOLE,
    Fails,
    Out,
    Row,
)


def each_of(rows: dict[str, Row]) -> pytest.MarkDecorator:
    """Run a test once for each row, as its argument `row`."""
    return pytest.mark.parametrize(
        "row", [pytest.param(row, id=name) for name, row in rows.items()]
    )


each_row = each_of(ROWS)


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait less for what never comes."""
    monkeypatch.setattr(_kinds, "PATIENCE", 0.05)
    monkeypatch.setattr(_kinds, "PATIENCE_FOR_USAGE", 0.2)


def meet(row: Row, colour: str, reply: Reply | None = None, **options: Any) -> Outcome:
    """Make the row's call to a server that misbehaves so."""
    arguments = {"model": "m", "messages": [{"role": "user", "content": "?"}], **row.more}
    if row.stream:
        arguments["stream"] = True
    if row.quirks:
        options["quirks"] = Quirks(**row.quirks)
    with ReplayServer(row.reply if reply is None else reply) as server:
        return ask(server.url, Call("chat.completions.create", (), arguments), colour, **options)


def check(out: Out | Fails, outcome: Outcome) -> None:
    """Hold what a call gave against what it must give."""
    if isinstance(out, Fails):
        assert type(outcome.error) is getattr(sdk_openai_compat, out.error)
        assert out.words in str(outcome.error)
        assert "\n" not in str(outcome.error)
        assert out.items == len(outcome.items)
        return
    assert outcome.error is None
    answer = answer_of(outcome)
    if not answer.choices:
        assert (0, None) == (out.choices, out.finish) or out.choices == 0
        return
    choice = answer.choices[0]
    assert (out.text, out.finish, out.reasoning) == (
        choice.text,
        choice.finish_reason,
        choice.reasoning,
    )
    assert [call[1:] for call in out.calls] == [
        (call.name, call.arguments) for call in choice.tool_calls
    ]
    ids = [call.id for call in choice.tool_calls]
    assert all(want in {None, got} for (want, *_), got in zip(out.calls, ids, strict=True))
    assert len(set(ids) - {None}) == len([each for each in ids if each is not None])
    if out.usage is not None:
        assert answer.usage is not None
        assert out.usage == answer.usage["total_tokens"]


@each_colour
@each_of(ENDINGS)
@pytest.mark.difference(
    "Streams",
    openai="A stream that is cut before its finish reason, or that holds no event at all, ends as if it were whole.",
    here="It raises `StreamInterruptedError`, which keeps what came in `partial`.",
)
@pytest.mark.difference(
    "Streams",
    openai="A server that sends no `[DONE]` and keeps the connection open is waited for until the read timeout, ten minutes.",
    here="Behind the finish reason a silence of two seconds is the end (15 while requested usage is missing).",
)
@pytest.mark.difference(
    "Streams",
    openai="A last event without its blank line is lost.",
    here="It is read.",
)
@pytest.mark.difference(
    "Streams",
    openai="A finish reason that is an empty text, or comes twice, is passed on.",
    here="Empty ones are None, and the first one counts.",
)
def test_a_stream_ends_where_its_answer_does(row: Row, colour: str) -> None:
    """With its finish reasons, whatever comes or does not come behind them; and no sooner."""
    check(row.out, meet(row, colour))


@each_colour
@each_of(KEEPALIVES)
@pytest.mark.difference(
    "Streams",
    openai="An event without data, such as `retry: 1000` or `event: ping`, raises `json.JSONDecodeError`, as do a comment sent as data and a stream of nothing but comments.",
    here="They are skipped.",
)
@pytest.mark.difference(
    "Streams",
    openai="`data: {}` and `data: null` become a chunk whose `choices` is None, or None itself.",
    here="An object without choices, usage or error is skipped.",
)
def test_what_keeps_a_connection_alive_is_no_item(row: Row, colour: str) -> None:
    """Nobody who iterates over chunks meets it."""
    check(row.out, meet(row, colour))


@each_colour
@each_of(LINES)
@pytest.mark.difference(
    "Streams",
    openai="A byte order mark before the first event loses that event; bytes that are no UTF-8 raise `UnicodeDecodeError`.",
    here="The mark is skipped, and such bytes become U+FFFD.",
)
def test_however_lines_are_written_they_are_read(row: Row, colour: str) -> None:
    """The standard's line ends and fields, and nothing that only looks like a line end."""
    check(row.out, meet(row, colour))


@each_colour
@each_of(CHUNKS)
@pytest.mark.difference(
    "Answers",
    openai="`choices`, `delta` and the like are None where a server sends null or nothing, though their types say otherwise.",
    here="`choices` is an empty list then, `delta` an empty one; a choice that is no object is an error with a type.",
)
@pytest.mark.difference(
    "Servers",
    openai="Reasoning is an extra attribute under the name that the server uses, `reasoning_content` or `reasoning`.",
    here="`reasoning_content` has it in both cases; a message is sent back with the name that came.",
)
def test_chunks_are_as_the_specification_has_them(row: Row, colour: str) -> None:
    """Choices are a list, deltas are there, reasoning has one name, the last usage counts."""
    check(row.out, meet(row, colour))


@each_colour
@each_of(TOOLS)
@pytest.mark.difference(
    "Servers",
    openai="The index of a streamed tool call is passed on: missing, always 0, or with gaps; so are identifiers and names that come with every piece, and arguments that are an object.",
    here="Calls are told apart by whatever the server tells: the index counts from 0 in their order, identifier and name come once, arguments are text. `chunk._as_sent` has what came.",
)
@pytest.mark.difference(
    "Servers",
    openai='`finish_reason` is "stop" where a server says so although tools were called.',
    here='It is "tool_calls", whole and streamed.',
)
def test_tool_calls_are_told_apart(row: Row, colour: str) -> None:
    """However the pieces are marked, each call has an index, and its name and identifier once."""
    check(row.out, meet(row, colour))


@each_colour
@each_of(WHOLE)
@pytest.mark.difference(
    "Answers",
    openai="A web page with status 200 is returned as a `str`; a body that is no JSON raises `json.JSONDecodeError`.",
    here="Both raise `APIResponseValidationError`, which says where it came from.",
)
@pytest.mark.difference(
    "Answers",
    openai="An error with status 200 is an answer whose `choices` is None.",
    here="It raises `APIError` with the server's message.",
)
@pytest.mark.difference(
    "Answers",
    openai="A tool call without a type, or with arguments that are an object, is passed on.",
    here="It is a function call, and its arguments are text.",
)
def test_whole_answers_are_as_the_specification_has_them(row: Row, colour: str) -> None:
    """What can be read as an answer is one; what cannot is an error that says what it is."""
    check(row.out, meet(row, colour))


@each_colour
@each_of(SHAPES)
@pytest.mark.difference(
    "Streams",
    openai="JSON, or a web page, where a stream was asked for is a stream without items; a stream that was not asked for is returned as a `str`.",
    here="Whole answers and streams are read as what was asked for; what is neither raises an error with the server's message.",
)
def test_the_other_shape_of_an_answer_is_read_too(row: Row, colour: str) -> None:
    """Servers stream unasked, or do not stream though asked: the program gets what it wants."""
    check(row.out, meet(row, colour))


@each_colour
@each_of(INSIDE)
@pytest.mark.difference(
    "Streams",
    openai="Errors inside a stream are missed where they come as `event: error` without a wrapper, or as a field `error:`; those that are a text lose it.",
    here="All of them raise `APIError` with the server's words.",
)
def test_an_error_inside_a_stream_is_one(row: Row, colour: str) -> None:
    """After a 200 there is no status to go by: a plain `APIError` says what the server said."""
    check(row.out, meet(row, colour))


@each_colour
@each_of(OPT_IN)
@pytest.mark.difference(
    "Servers",
    openai="Reasoning between `<think>` tags and tool calls written as text stay in the text.",
    here="So they do, unless the client has `quirks=Quirks(thinking=True, tools_in_text=True)`: then they are `reasoning_content` and `tool_calls`.",
)
def test_what_a_text_holds_is_taken_out_if_wanted(row: Row, colour: str) -> None:
    """Reasoning and calls are found over the borders of chunks, and nothing else is touched."""
    check(row.out, meet(row, colour))
    assert isinstance(row.out, Out)
    (choice,) = answer_of(meet(dataclasses.replace(row, quirks={}), colour)).choices
    assert ("", ()) == (choice.reasoning, choice.tool_calls)


@each_row
def test_where_the_bytes_are_cut_makes_no_difference(row: Row) -> None:
    """Byte by byte, the same comes out."""
    check(row.out, meet(row, "sync", row.reply.byte_by_byte()))


@pytest.mark.parametrize(
    ("transport", "colour"),
    [
        ("httptools", "sync"),
        ("aiohttp", "asyncio"),
        ("pyreqwest", "sync"),
        ("pyreqwest", "asyncio"),
    ],
)
@each_row
def test_no_engine_makes_a_difference(row: Row, transport: TransportLike, colour: str) -> None:
    """Whatever carries the calls, the same comes out."""
    if (transport, colour) == ("pyreqwest", "sync") and row.strict == "hangs":
        pytest.skip("pyreqwest's blocking reads cannot be hurried")
    check(row.out, meet(row, colour, transport=transport))


@each_colour
@each_row
@pytest.mark.difference(
    "Answers",
    openai="`_strict_response_validation=True` raises `APIResponseValidationError` for a whole answer that does not fit its type.",
    here="`strict=True` is another name of it, and refuses everything that is outside the specification, streams without their terminator and contradictions between chunks included.",
)
def test_a_strict_client_refuses_what_it_would_have_to_mend(row: Row, colour: str) -> None:
    """What is as the specification has it comes through; all else is an error with a type."""
    if row.strict == "hangs":
        pytest.skip("a strict client waits for the terminator until its time is over")
    outcome = meet(row, colour, strict=True, quirks=None)
    if row.quirks:
        return
    if row.strict is None:
        check(row.out, outcome)
    elif row.strict == "as sent":
        assert outcome.error is None
        assert "stop" == answer_of_sent(outcome)
    else:
        assert isinstance(outcome.error, APIResponseValidationError | StreamInterruptedError)


def answer_of_sent(outcome: Outcome) -> str:
    """Return the finish reason that an answer came with."""
    items = outcome.items or [outcome.result]
    reasons = [choice.finish_reason for item in items for choice in item.choices]
    return str(next(filter(None, reasons)))
