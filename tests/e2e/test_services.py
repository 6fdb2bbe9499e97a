"""Services of mixins over generated operations, against the running server."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import ClassVar

import pytest

from sdk_core.clients import AsyncClient, SyncClient
from sdk_core.errors import APIStatusError, NotFoundError
from sdk_core.mixins import GetMixin, ListMixin, SearchMixin
from sdk_core.services import AsyncBaseService, BaseService, Service, method, service
from sdk_core.typing import Flow
from sdk_platform_api import operations
from sdk_platform_api.client import SECURITY_SCHEMES
from sdk_platform_api.models import ApiKey, Model
from sdk_server.testing import RunningServer


class NoSuchModelError(NotFoundError):
    """There is none of that id."""


class Models(Service):
    """What the platform offers."""

    errors: ClassVar[Mapping[int | str, type[APIStatusError]]] = {404: NoSuchModelError}
    list_operation = operations.LIST_MODELS
    get_operation = operations.GET_MODEL
    search_operation = operations.SEARCH_MODELS


class ModelsService(Models, BaseService, ListMixin[Model], GetMixin[Model], SearchMixin[Model]):
    """Models, blocking."""


class AsyncModelsService(
    Models, AsyncBaseService, ListMixin[Model], GetMixin[Model], SearchMixin[Model]
):
    """Models, awaited."""


class Keys(Service):
    """The keys of a user."""

    list_operation = operations.LIST_KEYS

    @method
    def rotate(self, key_id: str, *, name: str) -> Flow[ApiKey]:
        """Make a new key, then delete the old one."""
        made = yield from self._calling(operations.CREATE_KEY, body={"name": name})
        yield from self._calling(operations.DELETE_KEY, {"key_id": key_id})
        return made.key


class KeysService(Keys, BaseService, ListMixin[ApiKey]):
    """Keys, blocking."""


class AsyncKeysService(Keys, AsyncBaseService, ListMixin[ApiKey]):
    """Keys, awaited."""


class PlatformClient(SyncClient):
    """Two services."""

    security_schemes = SECURITY_SCHEMES
    models = service(ModelsService)
    keys = service(KeysService)


class AsyncPlatformClient(AsyncClient):
    """Two services, awaited."""

    security_schemes = SECURITY_SCHEMES
    models = service(AsyncModelsService)
    keys = service(AsyncKeysService)


def test_services_find_list_and_get(server: RunningServer) -> None:
    """Page by page, with filters; what is missing is an error of the service."""
    with PlatformClient(base_url=server.platform_url, credential=server.api_key) as client:
        names = [model.id for model in client.models.list(per_page=1)]
        assert {"echo-1", "echo-embed-1"} <= {*names}
        page = client.models.list(per_page=1).first()
        assert (1, True, len(names)) == (len(page), page.has_next, page.answer.total)
        assert names[1:2] == [model.id for model in page.next()]
        found = client.models.search("echo", capabilities=["embedding"]).collect()
        assert ["echo-embed-1"] == [model.id for model in found]
        assert names[:1] == [m.id for m in client.models.search(per_page=1).limit(max_items=1)]
        assert "Echo" == client.models.get("echo-1").name
        with pytest.raises(NoSuchModelError) as caught:
            client.models.get("no-such")
        assert caught.value.request_id is not None
        raw = client.with_raw_response.models.get("echo-1")
        assert (200, "echo-1") == (raw.status_code, raw.parse().id)


def test_a_flow_of_several_calls_rotates_a_key(server: RunningServer) -> None:
    """The new one is there, the old one is gone."""
    with PlatformClient(base_url=server.platform_url, credential=server.api_key) as client:
        old = client.call(operations.CREATE_KEY, body={"name": "old"})
        new = client.keys.rotate(old.key.id, name="new")
        assert "new" == new.name
        ids = {key.id for key in client.keys.list()}
        assert new.id in ids
        assert old.key.id not in ids
        client.call(operations.DELETE_KEY, {"key_id": new.id})


@pytest.mark.anyio
async def test_services_find_list_and_get_awaited(server: RunningServer) -> None:
    """The asynchronous twin does the same, in both kinds of loop."""
    key = server.api_key
    async with AsyncPlatformClient(base_url=server.platform_url, credential=key) as client:
        names = [model.id async for model in client.models.list(per_page=1)]
        assert {"echo-1", "echo-embed-1"} <= {*names}
        found = await client.models.search("echo", capabilities=["embedding"]).collect()
        assert ["echo-embed-1"] == [model.id for model in found]
        assert "Echo" == (await client.models.get("echo-1")).name
        with pytest.raises(NoSuchModelError):
            await client.models.get("no-such")
        old = await client.call(operations.CREATE_KEY, body={"name": "old"})
        new = await client.keys.rotate(old.key.id, name="new")
        assert new.id in {key.id async for key in client.keys.list()}
        await client.call(operations.DELETE_KEY, {"key_id": new.id})


def test_threads_share_one_service(server: RunningServer) -> None:
    """And its connections."""
    found: list[tuple[int, str]] = []
    with PlatformClient(base_url=server.platform_url, credential=server.api_key) as client:

        def use() -> None:
            found.append((id(client.models), client.models.get("echo-1").id))

        threads = [threading.Thread(target=use) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        assert [(id(client.models), "echo-1")] * 8 == found
