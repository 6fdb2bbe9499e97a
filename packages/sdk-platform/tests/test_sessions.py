"""Sessions, from signing in to signing out, at a real server."""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path
from typing import Any

import attrs
import pytest

from sdk_auth import FileStore, MemoryStore
from sdk_auth.tokens import Token
from sdk_core.caching import ResponseCache
from sdk_core.errors import APIConnectionError, AuthenticationError, ConfigurationError
from sdk_core.testing import FakeTransport, response
from sdk_platform import (
    AsyncPlatformClient,
    NotSignedInError,
    PlatformClient,
    SessionEndedError,
    WrongPasswordError,
)
from sdk_platform._sessions import session_of
from sdk_server.testing import RunningServer, running_server

from ._calls import accepted, done, items, refused, revoke
from .conftest import Connect

pytestmark = pytest.mark.anyio


def kept(store: Any, server: RunningServer) -> Token:
    """Return the tokens of the session that all programs share."""
    token = store.load(session_of(server.platform_url).key)
    assert isinstance(token, Token)
    return token


def keep(store: Any, server: RunningServer, **changes: Any) -> None:
    """Change what is kept of them."""
    changed = attrs.evolve(kept(store, server), **changes)
    store.save(session_of(server.platform_url).key, changed)


async def test_a_client_signs_in_and_calls(connect: Connect, ada: dict[str, str]) -> None:
    """As the user whose name and password were given; so do its copies."""
    client = connect(store=MemoryStore())
    user = await done(client.auth.login(**ada))
    assert ada["username"] == user.username == (await done(client.auth.whoami())).username
    copy = client.with_options(max_retries=0)
    assert {"echo-1", "echo-embed-1"} <= {m.id for m in await items(copy.models.search("echo"))}


async def test_who_signed_in_once_is_signed_in_everywhere(
    connect: Connect, ada: dict[str, str], tmp_path: Path
) -> None:
    """A later program with the same store, here the one that is used by itself, needs no password."""
    await done(connect().auth.login(**ada))
    assert ada["username"] == (await done(connect().auth.whoami())).username
    found = [path for path in (tmp_path / "home").rglob("*") if path.is_file()]
    assert found
    assert {0o600} == {path.stat().st_mode & 0o777 for path in found}


async def test_a_name_and_a_password_sign_in_with_the_first_call(
    connect: Connect, ada: dict[str, str], tmp_path: Path
) -> None:
    """Nothing of it is kept outside of the program."""
    client = connect(**ada)
    assert ada["username"] == (await done(client.auth.whoami())).username
    assert not (tmp_path / "home").exists()


async def test_a_token_that_has_expired_is_renewed_unseen(
    connect: Connect, ada: dict[str, str], server: RunningServer
) -> None:
    """Before it is sent, and the new one is kept."""
    store = MemoryStore()
    await done(connect(store=store).auth.login(**ada))
    old = kept(store, server)
    keep(store, server, expires_at=time.time() - 1)
    client = connect(store=store)
    assert ada["username"] == (await done(client.auth.whoami())).username
    new = kept(store, server)
    assert (old.access_token, old.refresh_token) != (new.access_token, new.refresh_token)
    assert accepted(server, new.access_token)


async def test_a_token_that_is_refused_is_renewed_unseen(
    connect: Connect, ada: dict[str, str], server: RunningServer
) -> None:
    """Though it should have been good for longer."""
    store = MemoryStore()
    client = connect(store=store)
    await done(client.auth.login(**ada))
    old = kept(store, server)
    revoke(server, old.access_token)
    assert ada["username"] == (await done(client.auth.whoami())).username
    assert old.access_token != kept(store, server).access_token


