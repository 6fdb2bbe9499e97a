"""The wait for a person: by hand, in a loop that goes on, given up and cancelled."""

from __future__ import annotations

import socket
from queue import Queue
from threading import Event
from urllib.parse import parse_qs, urlsplit

import anyio
import anyio.to_thread
import attrs
import httpx
import pytest

from sdk_auth.clients import AsyncTokenClient
from sdk_auth.errors import LoginTimeoutError, StateMismatchError
from sdk_auth.login import AuthorizationCode
from sdk_auth.tokens import Token

from ._server import browsers
from ._server.running import OAuthServer
from ._typing import Run


def location_of(url: str) -> str:
    """Return where a sign-in page sends the browser, without going there."""
    location: str = browsers.get(url).headers["location"]
    return location


def test_a_person_copies_the_address(
    run: Run, person: AuthorizationCode, oauth_server: OAuthServer
) -> None:
    """From a browser on another machine; nobody listens on this one."""
    by_hand = attrs.evolve(person, prompt=lambda url: f"  {location_of(url)}\n")
    assert run(by_hand.obtain()).id_token
    assert oauth_server.authorizations[0]["redirect_uri"] == "http://127.0.0.1/callback"


@pytest.mark.parametrize("part", ["code", "query"])
def test_a_person_copies_a_part_of_it(run: Run, person: AuthorizationCode, part: str) -> None:
    """Some pages show the code alone."""

    def prompt(url: str) -> str:
        query = urlsplit(location_of(url)).query
        return query if part == "query" else parse_qs(query)["code"][0]

    assert run(attrs.evolve(person, prompt=prompt).obtain()).access_token


def test_what_is_copied_belongs_to_the_attempt(run: Run, person: AuthorizationCode) -> None:
    """An address that somebody else sent is refused."""
    address = "http://127.0.0.1/callback?code=abc&state=forged"
    with pytest.raises(StateMismatchError):
        run(attrs.evolve(person, prompt=lambda _: address).obtain())


def test_nobody_copies_anything_in_time(run: Run, person: AuthorizationCode) -> None:
    """The program goes on; the prompt is left alone."""
    event = Event()
    by_hand = attrs.evolve(person, prompt=lambda _: event.wait(10), timeout=0.05)
    with pytest.raises(LoginTimeoutError):
        run(by_hand.obtain())
    event.set()


def test_what_a_prompt_raises_is_raised(run: Run, person: AuthorizationCode) -> None:
    """Such as the end of the input."""

    def prompt(_: str) -> str:
        raise EOFError

    with pytest.raises(EOFError):
        run(attrs.evolve(person, prompt=prompt).obtain())


def test_a_prompt_may_be_asynchronous(anyio_backend: str, person: AuthorizationCode) -> None:
    """It is awaited in the loop."""

    async def prompt(url: str) -> str:
        async with httpx.AsyncClient() as browser:
            return (await browser.get(url)).headers["location"]

    async def main() -> None:
        async with AsyncTokenClient() as client:
            token = await client.run(attrs.evolve(person, prompt=prompt).obtain())
            assert token.id_token

    anyio.run(main, backend=anyio_backend)


@pytest.fixture
def urls() -> Queue[str]:
    """Where browsers were sent."""
    return Queue()


@pytest.fixture
def waiting(person: AuthorizationCode, urls: Queue[str]) -> AuthorizationCode:
    """Return a grant with a browser that says where it was sent, and does nothing."""

    def visit(url: str) -> bool:
        urls.put(url)
        return True

    return attrs.evolve(person, open_browser=visit)


def test_the_loop_goes_on_while_a_person_signs_in(
    anyio_backend: str, waiting: AuthorizationCode, urls: Queue[str], oauth_server: OAuthServer
) -> None:
    """The page is opened by what runs in the same loop meanwhile."""
    tokens: list[Token] = []

    async def main() -> None:
        async with AsyncTokenClient() as client, anyio.create_task_group() as tasks:

            async def sign_in() -> None:
                tokens.append(await client.run(waiting.obtain()))

            tasks.start_soon(sign_in)
            oauth_server.visit(await anyio.to_thread.run_sync(urls.get))

    anyio.run(main, backend=anyio_backend)
    assert tokens[0].access_token


def test_who_is_cancelled_listens_no_longer(
    anyio_backend: str, waiting: AuthorizationCode, urls: Queue[str]
) -> None:
    """The port is free again."""
    seen: list[str] = []

    async def main() -> None:
        async with AsyncTokenClient() as client, anyio.create_task_group() as tasks:

            async def sign_in() -> None:
                await client.run(waiting.obtain())

            tasks.start_soon(sign_in)
            seen.append(await anyio.to_thread.run_sync(urls.get))
            tasks.cancel_scope.cancel()

    anyio.run(main, backend=anyio_backend)
    port = urlsplit(parse_qs(urlsplit(seen[0]).query)["redirect_uri"][0]).port
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0
