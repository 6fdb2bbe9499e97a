"""What is written to logs, and what never is."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import textwrap
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from sdk_core.caching import ResponseCache
from sdk_core.clients import SyncClient
from sdk_core.errors import APIConnectionError, ConfigurationError, NotFoundError
from sdk_core.operations import Content, Operation, Parameter

Serve = Callable[..., SimpleNamespace]
Http = Callable[..., bytes]

CANARY = "sk-canary-0123456789"
GET: Operation[Any] = Operation(
    "getThing",
    "GET",
    "/things/{id}",
    parameters=(Parameter("id", "id", "path"),),
    responses={"200": (Content("application/json", "json"),)},
)


def test_calls_are_logged_with_fields(
    serve: Serve, http: Http, caplog: pytest.LogCaptureFixture
) -> None:
    """Each record has what a collector of logs sorts by, and a text for people."""
    server = serve(lambda _: [http(b"{}", x_request_id="req_1")])
    with caplog.at_level(logging.DEBUG, "sdk_core"), SyncClient(base_url=server.url) as client:
        client.call(GET, {"id": "a"})
    begun, answered = (r for r in caplog.records if r.name == "sdk_core.calls")
    fields = vars(answered)
    assert begun.levelno == logging.DEBUG
    assert answered.levelno == logging.INFO
    assert [fields[n] for n in ("method", "path", "status", "attempt", "request_id")] == [
        "GET",
        "/things/{id}",
        200,
        0,
        "req_1",
    ]
    assert fields["elapsed"] >= 0
    assert "GET /things/{id} answered 200" in answered.getMessage()


def test_failures_are_logged(serve: Serve, http: Http, caplog: pytest.LogCaptureFixture) -> None:
    """With the status where there is one."""
    server = serve(lambda _: [http(b"{}", 404)])
    with caplog.at_level(logging.INFO, "sdk_core"):
        with SyncClient(base_url=server.url) as client, pytest.raises(NotFoundError):
            client.call(GET, {"id": "a"})
        with (
            SyncClient(base_url="http://127.0.0.1:9", max_retries=0, timeout=5) as client,
            pytest.raises(APIConnectionError),
        ):
            client.call(GET, {"id": "a"})
    failed = [record for record in caplog.records if "failed" in record.getMessage()]
    assert [vars(record)["status"] for record in failed] == [404, None]
    assert "failed (NotFoundError)" in failed[0].getMessage()


def test_the_cache_is_logged(serve: Serve, http: Http, caplog: pytest.LogCaptureFixture) -> None:
    """For those who look for a call that was never made."""
    server = serve(lambda _: [http()])
    with (
        caplog.at_level(logging.DEBUG, "sdk_core"),
        SyncClient(base_url=server.url, cache=ResponseCache(ttl=60)) as client,
    ):
        client.request("GET", "/x")
        client.request("GET", "/x")
    told = [r.getMessage() for r in caplog.records if "cache" in r.getMessage()]
    assert told == ["GET /x cache: stored", "GET /x cache: hit"]


def test_logs_tell_no_secret(serve: Serve, http: Http, caplog: pytest.LogCaptureFixture) -> None:
    """No header, no query, no body, no path that holds data: neither texts nor fields."""
    server = serve(lambda _: [http(CANARY.encode(), 404, set_cookie=CANARY)])
    with (
        caplog.at_level(logging.DEBUG, "sdk_core"),
        SyncClient(
            base_url=f"{server.url}?sig={CANARY}",
            credential=CANARY,
            default_headers={"x-a": CANARY},
            default_query={"b": CANARY},
        ) as client,
        pytest.raises(NotFoundError),
    ):
        client.call(GET, {"id": CANARY})
    assert caplog.records
    for record in caplog.records:
        assert CANARY not in record.getMessage()
        assert CANARY not in repr(vars(record))


def test_calls_that_nobody_logs_are_not_told(serve: Serve, http: Http) -> None:
    """Without a level that wants records nothing is made for them."""
    server = serve(lambda _: [http()])
    with SyncClient(base_url=server.url) as client:
        assert client._build(GET, {"id": "a"}, None).hooks is None
        client.call(GET, {"id": "a"})
        assert client._told_flow is None


PROGRAM = """
    import logging, sys
    from sdk_core.clients import SyncClient
    from sdk_core.errors import ConfigurationError
    try:
        with SyncClient(base_url=sys.argv[1]) as client:
            client.request("GET", "/x")
        SyncClient(base_url=sys.argv[1])
    except ConfigurationError as error:
        print(error)
    print(logging.getLogger().handlers, logging.getLogger().level == logging.WARNING)
    print([type(handler).__name__ for handler in logging.getLogger("sdk_core").handlers])
"""


def program(url: str, level: str | None) -> tuple[str, str]:
    """Return what a program writes to its two outputs when ``SDK_LOG`` is *level*."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(PROGRAM), url],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        env={**os.environ, **({} if level is None else {"SDK_LOG": level})},
    )
    return done.stdout, done.stderr


def test_by_itself_nothing_is_written_and_nothing_configured(serve: Serve, http: Http) -> None:
    """The root logger has no handler, that of the family one that does nothing."""
    server = serve(lambda _: [http(b"{}")])
    out, err = program(server.url, None)
    assert (out, err) == ("[] True\n['NullHandler']\n", "")


@pytest.mark.parametrize(("level", "lines"), [("debug", 2), ("INFO", 1), ("warning", 0)])
def test_a_variable_writes_the_log(serve: Serve, http: Http, level: str, lines: int) -> None:
    """To the standard error, from that level on, once for all clients, and not by the root."""
    server = serve(lambda _: [http(b"{}")])
    out, err = program(server.url, level)
    assert out == "[] True\n['NullHandler', '_Handler']\n"
    assert len(err.splitlines()) == lines
    if lines:
        assert "INFO sdk_core.calls: GET /x answered 200" in err


def test_a_level_that_is_none_is_refused(serve: Serve, http: Http) -> None:
    """The message names the variable."""
    server = serve(lambda _: [http(b"{}")])
    out, _ = program(server.url, "loud")
    assert out.startswith("`SDK_LOG` must be one of debug, info, warning, error, not 'loud'")
    assert issubclass(ConfigurationError, ValueError)
