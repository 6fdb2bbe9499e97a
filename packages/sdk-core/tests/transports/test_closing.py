"""The end of transports, and of bodies that did not come from a socket."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from sdk_core._engines import open_transport
from sdk_core.clients import SyncClient
from sdk_core.errors import ConfigurationError
from sdk_core.testing import request

URL = "http://a.example"


@pytest.mark.parametrize("engine", ["httpx", "httptools", "pyreqwest"])
def test_a_transport_may_be_closed_twice_and_not_used_again(engine: str) -> None:
    """The second time is nothing; what is sent behind it is a mistake of the program's."""
    transport: Any = open_transport(engine, None, synchronous=True)
    transport.close()
    transport.close()
    with pytest.raises(ConfigurationError, match="closed"):
        transport.send(request(URL))


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
@pytest.mark.parametrize("engine", ["httpx", "aiohttp", "pyreqwest"])
async def test_an_asynchronous_one_too(anyio_backend: str, engine: str) -> None:
    """As above."""
    transport: Any = open_transport(engine, None, synchronous=False)
    await transport.aclose()
    await transport.aclose()
    with pytest.raises(ConfigurationError, match="closed"):
        await transport.send(request(URL))


def test_pyreqwest_refuses_a_method_that_is_none() -> None:
    """By a typed error, before anything is sent."""
    transport: Any = open_transport("pyreqwest", None, synchronous=True)
    with pytest.raises(ConfigurationError, match="cannot be sent"):
        transport.send(request(URL, method="GE T"))
    transport.close()


class Body(httpx.SyncByteStream):
    """A stream of events that goes on behind its end."""

    def __init__(self, error: Exception | None = None) -> None:
        self.closed = 0
        self._error = error

    def __iter__(self) -> Iterator[bytes]:
        yield b'data: {"a": 1}\n\ndata: [DONE]\n\n'
        yield b": more\n\n"

    def close(self) -> None:
        """Fail, if it shall."""
        self.closed += 1
        if self._error is not None:
            raise self._error


def stream_of(body: Body) -> httpx.Client:
    """Return a client of the user's that has no sockets."""

    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers={"content-type": "text/event-stream"}, stream=body)

    return httpx.Client(transport=httpx.MockTransport(answer))


def test_the_end_of_an_answer_without_a_socket_is_not_waited_for() -> None:
    """Nobody could hang up there if it did not come."""
    body = Body()
    with stream_of(body) as own, SyncClient(base_url=URL, http_client=own) as client:
        assert list(client.request("GET", "/", stream=True)) == [{"a": 1}]
    assert body.closed == 1


def test_an_answer_that_cannot_be_closed_says_so() -> None:
    """It is not taken for one that has ended well."""
    own = stream_of(Body(ZeroDivisionError("theirs")))
    with own, SyncClient(base_url=URL, http_client=own) as client:
        stream = client.request("GET", "/", stream=True)
        assert next(stream) == {"a": 1}
        with pytest.raises(ZeroDivisionError, match="theirs"):
            stream.close()
