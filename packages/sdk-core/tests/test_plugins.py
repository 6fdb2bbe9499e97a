"""What packages add to clients, with a package that is really installed."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from sdk_core._messages import Request, Response
from sdk_core.clients import AsyncClient, SyncClient
from sdk_core.errors import ConfigurationError
from sdk_core.hooks import Hooks, RequestEvent
from sdk_core.options import Timeout
from sdk_core.plugins import Plugin, installed
from sdk_core.testing import request
from sdk_core.typing import Flow, Inner

Serve = Callable[..., SimpleNamespace]
Http = Callable[..., bytes]
Install = Callable[..., None]

URL = "https://api.example.com"


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Install a distribution: ``install("acme", code, **{"plugin-name": "object"})``."""
    modules = set(sys.modules)
    monkeypatch.syspath_prepend(str(tmp_path))

    def unpack(module: str, code: str, **plugins: str) -> None:
        folder = tmp_path / f"{module}-1.0.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.0\n")
        lines = "".join(f"{name} = {module}:{value}\n" for name, value in plugins.items())
        (folder / "entry_points.txt").write_text(f"[sdk_core.plugins]\n{lines}")
        (tmp_path / f"{module}.py").write_text(textwrap.dedent(code))

    yield unpack
    for name in set(sys.modules) - modules:
        del sys.modules[name]


ACME = """
    from sdk_core.plugins import Plugin
    from sdk_core.hooks import Hooks

    made = 0
    seen = []

    def mark(request, inner):
        return (yield from inner(request.with_headers({"x-acme": "yes"})))

    def plugin():
        global made
        made += 1
        return Plugin(policies=[mark], hooks=Hooks(on_request=seen.append), options={"timeout": 7})

    value = Plugin(options={"timeout": 8})
    number = 3
    def broken():
        raise RuntimeError("no licence")
"""


@pytest.mark.parametrize("kind", [SyncClient, AsyncClient])
def test_a_plugin_is_named_and_takes_part(install: Install, kind: Any) -> None:
    """What the function of an installed package returns is put into the client."""
    install("acme_one", ACME, acme="plugin")
    client = kind(base_url=URL, plugins=["acme"])
    assert client._options.timeout == Timeout(7)
    assert [policy.__name__ for policy in client._options.policies] == ["mark"]
    assert kind(base_url=URL, plugins=["acme"], timeout=3)._options.timeout == Timeout(3)
    assert sys.modules["acme_one"].made == 2


def test_a_plugin_works_on_the_wire(install: Install, serve: Serve, http: Http) -> None:
    """Its policies change requests, and its hooks are told."""
    install("acme_wire", ACME, acme="plugin")
    server = serve(lambda _: [http()])
    with SyncClient(base_url=server.url, plugins=["acme"]) as client:
        client.request("GET", "/x")
    assert server.requests[0].headers["x-acme"] == "yes"
    assert len(sys.modules["acme_wire"].seen) == 1


def test_nothing_is_loaded_that_is_not_named(install: Install) -> None:
    """An installed plugin does nothing by itself."""
    install("acme_idle", ACME, acme="plugin")
    SyncClient(base_url=URL)
    assert installed() == ("acme",)
    assert "acme_idle" not in sys.modules


def test_a_plugin_may_be_a_value(install: Install) -> None:
    """Offered under a name, or given as it is."""
    install("acme_value", ACME, acme="value")
    assert SyncClient(base_url=URL, plugins=["acme"])._options.timeout == Timeout(8)
    client = SyncClient(base_url=URL, plugins=(Plugin(options={"deadline": 9}),))
    assert client._options.deadline == 9


@pytest.mark.parametrize(
    ("plugins", "message"),
    [
        (["acne"], "`acne`, which is not installed; did you mean `acme`"),
        (["zzzz"], "installed are: `acme`, `broken`, `number`"),
        (["number"], r"`number` \(acme_bad:number\) must be a Plugin.*not int"),
        (["broken"], "`broken` .* cannot be loaded: RuntimeError: no licence"),
        (["missing"], "`missing` .* cannot be loaded: AttributeError"),
        (["acme", "acme"], "'acme' twice"),
        ("acme", "must be a list of names or plugins, not str"),
        ([3], "must be a Plugin.*not int"),
    ],
)
def test_what_is_no_plugin_is_refused(install: Install, plugins: Any, message: str) -> None:
    """By name, with the nearest one that there is."""
    offered = {"acme": "plugin", "number": "number", "broken": "broken"}
    if plugins == ["missing"]:
        offered["missing"] = "nothing"
    install("acme_bad", ACME, **offered)
    with pytest.raises(ConfigurationError, match=message):
        SyncClient(base_url=URL, plugins=plugins)


def test_without_any_plugin_installed_that_is_said() -> None:
    """The list of what there is may be empty."""
    with pytest.raises(ConfigurationError, match="installed are: none"):
        SyncClient(base_url=URL, plugins=["acme"])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"options": {"timout": 1}}, "cannot set the option `timout`; did you mean `timeout`"),
        ({"options": {"credential": "x"}}, "cannot set the option `credential`"),
        ({"options": {"deadline": -1}}, "`deadline`"),
        ({"policies": [3]}, "`policies`"),
        ({"call_policies": [3]}, "`call_policies`"),
        ({"hooks": 3}, "`hooks`"),
    ],
)
def test_a_plugin_that_cannot_work_is_refused_when_it_is_made(
    arguments: dict[str, Any], message: str
) -> None:
    """So that its author sees it, not its users."""
    with pytest.raises(ConfigurationError, match=message):
        Plugin(**arguments)


def one(request: Request, inner: Inner) -> Flow[Response]:
    """Pass on."""
    return (yield from inner(request))


def two(request: Request, inner: Inner) -> Flow[Response]:
    """Pass on."""
    return (yield from inner(request))


def test_several_plugins_and_the_client_itself_are_put_together() -> None:
    """Policies and hooks of the first are first, options of the client count, of plugins the last."""
    told: list[str] = []
    first = Plugin(
        policies=[one],
        call_policies=[one],
        hooks=lambda _: told.append("plugin"),
        options={"timeout": 1, "deadline": 1, "default_headers": {"a": "1", "b": "1"}},
    )
    second = Plugin(options={"timeout": 2, "default_query": {"q": 1}})
    client = SyncClient(
        base_url=URL,
        plugins=[first, second],
        policies=[two],
        call_policies=[two],
        hooks=Hooks(lambda _: told.append("client")),
        default_headers={"b": "2"},
    )
    options = client._options
    assert options.policies == options.call_policies == (one, two)
    assert (options.timeout, options.deadline) == (Timeout(2), 1)
    assert (options.default_headers, options.default_query) == ({"a": "1", "b": "2"}, {"q": 1})
    assert options.hooks is not None
    options.hooks.emit(RequestEvent(request()))
    assert told == ["plugin", "client"]
