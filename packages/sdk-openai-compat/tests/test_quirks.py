"""Mending, without a network: what the tests over sockets leave out, and what must hold of anything."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdk_core.models import construct
from sdk_core.testing import FakeTransport, response, streamed
from sdk_inference_api.models import ChatCompletionChunk
from sdk_openai_compat import (
    APIError,
    APIResponseValidationError,
    ConfigurationError,
    OpenAI,
    Quirks,
    StreamInterruptedError,
)
from sdk_openai_compat._quirks._chunks import ChatChunks
from sdk_openai_compat._quirks._slots import Slots
from sdk_openai_compat._quirks._tags import TagSplitter
from sdk_openai_compat._quirks._text_tools import begins, calls_in

HEAD = {"id": "i", "object": "text_completion", "created": 0, "model": "m"}
MESSAGE = {"type": "message", "id": "msg", "role": "assistant", "status": "completed"}
TEXT = {**MESSAGE, "content": [{"type": "output_text", "text": "a", "annotations": []}]}
RESPONSE = {
    "id": "r",
    "object": "response",
    "created_at": 0,
    "model": "m",
    "status": "completed",
    "output": [TEXT],
}


def client(answer: Any, **options: Any) -> OpenAI:
    """Return a client that is always answered so."""
    transport = FakeTransport(lambda _: answer)
    return OpenAI(base_url="http://server/v1", api_key="k", transport=transport, **options)


def events(*values: Any, done: bool = True) -> Any:
    """Return a stream of JSON values."""
    datas = [json.dumps(value).encode() for value in values] + [b"[DONE]"] * done
    return streamed(*(b"data: " + data + b"\n\n" for data in datas))


def complete(answer: Any, *, stream: bool = False, **options: Any) -> Any:
    """Return what a text completion gives."""
    made: Any = client(answer, **options).completions.create(model="m", prompt="?", stream=stream)
    return list(made) if stream else made


def respond(answer: Any, *, stream: bool = False, **options: Any) -> Any:
    """Return what a response gives."""
    made: Any = client(answer, **options).responses.create(model="m", input="?", stream=stream)
    return list(made) if stream else made


def text_chunk(text: str | None, finish: str | None = None, **more: Any) -> dict[str, Any]:
    """Return a chunk of a text completion."""
    return {**HEAD, "choices": [{"index": 0, "text": text, "finish_reason": finish}], **more}


def test_text_completions_are_mended_too() -> None:
    """Empty finish reasons are none, and what says nothing is left out."""
    usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
    answer = events({}, text_chunk("a", ""), text_chunk("b", "stop"), {"usage": usage})
    chunks = complete(answer, stream=True)
    assert [None, "stop", None] == [
        chunk.choices[0].finish_reason if chunk.choices else None for chunk in chunks
    ]
    assert text_chunk("a", "") == chunks[0]._as_sent
    assert (None, 2) == (chunks[1]._as_sent, chunks[-1].usage.total_tokens)


@pytest.mark.parametrize("choices", [1, "a", [1], {"0": {}}])
def test_choices_that_are_none_are_an_error(choices: Any) -> None:
    """Nobody could do anything with them."""
    with pytest.raises(APIResponseValidationError, match="`choices`"):
        complete(response(json={**HEAD, "choices": choices}))
    with pytest.raises(StreamInterruptedError, match="`choices`"):
        complete(events({**HEAD, "choices": choices}), stream=True)


def test_text_completions_come_in_the_other_shape_too() -> None:
    """A stream that nobody asked for is one answer, and one answer a stream."""
    whole = complete(events(text_chunk("a"), text_chunk("b", "stop")))
    assert ("ab", "stop") == (whole.choices[0].text, whole.choices[0].finish_reason)
    (chunk,) = complete(response(json=text_chunk("a", "stop")), stream=True)
    assert "a" == chunk.choices[0].text


def test_an_index_that_is_missing_is_the_position() -> None:
    """Whole and streamed; strict clients refuse it."""
    choices = [{"text": "a", "finish_reason": "stop"}, {"text": "b", "finish_reason": "stop"}]
    whole = complete(response(json={**HEAD, "choices": choices}))
    assert [0, 1] == [choice.index for choice in whole.choices]
    with pytest.raises(APIResponseValidationError):
        complete(response(json={**HEAD, "choices": choices}), strict=True)


def test_responses_come_in_the_other_shape_too() -> None:
    """A stream that nobody asked for is its last response, and a response its events."""
    ended = {"type": "response.completed", "response": RESPONSE}
    assert (
        "a"
        == respond(events({"type": "response.created", "response": RESPONSE}, ended)).output_text
    )
    made = respond(response(json=RESPONSE), stream=True)
    assert ["response.created", "response.output_item.added"] == [e.type for e in made[:2]]
    assert "response.completed" == made[-1].type
    assert RESPONSE == made[-1].response.to_dict()
    assert "a" == "".join(e.delta for e in made if e.type == "response.output_text.delta")
    assert list(range(len(made))) == [event.sequence_number for event in made]


@pytest.mark.parametrize("status", ["failed", "incomplete"])
def test_a_response_that_did_not_complete_ends_as_it_did(status: str) -> None:
    """Its last event says how."""
    made = respond(response(json={**RESPONSE, "status": status, "output": []}), stream=True)
    assert f"response.{status}" == made[-1].type


def test_a_response_that_is_a_stream_without_an_end_is_interrupted() -> None:
    """What was asked for as a whole is never half of it."""
    with pytest.raises(StreamInterruptedError):
        respond(events({"type": "response.created", "response": RESPONSE}, done=False))


def test_the_events_of_a_response_need_a_type() -> None:
    """Objects without one only keep the connection alive; strict clients refuse them."""
    ended = {"type": "response.completed", "response": RESPONSE, "sequence_number": 0}
    (event,) = respond(events({}, {"ping": 1}, ended), stream=True)
    assert "response.completed" == event.type
    with pytest.raises(StreamInterruptedError, match="`type`"):
        respond(events({}, ended), stream=True, strict=True)


def test_an_unknown_event_of_a_response_comes_through() -> None:
    """Servers have events of their own."""
    ended = {"type": "response.completed", "response": RESPONSE}
    own, _ = respond(events({"type": "vendor.thing", "a": 1}, ended), stream=True)
    assert ("vendor.thing", 1) == (own.type, own.a)


@pytest.mark.parametrize(
    "event",
    [
        {"type": "response.output_text.delta", "delta": 1, "item_id": "m"},
        {
            "type": "response.output_text.delta",
            "delta": "a",
            "content_index": 10**30,
            "item_id": "m",
        },
        {"type": "response.output_text.delta", "delta": "a", "output_index": -1, "item_id": "m"},
        {"type": "response.content_part.added", "part": "a", "item_id": "m"},
        {"type": "response.output_item.added", "item": "a"},
        {"type": "response.completed", "response": None},
        {"type": "response.completed"},
    ],
)
def test_an_event_that_is_not_what_its_type_is_is_an_error(event: dict[str, Any]) -> None:
    """Whoever adds the events up relies on it."""
    with pytest.raises(StreamInterruptedError, match="ResponseStreamEvent"):
        respond(events(event), stream=True)


def test_an_event_without_all_of_its_members_is_usable() -> None:
    """Its indexes are 0, and what did not come is None."""
    ended = {"type": "response.completed", "response": RESPONSE}
    event = {"type": "response.output_text.delta", "delta": "a", "content_index": None}
    first, _ = respond(events(event, ended), stream=True)
    assert ("a", 0, 0) == (first.delta, first.content_index, first.output_index)
    with pytest.raises(StreamInterruptedError):
        respond(events(event, ended), stream=True, strict=True)


def test_the_numbers_of_a_server_are_kept() -> None:
    """Those that it sends go before those that are counted."""
    added = {"type": "response.output_item.added", "item": TEXT, "output_index": 5}
    delta = {"type": "response.output_text.delta", "delta": "a", "item_id": "msg"}
    ended = {"type": "response.completed", "response": RESPONSE}
    first, second, last = respond(events(added, delta, ended), stream=True)
    assert (5, 5) == (first.output_index, second.output_index)
    assert [0, 1, 2] == [first.sequence_number, second.sequence_number, last.sequence_number]


def test_an_error_that_is_a_whole_answer_to_a_stream_is_raised() -> None:
    """With the server's words, whatever was asked for."""
    with pytest.raises(APIError, match="boom"):
        respond(response(json={"error": {"message": "boom"}}), stream=True)


