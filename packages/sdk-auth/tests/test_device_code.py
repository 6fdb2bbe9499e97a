"""The device code grant: against a real server, and its patience on a fake clock."""

from __future__ import annotations

from typing import Any

import anyio
import anyio.lowlevel
import attrs
import pytest

from sdk_auth.clients import AsyncTokenClient, TokenClient
from sdk_auth.errors import (
    AccessDeniedError,
    ClockSkewError,
    IDTokenError,
    InvalidClientError,
    LoginTimeoutError,
    OAuthError,
    RefreshTokenError,
    TokenAnswerError,
)
from sdk_auth.login import DeviceCode, DeviceLogin
from sdk_core.errors import APIConnectionError, ConfigurationError
from sdk_core.testing import Played, play, response

from ._server.running import OAuthServer
from ._typing import Run

PENDING = response(400, json={"error": "authorization_pending"})
SLOW_DOWN = response(400, json={"error": "slow_down"})
TOKEN = response(json={"access_token": "t-1", "token_type": "Bearer"})
BEGUN = {
    "device_code": "canary-device-code",
    "user_code": "ABCD-EFGH",
    "verification_uri": "https://login.example.com/device",
    "verification_uri_complete": "https://login.example.com/device?user_code=ABCD-EFGH",
    "expires_in": 1800,
    "interval": 5,
}


@pytest.fixture
def shown() -> list[DeviceLogin]:
    """What was shown to the person."""
    return []


@pytest.fixture
def grant(oauth_server: OAuthServer, shown: list[DeviceLogin]) -> DeviceCode:
    """Return a grant of the public client."""
    return DeviceCode(
        client_id="app", issuer=oauth_server.issuer, scope="openid read", show=shown.append
    )


@pytest.fixture
def far(shown: list[DeviceLogin]) -> DeviceCode:
    """Return a grant at a server that is played."""
    return DeviceCode(
        client_id="app",
        token_url="https://login.example.com/token",
        device_authorization_url="https://login.example.com/device_authorization",
        scope="read",
        show=shown.append,
    )


def begun(**changes: Any) -> Any:
    """Return the answer that begins a sign-in; None takes a member away."""
    members = {**BEGUN, **changes}
    return response(json={name: value for name, value in members.items() if value is not None})


def test_a_person_signs_in(
    run: Run, grant: DeviceCode, oauth_server: OAuthServer, shown: list[DeviceLogin]
) -> None:
    """What they need is shown, and out comes a token of theirs."""
    token = run(grant.obtain())
    assert token.refresh_token
    assert token.id_token
    assert shown[0].verification_uri == f"{oauth_server.issuer}/device"
    assert shown[0].user_code in shown[0].message
    assert oauth_server.state.tokens[0].user is not None


def test_the_program_asks_until_they_have(
    run: Run, grant: DeviceCode, oauth_server: OAuthServer
) -> None:
    """As often as the server likes; one that is slow to decide is waited for."""
    oauth_server.decision = None

    def decide_later(login: DeviceLogin) -> None:
        pending = oauth_server.forms

        class Waiting(dict[str, bool]):
            def __contains__(self, key: object) -> bool:
                return len(pending) > 2

            def __getitem__(self, key: str) -> bool:
                return True

        oauth_server.state.decisions = Waiting()

    assert run(attrs.evolve(grant, show=decide_later).obtain()).access_token
    assert oauth_server.requests["token"] == 3


def test_who_says_no_is_denied(run: Run, grant: DeviceCode, oauth_server: OAuthServer) -> None:
    """The error is typed."""
    oauth_server.decision = False
    with pytest.raises(AccessDeniedError):
        run(grant.obtain())


def test_nobody_signs_in_in_time(run: Run, grant: DeviceCode, oauth_server: OAuthServer) -> None:
    """The program stops by itself."""
    oauth_server.decision = None
    oauth_server.device_expires_in = 0.3
    with pytest.raises(LoginTimeoutError):
        run(grant.obtain())


def test_a_code_that_ended_at_the_server_is_the_same(
    run: Run, grant: DeviceCode, oauth_server: OAuthServer
) -> None:
    """``expired_token`` may come early, as its clock may be another."""
    oauth_server.decision = None
    late = attrs.evolve(grant, show=lambda _: oauth_server.clock.shift(1000))
    with pytest.raises(LoginTimeoutError) as caught:
        run(late.obtain())
    assert isinstance(caught.value.__cause__, OAuthError)


