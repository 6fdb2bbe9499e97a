"""Client authentication: each way as its standard writes it."""

from __future__ import annotations

import pickle
import subprocess
import sys
from base64 import b64decode
from typing import Any
from urllib.parse import parse_qs

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from sdk_auth.client_auth import (
    ClientSecretBasic,
    ClientSecretJWT,
    ClientSecretPost,
    PrivateKeyJWT,
    PublicClient,
)
from sdk_auth.errors import AuthError
from sdk_auth.grants import ClientCredentials, RefreshToken
from sdk_core.errors import ConfigurationError
from sdk_core.testing import play, response

URL = "https://id.example.com/token"
CANARY = "canary-of-more-than-32-characters-for-an-hmac"


def _form(client_auth: Any, client_id: str = "app") -> tuple[dict[str, list[str]], Any]:
    grant = RefreshToken(
        client_id=client_id, refresh_token="r", client_auth=client_auth, token_url=URL
    )
    (sent,) = play(grant.obtain(), response(json={"access_token": "t"})).sent
    assert isinstance(sent.content, bytes)
    return parse_qs(sent.content.decode()), sent.headers


@pytest.fixture(scope="module")
def pairs() -> dict[str, tuple[str, str]]:
    """Return key pairs as PEM, by algorithm."""
    made: dict[str, Any] = {
        "RS256": rsa.generate_private_key(65537, 2048),
        "ES256": ec.generate_private_key(ec.SECP256R1()),
    }
    return {
        name: (
            key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
            key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode(),
        )
        for name, key in made.items()
    }


def test_a_public_client_says_only_who_it_is() -> None:
    """OAuth 2.1 §2.4; a grant without a client says not even that."""
    form, headers = _form(PublicClient())
    assert form["client_id"] == ["app"]
    assert "authorization" not in headers
    form, _ = _form(PublicClient(), "")
    assert "client_id" not in form


def test_basic_encodes_both_parts_first() -> None:
    """RFC 6749 §2.3.1: form encoding before base64, so that a colon in a name does no harm."""
    form, headers = _form(ClientSecretBasic("p:w d/ü"), "a:b")
    assert b64decode(headers["authorization"][6:]) == b"a%3Ab:p%3Aw+d%2F%C3%BC"
    assert "client_id" not in form
    assert "client_secret" not in form


def test_post_puts_the_secret_into_the_form() -> None:
    """RFC 6749 §2.3.1, for servers that know no better."""
    form, headers = _form(ClientSecretPost(CANARY))
    assert (form["client_id"], form["client_secret"]) == (["app"], [CANARY])
    assert "authorization" not in headers


def test_a_secret_alone_goes_into_the_header() -> None:
    """That is the way that every server must know (RFC 6749 §2.3.1)."""
    grant = ClientCredentials(client_id="app", client_secret=CANARY, token_url=URL)
    assert grant.authentication == ClientSecretBasic(CANARY)


def test_an_hmac_proves_the_secret_without_sending_it() -> None:
    """RFC 7523 §3: issuer, subject, audience, a short life and a name of its own."""
    form, _ = _form(ClientSecretJWT(secret=CANARY))
    kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    assert form["client_assertion_type"] == [kind]
    claims = jwt.decode(form["client_assertion"][0], CANARY, ["HS256"], audience=URL)
    assert (claims["iss"], claims["sub"]) == ("app", "app")
    assert claims["exp"] - claims["iat"] == 300
    again, _ = _form(ClientSecretJWT(secret=CANARY))
    other = jwt.decode(again["client_assertion"][0], CANARY, ["HS256"], audience=URL)
    assert claims["jti"] != other["jti"]


@pytest.mark.parametrize("algorithm", ["RS256", "ES256"])
def test_a_private_key_signs(algorithm: str, pairs: dict[str, tuple[str, str]]) -> None:
    """The public one checks; the key's name and another audience may be given."""
    private, public = pairs[algorithm]
    auth = PrivateKeyJWT(
        key=lambda: private, algorithm=algorithm, key_id="k1", audience="https://id.example.com"
    )
    form, _ = _form(auth)
    assertion = form["client_assertion"][0]
    assert jwt.get_unverified_header(assertion)["kid"] == "k1"
    claims = jwt.decode(assertion, public, [algorithm], audience="https://id.example.com")
    assert claims["sub"] == "app"


