"""id_tokens: everything that must not be believed."""

from __future__ import annotations

import json
import sys
from base64 import urlsafe_b64encode
from collections.abc import Callable
from typing import Any

import attrs
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from hypothesis import given
from hypothesis import strategies as st
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from sdk_auth import _id_tokens
from sdk_auth._id_tokens import Expected, refuse_without_signatures, subject_of
from sdk_auth.errors import AuthError, ClockSkewError, IDTokenError
from sdk_auth.tokens import Token
from sdk_core.errors import ConfigurationError

NOW = 1_800_000_000.0
ISSUER = "https://login.example.com"
CLAIMS: dict[str, Any] = {
    "iss": ISSUER,
    "sub": "alice",
    "aud": "app",
    "iat": NOW,
    "exp": NOW + 3600,
    "nonce": "n-1",
}
RSA = rsa.generate_private_key(65537, 2048)
OTHER_RSA = rsa.generate_private_key(65537, 2048)
EC = ec.generate_private_key(ec.SECP256R1())
ED = ed25519.Ed25519PrivateKey.generate()
SMALL = rsa.generate_private_key(65537, 1024)


def jwk(key: Any, kind: Any, **members: str) -> dict[str, Any]:
    """Return the public half of *key* as a JWK."""
    return {**kind.to_jwk(key.public_key(), as_dict=True), **members}


KEYS = [
    jwk(RSA, RSAAlgorithm, kid="rsa", use="sig"),
    jwk(EC, ECAlgorithm, kid="ec", alg="ES256"),
    jwk(ED, OKPAlgorithm, kid="ed"),
    jwk(SMALL, RSAAlgorithm, kid="small"),
]
EXPECTED = Expected(issuer=ISSUER, client_id="app", nonce="n-1", keys=KEYS)


def signed(
    key: Any = RSA, algorithm: str = "RS256", headers: dict[str, Any] | None = None, **claims: Any
) -> str:
    """Return a token with *claims*; None takes one away."""
    whole = {name: value for name, value in {**CLAIMS, **claims}.items() if value is not None}
    return jwt.encode(whole, key, algorithm, headers={"kid": "rsa"} if headers is None else headers)


def part(value: Any) -> str:
    """Return a part of a JWT that nobody signed."""
    return urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def check(id_token: str, expected: Expected = EXPECTED, access_token: str = "at-1") -> None:
    """Check a token, now."""
    expected.refuse_other(Token(access_token=access_token, id_token=id_token), NOW)


def refused(id_token: str, expected: Expected = EXPECTED) -> str:
    """Return what is wrong with a token."""
    with pytest.raises(IDTokenError) as caught:
        check(id_token, expected)
    assert id_token not in str(caught.value)
    return caught.value.claim


@pytest.mark.parametrize(
    ("key", "algorithm", "kid"),
    [
        (RSA, "RS256", "rsa"),
        (RSA, "PS512", "rsa"),
        (EC, "ES256", "ec"),
        (ED, "EdDSA", "ed"),
        (RSA, "RS384", None),
    ],
)
def test_a_good_one_is_believed(key: Any, algorithm: str, kid: str | None) -> None:
    """With any signature by a key pair; a server with one key of a kind need not name it."""
    check(signed(key, algorithm, {} if kid is None else {"kid": kid}))


def test_it_may_have_the_hash_of_the_access_token() -> None:
    """Half of it, by the algorithm of the signature (OpenID Connect Core §3.1.3.6)."""
    # From the standard's own example of at_hash.
    access_token = "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y"
    good = signed(at_hash="77QmUPtjPfzWtF2AnpK9RQ")
    check(good, access_token=access_token)
    assert refused(good) == "at_hash"


@pytest.mark.parametrize("algorithm", ["none", "None", "HS256", "RS1", "", None, 7, ["RS256"]])
def test_algorithms_that_prove_nothing_are_refused(algorithm: Any) -> None:
    """An unknown one never passes (CVE-2026-28498), and a secret is no key pair."""
    header = {"alg": algorithm, "kid": "rsa"}
    assert refused(f"{part(header)}.{part(CLAIMS)}.") == "alg"
    no_keys = attrs.evolve(EXPECTED, keys=None)
    assert refused(f"{part(header)}.{part(CLAIMS)}.", no_keys) == "alg"


def test_the_public_key_is_no_secret() -> None:
    """Who signs with it as if it were one is refused."""
    secret = KEYS[0]["n"]
    forged = jwt.encode(CLAIMS, secret, "HS256", headers={"kid": "rsa"})
    assert refused(forged) == "alg"


@pytest.mark.parametrize("crit", [["exp"], ["b64"], [], None])
def test_extensions_that_are_critical_are_refused(crit: Any) -> None:
    """None is known here (CVE-2025-59420; RFC 7515 §4.1.11)."""
    claims, header = part(CLAIMS), part({"alg": "RS256", "kid": "rsa", "crit": crit})
    assert refused(f"{header}.{claims}.AAAA") == "crit"


@pytest.mark.parametrize(
    ("key", "algorithm", "kid"),
    [
        (OTHER_RSA, "RS256", "rsa"),
        (RSA, "RS256", "unknown"),
        (EC, "ES256", "rsa"),
        (RSA, "RS256", "ec"),
        (SMALL, "RS256", "small"),
    ],
)
@pytest.mark.filterwarnings("ignore:The RSA key is 1024 bits")
def test_signatures_by_others_are_refused(key: Any, algorithm: str, kid: str) -> None:
    """By another key, one of another kind, or one that is too short."""
    assert refused(signed(key, algorithm, {"kid": kid})) == "signature"


