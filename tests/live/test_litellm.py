"""A real LiteLLM proxy, whose models answer by themselves."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sdk_openai_compat import (
    APIStatusError,
    AuthenticationError,
    BadRequestError,
    InternalServerError,
    RateLimitError,
)

from ._asking import QUESTION, TOOLS, Asker, calls_of, each_colour, finish_of, text_of
from .conftest import KEY

TEXT = "Hello from LiteLLM: naïve café 你好 🙂!"


def asked(model: str) -> dict[str, Any]:
    """Return the arguments of a chat call."""
    return {"model": model, "messages": QUESTION}


@each_colour
def test_it_answers(litellm: str, colour: str) -> None:
    """A chat answer, whole."""
    answer = Asker(litellm, colour, api_key=KEY).one("chat.completions.create", **asked("hello"))
    (choice,) = answer.choices
    assert (TEXT, "stop") == (choice.message.content, choice.finish_reason)
    assert answer.usage.total_tokens > 0


@each_colour
def test_it_streams(litellm: str, colour: str) -> None:
    """The same in pieces, with the usage in a chunk that has choices."""
    chunks = Asker(litellm, colour, api_key=KEY).all(
        "chat.completions.create",
        **asked("hello"),
        stream=True,
        stream_options={"include_usage": True},
    )
    assert (TEXT, ["stop"]) == (text_of(chunks), finish_of(chunks))
    assert chunks[-1].usage.total_tokens > 0


@each_colour
def test_it_calls_tools(litellm: str, colour: str) -> None:
    """It says that it stopped; what it means is that it wants a tool called."""
    asker = Asker(litellm, colour, api_key=KEY)
    (choice,) = asker.one("chat.completions.create", **asked("tools"), tools=TOOLS).choices
    (call,) = choice.message.tool_calls
    assert ("tool_calls", "get_weather") == (choice.finish_reason, call.function.name)
    assert {"city": "Paris"} == json.loads(call.function.arguments)
    chunks = asker.all("chat.completions.create", **asked("relayed"), tools=TOOLS, stream=True)
    ((name, text),) = calls_of(chunks)
    assert ("get_weather", {"city": "Paris"}) == (name, json.loads(text))
    assert ["tool_calls"] == finish_of(chunks)


@each_colour
@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("model", "error", "words"),
    [
        ("busy", RateLimitError, "mock rate limit error"),
        ("short", BadRequestError, "context window"),
        ("broken", InternalServerError, "mock internal server error"),
        ("nope", BadRequestError, "Invalid model name"),
    ],
)
def test_it_refuses(
    litellm: str, model: str, error: type[APIStatusError], words: str, stream: bool, colour: str
) -> None:
    """With the class of the status, and the proxy's words on one line."""
    asker = Asker(litellm, colour, api_key=KEY)
    with pytest.raises(error, match=f"(?i){words}") as caught:
        asker.one("chat.completions.create", **asked(model), stream=stream)
    assert "\n" not in str(caught.value)


@each_colour
def test_a_wrong_key_is_refused(litellm: str, colour: str) -> None:
    """By the class of the status that the proxy chooses, and without the key in the message."""
    with pytest.raises((AuthenticationError, BadRequestError)) as caught:
        Asker(litellm, colour, api_key="sk-wrong-5678").one(
            "chat.completions.create", **asked("hello")
        )
    assert "sk-wrong-5678" not in str(caught.value)


@each_colour
def test_it_lists_its_models(litellm: str, colour: str) -> None:
    """All that its configuration has."""
    models = Asker(litellm, colour, api_key=KEY).all("models.list")
    assert {"hello", "tools", "busy", "short", "broken", "relayed", "vectors"} == {
        each.id for each in models
    }


@each_colour
def test_it_embeds(litellm: str, colour: str) -> None:
    """A mock's vector is whatever the proxy makes of it, and nothing of it is lost."""
    answer = Asker(litellm, colour, api_key=KEY).one(
        "embeddings.create", model="vectors", input="a", encoding_format="float"
    )
    assert [0] == [each.index for each in answer.data]
    assert answer.data[0].embedding


@each_colour
def test_it_answers_by_responses(litellm: str, colour: str) -> None:
    """The Responses API, made of a chat answer by the proxy."""
    answer = Asker(litellm, colour, api_key=KEY).one(
        "responses.create", model="hello", input="How is the weather?"
    )
    assert TEXT == answer.output_text
