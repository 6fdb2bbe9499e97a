"""Events of ``chat.completions.stream``."""

from __future__ import annotations

import copy
import json
import pickle
from typing import Any

import httpx
import pydantic
import pytest

from sdk_core.streams import Stream
from sdk_openai_compat import (
    APIError,
    ConfigurationError,
    ContentFilterFinishReasonError,
    LengthFinishReasonError,
    OpenAIError,
    StreamInterruptedError,
)
from sdk_openai_compat.lib._objects import Late, late
from sdk_openai_compat.lib.streaming import chat as names
from sdk_openai_compat.lib.streaming.chat import (
    AsyncChatCompletionStreamManager,
    ChatCompletionStreamManager,
    ChatCompletionStreamState,
)
from sdk_openai_compat.lib.streaming.chat._events import (
    ContentDeltaEvent,
    FunctionToolCallArgumentsDeltaEvent,
)

from ._chat_streams import LAX, LOOK, TEXT, Answer, Look, fed, in_order, kinds, told
from ._chunks import called, choice, chunk, model, piece, streaming
from ._clients import HELLO, Wire, done, entered, items

pytestmark = pytest.mark.anyio


def helper(colour: str, chunks: Any, **options: Any) -> Any:
    """Return the context manager of a stream, and what it sends to."""
    answer = chunks if callable(chunks) else lambda _: streaming(chunks)
    client = Wire(answer).client(colour)
    return client.chat.completions.stream(model="m", messages=HELLO, **options)


async def test_a_stream_tells_of_its_text(colour: str) -> None:
    """A delta for each piece, with the text and the JSON so far; at the end the type asked for."""
    async with entered(helper(colour, TEXT, response_format=Answer)) as stream:
        assert stream.response.status_code == 200
        events = await items(stream)
        completion = await done(stream.get_final_completion())
    assert kinds(events) == ["content.delta"] * 3 + ["content.done"]
    deltas = told(events)[:3]
    assert [event.snapshot for event in deltas] == ["", '{"val', '{"value": 3}']
    assert [event.parsed for event in deltas] == [None, {}, {"value": 3}]
    assert told(events)[3].parsed == Answer(value=3)
    assert completion.choices[0].message.parsed == Answer(value=3)
    assert completion.choices[0].finish_reason == "stop"
    assert completion.usage.total_tokens == 3
    assert [event.chunk.id for event in events if event.type == "chunk"] == ["chatcmpl-1"] * 5


async def test_a_stream_is_begun_by_its_context_manager(colour: str) -> None:
    """What asks for it is sent as parse sends it, and only then."""
    wire = Wire(lambda _: streaming(TEXT))
    completions = wire.client(colour).chat.completions
    manager = completions.stream(model="m", messages=HELLO, response_format=Answer, tools=[LOOK])
    assert not wire.requests
    async with entered(manager) as stream:
        assert await done(stream.until_done()) is stream
    sent = json.loads(wire.sent.content)
    assert sent["stream"] is True
    assert sent["response_format"]["json_schema"]["name"] == "Answer"
    assert sent["tools"] == [LOOK]
    async with entered(completions.stream(model="m", messages=HELLO)) as stream:
        await done(stream.until_done())
    assert {"model", "messages", "stream"} == json.loads(wire.requests[1].content).keys()


async def test_a_stream_can_be_left(colour: str) -> None:
    """Its events so far have made a snapshot; before the first one there is none."""
    async with entered(helper(colour, TEXT)) as stream:
        with pytest.raises(AssertionError, match="no chunk has come yet") as caught:
            _ = stream.current_completion_snapshot
        assert isinstance(caught.value, OpenAIError)
        async with entered(stream) as same:
            assert same is stream
            first = await anext(stream) if colour != "sync" else next(stream)
        assert first.type == "chunk"
        assert stream.current_completion_snapshot.choices[0].message.content == ""


