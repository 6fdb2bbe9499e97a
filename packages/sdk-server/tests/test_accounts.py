from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from sdk_server._accounts import Accounts, Caller, NameTakenError, Tokens
from sdk_server._database import Database

pytestmark = pytest.mark.anyio

PASSWORD, KEY = "correct horse", "sk-test-0123456789abcdef0123456789"


class Clock:
    """A clock that moves only when it is told to."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now


@pytest.fixture
def clock() -> Clock:
    """Return the clock of `accounts`."""
    return Clock()


@pytest.fixture
def accounts(tmp_path: Path, clock: Clock) -> Iterator[Accounts]:
    """Return accounts with one user and one key."""
    database = Database(tmp_path / "test.sqlite3")
    made = Accounts(database, token_ttl=60, refresh_ttl=600, clock=clock)
    assert made.bootstrap(username="ada", password=PASSWORD, api_key=KEY)
    yield made
    database.close()


async def sign_in(accounts: Accounts) -> Tokens:
    """Return the tokens of a new session."""
    tokens = await accounts.login("ada", PASSWORD)
    assert tokens is not None
    return tokens


async def caller(accounts: Accounts) -> Caller:
    """Return the owner of the first key."""
    found = await accounts.authenticate_key(KEY)
    assert found is not None
    return found


async def test_the_first_user_is_made_once(accounts: Accounts) -> None:
    """A second start changes neither password nor key."""
    assert not accounts.bootstrap(username="eve", password="other", api_key="other")
    assert accounts.has_users()
    assert await accounts.login("eve", "other") is None
    user = await accounts.user(await caller(accounts))
    assert ("ada", True) == (user.username, user.admin)


async def test_wrong_names_passwords_and_secrets_are_nobodys(accounts: Accounts) -> None:
    """Nothing but the right pair of values gives access."""
    assert await accounts.login("ada", "wrong") is None
    assert await accounts.login("bob", PASSWORD) is None
    assert await accounts.authenticate_key("wrong") is None
    assert await accounts.authenticate_token(KEY) is None
    assert await accounts.refresh("wrong") is None
    assert await accounts.exchange_key("key_x", KEY) is None


async def test_an_access_token_works_until_it_expires(accounts: Accounts, clock: Clock) -> None:
    """The lifetime is the one that was set, to the second."""
    tokens = await sign_in(accounts)
    clock.now += 59.9
    assert await accounts.authenticate_token(tokens.access) is not None
    clock.now += 0.1
    assert await accounts.authenticate_token(tokens.access) is None


async def test_a_refresh_token_gives_new_tokens_of_the_same_session(
    accounts: Accounts, clock: Clock
) -> None:
    """The new pair works after the old one has expired."""
    tokens = await sign_in(accounts)
    clock.now += 500
    assert tokens.refresh is not None
    renewed = await accounts.refresh(tokens.refresh)
    assert renewed is not None
    assert tokens.access != renewed.access
    assert await accounts.authenticate_token(renewed.access) is not None


async def test_a_refresh_token_expires(accounts: Accounts, clock: Clock) -> None:
    """After its lifetime only the password helps."""
    tokens = await sign_in(accounts)
    clock.now += 600
    assert tokens.refresh is not None
    assert await accounts.refresh(tokens.refresh) is None


async def test_a_refresh_token_used_twice_ends_its_session_and_no_other(
    accounts: Accounts,
) -> None:
    """Either side may be the thief, so both lose the session; other sessions go on."""
    tokens, other = await sign_in(accounts), await sign_in(accounts)
    assert tokens.refresh is not None
    renewed = await accounts.refresh(tokens.refresh)
    assert renewed is not None
    assert renewed.refresh is not None
    assert await accounts.refresh(tokens.refresh) is None
    assert await accounts.authenticate_token(renewed.access) is None
    assert await accounts.refresh(renewed.refresh) is None
    assert await accounts.authenticate_token(other.access) is not None


async def test_an_access_token_is_no_refresh_token_and_the_other_way_round(
    accounts: Accounts,
) -> None:
    """Each kind is good for one thing."""
    tokens = await sign_in(accounts)
    assert tokens.refresh is not None
    assert await accounts.refresh(tokens.access) is None
    assert await accounts.authenticate_token(tokens.refresh) is None


async def test_signing_out_ends_the_session_and_leaves_keys_alone(accounts: Accounts) -> None:
    """Both tokens of the session stop working, the key does not."""
    tokens = await sign_in(accounts)
    found = await accounts.authenticate_token(tokens.access)
    assert found is not None
    await accounts.logout(found)
    assert await accounts.authenticate_token(tokens.access) is None
    await accounts.logout(await caller(accounts))
    assert await accounts.authenticate_key(KEY) is not None


async def test_a_key_works_until_it_expires_in_every_way(accounts: Accounts, clock: Clock) -> None:
    """As a credential and as client credentials, to the second."""
    key, secret = await accounts.create_key(await caller(accounts), "k", 60)
    assert clock.now + 60 == key.expires
    assert await accounts.authenticate_key(secret) is not None
    tokens = await accounts.exchange_key(key.id, secret)
    assert tokens is not None
    assert tokens.refresh is None
    clock.now += 60
    assert await accounts.authenticate_key(secret) is None
    assert await accounts.exchange_key(key.id, secret) is None


async def test_a_key_notes_its_last_use(accounts: Accounts, clock: Clock) -> None:
    """Not each use, but one a minute."""
    owner = await caller(accounts)
    key, secret = await accounts.create_key(owner, "k", None)
    assert key.used is None
    first = clock.now
    for seconds in (0, 30, 31):
        clock.now += seconds
        await accounts.authenticate_key(secret)
        found = await accounts.key(owner, key.id)
        assert found is not None
        assert (first if seconds < 31 else clock.now) == found.used


async def test_keys_are_listed_newest_first_in_pages(accounts: Accounts, clock: Clock) -> None:
    """A page behind the last is empty, the total counts all."""
    owner = await caller(accounts)
    for name in ("a", "b", "c"):
        clock.now += 1
        await accounts.create_key(owner, name, None)
    first, total = await accounts.keys(owner, offset=0, limit=3)
    last, _ = await accounts.keys(owner, offset=3, limit=3)
    assert (["c", "b", "a"], ["initial"], 4) == (
        [key.name for key in first],
        [key.name for key in last],
        total,
    )
    assert ([], 4) == await accounts.keys(owner, offset=6, limit=3)


async def test_no_two_keys_of_a_user_share_a_name(accounts: Accounts) -> None:
    """The second one is refused, and the first one stays."""
    owner = await caller(accounts)
    _, secret = await accounts.create_key(owner, "k", None)
    with pytest.raises(NameTakenError):
        await accounts.create_key(owner, "k", None)
    assert await accounts.authenticate_key(secret) is not None


async def test_keys_belong_to_their_owner(accounts: Accounts) -> None:
    """Nobody else sees or deletes them."""
    owner = await caller(accounts)
    key, secret = await accounts.create_key(owner, "k", None)
    stranger = Caller(user="user_else")
    assert await accounts.key(stranger, key.id) is None
    assert not await accounts.delete_key(stranger, key.id)
    assert await accounts.delete_key(owner, key.id)
    assert await accounts.authenticate_key(secret) is None
    assert not await accounts.delete_key(owner, key.id)


async def test_no_secret_is_stored(accounts: Accounts, tmp_path: Path) -> None:
    """Neither password, keys nor tokens are in the file; only the first characters of a key are."""
    tokens = await sign_in(accounts)
    key, secret = await accounts.create_key(await caller(accounts), "k", None)
    with sqlite3.connect(tmp_path / "test.sqlite3") as connection:
        dump = "\n".join(connection.iterdump())
    connection.close()
    for hidden in (PASSWORD, KEY, tokens.access, tokens.refresh, secret):
        assert hidden is not None
        assert hidden not in dump
        assert hidden.encode().hex().upper() not in dump.upper()
    assert key.shown in dump
    assert secret.startswith(key.shown)


async def test_expired_tokens_are_cleared_away(
    accounts: Accounts, clock: Clock, tmp_path: Path
) -> None:
    """The table does not grow for ever."""
    await sign_in(accounts)
    clock.now += 601
    await sign_in(accounts)
    connection = sqlite3.connect(tmp_path / "test.sqlite3")
    assert [(2,)] == connection.execute("SELECT count(*) FROM tokens").fetchall()
    connection.close()


async def test_tokens_do_not_show_in_a_repr(accounts: Accounts) -> None:
    """A log of the object gives nothing away."""
    tokens = await sign_in(accounts)
    assert tokens.access not in repr(tokens)
    assert str(tokens.refresh) not in repr(tokens)