def test_a_key_of_another_kind_is_refused_without_showing_it(
    pairs: dict[str, tuple[str, str]],
) -> None:
    """The error names the option and the algorithm; nothing was sent."""
    for key in (pairs["ES256"][0], CANARY):
        grant = ClientCredentials(
            client_id="app", client_auth=PrivateKeyJWT(key=key), token_url=URL
        )
        played = play(grant.obtain())
        assert isinstance(played.error, ConfigurationError)
        assert "`key` cannot sign with RS256" in str(played.error)
        assert key not in str(played.error)
        assert played.error.__context__ is None


@pytest.mark.parametrize(
    "make",
    [
        lambda: ClientSecretBasic(""),
        lambda: ClientSecretBasic(None),  # type: ignore[arg-type]  # as is meant
        lambda: ClientSecretPost(f"{CANARY}\n"),
        lambda: ClientSecretJWT(secret=CANARY, algorithm="RS256"),
        lambda: PrivateKeyJWT(key=""),
        lambda: PrivateKeyJWT(key=CANARY, algorithm="HS256"),
        lambda: PrivateKeyJWT(key=CANARY, algorithm="none"),
        lambda: ClientCredentials(client_id="a", token_url=URL),
        lambda: ClientCredentials(
            client_id="a", client_secret=CANARY, client_auth=PublicClient(), token_url=URL
        ),
        lambda: ClientCredentials(client_id="a", client_auth=PublicClient, token_url=URL),  # type: ignore[arg-type]  # as is meant
        lambda: ClientCredentials(client_id="a", client_auth="basic", token_url=URL),  # type: ignore[arg-type]  # as is meant
    ],
)
def test_what_cannot_prove_anything_is_refused_at_once(make: Any) -> None:
    """Before anything is sent, by name, and without showing what was given."""
    with pytest.raises(ConfigurationError) as caught:
        play(make().obtain())
    assert CANARY not in str(caught.value)


@pytest.mark.parametrize("found", ["", None, 7, f"{CANARY}\n"])
def test_a_function_must_return_a_secret(found: Any) -> None:
    """It is asked before each request; what it returns is not shown."""
    grant = ClientCredentials(client_id="a", client_secret=lambda: found, token_url=URL)
    played = play(grant.obtain())
    assert isinstance(played.error, ConfigurationError)
    assert CANARY not in str(played.error)


@pytest.mark.parametrize(
    "auth",
    [
        ClientSecretBasic(CANARY),
        ClientSecretPost(CANARY),
        ClientSecretJWT(secret=CANARY),
        PrivateKeyJWT(key=CANARY),
        ClientCredentials(client_id="a", client_secret=CANARY, token_url=URL),
    ],
    ids=lambda auth: type(auth).__name__,
)
def test_none_of_them_shows_its_secret_or_is_pickled(auth: Any) -> None:
    """Pickles travel."""
    assert CANARY not in repr(auth)
    with pytest.raises(TypeError, match="holds secrets"):
        pickle.dumps(auth)


def test_without_the_extra_the_error_names_it() -> None:
    """Secrets and passwords need no cryptography; signing says what to install."""
    program = """
import sys
sys.modules["jwt"] = None
from sdk_auth import ClientCredentials, ClientSecretJWT
from sdk_core.testing import play
auth = ClientSecretJWT(secret="x" * 32)
grant = ClientCredentials(client_id="a", client_auth=auth, token_url="https://x.example/t")
print(play(grant.obtain()).error)
"""
    done = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True, timeout=60
    )
    assert "pip install sdk-auth[jwt]" in done.stdout


def test_a_key_pair_without_cryptography_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """PyJWT alone knows HMACs only."""

    def refuse(*_: Any, **__: Any) -> str:
        raise NotImplementedError

    monkeypatch.setattr(jwt, "encode", refuse)
    auth = PrivateKeyJWT(key=CANARY)
    played = play(ClientCredentials(client_id="a", client_auth=auth, token_url=URL).obtain())
    assert "sdk-auth[jwt]" in str(played.error)
    assert not isinstance(played.error, AuthError)
