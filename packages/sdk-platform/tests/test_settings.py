"""What a client is given, and what it finds by itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any, assert_type

import pytest

from sdk_auth import ApiKey
from sdk_auth.errors import TokenStoreError
from sdk_core.errors import ConfigurationError, UnknownOptionError
from sdk_core.testing import FakeTransport, response
from sdk_openai_compat import AsyncOpenAI, OpenAI
from sdk_platform import AsyncPlatformClient, NotSignedInError, PlatformClient
from sdk_platform_api import operations
from sdk_platform_api.models import Model, ModelFile, User
from sdk_server.testing import RunningServer

from ._calls import done
from .conftest import Connect

pytestmark = pytest.mark.anyio

BOTH = pytest.mark.parametrize("kind", [PlatformClient, AsyncPlatformClient])
USER = response(json={"id": "1", "username": "ada"})


@BOTH
@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"username": "ada"}, "`username` and `password` belong together"),
        ({"password": "secret"}, "`username` and `password` belong together"),
        ({"username": "ada", "password": ""}, "`password` of Password is empty"),
        ({"api_key": "k", "auth": ApiKey("k")}, "`auth` and `api_key` exclude each other"),
        (
            {"username": "ada", "password": "s", "api_key": "k"},
            "`api_key` and `username` exclude each other",
        ),
        ({"auth": "no policy"}, "`auth`"),
        ({"api_key": "two\nlines"}, "control character|line"),
        ({"api_key": ""}, "`api_key` is empty"),
        ({"base_url": "nowhere"}, "`base_url` must be an absolute"),
    ],
)
async def test_what_cannot_be_used_is_refused_at_once(
    kind: type[Any], options: dict[str, Any], words: str
) -> None:
    """The message names the option, and no secret."""
    with pytest.raises(ConfigurationError, match=words):
        kind(**options)


@BOTH
async def test_an_option_that_does_not_exist_is_refused(kind: type[Any]) -> None:
    """With the nearest that does."""
    with pytest.raises(UnknownOptionError, match="did you mean `username`"):
        kind(user_name="ada")
    with pytest.raises(UnknownOptionError, match="credential"):
        kind(credential="k")


@BOTH
async def test_a_password_does_not_travel_in_clear_text(kind: type[Any]) -> None:
    """Only to this machine; elsewhere it takes https."""
    options = {"username": "ada", "password": "canary"}
    with pytest.raises(ConfigurationError, match="it must be https") as caught:
        kind(base_url="http://platform.example/api", **options)
    assert "canary" not in str(caught.value)
    kind(base_url="https://platform.example/api", **options)


async def test_a_policy_of_ones_own_authenticates(colour: str) -> None:
    """Such as a key in another header."""
    kind: Any = PlatformClient if colour == "sync" else AsyncPlatformClient
    with FakeTransport({"GET /api/users/me": USER}) as fake:
        client = kind(transport=fake, auth=ApiKey("k", name="x-own"))
        await done(client.auth.whoami())
    assert "k" == fake.requests[0].headers["x-own"]


async def test_the_environment_has_an_address_and_a_key(
    colour: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which arguments go before."""
    kind: Any = PlatformClient if colour == "sync" else AsyncPlatformClient
    monkeypatch.setenv("SDK_PLATFORM_API_BASE_URL", "http://there/api")
    monkeypatch.setenv("SDK_PLATFORM_API_CREDENTIAL", "of-the-environment")
    with FakeTransport(
        {"GET http://there/api/users/me": USER, "GET http://here/api/users/me": USER}
    ) as fake:
        await done(kind(transport=fake).auth.whoami())
        await done(kind(transport=fake, base_url="http://here/api", api_key="given").auth.whoami())
    assert ["Bearer of-the-environment", "Bearer given"] == [
        request.headers["authorization"] for request in fake.requests
    ]


async def test_a_client_that_finds_nothing_says_where_it_has_looked(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the environment, in a profile, and in a store; where there is no home, that is said."""
    with pytest.raises(NotSignedInError, match="nobody is signed in at http") as caught:
        await done(connect().auth.whoami())
    assert ["environment", "profile", "store"] == [name for name, _ in caught.value.tried]
    monkeypatch.setattr("platformdirs.user_data_path", lambda *_, **__: Path("~/.local/share"))
    client = connect()
    with pytest.raises(NotSignedInError, match="this user has no home folder"):
        await done(client.auth.whoami())
    with pytest.raises(TokenStoreError, match="this user has no home folder"):
        await done(client.auth.login("ada", "secret"))


async def test_what_is_public_needs_nobody(connect: Connect) -> None:
    """A client that finds no credential can ask whether the platform is well."""
    health = await done(connect().call(operations.CHECK_HEALTH))
    assert "ok" == health.status


def test_type_checkers_know_what_services_return(server: RunningServer) -> None:
    """Blocking ones."""
    with PlatformClient(base_url=server.platform_url, api_key=server.api_key) as client:
        model = assert_type(client.models.get("echo-1"), Model)
        [found] = assert_type(client.models.search("echo-1").collect(), list[Model])
        [file, *_] = assert_type(client.models.list_files("echo-1").collect(), list[ModelFile])
        user = assert_type(client.auth.whoami(), User)
        assert_type(client.openai, OpenAI)
    assert [Model, Model, ModelFile, User] == [type(each) for each in (model, found, file, user)]


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_type_checkers_know_what_services_return_when_awaited(server: RunningServer) -> None:
    """The others."""
    async with AsyncPlatformClient(base_url=server.platform_url, api_key=server.api_key) as client:
        model = assert_type(await client.models.get("echo-1"), Model)
        [found] = assert_type(await client.models.search("echo-1").collect(), list[Model])
        user = assert_type(await client.auth.whoami(), User)
        assert_type(client.openai, AsyncOpenAI)
    assert [Model, Model, User] == [type(each) for each in (model, found, user)]
