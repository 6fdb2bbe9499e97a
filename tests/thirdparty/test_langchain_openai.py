"""langchain-openai: the chat model and the embeddings of langchain."""

from __future__ import annotations

import json
from typing import Any

import pytest

pytest.importorskip("langchain_openai", reason="run by `./dev thirdparty:run`")
import openai
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI, OpenAI, OpenAIEmbeddings
from pydantic import BaseModel

pytestmark = pytest.mark.anyio


class User(BaseModel):
    """A user."""

    name: str
    age: int


@tool
def weather(city: str) -> str:
    """Tell the weather of a city."""
    return f"sun in {city}"


def model(**options: Any) -> ChatOpenAI:
    """Return langchain's model; it finds the server by the environment."""
    return ChatOpenAI(**{"model": "echo-1", "max_retries": 0, **options})


MESSAGES = [SystemMessage("be short"), HumanMessage("hello there")]


def test_invoke() -> None:
    """The answer, its tokens, and the server's headers."""
    answer = model(include_response_headers=True).invoke(MESSAGES)
    assert isinstance(answer, AIMessage)
    assert "hello there" == answer.content
    assert answer.usage_metadata["total_tokens"] > 0
    assert "echo-1" == answer.response_metadata["model_name"]
    assert answer.response_metadata["headers"]["content-type"].startswith("application/json")


async def test_ainvoke() -> None:
    """The asynchronous twin."""
    assert "hello there" == (await model().ainvoke(MESSAGES)).content


def test_stream() -> None:
    """Piece by piece; the pieces add up, with their tokens."""
    chunks = list(model(stream_usage=True).stream(MESSAGES))
    assert len(chunks) > 2
    whole = chunks[0]
    for chunk in chunks[1:]:
        whole += chunk
    assert "hello there" == whole.content
    assert whole.usage_metadata["total_tokens"] > 0


async def test_astream() -> None:
    """The asynchronous twin."""
    text = [chunk.content async for chunk in model().astream(MESSAGES)]
    assert "hello there" == "".join(text)


def test_batch() -> None:
    """Several at once, from threads."""
    answers = model().batch([[HumanMessage(f"hello {n}")] for n in range(5)])
    assert [f"hello {n}" for n in range(5)] == [answer.content for answer in answers]


def test_tools() -> None:
    """A call of a tool, and the answer to its result."""
    bound = model().bind_tools([weather], tool_choice="any")
    answer = bound.invoke(MESSAGES)
    (call,) = answer.tool_calls
    assert ("weather", ["city"]) == (call["name"], list(call["args"]))
    result = weather.invoke(call)
    assert isinstance(result, ToolMessage)
    assert result.content == model().invoke([*MESSAGES, answer, result]).content


async def test_tools_are_streamed() -> None:
    """The arguments come in pieces."""
    bound = model().bind_tools([weather], tool_choice="weather")
    chunks = [chunk async for chunk in bound.astream(MESSAGES)]
    whole = chunks[0]
    for chunk in chunks[1:]:
        whole += chunk
    assert "weather" == whole.tool_calls[0]["name"]


@pytest.mark.parametrize("method", ["json_schema", "function_calling", "json_mode"])
def test_structured_output(method: str) -> None:
    """In each of its ways; `json_schema` goes through `parse`."""
    structured = model().with_structured_output(User, method=method)
    answer = structured.invoke([HumanMessage(json.dumps({"name": "Ann", "age": 25}))])
    assert isinstance(answer, User)


async def test_structured_output_is_streamed() -> None:
    """The last piece is the whole."""
    structured = model().with_structured_output(User, method="json_schema")
    pieces = [
        piece
        async for piece in structured.astream(
            [HumanMessage(json.dumps({"name": "Ann", "age": 25}))]
        )
    ]
    assert User(name="Ann", age=25) == pieces[-1]


async def test_a_client_can_be_handed_over() -> None:
    """`root_client` and `client` are openai's classes."""
    root, aroot = openai.OpenAI(), openai.AsyncOpenAI()
    chat = model(
        root_client=root,
        client=root.chat.completions,
        root_async_client=aroot,
        async_client=aroot.chat.completions,
    )
    assert "hello there" == chat.invoke(MESSAGES).content
    assert "hello there" == (await chat.ainvoke(MESSAGES)).content
    assert chat.root_client is root


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"api_key": "sk-wrong"}, openai.AuthenticationError),
        ({"model": "nobody"}, openai.NotFoundError),
        ({"base_url": "http://127.0.0.1:9/v1"}, openai.APIConnectionError),
        ({"temperature": -3}, openai.BadRequestError),
    ],
)
async def test_errors_are_openais(options: dict[str, Any], error: type[Exception]) -> None:
    """Those that langchain derives from them, in both colours, streamed or not."""
    chat = model(**options)
    with pytest.raises(error):
        chat.invoke(MESSAGES)
    with pytest.raises(error):
        await chat.ainvoke(MESSAGES)
    with pytest.raises(error):
        list(chat.stream(MESSAGES))


def test_completions() -> None:
    """The model that goes on with a text."""
    assert OpenAI(model="echo-1", max_tokens=5).invoke("one two three")


async def test_embeddings() -> None:
    """Vectors, of documents and of a question, in both colours."""
    embeddings = OpenAIEmbeddings(model="echo-embed-1", check_embedding_ctx_length=False)
    documents = embeddings.embed_documents(["a", "b"])
    assert 2 == len(documents)
    assert all(isinstance(number, float) for number in documents[0])
    question = await embeddings.aembed_query("a")
    assert documents[0] == pytest.approx(question)


async def test_responses() -> None:
    """The other API, whole and streamed."""
    chat = model(use_responses_api=True)
    assert "hello there" == chat.invoke(MESSAGES).text
    text = [chunk.text async for chunk in chat.astream(MESSAGES)]
    assert "hello there" == "".join(text)