@pytest.mark.parametrize("thinking", ["<think>", ("<think>",), ("", "</think>"), (1, 2), 3])
def test_tags_are_two_texts(thinking: Any) -> None:
    """A mistake is refused where it is made."""
    with pytest.raises(ConfigurationError, match="`thinking`"):
        Quirks(thinking=thinking)


def test_a_copy_of_a_client_keeps_its_quirks() -> None:
    """As it keeps its other options."""
    quirks = Quirks(thinking=True)
    first = client(response(json={}), quirks=quirks)
    assert quirks == first.with_options(max_retries=1)._quirks
    assert Quirks() == first.copy(quirks=Quirks())._quirks


@given(st.lists(st.text("<think>/ab\n", max_size=12), max_size=8), st.data())
def test_where_a_text_is_split_makes_no_difference(pieces: list[str], data: st.DataObject) -> None:
    """Pieces and the whole give the same reasoning and the same rest."""
    text = "".join(pieces)
    whole, split = TagSplitter("<think>", "</think>"), TagSplitter("<think>", "</think>")
    expected = [a + b for a, b in zip(whole.feed(text), whole.end(), strict=True)]
    found = [split.feed(piece) for piece in pieces] + [split.end()]
    assert expected == ["".join(each[i] for each in found) for i in (0, 1)]


