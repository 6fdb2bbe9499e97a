"""Errors: classes, attributes, signatures; and what goes wrong between client and server."""

from __future__ import annotations

import inspect
import pickle
import socket
from typing import Any

import httpx
import pytest

import sdk_openai_compat
from sdk_openai_compat import (
    APIConnectionError,
    APIError,
    APIResponseValidationError,
    APIStatusError,
    APITimeoutError,
    AuthenticationError,
    BadRequestError,
    ConflictError,
    InternalServerError,
    NotFoundError,
    OpenAIError,
    PermissionDeniedError,
    RateLimitError,
    UnprocessableEntityError,
)
from sdk_server.testing import RunningServer

from ._clients import HELLO, Wire, connected, done, entered

pytestmark = pytest.mark.anyio

BY_STATUS = {
    400: BadRequestError,
    401: AuthenticationError,
    403: PermissionDeniedError,
    404: NotFoundError,
    409: ConflictError,
    418: APIStatusError,
    422: UnprocessableEntityError,
    429: RateLimitError,
    500: InternalServerError,
    503: InternalServerError,
}


@pytest.mark.parametrize(("status", "error"), BY_STATUS.items())
async def test_each_status_has_its_class(
    colour: str, server: RunningServer, status: int, error: type[APIStatusError]
) -> None:
    """And openai's attributes: status, body, code, type, param, request id, request, response."""
    async with entered(connected(colour, server, max_retries=0)) as client:
        with pytest.raises(OpenAIError) as caught:
            await done(client.models.list(extra_headers={"X-SDK-Fault": f"status={status}"}))
    raised: Any = caught.value
    assert error is type(raised)
    assert status == raised.status_code == raised.response.status_code
    assert raised.response.headers["x-request-id"] == raised.request_id
    assert f"{server.inference_url}/models" == str(raised.request.url)
    assert raised.message == str(raised)
    assert str(raised).startswith(f"Error code: {status} - ")
    assert (raised.body["code"], raised.body["type"], raised.body["param"]) == (
        raised.code,
        raised.type,
        raised.param,
    )


async def test_a_wrong_key_is_refused_without_showing_it(
    colour: str, server: RunningServer
) -> None:
    """The server's own words, with the key nowhere in them."""
    async with entered(connected(colour, server, api_key="sk-canary-0123456789")) as client:
        with pytest.raises(AuthenticationError) as caught:
            await done(client.models.list())
    assert "sk-canary" not in repr(caught.value)
    assert 401 == caught.value.status_code


async def test_an_unknown_model_is_not_found(colour: str, server: RunningServer) -> None:
    """The code and the message of the server are on the error."""
    async with entered(connected(colour, server)) as client:
        with pytest.raises(NotFoundError, match="There is no model named `nope`") as caught:
            await done(client.models.retrieve("nope"))
    assert "model_not_found" == caught.value.code


async def test_a_server_that_cannot_be_reached_is_named(colour: str) -> None:
    """Before any byte was sent, so that repeating is safe; the cause is the HTTP library's."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    options = {"api_key": "k", "base_url": f"http://127.0.0.1:{port}/v1", "max_retries": 0}
    kind: Any = sdk_openai_compat.OpenAI if colour == "sync" else sdk_openai_compat.AsyncOpenAI
    async with entered(kind(**options)) as client:
        with pytest.raises(APIConnectionError) as caught:
            await done(client.chat.completions.create(model="m", messages=HELLO))
    message = str(caught.value)
    assert message.startswith(f"Connection error: cannot reach http://127.0.0.1:{port}/v1/chat")
    assert "check `base_url`, and that the server is running" in message
    assert caught.value.maybe_processed is False
    assert isinstance(caught.value.__cause__, httpx.ConnectError)


async def test_a_server_that_does_not_answer_in_time(colour: str, server: RunningServer) -> None:
    """The timeout says how long was waited, and that the request may have been processed."""
    async with entered(connected(colour, server, max_retries=0)) as client:
        with pytest.raises(APITimeoutError, match=r"no answer within 0.05 s") as caught:
            await done(client.models.list(timeout=0.05, extra_headers={"X-SDK-Fault": "hang"}))
    assert caught.value.maybe_processed is True


@pytest.mark.difference(
    "Retries",
    openai="The timeout is that of one attempt; nothing limits a call with all its repeats and waits.",
    here="`deadline=`, of a client or a copy, does.",
)
async def test_a_deadline_ends_a_call_with_all_its_repeats(
    colour: str, server: RunningServer
) -> None:
    """`deadline` is ours: openai has none, and waits three times ten minutes."""
    async with entered(connected(colour, server, deadline=20, max_retries=50)) as client:
        with pytest.raises(InternalServerError) as caught:
            await done(
                client.models.list(extra_headers={"X-SDK-Fault": "status=503;retry-after=30"})
            )
    assert 30.0 == caught.value.retry_after


@pytest.mark.parametrize("stream", [False, True])
async def test_a_web_page_is_no_answer(colour: str, server: RunningServer, stream: bool) -> None:
    """A server that is no API answers 200 with HTML; the error asks about `base_url`."""
    async with entered(connected(colour, server)) as client:
        with pytest.raises(APIResponseValidationError) as caught:
            await done(
                client.chat.completions.create(
                    model="echo-1",
                    messages=HELLO,
                    stream=stream,
                    extra_headers={"X-SDK-Fault": "html"},
                )
            )
    assert "200 with text/html" in str(caught.value)
    assert "is `base_url` right, with its path (such as `/v1`)?" in str(caught.value)
    assert 200 == caught.value.status_code


async def test_a_base_url_without_its_path_is_guessed(colour: str, server: RunningServer) -> None:
    """The most common mistake with compatible servers: `/v1` is missing."""
    wire = Wire(lambda _: httpx.Response(404, text="Not Found"))
    client = wire.client(colour, base_url="http://server")
    with pytest.raises(NotFoundError, match="does `base_url` lack `/v1`"):
        await done(client.models.list())


async def test_an_answer_that_is_no_json_is_an_error_of_ours(colour: str) -> None:
    """Where openai lets the JSON library's error through."""
    headers = {"content-type": "application/json"}
    client = Wire(lambda _: httpx.Response(200, text="{", headers=headers)).client(colour)
    with pytest.raises(APIResponseValidationError, match="is no valid ChatCompletion"):
        await done(client.chat.completions.create(model="m", messages=HELLO))


