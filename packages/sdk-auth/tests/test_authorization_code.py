"""The authorization code grant: against a real server, by a listener and by hand."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import attrs
import pytest

from sdk_auth.errors import (
    AccessDeniedError,
    ClockSkewError,
    DiscoveryError,
    IDTokenError,
    InvalidGrantError,
    LoginTimeoutError,
    OAuthError,
    PKCEError,
    RefreshTokenError,
    StateMismatchError,
)
from sdk_auth.login import AuthorizationCode
from sdk_core.errors import ConfigurationError

from ._server import browsers
from ._server.running import OAuthServer
from ._typing import Run

Change = Callable[[dict[str, str]], object]


def coming_back(server: OAuthServer, change: Change) -> Callable[[str], bool]:
    """Return a browser in which somebody changes what it brings back to the listener."""

    def visit(url: str) -> bool:
        location = browsers.get(url).headers["location"]
        query = dict(parse_qsl(urlsplit(location).query))
        change(query)
        return server.visit(urlsplit(location)._replace(query=urlencode(query)).geturl())

    return visit


def asking(server: OAuthServer, change: Change) -> Callable[[str], bool]:
    """Return a browser in which somebody changes what it is sent out with."""

    def visit(url: str) -> bool:
        query = dict(parse_qsl(urlsplit(url).query))
        change(query)
        return server.visit(urlsplit(url)._replace(query=urlencode(query)).geturl())

    return visit


def test_a_person_signs_in(run: Run, person: AuthorizationCode, oauth_server: OAuthServer) -> None:
    """Out comes a token with all that belongs to it, and it opens the resource."""
    token = run(person.obtain())
    assert token.refresh_token
    assert token.id_token
    assert token.scope == ("openid", "read")
    headers = {"authorization": f"Bearer {token.access_token}"}
    assert browsers.get(oauth_server.resource_url, headers=headers).json()["user"] == "alice"


def test_every_attempt_has_its_own_proof(
    run: Run, person: AuthorizationCode, oauth_server: OAuthServer
) -> None:
    """State, nonce and challenge are new each time, and the challenge is of S256."""
    run(person.obtain())
    run(person.obtain())
    first, second = oauth_server.authorizations
    assert first["code_challenge_method"] == second["code_challenge_method"] == "S256"
    for name in ("state", "nonce", "code_challenge", "redirect_uri"):
        assert first[name] != second[name]


def test_a_confidential_client_signs_people_in(run: Run, oauth_server: OAuthServer) -> None:
    """Its secret goes along with the code, and so does the proof key."""
    person = AuthorizationCode(
        client_id="service",
        client_secret="service-secret-1",
        issuer=oauth_server.issuer,
        open_browser=oauth_server.visit,
    )
    assert run(person.obtain()).access_token
    assert "code_verifier" in oauth_server.forms[0]


def test_it_works_without_discovery(run: Run, oauth_server: OAuthServer) -> None:
    """Both addresses are given then; who signed in is vouched for by the connection."""
    person = AuthorizationCode(
        client_id="app",
        authorization_url=f"{oauth_server.issuer}/authorize",
        token_url=oauth_server.token_url,
        scope="openid",
        redirect_uri="http://127.0.0.1/",
        open_browser=oauth_server.visit,
    )
    assert run(person.obtain()).id_token
    assert oauth_server.requests["metadata"] == oauth_server.requests["jwks"] == 0


def test_more_can_be_said_to_the_page_and_to_both(run: Run, oauth_server: OAuthServer) -> None:
    """`page` goes to the sign-in page only, `extra` to the token endpoint, too."""
    person = AuthorizationCode(
        client_id="app",
        issuer=oauth_server.issuer,
        page={"login_hint": "alice", "state": "mine"},
        extra={"audience": "there"},
        open_browser=oauth_server.visit,
    )
    run(person.obtain())
    asked, sent = oauth_server.authorizations[0], oauth_server.forms[0]
    assert (asked["login_hint"], asked["audience"], sent["audience"]) == ("alice", "there", "there")
    assert "login_hint" not in sent
    assert asked["state"] != "mine"


def test_an_address_with_a_query_keeps_it(oauth_server: OAuthServer) -> None:
    """An authorization endpoint may have one (RFC 6749 §3.1)."""
    seen: list[str] = []
    person = AuthorizationCode(
        client_id="app",
        authorization_url=f"{oauth_server.issuer}/authorize?tenant=a",
        token_url=oauth_server.token_url,
        prompt=seen.append,
    )
    flow = person.obtain()
    call: Any = next(flow)
    call.function()
    flow.close()
    assert urlsplit(seen[0]).query.startswith("tenant=a&")


def test_who_says_no_is_denied(
    run: Run, person: AuthorizationCode, oauth_server: OAuthServer
) -> None:
    """The error is typed, and no token was asked for."""
    oauth_server.decision = False
    with pytest.raises(AccessDeniedError):
        run(person.obtain())
    assert oauth_server.requests["token"] == 0


def test_nobody_signs_in_in_time(run: Run, person: AuthorizationCode) -> None:
    """The listener gives up."""
    slow = attrs.evolve(person, open_browser=lambda _: True, timeout=0.05)
    with pytest.raises(LoginTimeoutError, match=r"`timeout`"):
        run(slow.obtain())


@pytest.mark.parametrize("error", [None, OSError("no display")])
def test_without_a_browser_the_address_is_shown(
    run: Run, person: AuthorizationCode, oauth_server: OAuthServer, error: Exception | None
) -> None:
    """A browser that cannot be opened is no end: a person can open one."""

    def no_browser(_: str) -> bool:
        if error is not None:
            raise error
        return False

    shown: list[str] = []

    def show(text: str) -> None:
        shown.append(text)
        oauth_server.visit(text.rsplit(maxsplit=1)[-1])

    person = attrs.evolve(person, open_browser=no_browser, show=show)
    assert run(person.obtain()).access_token
    assert shown[0].startswith("Open this page to sign in")


@pytest.mark.parametrize("state", ["forged", "", None])
def test_an_answer_to_no_attempt_is_refused(
    run: Run, person: AuthorizationCode, oauth_server: OAuthServer, state: str | None
) -> None:
    """Another state, or none, ends the attempt before its code is used."""

    def change(query: dict[str, str]) -> None:
        query.pop("state") if state is None else query.update(state=state)

    person = attrs.evolve(person, open_browser=coming_back(oauth_server, change))
    with pytest.raises(StateMismatchError):
        run(person.obtain())
    assert oauth_server.requests["token"] == 0


def test_the_state_of_another_attempt_is_refused(
    run: Run, person: AuthorizationCode, oauth_server: OAuthServer
) -> None:
    """Each is bound to its own attempt, even of the same grant (CVE-2025-68158)."""
    others: list[str] = []

    def change(query: dict[str, str]) -> None:
        others.append(query["state"])
        query["state"] = others[0]

    person = attrs.evolve(person, open_browser=coming_back(oauth_server, change))
    assert run(person.obtain()).access_token
    with pytest.raises(StateMismatchError):
        run(person.obtain())
    assert oauth_server.requests["token"] == 1


@pytest.mark.parametrize("said", ["https://evil.example.com", None])
def test_the_answer_of_another_server_is_refused(
    run: Run, person: AuthorizationCode, oauth_server: OAuthServer, said: str | None
) -> None:
    """A code never goes to a server that did not make it: the mix-up of RFC 9207."""
    oauth_server.issuer_parameter = said
    with pytest.raises(StateMismatchError, match="server" if said else "does not say"):
        run(person.obtain())
    assert oauth_server.requests["token"] == 0


def test_a_server_that_promises_nothing_need_not_name_itself(
    run: Run, person: AuthorizationCode, oauth_server: OAuthServer
) -> None:
    """Not all know RFC 9207."""
    oauth_server.issuer_parameter = None
    oauth_server.metadata["authorization_response_iss_parameter_supported"] = False
    assert run(person.obtain()).access_token


def test_a_proof_key_that_does_not_fit_is_refused(
    run: Run, person: AuthorizationCode, oauth_server: OAuthServer
) -> None:
    """Who changes the challenge on its way gets no token, and the error says why."""
    person = attrs.evolve(
        person,
        open_browser=asking(oauth_server, lambda query: query.update(code_challenge="A" * 43)),
    )
    with pytest.raises(PKCEError) as caught:
        run(person.obtain())
    assert isinstance(caught.value.__cause__, InvalidGrantError)


def test_a_code_that_has_ended_is_no_matter_of_the_proof(
    run: Run, person: AuthorizationCode, oauth_server: OAuthServer
) -> None:
    """Other refusals of the code stay what they are."""

    def late(query: dict[str, str]) -> None:
        oauth_server.clock.shift(120)

    person = attrs.evolve(person, open_browser=coming_back(oauth_server, late))
    with pytest.raises(InvalidGrantError):
        run(person.obtain())


def test_an_answer_without_a_code_is_an_error(
    run: Run, person: AuthorizationCode, oauth_server: OAuthServer
) -> None:
    """An empty code is none."""
    person = attrs.evolve(
        person, open_browser=coming_back(oauth_server, lambda query: query.update(code=""))
    )
    with pytest.raises(OAuthError, match="no code"):
        run(person.obtain())


def test_a_server_without_proof_keys_is_refused(
    run: Run, person: AuthorizationCode, oauth_server: OAuthServer
) -> None:
    """At once: nobody has signed in yet."""
    oauth_server.metadata["code_challenge_methods_supported"] = ["plain"]
    with pytest.raises(PKCEError, match="S256"):
        run(person.obtain())
    assert not oauth_server.authorizations


@pytest.mark.parametrize(
    ("lie", "reason"),
    [
        ({"issuer": "https://evil.example.com"}, "issuer"),
        ({"token_endpoint": "http://evil.example.com/token"}, "insecure"),
        ({"authorization_endpoint": "http://evil.example.com/"}, "insecure"),
        ({"jwks_uri": "http://evil.example.com/jwks"}, "insecure"),
        ({"authorization_endpoint": None}, "missing"),
        ({"token_endpoint": "javascript:alert(1)"}, "invalid"),
    ],
)
def test_a_document_that_lies_is_refused(
    run: Run, person: AuthorizationCode, oauth_server: OAuthServer, lie: dict[str, Any], reason: str
) -> None:
    """Before a browser is opened."""
    oauth_server.metadata.update(lie)
    with pytest.raises(DiscoveryError) as caught:
        run(person.obtain())
    assert caught.value.reason == reason
    assert not oauth_server.authorizations


@pytest.mark.parametrize(
    ("lie", "claim"),
    [
        ({"nonce": "of another attempt"}, "nonce"),
        ({"iss": "https://evil.example.com"}, "iss"),
        ({"aud": ["another"]}, "aud"),
        ({"aud": ["app", "another"]}, "azp"),
        ({"azp": "another"}, "azp"),
        ({"sub": ""}, "sub"),
        ({"exp": 1}, "exp"),
        ({"at_hash": "another"}, "at_hash"),
    ],
)
def test_an_id_token_that_lies_is_refused(
    run: Run, person: AuthorizationCode, oauth_server: OAuthServer, lie: dict[str, Any], claim: str
) -> None:
    """It is signed well, and says what it must not."""
    oauth_server.id_token_claims.update(lie)
    with pytest.raises(IDTokenError) as caught:
        run(person.obtain())
    assert caught.value.claim == claim


@pytest.mark.parametrize("seconds", [-600, 600])
def test_clocks_that_differ_by_minutes_are_named(
    run: Run, person: AuthorizationCode, oauth_server: OAuthServer, seconds: float
) -> None:
    """In both directions, and the error says by how much."""
    oauth_server.clock.shift(seconds)
    with pytest.raises(ClockSkewError) as caught:
        run(person.obtain())
    assert caught.value.seconds == pytest.approx(-seconds, abs=20)


@pytest.mark.parametrize("seconds", [-60, 60])
def test_clocks_that_differ_a_little_are_borne(
    run: Run, person: AuthorizationCode, oauth_server: OAuthServer, seconds: float
) -> None:
    """Less than `leeway`."""
    oauth_server.clock.shift(seconds)
    assert run(person.obtain()).access_token


@pytest.mark.parametrize("algorithm", ["RS256", "ES256"])
def test_signatures_are_checked_by_the_keys_of_the_server(
    run: Run, person: AuthorizationCode, oauth_server: OAuthServer, algorithm: str
) -> None:
    """Whichever of its keys signed."""
    oauth_server.register("app", auth="none", id_token_signed_response_alg=algorithm)
    assert run(person.obtain()).id_token
    assert oauth_server.requests["jwks"] == 1


def test_keys_that_cannot_be_read_are_an_error(
    run: Run, person: AuthorizationCode, oauth_server: OAuthServer
) -> None:
    """Nothing is believed without them."""
    oauth_server.metadata["jwks_uri"] = oauth_server.resource_url
    with pytest.raises(DiscoveryError, match="JWKS"):
        run(person.obtain())


def test_without_openid_nobody_is_believed(
    run: Run, person: AuthorizationCode, oauth_server: OAuthServer
) -> None:
    """No nonce is sent, and no id_token kept."""
    person = attrs.evolve(person, scope="read")
    token = run(person.obtain())
    assert token.id_token is run(person.renew(token)).id_token is None
    assert "nonce" not in oauth_server.authorizations[0]


def test_a_server_that_gives_less_than_openid_may_say_so(
    run: Run, person: AuthorizationCode, oauth_server: OAuthServer
) -> None:
    """The scope of the answer tells; there is no id_token then."""
    oauth_server.register("app", auth="none", scope="read")
    assert run(person.obtain()).id_token is None


def test_a_token_is_renewed_and_rotates(
    run: Run, person: AuthorizationCode, oauth_server: OAuthServer
) -> None:
    """Nobody is asked again."""
    first = run(person.obtain())
    second = run(person.renew(first))
    third = run(person.renew(second))
    assert len({one.refresh_token for one in (first, second, third)}) == 3
    assert oauth_server.requests["authorize"] == 1


def test_a_refresh_token_that_does_not_rotate_is_kept(
    run: Run, person: AuthorizationCode, oauth_server: OAuthServer
) -> None:
    """An answer without one means that the old one goes on (RFC 6749 §6)."""
    oauth_server.register("app", auth="none", rotates=False)
    first = run(person.obtain())
    second = run(person.renew(first))
    assert second.refresh_token == first.refresh_token
    assert run(person.renew(second)).access_token != second.access_token


def test_a_refresh_token_that_comes_twice_ends_the_login(
    run: Run, person: AuthorizationCode
) -> None:
    """The error is typed, for the thief and for the robbed."""
    first = run(person.obtain())
    second = run(person.renew(first))
    for token in (first, second):
        with pytest.raises(RefreshTokenError):
            run(person.renew(token))


@pytest.mark.parametrize("end", ["expired", "revoked"])
def test_a_refresh_token_that_has_ended_is_named(
    run: Run, person: AuthorizationCode, oauth_server: OAuthServer, end: str
) -> None:
    """No browser opens by surprise: the program decides whether to ask the person again."""
    oauth_server.register("app", auth="none", refresh_expires_in=60)
    token = run(person.obtain())
    if end == "expired":
        oauth_server.clock.shift(61)
    else:
        oauth_server.revoke_everything()
    with pytest.raises(RefreshTokenError, match=end):
        run(person.renew(token))
    assert oauth_server.requests["authorize"] == 1


def test_without_a_refresh_token_the_person_is_asked_again(
    run: Run, person: AuthorizationCode, oauth_server: OAuthServer
) -> None:
    """There is no other way."""
    oauth_server.register("app", auth="none", grants=frozenset({"authorization_code"}))
    token = run(person.obtain())
    assert token.refresh_token is None
    run(person.renew(token))
    assert oauth_server.requests["authorize"] == 2


def test_nobody_else_comes_with_a_renewal(
    run: Run, person: AuthorizationCode, oauth_server: OAuthServer
) -> None:
    """The subject of a new id_token is that of the old one (OpenID Connect Core §12.2)."""
    token = run(person.obtain())
    oauth_server.id_token_claims["sub"] = "mallory"
    with pytest.raises(IDTokenError) as caught:
        run(person.renew(token))
    assert caught.value.claim == "sub"


def test_a_port_that_is_taken_is_named(run: Run, person: AuthorizationCode) -> None:
    """The message says that it need not be given."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        fixed = attrs.evolve(person, redirect_uri=f"http://127.0.0.1:{port}/callback")
        with pytest.raises(ConfigurationError, match="leave the port out"):
            run(fixed.obtain())


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"redirect_uri": "https://app.example.com/done"}, "redirect_uri"),
        ({"redirect_uri": "http://0.0.0.0/"}, "redirect_uri"),
        ({"redirect_uri": "http://127.0.0.1/?a=b"}, "redirect_uri"),
        ({"redirect_uri": "http://127.0.0.1:port/"}, "redirect_uri"),
        ({"authorization_url": "https://example.com/"}, "authorization_url"),
        ({"issuer": None, "token_url": "https://example.com/"}, "authorization_url"),
        (
            {
                "issuer": None,
                "token_url": "https://example.com/",
                "authorization_url": "http://example.com/",
            },
            "authorization_url",
        ),
        ({"timeout": 0}, "timeout"),
        ({"timeout": True}, "timeout"),
        ({"leeway": "1"}, "leeway"),
    ],
)
def test_what_cannot_work_is_refused_at_once(options: dict[str, Any], named: str) -> None:
    """By name, before anybody is asked."""
    with pytest.raises(ConfigurationError, match=f"`{named}`"):
        AuthorizationCode(**{"client_id": "app", "issuer": "https://example.com", **options})