async def test_a_token_that_lives_shortly_is_renewed_when_it_is_over(
    connect: Connect, hasty: RunningServer
) -> None:
    """By the clocks of both sides, without an error to be seen."""
    store = MemoryStore()
    client = connect(base_url=hasty.platform_url, store=store)
    ada = {"username": hasty.admin_user, "password": hasty.admin_password}
    await done(client.auth.login(**ada))
    old = kept(store, hasty)
    refused(hasty, old.access_token)
    assert ada["username"] == (await done(client.auth.whoami())).username
    assert old.access_token != kept(store, hasty).access_token


@pytest.fixture(scope="module")
def hasty() -> Any:
    """Run a server whose tokens live for a second."""
    with running_server(token_ttl=1) as server:
        yield server


async def test_tokens_are_renewed_on_demand(
    connect: Connect, ada: dict[str, str], server: RunningServer
) -> None:
    """Whatever is left of them."""
    store = MemoryStore()
    client = connect(store=store)
    await done(client.auth.login(**ada))
    old = kept(store, server)
    assert await done(client.auth.refresh()) is None
    assert old.refresh_token != kept(store, server).refresh_token
    assert ada["username"] == (await done(client.auth.whoami())).username


async def test_signing_out_ends_the_session_everywhere(
    connect: Connect, ada: dict[str, str], server: RunningServer
) -> None:
    """At the platform, in the store, and for the client itself."""
    store = MemoryStore()
    client = connect(store=store)
    await done(client.auth.login(**ada))
    old = kept(store, server)
    await done(client.auth.logout())
    assert store.load(session_of(server.platform_url).key) is None
    assert not accepted(server, old.access_token)
    for each in (client, connect(store=store)):
        with pytest.raises(
            NotSignedInError, match=r"call `client\.auth\.login\(\.\.\.\)`, or give"
        ):
            await done(each.auth.whoami())


async def test_a_client_with_a_password_that_signed_out_stays_out(
    connect: Connect, ada: dict[str, str]
) -> None:
    """It does not sign in again with the next call, though it could; on demand it does."""
    client = connect(**ada)
    await done(client.auth.whoami())
    await done(client.auth.logout())
    with pytest.raises(NotSignedInError):
        await done(client.auth.whoami())
    assert ada["username"] == (await done(client.auth.login(**ada))).username


async def test_a_session_that_was_ended_elsewhere_says_so(
    connect: Connect, ada: dict[str, str], server: RunningServer
) -> None:
    """And what to do; from then on nobody is signed in."""
    store = MemoryStore()
    client = connect(store=store)
    await done(client.auth.login(**ada))
    revoke(server, kept(store, server).refresh_token)
    with pytest.raises(SessionEndedError, match="sign in again") as caught:
        await done(client.auth.whoami())
    assert "invalid_grant" == caught.value.error
    with pytest.raises(NotSignedInError):
        await done(client.auth.whoami())


async def test_a_session_that_was_ended_elsewhere_is_begun_again_by_who_can(
    connect: Connect, ada: dict[str, str], server: RunningServer
) -> None:
    """A client that was given a name and a password needs nobody for that."""
    store = MemoryStore()
    client = connect(store=store, **ada)
    await done(client.auth.whoami())
    own = session_of(server.platform_url, *ada.values(), apart=True)
    revoke(server, store.load(own.key).refresh_token)  # type: ignore[union-attr]  # it is there
    assert ada["username"] == (await done(client.auth.whoami())).username


async def test_a_wrong_password_is_refused_and_shown_nowhere(
    connect: Connect, ada: dict[str, str]
) -> None:
    """Whether it was given to the client or to `login`; who was signed in still is."""
    client = connect(store=MemoryStore())
    await done(client.auth.login(**ada))
    wrong = {**ada, "password": "canary-0123456789"}
    for call in (partial(client.auth.login, **wrong), connect(**wrong).auth.whoami):
        with pytest.raises(WrongPasswordError, match="check `username` and `password`") as caught:
            await done(call())
        assert "canary" not in repr(caught.value) + str(caught.value)
    assert ada["username"] == (await done(client.auth.whoami())).username