async def test_a_manager_that_was_not_entered_leaves_nothing(colour: str) -> None:
    """Neither does one whose request failed; a coroutine will do for a function that makes one."""
    with pytest.raises(APIError):
        async with entered(helper(colour, lambda _: httpx.Response(400))):
            pass
    client = Wire(lambda _: streaming(TEXT)).client(colour)
    created = client.chat.completions.create(model="m", messages=HELLO, stream=True)
    options: Any = {"response_format": None, "input_tools": None}
    manager: Any = (
        ChatCompletionStreamManager(lambda: created, **options)
        if colour == "sync"
        else AsyncChatCompletionStreamManager(created, **options)
    )
    if colour == "sync":
        manager.__exit__(None, None, None)
    else:
        await manager.__aexit__(None, None, None)
    async with entered(manager) as stream:
        completion = await done(stream.get_final_completion())
    assert completion.choices[0].message.content == '{"value": 3}'


async def test_streams_have_no_other_views(colour: str) -> None:
    """A stream's answer is at hand anyway."""
    client = Wire().client(colour)
    for view in (
        client.chat.completions.with_raw_response,
        client.with_raw_response.chat.completions,
    ):
        with pytest.raises(ConfigurationError, match="`stream` has no other views"):
            view.stream(model="m", messages=HELLO)


@pytest.mark.difference(
    "Streams",
    openai="A stream that is cut ends silently, with half an answer for a whole one.",
    here="It raises `StreamInterruptedError`; `partial` is the completion so far.",
)
async def test_a_cut_stream_keeps_the_completion_so_far(colour: str) -> None:
    """As a completion, also when the error is pickled."""
    cut = helper(colour, lambda _: streaming(TEXT[:2], end=""))
    async with entered(cut) as stream:
        with pytest.raises(StreamInterruptedError) as caught:
            await done(stream.get_final_completion())
    assert caught.value.partial.choices[0].message.content == '{"val'
    again = pickle.loads(pickle.dumps(caught.value))
    assert again.partial == caught.value.partial


async def test_an_error_in_mid_stream_keeps_the_completion_so_far(colour: str) -> None:
    """An error of the server, too; one before the first chunk has none to keep."""
    failing = [*TEXT[:2], {"error": {"message": "overloaded"}}]
    async with entered(helper(colour, failing)) as stream:
        with pytest.raises(APIError, match="overloaded") as caught:
            await items(stream)
    assert caught.value.partial.choices[0].message.content == '{"val'
    async with entered(helper(colour, failing[2:])) as stream:
        with pytest.raises(APIError) as caught:
            await items(stream)
    assert not caught.value.partial


CALLS = [
    piece(called(0, "", id="a", type="function", name="Look")),
    piece(called(0, '{"name":')),
    piece(called(0, ' "x"}')),
    piece(called(1, "", id="b", type="function", name="lax")),
    piece(called(1, "{}")),
    piece({}, "tool_calls"),
]


def test_events_tell_of_tool_calls() -> None:
    """A delta for each piece, and each call's end when the next one begins, or at the finish."""
    state, events = fed(CALLS, input_tools=[LOOK, LAX])
    kind = "tool_calls.function.arguments"
    assert kinds(events) == [f"{kind}.delta"] * 4 + [
        f"{kind}.done",
        f"{kind}.delta",
        f"{kind}.done",
    ]
    deltas = [event for event in told(events) if event.type.endswith("delta")]
    assert [event.parsed_arguments for event in deltas] == [None, {}, {"name": "x"}, None, None]
    assert [event.arguments for event in deltas[:3]] == ["", '{"name":', '{"name": "x"}']
    assert [event.arguments_delta for event in deltas[:3]] == ["", '{"name":', ' "x"}']
    ends = [event for event in told(events) if event.type.endswith("done")]
    assert [(event.name, event.index) for event in ends] == [("Look", 0), ("lax", 1)]
    assert [event.parsed_arguments for event in ends] == [Look(name="x"), None]
    calls = state.get_final_completion().choices[0].message.tool_calls
    assert [call.function.parsed_arguments for call in calls] == [Look(name="x"), None]
    assert [call.id for call in calls] == ["a", "b"]
    assert calls[0].index == 0


