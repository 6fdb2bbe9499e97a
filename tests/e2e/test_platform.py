"""The generated platform client against the running server, from login to logout."""

from __future__ import annotations

import pytest

from sdk_core.errors import AuthenticationError, NotFoundError
from sdk_openai_compat import OpenAI
from sdk_platform_api import AsyncClient, Client
from sdk_server.testing import RunningServer


def test_a_session_from_login_to_logout(server: RunningServer) -> None:
    """Models are listed; a key is created, works, is deleted, and works no more."""
    with Client(base_url=server.platform_url) as anyone:
        assert "ok" == anyone.health.check().status
        token = anyone.auth.login(username=server.admin_user, password=server.admin_password)
        assert token.expires_in > 0
    with Client(base_url=server.platform_url, credential=token.access_token) as client:
        assert server.admin_user == client.users.me().username
        names = {model.id for model in client.models.list().items}
        assert {"echo-1", "echo-embed-1"} <= names
        created = client.keys.create(name="e2e")
        assert created.key.id in {key.id for key in client.keys.list().items}
        assert "e2e" == client.keys.get(created.key.id).name
        with OpenAI(base_url=server.inference_url, api_key=created.secret) as inference:
            assert "echo-1" in [model.id for model in inference.models.list()]
            client.keys.delete(created.key.id)
            with pytest.raises(AuthenticationError):
                inference.models.list()
        with pytest.raises(NotFoundError):
            client.keys.get(created.key.id)
        assert token.refresh_token is not None
        fresh = client.auth.refresh(refresh_token=token.refresh_token)
        assert fresh.access_token != token.access_token
    with Client(base_url=server.platform_url, credential=fresh.access_token) as again:
        assert server.admin_user == again.users.me().username
        again.auth.logout()
        with pytest.raises(AuthenticationError):
            again.users.me()


@pytest.mark.anyio
async def test_a_session_from_login_to_logout_awaited(server: RunningServer) -> None:
    """The asynchronous twin does the same, in both kinds of loop."""
    async with AsyncClient(base_url=server.platform_url) as anyone:
        token = await anyone.auth.login(username=server.admin_user, password=server.admin_password)
    async with AsyncClient(base_url=server.platform_url, credential=token.access_token) as client:
        assert {"echo-1"} <= {model.id for model in (await client.models.list()).items}
        created = await client.keys.create(name="e2e")
        assert created.key.id in {key.id for key in (await client.keys.list()).items}
        await client.keys.delete(created.key.id)
        with pytest.raises(NotFoundError):
            await client.keys.get(created.key.id)
        assert token.refresh_token is not None
        fresh = await client.auth.refresh(refresh_token=token.refresh_token)
    async with AsyncClient(base_url=server.platform_url, credential=fresh.access_token) as again:
        assert server.admin_user == (await again.users.me()).username
        await again.auth.logout()
        with pytest.raises(AuthenticationError):
            await again.users.me()


def test_a_wrong_password_is_refused_without_showing_it(server: RunningServer) -> None:
    """The error is an authentication error; the password is nowhere in it."""
    with (
        Client(base_url=server.platform_url) as client,
        pytest.raises(AuthenticationError) as caught,
    ):
        client.auth.login(username=server.admin_user, password="canary-0123456789")
    assert "canary" not in repr(caught.value)
