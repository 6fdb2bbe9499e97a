"""Grants that ask nobody: against the real server, in both colours and both kinds of loop."""

from __future__ import annotations

import time
from typing import Any

import attrs
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey

from sdk_auth import errors
from sdk_auth.client_auth import ClientSecretJWT, ClientSecretPost, PrivateKeyJWT
from sdk_auth.grants import ClientCredentials, JWTBearer, Password, RefreshToken, TokenExchange
from sdk_auth.tokens import Token
from sdk_core.errors import ConfigurationError
from sdk_core.testing import play, response

from ._server.running import OAuthServer
from ._typing import Run

URL = "https://id.example.com/token"
SERVICE: dict[str, Any] = {"client_id": "service", "client_secret": "service-secret-1"}


def _works(server: OAuthServer, token: Token) -> bool:
    return any(
        issued.access_token == token.access_token and not issued.is_revoked()
        for issued in server.state.tokens
    )


def test_client_credentials(oauth_server: OAuthServer, run: Run) -> None:
    """RFC 6749 §4.4, found by the issuer's name; renewed by asking again."""
    grant = ClientCredentials(**SERVICE, issuer=oauth_server.issuer, scope=["read", "write"])
    token = run(grant.obtain())
    assert token.scope == ("read", "write")
    assert token.expires_at - token.issued_at == 3600
    again = run(grant.renew(token))
    assert again.access_token != token.access_token
    assert _works(oauth_server, again)
    assert oauth_server.requests["metadata"] == 1


def test_a_secret_in_the_form(oauth_server: OAuthServer, run: Run) -> None:
    """For servers, or clients, that are registered so."""
    grant = ClientCredentials(
        client_id="legacy",
        client_auth=ClientSecretPost("legacy-secret-12"),
        token_url=oauth_server.token_url,
    )
    assert _works(oauth_server, run(grant.obtain()))


def test_a_secret_that_signs(oauth_server: OAuthServer, run: Run) -> None:
    """RFC 7523 §2.2 with an HMAC."""
    auth = ClientSecretJWT(secret="hmac-secret-of-thirty-two-bytes-1")
    grant = ClientCredentials(client_id="hmac", client_auth=auth, issuer=oauth_server.issuer)
    assert _works(oauth_server, run(grant.obtain()))


@pytest.fixture
def key(oauth_server: OAuthServer) -> ECKey:
    """Register the client ``signer`` with a key pair; return it."""
    made = ECKey.generate_key("P-256", {"kid": "k1"})
    keys = {"keys": [made.as_dict(private=False)]}
    oauth_server.register("signer", auth="private_key_jwt", keys=keys)
    return made


def test_a_key_that_signs(oauth_server: OAuthServer, run: Run, key: ECKey) -> None:
    """RFC 7523 §2.2 with a key pair; each assertion is good for one use, and each use has its own."""
    auth = PrivateKeyJWT(key=key.as_pem(private=True).decode(), algorithm="ES256", key_id="k1")
    grant = ClientCredentials(client_id="signer", client_auth=auth, issuer=oauth_server.issuer)
    assert _works(oauth_server, run(grant.obtain()))
    assert _works(oauth_server, run(grant.obtain()))


@pytest.mark.parametrize("ahead", [900, -900])
def test_a_key_that_signs_with_a_wrong_clock(
    oauth_server: OAuthServer, run: Run, key: ECKey, ahead: int
) -> None:
    """The error is about the clock, and says by how much it is wrong."""
    auth = PrivateKeyJWT(key=key.as_pem(private=True).decode(), algorithm="ES256", key_id="k1")
    grant = ClientCredentials(client_id="signer", client_auth=auth, issuer=oauth_server.issuer)
    oauth_server.clock.shift(-ahead)
    with pytest.raises(errors.ClockSkewError) as caught:
        run(grant.obtain())
    assert abs(caught.value.seconds - ahead) < 30


