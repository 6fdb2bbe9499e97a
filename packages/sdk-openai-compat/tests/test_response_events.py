"""Events of ``responses.stream``, and the response that is made of them."""

from __future__ import annotations

import json
import pickle
from typing import Any

import httpx
import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdk_core._decoding import decoder
from sdk_core.models import construct
from sdk_core.typing import omit
from sdk_inference_api import models
from sdk_inference_api.models import Response, ResponseCreatedEvent
from sdk_inference_api.operations import responses as operations
from sdk_openai_compat import (
    ConfigurationError,
    OpenAIError,
    StreamInterruptedError,
    pydantic_function_tool,
)
from sdk_openai_compat.lib._response_models import ParsedResponse
from sdk_openai_compat.lib.streaming import responses as names
from sdk_openai_compat.lib.streaming.responses import (
    ResponseFunctionCallArgumentsDeltaEvent,
    ResponseStreamState,
    ResponseTextDeltaEvent,
    ResponseTextDoneEvent,
)
from sdk_openai_compat.lib.streaming.responses._state import response_of
from sdk_openai_compat.types import responses
from sdk_openai_compat.types.responses import ResponseStreamEvent

from ._chunks import streaming
from ._clients import Wire, done, entered, items

pytestmark = pytest.mark.anyio

ADAPTER: Any = pydantic.TypeAdapter(ResponseStreamEvent)


class Answer(pydantic.BaseModel):
    """What is asked for."""

    value: int


class Look(pydantic.BaseModel):
    """Look something up."""

    name: str


RESPONSE: Any = {
    "id": "resp-1",
    "object": "response",
    "created_at": 1.0,
    "model": "m",
    "parallel_tool_calls": True,
    "tools": [],
    "output": [],
}


def message(text: str | None, status: str = "completed") -> dict[str, Any]:
    """Return an item that is a message."""
    part: dict[str, Any] = {"type": "output_text", "text": text, "annotations": []}
    return {
        "type": "message",
        "id": "msg-1",
        "role": "assistant",
        "status": status,
        "content": [] if text is None else [part],
    }


def function(arguments: str) -> dict[str, Any]:
    """Return an item that is a call."""
    return {
        "type": "function_call",
        "id": "fc-1",
        "call_id": "call-1",
        "name": "Look",
        "arguments": arguments,
    }


PLACE = {"output_index": 0, "item_id": "msg-1", "content_index": 0}
CALL = {"output_index": 1, "item_id": "fc-1"}
OUTPUT = [message('{"value": 3}'), function('{"name": "x"}')]


PART = {"type": "output_text", "text": "begun", "annotations": []}


def event(kind: str, **more: Any) -> dict[str, Any]:
    """Return an event."""
    return {"type": f"response.{kind}", **more}


