"""What ``transport=`` takes, and what it refuses by name."""

from __future__ import annotations

import builtins
import re
import ssl
import subprocess
import sys
import textwrap
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from sdk_core._messages import Request, Response
from sdk_core._pyreqwest_engines import SyncEngines
from sdk_core.clients import AsyncClient, SyncClient
from sdk_core.errors import ConfigurationError, UnknownOptionError
from sdk_core.transports import HTTPX, Aiohttp, AsyncTransport, Httptools, Pyreqwest, Transport

CANARY = "canary-c0de"
URL = "https://api.example.com"


class Own:
    """A transport of the user's own."""

    closed = False

    def send(self, request: Request) -> Response:
        """Answer with 1."""
        return Response(200, {"content-type": "application/json"}, request=request, content=b"1")

    def close(self) -> None:
        """Note it."""
        self.closed = True


class AsyncOwn:
    """The same for asynchronous clients."""

    closed = False

    async def send(self, request: Request) -> Response:
        """Answer with 1."""
        return Response(200, {"content-type": "application/json"}, request=request, content=b"1")

    async def aclose(self) -> None:
        """Note it."""
        self.closed = True


def test_an_object_of_the_users_is_a_transport() -> None:
    """It sends, and is closed with the client."""
    own: Transport = Own()
    with SyncClient(base_url=URL, transport=own) as client:
        assert client.request("GET", "/") == 1
    assert own.closed


@pytest.mark.anyio
async def test_an_object_of_the_users_is_an_asynchronous_transport(anyio_backend: str) -> None:
    """In the other colour, too."""
    own: AsyncTransport = AsyncOwn()
    async with AsyncClient(base_url=URL, transport=own) as client:
        assert await client.request("GET", "/") == 1
    assert own.closed


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    """Run in both loops; no engine is needed."""
    param: str = request.param
    return param


@pytest.mark.parametrize(
    ("cls", "transport", "words"),
    [
        (SyncClient, "curl", "must be one of httpx, aiohttp, httptools, pyreqwest, not"),
        (SyncClient, "aiohttp", "aiohttp is for asynchronous clients"),
        (SyncClient, HTTPX, r"not a class; did you mean `HTTPX\(\)`"),
        (SyncClient, 7, "int has no `send`, `close`, `closed`"),
        (AsyncClient, 7, "int has no `send`, `aclose`, `closed`"),
        (SyncClient, AsyncOwn(), "AsyncOwn has no `close`"),
        (AsyncClient, Own(), "Own has no `aclose`"),
        (SyncClient, SimpleNamespace(send=AsyncOwn().send, close=1, closed=0), "other colour"),
        (AsyncClient, SimpleNamespace(send=Own().send, aclose=1, closed=0), "other colour"),
    ],
)
def test_what_is_no_transport_is_refused(cls: Any, transport: Any, words: str) -> None:
    """When the client is made, by the name of the option."""
    with pytest.raises(ConfigurationError, match="`transport`") as caught:
        cls(base_url=URL, transport=transport)
    assert caught.match(words)


def test_a_transport_and_a_client_exclude_each_other() -> None:
    """Nobody could say which one is meant."""
    with (
        httpx.Client() as own,
        pytest.raises(ConfigurationError, match="`transport` and `http_client` exclude"),
    ):
        SyncClient(base_url=URL, transport="httpx", http_client=own)


@pytest.mark.parametrize("engine", ["aiohttp", "httptools", "pyreqwest"])
def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch, engine: str) -> None:
    """With the command that installs it."""
    real = builtins.__import__

    def missing(name: str, *arguments: Any) -> Any:
        if name == engine:
            raise ImportError(name)
        return real(name, *arguments)

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(ConfigurationError, match=rf"pip install sdk-core\[{engine}\]"):
        AsyncClient(base_url=URL, transport=engine)