@pytest.mark.parametrize("keys", [[], ["no key"], [{"kty": "RSA"}], [{**KEYS[0], "use": "enc"}]])
def test_keys_that_are_none_prove_nothing(keys: Any) -> None:
    """Whatever the JWKS holds."""
    assert refused(signed(headers={}), attrs.evolve(EXPECTED, keys=keys)) == "signature"


@pytest.mark.parametrize(
    ("claims", "claim"),
    [
        ({"iss": "https://evil.example.com"}, "iss"),
        ({"iss": f"{ISSUER}/"}, "iss"),
        ({"aud": "other"}, "aud"),
        ({"aud": ["other"]}, "aud"),
        ({"aud": None}, "aud"),
        ({"aud": ["app", "other"]}, "azp"),
        ({"aud": ["app", "other"], "azp": "other"}, "azp"),
        ({"azp": "other"}, "azp"),
        ({"sub": None}, "sub"),
        ({"sub": ""}, "sub"),
        ({"nonce": "n-2"}, "nonce"),
        ({"nonce": None}, "nonce"),
        ({"exp": NOW - 200}, "exp"),
        ({"exp": None}, "exp"),
        ({"iat": None}, "iat"),
        ({"nbf": NOW + 200}, "nbf"),
    ],
)
def test_claims_that_are_others_are_refused(claims: dict[str, Any], claim: str) -> None:
    """Each by its name."""
    assert refused(signed(**claims)) == claim


@pytest.mark.parametrize(
    ("changes", "claim"),
    [
        ({"iss": 7}, "iss"),
        ({"sub": 7}, "sub"),
        ({"nonce": 7}, "nonce"),
        ({"exp": "soon"}, "exp"),
        ({"exp": True}, "exp"),
        ({"iat": float("inf")}, "iat"),
        ({"nbf": "now"}, "nbf"),
        ({"at_hash": 7}, "at_hash"),
    ],
)
def test_claims_of_other_types_are_refused(changes: dict[str, Any], claim: str) -> None:
    """A server may say anything; the connection vouched for this one."""
    text = f"{part({'alg': 'RS256'})}.{part({**CLAIMS, **changes})}.AAAA"
    assert refused(text, attrs.evolve(EXPECTED, keys=None, issuer=None)) == claim


def test_who_signed_in_stays_who_they_are() -> None:
    """A renewal is for the same person (OpenID Connect Core §12.2)."""
    renewed = Expected(issuer=ISSUER, client_id="app", subject="bob", keys=KEYS)
    assert refused(signed(), renewed) == "sub"
    check(signed(), attrs.evolve(renewed, subject=subject_of(signed())))
    assert subject_of(None) is subject_of("no token") is subject_of(signed(sub=None)) is None


def test_several_audiences_need_the_one_that_asked() -> None:
    """``azp`` names it."""
    check(signed(aud=["app", "other"], azp="app"))


@pytest.mark.parametrize("seconds", [-119, 119])
def test_clocks_may_differ_a_little(seconds: float) -> None:
    """By the leeway."""
    check(signed(iat=NOW + seconds, exp=NOW - 60))


@pytest.mark.parametrize("seconds", [-300, 300])
def test_clocks_that_differ_by_minutes_are_named(seconds: float) -> None:
    """A token of this moment that seems old, or of the future, is a wrong clock."""
    with pytest.raises(ClockSkewError, match=r"300 s (ahead|behind)") as caught:
        check(signed(iat=NOW + seconds))
    assert caught.value.seconds == -seconds


@pytest.mark.parametrize(
    "text",
    ["", "a.b", "a.b.c.d.e", "a.b.c", f"{part([])}.{part({})}.", f"{part({})}.{part(7)}.", "é.é.é"],
)
def test_what_is_no_token_is_refused(text: str) -> None:
    """An encrypted one, too."""
    with pytest.raises(IDTokenError, match="no signed JWT"):
        EXPECTED.refuse_other(attrs.evolve(Token(access_token="at"), id_token=text), NOW)


def test_a_token_without_end_is_not_read() -> None:
    """Nobody needs one of that size."""
    assert refused(signed(more="a" * 70_000)) == "id_token"


@given(st.text())
def test_nothing_foreign_raises_anything_else(text: str) -> None:
    """Whatever comes, the error is one of ours."""
    for each in (text, f"{part({'alg': text})}.{part({'iss': text, 'aud': [text]})}.{text}"):
        with pytest.raises(AuthError):
            EXPECTED.refuse_other(attrs.evolve(Token(access_token="at"), id_token=each), NOW)


def test_frames_of_the_error_hold_no_token() -> None:
    """Some show the local variables of every frame that an error went through."""
    token = Token(access_token="canary-access", id_token=signed(nonce="other"))
    with pytest.raises(IDTokenError) as caught:
        EXPECTED.refuse_other(token, NOW)
    trace = caught.tb.tb_next
    while trace is not None:
        shown = repr(trace.tb_frame.f_locals)
        assert "canary" not in shown
        assert str(token.id_token) not in shown
        trace = trace.tb_next


@pytest.fixture
def without_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the extra away."""
    monkeypatch.setitem(sys.modules, "jwt", None)


def test_without_the_extra_nothing_is_believed(without_extra: None) -> None:
    """The message says what to install."""
    with pytest.raises(ConfigurationError, match=r"sdk-auth\[jwt\]"):
        check(signed())


def test_without_the_extra_no_sign_in_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    """It would fail in the end."""
    refuse_without_signatures()
    finder: Callable[[str], None] = lambda _: None  # noqa: E731  # shorter than a function
    monkeypatch.setattr("importlib.util.find_spec", finder)
    with pytest.raises(ConfigurationError, match=r"sdk-auth\[jwt\]"):
        refuse_without_signatures()
    assert "openid" in _id_tokens._MISSING
