"""What `parse` and `stream` give, to type checkers; mypy reads it and nobody runs it."""

from __future__ import annotations

from typing import assert_type

import pydantic

from sdk_openai_compat import AsyncOpenAI, AsyncStream, OpenAI, Stream, pydantic_function_tool
from sdk_openai_compat.lib._response_models import Response
from sdk_openai_compat.types.chat import ParsedChatCompletion
from sdk_openai_compat.types.responses import ParsedResponse


class Answer(pydantic.BaseModel):
    """What is asked for."""

    value: int


def chat(client: OpenAI) -> None:
    """Parse and stream chat completions."""
    tools = [pydantic_function_tool(Answer)]
    parsed = client.chat.completions.parse(
        model="m", messages=[], response_format=Answer, tools=tools, temperature=0
    )
    assert_type(parsed, ParsedChatCompletion[Answer])
    assert_type(parsed.choices[0].message.parsed, Answer | None)
    plain = client.chat.completions.parse(model="m", messages=[])
    assert_type(plain.choices[0].message.parsed, None)
    with client.chat.completions.stream(model="m", messages=[], response_format=Answer) as stream:
        for event in stream:
            if event.type == "content.delta":
                assert_type(event.snapshot, str)
            elif event.type == "content.done":
                assert_type(event.parsed, Answer | None)
        assert_type(stream.get_final_completion(), ParsedChatCompletion[Answer])
        assert_type(stream.current_completion_snapshot, ParsedChatCompletion[object])


def responses(client: OpenAI) -> None:
    """Parse and stream responses."""
    parsed = client.responses.parse(model="m", input="x", text_format=Answer)
    assert_type(parsed, ParsedResponse[Answer])
    assert_type(parsed.output_parsed, Answer | None)
    for item in parsed.output:
        if item.type == "message":
            for part in item.content:
                if part.type == "output_text":
                    assert_type(part.parsed, Answer | None)
    with client.responses.stream(model="m", input="x", text_format=Answer) as stream:
        for event in stream:
            if event.type == "response.output_text.delta":
                assert_type(event.snapshot, str)
            elif event.type == "response.completed":
                assert_type(event.response, ParsedResponse[Answer])
        assert_type(stream.get_final_response(), ParsedResponse[Answer])
    assert_type(client.responses.create(model="m", input="x"), Response)
    assert_type(client.responses.retrieve("r").output_text, str)
    for raw in client.responses.create(model="m", input="x", stream=True):
        assert_type(raw.sequence_number, int)
    either = client.responses.create(model="m", input="x", stream=bool(parsed))
    assert isinstance(either, (Response, Stream))


async def asynchronous(client: AsyncOpenAI) -> None:
    """Do the same in the other colour."""
    parsed = await client.chat.completions.parse(model="m", messages=[], response_format=Answer)
    assert_type(parsed, ParsedChatCompletion[Answer])
    async with client.chat.completions.stream(model="m", messages=[]) as stream:
        async for event in stream:
            if event.type == "tool_calls.function.arguments.delta":
                assert_type(event.arguments, str)
        assert_type(await stream.get_final_completion(), ParsedChatCompletion[None])
    async with client.responses.stream(model="m", input="x", text_format=Answer) as more:
        assert_type(await more.get_final_response(), ParsedResponse[Answer])
    assert_type((await client.responses.create(model="m", input="x")).output_text, str)
    streamed = await client.responses.create(model="m", input="x", stream=True)
    assert isinstance(streamed, AsyncStream)
