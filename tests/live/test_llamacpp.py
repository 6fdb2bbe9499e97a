"""A real llama.cpp server, with a model that says what it was told to."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sdk_openai_compat import (
    AuthenticationError,
    BadRequestError,
    NotFoundError,
    OpenAI,
    Quirks,
)

from ._asking import QUESTION, TOOLS, Asker, calls_of, each_colour, finish_of, text_of
from .conftest import KEY, SAYS

TEXT = "".join(SAYS)
ASKED: dict[str, Any] = {"model": "scripted", "messages": QUESTION}


@each_colour
def test_it_answers(talking: str, colour: str) -> None:
    """A chat answer, whole, with its usage."""
    answer = Asker(talking, colour, api_key=KEY).one("chat.completions.create", **ASKED)
    (choice,) = answer.choices
    assert (TEXT, "stop") == (choice.message.content, choice.finish_reason)
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens


@each_colour
def test_it_streams(talking: str, colour: str) -> None:
    """The same in pieces, with the usage at the end."""
    chunks = Asker(talking, colour, api_key=KEY).all(
        "chat.completions.create", **ASKED, stream=True, stream_options={"include_usage": True}
    )
    assert len(chunks) > len(SAYS)
    assert (TEXT, ["stop"]) == (text_of(chunks), finish_of(chunks))
    assert [chunk.usage is None for chunk in chunks] == [*[True] * (len(chunks) - 1), False]


def test_the_helper_streams(talking: str) -> None:
    """Events and the final completion."""
    with (
        OpenAI(base_url=talking, api_key=KEY) as client,
        client.chat.completions.stream(**ASKED) as stream,
    ):
        deltas = [event.delta for event in stream if event.type == "content.delta"]
        final = stream.get_final_completion()
    assert TEXT == "".join(deltas) == final.choices[0].message.content


@each_colour
def test_it_completes_texts(talking: str, colour: str) -> None:
    """The older operation, whole and streamed."""
    asker = Asker(talking, colour, api_key=KEY)
    arguments = {"model": "scripted", "prompt": "x", "max_tokens": 30}
    assert TEXT == asker.one("completions.create", **arguments).choices[0].text
    chunks = asker.all("completions.create", **arguments, stream=True)
    assert TEXT == "".join(choice.text for chunk in chunks for choice in chunk.choices)


@each_colour
def test_it_calls_tools(calling: str, colour: str) -> None:
    """A call with parsed arguments, whole and streamed."""
    asker = Asker(calling, colour, api_key="none")
    arguments = {**ASKED, "tools": TOOLS}
    (choice,) = asker.one("chat.completions.create", **arguments).choices
    (call,) = choice.message.tool_calls
    assert ("tool_calls", "get_weather") == (choice.finish_reason, call.function.name)
    assert {"city": "Paris"} == json.loads(call.function.arguments)
    chunks = asker.all("chat.completions.create", **arguments, stream=True)
    ((name, text),) = calls_of(chunks)
    assert ("get_weather", {"city": "Paris"}) == (name, json.loads(text))
    assert ["tool_calls"] == finish_of(chunks)


@each_colour
def test_a_result_of_a_tool_goes_back(calling: str, colour: str) -> None:
    """The message with the call is sent as it came, and the server takes it."""
    asker = Asker(calling, colour, api_key="none")
    message = asker.one("chat.completions.create", **ASKED, tools=TOOLS).choices[0].message
    result = {"role": "tool", "tool_call_id": message.tool_calls[0].id, "content": "sunny"}
    messages = [*QUESTION, message, result]
    answer = asker.one("chat.completions.create", model="m", messages=messages, tools=TOOLS)
    assert answer.choices


@each_colour
def test_it_answers_by_responses(talking: str, colour: str) -> None:
    """The Responses API, whole and streamed, though its events have no numbers."""
    asker = Asker(talking, colour, api_key=KEY)
    arguments = {"model": "scripted", "input": "How is the weather?"}
    assert TEXT == asker.one("responses.create", **arguments).output_text
    events = asker.all("responses.create", **arguments, stream=True)
    assert "response.completed" == events[-1].type
    assert TEXT == events[-1].response.output_text
    assert list(range(len(events))) == [event.sequence_number for event in events]


@each_colour
def test_reasoning_is_told_from_text(thinking: str, colour: str) -> None:
    """What stands between the tags is reasoning, whoever takes it out: the server or the client."""
    asker = Asker(thinking, colour, api_key="none", quirks=Quirks(thinking=True))
    message = asker.one("chat.completions.create", **ASKED).choices[0].message
    assert ("hm", "So.") == (message.reasoning_content.strip(), message.content.strip())
    chunks = asker.all("chat.completions.create", **ASKED, stream=True)
    deltas = [choice.delta for chunk in chunks for choice in chunk.choices]
    assert "hm" == "".join(delta.reasoning_content or "" for delta in deltas).strip()
    assert "So." == text_of(chunks).strip()


@each_colour
def test_it_embeds(embedding: str, colour: str) -> None:
    """Vectors are numbers, as many as the model has."""
    asker = Asker(embedding, colour, api_key="none")
    answer = asker.one("embeddings.create", model="scripted", input=["a", "b"])
    assert [0, 1] == [each.index for each in answer.data]
    assert {288} == {len(each.embedding) for each in answer.data}
    assert all(isinstance(number, float) for number in answer.data[0].embedding)


@each_colour
def test_it_lists_its_model(talking: str, colour: str) -> None:
    """One, whatever it is called."""
    assert 1 == len(Asker(talking, colour, api_key=KEY).all("models.list"))


@each_colour
def test_a_wrong_key_is_refused(talking: str, colour: str) -> None:
    """The server's code is a number, and its message is kept."""
    with pytest.raises(AuthenticationError, match="Invalid API Key") as caught:
        Asker(talking, colour, api_key="wrong").one("chat.completions.create", **ASKED)
    assert (401, "authentication_error") == (caught.value.code, caught.value.type)


