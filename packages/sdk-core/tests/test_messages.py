from __future__ import annotations

import copy
import pickle
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdk_core._addresses import KeyedURL, redacted
from sdk_core._messages import CREDENTIAL_HEADERS, Headers, Secret
from sdk_core.operations import Operation
from sdk_core.testing import request, response

CANARY = "canary-0ff1"


def test_headers_are_found_in_any_case() -> None:
    """One value a name, whatever its case."""
    headers = Headers({"X-A": "1", "b": "2"})
    assert (headers["x-a"], headers.get("B"), headers.get("c")) == ("1", "2", None)
    assert "X-a" in headers
    assert (list(headers), len(headers)) == (["x-a", "b"], 2)
    assert dict(headers) == {"x-a": "1", "b": "2"}
    assert headers == Headers({"x-A": "1", "B": "2"})
    with pytest.raises(KeyError):
        headers["c"]


def test_repeated_headers_are_joined() -> None:
    """RFC 9110 §5.3; bytes beyond ASCII are kept."""
    raw = [(b"A", b"1"), (b"b", b"caf\xe9"), (b"a", b"2")]
    assert dict(Headers.received(raw)) == {"a": "1, 2", "b": "café"}


def test_headers_change_by_copy() -> None:
    """`merged` and `only` leave the original as it was."""
    headers = Headers({"a": "1", "b": "2"})
    assert dict(headers.merged({"B": "3", "c": "4"})) == {"a": "1", "b": "3", "c": "4"}
    assert dict(headers.only(frozenset({"a", "x"}))) == {"a": "1"}
    assert dict(headers) == {"a": "1", "b": "2"}


@pytest.mark.parametrize(
    "name",
    [*sorted(CREDENTIAL_HEADERS), "X-Their-Key", "x-a-token", "x-a-Secret", "x-hub-signature"],
)
def test_headers_show_no_credential(name: str) -> None:
    """Neither printed nor pickled, whatever API the header belongs to."""
    headers = Headers({name: CANARY, "plain": "shown"})
    assert CANARY not in repr(headers)
    assert "shown" in repr(headers)
    assert CANARY.encode() not in pickle.dumps(headers)
    assert pickle.loads(pickle.dumps(headers))["plain"] == "shown"


def test_a_secret_is_one_under_any_name() -> None:
    """What a policy marks is hidden also where its header's name says nothing."""
    headers = Headers({"x-unheard-of": Secret(CANARY)}).merged({"a": "b"})
    assert headers["x-unheard-of"] == CANARY
    assert CANARY not in repr(headers)
    assert CANARY not in repr(dict(headers))
    assert CANARY.encode() not in pickle.dumps(headers)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"wrong key: {CANARY}!", "wrong key: [secret]!"),
        (f"{CANARY} and {CANARY}", "[secret] and [secret]"),
        ("Bearer is the scheme", "Bearer is the scheme"),
        ("nothing", "nothing"),
    ],
)
def test_text_is_freed_of_credentials(text: str, expected: str) -> None:
    """Only what is secret goes, not the words around it."""
    headers = Headers({"authorization": f"Bearer {CANARY}", "x": "nothing"})
    assert expected == headers.censored(text)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://a.example/x?y=1#z", "https://a.example/x?y=1#z"),
        (f"https://u:{CANARY}@a.example:1/x", "https://a.example:1/x"),
        (f"https://a.example/?api_key={CANARY}&b=1", "https://a.example/?api_key=[secret]&b=1"),
        (
            f"https://a.example/?X-Amz-Signature={CANARY}",
            "https://a.example/?X-Amz-Signature=[secret]",
        ),
        (
            f"https://a.example/?sig={CANARY}&Token=",
            "https://a.example/?sig=[secret]&Token=[secret]",
        ),
        (f"https://a.example/?code={CANARY}&q=a+b", "https://a.example/?code=[secret]&q=a+b"),
        ("https://a.example/?q=%20", "https://a.example/?q=%20"),
    ],
)
def test_a_url_is_shown_without_its_secrets(url: str, expected: str) -> None:
    """User info goes, and the values of query keys that name a secret."""
    assert expected == redacted(url)
    assert CANARY not in repr(request(url))


@given(st.text("abAB:/&=%.token ", max_size=40))
def test_redacting_hides_nothing_else(query: str) -> None:
    """A URL without user info and secret names stays as it is."""
    url = f"https://a.example/?q={query}"
    if "token" not in query.lower():
        assert url == redacted(url)


def test_a_request_pickles_without_secrets_and_operation() -> None:
    """What travels to logs and other processes."""
    operation: Operation[None] = Operation("x", "GET", "/x")
    made = request(
        f"https://u:{CANARY}@a.example/?key={CANARY}",
        headers={"authorization": CANARY},
        operation=operation,
        content=b"{}",
        retry_count=2,
    )
    pickled = pickle.dumps(made)
    assert CANARY.encode() not in pickled
    again = pickle.loads(pickled)
    assert again.operation is None
    assert (again.content, again.retry_count, again.timeout) == (b"{}", 2, made.timeout)
    assert made.evolve(method="PUT").method == "PUT"


def test_a_copy_of_a_request_takes_no_unknown_name() -> None:
    """A policy that misspells what it changes hears of it."""
    with pytest.raises(TypeError, match="a request has no 'methud'"):
        request().evolve(methud="PUT")


def test_a_response_pickles_with_its_body() -> None:
    """Read or not, it can be looked at elsewhere."""
    answer = response(418, {"Set-Cookie": CANARY, "x-request-token": CANARY, "a": "b"}, b"body")
    pickled = pickle.dumps(answer)
    assert CANARY.encode() not in pickled
    again = pickle.loads(pickled)
    assert (again.status_code, again.text, again.headers["A"]) == (418, "body", "b")
    assert "set-cookie" not in again.headers
    assert again.http_response is None


@pytest.mark.parametrize(
    ("content_type", "expected"),
    [
        ("text/plain", "caf\ufffd"),
        ("text/plain; charset=latin-1", "café"),
        ('text/plain; a=b; Charset="ISO-8859-1"', "café"),
        ("text/plain; charset=nonsense", "caf\ufffd"),
        ("text/plain; charset", "caf\ufffd"),
    ],
)
def test_text_is_read_in_its_charset(content_type: str, expected: str) -> None:
    """UTF-8 unless the server says otherwise; bad bytes are replaced."""
    assert expected == response(200, {"content-type": content_type}, b"caf\xe9").text


@pytest.mark.parametrize("copied", [lambda url: pickle.loads(pickle.dumps(url)), copy.deepcopy])
def test_a_url_with_a_key_is_copied_without_it(copied: Callable[[str], str]) -> None:
    """Whatever the key is called."""
    url = KeyedURL(f"https://a.example/x?k={CANARY}&b=1", {"k"})
    assert "https://a.example/x?k=[secret]&b=1" == copied(url)
