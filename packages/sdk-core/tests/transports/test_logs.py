"""What the engines log, at their most talkative: never a secret."""

from __future__ import annotations

import logging
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdk_core._addresses import KeyedURL
from sdk_core._redaction import SecretFilter, guard, learn, scrub

pytestmark = pytest.mark.anyio
CANARY = "canary-c0de"


async def test_no_secret_is_logged(
    case: Any, done: Any, serve: Any, http: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """Keys in the query, in headers, in the address, in cookies and redirects of the server."""

    def answer(sent: SimpleNamespace) -> list[bytes]:
        if "/moved" in sent.line:
            return [http(b"", 307, location=f"/there?token={CANARY}", set_cookie=f"sid={CANARY}")]
        return [http(b"1", set_cookie=f"sid={CANARY}")]

    caplog.set_level(logging.DEBUG)
    server = serve(answer)
    url = server.url.replace("//", f"//user:{CANARY}@")
    client = case.client(
        f"{url}?api_key={CANARY}", default_headers={"x-api-key": CANARY}, credential=CANARY
    )
    await done(client.request("GET", "/a", query={"access_token": CANARY}))
    await done(client.request("GET", "/moved"))
    await done(client.close())
    assert CANARY not in caplog.text
    assert CANARY not in "".join(repr(record.__dict__) for record in caplog.records)
    if case.own:
        assert "HTTP Request: GET http" in caplog.text
        assert "api_key=[secret]" in caplog.text


async def test_no_secret_is_logged_over_http2(
    case: Any,
    done: Any,
    serve_http2: SimpleNamespace,
    authority: Any,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Whose headers are logged by another package."""
    if not case.offers_http2:
        pytest.skip("it does not offer HTTP/2")
    caplog.set_level(logging.DEBUG)
    options = {"http2": True, "verify": authority.path}
    client = case.client(serve_http2.url, options=options, credential=CANARY)
    for _ in range(2):
        await done(client.request("GET", "/a", query={"key": CANARY}))
    await done(client.close())
    assert CANARY not in caplog.text


async def test_a_refused_connection_shows_no_secret_in_its_log(
    case: Any, done: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """Errors are logged, too."""
    caplog.set_level(logging.DEBUG)
    client = case.client(f"http://user:{CANARY}@127.0.0.1:1", credential=CANARY)
    with pytest.raises(Exception, match="cannot reach"):
        await done(client.request("GET", "/a", query={"key": CANARY}))
    await done(client.close())
    assert CANARY not in caplog.text


def test_a_record_without_secrets_stays_as_it_is() -> None:
    """Arguments included, for handlers that look at them."""
    record = logging.LogRecord("httpx", 20, "", 0, "GET %s", ("http://a.example/?page=2",), None)
    assert SecretFilter().filter(record)
    assert record.args == ("http://a.example/?page=2",)


def test_other_loggers_are_left_alone() -> None:
    """Neither the root logger nor any level or handler is touched."""
    before = logging.getLogger().filters, logging.getLogger("httpx").level
    guard(["httpx"])
    guard(["httpx"])
    assert (logging.getLogger().filters, logging.getLogger("httpx").level) == before
    assert len([f for f in logging.getLogger("httpx").filters if isinstance(f, SecretFilter)]) == 1


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("http://u:p@a.example/x", "http://a.example/x"),
        ("GET http://a/?api_key=x&b=1", "GET http://a/?api_key=[secret]&b=1"),
        ("location /x?sig=abc'", "location /x?sig=[secret]'"),
        ("?mine=x&theirs=y", "?mine=[secret]&theirs=y"),
        ("(b'Set-Cookie', b'a=b; c')", "(b'Set-Cookie', b'[secret]')"),
        ("('x-api-key', 'a')", "('x-api-key', '[secret]')"),
        ("(b'date', b'today')", "(b'date', b'today')"),
    ],
)
def test_secrets_are_taken_out_of_texts(text: str, clean: str) -> None:
    """User info, members of queries that are called like secrets or known to be, headers."""
    learn(KeyedURL("http://a.example/?mine=x", {"mine"}))
    assert scrub(text) == clean


@given(st.text())
def test_any_text_can_be_scrubbed(text: str) -> None:
    """And twice is as good as once."""
    assert scrub(scrub(text)) == scrub(text)


def test_the_loggers_of_httpx_are_guarded() -> None:
    """As soon as the engine is loaded."""
    import sdk_core._httpx  # noqa: F401, PLC0415  # for what it does

    assert httpx.__name__ == "httpx"
    for name in ("httpx", "httpx2", "httpcore.http11", "httpcore2.http11", "hpack.hpack"):
        assert any(isinstance(f, SecretFilter) for f in logging.getLogger(name).filters)
