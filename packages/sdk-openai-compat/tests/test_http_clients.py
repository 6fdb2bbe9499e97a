"""The users' own HTTP clients, and the defaults that they can start from."""

from __future__ import annotations

import gc
import importlib
import sys
from importlib.util import find_spec
from typing import Any

import httpx
import pytest

import sdk_openai_compat
from sdk_openai_compat import (
    DEFAULT_CONNECTION_LIMITS,
    DEFAULT_TIMEOUT,
    AsyncOpenAI,
    ConfigurationError,
    DefaultAsyncHttpx2Client,
    DefaultAsyncHttpxClient,
    DefaultHttpx2Client,
    DefaultHttpxClient,
    OpenAI,
)
from sdk_server.testing import RunningServer

from ._clients import HELLO, connected, done, entered

pytestmark = pytest.mark.anyio
# httpx2 is used where it is installed; nothing here needs it.
FAMILY = [name for name in ("httpx", "httpx2") if find_spec(name)]


async def test_the_default_clients_have_our_timeout_and_limits(
    colour: str, server: RunningServer
) -> None:
    """Not httpx's five seconds; what is given goes before."""
    kind: Any = DefaultHttpxClient if colour == "sync" else DefaultAsyncHttpxClient
    assert issubclass(kind, httpx.Client if colour == "sync" else httpx.AsyncClient)
    assert (1000, 100) == (
        DEFAULT_CONNECTION_LIMITS.max_connections,
        DEFAULT_CONNECTION_LIMITS.max_keepalive_connections,
    )
    http_client = kind(headers={"X-Mine": "1"})
    assert httpx.Timeout(600, connect=5) == http_client.timeout
    assert http_client.follow_redirects is True
    async with entered(connected(colour, server, http_client=http_client)) as client:
        assert DEFAULT_TIMEOUT == client._options.timeout
        answer = await done(client.chat.completions.create(model="echo-1", messages=HELLO))
        assert "hello" == answer.choices[0].message.content
    assert http_client.is_closed
    own = kind(timeout=1, follow_redirects=False)
    assert (httpx.Timeout(1), False) == (own.timeout, own.follow_redirects)
    await done(own.close() if colour == "sync" else own.aclose())


async def test_a_default_client_can_be_derived_from(colour: str, server: RunningServer) -> None:
    """As openai's documentation shows for proxies and event hooks."""
    kind: Any = DefaultHttpxClient if colour == "sync" else DefaultAsyncHttpxClient

    class Mine(kind):  # type: ignore[misc]  # a base for each colour
        """A user's own client."""

    async with entered(connected(colour, server, http_client=Mine())) as client:
        answer = await done(client.models.retrieve("echo-1"))
    assert "echo-1" == answer.id


@pytest.mark.parametrize("family", FAMILY)
async def test_clients_of_the_whole_family_are_taken(
    colour: str, server: RunningServer, family: str
) -> None:
    """httpx's, and httpx2's where it is installed: a call, an error, an answer of its own type."""
    library = importlib.import_module(family)
    http_client = library.Client() if colour == "sync" else library.AsyncClient()
    async with entered(connected(colour, server, http_client=http_client)) as client:
        answer = await done(client.models.with_raw_response.retrieve("echo-1"))
        assert type(answer.http_response) is library.Response
        stream = await done(
            client.chat.completions.create(model="echo-1", messages=HELLO, stream=True)
        )
        async with entered(stream):
            assert 200 == stream.response.status_code
        with pytest.raises(sdk_openai_compat.APITimeoutError):
            await done(
                client.with_options(max_retries=0).models.list(
                    timeout=0.05, extra_headers={"X-SDK-Fault": "hang"}
                )
            )


async def test_clients_may_be_left_open(server: RunningServer, colour: str) -> None:
    """Without `close`, the shared connections belong to the process; nothing warns."""
    client = connected(colour, server)
    assert "echo-1" == (await done(client.models.retrieve("echo-1"))).id
    await done(client.close())


@pytest.mark.difference(
    "Clients",
    openai="An `AsyncOpenAI` that was used in one event loop can fail in the next one, for its connections belong to the first.",
    here="One client can be used in one event loop after the other.",
)
# The connection of the first loop ends with the loop, unclosed, as asyncio says.
@pytest.mark.filterwarnings(
    "ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)
def test_both_loops_can_use_one_client(server: RunningServer) -> None:
    """One event loop after the other, which breaks openai's client."""
    import asyncio  # noqa: PLC0415  # this test alone runs loops of its own

    client = AsyncOpenAI(base_url=server.inference_url, api_key=server.api_key)

    async def ask() -> str:
        model = await client.models.retrieve("echo-1")
        await client.close() if asks.pop() else None
        return model.id

    asks = [True, False]
    assert ["echo-1", "echo-1"] == [asyncio.run(ask()), asyncio.run(ask())]
    gc.collect()  # so that what it warns of is this test's


def test_no_base_class_of_the_blocking_client_is_asynchronous() -> None:
    """The two colours are two classes, told apart by `isinstance`."""
    assert not issubclass(OpenAI, AsyncOpenAI)
    assert not issubclass(AsyncOpenAI, OpenAI)


@pytest.mark.skipif("httpx2" not in FAMILY, reason="httpx2 is not installed")
async def test_the_httpx2_clients_have_our_timeout_and_limits(
    colour: str, server: RunningServer
) -> None:
    """The functions of openai 3, for those who have moved on."""
    make = DefaultHttpx2Client if colour == "sync" else DefaultAsyncHttpx2Client
    http_client: Any = make(headers={"X-Mine": "1"})
    assert (600, 5) == (http_client.timeout.read, http_client.timeout.connect)
    assert http_client.follow_redirects is True
    async with entered(connected(colour, server, http_client=http_client)) as client:
        answer = await done(client.chat.completions.create(model="echo-1", messages=HELLO))
    assert "hello" == answer.choices[0].message.content


@pytest.mark.parametrize("colour", ["asyncio"])
async def test_aiohttp_can_carry_an_httpx_client(colour: str, server: RunningServer) -> None:
    """`DefaultAioHttpClient` runs in asyncio, as aiohttp does."""
    http_client = sdk_openai_compat.DefaultAioHttpClient()
    assert isinstance(http_client, httpx.AsyncClient)
    assert httpx.Timeout(600, connect=5) == http_client.timeout
    async with entered(connected(colour, server, http_client=http_client)) as client:
        answer = await done(client.chat.completions.create(model="echo-1", messages=HELLO))
    assert "hello" == answer.choices[0].message.content


@pytest.mark.parametrize(
    ("name", "missing"),
    [
        ("DefaultHttpx2Client", "httpx2"),
        ("DefaultAsyncHttpx2Client", "httpx2"),
        ("DefaultAioHttpClient", "httpx_aiohttp"),
    ],
)
def test_a_library_that_is_missing_is_named(
    name: str, missing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The names are there without the libraries; making a client says what to install."""
    module = importlib.import_module("sdk_openai_compat._httpx")
    monkeypatch.setitem(sys.modules, missing, None)
    if missing == "httpx_aiohttp":  # made once, when it is first asked for
        monkeypatch.setattr(module, name, None, raising=False)
        del vars(module)[name]
    with pytest.raises(ConfigurationError, match="pip install"):
        getattr(module, name)()
