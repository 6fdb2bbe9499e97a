from __future__ import annotations

from contextlib import suppress

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdk_core._messages import CREDENTIAL_HEADERS, Request, Response
from sdk_core.errors import APIResponseValidationError
from sdk_core.policies import Redirect
from sdk_core.testing import Played, play, request, response, send

ORIGIN = "https://api.example.com"
HEADERS = {
    **dict.fromkeys(CREDENTIAL_HEADERS, "secret"),
    "x-their-own-way": "secret",
    "openai-organization": "org",
    "idempotency-key": "k",
    "content-type": "application/json",
    "accept": "application/json",
    "accept-encoding": "gzip",
    "user-agent": "test",
}


def follow(first: Request, *locations: str, status: int = 307, limit: int = 5) -> Played[Response]:
    """Play a server that redirects to each location in turn and then answers."""
    moved = [response(status, {"Location": location}) for location in locations]
    return play(Redirect(limit)(first, send), *moved, response(200))


def post(url: str = f"{ORIGIN}/v1/things?a=1") -> Request:
    """Return a request with everything that could go astray."""
    return request(url, method="POST", headers=HEADERS, content=b"{}")


@pytest.mark.parametrize(
    ("location", "url"),
    [
        ("https://api.example.com/v2", "https://api.example.com/v2"),
        ("/v2", "https://api.example.com/v2"),
        ("others", "https://api.example.com/v1/others"),
        ("?b=2", "https://api.example.com/v1/things?b=2"),
        ("//cdn.example.com/x", "https://cdn.example.com/x"),
        ("../x", "https://api.example.com/x"),
    ],
)
def test_a_location_is_resolved_against_the_request(location: str, url: str) -> None:
    """Absolute and relative addresses are followed (RFC 3986 §5)."""
    assert url == follow(post(), location).sent[1].url


@pytest.mark.parametrize("status", [307, 308])
def test_307_and_308_repeat_method_and_body(status: int) -> None:
    """Nothing of the request changes but its address."""
    sent = follow(post(), "/v2", status=status).sent[1]
    assert ("POST", b"{}") == (sent.method, sent.content)
    assert dict(sent.headers) == HEADERS


@pytest.mark.parametrize(
    ("status", "method", "becomes"),
    [
        (303, "POST", "GET"),
        (303, "PUT", "GET"),
        (303, "HEAD", "HEAD"),
        (301, "POST", "GET"),
        (302, "POST", "GET"),
        (301, "PUT", "PUT"),
        (302, "DELETE", "DELETE"),
        (302, "GET", "GET"),
    ],
)
def test_some_redirects_change_the_method(status: int, method: str, becomes: str) -> None:
    """303, and 301 and 302 after a POST, ask with GET and leave the body behind."""
    first = request(method=method, content=b"{}", headers={"content-type": "application/json"})
    sent = follow(first, "/v2", status=status).sent[1]
    assert becomes == sent.method
    kept = (becomes == method and status != 303) or method == "HEAD"
    assert (b"{}" if kept else None) == sent.content
    assert kept == ("content-type" in sent.headers)


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example.com/v1",
        "https://api.example.com:8443/v1",
        "https://api.example.com.evil.com/v1",
        "https://api.example.com@evil.com/v1",
        "//evil.com/v1",
    ],
)
def test_another_origin_gets_no_header_that_may_hold_a_secret(elsewhere: str) -> None:
    """Only four harmless headers cross, whatever an API calls its key."""
    sent = follow(post(), elsewhere).sent[1]
    assert {"content-type", "accept", "accept-encoding", "user-agent"} == set(sent.headers)


def test_a_secret_does_not_come_back_with_the_second_redirect() -> None:
    """Once dropped, a credential is not sent to the first origin again."""
    sent = follow(post(), "https://other.example.com/", f"{ORIGIN}/v2").sent[2]
    assert "authorization" not in sent.headers


def test_a_request_knows_whether_it_left_its_origin() -> None:
    """What an engine adds by itself stays at home, on the way back, too."""
    hops = ["/v2", "https://other.example.com/", f"{ORIGIN}/v3"]
    assert [False, False, True, True] == [r.foreign for r in follow(post(), *hops).sent]


@pytest.mark.parametrize(
    "same",
    [f"{ORIGIN}/x", f"{ORIGIN}:443/x", "https://API.example.com/x", "HTTPS://api.example.com/"],
)
def test_the_same_origin_in_other_words_keeps_the_headers(same: str) -> None:
    """Case and a default port make no other origin (RFC 6454 §4)."""
    assert HEADERS == dict(follow(post(), same).sent[1].headers)


def test_http_may_become_https() -> None:
    """A redirect to TLS is followed, without the credentials: it is another origin."""
    sent = follow(post("http://api.example.com/v1"), "https://api.example.com/v1").sent[1]
    assert sent.url == "https://api.example.com/v1"
    assert "authorization" not in sent.headers


@pytest.mark.parametrize(
    "location",
    [
        "http://api.example.com/v1",
        "HTTP://api.example.com/v1",
        "file:///etc/passwd",
        "ftp://api.example.com/",
        "javascript:alert(1)",
        "https://api.example.com:port/",
        "https://api.example.com:99999/",
        "https://[::1/",
    ],
)
def test_a_redirect_that_is_not_followed_is_an_error(location: str) -> None:
    """No way leads from https to http, to another scheme, or to no address at all."""
    played = follow(post(), location)
    assert len(played.sent) == 1
    assert isinstance(played.error, APIResponseValidationError)
    assert played.error.status_code == 307


def test_an_endless_redirect_is_an_error_that_says_where_to() -> None:
    """The sixth redirect is too many; secrets in its address are not shown."""
    played = follow(post(), *["/v1?token=secret"] * 6)
    assert len(played.sent) == 6
    assert "more than 5 redirects" in str(played.error)
    assert "https://api.example.com:443" in str(played.error)
    assert "secret" not in str(played.error)


def test_the_limit_itself_is_allowed() -> None:
    """Five redirects are followed, and no redirects can be asked for."""
    assert follow(post(), *["/v1"] * 5).result.status_code == 200
    assert "more than 0 redirects" in str(follow(post(), "/v1", limit=0).error)


@pytest.mark.parametrize("status", [300, 304, 305])
def test_other_statuses_are_answers(status: int) -> None:
    """Only 301, 302, 303, 307 and 308 are followed."""
    assert follow(post(), "/v2", status=status).result.status_code == status


def test_a_redirect_without_a_location_is_an_answer() -> None:
    """What cannot be followed is left to the caller."""
    assert play(Redirect()(post(), send), response(302)).result.status_code == 302


_PIECES = [
    *("https:", "http:", "//", "/", "\\", "@", ":", ":443", ":80", "#", "?", ".", "..", "%2f", ";"),
    *("api.example.com", "API.example.com", "evil.com", "user", " ", "\t", "[", "]", "é", "\u3002"),
]


@given(st.lists(st.sampled_from(_PIECES), min_size=1, max_size=8).map("".join))
def test_the_engine_goes_where_the_policy_thinks_it_goes(location: str) -> None:
    """No address counts as the same origin and makes httpx connect to another host."""
    played = follow(post(), location)
    if len(played.sent) > 1 and "authorization" in played.sent[1].headers:
        with suppress(httpx.InvalidURL):
            url = httpx.URL(played.sent[1].url)
            assert ("https", "api.example.com", None) == (url.scheme, url.host, url.port)
