"""Discovery: what is believed of a server, and what is not."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdk_auth.discovery import ServerMetadata, discover
from sdk_auth.errors import DiscoveryError
from sdk_core.errors import APIConnectionError, ConfigurationError, SDKError
from sdk_core.testing import play, response

ISSUER = "https://id.example.com"
GOOD = {"issuer": ISSUER, "token_endpoint": f"{ISSUER}/token"}


def test_the_document_of_rfc_8414_comes_first() -> None:
    """One request is enough where the server has it; nothing but the address goes along."""
    played = play(discover(ISSUER), response(json=GOOD))
    assert played.result.endpoint("token_endpoint") == f"{ISSUER}/token"
    (sent,) = played.sent
    assert sent.url == f"{ISSUER}/.well-known/oauth-authorization-server"
    assert sent.foreign  # an engine adds no credential of its own


@pytest.mark.parametrize("first", [response(404), response(content=b"<html>")])
def test_the_document_of_openid_comes_second(first: Any) -> None:
    """Also where the first place has a page for people."""
    issuer = f"{ISSUER}/tenant/"
    document = {**GOOD, "issuer": issuer}
    played = play(discover(issuer), first, response(json=document))
    assert played.result.issuer == issuer
    assert [sent.url for sent in played.sent] == [
        f"{ISSUER}/.well-known/oauth-authorization-server/tenant",
        f"{ISSUER}/tenant/.well-known/openid-configuration",
    ]


@pytest.mark.parametrize(
    "said", [f"{ISSUER}/", "https://evil.example.com", "HTTPS://id.example.com", None, 7]
)
def test_the_issuer_is_compared_exactly(said: Any) -> None:
    """Whoever speaks for somebody else is not believed, and nobody else is asked."""
    played = play(discover(ISSUER), response(json={**GOOD, "issuer": said}))
    assert isinstance(played.error, DiscoveryError)
    assert played.error.reason == "issuer"
    assert len(played.sent) == 1


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://id.example.com/token", "insecure"),
        ("http://10.0.0.1/token", "insecure"),
        ("/token", "invalid"),
        ("ftp://id.example.com/", "invalid"),
        ("https://user:pw@id.example.com/", "invalid"),
        ("https://id.example.com/#x", "invalid"),
        ("https://id.example.com:x/", "invalid"),
        ("https://id.example.com/a b", "invalid"),
        (7, "invalid"),
    ],
)
@pytest.mark.parametrize("name", ["token_endpoint", "jwks_uri"])
def test_every_endpoint_must_be_fit_for_secrets(url: Any, reason: str, name: str) -> None:
    """https, absolute, and nothing that leads elsewhere; the error says which endpoint."""
    played = play(discover(ISSUER), response(json={**GOOD, name: url}))
    assert isinstance(played.error, DiscoveryError)
    assert (played.error.reason, played.error.issuer) == (reason, ISSUER)
    assert f"`{name}`" in str(played.error)


def test_loopback_may_be_plain() -> None:
    """A server on this machine needs no certificate."""
    issuer = "http://localhost:8000"
    document = {"issuer": issuer, "token_endpoint": "http://[::1]:8000/token"}
    assert play(discover(issuer), response(json=document)).result.issuer == issuer


def test_a_missing_endpoint_is_told_by_name() -> None:
    """A server need not have them all."""
    metadata = ServerMetadata.of(GOOD, ISSUER)
    with pytest.raises(DiscoveryError, match="`revocation_endpoint`") as caught:
        metadata.endpoint("revocation_endpoint")
    assert caught.value.reason == "missing"


def test_clients_with_certificates_have_addresses_of_their_own() -> None:
    """RFC 8705 §5; where there is none, the usual one serves."""
    aliases = {"token_endpoint": "https://mtls.example.com/token"}
    metadata = ServerMetadata.of({**GOOD, "mtls_endpoint_aliases": aliases}, ISSUER)
    assert metadata.endpoint("token_endpoint", mtls=True) == aliases["token_endpoint"]
    assert metadata.endpoint("token_endpoint") == GOOD["token_endpoint"]
    with pytest.raises(DiscoveryError):
        ServerMetadata.of({**GOOD, "mtls_endpoint_aliases": [1]}, ISSUER)


def test_lists_of_what_is_supported_can_be_asked() -> None:
    """None where the server does not say."""
    metadata = ServerMetadata.of({**GOOD, "scopes_supported": ["read"]}, ISSUER)
    assert metadata.supports("scopes_supported", "read") is True
    assert metadata.supports("scopes_supported", "write") is False
    assert metadata.supports("grant_types_supported", "password") is None


@pytest.mark.parametrize(
    ("answers", "reason"),
    [
        ([response(404), response(404)], "missing"),
        ([response(302, {"location": "https://evil.example.com/"}), response(404)], "missing"),
        ([response(404), response(content=b"[1]")], "invalid"),
        ([response(404), response(content=b"{" + b" " * 1_100_000 + b"}")], "invalid"),
        ([response(404), response(content=b"[" * 200_000)], "invalid"),
    ],
)
def test_no_document_is_told_as_such(answers: list[Any], reason: str) -> None:
    """No redirect is followed, and what is no JSON object is no document."""
    played = play(discover(ISSUER), *answers)
    assert isinstance(played.error, DiscoveryError)
    assert played.error.reason == reason
    assert "evil" not in str(played.error)


def test_a_server_that_cannot_be_reached_is_asked_again() -> None:
    """Connections break; three times is enough."""
    broken = APIConnectionError(message="broken")
    played = play(discover(ISSUER), broken, response(503), response(json=GOOD))
    assert played.result.issuer == ISSUER
    played = play(discover(ISSUER), broken, broken, broken)
    assert isinstance(played.error, APIConnectionError)
    assert played.error.maybe_processed is False


@pytest.mark.parametrize(
    "issuer",
    ["http://id.example.com", "id.example.com", "", None, f"{ISSUER}?x=1", f"{ISSUER}#x"],
)
def test_what_cannot_be_an_issuer_is_not_asked(issuer: Any) -> None:
    """RFC 8414 §2: an https URL without query and fragment."""
    played = play(discover(issuer))
    assert isinstance(played.error, ConfigurationError)
    assert "`issuer`" in str(played.error)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(), inner, max_size=2),
    max_leaves=5,
)


@given(
    st.dictionaries(st.sampled_from(["token_endpoint", "jwks_uri", "mtls_endpoint_aliases"]), JSON)
)
def test_no_document_is_worse_than_refused(document: dict[str, Any]) -> None:
    """Whatever JSON comes, it is metadata or a typed refusal."""
    played = play(discover(ISSUER), response(json={"issuer": ISSUER, **document}))
    assert played.error is None or type(played.error) is DiscoveryError
    assert isinstance(played.error, SDKError | None)