def numbered(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return *events* with their numbers."""
    return [{**each, "sequence_number": number} for number, each in enumerate(events)]


BEGIN = event("created", response={**RESPONSE, "status": "in_progress"})
EVENTS = numbered(
    [
        BEGIN,
        event("output_item.added", output_index=0, item=message(None, "in_progress")),
        event(
            "content_part.added",
            **PLACE,
            part={"type": "output_text", "text": "", "annotations": []},
        ),
        event("output_text.delta", **PLACE, delta='{"val', logprobs=[], obfuscation="x"),
        event("output_text.delta", **PLACE, delta='ue": 3}', logprobs=[]),
        event("output_text.done", **PLACE, text='{"value": 3}', logprobs=[]),
        event("content_part.done", **PLACE, part=OUTPUT[0]["content"][0]),
        event("output_item.done", output_index=0, item=OUTPUT[0]),
        event("output_item.added", output_index=1, item=function("")),
        event("function_call_arguments.delta", **CALL, delta='{"name":'),
        event("function_call_arguments.delta", **CALL, delta=' "x"}'),
        event("function_call_arguments.done", **CALL, name="Look", arguments='{"name": "x"}'),
        event("output_item.done", output_index=1, item=OUTPUT[1]),
        event("completed", response={**RESPONSE, "status": "completed", "output": OUTPUT}),
    ]
)


def model(value: dict[str, Any]) -> Any:
    """Return an event as a client gives it."""
    return ADAPTER.validate_python(value)


def fed(events: list[dict[str, Any]], **options: Any) -> tuple[Any, list[Any]]:
    """Return a state that was given *events*, and what they became."""
    state: Any = ResponseStreamState(**{"input_tools": omit, "text_format": omit, **options})
    return state, [made for each in events for made in state.handle_event(model(each))]


def helper(colour: str, events: list[dict[str, Any]], **options: Any) -> Any:
    """Return the context manager of a stream of *events*."""
    client = Wire(lambda _: streaming(events, end="")).client(colour)
    return client.responses.stream(**{"model": "m", "input": "hello", **options})


async def test_a_stream_tells_of_its_texts(colour: str) -> None:
    """A snapshot with each piece, and at the end the type asked for; all other events as they are."""
    asked = helper(colour, EVENTS, text_format=Answer, tools=[pydantic_function_tool(Look)])
    async with entered(asked) as stream:
        assert stream.response.status_code == 200
        events = await items(stream)
        response = await done(stream.get_final_response())
    assert [made.type for made in events] == [each["type"] for each in EVENTS]
    deltas: list[Any] = [made for made in events if type(made) is ResponseTextDeltaEvent]
    assert [made.snapshot for made in deltas] == ['{"val', '{"value": 3}']
    assert deltas[0].obfuscation == "x"
    assert json.loads(deltas[0].to_json())["snapshot"] == '{"val'
    assert pickle.loads(pickle.dumps(deltas[1])) == deltas[1]
    calls = [made for made in events if type(made) is ResponseFunctionCallArgumentsDeltaEvent]
    assert [made.snapshot for made in calls] == ['{"name":', '{"name": "x"}']
    (end,) = [made for made in events if type(made) is ResponseTextDoneEvent]
    assert end.parsed == Answer(value=3)
    assert type(response) is ParsedResponse
    assert events[-1].response is response
    assert response.output_parsed == Answer(value=3)
    assert response.output[1].parsed_arguments == Look(name="x")
    assert pickle.loads(pickle.dumps(response)) == response


async def test_a_stream_asks_as_parse_does(colour: str) -> None:
    """The format, and tools of both shapes; nothing is sent before it is entered."""
    wire = Wire(lambda _: streaming(EVENTS, end=""))
    responses = wire.client(colour).responses
    manager = responses.stream(model="m", input="hello", text_format=Answer, tools=[])
    assert not wire.requests
    async with entered(manager) as stream:
        await done(stream.until_done())
    sent = json.loads(wire.sent.content)
    assert (sent["stream"], sent["text"]["format"]["name"], sent["tools"]) == (True, "Answer", [])


async def test_a_stream_goes_on_with_a_response(colour: str) -> None:
    """From its beginning, so that snapshots are whole; but only later events are given."""
    wire = Wire(lambda _: streaming(EVENTS, end=""))
    responses = wire.client(colour).responses
    manager = responses.stream(response_id="resp-1", starting_after=9, include=["reasoning"])
    async with entered(manager) as stream:
        events = await items(stream)
        response = await done(stream.get_final_response())
    assert wire.sent.method == "GET"
    assert dict(wire.sent.url.params.multi_items())["stream"] == "true"
    assert "starting_after" not in str(wire.sent.url)
    assert [made.sequence_number for made in events] == [10, 11, 12, 13]
    assert events[0].snapshot == '{"name": "x"}'
    assert response.output_text == '{"value": 3}'
    async with entered(responses.stream(response_id="resp-1")) as stream:
        assert len(await items(stream)) == len(EVENTS)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"response_id": "r", "input": "x"}, "which `input` cannot change"),
        ({"response_id": "r", "text": {}}, "which `text` cannot change"),
        ({"starting_after": 1}, "`starting_after` needs `response_id`"),
        ({"model": "m"}, "`input` is missing"),
        ({"input": "x"}, "`model` is missing"),
    ],
)
def test_arguments_that_exclude_each_other_are_refused(options: Any, text: str) -> None:
    """By name, before anything is sent; it is a `ValueError` as in openai."""
    with pytest.raises(ValueError, match=text) as caught:
        Wire().client("sync").responses.stream(**options)
    assert isinstance(caught.value, ConfigurationError)


def test_streams_have_no_other_views() -> None:
    """A stream's answer is at hand anyway."""
    with pytest.raises(ConfigurationError, match="`stream` has no other views"):
        Wire().client("sync").responses.with_raw_response.stream(model="m", input="x")


async def test_responses_in_events_have_their_text(colour: str) -> None:
    """Of a plain stream, too; also when it is retrieved."""
    client = Wire(lambda _: streaming(EVENTS, end="")).client(colour)
    for made in (
        client.responses.create(model="m", input="x", stream=True),
        client.responses.retrieve("resp-1", stream=True),
    ):
        events = await items(await done(made))
        assert events[-1].response.output_text == '{"value": 3}'


async def test_an_event_that_lost_its_response_is_no_event(colour: str) -> None:
    """It ends the stream, as all that is not what the API promises."""
    client = Wire(lambda _: streaming([event("queued", response=None), *EVENTS], end=""))
    made = await done(client.client(colour).responses.create(model="m", input="x", stream=True))
    with pytest.raises(StreamInterruptedError):
        await items(made)


@pytest.mark.difference(
    "Streams",
    openai="A response that failed or is incomplete is a bare RuntimeError without the response.",
    here="`UnfinishedResponseError`, also a RuntimeError, says why and has the response in `partial`.",
)
@pytest.mark.parametrize(
    ("kind", "more", "text"),
    [
        ("failed", {"error": {"code": "server_error", "message": "boom"}}, "failed: boom"),
        (
            "incomplete",
            {"incomplete_details": {"reason": "max_output_tokens"}},
            r"is incomplete \(max_output_tokens\)",
        ),
        ("incomplete", {}, "is incomplete; see"),
    ],
)
async def test_a_response_that_was_not_completed_has_no_final_one(
    colour: str, kind: str, more: Any, text: str
) -> None:
    """What came of it is in the error, also when it is pickled."""
    end = event(kind, response={**RESPONSE, "status": kind, **more}, sequence_number=5)
    async with entered(helper(colour, [*EVENTS[:5], end])) as stream:
        with pytest.raises(RuntimeError, match=text) as caught:
            await done(stream.get_final_response())
    assert isinstance(caught.value, OpenAIError)
    again = pickle.loads(pickle.dumps(caught.value))
    assert again.partial.output_text == '{"value": 3}'
    assert again.partial.status == kind


@pytest.mark.parametrize("cut", [*range(1, len(EVENTS))])
async def test_a_cut_stream_keeps_the_response_so_far(colour: str, cut: int) -> None:
    """Texts and arguments as far as they came, also when the error is pickled."""
    async with entered(helper(colour, EVENTS[:cut])) as stream:
        with pytest.raises(StreamInterruptedError) as caught:
            await done(stream.get_final_response())
    partial = pickle.loads(pickle.dumps(caught.value)).partial
    assert partial.id == "resp-1"
    assert '{"value": 3}'.startswith(partial.output_text)
    assert len(partial.output_text) == {1: 0, 2: 0, 3: 0, 4: 5}.get(cut, 12)
    if cut > 10:
        assert partial.output[1].arguments == '{"name": "x"}'


def test_a_state_alone_has_no_final_response_before_the_end() -> None:
    """It says so, with what came; which may be nothing."""
    state, _ = fed(EVENTS[:5])
    with pytest.raises(RuntimeError, match=r"before a `response.completed` event") as caught:
        state.get_final_response()
    error: Any = caught.value
    assert error.partial.output_text == '{"value": 3}'
    assert fed([])[0].so_far() is None
    assert fed(EVENTS)[0].so_far().output_text == '{"value": 3}'
    assert response_of([]) is None
    assert response_of(map(model, EVENTS[:4])).output_text == '{"val'


@pytest.mark.difference(
    "Streams",
    openai="A stream of events without numbers, or without an item's beginning, is a RuntimeError.",
    here="Such streams are read; what a server leaves out is taken from the events around it.",
)
def test_what_servers_leave_out_is_taken_from_other_events() -> None:
    """The numbers, the beginning of items, and in the end all but the identity."""
    place = {"item_id": "msg-1"}
    events = [
        event("created", response={**RESPONSE, "status": "in_progress", "instructions": "i"}),
        event("output_text.delta", **place, delta='{"value'),
        event("output_text.delta", **place, delta='": 3}'),
        event("output_text.done", **place, text='{"value": 3}'),
        event("function_call_arguments.delta", item_id="fc-1", delta='{"name": "x"}'),
        event("completed", response={"id": "resp-1", "object": "response", "status": "completed"}),
    ]
    state: Any = ResponseStreamState(input_tools=omit, text_format=Answer)
    found = [made for each in events for made in state.handle_event(lenient(each))]
    assert [made.sequence_number for made in found] == [*range(6)]
    response = state.get_final_response()
    assert (response.model, response.instructions) == ("m", "i")
    assert response.output_parsed == Answer(value=3)
    assert response.output[1].arguments == '{"name": "x"}'


def lenient(value: dict[str, Any]) -> Any:
    """Return an event as a client gives it that does not fit."""
    content = operations.CREATE_RESPONSE.responses["200"][1]
    return decoder(content.type)(json.dumps(value).encode(), False)


def test_events_of_no_response_pass() -> None:
    """Those that nobody knows, those that announce nothing, and what is no event."""
    state: Any = ResponseStreamState(input_tools=[], text_format=omit)
    (unknown,) = state.handle_event(lenient({"type": "response.new", "x": 1}))
    assert unknown.type == "response.new"
    assert state.handle_event(lenient(event("output_item.added", output_index=0, item=None))) == []
    assert state.handle_event(construct(ResponseCreatedEvent, {})) == []
    (delta,) = state.handle_event(
        lenient(event("reasoning_summary_text.delta", item_id="r", summary_index=1, delta="a"))
    )
    assert delta.delta == "a"
    so_far = state.so_far()
    assert so_far.output[0].summary[1].text == "a"


def test_other_texts_grow_too() -> None:
    """Reasoning, refusals, code and inputs; a text that came with its item goes on."""
    events = [
        BEGIN,
        event(
            "output_item.added",
            output_index=0,
            item={"type": "reasoning", "id": "r", "summary": []},
        ),
        event("reasoning_text.delta", output_index=0, item_id="r", content_index=0, delta="hm"),
        event("output_item.added", output_index=1, item=message("be")),
        event(
            "output_text.delta",
            output_index=1,
            item_id="msg-1",
            content_index=0,
            delta="gun",
            logprobs=[],
        ),
        event("refusal.delta", output_index=1, item_id="msg-1", content_index=1, delta="no"),
        event("content_part.done", output_index=1, item_id="msg-1", content_index=0, part=PART),
        event("output_item.added", output_index=2, item=function('{"a')),
        event("function_call_arguments.delta", output_index=2, item_id="fc-1", delta='": 1}'),
        event("custom_tool_call_input.delta", output_index=3, item_id="ct", delta="in"),
    ]
    state, made = fed(numbered(events))
    assert made[4].snapshot == "begun"
    output = state.so_far().output
    assert output[0].content[0].text == "hm"
    assert [output[1].content[0].text, output[1].content[1].refusal] == ["begun", "no"]
    assert output[2].arguments == '{"a": 1}'
    assert (output[3].type, output[3].input) == ("custom_tool_call", "in")


def test_every_name_of_the_module_can_be_imported() -> None:
    """When it is asked for."""
    for name in names.__all__:
        assert getattr(names, name) is not None


@given(st.lists(st.text(max_size=3), max_size=6))
def test_any_split_makes_the_same_text(pieces: list[str]) -> None:
    """The snapshots grow to the text, which is that of a response without its output, too."""
    deltas = [event("output_text.delta", **PLACE, delta=each, logprobs=[]) for each in pieces]
    end = event("completed", response={**RESPONSE, "status": "completed"})
    state, events = fed(numbered([BEGIN, *deltas, end]))
    snapshots = [made.snapshot for made in events if type(made) is ResponseTextDeltaEvent]
    assert snapshots == ["".join(pieces[: n + 1]) for n in range(len(pieces))]
    assert state.get_final_response().output_text == "".join(pieces)


async def test_a_failed_request_is_an_error_on_entry(colour: str) -> None:
    """As of any call."""
    client = Wire(lambda _: httpx.Response(400, json={"error": {"message": "no"}})).client(colour)
    with pytest.raises(OpenAIError, match="no"):
        async with entered(client.responses.stream(model="m", input="x")):
            pass


def test_a_response_is_one_of_openai_s_names() -> None:
    """The generated class is its base."""
    assert issubclass(responses.Response, Response)
    assert responses.ParsedResponseOutputItem is not None
    assert responses.ParsedResponse is ParsedResponse


def test_a_part_that_is_announced_without_itself_makes_no_event() -> None:
    """As an item that is: some servers send null."""
    state, _ = fed(EVENTS[:2])
    odd = {
        "type": "response.content_part.added",
        "part": None,
        "item_id": "x",
        "output_index": 0,
        "content_index": 0,
        "sequence_number": 3,
    }
    assert state.handle_event(construct(models.ResponseContentPartAddedEvent, odd)) == []