@pytest.mark.parametrize("ahead", [900, -900])
def test_a_wrong_clock_does_not_matter_to_a_secret(
    oauth_server: OAuthServer, run: Run, ahead: int
) -> None:
    """The end of a token is counted from when it came."""
    oauth_server.clock.shift(-ahead)
    token = run(ClientCredentials(**SERVICE, issuer=oauth_server.issuer).obtain())
    assert token.expires_at - time.time() == pytest.approx(3600, abs=60)


def test_a_password(oauth_server: OAuthServer, run: Run) -> None:
    """RFC 6749 §4.3; renewed by its refresh token, and by the password when that is gone."""
    grant = Password(
        client_id="legacy",
        client_auth=ClientSecretPost("legacy-secret-12"),
        username="alice",
        password=lambda: "alice-password",
        issuer=oauth_server.issuer,
        scope="read",
    )
    token = run(grant.obtain())
    renewed = run(grant.renew(token))
    assert oauth_server.forms[-1]["grant_type"] == "refresh_token"
    assert renewed.refresh_token not in {None, token.refresh_token}
    oauth_server.revoke_everything()
    assert _works(oauth_server, run(grant.renew(renewed)))
    assert oauth_server.forms[-1]["grant_type"] == "password"


def test_a_wrong_password(oauth_server: OAuthServer, run: Run) -> None:
    """Not the client is refused, but what it shows."""
    grant = Password(
        **SERVICE, username="alice", password="canary-wrong", issuer=oauth_server.issuer
    )
    with pytest.raises(errors.OAuthError) as caught:
        run(grant.obtain())
    assert type(caught.value) in {errors.InvalidGrantError, errors.OAuthError}
    assert "canary" not in str(caught.value)


def test_a_refresh_token_goes_on(oauth_server: OAuthServer, run: Run) -> None:
    """RFC 6749 §6 with rotation: each answer's refresh token is the next one."""
    first = run(
        Password(
            **SERVICE, username="alice", password="alice-password", issuer=oauth_server.issuer
        ).obtain()
    )
    grant = RefreshToken(**SERVICE, refresh_token=first.refresh_token, issuer=oauth_server.issuer)
    second = run(grant.obtain())
    third = run(grant.renew(second))
    assert len({first.refresh_token, second.refresh_token, third.refresh_token}) == 3
    with pytest.raises(errors.RefreshTokenError):
        run(grant.obtain())  # the first one has been used


@pytest.mark.parametrize("end", ["revoked", "expired"])
def test_a_refresh_token_ends(oauth_server: OAuthServer, run: Run, end: str) -> None:
    """Its error has a type of its own."""
    oauth_server.register("brief", "brief-secret-123", refresh_expires_in=100)
    client: dict[str, Any] = {"client_id": "brief", "client_secret": "brief-secret-123"}
    grant = Password(
        **client, username="alice", password="alice-password", issuer=oauth_server.issuer
    )
    token = run(grant.obtain())
    if end == "revoked":
        oauth_server.revoke_everything()
    else:
        oauth_server.clock.shift(200)
    with pytest.raises(errors.RefreshTokenError, match="sign in again"):
        run(grant.refresh(token))


def _workload(server: OAuthServer) -> str:
    claims = {"sub": "workload-7", "exp": int(time.time()) + 60}
    return jwt.encode({"alg": "HS256"}, claims, server.workload_key)


def test_a_token_is_exchanged(oauth_server: OAuthServer, run: Run) -> None:
    """RFC 8693, with the identity of a workload, asked for anew each time."""
    asked = []

    def identity() -> str:
        asked.append(1)
        return _workload(oauth_server)

    grant = TokenExchange(
        **SERVICE, subject_token=identity, issuer=oauth_server.issuer, scope="read", subject="w"
    )
    token = run(grant.obtain())
    assert token.extra["issued_token_type"].endswith(":access_token")
    assert _works(oauth_server, run(grant.renew(token)))
    assert len(asked) == 2
    assert oauth_server.forms[-1]["subject_token_type"] == "urn:ietf:params:oauth:token-type:jwt"