@pytest.mark.difference(
    "Streams",
    openai="A tool call that comes in one chunk with the finish reason never gets a `.done` event.",
    here="Every tool call gets its `.done` event, at the latest with the finish reason.",
)
def test_calls_in_one_chunk_with_the_finish_are_told_to_end() -> None:
    """All of them, each once."""
    both = [
        {
            "index": n,
            "id": f"c{n}",
            "type": "function",
            "function": {"name": "lax", "arguments": "{}"},
        }
        for n in range(2)
    ]
    _, events = fed([piece({"tool_calls": both}, "tool_calls")])
    ends = [event for event in told(events) if event.type.endswith("done")]
    assert [event.index for event in ends] == [0, 1]


def test_a_piece_of_a_call_may_hold_nothing() -> None:
    """A call that begins without its function is told of when it comes."""
    begin = {"tool_calls": [{"index": 0, "id": "a", "type": "function"}]}
    pieces = [piece(begin), piece(called(0, None)), piece(called(0, "{}", name="lax"))]
    state, events = fed([*pieces, piece({}, "tool_calls")])
    assert [event.arguments for event in told(events)] == ["", "", "{}", "{}"]
    assert state.get_final_completion().choices[0].message.tool_calls[0].function.name == "lax"


def test_a_call_of_another_tool_makes_no_events() -> None:
    """It is part of the completion."""
    begin = {"index": 0, "id": "a", "type": "custom", "custom": {"name": "n", "input": "x"}}
    more = {"index": 0, "custom": {"input": "y"}}
    pieces = [
        piece({"tool_calls": [begin]}),
        piece({"tool_calls": [more]}),
        piece({}, "tool_calls"),
    ]
    state, events = fed(pieces)
    assert kinds(events) == []
    (found,) = state.get_final_completion().choices[0].message.tool_calls
    assert (found.type, found.custom.name, found.custom.input) == ("custom", "n", "xy")


def test_undeclared_members_of_calls_are_kept() -> None:
    """Beside the function, and in it."""
    first = called(0, "{", id="a", type="function", name="lax", extra_content={"sign": "a"})
    first["tool_calls"][0]["function"]["note"] = "n"
    second = called(0, "}", extra_content={"sign": "b"})
    state, _ = fed([piece(first), piece(second), piece({}, "tool_calls")])
    (found,) = state.get_final_completion().choices[0].message.tool_calls
    assert found.extra_content == {"sign": "ab"}
    assert found.function.note == "n"


def test_events_tell_of_refusals() -> None:
    """As of texts; nothing is parsed then."""
    pieces = [piece({"refusal": "I can"}), piece({"refusal": "not"}), piece({}, "stop")]
    state, events = fed(pieces, response_format=Answer)
    assert kinds(events) == ["refusal.delta", "refusal.delta", "refusal.done"]
    assert [event.snapshot for event in told(events)[:2]] == ["I can", "I cannot"]
    assert told(events)[2].refusal == "I cannot"
    assert state.get_final_completion().choices[0].message.parsed is None
    _, events = fed([piece({"content": '{"v', "refusal": "no"}), *pieces], response_format=Answer)
    assert told(events)[-2].parsed is None


def entry(token: str) -> dict[str, Any]:
    """Return the log probability of a token."""
    return {"token": token, "logprob": -1.0, "bytes": None, "top_logprobs": []}


