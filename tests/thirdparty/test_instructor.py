"""instructor: structured output, by tools and by JSON, whole and in part."""

from __future__ import annotations

import json

import pytest

pytest.importorskip("instructor", reason="run by `./dev thirdparty:run`")
import instructor
import openai
from instructor.core import InstructorRetryException
from openai import AsyncOpenAI, OpenAI
from pydantic import BaseModel, field_validator

pytestmark = pytest.mark.anyio


class User(BaseModel):
    """What the server fills: it echoes a message that follows the schema."""

    name: str
    age: int


ANN = {"name": "Ann", "age": 25}
MESSAGES = [{"role": "user", "content": json.dumps(ANN)}]
MODES = [instructor.Mode.TOOLS, instructor.Mode.JSON, instructor.Mode.JSON_SCHEMA]


@pytest.mark.parametrize("mode", MODES)
def test_an_answer_comes_as_a_model(mode: instructor.Mode) -> None:
    """`from_openai(OpenAI())` in each of its ways to ask."""
    client = instructor.from_openai(OpenAI(), mode=mode)
    user = client.chat.completions.create(model="echo-1", response_model=User, messages=MESSAGES)
    assert isinstance(user, User)
    if mode is not instructor.Mode.TOOLS:  # the server invents the arguments of tools
        assert ANN == user.model_dump()


@pytest.mark.parametrize("mode", MODES)
async def test_an_answer_comes_as_a_model_async(mode: instructor.Mode) -> None:
    """`from_openai(AsyncOpenAI())`."""
    client = instructor.from_openai(AsyncOpenAI(), mode=mode)
    user = await client.chat.completions.create(
        model="echo-1", response_model=User, messages=MESSAGES
    )
    assert isinstance(user, User)


def test_the_completion_can_be_had_beside_the_model() -> None:
    """`create_with_completion` returns openai's answer as well."""
    client = instructor.from_openai(OpenAI())
    user, completion = client.chat.completions.create_with_completion(
        model="echo-1", response_model=User, messages=MESSAGES
    )
    assert isinstance(user, User)
    assert isinstance(completion, openai.types.chat.ChatCompletion)


def test_a_model_comes_in_part_while_it_is_streamed() -> None:
    """`create_partial`; the last part is whole."""
    client = instructor.from_openai(OpenAI(), mode=instructor.Mode.JSON)
    parts = list(
        client.chat.completions.create_partial(
            model="echo-1", response_model=User, messages=MESSAGES
        )
    )
    assert len(parts) > 1
    assert ANN == parts[-1].model_dump()


async def test_a_model_comes_in_part_while_it_is_streamed_async() -> None:
    """The asynchronous twin."""
    client = instructor.from_openai(AsyncOpenAI(), mode=instructor.Mode.JSON)
    parts = [
        part
        async for part in client.chat.completions.create_partial(
            model="echo-1", response_model=User, messages=MESSAGES
        )
    ]
    assert ANN == parts[-1].model_dump()


def test_several_models_come_one_by_one() -> None:
    """`create_iterable`."""
    client = instructor.from_openai(OpenAI(), mode=instructor.Mode.JSON)
    messages = [{"role": "user", "content": json.dumps({"tasks": [ANN, ANN]})}]
    users = list(
        client.chat.completions.create_iterable(
            model="echo-1", response_model=User, messages=messages
        )
    )
    assert [ANN, ANN] == [user.model_dump() for user in users]


def test_an_answer_that_does_not_fit_is_asked_for_again() -> None:
    """It fails with all the completions of the attempts."""

    class Never(User):
        @field_validator("age")
        @classmethod
        def _refuse(cls, _: int) -> int:
            msg = "never"
            raise ValueError(msg)

    client = instructor.from_openai(OpenAI(), mode=instructor.Mode.JSON_SCHEMA)
    with pytest.raises(InstructorRetryException) as caught:
        client.chat.completions.create(
            model="echo-1", response_model=Never, messages=MESSAGES, max_retries=2
        )
    assert caught.value.n_attempts > 1


def test_a_client_can_be_made_by_name() -> None:
    """`from_provider("openai/...")` builds the client by itself."""
    client = instructor.from_provider("openai/echo-1", mode=instructor.Mode.JSON)
    assert ANN == client.create(response_model=User, messages=MESSAGES).model_dump()


def test_a_client_can_be_patched() -> None:
    """`patch` keeps the client, whose `create` takes a model."""
    client = instructor.patch(OpenAI(), mode=instructor.Mode.JSON)
    user = client.chat.completions.create(model="echo-1", response_model=User, messages=MESSAGES)
    assert ANN == user.model_dump()


def test_a_refusal_is_openais_error() -> None:
    """A key that the server does not know."""
    client = instructor.from_openai(OpenAI(api_key="sk-wrong", max_retries=0))
    with pytest.raises((openai.AuthenticationError, InstructorRetryException)) as caught:
        client.chat.completions.create(model="echo-1", response_model=User, messages=MESSAGES)
    assert "401" in str(caught.value)
