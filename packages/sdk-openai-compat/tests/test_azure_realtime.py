"""Azure's WebSockets: the model names the deployment, beside the version."""

from __future__ import annotations

from typing import Any

import pytest

from sdk_openai_compat import AsyncAzureOpenAI, AzureOpenAI

from ._clients import KEY
from ._sockets import CREATED, Entered, Start, says, start

__all__ = ["start"]

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("colour", ["sync", "asyncio"])
@pytest.mark.parametrize(("deployment", "named"), [(None, "m"), ("mine", "mine")])
async def test_a_conversation_goes_to_the_deployment(
    colour: str, start: Start, deployment: str | None, named: str
) -> None:
    """At the resource's own address, with Azure's key."""
    server = start(says(CREATED))
    kind: Any = AzureOpenAI if colour == "sync" else AsyncAzureOpenAI
    client = kind(
        api_version="v", azure_endpoint=server.url, azure_deployment=deployment, api_key=KEY
    )
    async with Entered(client.realtime.connect(model="m")) as connection:
        assert (await connection.receive()).type == "session.created"
    (request,) = server.requests
    path, _, query = request.path.partition("?")
    assert path == "/openai/realtime"
    assert set(query.split("&")) == {"api-version=v", f"deployment={named}"}
    assert request.headers["api-key"] == KEY
