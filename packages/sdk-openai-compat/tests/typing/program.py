"""A program as users write it; mypy reads it, nobody runs it."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any, assert_type

from sdk_openai_compat import (
    APIResponse,
    AsyncOpenAI,
    AsyncStream,
    DefaultHttpxClient,
    OpenAI,
    RateLimitError,
    RequestOptions,
    Stream,
    Timeout,
    omit,
)
from sdk_openai_compat.pagination import SyncPage
from sdk_openai_compat.types import (
    Completion,
    CompletionUsage,
    CreateEmbeddingResponse,
    Embedding,
    Model,
)
from sdk_openai_compat.types.chat import (
    ChatCompletion,
    ChatCompletionChunk,
    ChatCompletionMessageParam,
    ChatCompletionToolParam,
)
from sdk_openai_compat.types.chat.chat_completion import Choice
from sdk_openai_compat.types.shared_params import FunctionDefinition

messages: list[ChatCompletionMessageParam] = [
    {"role": "system", "content": "You are brief."},
    {"role": "user", "content": [{"type": "text", "text": "What is this?"}]},
]
function: FunctionDefinition = {"name": "look", "parameters": {"type": "object"}}
tool: ChatCompletionToolParam = {"type": "function", "function": function}


def blocking(client: OpenAI, streaming: bool) -> None:
    """Use every form of a call."""
    answer = client.chat.completions.create(model="m", messages=messages, tools=[tool])
    assert_type(answer, ChatCompletion)
    assert_type(answer.choices[0], Choice)
    assert_type(answer.choices[0].message.content, str | None)
    assert_type(answer.usage, CompletionUsage | None)
    messages.append({"role": "assistant", "content": answer.choices[0].message.content})
    plain = client.chat.completions.create(
        model="m", messages=messages, stream=False, temperature=omit, timeout=Timeout(3)
    )
    assert_type(plain, ChatCompletion)
    stream = client.chat.completions.create(model="m", messages=messages, stream=True)
    assert_type(stream, Stream[ChatCompletionChunk])
    for chunk in stream:
        assert_type(chunk.choices[0].delta.content, str | None)
    either = client.chat.completions.create(model="m", messages=messages, stream=streaming)
    assert_type(either, ChatCompletion | Stream[ChatCompletionChunk])
    raw = client.chat.completions.with_raw_response.create(model="m", messages=messages)
    assert_type(raw, APIResponse[ChatCompletion])
    assert_type(raw.parse(), ChatCompletion)
    assert_type(raw.parse(to=Model), Model)
    assert_type(raw.headers.get("x-request-id"), str | None)
    outer = client.with_raw_response.chat.completions.create(model="m", messages=messages)
    assert_type(outer.parse(), ChatCompletion)
    view = client.chat.completions.with_streaming_response
    with view.create(model="m", messages=messages) as unread:
        assert_type(unread.parse(), ChatCompletion)
        for line in unread.iter_lines():
            assert_type(line, str)
    assert_type(client.completions.create(model="m", prompt="p"), Completion)
    vectors = client.embeddings.create(model="m", input=["a"], dimensions=2)
    assert_type(vectors, CreateEmbeddingResponse)
    assert_type(vectors.data[0], Embedding)
    assert_type(vectors.data[0].embedding, list[float])
    assert_type(client.models.list(), SyncPage[Model])
    for model in client.models.list():
        assert_type(model, Model)
    assert_type(client.models.retrieve("m"), Model)
    assert_type(client.with_options(max_retries=5, timeout=None), OpenAI)
    options: RequestOptions = {"headers": {"X-A": "1"}, "max_retries": 1}
    client.post("/x", cast_to=object, body={}, options=options)


async def asynchronous(client: AsyncOpenAI) -> None:
    """Do the same, awaited."""
    answer = await client.chat.completions.create(model="m", messages=messages)
    assert_type(answer, ChatCompletion)
    stream = await client.chat.completions.create(model="m", messages=messages, stream=True)
    assert_type(stream, AsyncStream[ChatCompletionChunk])
    async with stream:
        async for chunk in stream:
            assert_type(chunk, ChatCompletionChunk)
    raw = await client.chat.completions.with_raw_response.create(model="m", messages=messages)
    assert_type(raw, APIResponse[ChatCompletion])
    view = client.with_streaming_response.chat.completions
    async with view.create(model="m", messages=messages) as unread:
        assert_type(await unread.parse(), ChatCompletion)
        assert_type(await unread.parse(to=Model), Model)
    coming: Coroutine[Any, Any, CreateEmbeddingResponse] = client.embeddings.create(
        model="m", input="a"
    )
    assert_type((await coming).data[0].embedding, list[float])
    async for model in client.models.list():
        assert_type(model, Model)
    assert_type((await client.models.list()).data, list[Model])


async def provide() -> str:
    """Return a key, as from a vault."""
    return "sk-1"


with OpenAI(http_client=DefaultHttpxClient(), api_key="sk-1") as blocking_client:
    try:
        blocking(blocking_client, streaming=True)
    except RateLimitError as error:
        assert_type(error.retry_after, float | None)
async_client = AsyncOpenAI(api_key=provide)