async def test_a_platform_that_is_away_is_named(connect: Connect, ada: dict[str, str]) -> None:
    """Signing in and calling say where nobody answers."""
    nobody = "http://127.0.0.1:9/api"
    client = connect(base_url=nobody, store=MemoryStore(), max_retries=0)
    with pytest.raises(APIConnectionError, match=r"127\.0\.0\.1:9"):
        await done(client.auth.login(**ada))
    keyed = connect(base_url=nobody, api_key="sk-any", max_retries=0)
    with pytest.raises(APIConnectionError, match=r"127\.0\.0\.1:9"):
        await done(keyed.auth.whoami())


async def test_signing_out_of_a_platform_that_is_away_forgets_the_tokens(colour: str) -> None:
    """The error says that the platform could not be told."""
    kind: Any = PlatformClient if colour == "sync" else AsyncPlatformClient
    store = MemoryStore()
    tokens = response(json={"access_token": "a", "refresh_token": "r", "token_type": "bearer"})
    routes = {
        "POST /api/auth/token": tokens,
        "GET /api/users/me": response(json={"id": "1", "username": "ada"}),
        "POST /api/auth/revoke": APIConnectionError(message="Connection error: gone"),
    }
    with FakeTransport(routes) as fake:
        client = kind(base_url="https://there/api", transport=fake, store=store)
        await done(client.auth.login("ada", "secret"))
        assert store.load(session_of("https://there/api").key) is not None
        with pytest.raises(APIConnectionError, match="gone"):
            await done(client.auth.logout())
        assert store.load(session_of("https://there/api").key) is None
        with pytest.raises(NotSignedInError):
            await done(client.auth.whoami())


async def test_a_key_has_no_session(connect: Connect, server: RunningServer) -> None:
    """It cannot be renewed or signed out, and a client that has one can sign in all the same."""
    client = connect(api_key=server.api_key)
    assert server.admin_user == (await done(client.auth.whoami())).username
    for name in ("refresh", "logout"):
        with pytest.raises(ConfigurationError, match=f"`auth.{name}` is for sessions"):
            await done(getattr(client.auth, name)())
    await done(client.auth.login(server.admin_user, server.admin_password))
    for _ in range(2):  # the second time there is nobody to sign out
        await done(client.auth.logout())
    with pytest.raises(NotSignedInError):
        await done(client.auth.whoami())
    await done(connect().auth.logout())


async def test_a_wrong_key_is_refused(connect: Connect) -> None:
    """As everywhere, without being shown."""
    with pytest.raises(AuthenticationError) as caught:
        await done(connect(api_key="canary-0123456789").auth.whoami())
    assert "canary" not in repr(caught.value) + str(caught.value)


async def test_what_was_answered_to_one_user_is_not_given_to_the_next(
    connect: Connect, ada: dict[str, str]
) -> None:
    """A cache knows that the client calls in another name since somebody signed in or out."""
    client = connect(store=MemoryStore(), cache=ResponseCache(ttl=60))
    await done(client.auth.login(**ada))
    first = await done(client.with_raw_response.auth.whoami())
    again = await done(client.with_raw_response.auth.whoami())
    assert first.request_id == again.request_id
    await done(client.auth.logout())
    with pytest.raises(NotSignedInError):
        await done(client.auth.whoami())


async def test_raw_answers_come_from_sessions_too(connect: Connect, ada: dict[str, str]) -> None:
    """With the HTTP of the last call that was made."""
    client = connect(store=MemoryStore())
    raw = await done(client.with_raw_response.auth.login(**ada))
    assert (200, ada["username"]) == (raw.status_code, raw.parse().username)


async def test_a_file_keeps_a_session_for_other_programs(
    connect: Connect, ada: dict[str, str], tmp_path: Path
) -> None:
    """In a place of one's own choice."""
    store = FileStore(tmp_path / "tokens")
    await done(connect(store=store).auth.login(**ada))
    other = connect(store=FileStore(tmp_path / "tokens"))
    assert ada["username"] == (await done(other.auth.whoami())).username
