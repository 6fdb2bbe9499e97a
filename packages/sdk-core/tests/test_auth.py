from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sdk_core._drivers import AsyncDriver, SyncDriver
from sdk_core._flows import compose
from sdk_core._messages import Request, Response
from sdk_core.errors import ConfigurationError
from sdk_core.operations import Operation
from sdk_core.policies import ApiKey, Bearer, Retry
from sdk_core.testing import Call, play, request, response, send

CANARY = "canary-7f3a"


class Echo:
    """A transport in both colours that answers with the request it got."""

    closed = False

    def send(self, sent: Request) -> Response:
        """Answer at once."""
        return response(request=sent)

    def close(self) -> None:
        """Do nothing."""


class AsyncEcho(Echo):
    """The asynchronous twin."""

    async def send(self, sent: Request) -> Response:  # type: ignore[override]
        """Answer at once."""
        return response(request=sent)

    async def aclose(self) -> None:
        """Do nothing."""


def test_a_bearer_token_is_sent_as_such() -> None:
    """RFC 6750: ``Authorization: Bearer TOKEN``."""
    sent = play(Bearer(CANARY)(request(), send), response()).sent[0]
    assert sent.headers["authorization"] == f"Bearer {CANARY}"


def test_an_api_key_has_a_header_of_its_own() -> None:
    """The header's name and the prefix are the API's to choose."""
    policy = ApiKey(CANARY, header="x-their-key", prefix="Key ")
    sent = play(policy(request(), send), response()).sent[0]
    assert sent.headers["x-their-key"] == f"Key {CANARY}"


def test_a_header_that_is_there_already_wins() -> None:
    """A call may bring a credential of its own."""
    own = request(headers={"Authorization": "Basic own"})
    sent = play(Bearer(CANARY)(own, send), response()).sent[0]
    assert sent.headers["authorization"] == "Basic own"


@pytest.mark.parametrize(
    ("security", "sends"),
    [
        (None, True),
        ((), False),
        ((("bearerAuth",),), True),
        ((("a",), ("b",)), True),
        (((), ("a",)), True),
    ],
)
def test_a_public_operation_gets_no_credential(
    security: tuple[tuple[str, ...], ...] | None, sends: bool
) -> None:
    """A secret goes only where the document asks for one, or says nothing."""
    operation: Operation[Any] = Operation("x", "GET", "/x", security=security)
    sent = play(Bearer(CANARY)(request(operation=operation), send), response()).sent[0]
    assert sends == ("authorization" in sent.headers)


def test_a_function_is_asked_before_each_attempt() -> None:
    """A token that expires between two attempts is replaced by the next one."""
    tokens = iter(["t1", "t2"])
    flow = compose([Retry(1, rand=lambda: 0.0), Bearer(lambda: next(tokens))])
    played = play(flow(request()), response(503), response(200))
    assert ["Bearer t1", "Bearer t2"] == [sent.headers["authorization"] for sent in played.sent]
    assert sum(isinstance(effect, Call) for effect in played.effects) == 2


@pytest.mark.parametrize("token", [None, "", 7, b"bytes"])
def test_a_function_must_return_a_string(token: object) -> None:
    """What is no secret is refused before anything is sent."""
    played = play(Bearer(lambda: token)(request(), send), response())
    assert isinstance(played.error, ConfigurationError)
    assert played.sent == []


def test_the_blocking_driver_calls_the_function() -> None:
    """A plain function works with a client that blocks."""
    answer = SyncDriver(Echo()).run(Bearer(lambda: CANARY)(request(), send))
    assert answer.request.headers["authorization"] == f"Bearer {CANARY}"


async def _token() -> str:
    return CANARY


@pytest.mark.anyio
@pytest.mark.parametrize("provider", [_token, lambda: CANARY])
async def test_the_asynchronous_driver_calls_or_awaits(provider: Callable[[], Any]) -> None:
    """Plain and async functions work with an asynchronous client."""
    answer = await AsyncDriver(AsyncEcho()).run(Bearer(provider)(request(), send))
    assert answer.request.headers["authorization"] == f"Bearer {CANARY}"


class _Awaitable:
    def __await__(self) -> Any:
        raise AssertionError


@pytest.mark.parametrize("provider", [_token, _Awaitable])
def test_an_async_function_needs_an_asynchronous_client(provider: Callable[[], Any]) -> None:
    """The blocking driver says so instead of sending the text of a coroutine."""
    with pytest.raises(ConfigurationError, match="use the asynchronous one"):
        SyncDriver(Echo()).run(Bearer(provider)(request(), send))


def test_an_error_of_the_function_passes_as_it_is() -> None:
    """What the caller's own code raises is the caller's, even a StopIteration."""
    driver = SyncDriver(Echo())
    with pytest.raises(StopIteration):
        driver.run(Bearer(lambda: next(iter(())))(request(), send))
    with pytest.raises(ZeroDivisionError):
        driver.run(Bearer(lambda: str(1 // 0))(request(), send))


@pytest.mark.anyio
async def test_an_error_of_an_async_function_passes_as_it_is() -> None:
    """The same, awaited."""

    async def provider() -> str:
        raise KeyError(1)

    with pytest.raises(KeyError):
        await AsyncDriver(AsyncEcho()).run(Bearer(provider)(request(), send))


def test_no_repr_shows_the_secret() -> None:
    """Neither the policy nor the request it makes shows what it sends, whatever the header."""
    policy = ApiKey(CANARY, header="x-unheard-of")
    sent = play(policy(request(), send), response()).sent[0]
    assert CANARY in sent.headers["x-unheard-of"]
    for shown in (repr(policy), repr(sent), repr(sent.headers), str(sent), repr(Bearer(CANARY))):
        assert CANARY not in shown
    assert "[secret]" in repr(sent.headers["x-unheard-of"])