def test_a_confidential_client_proves_itself_both_times(
    run: Run, oauth_server: OAuthServer
) -> None:
    """At the device endpoint, too."""
    grant = DeviceCode(
        client_id="service",
        client_secret="service-secret-1",
        issuer=oauth_server.issuer,
        show=lambda _: None,
    )
    assert run(grant.obtain()).access_token
    with pytest.raises(InvalidClientError):
        run(attrs.evolve(grant, client_secret="wrong-secret").obtain())


@pytest.mark.parametrize("seconds", [-600, 600])
def test_clocks_that_differ_by_minutes_are_named(
    run: Run, grant: DeviceCode, oauth_server: OAuthServer, seconds: float
) -> None:
    """The id_token tells."""
    oauth_server.clock.shift(seconds)
    with pytest.raises(ClockSkewError) as caught:
        run(grant.obtain())
    assert caught.value.seconds == pytest.approx(-seconds, abs=20)


def test_a_server_that_is_hurried_says_so(
    grant: DeviceCode, oauth_server: OAuthServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The real one's ``slow_down`` is obeyed from then on; the clock is the only thing played."""
    oauth_server.decision, oauth_server.device_interval = None, 10
    slept: list[float] = []
    shown: list[DeviceLogin] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        oauth_server.clock.shift(1 if len(slept) == 2 else seconds)
        if len(slept) == 3:
            oauth_server.state.decisions[shown[0].user_code] = True

    monkeypatch.setattr("time.sleep", sleep)
    slow = attrs.evolve(grant, scope="read", show=shown.append)
    with TokenClient() as client:
        assert client.run(slow.obtain()).access_token
    assert slept == [10, 10, 15]


def test_without_openid_no_clock_matters(
    run: Run, grant: DeviceCode, oauth_server: OAuthServer
) -> None:
    """The end of a token is counted from when it came."""
    oauth_server.clock.shift(-100_000)
    assert run(attrs.evolve(grant, scope="read").obtain()).expires_at


def test_an_id_token_that_lies_is_refused(
    run: Run, grant: DeviceCode, oauth_server: OAuthServer
) -> None:
    """As in the other grants."""
    oauth_server.id_token_claims["aud"] = "another"
    with pytest.raises(IDTokenError):
        run(grant.obtain())


def test_an_id_token_that_is_missing_is_named(far: DeviceCode) -> None:
    """It was asked for."""
    grant = attrs.evolve(far, scope="openid")
    played = play(grant.obtain(), begun(), TOKEN)
    with pytest.raises(IDTokenError, match="no id_token came"):
        _ = played.result


def test_tokens_rotate_and_end(run: Run, grant: DeviceCode) -> None:
    """As in the other grants."""
    first = run(grant.obtain())
    second = run(grant.renew(first))
    assert second.refresh_token != first.refresh_token
    with pytest.raises(RefreshTokenError):
        run(grant.renew(first))


def test_what_shows_may_be_asynchronous(anyio_backend: str, grant: DeviceCode) -> None:
    """It is awaited in the loop."""
    seen: list[DeviceLogin] = []

    async def show(login: DeviceLogin) -> None:
        await anyio.lowlevel.checkpoint()
        seen.append(login)

    async def main() -> None:
        async with AsyncTokenClient() as client:
            await client.run(attrs.evolve(grant, show=show).obtain())

    anyio.run(main, backend=anyio_backend)
    assert seen


def test_by_default_it_is_told_on_standard_error(
    far: DeviceCode, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing of a program's output is disturbed."""
    default = DeviceCode(
        client_id="app",
        token_url=far.token_url,
        device_authorization_url=far.device_authorization_url,
    )
    assert play(default.obtain(), begun(), TOKEN).result.access_token == "t-1"
    out, err = capsys.readouterr()
    assert "ABCD-EFGH" in err
    assert "https://login.example.com/device" in err
    assert not out


def test_it_waits_as_long_as_the_server_says(far: DeviceCode) -> None:
    """Before the first question, too; each ``slow_down`` is five seconds more, for good."""
    played = play(far.obtain(), begun(), PENDING, SLOW_DOWN, PENDING, SLOW_DOWN, TOKEN)
    assert played.slept == [5, 5, 10, 10, 15]


@pytest.mark.parametrize(
    ("interval", "wait"), [(None, 5), (7, 7), ("7", 7), (0, 0.05), (-3, 5), ("soon", 5), (True, 5)]
)
def test_intervals_that_make_no_sense_are_replaced(
    far: DeviceCode, interval: Any, wait: float
) -> None:
    """Five seconds where there is none (RFC 8628 §3.2), and never a busy loop."""
    assert play(far.obtain(), begun(interval=interval), TOKEN).slept == [wait]


def test_it_stops_when_the_code_has_ended(far: DeviceCode) -> None:
    """No question is asked that could only be refused."""
    played: Played[Any] = play(far.obtain(), begun(expires_in=12), PENDING, PENDING)
    assert isinstance(played.error, LoginTimeoutError)
    assert played.slept == [5, 5]


def test_its_own_patience_may_be_shorter(far: DeviceCode) -> None:
    """`timeout` goes before what the server allows."""
    played = play(attrs.evolve(far, timeout=7).obtain(), begun(), PENDING)
    assert isinstance(played.error, LoginTimeoutError)
    assert played.slept == [5]


def test_a_code_without_an_end_ends_all_the_same(far: DeviceCode) -> None:
    """The standard wants one; some servers do not know."""
    played = play(far.obtain(), begun(expires_in=None, interval=400), PENDING)
    assert isinstance(played.error, LoginTimeoutError)


def test_a_server_that_cannot_be_reached_is_asked_less_often(far: DeviceCode) -> None:
    """The person may be about to sign in (RFC 8628 §3.5)."""
    refused = APIConnectionError(message="no route")
    played = play(far.obtain(), begun(), refused, refused, refused, TOKEN)
    assert played.result.access_token == "t-1"
    assert [wait for wait in played.slept if wait >= 5] == [5, 10]


def test_a_server_that_is_busy_is_asked_less_often(far: DeviceCode) -> None:
    """After the repeats that each request has."""
    busy = response(500, content=b"oops")
    played = play(far.obtain(), begun(), busy, TOKEN)
    assert played.slept == [5, 10]


def test_an_answer_that_is_none_ends_it(far: DeviceCode) -> None:
    """The address is wrong; no patience helps."""
    played = play(far.obtain(), begun(), response(404))
    assert isinstance(played.error, TokenAnswerError)


@pytest.mark.parametrize(
    "changes",
    [
        {"verification_uri": "http://evil.example.com/"},
        {"verification_uri": "javascript:alert(1)"},
        {"verification_uri": None},
        {"verification_uri_complete": "http://evil.example.com/"},
        {"verification_uri": "https://e.com/\x1b[2J"},
        {"user_code": "\x1b[2J"},
        {"user_code": None},
        {"user_code": "A" * 65},
        {"user_code": 7},
        {"device_code": None},
        {"device_code": ""},
    ],
)
def test_what_cannot_be_shown_is_refused(far: DeviceCode, changes: dict[str, Any]) -> None:
    """A server must not draw on the terminal, nor send people to places without https."""
    played = play(far.obtain(), begun(**changes))
    assert isinstance(played.error, TokenAnswerError)
    assert "canary" not in str(played.error)


def test_the_name_of_before_the_standard_is_known(
    far: DeviceCode, shown: list[DeviceLogin]
) -> None:
    """Some servers say ``verification_url``."""
    answer = begun(
        verification_uri=None,
        verification_uri_complete=None,
        verification_url="https://www.example.com/device",
    )
    play(far.obtain(), answer, TOKEN)
    assert shown[0].verification_uri == "https://www.example.com/device"
    assert "ABCD" not in repr(shown[0])


def test_a_refusal_of_the_device_is_typed(far: DeviceCode) -> None:
    """Such as of its name."""
    played = play(far.obtain(), response(400, json={"error": "invalid_client"}))
    assert isinstance(played.error, InvalidClientError)


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"issuer": None, "token_url": "https://example.com/"}, "device_authorization_url"),
        ({"device_authorization_url": "https://example.com/"}, "device_authorization_url"),
        (
            {
                "issuer": None,
                "token_url": "https://example.com/",
                "device_authorization_url": "http://example.com/",
            },
            "device_authorization_url",
        ),
        ({"timeout": -1}, "timeout"),
    ],
)
def test_what_cannot_work_is_refused_at_once(options: dict[str, Any], named: str) -> None:
    """By name."""
    with pytest.raises(ConfigurationError, match=f"`{named}`"):
        DeviceCode(**{"client_id": "app", "issuer": "https://example.com", **options})
