"""OAuth: when a token is got, renewed, shown and dropped."""

from __future__ import annotations

import logging
import pickle
from typing import Any

import pytest

from sdk_auth import errors
from sdk_auth._oauth import DOUBT, PAUSE, OAuth
from sdk_auth.grants import ClientCredentials, Password
from sdk_auth.stores import MemoryStore
from sdk_core._uploads import Pieces, Upload
from sdk_core.clients import SyncClient
from sdk_core.errors import APIConnectionError, AuthenticationError, ConfigurationError
from sdk_core.operations import Body, Operation
from sdk_core.testing import FakeTransport, play, request, response, send

from ._playing import API, CANARY, OK, URL, calls, given, shown
from ._stage import Stage


@pytest.fixture
def grant() -> ClientCredentials:
    """Return a grant that needs one request."""
    return ClientCredentials(client_id="app", client_secret=CANARY, token_url=URL)


@pytest.fixture
def login() -> Password:
    """Return a grant that renews by refresh tokens."""
    return Password(client_id="app", username="alice", password=CANARY, token_url=URL)


def test_the_first_call_gets_a_token_and_the_second_has_it(grant: Any) -> None:
    """One request for the token, however many calls."""
    played = play(calls(OAuth(grant), 10, 10), given("t1"), OK, OK, OK)
    assert shown(played) == ["token", "t1", "t1", "t1"]


def test_a_fresh_token_costs_one_question(grant: Any) -> None:
    """What the time is; there is no other effect on the way."""
    oauth = OAuth(grant)
    play(oauth.token(), given("t1"))
    played = play(oauth(request(API), send), OK)
    assert [type(effect).__name__ for effect in played.effects] == ["Now", "Send"]


def test_a_token_without_an_end_is_kept(grant: Any) -> None:
    """RFC 6749 §5.1 lets a server be silent about it."""
    played = play(calls(OAuth(grant), 1e6), given("t1", None), OK, OK)
    assert shown(played) == ["token", "t1", "t1"]


@pytest.mark.parametrize(
    ("life", "wait", "renewed"),
    [
        (3600, 3299, False),
        (3600, 3301, True),  # `early` is 300 s
        (200, 99, False),
        (200, 101, True),  # at most half of its life
        (3600, 4000, True),
        (0, 0, True),
    ],
)
def test_a_token_is_renewed_before_its_end(
    grant: Any, life: float, wait: float, renewed: bool
) -> None:
    """Five minutes before, or in the middle of a short life."""
    answers = [given("t1", life), OK, *([given("t2", life)] if renewed else []), OK]
    played = play(calls(OAuth(grant), wait), *answers)
    assert shown(played)[-1] == ("t2" if renewed else "t1")
    assert played.unused == ()


