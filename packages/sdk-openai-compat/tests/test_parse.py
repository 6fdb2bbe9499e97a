"""Answers as types: ``chat.completions.parse``."""

from __future__ import annotations

import json
import pickle
import warnings
from typing import Any

import httpx
import pydantic
import pytest

from sdk_inference_api.models import ChatCompletion
from sdk_openai_compat import (
    ConfigurationError,
    ContentFilterFinishReasonError,
    LengthFinishReasonError,
    OpenAIError,
    pydantic_function_tool,
)
from sdk_openai_compat.lib._chat_models import ParsedChatCompletion

from ._clients import CHAT, HELLO, Wire, done, entered
from ._parsed import (
    LAX,
    STRICT,
    Answer,
    Look,
    Plain,
    answering,
    call,
    chat,
    message,
    parsed_chat,
    parsed_response,
    response,
    text,
)

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("wanted", [Answer, Plain])
async def test_the_text_of_a_chat_answer_is_read_as_the_type(colour: str, wanted: Any) -> None:
    """A model or a dataclass; its strict schema is sent."""
    wire = answering(chat(content='{"value": 3}'))
    client = wire.client(colour)
    parsed = await done(
        client.chat.completions.parse(model="m", messages=HELLO, response_format=wanted)
    )
    assert isinstance(parsed, ChatCompletion)
    assert type(parsed) is ParsedChatCompletion
    assert parsed.choices[0].message.parsed == wanted(value=3)
    sent = json.loads(wire.sent.content)
    assert sent["response_format"]["json_schema"]["strict"] is True
    assert sent["stream"] is False


async def test_a_parsed_answer_knows_its_request(colour: str) -> None:
    """By the identifier that the server gave it."""
    headers = {"x-request-id": "req-1"}
    client = Wire(lambda _: httpx.Response(200, json=chat(), headers=headers)).client(colour)
    parsed = await done(client.chat.completions.parse(model="m", messages=HELLO))
    assert parsed._request_id == "req-1"


async def test_arguments_are_read_as_their_tools_say(colour: str) -> None:
    """As the model of a tool; as JSON, for another strict one; not at all, if it is unknown."""
    calls = [call("Look", '{"name": "x"}'), call("strict", '{"y": 1}'), call("other", "{")]
    answer = chat("tool_calls", tool_calls=calls)
    parsed = await parsed_chat(colour, answer, tools=[pydantic_function_tool(Look), STRICT])
    functions = [each.function for each in parsed.choices[0].message.tool_calls]
    assert [each.parsed_arguments for each in functions] == [Look(name="x"), {"y": 1}, None]
    assert parsed.choices[0].message.parsed is None


async def test_what_was_not_asked_for_is_not_parsed(colour: str) -> None:
    """Neither without a type, nor with a format of ones own, nor in a refusal."""
    for options in ({}, {"response_format": {"type": "json_object"}}):
        parsed = await parsed_chat(colour, chat(content='{"value": 3}'), **options)
        assert parsed.choices[0].message.parsed is None
    refused = chat(content='{"value"', refusal="no")
    parsed = await parsed_chat(colour, refused, response_format=Answer)
    assert parsed.choices[0].message.parsed is None


async def test_a_call_of_another_tool_is_kept(colour: str) -> None:
    """It is part of the answer, though its input is none of ours."""
    custom = {"id": "c", "type": "custom", "custom": {"name": "n", "input": "i"}}
    parsed = await parsed_chat(colour, chat("tool_calls", tool_calls=[custom]))
    assert parsed.choices[0].message.tool_calls[0].custom.input == "i"
    assert parsed.to_dict()["choices"][0]["message"]["tool_calls"] == [custom]


async def test_both_views_parse_too(colour: str) -> None:
    """``parse`` of the raw answer, and of the one that is still to be read."""
    client = answering(chat(content='{"value": 3}')).client(colour)
    options = {"model": "m", "messages": HELLO, "response_format": Answer}
    raw = await done(client.chat.completions.with_raw_response.parse(**options))
    assert raw.status_code == 200
    assert raw.parse().choices[0].message.parsed == Answer(value=3)
    async with entered(client.chat.completions.with_streaming_response.parse(**options)) as late:
        assert (await done(late.parse())).choices[0].message.parsed == Answer(value=3)
    client = answering(response(message(text('{"value": 3}')))).client(colour)
    options = {"model": "m", "input": "hello", "text_format": Answer}
    raw = await done(client.responses.with_raw_response.parse(**options))
    assert raw.parse().output_parsed == Answer(value=3)


