"""OAuth with a store, and by hand: what is kept, shared, waited for and forgotten."""

from __future__ import annotations

from typing import Any

import pytest

from sdk_auth import errors
from sdk_auth._oauth import PAUSE, OAuth
from sdk_auth.grants import ClientCredentials, Password
from sdk_auth.stores import MemoryStore
from sdk_auth.tokens import Token
from sdk_core.testing import Sleep, play, response

from ._playing import CANARY, OK, URL, calls, given, shown


@pytest.fixture
def grant() -> ClientCredentials:
    """Return a grant that needs one request."""
    return ClientCredentials(client_id="app", client_secret=CANARY, token_url=URL)


@pytest.fixture
def login() -> Password:
    """Return a grant that renews by refresh tokens."""
    return Password(client_id="app", username="alice", password=CANARY, token_url=URL)


class TestStores:
    """What is kept is used, and what is got is kept."""

    def test_a_kept_token_needs_no_server(self, grant: Any) -> None:
        """The next run of a program goes on with it."""
        store = MemoryStore()
        play(calls(OAuth(grant, store=store)), given("t1"), OK)
        assert shown(play(calls(OAuth(grant, store=store)), OK)) == ["t1"]

    def test_a_kept_token_that_has_ended_is_renewed(self, login: Any) -> None:
        """By its refresh token, and the new one is kept."""
        store = MemoryStore()
        store.save(login.key, Token(access_token="t0", expires_at=10.0, refresh_token="r0"))
        played = play(calls(OAuth(login, store=store)), given("t1"), OK)
        assert played.sent[0].content == b"grant_type=refresh_token&refresh_token=r0&client_id=app"
        kept = store.load(login.key)
        assert kept is not None
        assert (kept.access_token, kept.refresh_token) == ("t1", "r0")

    def test_a_token_that_another_process_got_is_taken(self, grant: Any) -> None:
        """Before a renewal the store is read again."""
        store = MemoryStore()
        here, there = OAuth(grant, store=store), OAuth(grant, store=store)
        play(calls(here), given("t1"), OK)
        play(calls(there), OK)
        no = response(401)
        assert shown(play(calls(there), no, given("t2"), OK)) == ["t1", "token", "t2"]
        assert shown(play(calls(here), no, OK)) == ["t1", "t2"]

    def test_another_process_is_waited_for(self, grant: Any) -> None:
        """By sleeps, so that any loop can do so; then its token is taken."""
        store = MemoryStore()
        release = store.try_lock(grant.key)
        assert release is not None
        flow = OAuth(grant, store=store).token()
        effects: list[Any] = []
        value: Any = None
        while not isinstance(effect := flow.send(value), Sleep) or len(effects) < 12:
            effects.append(effect)
            value = effect.function() if hasattr(effect, "function") else 0.0
        store.save(grant.key, Token(access_token="theirs"))
        release()
        assert play(_rest(flow)).result.access_token == "theirs"

    def test_nobody_is_waited_for_for_ever(self, grant: Any) -> None:
        """A process that hangs is told of."""
        store = MemoryStore()
        assert store.try_lock(grant.key)
        played = play(OAuth(grant, store=store).token())
        assert isinstance(played.error, errors.TokenStoreError)
        assert 119 < sum(played.slept) < 122

    def test_an_early_renewal_waits_for_nobody(self, grant: Any) -> None:
        """Another process is at it; the old token does until it is done."""
        store = MemoryStore()
        oauth = OAuth(grant, store=store)

        def flow() -> Any:
            yield from calls(oauth)
            yield Sleep(3350)
            release = store.try_lock(grant.key)
            assert release is not None
            yield from calls(oauth, 1)
            release()
            yield Sleep(PAUSE)
            return (yield from calls(oauth))

        played = play(flow(), given("t1"), OK, OK, OK, given("t2"), OK)
        assert shown(played) == ["token", "t1", "t1", "t1", "token", "t2"]

    def test_a_login_that_has_ended_is_forgotten(self, login: Any) -> None:
        """So that the next call begins a new one instead of failing in the same way."""

        class Asks(type(login)):  # type: ignore[misc]  # whatever class it has
            def renew(self, token: Token) -> Any:
                return self.refresh(token)

        grant = Asks(client_id="app", username="a", password="p", token_url=URL)
        store = MemoryStore()
        store.save(grant.key, Token(access_token="t0", expires_at=10.0, refresh_token="r0"))
        oauth = OAuth(grant, store=store)
        played = play(calls(oauth), response(400, json={"error": "invalid_grant"}))
        assert isinstance(played.error, errors.RefreshTokenError)
        assert store.load(grant.key) is None
        assert shown(play(calls(oauth), given("t1"), OK)) == ["token", "t1"]

    def test_a_login_that_ended_early_is_used_to_its_end(self, login: Any) -> None:
        """Its access token still is good; only its renewal is not."""
        store = MemoryStore()

        class Asks(type(login)):  # type: ignore[misc]  # whatever class it has
            def renew(self, token: Token) -> Any:
                return self.refresh(token)

        grant = Asks(client_id="app", username="a", password="p", token_url=URL)
        oauth = OAuth(grant, store=store)
        ended = response(400, json={"error": "invalid_grant"})
        played = play(calls(oauth, 3350), given("t1", refresh_token="r"), OK, ended, OK)
        assert shown(played) == ["token", "t1", "token", "t1"]
        assert store.load(grant.key) is not None

    def test_a_store_that_cannot_be_written_costs_no_call(
        self, grant: Any, caplog: pytest.LogCaptureFixture
    ) -> None:
        """The token is there, in memory; the log says what is wrong."""
        store = _Full()
        oauth = OAuth(grant, store=store)
        assert shown(play(calls(oauth, 10), given("t1"), OK, OK)) == ["token", "t1", "t1"]
        assert "the disk is full" in caplog.text

    def test_the_newer_of_two_tokens_is_renewed(self, login: Any) -> None:
        """A store that could not be written holds a refresh token that has been used."""
        store = _Full()
        MemoryStore.save(
            store, login.key, Token(access_token="t0", expires_at=10.0, refresh_token="r0")
        )
        flow = calls(OAuth(login, store=store), 3600)
        played = play(
            flow, given("t1", refresh_token="r1"), OK, given("t2", refresh_token="r2"), OK
        )
        assert [s.content for s in played.sent if s.url == URL] == [
            b"grant_type=refresh_token&refresh_token=r0&client_id=app",
            b"grant_type=refresh_token&refresh_token=r1&client_id=app",
        ]

    def test_a_clock_that_was_set_back_prolongs_no_token(
        self, grant: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """It never has more left than its whole life."""
        store = MemoryStore()
        store.save(grant.key, Token(access_token="t0", issued_at=1e6, expires_at=1e6 + 100))
        monkeypatch.setattr("sdk_auth._keeping.time", lambda: 0.0)
        played = play(calls(OAuth(grant, store=store), 99), OK, given("t1"), OK)
        assert shown(played) == ["t0", "token", "t1"]

    @pytest.mark.parametrize("name", ["login", "logout", "token"])
    def test_a_store_that_cannot_be_read_is_told(self, grant: Any, name: str) -> None:
        """By its own error, before anything is sent; and its lock is given back."""
        store = _Unreadable()
        oauth = OAuth(grant, store=store)
        played = play(getattr(oauth, name)(), *([given("t1")] if name == "login" else []))
        assert isinstance(played.error, errors.TokenStoreError)
        assert store.try_lock(grant.key) is not None


class _Full(MemoryStore):
    def save(self, key: str, token: Token) -> None:
        msg = "the disk is full"
        raise errors.TokenStoreError(msg)


class _Unreadable(_Full):
    def load(self, key: str) -> Token | None:
        msg = "others may read it"
        raise errors.TokenStorePermissionsError(msg)


def _rest(flow: Any) -> Any:
    """Go on with a flow that waits for the end of a sleep."""
    return (yield from _resumed(flow))


def _resumed(flow: Any) -> Any:
    value = None
    while True:
        try:
            effect = flow.send(value)
        except StopIteration as stop:
            return stop.value
        value = yield effect


class TestLogin:
    """Signing in and out by hand."""

    def test_a_login_is_always_new(self, grant: Any) -> None:
        """Whatever there is; it is kept, and calls go on with it."""
        store = MemoryStore()
        oauth = OAuth(grant, store=store)
        play(calls(oauth), given("t1"), OK)
        assert play(oauth.login(), given("t2")).result.access_token == "t2"
        kept = store.load(grant.key)
        assert kept is not None
        assert kept.access_token == "t2"
        assert shown(play(calls(oauth), OK)) == ["t2"]

    def test_a_token_can_be_renewed_before_its_time(self, login: Any) -> None:
        """By what there is to renew it with."""
        oauth = OAuth(login)
        play(oauth.token(), given("t1", refresh_token="r"))
        played = play(oauth.renew(), given("t2"))
        assert played.result.access_token == "t2"
        assert isinstance(played.sent[0].content, bytes)
        assert b"grant_type=refresh_token" in played.sent[0].content
        assert shown(play(calls(oauth), OK)) == ["t2"]

    def test_a_token_is_there_until_it_ends(self, grant: Any) -> None:
        """Then the next one is."""
        oauth = OAuth(grant)

        def flow() -> Any:
            first = yield from oauth.token()
            assert (yield from oauth.token()) is first
            yield Sleep(3600)
            return (yield from oauth.token())

        assert play(flow(), given("t1"), given("t2")).result.access_token == "t2"

    def test_a_login_needs_no_store(self, grant: Any) -> None:
        """Then it is for this process."""
        oauth = OAuth(grant)
        play(oauth.login(), given("t1"))
        assert shown(play(calls(oauth), OK)) == ["t1"]

    def test_a_logout_forgets(self, grant: Any) -> None:
        """Here and in the store; without an issuer nobody knows where to revoke."""
        store = MemoryStore()
        oauth = OAuth(grant, store=store)
        play(calls(oauth), given("t1"), OK)
        play(oauth.logout())
        assert store.load(grant.key) is None
        assert shown(play(calls(oauth), given("t2"), OK)) == ["token", "t2"]

    def test_a_logout_of_nobody_is_fine(self, grant: Any) -> None:
        """There is nothing to revoke."""
        assert play(OAuth(grant).logout()).sent == []

    def test_a_logout_that_the_server_refuses_forgets_all_the_same(self) -> None:
        """And says so."""
        issuer = "https://id.example.com"
        grant = ClientCredentials(client_id="a", client_secret=CANARY, issuer=issuer)
        oauth = OAuth(grant, store=MemoryStore())
        document = {
            "issuer": issuer,
            "token_endpoint": URL,
            "revocation_endpoint": f"{issuer}/revoke",
        }
        play(oauth.token(), response(json=document), given("t1"))
        refused = response(400, json={"error": "invalid_request"})
        played = play(oauth.logout(), refused)
        assert isinstance(played.error, errors.OAuthError)
        assert shown(play(calls(oauth), given("t2"), OK)) == ["token", "t2"]

    def test_a_grant_of_one_s_own_need_not_revoke(self) -> None:
        """It is anything with the methods of `Grant`."""
        oauth = OAuth(_Own())
        assert shown(play(calls(oauth), OK)) == ["own"]
        assert play(oauth.logout()).sent == []


class _Own:
    key = "own"

    def obtain(self) -> Any:
        yield from ()
        return Token(access_token="own")

    def renew(self, token: Token) -> Any:
        return self.obtain()
