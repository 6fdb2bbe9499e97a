"""Every flow against a real server, in both colours: rotation, reuse, revocation, wrong clocks, wrong secrets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from jwt.algorithms import ECAlgorithm

from sdk_auth import OAuth
from sdk_auth.client_auth import (
    ClientSecretBasic,
    ClientSecretJWT,
    ClientSecretPost,
    PrivateKeyJWT,
)
from sdk_auth.errors import (
    ClockSkewError,
    DiscoveryError,
    InvalidClientError,
    InvalidGrantError,
    InvalidScopeError,
    OAuthError,
    RefreshTokenError,
    UnsupportedGrantError,
)
from sdk_auth.grants import ClientCredentials, JWTBearer, Password, RefreshToken, TokenExchange
from sdk_auth.login import AuthorizationCode, DeviceCode
from sdk_core.errors import AuthenticationError

from ._server import browsers
from ._server.running import OAuthServer
from ._typing import Fetch, Run

KEY = ec.generate_private_key(ec.SECP256R1())
PEM = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
PUBLIC = {**ECAlgorithm.to_jwk(KEY.public_key(), as_dict=True), "kid": "k-1", "alg": "ES256"}
JWKS = {"keys": [{name: value for name, value in PUBLIC.items() if name != "key_ops"}]}

Make = Callable[[OAuthServer], Any]


def register_signer(server: OAuthServer) -> None:
    """Register a client that signs with a private key."""
    server.register("signer", auth="private_key_jwt", keys=JWKS)


def service(server: OAuthServer, **options: Any) -> ClientCredentials:
    """Return the plainest grant."""
    options = {"client_id": "service", "issuer": server.issuer, "scope": "read", **options}
    if "client_auth" not in options:
        options.setdefault("client_secret", "service-secret-1")
    return ClientCredentials(**options)


def with_post(server: OAuthServer) -> ClientCredentials:
    """Send the secret in the form."""
    proof = ClientSecretPost("legacy-secret-12")
    return service(server, client_id="legacy", client_auth=proof)


def with_hmac(server: OAuthServer) -> ClientCredentials:
    """Sign with the secret."""
    proof = ClientSecretJWT(secret="hmac-secret-of-thirty-two-bytes-1")
    return service(server, client_id="hmac", client_auth=proof)


def with_key(server: OAuthServer) -> ClientCredentials:
    """Sign with a private key."""
    register_signer(server)
    proof = PrivateKeyJWT(key=PEM, algorithm="ES256", key_id="k-1")
    return service(server, client_id="signer", client_auth=proof)


def password(server: OAuthServer) -> Password:
    """Name a person and their password."""
    return Password(
        client_id="legacy",
        client_auth=ClientSecretPost("legacy-secret-12"),
        issuer=server.issuer,
        scope="read",
        username="alice",
        password="alice-password",
    )


def refresh(server: OAuthServer) -> RefreshToken:
    """Go on from what another program got."""
    form = {"grant_type": "password", "username": "alice", "password": "alice-password"}
    answer = browsers.post(server.token_url, data=form, auth=("service", "service-secret-1"))
    return RefreshToken(
        client_id="service",
        client_secret="service-secret-1",
        issuer=server.issuer,
        refresh_token=answer.json()["refresh_token"],
    )


def exchange(server: OAuthServer) -> TokenExchange:
    """Show the token of another issuer."""
    claims = {"sub": "pod-7", "exp": server.clock.now() + 600}
    subject = jwt.encode(claims, server.workload_secret, "HS256")
    return TokenExchange(
        client_id="service",
        client_secret="service-secret-1",
        issuer=server.issuer,
        subject_token=subject,
        subject="pod-7",
    )


def bearer(server: OAuthServer) -> JWTBearer:
    """Sign for a person."""
    register_signer(server)
    return JWTBearer(
        client_id="signer",
        client_auth=PrivateKeyJWT(key=PEM, algorithm="ES256", key_id="k-1"),
        issuer=server.issuer,
        key=PEM,
        algorithm="ES256",
        key_id="k-1",
        subject="alice",
    )


def browser(server: OAuthServer) -> AuthorizationCode:
    """Have a person sign in on this machine."""
    return AuthorizationCode(client_id="app", issuer=server.issuer, open_browser=server.visit)


def device(server: OAuthServer) -> DeviceCode:
    """Have a person sign in elsewhere."""
    return DeviceCode(client_id="app", issuer=server.issuer, show=lambda _: None)


CLIENTS: dict[str, Make] = {"basic": service, "post": with_post, "hmac": with_hmac, "key": with_key}
PEOPLE: dict[str, Make] = {
    "password": password,
    "refresh": refresh,
    "browser": browser,
    "device": device,
}
FLOWS: dict[str, Make] = {**CLIENTS, **PEOPLE, "exchange": exchange, "bearer": bearer}
ASSERTIONS: dict[str, Make] = {"hmac": with_hmac, "key": with_key, "bearer": bearer}


@pytest.fixture(params=["sync", "asyncio"])
def way(request: pytest.FixtureRequest) -> str:
    """Run in both colours, and in the other kind of loop where a test says so."""
    param: str = request.param
    return param


@pytest.mark.parametrize("way", ["sync", "asyncio", "trio"], indirect=True)
@pytest.mark.parametrize("make", FLOWS.values(), ids=FLOWS)
def test_every_flow_opens_the_resource(fetch: Fetch, oauth_server: OAuthServer, make: Make) -> None:
    """By a client that was given nothing but the policy."""
    answer = fetch(oauth_server.resource_url, OAuth(make(oauth_server)))
    user = {"exchange": "pod-7", **dict.fromkeys([*PEOPLE, "bearer"], "alice")}
    name = next(name for name, each in FLOWS.items() if each is make)
    assert answer["user"] == user.get(name)


@pytest.mark.parametrize("make", FLOWS.values(), ids=FLOWS)
def test_every_flow_replaces_a_token_that_was_revoked(
    fetch: Fetch, oauth_server: OAuthServer, make: Make
) -> None:
    """One 401, one new token, and the call is answered unseen."""
    oauth = OAuth(make(oauth_server))
    fetch(oauth_server.resource_url, oauth)
    for token in oauth_server.state.tokens:
        token.revoked = True
    fetch(oauth_server.resource_url, oauth)
    assert oauth_server.requests["resource"] == 3


@pytest.mark.parametrize("make", FLOWS.values(), ids=FLOWS)
@pytest.mark.parametrize("seconds", [-40, 40])
def test_every_flow_bears_a_clock_that_is_a_little_wrong(
    fetch: Fetch, oauth_server: OAuthServer, make: Make, seconds: float
) -> None:
    """In both directions."""
    oauth_server.clock.shift(seconds)
    fetch(oauth_server.resource_url, OAuth(make(oauth_server)))
    assert oauth_server.requests["token"] >= 1


@pytest.mark.parametrize("name", sorted(FLOWS.keys() - ASSERTIONS.keys() - {"exchange"}))
@pytest.mark.parametrize("seconds", [-100_000, 100_000])
def test_flows_without_signatures_need_no_clock(
    fetch: Fetch, oauth_server: OAuthServer, name: str, seconds: float
) -> None:
    """The end of a token is counted from when it came."""
    oauth_server.clock.shift(seconds)
    oauth = OAuth(FLOWS[name](oauth_server))
    for _ in range(2):
        fetch(oauth_server.resource_url, oauth)
    assert oauth_server.requests["resource"] == 2


@pytest.mark.parametrize("make", ASSERTIONS.values(), ids=ASSERTIONS)
def test_an_assertion_by_a_clock_that_is_behind_is_named(
    run: Run, oauth_server: OAuthServer, make: Make
) -> None:
    """It has ended before it came; the error says by how much the clocks differ."""
    oauth_server.clock.shift(900)
    with pytest.raises(ClockSkewError) as caught:
        run(make(oauth_server).obtain())
    assert caught.value.seconds == pytest.approx(-900, abs=20)


@pytest.mark.parametrize("make", ASSERTIONS.values(), ids=ASSERTIONS)
def test_an_assertion_by_a_clock_that_is_ahead_is_named(
    run: Run, oauth_server: OAuthServer, make: Make
) -> None:
    """It is of the future."""
    oauth_server.clock.shift(-900)
    with pytest.raises(ClockSkewError) as caught:
        run(make(oauth_server).obtain())
    assert caught.value.seconds == pytest.approx(900, abs=20)


@pytest.mark.parametrize("make", PEOPLE.values(), ids=PEOPLE)
def test_refresh_tokens_rotate_unseen(fetch: Fetch, oauth_server: OAuthServer, make: Make) -> None:
    """Each renewal shows the refresh token that came last."""
    oauth = OAuth(make(oauth_server))
    for _ in range(4):
        fetch(oauth_server.resource_url, oauth)
        oauth_server.state.tokens[-1].revoked = True
    used = [form["refresh_token"] for form in oauth_server.forms if "refresh_token" in form]
    assert len(used) == len(set(used)) >= 3
    assert oauth_server.requests["authorize"] <= 1


@pytest.mark.parametrize("make", PEOPLE.values(), ids=PEOPLE)
def test_a_refresh_token_that_came_twice_is_named(
    run: Run, oauth_server: OAuthServer, make: Make
) -> None:
    """Whoever shows it: the whole login has ended."""
    grant = make(oauth_server)
    first = run(grant.obtain())
    second = run(grant.refresh(first))
    for token in (first, second):
        with pytest.raises(RefreshTokenError):
            run(grant.refresh(token))


@pytest.mark.parametrize("make", PEOPLE.values(), ids=PEOPLE)
@pytest.mark.parametrize("end", ["expired", "revoked"])
def test_a_refresh_token_that_has_ended_is_named(
    run: Run, oauth_server: OAuthServer, make: Make, end: str
) -> None:
    """The words of the server say why."""
    for client in oauth_server.state.clients.values():
        client.refresh_expires_in = 60
    grant = make(oauth_server)
    token = run(grant.obtain())
    if end == "expired":
        oauth_server.clock.shift(61)
    else:
        oauth_server.revoke_everything()
    with pytest.raises(RefreshTokenError, match=end):
        run(grant.refresh(token))


def test_a_password_signs_in_again_by_itself(run: Run, oauth_server: OAuthServer) -> None:
    """It is at hand, so that the end of a refresh token is no end."""
    grant = password(oauth_server)
    token = run(grant.obtain())
    oauth_server.revoke_everything()
    assert run(grant.renew(token)).access_token != token.access_token


@pytest.mark.parametrize("make", FLOWS.values(), ids=FLOWS)
def test_every_flow_signs_out(run: Run, oauth_server: OAuthServer, make: Make) -> None:
    """The server has forgotten all of it."""
    oauth = OAuth(make(oauth_server))
    token = run(oauth.token())
    run(oauth.logout())
    headers = {"authorization": f"Bearer {token.access_token}"}
    assert browsers.get(oauth_server.resource_url, headers=headers).status_code == 401
    assert all(issued.revoked for issued in oauth_server.state.tokens)


@pytest.mark.parametrize(
    "proof",
    [
        ClientSecretBasic("wrong-secret"),
        ClientSecretPost("service-secret-1"),
        ClientSecretJWT(secret="wrong-secret-of-thirty-two-bytes-"),
    ],
)
def test_a_wrong_secret_is_named(run: Run, oauth_server: OAuthServer, proof: Any) -> None:
    """So is a right one in a place where the server does not look."""
    with pytest.raises(InvalidClientError) as caught:
        run(service(oauth_server, client_auth=proof).obtain())
    assert "secret-" not in str(caught.value)


def test_a_wrong_key_is_named(run: Run, oauth_server: OAuthServer) -> None:
    """The server knows another one."""
    register_signer(oauth_server)
    other = ec.generate_private_key(ec.SECP256R1())
    pem = other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    proof = PrivateKeyJWT(key=pem, algorithm="ES256", key_id="k-1")
    with pytest.raises(InvalidClientError):
        run(service(oauth_server, client_id="signer", client_auth=proof).obtain())


def test_a_wrong_password_is_named(run: Run, oauth_server: OAuthServer) -> None:
    """And not shown."""
    grant = attrs.evolve(password(oauth_server), password="canary-password")
    with pytest.raises(InvalidGrantError) as caught:
        run(grant.obtain())
    assert "canary" not in str(caught.value)


def test_a_scope_that_is_unknown_is_named(run: Run, oauth_server: OAuthServer) -> None:
    """By the server."""
    with pytest.raises(InvalidScopeError):
        run(service(oauth_server, scope="everything").obtain())


def test_a_grant_that_is_not_allowed_is_named(run: Run, oauth_server: OAuthServer) -> None:
    """The client is registered for another one."""
    oauth_server.register("service", "service-secret-1", grants=frozenset({"password"}))
    with pytest.raises(UnsupportedGrantError):
        run(service(oauth_server).obtain())


@pytest.mark.parametrize("subject", ["expired", "forged"])
def test_a_token_that_cannot_be_exchanged_is_refused(
    run: Run, oauth_server: OAuthServer, subject: str
) -> None:
    """Nobody gets a better one for it."""
    key = oauth_server.workload_secret if subject == "expired" else "x" * 32
    ends = oauth_server.clock.now() + (-600 if subject == "expired" else 600)
    token = jwt.encode({"sub": "pod-7", "exp": ends}, key, "HS256")
    with pytest.raises(OAuthError, match="subject_token"):
        run(attrs.evolve(exchange(oauth_server), subject_token=token).obtain())


@pytest.mark.parametrize(
    ("lie", "reason"),
    [
        ({"issuer": "https://evil.example.com"}, "issuer"),
        ({"token_endpoint": "http://evil.example.com/"}, "insecure"),
        ({"token_endpoint": None}, "missing"),
    ],
)
@pytest.mark.parametrize("name", sorted(FLOWS.keys() - {"refresh"}))
def test_no_flow_believes_a_document_that_lies(
    run: Run, oauth_server: OAuthServer, name: str, lie: dict[str, Any], reason: str
) -> None:
    """No secret has gone anywhere."""
    oauth_server.metadata.update(lie)
    with pytest.raises(DiscoveryError) as caught:
        run(FLOWS[name](oauth_server).obtain())
    assert caught.value.reason == reason
    assert oauth_server.requests["token"] == 0


@pytest.mark.parametrize("make", CLIENTS.values(), ids=CLIENTS)
def test_a_server_that_is_overloaded_is_asked_again(
    run: Run, oauth_server: OAuthServer, make: Make
) -> None:
    """An assertion is made anew each time, or the same one is still good."""
    oauth_server.fail("token", 503, times=2, retry_after=0)
    assert run(make(oauth_server).obtain()).access_token
    assert oauth_server.requests["token"] == 3


def test_a_resource_that_refuses_for_good_says_so(fetch: Fetch, oauth_server: OAuthServer) -> None:
    """After one new token, not more."""
    oauth_server.fail("resource", 401, times=2)
    with pytest.raises(AuthenticationError):
        fetch(oauth_server.resource_url, OAuth(service(oauth_server)))
    assert oauth_server.requests["token"] == 2