@pytest.mark.parametrize(
    ("finish", "error"),
    [("length", LengthFinishReasonError), ("content_filter", ContentFilterFinishReasonError)],
)
async def test_an_answer_that_is_not_whole_cannot_be_parsed(
    colour: str, finish: str, error: Any
) -> None:
    """The error keeps what came, also when it is pickled."""
    usage = {"prompt_tokens": 1, "completion_tokens": 7, "total_tokens": 8}
    answer = {**chat(finish, content='{"value": '), "usage": usage}
    with pytest.raises(error) as caught:
        await parsed_chat(colour, answer, response_format=Answer)
    assert isinstance(caught.value, OpenAIError)
    again = pickle.loads(pickle.dumps(caught.value))
    assert str(again) == str(caught.value)
    assert again.completion.choices[0].message.content == '{"value": '


def test_the_error_of_a_limit_says_how_much_was_spent() -> None:
    """If the server does."""
    counted = ChatCompletion.model_validate(
        {**CHAT, "usage": {"prompt_tokens": 1, "completion_tokens": 7, "total_tokens": 8}}
    )
    assert "completion_tokens=7" in str(LengthFinishReasonError(completion=counted))
    uncounted = ChatCompletion.model_validate(CHAT)
    assert "completion_tokens=" not in str(LengthFinishReasonError(completion=uncounted))
    assert ContentFilterFinishReasonError().completion is None


async def test_text_that_does_not_fit_is_a_validation_error(colour: str) -> None:
    """Pydantic's own, as in openai."""
    with pytest.raises(pydantic.ValidationError):
        await parsed_chat(colour, chat(content='{"value": "x"}'), response_format=Answer)
    with pytest.raises(pydantic.ValidationError):
        await parsed_response(colour, response(message(text("no"))), text_format=Answer)


@pytest.mark.parametrize(
    ("tool", "message"),
    [
        ({"type": "custom", "custom": {}}, r"`tools\[1\]` is of the type 'custom'"),
        (LAX, r"the function `lax` in `tools\[1\]` is not strict"),
    ],
)
async def test_only_strict_functions_can_be_parsed(colour: str, tool: Any, message: str) -> None:
    """Others are refused before anything is sent."""
    wire = Wire()
    with pytest.raises(ConfigurationError, match=message):
        await done(
            wire.client(colour).chat.completions.parse(
                model="m", messages=HELLO, tools=[STRICT, tool]
            )
        )
    assert not wire.requests


async def test_create_refuses_a_type(colour: str) -> None:
    """It is a `TypeError` as in openai, which says what to call instead; nothing is sent."""
    wire = Wire()
    with pytest.raises(TypeError, match=r"use `chat.completions.parse` or `.stream`"):
        await done(
            wire.client(colour).chat.completions.create(
                model="m", messages=HELLO, response_format=Answer
            )
        )
    assert not wire.requests


@pytest.mark.difference(
    "Structured output",
    openai="`model_dump()` of a parsed answer warns, and its class is made anew at each parse.",
    here="Parsed answers have one class for all types, dump without a warning, and pickle.",
)
async def test_a_parsed_answer_dumps_and_pickles(colour: str) -> None:
    """As a dictionary, as JSON, and as itself."""
    answer = chat("tool_calls", content='{"value": 3}', tool_calls=[call("Look", '{"name": "x"}')])
    tools = [pydantic_function_tool(Look)]
    parsed = await parsed_chat(colour, answer, response_format=Answer, tools=tools)
    assert type(parsed) is ParsedChatCompletion[Answer]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for dumped in (parsed.to_dict(), parsed.model_dump(), json.loads(parsed.to_json())):
            inner: Any = dumped["choices"]
            assert inner[0]["message"]["parsed"] == {"value": 3}
            function = inner[0]["message"]["tool_calls"][0]["function"]
            assert function["parsed_arguments"] == {"name": "x"}
    again = pickle.loads(pickle.dumps(parsed))
    assert again == parsed
    assert again.choices[0].message.parsed == Answer(value=3)


@pytest.mark.difference(
    "Structured output",
    openai="A parsed message that is sent back carries `parsed` and `parsed_arguments` with it.",
    here="A parsed message that is sent back is as the server sent it.",
)
async def test_a_parsed_message_is_sent_back_as_it_came(colour: str) -> None:
    """Servers know no `parsed`."""
    whole: dict[str, Any] = {"role": "assistant", "content": '{"value": 3}', "refusal": None}
    whole["tool_calls"] = [call("Look", '{"name": "x"}')]
    wire = answering(chat("tool_calls", **whole))
    client = wire.client(colour)
    parsed = await done(
        client.chat.completions.parse(
            model="m",
            messages=HELLO,
            response_format=Answer,
            tools=[pydantic_function_tool(Look)],
        )
    )
    found = parsed.choices[0].message
    wire.requests.clear()
    messages = [found, {"role": "assistant", "tool_calls": found.tool_calls}]
    await done(client.chat.completions.create(model="m", messages=messages))
    sent = json.loads(wire.sent.content)["messages"]
    assert sent[0] == whole
    assert sent[1]["tool_calls"] == whole["tool_calls"]
