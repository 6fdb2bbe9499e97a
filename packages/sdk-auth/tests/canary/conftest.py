"""A server whose secrets nobody has written down, and who listens everywhere."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from importlib import import_module

import pytest

from sdk_core.clients import AsyncClient, SyncClient

from .._server.running import OAuthServer
from .._server.state import User
from ._vault import Listening, Vault


@pytest.fixture
def vault(oauth_server: OAuthServer) -> Vault:
    """Return secrets, those of the server's clients and of its user among them."""
    made = Vault()
    oauth_server.register("service", made["client secret"])
    oauth_server.register("legacy", made["client secret of a form"], auth="client_secret_post")
    oauth_server.register("hmac", made["HMAC key"], auth="client_secret_jwt")
    oauth_server.state.users["alice"] = User("alice", made["password"])
    return made


@pytest.fixture
def listening() -> Iterator[Listening]:
    """Listen to every logger at every level, those of the engines among them."""
    import_module("sdk_core._httpx")  # which guards the loggers of its engine
    handler, root = Listening(), logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(1)
    yield handler
    root.setLevel(before)
    root.removeHandler(handler)


@pytest.fixture(params=["sync", "async"])
def kind(request: pytest.FixtureRequest) -> type[SyncClient | AsyncClient]:
    """Return a class of clients."""
    return SyncClient if request.param == "sync" else AsyncClient