@given(st.text(max_size=60))
def test_a_text_without_calls_stays_as_it_is(text: str) -> None:
    """Nothing is taken out of it."""
    rest, calls = calls_in(text)
    assert calls or rest == text


@pytest.mark.parametrize(
    ("text", "names", "rest"),
    [
        (
            '<tool_call>{"name":"f","arguments":{}}</tool_call><tool_call>x</tool_call>',
            ["f"],
            "<tool_call>x</tool_call>",
        ),
        ('<tool_call>{"name":"f","arguments":{}}', ["f"], ""),
        ('{"name":"f","parameters":{}}; {"name":"g","parameters":{}}', ["f", "g"], ""),
        ('<|python_tag|>{"name":"f","arguments":"{}"}', ["f"], ""),
        ("<function=f>no</function>", [], "<function=f>no</function>"),
        ('{"name":"","arguments":{}}', [], '{"name":"","arguments":{}}'),
        ('{"name":"f","arguments":1}', [], '{"name":"f","arguments":1}'),
        ("[1, 2]", [], "[1, 2]"),
    ],
)
def test_calls_are_found_in_texts(text: str, names: list[str], rest: str) -> None:
    """What is no call stays where it was."""
    left, calls = calls_in(text)
    assert (rest, names) == (left, [call.name for call in calls])


@pytest.mark.parametrize(
    ("text", "first", "at"),
    [
        ("ab", True, 2),
        ("a<tool_", True, 1),
        (' {"a', True, 0),
        (' {"a', False, 4),
        ("x[TOOL_CALLS]", False, 1),
    ],
)
def test_a_text_is_kept_back_from_where_a_call_may_begin(text: str, first: bool, at: int) -> None:
    """And not before."""
    assert at == begins(text, first=first)


PIECES = st.fixed_dictionaries(
    {
        "function": st.fixed_dictionaries(
            {},
            optional={
                "name": st.sampled_from(["f", "g", "", None]),
                "arguments": st.sampled_from(["", "{", '"a":1}', "{}", None]),
            },
        )
    },
    optional={
        "index": st.sampled_from([0, 1, 2, 7, None]),
        "id": st.sampled_from(["x", "y", "", None]),
    },
)


@given(st.lists(st.lists(PIECES, min_size=1, max_size=3), max_size=6))
def test_whatever_the_pieces_are_the_calls_are_dense(messages: list[list[Any]]) -> None:
    """Indexes count from 0 without gaps, names and identifiers come once, mending twice is mending once."""
    chunks, again = ChatChunks(), ChatChunks()
    seen: dict[int, list[str]] = {}
    names: dict[int, int] = {}
    for pieces in messages:
        choice = {"index": 0, "delta": {"tool_calls": pieces}, "finish_reason": None}
        value = {
            "id": "i",
            "object": "chat.completion.chunk",
            "created": 0,
            "model": "m",
            "choices": [choice],
        }
        mended = chunks.mend(construct(ChatCompletionChunk, value), b"{}")
        for piece in mended.choices[0].delta.tool_calls:
            assert piece.index <= len(seen)
            seen.setdefault(piece.index, [])
            if piece.id is not None:
                seen[piece.index].append(piece.id)
            if piece.function.name is not None:
                names[piece.index] = names.get(piece.index, 0) + 1
        before = mended.to_dict()
        assert before == again.mend(mended).to_dict()
    assert all(len(ids) <= 1 for ids in seen.values())
    assert all(count == 1 for count in names.values())


