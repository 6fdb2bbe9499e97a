"""HTTP/2, over the transports that offer it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import anyio
import pytest

from sdk_core.errors import UnknownOptionError
from sdk_core.transports import Aiohttp

pytestmark = pytest.mark.anyio


@pytest.fixture
def options(case: Any, authority: SimpleNamespace) -> dict[str, Any]:
    """Offer HTTP/2 and trust the server of the tests."""
    if not case.offers_http2:
        pytest.skip("it does not offer HTTP/2")
    return {"http2": True, "verify": authority.path}


async def test_requests_go_out_as_http2(
    case: Any, done: Any, options: Any, serve_http2: SimpleNamespace
) -> None:
    """With headers and body; the answer tells its version."""
    client = case.client(serve_http2.url, options=options)
    answer = await done(client.with_raw_response.request("POST", "/a?b=c", body={"a": 1}))
    assert (answer.parse(), answer.http_version) == (1, "HTTP/2")
    await done(client.close())
    (sent,) = serve_http2.requests
    headers = {name.decode(): value.decode() for name, value in sent.headers}
    assert (headers[":method"], headers[":path"], sent.body) == ("POST", "/a?b=c", b'{"a":1}')
    assert headers["content-type"] == "application/json"


async def test_many_requests_share_one_connection(
    case: Any, done: Any, options: Any, serve_http2: SimpleNamespace
) -> None:
    """One after the other, and at once."""
    client = case.client(serve_http2.url, options=options)
    found = [await done(client.request("GET", "/")) for _ in range(3)]

    async def call() -> None:
        found.append(await client.request("GET", "/"))

    if case.colour == "async":
        async with anyio.create_task_group() as tasks:
            for _ in range(20):
                tasks.start_soon(call)
    await done(client.close())
    assert set(found) == {1}
    assert serve_http2.connections == 1


async def test_a_server_without_http2_is_spoken_to_as_ever(
    case: Any, done: Any, options: Any, serve: Any, http: Any, authority: SimpleNamespace
) -> None:
    """What is offered need not be taken."""
    server = serve(lambda sent: [http(b"%d" % sent.connection)], authority.server("localhost"))
    client = case.client(server.url, options=options)
    answer = await done(client.with_raw_response.request("GET", "/"))
    assert (answer.parse(), answer.http_version) == (1, "HTTP/1.1")
    await done(client.close())


def test_an_engine_without_http2_refuses_the_option() -> None:
    """By name."""
    with pytest.raises(UnknownOptionError, match="Aiohttp has no option `http2`"):
        Aiohttp(http2=True)  # type: ignore[call-arg]  # as said
