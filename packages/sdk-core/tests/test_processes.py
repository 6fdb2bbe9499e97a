"""What only shows in a process of its own: imports, forks, and the way out."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from collections.abc import Callable
from types import SimpleNamespace

import pytest

Serve = Callable[..., SimpleNamespace]
Http = Callable[..., bytes]


def run(program: str, *arguments: str) -> str:
    """Run *program* in a new interpreter; return what it printed, if it complained of nothing."""
    command = [sys.executable, "-W", "error", "-c", textwrap.dedent(program), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.stderr == ""
    assert done.returncode == 0
    return done.stdout.strip()


@pytest.mark.parametrize(
    "program",
    [
        "import sdk_core",
        "import sdk_core.clients as c; c.SyncClient(base_url='http://x', credential='k')",
        "import sdk_core.clients as c; c.AsyncClient(base_url='https://x').with_raw_response",
        "import sdk_core.errors, sdk_core.operations, sdk_core.options, sdk_core.policies",
        "import sdk_core.resources, sdk_core.responses, sdk_core.streams, sdk_core.typing",
        "import sdk_core.testing",
        "import sdk_core.mixins, sdk_core.pagination, sdk_core.polling, sdk_core.services",
    ],
)
def test_a_client_is_ready_before_the_heavy_libraries(program: str) -> None:
    """Neither importing nor making a client loads an HTTP engine, pydantic, ssl or a loop."""
    heavy = {"httpx", "httpcore", "anyio", "pydantic", "pydantic_core", "ssl", "asyncio", "trio"}
    loaded = run(f"{program}\nimport sys\nprint(*sys.modules)").split()
    assert heavy & set(loaded) == set()


def test_a_blocking_call_needs_no_event_loop(serve: Serve, http: Http) -> None:
    """Only asynchronous clients pay for asyncio, and answers without a model for no pydantic."""
    server = serve(lambda _: [http(b'{"a": 1}')])
    program = """
        import sys
        from sdk_core.clients import SyncClient
        with SyncClient(base_url=sys.argv[1]) as client:
            print(client.request("GET", "/"))
        print("pydantic" in sys.modules)
    """
    assert run(program, server.url).splitlines() == ["{'a': 1}", "False"]


@pytest.mark.parametrize(
    ("colour", "tidy"), [("sync", False), ("async", True), ("async", False), ("trio", False)]
)
def test_a_process_ends_in_silence(serve: Serve, http: Http, colour: str, tidy: bool) -> None:
    """Closed or forgotten, a client leaves no complaint behind at the end of the process."""
    server = serve(lambda _: [http(b"1", connection="close")])
    program = f"""
        import sys
        from sdk_core.clients import AsyncClient, SyncClient
        if {colour!r} == "sync":
            client = SyncClient(base_url=sys.argv[1])
            print(client.request("GET", "/"))
            if {tidy}:
                client.close()
        else:
            client = AsyncClient(base_url=sys.argv[1])
            async def main():
                print(await client.request("GET", "/"))
                if {tidy}:
                    await client.close()
            if {colour!r} == "trio":
                import trio
                trio.run(main)
            else:
                import asyncio
                asyncio.run(main())
    """
    assert run(program, server.url) == "1"


def test_a_child_opens_connections_of_its_own(serve: Serve, http: Http) -> None:
    """After a fork, parent and child both go on, and neither reads the other's answers."""
    server = serve(lambda sent: [http(b"%d" % sent.connection)])
    program = """
        import os, sys, warnings
        warnings.simplefilter("ignore")  # the child drops the parent's sockets
        from sdk_core import _sharing
        from sdk_core.clients import SyncClient
        client = SyncClient(base_url=sys.argv[1])
        first = client.request("GET", "/")
        reader, writer = os.pipe()
        _sharing._lock.acquire()  # as another thread may, in the moment of the fork
        child = os.fork()
        if child == 0:
            with SyncClient(base_url=sys.argv[1]) as other:
                answers = other.request("GET", "/"), client.request("GET", "/")
            left = client.request("GET", "/")
            os.write(writer, repr((*answers, left)).encode())
            os._exit(0)
        _sharing._lock.release()
        os.waitpid(child, 0)
        print(first, os.read(reader, 100).decode(), client.request("GET", "/"))
        client.close()
    """
    assert run(program, server.url) == "1 (2, 2, 2) 1"
