"""Errors that servers hardly ever cause, and what the engines are told of limits."""

from __future__ import annotations

import ssl
import time
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyreqwest import exceptions

from sdk_core import _aiohttp, _pyreqwest, _tls
from sdk_core._failures import translate
from sdk_core._proxies import proxy_for, shown, unusable
from sdk_core.errors import (
    APIConnectionError,
    APITimeoutError,
    ConfigurationError,
    SDKError,
)
from sdk_core.options import Timeout
from sdk_core.testing import request
from sdk_core.transports import HTTPX, Aiohttp, Pyreqwest

CANARY = "canary-c0de"
of_aiohttp: Any = _aiohttp._translate
of_pyreqwest: Any = _pyreqwest._translate
limits_of: Any = _pyreqwest._limits
SENT = request(f"https://u:{CANARY}@a.example/x?api_key={CANARY}", timeout=Timeout(9, connect=5))


@pytest.mark.parametrize(
    ("raised", "kind", "words"),
    [
        (aiohttp.InvalidURL(f"http://{CANARY}"), ConfigurationError, "address is not understood"),
        (ValueError(CANARY), ConfigurationError, "aiohttp does not understand it"),
        (aiohttp.ConnectionTimeoutError(CANARY), APITimeoutError, "no connection within 5 s"),
        (aiohttp.SocketTimeoutError("slow"), APITimeoutError, "no answer within 9 s"),
        (aiohttp.ClientPayloadError("cut"), APIConnectionError, r"broke \(cut\)"),
        (OSError("gone"), APIConnectionError, r"broke \(gone\)"),
        (ConfigurationError("ours"), ConfigurationError, "ours"),
        (ZeroDivisionError("theirs"), ZeroDivisionError, "theirs"),
    ],
)
def test_errors_of_aiohttp_become_ours(raised: Exception, kind: Any, words: str) -> None:
    """Sorted by what happened; the rest pass as they are."""
    with pytest.raises(kind, match=words) as caught:
        of_aiohttp(raised, SENT, None)
    assert CANARY not in f"{caught.value}{caught.value.__cause__}"


def rust(cls: Any, *causes: str) -> Any:
    """Return an error as pyreqwest raises it."""
    return cls("words", {"causes": [{"message": cause} for cause in causes]})


CONNECT = "client error (Connect)"


@pytest.mark.parametrize(
    ("raised", "kind", "words", "processed"),
    [
        (rust(exceptions.ConnectTimeoutError, CONNECT), APITimeoutError, "no connection", False),
        (rust(exceptions.ConnectTimeoutError, "x"), APITimeoutError, "no answer", True),
        (rust(exceptions.ConnectError, CONNECT, "refused"), APIConnectionError, "refused", False),
        (rust(exceptions.ConnectError, "cut"), APIConnectionError, "cut", True),
        (rust(exceptions.ReadError), APIConnectionError, "words", True),
        (rust(exceptions.BuilderError, "no scheme"), ConfigurationError, "no scheme", None),
        (ZeroDivisionError("theirs"), ZeroDivisionError, "theirs", None),
    ],
)
def test_errors_of_pyreqwest_become_ours(
    raised: Exception, kind: Any, words: str, processed: bool | None
) -> None:
    """By the causes that it names; where they say nothing, it may have been processed."""
    with pytest.raises(kind, match=words) as caught:
        of_pyreqwest(raised, SENT, None)
    assert getattr(caught.value, "maybe_processed", None) is processed
    assert CANARY not in str(caught.value)


def test_a_deadline_of_pyreqwest_is_named() -> None:
    """The clock of the engine may be a little early."""
    late = SENT.evolve(ends=time.monotonic() + 0.001)
    with pytest.raises(APITimeoutError, match="`deadline` was over"):
        of_pyreqwest(rust(exceptions.RequestTimeoutError, "x"), late, None)


