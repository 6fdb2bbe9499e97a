"""openai-agents: agents on both of openai's APIs."""

from __future__ import annotations

import json
from typing import Any

import pytest

pytest.importorskip("agents", reason="run by `./dev thirdparty:run`")
import openai
from agents import (
    Agent,
    ModelSettings,
    OpenAIChatCompletionsModel,
    OpenAIProvider,
    OpenAIResponsesModel,
    RunConfig,
    Runner,
    function_tool,
    set_tracing_disabled,
)
from openai.types.responses import ResponseTextDeltaEvent
from pydantic import BaseModel

pytestmark = pytest.mark.anyio
set_tracing_disabled(disabled=True)


class User(BaseModel):
    """What the server fills: it echoes a message that follows the schema."""

    name: str
    age: int


@pytest.fixture(params=[OpenAIChatCompletionsModel, OpenAIResponsesModel])
def kind(request: pytest.FixtureRequest) -> Any:
    """Ask by chat completions, and by responses."""
    return request.param


def model(kind: Any, name: str = "echo-1", **options: Any) -> Any:
    """Return a model on a client of openai's."""
    return kind(model=name, openai_client=openai.AsyncOpenAI(max_retries=0, **options))


async def test_run(kind: Any) -> None:
    """An answer, and its tokens."""
    agent = Agent(name="Echo", instructions="be short", model=model(kind))
    result = await Runner.run(agent, "hello there")
    assert "hello there" == result.final_output
    assert result.raw_responses[0].usage.total_tokens > 0


async def test_run_by_name(kind: Any) -> None:
    """The provider builds the client from the environment."""
    responses = kind is OpenAIResponsesModel
    config = RunConfig(model_provider=OpenAIProvider(use_responses=responses))
    result = await Runner.run(Agent(name="Echo", model="echo-1"), "hello", run_config=config)
    assert "hello" == result.final_output


async def test_run_streamed(kind: Any) -> None:
    """Events of openai's types, and the whole at the end."""
    result = Runner.run_streamed(Agent(name="Echo", model=model(kind)), "hello there you")
    pieces = [
        event.data.delta
        async for event in result.stream_events()
        if event.type == "raw_response_event" and isinstance(event.data, ResponseTextDeltaEvent)
    ]
    assert len(pieces) > 1
    assert "hello there you" == "".join(pieces) == result.final_output


async def test_tools(kind: Any) -> None:
    """A tool is called, and the server answers to its result."""

    @function_tool
    def weather(city: str) -> str:
        """Tell the weather of a city."""
        return f"sun in {city}"

    agent = Agent(
        name="Echo",
        model=model(kind),
        tools=[weather],
        model_settings=ModelSettings(tool_choice="required"),
    )
    result = await Runner.run(agent, "hello")
    assert result.final_output.startswith("sun in ")
    assert 2 == len(result.raw_responses)


async def test_structured_output(kind: Any) -> None:
    """A model by the server's schema."""
    agent = Agent(name="Echo", model=model(kind), output_type=User)
    result = await Runner.run(agent, json.dumps({"name": "Ann", "age": 25}))
    assert User(name="Ann", age=25) == result.final_output


async def test_handoffs(kind: Any) -> None:
    """One agent hands the conversation to another."""
    other = Agent(name="Other", model=model(kind))
    agent = Agent(
        name="Echo",
        model=model(kind),
        handoffs=[other],
        model_settings=ModelSettings(tool_choice="required"),
    )
    result = await Runner.run(agent, "hello")
    assert other is result.last_agent


async def test_history(kind: Any) -> None:
    """The items of one run go into the next."""
    agent = Agent(name="Echo", model=model(kind))
    first = await Runner.run(agent, "one")
    again = [*first.to_input_list(), {"role": "user", "content": "two"}]
    assert "two" == (await Runner.run(agent, again)).final_output


async def test_errors(kind: Any) -> None:
    """They are openai's."""
    with pytest.raises(openai.NotFoundError):
        await Runner.run(Agent(name="Echo", model=model(kind, "nobody")), "hello")
    nowhere = model(kind, base_url="http://127.0.0.1:9/v1")
    with pytest.raises(openai.APIConnectionError):
        await Runner.run(Agent(name="Echo", model=nowhere), "hello")


def test_run_sync() -> None:
    """Without a loop of one's own."""
    agent = Agent(name="Echo", model=model(OpenAIChatCompletionsModel))
    assert "hello" == Runner.run_sync(agent, "hello").final_output