def test_http2_without_its_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """When the client is made, too."""
    monkeypatch.setitem(sys.modules, "h2", None)
    with pytest.raises(ConfigurationError, match=r"pip install sdk-core\[http2\]"):
        SyncClient(base_url=URL, transport=HTTPX(http2=True))


@pytest.mark.parametrize("cls", [HTTPX, Aiohttp, Pyreqwest])
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("verify", 1),
        ("verify", None),
        ("cert", 1),
        ("cert", ()),
        ("cert", ("a", "b", "c", "d")),
        ("proxy", "proxy.example.com"),
        ("proxy", f"ftp://u:{CANARY}@x"),
        ("proxy", f"http://u:{CANARY}@x:port"),
        ("proxy", 7),
        ("trust_env", "yes"),
        ("max_connections", 0),
        ("max_connections", 1.5),
        ("max_connections", True),
        ("keepalive_expiry", -1),
        ("keepalive_expiry", "5"),
    ],
)
def test_a_value_out_of_range_is_refused(cls: Any, name: str, value: Any) -> None:
    """By the name of the option, and without a password."""
    with pytest.raises(ConfigurationError, match=f"`{name}` must be") as caught:
        cls(**{name: value})
    assert CANARY not in str(caught.value)


@pytest.mark.parametrize(
    ("cls", "options", "words"),
    [
        (Aiohttp, {"http2": True}, "Aiohttp has no option `http2`"),
        (Aiohttp, {"max_keepalive": 3}, "Aiohttp has no option `max_keepalive`"),
        (Httptools, {"http2": True}, "Httptools has no option `http2`"),
        (HTTPX, {"max_conections": 3}, "did you mean `max_connections`"),
        (Pyreqwest, {"retries": 3}, "Pyreqwest has no option `retries`"),
    ],
)
def test_what_an_engine_cannot_do_is_no_option(cls: Any, options: Any, words: str) -> None:
    """The message names it."""
    with pytest.raises(UnknownOptionError, match=words):
        cls(**options)


@pytest.mark.parametrize(
    ("cls", "options", "words"),
    [
        (Aiohttp, {"proxy": "socks5://x:1"}, "`proxy`: aiohttp speaks to proxies by http"),
        (Httptools, {"proxy": "https://x:1"}, "`proxy`: httptools speaks to proxies by http"),
        (Pyreqwest, {"cert": ("a", "b", "c")}, "`cert`: pyreqwest takes no password"),
        (HTTPX, {"http2": 1}, "`http2` must be True or False"),
        (Pyreqwest, {"max_keepalive": -1}, "`max_keepalive` must be an integer >= 0"),
    ],
)
def test_what_an_engine_cannot_do_is_no_value(cls: Any, options: Any, words: str) -> None:
    """The message says who can, or what to do."""
    with pytest.raises(ConfigurationError, match=words):
        cls(**options)


def test_equal_options_are_one() -> None:
    """They are values: equal, hashable, and shown without passwords."""
    one, same = HTTPX(verify=Path("ca.pem")), HTTPX(verify="ca.pem")
    assert one == same
    assert hash(one) == hash(same)
    assert len({HTTPX(), Aiohttp(), Httptools(), Pyreqwest()}) == 4
    shown = repr(HTTPX(proxy=f"http://u:{CANARY}@x:1", cert=("a", "b", CANARY)))
    assert "http://x:1" in shown
    assert CANARY not in shown


@pytest.mark.parametrize("cls", [HTTPX, Httptools, Pyreqwest])
@pytest.mark.parametrize("option", ["verify", "cert"])
def test_a_file_that_cannot_be_used_is_named(cls: Any, option: str, tmp_path: Path) -> None:
    """With the option and the path."""
    junk = tmp_path / "junk.pem"
    junk.write_text("junk")
    for path in (str(tmp_path / "missing.pem"), str(junk)):
        transport = cls(**{option: path}, trust_env=False)
        with (
            SyncClient(base_url=URL, transport=transport) as client,
            pytest.raises(
                ConfigurationError, match=rf"`{option}` cannot be used: {re.escape(path)}"
            ),
        ):
            client.request("GET", "/")