@each_colour
def test_a_wrong_type_is_refused(talking: str, colour: str) -> None:
    """The body is JSON, and not what the server wants."""
    asker = Asker(talking, colour, api_key=KEY)
    with pytest.raises(BadRequestError, match="Error code: 400 - "):
        asker.one("chat.completions.create", **ASKED, temperature="hot")


@each_colour
def test_a_prompt_that_is_too_long_is_refused(talking: str, colour: str) -> None:
    """Whole and streamed alike, with the server's words."""
    asker = Asker(talking, colour, api_key=KEY)
    messages = [{"role": "user", "content": "x" * 5000}]
    for stream in (False, True):
        with pytest.raises(BadRequestError, match="context size"):
            asker.one("chat.completions.create", model="m", messages=messages, stream=stream)


@each_colour
def test_a_path_that_does_not_exist_is_not_found(talking: str, colour: str) -> None:
    """And the message asks for the version that is missing, behind the server's words."""
    asker = Asker(f"{talking}/nope", colour, api_key=KEY)
    with pytest.raises(NotFoundError, match="Not Found"):
        asker.one("chat.completions.create", **ASKED)
    asker = Asker(talking.replace("/v1", "/nope"), colour, api_key=KEY)
    with pytest.raises(NotFoundError, match=r"Not Found.*does `base_url` lack `/v1`"):
        asker.one("chat.completions.create", **ASKED)


@each_colour
def test_the_stream_is_left_and_the_next_call_answered(talking: str, colour: str) -> None:
    """A client that goes away in mid-answer does not keep the server from the next one."""
    with (
        OpenAI(base_url=talking, api_key=KEY) as client,
        client.chat.completions.create(**ASKED, stream=True) as stream,
    ):
        next(iter(stream))
    answer = Asker(talking, colour, api_key=KEY).one("chat.completions.create", **ASKED)
    assert TEXT == answer.choices[0].message.content