def test_a_token_that_is_no_good_is_not_exchanged(oauth_server: OAuthServer, run: Run) -> None:
    """The refusal is the server's, without the token."""
    forged = jwt.encode(
        {"alg": "HS256"}, {"sub": "x"}, OctKey.import_key("another-secret-of-thirty-two-bytes")
    )
    grant = TokenExchange(**SERVICE, subject_token=forged, issuer=oauth_server.issuer)
    with pytest.raises(errors.OAuthError) as caught:
        run(grant.obtain())
    assert forged not in str(caught.value)


def test_an_exchange_may_name_who_acts() -> None:
    """RFC 8693 §2.1; kinds may be given as URIs."""
    grant = TokenExchange(
        subject_token="s",
        actor_token="a",
        actor_token_type="urn:x:mine",
        requested_token_type="access_token",
        extra={"audience": "b", "resource": ["https://r1.example", "https://r2.example"]},
        token_url=URL,
    )
    (sent,) = play(grant.obtain(), response(json={"access_token": "t"})).sent
    form = sent.content.decode() if isinstance(sent.content, bytes) else ""
    assert "actor_token=a&actor_token_type=urn%3Ax%3Amine" in form
    assert "requested_token_type=urn%3Aietf%3Aparams%3Aoauth%3Atoken-type%3Aaccess_token" in form
    assert form.count("resource=") == 2
    assert "client_id" not in form


def test_an_assertion_is_signed_for_a_token(
    oauth_server: OAuthServer, run: Run, key: ECKey
) -> None:
    """RFC 7523 §2.1, as service accounts do it."""
    grant = JWTBearer(
        key=key.as_pem(private=True).decode(),
        algorithm="ES256",
        key_id="k1",
        signed_by="signer",
        subject="alice",
        issuer=oauth_server.issuer,
    )
    assert _works(oauth_server, run(grant.obtain()))
    oauth_server.clock.shift(1200)
    with pytest.raises(errors.ClockSkewError):
        run(grant.obtain())


def test_a_wrong_secret(oauth_server: OAuthServer, run: Run) -> None:
    """The error says which: the client, not the grant."""
    grant = ClientCredentials(
        client_id="service", client_secret="canary-wrong", issuer=oauth_server.issuer
    )
    with pytest.raises(errors.InvalidClientError) as caught:
        run(grant.obtain())
    assert "canary" not in str(caught.value)


def test_what_a_client_may_not(oauth_server: OAuthServer, run: Run) -> None:
    """Another grant, or more scope than it has."""
    oauth_server.register("small", "small-secret-123", grants=frozenset({"password"}))
    client: dict[str, Any] = {"client_id": "small", "client_secret": "small-secret-123"}
    with pytest.raises(errors.UnsupportedGrantError):
        run(ClientCredentials(**client, issuer=oauth_server.issuer).obtain())
    with pytest.raises(errors.InvalidScopeError):
        run(ClientCredentials(**SERVICE, issuer=oauth_server.issuer, scope="admin").obtain())


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"token_url": URL, "issuer": "https://id.example.com"},
        {"token_url": "http://id.example.com/token"},
        {"token_url": "id.example.com/token"},
        {"issuer": "http://id.example.com"},
        {"token_url": URL, "scope": ["read write"]},
        {"token_url": URL, "scope": [7]},
        {"token_url": URL, "extra": {"a": 7}},
        {"token_url": URL, "extra": {"a": [7]}},
        {"token_url": URL, "client_id": "a\nb"},
        {"token_url": URL, "client_id": None},
    ],
)
def test_what_makes_no_sense_is_refused_at_once(options: dict[str, Any]) -> None:
    """The error names the field."""
    with pytest.raises(ConfigurationError, match="`"):
        ClientCredentials(**{**SERVICE, **options})


