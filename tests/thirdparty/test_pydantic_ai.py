"""pydantic-ai: agents on both of openai's APIs."""

from __future__ import annotations

import json
from typing import Any

import pytest

pytest.importorskip("pydantic_ai", reason="run by `./dev thirdparty:run`")
import openai
from pydantic import BaseModel
from pydantic_ai import (
    Agent,
    ModelHTTPError,
    NativeOutput,
    PromptedOutput,
    ToolOutput,
    UserError,
)
from pydantic_ai.embeddings import Embedder
from pydantic_ai.exceptions import ModelAPIError
from pydantic_ai.messages import ModelRequest, ModelResponse, ToolCallPart
from pydantic_ai.models.openai import OpenAIChatModel, OpenAIResponsesModel
from pydantic_ai.providers.openai import OpenAIProvider

pytestmark = pytest.mark.anyio


class User(BaseModel):
    """What the server fills: it echoes a message that follows the schema."""

    name: str
    age: int


ANN = json.dumps({"name": "Ann", "age": 25})


def model(kind: Any = OpenAIChatModel, name: str = "echo-1", **options: Any) -> Any:
    """Return a model on a client of openai's."""
    client = openai.AsyncOpenAI(max_retries=0, **options)
    return kind(name, provider=OpenAIProvider(openai_client=client))


@pytest.fixture(params=[OpenAIChatModel, OpenAIResponsesModel])
def kind(request: pytest.FixtureRequest) -> Any:
    """Ask by chat completions, and by responses."""
    return request.param


async def test_run(kind: Any) -> None:
    """An answer, and its tokens."""
    result = await Agent(model(kind), instructions="be short").run("hello there")
    assert "hello there" == result.output
    assert result.usage.total_tokens > 0


def test_run_sync() -> None:
    """By name: the provider builds the client from the environment."""
    assert "hello" == Agent("openai-chat:echo-1").run_sync("hello").output


async def test_run_stream(kind: Any) -> None:
    """Piece by piece."""
    agent = Agent(model(kind))
    async with agent.run_stream("hello there you") as result:
        pieces = [piece async for piece in result.stream_text(delta=True, debounce_by=None)]
    assert len(pieces) > 1
    assert "hello there you" == "".join(pieces)


@pytest.mark.parametrize("form", [ToolOutput, NativeOutput, PromptedOutput])
async def test_structured_output(kind: Any, form: Any) -> None:
    """By a tool, by the server's schema, and by words."""
    result = await Agent(model(kind), output_type=form(User)).run(ANN)
    assert isinstance(result.output, User)


async def test_structured_output_is_streamed() -> None:
    """Parts of the model come before the whole."""
    agent = Agent(model(), output_type=NativeOutput(User))
    async with agent.run_stream(ANN) as result:
        outputs = [output async for output in result.stream_output(debounce_by=None)]
    assert User(name="Ann", age=25) == outputs[-1]


async def test_tools(kind: Any) -> None:
    """A tool is called, and the server answers to its result."""
    called = []
    agent = Agent(model(kind), output_type=ToolOutput(User))

    @agent.tool_plain
    def weather(city: str) -> str:
        """Tell the weather of a city."""
        called.append(city)
        return f"sun in {city}"

    # The server calls the first tool that it must call one of.
    result = await agent.run("hello", model_settings={"parallel_tool_calls": True})
    calls = [
        part.tool_name
        for message in result.all_messages()
        if isinstance(message, ModelResponse)
        for part in message.parts
        if isinstance(part, ToolCallPart)
    ]
    assert "weather" in calls
    assert called
    assert any(isinstance(message, ModelRequest) for message in result.all_messages())


async def test_history(kind: Any) -> None:
    """The answer of one run goes into the next."""
    agent = Agent(model(kind))
    first = await agent.run("one")
    second = await agent.run("two", message_history=first.all_messages())
    assert "two" == second.output
    assert len(second.all_messages()) == 4


async def test_errors(kind: Any) -> None:
    """Refusals and unreachable servers are pydantic-ai's errors, caused by openai's."""
    with pytest.raises(ModelHTTPError) as caught:
        await Agent(model(kind, "nobody")).run("hello")
    assert 404 == caught.value.status_code
    assert isinstance(caught.value.__cause__, openai.NotFoundError)
    with pytest.raises(ModelAPIError) as unreachable:
        await Agent(model(kind, base_url="http://127.0.0.1:9/v1")).run("hello")
    assert isinstance(unreachable.value.__cause__, openai.APIConnectionError)


async def test_a_key_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without one, pydantic-ai or openai says so."""
    monkeypatch.delenv("OPENAI_API_KEY")
    monkeypatch.delenv("OPENAI_BASE_URL")
    with pytest.raises((UserError, openai.OpenAIError)):
        Agent("openai-chat:echo-1").run_sync("hello")


async def test_embeddings() -> None:
    """Vectors of a text."""
    embedder = Embedder("openai:echo-embed-1")
    result = await embedder.embed_query("hello")
    assert all(isinstance(number, float) for number in result.embeddings[0])
