"""Canaries for secrets: they may stand on the wire and in the store, and nowhere else."""

from __future__ import annotations

import io
import logging
import pickle
import traceback
from typing import Any

import pytest
from rich.console import Console
from rich.traceback import Traceback

from sdk_auth import MemoryStore
from sdk_core.errors import SDKError
from sdk_core.testing import FakeTransport, response
from sdk_platform import AsyncPlatformClient, PlatformClient

from ._calls import done

pytestmark = pytest.mark.anyio

CANARY = "canary-0123456789abcdef"
TOKEN = {
    "access_token": f"access-{CANARY}",
    "refresh_token": f"refresh-{CANARY}",
    "token_type": "bearer",
    "expires_in": 900,
}


def shown(error: BaseException) -> str:
    """Return all that tools show of an error, the local variables of its frames included."""
    console = Console(file=io.StringIO(), width=200)
    frames = Traceback.from_exception(
        type(error), error, error.__traceback__, show_locals=True, locals_max_string=10_000
    )
    # What stands in a test is there for its reader; what the program did is what counts.
    for stack in frames.trace.stacks:
        stack.frames = [frame for frame in stack.frames if "/tests/" not in frame.filename]
    console.print(frames)
    text = "".join(traceback.format_exception(error))
    pickled = pickle.dumps(error).decode("latin-1")
    return "".join([repr(error), str(error), text, pickled, console.file.getvalue()])  # type: ignore[attr-defined]  # a StringIO


async def test_an_error_of_signing_in_shows_no_secret(
    colour: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Even of a platform that repeats what it was sent."""
    caplog.set_level(logging.DEBUG)
    kind: Any = PlatformClient if colour == "sync" else AsyncPlatformClient
    said = {"error": "invalid_grant", "error_description": f"no user has {CANARY}"}
    fake = FakeTransport({"POST /api/auth/token": response(400, json=said)})
    base = {"base_url": "https://there/api", "transport": fake}
    client = kind(store=MemoryStore(), **base)
    given = kind(username="ada", password=CANARY, **base)
    for call in (lambda: client.auth.login("ada", CANARY), given.auth.whoami):
        with pytest.raises(SDKError) as caught:
            await done(call())
        assert CANARY not in shown(caught.value)
    assert CANARY not in caplog.text + repr(client) + repr(vars(client)) + repr(given._auth)


async def test_an_error_of_a_session_shows_no_token(
    colour: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Nor does a session that has ended, or the client itself."""
    caplog.set_level(logging.DEBUG)
    kind: Any = PlatformClient if colour == "sync" else AsyncPlatformClient
    ended = response(400, json={"error": "invalid_grant", "error_description": "it has ended"})
    fake = FakeTransport(
        {
            "POST /api/auth/token": [response(json=TOKEN), ended],
            "GET /api/users/me": [
                response(json={"id": "1", "username": "ada"}),
                response(401, json={"detail": f"access-{CANARY} is not known"}),
            ],
        }
    )
    client = kind(base_url="https://there/api", transport=fake, store=MemoryStore())
    await done(client.auth.login("ada", "secret"))
    with pytest.raises(SDKError) as caught:
        await done(client.auth.whoami())
    assert CANARY not in shown(caught.value)
    assert CANARY not in caplog.text + repr(client) + repr(vars(client))
    with pytest.raises((TypeError, AttributeError, pickle.PicklingError)):
        pickle.dumps(client)


@pytest.mark.parametrize("kind", [PlatformClient, AsyncPlatformClient])
async def test_a_client_that_cannot_be_made_shows_no_secret(kind: type[Any]) -> None:
    """Whichever option is wrong."""
    for options in ({"timeout": "long"}, {"base_url": "nowhere"}, {"api_key": CANARY}):
        with pytest.raises(SDKError) as caught:
            kind(username="ada", password=CANARY, **options)
        assert CANARY not in shown(caught.value)