def test_events_tell_of_log_probabilities() -> None:
    """Of the text and of the refusal; each snapshot is as long as it was then."""
    pieces = [
        piece({}, logprobs={"content": [entry("a")], "refusal": None}),
        piece({}, logprobs={"content": [entry("b"), entry("c")], "refusal": [entry("d")]}),
        piece({}, logprobs={"content": [], "refusal": None}),
        piece({}, "stop"),
    ]
    state, events = fed(pieces)
    assert kinds(events) == [
        "logprobs.content.delta",
        "logprobs.content.delta",
        "logprobs.refusal.delta",
        "logprobs.content.done",
        "logprobs.refusal.done",
    ]
    first, second, third, fourth, fifth = told(events)
    assert [len(event.snapshot) for event in (first, second, third)] == [1, 3, 1]
    assert "abc" == "".join(each.token for each in fourth.content)
    assert "d" == fifth.refusal[0].token
    logprobs = state.get_final_completion().choices[0].logprobs
    assert (len(logprobs.content), len(logprobs.refusal)) == (3, 1)


def test_choices_are_kept_apart() -> None:
    """However they are interleaved; in the completion they stand in order."""
    pieces = [
        chunk(choice({"content": "b"}, index=1), choice({"content": "a"}, index=0)),
        piece({"content": "A"}, "stop"),
        piece({"content": "B"}, "stop", index=1),
    ]
    state, events = fed(pieces)
    assert [event.snapshot for event in told(events) if "delta" in event.type] == [
        "b",
        "a",
        "aA",
        "bB",
    ]
    assert [each.message.content for each in state.get_final_completion().choices] == ["aA", "bB"]


@pytest.mark.difference(
    "Streams",
    openai="Tool calls written at the same time make a stream fail, as each change ends a half call.",
    here="A text or a call whose JSON is not complete goes on; its `.done` event comes when it is.",
)
def test_calls_that_are_written_at_the_same_time_end_when_they_are_whole() -> None:
    """Text that goes on behind a call, too; each end tells all there is."""
    pieces = [
        piece({"content": '{"val'}),
        piece(called(0, '{"name":', id="a", type="function", name="Look")),
        piece(called(1, '{"name":', id="b", type="function", name="Look")),
        piece(called(0, '"x"}')),
        piece({"content": 'ue": 3}'}),
        piece(called(1, '"y"}')),
        piece(called(0, " ")),
        piece({}, "tool_calls"),
    ]
    state, events = fed(pieces, response_format=Answer, input_tools=[LOOK])
    ends = [event for event in told(events) if event.type.endswith("done")]
    found = [getattr(event, "parsed", None) or event.parsed_arguments for event in ends]
    assert found == [Answer(value=3), Look(name="x"), Look(name="y"), Look(name="x")]
    in_order(events)
    completion = state.get_final_completion()
    assert completion.choices[0].message.parsed == Answer(value=3)


@pytest.mark.parametrize(
    ("finish", "error"),
    [("length", LengthFinishReasonError), ("content_filter", ContentFilterFinishReasonError)],
)
def test_an_answer_that_is_not_whole_ends_the_stream_if_it_is_parsed(
    finish: str, error: Any
) -> None:
    """With a type or a strict tool; without, only the completion cannot be had."""
    pieces = [piece({"content": "{"}), piece({}, finish)]
    for options in ({"response_format": Answer}, {"input_tools": [LOOK]}):
        with pytest.raises(error) as caught:
            fed(pieces, **options)
        assert caught.value.completion.choices[0].message.content == "{"
        assert pickle.loads(pickle.dumps(caught.value)).completion == caught.value.completion
    state, events = fed(pieces, input_tools=[LAX])
    assert kinds(events) == ["content.delta", "content.done"]
    with pytest.raises(error):
        state.get_final_completion()


@pytest.mark.difference(
    "Streams",
    openai="Text that is no JSON ends a stream with a type with a bare ValueError at its first piece.",
    here="`parsed` of a delta is None while the text is no JSON; the end of the text decides.",
)
def test_text_that_is_no_json_is_told_of_at_its_end() -> None:
    """The pieces before it are events as all others."""
    state: Any = ChatCompletionStreamState(response_format=Answer)
    delta = state.handle_chunk(model(piece({"content": "Sure: "})))[1]
    assert (delta.snapshot, delta.parsed) == ("Sure: ", None)
    assert state.current_completion_snapshot.choices[0].message.parsed is None
    with pytest.raises(pydantic.ValidationError):
        state.handle_chunk(model(piece({}, "stop")))


