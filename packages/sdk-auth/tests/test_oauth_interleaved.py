"""OAuth under every interleaving: many calls at once, step by step, on one clock."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from sdk_auth._oauth import OAuth
from sdk_auth.errors import InvalidClientError
from sdk_auth.grants import ClientCredentials, Password
from sdk_auth.stores import MemoryStore
from sdk_core.errors import APIConnectionError
from sdk_core.testing import Send, request, response, send

from ._stage import Actor, Stage

URL = "https://id.example.com/token"
API = "https://api.example.com/v1/things"
LIFE, EARLY, LEEWAY = 100.0, 20.0, 5.0
SOFT, HARD = LIFE - EARLY, LIFE - LEEWAY
SLACK = 1e-6  # seconds; floats


class Calls(RuleBasedStateMachine):
    """Calls begin, are answered, refused, cancelled, while time passes and tokens are revoked."""

    store: Any = None

    def __init__(self) -> None:
        super().__init__()
        self.stage = Stage()
        grant = ClientCredentials(client_id="app", client_secret="secret", token_url=URL)
        self.oauth = OAuth(grant, store=self.store, early=EARLY, leeway=LEEWAY)
        self.issued: dict[str, float] = {}
        self.refused: set[str] = set()
        self.revoked: set[str] = set()
        self.told: set[str] = set()
        self.seen: set[int] = set()
        self.clock = pytest.MonkeyPatch()  # the clock on the wall goes with that of the stage
        for module in ("_endpoints", "_keeping"):
            self.clock.setattr(f"sdk_auth.{module}.time", lambda: 1e9 + self.stage.now)

    def settle(self) -> None:
        """Let all go on that can, and look at what they send."""
        self.stage.settle()
        for actor in self.stage.sending:
            if id(actor.effect) not in self.seen:
                self.seen.add(id(actor.effect))
                self.keep = [*getattr(self, "keep", []), actor.effect]  # so that no id comes again
                self.look_at(actor)

    def look_at(self, actor: Actor) -> None:
        """Check one request at the moment in which it goes out."""
        sent = actor.effect.request
        now = self.stage.now
        if sent.url == URL:
            if self.issued and sent.retry_count == 0:
                last = max(self.issued, key=self.issued.__getitem__)
                assert last in self.refused or now >= self.issued[last] + SOFT - SLACK
            return
        token = sent.headers["authorization"].removeprefix("Bearer ")
        assert now < self.issued[token] + HARD + SLACK, "a token past its end is never shown"

    @rule()
    def call(self) -> None:
        """Somebody calls."""
        self.stage.begin(self.oauth(request(API), send))
        self.settle()

    @precondition(lambda self: self.stage.sending)
    @rule(data=st.data(), fails=st.sampled_from(["", "", "", "refused", "broken", "busy"]))
    def answer(self, data: Any, fails: str) -> None:
        """Some request is answered, not always the first one."""
        actor = data.draw(st.sampled_from(self.stage.sending))
        sent = actor.effect.request
        if sent.url == URL:
            answers: dict[str, Any] = {
                "refused": response(400, json={"error": "invalid_client"}),
                "broken": APIConnectionError(message="broken"),
                "busy": response(503),
            }
            if fails:
                self.stage.answer(actor, answers[fails])
            else:
                name = f"t{len(self.issued)}"
                self.issued[name] = self.stage.now
                body = {"access_token": name, "expires_in": LIFE}
                self.stage.answer(actor, response(json=body))
        else:
            token = sent.headers["authorization"].removeprefix("Bearer ")
            good = token not in self.revoked and self.stage.now < self.issued[token] + LIFE
            if not good:
                self.refused.add(token)
            self.stage.answer(actor, response(200 if good else 401))
        self.settle()

    @rule(seconds=st.sampled_from([0.1, 1.0, 10.0, 60.0, 90.0]))
    def wait(self, seconds: float) -> None:
        """Time passes."""
        self.stage.pass_time(seconds)
        self.settle()

    @precondition(lambda self: self.issued)
    @rule()
    def revoke(self) -> None:
        """The server takes all tokens back."""
        self.revoked.update(self.issued)

    @precondition(lambda self: any(not actor.over for actor in self.stage.actors))
    @rule(data=st.data())
    def cancel(self, data: Any) -> None:
        """A task is cancelled, wherever it is."""
        data.draw(st.sampled_from([a for a in self.stage.actors if not a.over])).cancel()
        self.settle()

    @invariant()
    def one_renewal_at_a_time(self) -> None:
        """However many calls need a token, one asks for it."""
        assert sum(actor.effect.request.url == URL for actor in self.stage.sending) <= 1

    def teardown(self) -> None:
        """Everybody comes to an end, and the next call works."""
        try:
            self.drain()
        finally:
            self.clock.undo()

    def drain(self) -> None:
        """Answer all that is asked, until nobody asks."""
        self.stage.begin(self.oauth(request(API), send), "last")
        for _ in range(20 * len(self.stage.actors) + 100):
            self.settle()
            if self.stage.sending:
                actor = self.stage.sending[0]
                if actor.effect.request.url == URL:
                    name = f"t{len(self.issued)}"
                    self.issued[name] = self.stage.now
                    body = {"access_token": name, "expires_in": LIFE}
                    self.stage.answer(actor, response(json=body))
                else:
                    self.stage.answer(actor, response(200))
            else:
                self.stage.pass_time(1.0)
        assert all(actor.over for actor in self.stage.actors)
        assert self.stage.actors[-1].error is None
        for actor in self.stage.actors:
            actor.flow.close()


class StoredCalls(Calls):
    """The same, with a store that others could use."""

    def __init__(self) -> None:
        self.store = MemoryStore()
        super().__init__()


_SETTINGS = settings(max_examples=30, stateful_step_count=40)
TestCalls = Calls.TestCase
TestCalls.settings = _SETTINGS
TestStoredCalls = StoredCalls.TestCase
TestStoredCalls.settings = _SETTINGS


@pytest.fixture
def oauth() -> OAuth:
    """Return a policy without a token."""
    return OAuth(ClientCredentials(client_id="app", client_secret="secret", token_url=URL))


def _begun(oauth: OAuth, count: int) -> Stage:
    stage = Stage()
    for _ in range(count):
        stage.begin(oauth(request(API), send))
    stage.settle()
    return stage


def _token(name: str) -> Any:
    return response(json={"access_token": name, "expires_in": 3600})


def test_all_wait_for_the_first_token(oauth: OAuth) -> None:
    """One asks; then all of them call."""
    stage = _begun(oauth, 1000)
    (leader,) = stage.sending
    stage.answer(leader, _token("t1"))
    stage.settle()
    assert len(stage.sending) == 1000
    assert {actor.effect.request.url for actor in stage.sending} == {API}


def test_all_who_waited_are_told_of_the_failure(oauth: OAuth) -> None:
    """A wrong secret is asked about once, not once for each of them; each has an error of its own."""
    stage = _begun(oauth, 1000)
    stage.answer(stage.sending[0], response(401, json={"error": "invalid_client"}))
    stage.settle()
    assert stage.sending == []
    told = [actor.error for actor in stage.actors]
    assert len({type(error).__name__ for error in told}) == 1
    assert len(set(map(id, told))) == 1000
    assert [type(a.effect) for a in _begun(oauth, 2).sending] == [Send]  # the next one asks again


def test_the_others_go_on_while_one_renews_early(oauth: OAuth) -> None:
    """Between the soft and the hard instant nobody waits but the one who renews."""
    stage = _begun(oauth, 1)
    stage.answer(stage.sending[0], _token("t1"))
    stage.settle()
    stage.answer(stage.sending[0], response(200))
    stage.now = 3350.0
    for _ in range(10):
        stage.begin(oauth(request(API), send))
    stage.settle()
    urls = [actor.effect.request.url for actor in stage.sending]
    assert (urls.count(URL), urls.count(API)) == (1, 9)


def test_all_wait_past_the_end(oauth: OAuth) -> None:
    """Also for the one who had begun to renew early."""
    stage = _begun(oauth, 1)
    stage.answer(stage.sending[0], _token("t1"))
    stage.settle()
    stage.answer(stage.sending[0], response(200))
    stage.now = 3350.0
    early = stage.begin(oauth(request(API), send))
    stage.settle()
    stage.now = 3650.0
    late = [stage.begin(oauth(request(API), send)) for _ in range(10)]
    stage.settle()
    assert stage.sending == [early]
    stage.answer(early, _token("t2"))
    stage.settle()
    assert {a.effect.request.headers["authorization"] for a in (early, *late)} == {"Bearer t2"}


def test_an_early_renewal_that_fails_too_late_is_told(oauth: OAuth) -> None:
    """The old token has ended while it went on."""
    stage = _begun(oauth, 1)
    stage.answer(stage.sending[0], _token("t1"))
    stage.settle()
    stage.answer(stage.sending[0], response(200))
    stage.now = 3350.0
    early = stage.begin(oauth(request(API), send))
    stage.settle()
    stage.now = 3650.0
    stage.answer(early, response(400, json={"error": "invalid_client"}))
    stage.settle()
    assert isinstance(early.error, InvalidClientError)


def test_a_token_that_was_not_renewed_early_can_be_replaced_late(oauth: OAuth) -> None:
    """A refusal of it is one of the same token, though its instants have changed."""
    stage = _begun(oauth, 1)
    stage.answer(stage.sending[0], _token("t1"))
    stage.settle()
    slow = stage.sending[0]
    stage.now = 3350.0
    early = stage.begin(oauth(request(API), send))
    stage.settle()
    stage.answer(early, response(400, json={"error": "invalid_client"}))
    stage.settle()
    stage.answer(slow, response(401))
    stage.settle()
    assert slow.effect.request.url == URL
    stage.answer(slow, _token("t2"))
    stage.settle()
    assert slow.effect.request.headers["authorization"] == "Bearer t2"


def test_many_refusals_of_one_token_are_one_renewal(oauth: OAuth) -> None:
    """Calls that were on the way together are refused together."""
    stage = _begun(oauth, 100)
    stage.answer(stage.sending[0], _token("t1"))
    stage.settle()
    for actor in list(stage.sending):
        stage.answer(actor, response(401))
    stage.settle()
    (leader,) = stage.sending
    stage.answer(leader, _token("t2"))
    stage.settle()
    assert len(stage.sending) == 100
    for actor in list(stage.sending):
        stage.answer(actor, response(200))
    assert {actor.result.status_code for actor in stage.actors} == {200}


def _renewable(number: int) -> Any:
    token = {"access_token": f"t{number}", "refresh_token": f"r{number}", "expires_in": 3600}
    return response(json=token)


@pytest.fixture
def rotating() -> OAuth:
    """Return a policy whose refresh tokens are good for one answer."""
    grant = Password(client_id="app", username="ada", password="secret", token_url=URL)
    return OAuth(grant, store=MemoryStore())


def _cancelled(oauth: OAuth) -> tuple[Stage, Actor]:
    """Return a stage where a call was cancelled while it renewed, and what goes on without it."""
    stage = _begun(oauth, 1)
    stage.answer(stage.sending[0], _renewable(1))
    stage.settle()
    stage.answer(stage.sending[0], response(200))
    stage.now = 3650.0
    call = stage.begin(oauth(request(API), send))
    stage.settle()
    (renewal,) = stage.sending
    call.cancel()
    return stage, renewal


def test_a_renewal_outlives_the_call_that_began_it(rotating: OAuth) -> None:
    """The server has used the refresh token up: whoever calls next finds the new one."""
    stage, renewal = _cancelled(rotating)
    following = stage.begin(rotating(request(API), send))
    stage.settle()
    assert stage.sending == [renewal]
    stage.answer(renewal, _renewable(2))
    stage.settle()
    assert stage.sending == [following]
    assert following.effect.request.headers["authorization"] == "Bearer t2"
    assert rotating.store is not None
    kept = rotating.store.load(rotating.grant.key)
    assert kept is not None
    assert kept.refresh_token == "r2"


def test_a_login_waits_for_a_renewal_that_goes_on(rotating: OAuth) -> None:
    """Its token is the newer one, so nothing may replace it."""
    stage, renewal = _cancelled(rotating)
    login = stage.begin(rotating.login())
    stage.settle()
    assert stage.sending == [renewal]
    stage.answer(renewal, _renewable(2))
    stage.settle()
    stage.answer(login, _renewable(3))
    stage.settle()
    assert login.result.access_token == "t3"
    assert stage.begin(rotating.token()).can_go
    stage.settle()
    assert stage.actors[-1].result.access_token == "t3"


def test_a_renewal_that_goes_on_and_fails_is_tried_again(rotating: OAuth) -> None:
    """Nobody was there to hear of it."""
    stage, renewal = _cancelled(rotating)
    stage.answer(renewal, response(400, json={"error": "invalid_request"}))
    stage.settle()
    following = stage.begin(rotating(request(API), send))
    stage.settle()
    (again,) = stage.sending
    stage.answer(again, _renewable(2))
    stage.settle()
    assert following.effect.request.headers["authorization"] == "Bearer t2"