def test_limits_of_pyreqwest_are_few() -> None:
    """A deadline does not make an engine for each call."""
    timeout = Timeout(600, connect=5)
    sent = request(timeout=timeout)
    assert limits_of(sent) == ((5, 600), None)
    whole = request(timeout=timeout.within(60), ends=time.monotonic() + 59)
    limits, total = limits_of(whole)
    assert limits == (5, None)
    assert total is not None
    assert 58 < total <= 59
    over = request(timeout=timeout, ends=time.monotonic() - 1)
    assert limits_of(over)[1] == pytest.approx(0.001)
    stream = request(timeout=timeout.within(60), ends=time.monotonic() + 59, stream=True)
    (connect, read), none = limits_of(stream)
    assert (connect, none) == (5, None)
    assert read is not None
    assert 60 <= read <= 75


@given(st.floats(0.001, 1e6))
def test_limits_are_rounded_up_by_a_quarter_at_most(seconds: float) -> None:
    """So that few figures cover all."""
    assert seconds <= _pyreqwest._rounded(seconds) <= seconds * 1.25 + 1e-9


def test_a_proxy_of_the_options_goes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before those of the environment, which may be switched off."""
    monkeypatch.setenv("HTTPS_PROXY", "http://environment:1")
    own = HTTPX(proxy="http://own:1")
    assert proxy_for(own, "https://a.example") == "http://own:1"
    assert proxy_for(HTTPX(), "https://a.example") == "http://environment:1"
    assert proxy_for(Aiohttp(trust_env=False), "https://a.example") is None


def test_no_message_shows_the_password_of_a_proxy() -> None:
    """Not even where its address is none."""
    assert shown(f"http://u:{CANARY}@p:1") == "http://p:1"
    assert shown(f"http://u:{CANARY}@[p") == "the http proxy"
    assert CANARY not in str(unusable(f"foo://u:{CANARY}@p", "no"))


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
@pytest.mark.parametrize(
    ("options", "proxy"),
    [
        (Aiohttp(max_connections=7), f"socks5://u:{CANARY}@p:1"),
        (Pyreqwest(max_connections=7), f"foo://u:{CANARY}@p:port"),
    ],
)
async def test_a_proxy_that_an_engine_cannot_use_is_named(
    anyio_backend: str, monkeypatch: pytest.MonkeyPatch, options: Any, proxy: str
) -> None:
    """It may stand in the environment, where nobody looked at it."""
    from sdk_core.clients import AsyncClient  # noqa: PLC0415  # only here

    monkeypatch.setenv("HTTP_PROXY", proxy)
    client = AsyncClient(base_url="http://behind.example", transport=options, max_retries=0)
    with pytest.raises(ConfigurationError, match="environment names cannot be used") as caught:
        await client.request("GET", "/")
    assert CANARY not in str(caught.value)
    await client.close()
    with pytest.raises(ConfigurationError, match="has been closed"):
        await client.request("GET", "/")


def test_a_folder_of_authorities_is_trusted(tmp_path: Path, authority: Any) -> None:
    """As OpenSSL has it."""
    (tmp_path / "ca.pem").write_bytes(Path(authority.path).read_bytes())
    made = _tls.context_of(HTTPX(verify=tmp_path))
    assert made.verify_mode is ssl.CERT_REQUIRED


def test_silent_errors_are_explained_by_what_led_to_them() -> None:
    """Those of trio say nothing themselves."""
    import httpx  # noqa: PLC0415  # as the engine does

    silent = httpx.ConnectError("")
    silent.__cause__ = OSError("the reason")
    with pytest.raises(APIConnectionError, match="the reason"):
        translate(silent, SENT, httpx)
    with pytest.raises(APIConnectionError, match="ReadError"):
        translate(httpx.ReadError(""), SENT, httpx)
    with pytest.raises(SDKError, match="cannot be decompressed"):
        translate(httpx.DecodingError("x"), SENT, httpx)