def test_an_early_renewal_that_fails_costs_nothing(
    grant: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """The token is still good; the next try is later, and the log says so without a secret."""
    refused = response(400, json={"error": "invalid_client", "error_description": CANARY})
    flow = calls(OAuth(grant), 3350, 1, PAUSE + 1)
    with caplog.at_level(logging.DEBUG, "sdk_auth"):
        played = play(flow, given("t1"), OK, refused, OK, OK, given("t2"), OK)
    assert shown(played) == ["token", "t1", "token", "t1", "t1", "token", "t2"]
    assert "InvalidClientError" in caplog.text
    assert CANARY not in caplog.text


def test_a_late_renewal_that_fails_is_told(grant: Any) -> None:
    """The token is of no use any more; the next call tries again."""
    oauth = OAuth(grant)

    def flow() -> Any:
        with pytest.raises(errors.InvalidClientError):
            yield from calls(oauth, 3600)
        return (yield from calls(oauth))

    refused = response(400, json={"error": "invalid_client"})
    played = play(flow(), given("t1"), OK, refused, given("t2"), OK)
    assert shown(played) == ["token", "t1", "token", "token", "t2"]


def test_leeway_ends_a_token_before_the_server_does(grant: Any) -> None:
    """A call takes its time to arrive: ten seconds, or a tenth of a short life."""
    broken = [APIConnectionError(message="broken")] * 3
    played = play(calls(OAuth(grant, early=0), 3591), given("t1"), OK, *broken)
    assert isinstance(played.error, APIConnectionError)
    assert shown(play(calls(OAuth(grant, early=0), 3589), given("t1"), OK, OK))[-1] == "t1"
    assert shown(play(calls(OAuth(grant, early=0), 8), given("t1", 10), OK, OK))[-1] == "t1"


class TestRefusals:
    """401 with a token: another token, and once more."""

    NO = response(401, {"www-authenticate": "Bearer"}, b"refused")

    def test_a_refused_token_is_replaced_and_the_call_repeated(self, grant: Any) -> None:
        """Once."""
        played = play(calls(OAuth(grant)), given("t1"), self.NO, given("t2"), OK)
        assert shown(played) == ["token", "t1", "token", "t2"]
        assert played.result.status_code == 200

    def test_a_second_refusal_is_the_answer(self, grant: Any) -> None:
        """And for a while that token's refusals are believed, so that no call costs two more."""
        oauth = OAuth(grant)
        flow = calls(oauth, 1, DOUBT)
        answers = [given("t1"), self.NO, given("t2"), self.NO, self.NO]
        played = play(flow, *answers, self.NO, given("t3"), OK)
        assert shown(played) == ["token", "t1", "token", "t2", "t2", "t2", "token", "t3"]
        assert played.result.status_code == 200

    def test_a_late_refusal_of_an_old_token_drops_no_new_one(self, grant: Any) -> None:
        """The new one is shown; no third one is asked for."""
        oauth = OAuth(grant)

        def slow(sent: Any) -> Any:
            answer = yield from send(sent)
            if sent.headers["authorization"].endswith("t1"):
                play(oauth(request(API), send), self.NO, given("t2"), OK)  # somebody else
            return answer

        played = play(oauth(request(API), slow), given("t1"), self.NO, OK)
        assert shown(played) == ["token", "t1", "t2"]
        assert played.result.status_code == 200

    def test_what_the_renewal_says_is_told(self, login: Any) -> None:
        """A login that has ended is another thing than a call that was refused."""
        oauth = OAuth(login)
        end = response(400, json={"error": "invalid_grant"})
        played = play(calls(oauth), given("t1", refresh_token="r"), self.NO, end, end)
        assert isinstance(played.error, errors.InvalidGrantError)

    def test_another_server_s_refusal_is_not_the_token_s(self, grant: Any) -> None:
        """A redirect led elsewhere, where the token was not shown."""

        def led_away(sent: Any) -> Any:
            answer = yield from send(sent)
            answer.request = sent.evolve(foreign=True)
            return answer

        oauth = OAuth(grant)
        played = play(oauth(request(API), led_away), given("t1"), self.NO)
        assert played.result.status_code == 401
        assert shown(played) == ["token", "t1"]

    @pytest.mark.parametrize("status", [400, 403, 407, 500])
    def test_other_refusals_pass(self, grant: Any, status: int) -> None:
        """They are not about who calls."""
        played = play(calls(OAuth(grant)), given("t1"), response(status))
        assert played.result.status_code == status

    def test_a_body_that_is_gone_is_not_sent_again(self, grant: Any) -> None:
        """The error says why; whoever calls next has a new token."""
        oauth = OAuth(grant)
        answers = [given("t1"), self.NO, given("t2"), response(json={})]
        with (
            FakeTransport(answers) as fake,
            SyncClient(
                base_url="https://api.example.com", auth=oauth, transport=fake, max_retries=0
            ) as client,
        ):
            upload: Operation[Any] = _upload()
            with pytest.raises(AuthenticationError, match="cannot be sent again"):
                client.call(upload, body=iter([b"once"]))
            client.request("GET", "/things")
        assert [sent.headers.get("authorization", "")[:9] for sent in fake.requests] == [
            "Basic YXB",
            "Bearer t1",
            "Basic YXB",
            "Bearer t2",
        ]

    def test_a_body_that_is_gone_drops_no_newer_token(self, grant: Any) -> None:
        """Somebody else has replaced the one that was refused."""
        oauth = OAuth(grant)
        upload = Upload([Pieces("body", iter([b"once"]))])

        def slow(sent: Any) -> Any:
            answer = yield from send(sent)
            list(upload)
            play(oauth(request(API), send), self.NO, given("t2"), OK)  # somebody else
            return answer

        played = play(oauth(request(API, content=upload), slow), given("t1"), self.NO)
        assert "cannot be sent again" in played.result.not_repeated
        assert shown(play(calls(oauth), OK)) == ["t2"]

    def test_a_body_of_bytes_is_sent_again(self, grant: Any) -> None:
        """The same ones."""
        played = play(
            calls(OAuth(grant), method="POST", content=b"twice"),
            given("t1"),
            self.NO,
            given("t2"),
            OK,
        )
        assert [sent.content for sent in played.sent if sent.url == API] == [b"twice", b"twice"]


def _upload() -> Operation[Any]:
    return Operation(
        "upload",
        "POST",
        "/files",
        body=Body("application/octet-stream", "bytes"),
        responses={"2XX": ()},
    )


class TestWhereTokensGo:
    """Only to whom they are for, and never in clear text."""

    def test_a_credential_of_the_call_s_own_wins(self, grant: Any) -> None:
        """No token is asked for."""
        flow = OAuth(grant)(request(API, headers={"authorization": "Basic own"}), send)
        assert shown(play(flow, OK)) == ["Basic own"]

    def test_public_operations_get_none(self, grant: Any) -> None:
        """The document says that nobody has to sign in for them."""
        operation: Operation[Any] = Operation("x", "GET", "/x", security=())
        assert shown(play(OAuth(grant)(request(API, operation=operation), send), OK)) == [""]

    @pytest.mark.parametrize("url", ["http://api.example.com/", "http://10.0.0.1:8080/v1"])
    def test_no_token_travels_in_clear_text(self, grant: Any, url: str) -> None:
        """RFC 6750 §5.3; nothing is sent at all."""
        played = play(OAuth(grant)(request(url), send))
        assert isinstance(played.error, ConfigurationError)
        assert "`origins`" in str(played.error)

    @pytest.mark.parametrize("url", ["http://127.0.0.1:8000/", "http://localhost/x"])
    def test_loopback_is_no_travel(self, grant: Any, url: str) -> None:
        """Servers of this machine may be plain."""
        played = play(OAuth(grant)(request(url), send), given("t1"), OK)
        assert shown(played) == ["token", "t1"]

    def test_origins_may_be_named(self, grant: Any) -> None:
        """Then no other gets a token, and these do even without TLS."""
        oauth = OAuth(grant, origins=["http://inside:8080", "https://api.example.com/v1"])
        assert shown(play(oauth(request(API), send), given("t1"), OK)) == ["token", "t1"]
        assert shown(play(oauth(request("http://inside:8080/x"), send), OK)) == ["t1"]
        assert shown(play(oauth(request("https://other.example.com/"), send), OK)) == [""]

    def test_only_bearer_tokens_are_shown(self, grant: Any) -> None:
        """RFC 6749 §7.1: what a client does not understand it must not use."""
        played = play(calls(OAuth(grant)), given("t1", token_type="mac"))
        assert isinstance(played.error, errors.TokenAnswerError)
        assert "'mac'" in str(played.error)


@pytest.mark.parametrize(
    "options",
    [
        {"grant": None},
        {"grant": ClientCredentials},
        {"grant": "client_credentials"},
        {"store": "memory"},
        {"early": -1},
        {"leeway": float("nan")},
        {"origins": "https://api.example.com"},
    ],
)
def test_what_makes_no_sense_is_refused_at_once(grant: Any, options: dict[str, Any]) -> None:
    """The error names the argument."""
    arguments: dict[str, Any] = {"grant": grant, **options}
    with pytest.raises(ConfigurationError, match="`"):
        OAuth(arguments.pop("grant"), **arguments)


def test_nothing_shows_a_secret(grant: Any) -> None:
    """Not the policy, not what it sends, not what it holds; and it is not pickled."""
    oauth = OAuth(grant)
    played = play(calls(oauth), given(CANARY, refresh_token=CANARY, id_token=CANARY), OK)
    assert CANARY in played.sent[1].headers["authorization"]
    seen = [repr(oauth), repr(oauth._held), repr(played.sent), repr(played.effects)]
    assert CANARY not in " ".join(seen)
    with pytest.raises(TypeError, match="cannot be pickled"):
        pickle.dumps(oauth)


def test_a_flow_that_is_dropped_lets_the_next_one_in(grant: Any) -> None:
    """A task may be cancelled in the middle of a renewal."""
    oauth = OAuth(grant, store=MemoryStore())
    stage = Stage()
    first, second = stage.begin(calls(oauth)), stage.begin(calls(oauth))
    stage.settle()
    assert stage.sending == [first]
    first.cancel()
    stage.settle()
    assert stage.sending == [second]
    stage.answer(second, given("t2"))
    stage.settle()
    stage.answer(second, OK)
    assert second.result is OK