def test_a_call_that_only_its_position_tells_is_found() -> None:
    """Pieces beyond the calls that have begun belong to the newest."""
    slots = Slots()
    first = slots.find(None, None, "f", 0, alone=False)
    second = slots.find(None, None, "g", 1, alone=False)
    assert [first, second] == [slots.find(None, None, None, at, alone=False) for at in (0, 1)]
    assert second is slots.find(None, None, None, 5, alone=False)
    assert second is slots.find(None, None, None, 0, alone=True)


@pytest.mark.parametrize(
    "delta",
    [
        "text",
        {"tool_calls": "text"},
        {"tool_calls": [1]},
        {"tool_calls": [{"index": 0, "function": "text"}]},
    ],
)
def test_a_delta_that_is_none_is_an_error(delta: Any) -> None:
    """Nobody could do anything with it."""
    choice = {"index": 0, "delta": delta, "finish_reason": None}
    made: Any = client(events({**HEAD, "choices": [choice]})).chat.completions.create(
        model="m", messages=[], stream=True
    )
    with pytest.raises(StreamInterruptedError, match="item 1 is no valid ChatCompletionChunk"):
        list(made)


@pytest.mark.parametrize(
    "calls", ["text", [1], [{"id": "x"}], [{"type": "function", "function": 1}]]
)
def test_tool_calls_that_are_none_are_an_error(calls: Any) -> None:
    """The same in a whole answer."""
    message = {"role": "assistant", "content": None, "tool_calls": calls}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    with pytest.raises(APIResponseValidationError, match="tool"):
        client(response(json={**HEAD, "choices": [choice]})).chat.completions.create(
            model="m", messages=[]
        )


def test_calls_of_other_kinds_come_through() -> None:
    """A call of a custom tool has no function."""
    call = {"id": "x", "type": "custom", "custom": {"name": "f", "input": "a"}}
    message = {"role": "assistant", "content": None, "tool_calls": [call]}
    choice = {"index": 0, "message": message, "finish_reason": "tool_calls"}
    answer = client(response(json={**HEAD, "choices": [choice]})).chat.completions.create(
        model="m", messages=[]
    )
    assert message == answer.choices[0].message.to_dict()
    assert answer._as_sent is None


def test_what_looks_like_a_tool_call_is_told(caplog: pytest.LogCaptureFixture) -> None:
    """The log says which option would read it."""
    message = {"role": "assistant", "content": "<tool_call>{}"}
    choice = {"message": message, "finish_reason": "stop"}
    answer = client(response(json={**HEAD, "choices": [choice]})).chat.completions.create(
        model="m", messages=[]
    )
    assert ("<tool_call>{}", 0) == (answer.choices[0].message.content, answer.choices[0].index)
    assert "`quirks=Quirks(tools_in_text=True)`" in caplog.text


@pytest.mark.parametrize("reason", [["stop"], {"a": 1}, 7, True])
def test_a_finish_reason_that_is_no_text_is_none(reason: Any) -> None:
    """Programs look it up in tables."""
    choice = {"index": 0, "message": {"role": "assistant", "content": "a"}, "finish_reason": reason}
    answer = client(response(json={**HEAD, "choices": [choice]})).chat.completions.create(
        model="m", messages=[]
    )
    found: Any = answer.choices[0].finish_reason
    assert found is None
    assert reason == answer._as_sent["choices"][0]["finish_reason"]


def test_texts_of_a_stream_that_are_none_do_not_stop_it_from_being_one_answer() -> None:
    """What is no text is not joined."""
    assert "b" == complete(events(text_chunk(1), text_chunk("b", "stop"))).choices[0].text  # type: ignore[arg-type]  # no text, as some send


@pytest.mark.parametrize("status", [["completed"], {"a": 1}, None])
def test_a_status_that_is_none_ends_a_response_as_completed(status: Any) -> None:
    """There is no other way for an answer that came whole."""
    made = respond(response(json={**RESPONSE, "status": status}), stream=True)
    assert "response.completed" == made[-1].type