def test_a_pem_file_that_holds_nothing_readable_is_named(tmp_path: Path) -> None:
    """With the options that it may have come by; the engine does not say which."""
    junk = tmp_path / "junk.pem"
    junk.write_text("-----BEGIN CERTIFICATE-----\njunk\n-----END CERTIFICATE-----\n")
    given: tuple[Any, ...] = ({"verify": str(junk)}, {"cert": (str(junk), str(junk))})
    for options in given:
        transport = Pyreqwest(trust_env=False, **options)
        with (
            SyncClient(base_url=URL, transport=transport) as client,
            pytest.raises(ConfigurationError, match="pyreqwest cannot use `verify` or `cert`"),
        ):
            client.request("GET", "/")


def test_only_so_many_engines_are_kept(serve: Any, http: Any) -> None:
    """The limits of a call are an engine's; the one that nobody has used for longest goes."""
    server = serve(lambda _: [http(b"1")])
    engines = SyncEngines(Pyreqwest(trust_env=False))
    first = engines.get(None, (1.0, 1.0))
    second = engines.get(None, (1.0, 2.0))
    for seconds in range(3, 17):
        engines.get(None, (1.0, float(seconds)))
    assert engines.get(None, (1.0, 1.0)) is first
    engines.get(None, (1.0, 17.0))
    assert engines.get(None, (1.0, 2.0)) is not second
    assert engines.get(None, (1.0, 1.0)) is first
    assert second.get(server.url).build().send().status == 200  # it still ends what it has begun
    engines.close()


def test_a_context_brings_its_certificate() -> None:
    """To put another into it would change what others may share."""
    options = HTTPX(verify=ssl.create_default_context(), cert="a.pem", trust_env=False)
    with (
        SyncClient(base_url=URL, transport=options) as client,
        pytest.raises(ConfigurationError, match=r"`cert` goes into the ssl\.SSLContext"),
    ):
        client.request("GET", "/")


@pytest.mark.anyio
@pytest.mark.parametrize("engine", ["aiohttp", "httptools", "pyreqwest"])
async def test_other_loops_are_refused_by_name(anyio_backend: str, engine: str) -> None:
    """Those engines run in asyncio only."""
    if anyio_backend == "asyncio":
        pytest.skip("this is the one")
    client = AsyncClient(base_url=URL, transport=engine)
    with pytest.raises(ConfigurationError, match=f"{engine} runs in asyncio only"):
        await client.request("GET", "/")
    await client.close()


def test_names_and_values_cost_no_import() -> None:
    """Neither an engine, nor ssl, nor asyncio is loaded by the options."""
    program = """
        import sys
        from sdk_core.transports import HTTPX, Aiohttp, Httptools, Pyreqwest
        HTTPX(verify="ca.pem"), Aiohttp(), Httptools(), Pyreqwest()
        engines = {"httpx", "aiohttp", "httptools", "pyreqwest", "ssl", "asyncio"}
        print(sorted(engines & set(sys.modules)))
    """
    command = [sys.executable, "-c", textwrap.dedent(program)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "[]"


def test_a_fork_is_told_that_pyreqwest_stayed_behind(serve: Any, http: Any) -> None:
    """Its threads do not come along; whoever calls would wait for ever."""
    server = serve(lambda _: [http(b"1")])
    program = """
        import os, sys
        from sdk_core.clients import SyncClient
        from sdk_core.errors import ConfigurationError
        client = SyncClient(base_url=sys.argv[1], transport="pyreqwest")
        first = client.request("GET", "/")
        child = os.fork()
        if child == 0:
            try:
                client.request("GET", "/")
            except ConfigurationError as error:
                os._exit(7 if "fork" in str(error) else 8)
            os._exit(9)
        print(first, os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), client.request("GET", "/"))
        client.close()
    """
    command = [sys.executable, "-c", textwrap.dedent(program), server.url]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout.strip() == "1 7 1", done.stderr
