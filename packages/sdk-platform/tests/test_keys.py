"""API keys, at a real server."""

from __future__ import annotations

from typing import Any

import pytest

from sdk_platform import KeyNameTakenError, KeyNotFoundError
from sdk_server.testing import RunningServer

from ._calls import done, items
from .conftest import Connect

pytestmark = pytest.mark.anyio


@pytest.fixture
def client(connect: Connect, server: RunningServer) -> Any:
    """Return a client with a key."""
    return connect(api_key=server.api_key)


async def test_a_key_lives_from_creation_to_deletion(client: Any, connect: Connect) -> None:
    """It is listed and described, it works, and then it does not; its secret is not shown."""
    new = await done(client.keys.create("life", expires_in=60))
    assert new.secret not in repr(new)
    assert new.key.expires_at is not None
    assert new.key.id in [key.id for key in await items(client.keys.list())]
    assert "life" == (await done(client.keys.get(new.key.id))).name
    assert await done(connect(api_key=new.secret).auth.whoami())
    await done(client.keys.delete(new.key.id))
    for call in (client.keys.get, client.keys.delete):
        with pytest.raises(KeyNotFoundError):
            await done(call(new.key.id))


async def test_two_keys_of_one_name_are_refused(client: Any) -> None:
    """The error names the name."""
    new = await done(client.keys.create("twice"))
    assert new.key.expires_at is None
    with pytest.raises(KeyNameTakenError, match="`twice`"):
        await done(client.keys.create("twice"))
    await done(client.keys.delete(new.key.id))
