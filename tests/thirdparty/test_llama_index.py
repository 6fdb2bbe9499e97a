"""llama-index: its model of openai."""

from __future__ import annotations

import json
from typing import Any

import pytest

pytest.importorskip("llama_index.llms.openai", reason="run by `./dev thirdparty:run`")
import openai
from llama_index.core.llms import ChatMessage
from llama_index.core.tools import FunctionTool
from llama_index.llms.openai import OpenAI, OpenAIResponses
from pydantic import BaseModel

pytestmark = pytest.mark.anyio


class User(BaseModel):
    """A user."""

    name: str
    age: int


class Echo(OpenAI):
    """The model of the test's server, which no list of llama-index knows."""

    @property
    def metadata(self) -> Any:
        """Say what the model can do."""
        found = super().metadata
        found.is_function_calling_model = True
        return found

    def _tokenizer(self) -> None:
        return None


def model(server: Any, kind: type[Any] = Echo, **options: Any) -> Any:
    """Return a model that asks the server."""
    options = {"model": "gpt-4o", "api_base": server.inference_url, "max_retries": 0, **options}
    return kind(api_key=server.api_key, additional_kwargs={"model": "echo-1"}, **options)


MESSAGES = [ChatMessage(role="system", content="x"), ChatMessage(role="user", content="hello you")]


async def test_chat(server: Any) -> None:
    """In both colours."""
    assert "hello you" == model(server).chat(MESSAGES).message.content
    assert "hello you" == (await model(server).achat(MESSAGES)).message.content


async def test_stream(server: Any) -> None:
    """Piece by piece, in both colours."""
    pieces = [part.delta for part in model(server).stream_chat(MESSAGES)]
    assert "hello you" == "".join(piece or "" for piece in pieces)
    stream = await model(server).astream_chat(MESSAGES)
    assert "hello you" == "".join([part.delta or "" async for part in stream])


def test_complete(server: Any) -> None:
    """A text by the chat API."""
    assert "hello" == model(server).complete("hello").text


def test_tools(server: Any) -> None:
    """A call of a tool with its arguments."""

    def weather(city: str) -> str:
        """Tell the weather of a city."""
        return f"sun in {city}"

    llm = model(server)
    tool = FunctionTool.from_defaults(fn=weather)
    answer = llm.chat_with_tools([tool], user_msg="hello", tool_required=True)
    (call,) = llm.get_tool_calls_from_response(answer)
    assert "weather" == call.tool_name
    assert ["city"] == list(call.tool_kwargs)


def test_structured_output(server: Any) -> None:
    """A model by the server's schema, and by a tool."""
    text = json.dumps({"name": "Ann", "age": 25})
    structured = model(server).as_structured_llm(User)
    answer = structured.chat([ChatMessage(role="user", content=text)])
    assert isinstance(answer.raw, User)


def test_errors(server: Any) -> None:
    """They are openai's, and what may be repeated is."""
    with pytest.raises(openai.AuthenticationError):
        Echo(model="gpt-4o", api_key="sk-wrong", api_base=server.inference_url, max_retries=0).chat(
            MESSAGES
        )
    with pytest.raises(openai.APIConnectionError):
        model(server, api_base="http://127.0.0.1:9/v1").chat(MESSAGES)


def test_a_client_can_be_handed_over(server: Any) -> None:
    """`openai_client`."""
    client = openai.OpenAI()
    llm = model(server, openai_client=client)
    assert "hello you" == llm.chat(MESSAGES).message.content


async def test_responses(server: Any) -> None:
    """The other API."""
    llm = model(server, OpenAIResponses, user="me")
    assert "hello you" == llm.chat(MESSAGES).message.content
    stream = await llm.astream_chat(MESSAGES)
    assert "hello you" == "".join([part.delta or "" async for part in stream])