async def test_strict_clients_refuse_what_does_not_fit(colour: str) -> None:
    """`_strict_response_validation`; without it, what came is kept."""
    wire = Wire(lambda _: httpx.Response(200, json={"foo": 1}))
    answer: Any = await done(wire.client(colour).chat.completions.create(model="m", messages=HELLO))
    assert (1, None, []) == (answer.foo, answer.id, answer.choices)
    strict = wire.client(colour, _strict_response_validation=True)
    with pytest.raises(APIResponseValidationError):
        await done(strict.chat.completions.create(model="m", messages=HELLO))


def test_the_tree_is_openais() -> None:
    """Each `except` of a program that used openai catches what it caught."""
    assert issubclass(APIError, OpenAIError)
    assert issubclass(OpenAIError, Exception)
    assert issubclass(APIStatusError, APIError)
    assert issubclass(APITimeoutError, APIConnectionError)
    assert issubclass(APIConnectionError, APIError)
    assert issubclass(APIResponseValidationError, APIError)
    for error in set(BY_STATUS.values()):
        assert issubclass(error, APIStatusError)


def test_errors_are_made_as_openai_makes_them() -> None:
    """Users construct them in tests, with httpx's own requests and responses."""
    request = httpx.Request("GET", "http://server")
    headers = {"x-request-id": "r-1", "retry-after": "2"}
    response = httpx.Response(429, request=request, headers=headers)
    limited = RateLimitError("slow down", response=response, body={"code": "c", "type": "t"})
    assert ("slow down", "c", "t", None) == (
        limited.message,
        limited.code,
        limited.type,
        limited.param,
    )
    assert (429, "r-1", 2.0) == (limited.status_code, limited.request_id, limited.retry_after)
    assert request is limited.request
    assert response is limited.response
    assert "Connection error." == str(APIConnectionError(request=request))
    assert "mine" == str(APIConnectionError(message="mine", request=request))
    assert "Request timed out." == str(APITimeoutError(request))
    assert "Request timed out." == str(APITimeoutError(request=request))
    invalid = APIResponseValidationError(response, {"a": 1})
    assert "Data returned by API invalid for expected schema." == str(invalid)
    assert (429, {"a": 1}) == (invalid.status_code, invalid.body)
    assert {"a": 1} == APIError("m", request, body={"a": 1}).body


def test_errors_that_users_made_pickle() -> None:
    """Workers send them across processes; openai's do not arrive."""
    response = httpx.Response(429, request=httpx.Request("GET", "http://server"))
    error = RateLimitError("slow down", response=response, body=None)
    again = pickle.loads(pickle.dumps(error))
    assert (RateLimitError, "slow down", 429) == (type(again), str(again), again.status_code)


def test_every_exported_error_says_what_it_is() -> None:
    """The public surface is documented."""
    for name in sdk_openai_compat.__all__:
        value = getattr(sdk_openai_compat, name)
        if inspect.isclass(value):
            assert value.__doc__, name