@pytest.mark.parametrize(
    "make",
    [
        lambda: JWTBearer(token_url=URL),
        lambda: JWTBearer(token_url=URL, assertion="a", key="k"),
        lambda: JWTBearer(token_url=URL, key="k"),
        lambda: JWTBearer(token_url=URL, key="k", client_id="c", algorithm="none"),
    ],
)
def test_an_assertion_comes_from_one_place(make: Any) -> None:
    """Given, or signed here by somebody."""
    with pytest.raises(ConfigurationError):
        make()


class TestKeys:
    """The name under which a store keeps the tokens of a grant."""

    GRANT = ClientCredentials(**SERVICE, token_url=URL, scope="read")

    def test_it_is_stable_and_has_no_secret(self) -> None:
        """The same for another secret, so that a rotation of secrets keeps the tokens."""
        other = attrs.evolve(self.GRANT, client_secret="another-secret")
        assert self.GRANT.key == other.key
        assert self.GRANT.key.startswith("client_credentials-")

    @pytest.mark.parametrize(
        "changes",
        [
            {"client_id": "x"},
            {"token_url": f"{URL}2"},
            {"scope": "write"},
            {"extra": {"audience": "x"}},
        ],
    )
    def test_it_tells_apart_what_tokens_are_for(self, changes: dict[str, Any]) -> None:
        """Client, server, scope and audience."""
        assert attrs.evolve(self.GRANT, **changes).key != self.GRANT.key

    def test_it_tells_persons_apart(self) -> None:
        """Two users of one client never share a place, whatever the grant."""
        makers: list[Any] = [
            lambda s: Password(client_id="c", username=s, password="p", token_url=URL),
            lambda s: RefreshToken(client_id="c", refresh_token=s, token_url=URL),
            lambda s: TokenExchange(subject_token=s, token_url=URL),
            lambda s: TokenExchange(subject_token=lambda: "x", subject=s, token_url=URL),
            lambda s: JWTBearer(assertion=s, token_url=URL),
            lambda s: JWTBearer(key="k", signed_by="c", subject=s, token_url=URL),
        ]
        keys = {make(who).key for make in makers for who in ("alice-canary", "bob-canary")}
        assert len(keys) == 2 * len(makers)
        assert "canary" not in " ".join(keys)

    def test_nobody_knows_whom_a_function_is_about(self) -> None:
        """So that has to be said before its tokens are kept."""
        with pytest.raises(ConfigurationError, match="`subject`"):
            _ = TokenExchange(subject_token=lambda: "x", token_url=URL).key


def test_the_authentication_of_a_client_goes_with_a_renewal(oauth_server: OAuthServer) -> None:
    """RFC 6749 §6: the client proves again who it is."""
    token = Token(access_token="a", refresh_token="r")
    grant = Password(**SERVICE, username="u", password="p", token_url=URL)
    (sent,) = play(grant.renew(token), response(json={"access_token": "b"})).sent
    assert sent.headers["authorization"].startswith("Basic ")
    assert sent.content == b"grant_type=refresh_token&refresh_token=r"


def test_without_a_refresh_token_the_first_one_is_tried_again() -> None:
    """Some servers give none with an answer, because the first one stays good."""
    grant = RefreshToken(client_id="c", refresh_token=lambda: "first", token_url=URL)
    (sent,) = play(grant.renew(Token(access_token="a")), response(json={"access_token": "b"})).sent
    assert isinstance(sent.content, bytes)
    assert b"refresh_token=first" in sent.content


def test_endpoints_are_known_by_name_only_with_an_issuer() -> None:
    """Without discovery there is the token endpoint."""
    grant = ClientCredentials(**SERVICE, token_url=URL)
    assert play(grant.endpoint("token_endpoint")).result == URL
    assert play(grant.endpoint("revocation_endpoint")).result is None
