"""The redirect matrix: no credential reaches another origin, over any transport."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from sdk_core.errors import APIResponseValidationError
from sdk_core.operations import Operation, SecurityScheme

pytestmark = pytest.mark.anyio
CANARY = "canary-c0de"
HEADERS = {
    "Authorization": f"Bearer {CANARY}",
    "X-API-Key": CANARY,
    "api-key": CANARY,
    "Cookie": f"session={CANARY}",
    "Proxy-Authorization": f"Basic {CANARY}",
    "X-Amz-Security-Token": CANARY,
    "X-Amz-Signature": CANARY,
    "X-Their-Own-Way": CANARY,
}
LOCATIONS = {
    "other port": "http://127.0.0.1:{port}/there",
    "other host": "http://localhost:{port}/there",
    "user info": "http://someone:else@127.0.0.1:{port}/there",
    "no scheme": "//127.0.0.1:{port}/there",
}


def seen(server: SimpleNamespace) -> str:
    """Return everything that a server was sent."""
    return "\n".join(f"{sent.line}\n{sent.headers}\n{sent.body}" for sent in server.requests)


@pytest.fixture
def redirecting(serve: Any, http: Any, echo: SimpleNamespace) -> Any:
    """Serve redirects to ``echo``: ``redirecting(status, location)``."""

    def start(status: int, location: str) -> SimpleNamespace:
        port = echo.url.rpartition(":")[2]
        moved = http(b"", status, location=location.format(port=port))
        server: SimpleNamespace = serve(lambda _: [moved])
        return server

    return start


@pytest.mark.parametrize("where", LOCATIONS)
@pytest.mark.parametrize("status", [302, 303, 307])
async def test_no_credential_reaches_another_origin(
    case: Any, done: Any, redirecting: Any, echo: SimpleNamespace, where: str, status: int
) -> None:
    """Eight headers of the user's, and those that a client of the user's own adds."""
    first = redirecting(status, LOCATIONS[where])
    client = case.client(first.url, default_headers=HEADERS)
    if case.own:
        own = client._http_client
        own.headers["x-corp"] = CANARY
        own.cookies.set("corp", CANARY, domain="127.0.0.1")
        own.auth = ("user", CANARY)
        own.params = {"sig": CANARY}
    assert await done(client.request("GET", "/here")) == 1
    await done(client.close())
    names = {name.lower() for name in HEADERS}
    assert names <= first.requests[0].headers.keys() | {"authorization"}
    (sent,) = echo.requests
    assert CANARY not in seen(echo)
    assert not (names | {"x-corp", "referer"}) & sent.headers.keys()
    assert sent.line == "GET /there HTTP/1.1"


async def test_a_key_in_the_query_stays_behind(
    case: Any, done: Any, redirecting: Any, echo: SimpleNamespace
) -> None:
    """Also where the server puts it into the new address."""
    first = redirecting(307, LOCATIONS["other port"] + f"?mykey={CANARY}&page=2")
    scheme = SecurityScheme(kind="apiKey", location="query", name="mykey")
    client = case.client(first.url)
    cls: Any = type(client)
    keyed = type("Keyed", (cls,), {"security_schemes": {"key": scheme}})
    operation: Operation[Any] = Operation(
        id="get", method="GET", path="/here", responses={"2XX": ()}, security=(("key",),)
    )
    options = {"base_url": first.url, "credential": CANARY, "max_retries": 0}
    options["transport"] = client._driver.transport
    other = keyed(**options)
    await done(other.call(operation))
    await done(client.close())
    assert f"mykey={CANARY}" in first.requests[0].line
    assert echo.requests[0].line == "GET /there?page=2 HTTP/1.1"
    assert CANARY not in seen(echo)


async def test_the_same_origin_keeps_them(case: Any, done: Any, serve: Any, http: Any) -> None:
    """A redirect within the house is no stranger."""

    def answer(sent: SimpleNamespace) -> list[bytes]:
        if sent.line.startswith("GET /here"):
            return [http(b"", 307, location="/there")]
        return [http(b"1")]

    server = serve(answer)
    client = case.client(server.url, default_headers=HEADERS)
    assert await done(client.request("GET", "/here")) == 1
    await done(client.close())
    assert server.requests[1].headers["x-api-key"] == CANARY
    assert server.requests[1].headers["authorization"] == f"Bearer {CANARY}"


async def test_tls_is_never_left(
    case: Any, done: Any, serve: Any, http: Any, echo: SimpleNamespace, authority: Any
) -> None:
    """From https to http leads no way, with or without credentials."""
    moved = http(b"", 302, location=f"{echo.url}/there")
    first = serve(lambda _: [moved], authority.server("localhost"))
    client = case.client(first.url, options={"verify": authority.path}, default_headers=HEADERS)
    with pytest.raises(APIResponseValidationError, match="is not followed"):
        await done(client.request("GET", "/here"))
    await done(client.close())
    assert not echo.requests


async def test_the_body_goes_along_where_the_method_does(
    case: Any, done: Any, redirecting: Any, echo: SimpleNamespace
) -> None:
    """307 repeats the request, without its credentials."""
    first = redirecting(307, LOCATIONS["other port"])
    client = case.client(first.url, default_headers=HEADERS)
    assert await done(client.request("POST", "/here", body={"a": 1})) == 1
    await done(client.close())
    (sent,) = echo.requests
    assert (sent.line, sent.body) == ("POST /there HTTP/1.1", b'{"a":1}')
    assert CANARY not in seen(echo)