def test_a_snapshot_is_one_object_brought_up_to_date() -> None:
    """What it says of a type is the JSON so far, and in the end the type."""
    state: Any = ChatCompletionStreamState(response_format=Answer, input_tools=[LOOK])
    first = state.handle_chunk(model(TEXT[1]))[0].snapshot
    message = first.choices[0].message
    assert (message.role, message.content, message.parsed) == ("assistant", '{"val', {})
    state.handle_chunk(model(TEXT[2]))
    assert state.current_completion_snapshot is first
    assert first.choices[0].message is message
    assert (message.content, message.parsed) == ('{"value": 3}', {"value": 3})
    state.handle_chunk(model(CALLS[0]))
    state.handle_chunk(model(CALLS[1]))
    assert state.current_completion_snapshot.choices[0].message.parsed == Answer(value=3)
    assert message.tool_calls[0].function.parsed_arguments == {}
    assert first.choices[0].finish_reason is None
    state.handle_chunk(model(CALLS[2]))
    kept = state.get_final_completion()
    state.handle_chunk(model(piece(called(0, " "))))
    assert kept.choices[0].message.tool_calls[0].function.arguments == '{"name": "x"}'
    assert state.current_completion_snapshot is first
    assert message.tool_calls[0].function.arguments == '{"name": "x"} '


def test_events_are_models() -> None:
    """They print, dump, compare, copy and pickle with all they say, though it is made late."""
    _, events = fed(TEXT[:3], response_format=Answer)
    delta = told(events)[2]
    assert "snapshot='{\"value\": 3}'" in repr(delta)
    for again in (copy.copy(delta), copy.deepcopy(delta), pickle.loads(pickle.dumps(delta))):
        assert again == delta
    fresh = told(fed(TEXT[:3], response_format=Answer)[1])[2]
    assert fresh.model_dump()["parsed"] == {"value": 3}
    made = ContentDeltaEvent(type="content.delta", delta="a", snapshot="b")
    assert (made.snapshot, made.parsed) == ("b", None)
    with pytest.raises(AttributeError, match="nothing"):
        _ = made.nothing  # type: ignore[attr-defined]  # the mistake
    partial: Any = FunctionToolCallArgumentsDeltaEvent.model_construct(name="n")
    assert partial.to_dict() == {"name": "n"}
    whole = told(fed(CALLS)[1])[0]
    assert whole.to_dict()["arguments"] == ""
    assert [event.to_dict()["type"] for event in events if event.type == "chunk"] == ["chunk"] * 3


def test_a_model_with_late_fields_says_how_they_are_made() -> None:
    """Its base does not know."""
    with pytest.raises(NotImplementedError):
        late(Late, {}, None)._make("a", None)


def test_arguments_that_are_not_what_the_tool_takes_end_the_stream() -> None:
    """With pydantic's error, at the finish."""
    pieces = [piece(called(0, "{}", id="a", type="function", name="Look")), piece({}, "tool_calls")]
    with pytest.raises(pydantic.ValidationError):
        fed(pieces, input_tools=[LOOK])


def test_every_name_of_the_module_can_be_imported() -> None:
    """When it is asked for."""
    for name in names.__all__:
        assert getattr(names, name) is not None


async def test_the_plain_stream_is_no_other_than_before(colour: str) -> None:
    """`create` gives chunks, of which a state of ones own makes the same."""
    client = Wire(lambda _: streaming(TEXT)).client(colour)
    stream = await done(client.chat.completions.create(model="m", messages=HELLO, stream=True))
    assert isinstance(stream, Stream) or colour != "sync"
    state: Any = ChatCompletionStreamState(response_format=Answer)
    for each in await items(stream):
        state.handle_chunk(each)
    assert state.get_final_completion().choices[0].message.parsed == Answer(value=3)
