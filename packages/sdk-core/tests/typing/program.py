"""What type checkers must see: every `assert_type` holds, in both colours."""

from __future__ import annotations

from collections.abc import Coroutine
from pathlib import Path
from typing import Any, assert_type, final

from sdk_core.clients import AsyncClient, SyncClient
from sdk_core.errors import NotFoundError
from sdk_core.events import AsyncEventSource, EventSource, ServerSentEvent
from sdk_core.mixins import (
    ConfigMixin,
    DownloadMixin,
    FileMixin,
    GetMixin,
    ListMixin,
    SearchMixin,
    Versioned,
    WaitMixin,
)
from sdk_core.models import BaseModel
from sdk_core.operations import Operation
from sdk_core.pagination import AsyncPage, AsyncPages, Page, Pages
from sdk_core.polling import async_poll, poll
from sdk_core.services import (
    AsyncBaseService,
    BaseService,
    Service,
    lazy_service,
    method,
    operation,
    service,
)
from sdk_core.typing import Flow
from sdk_core.websockets import AsyncWebSocket, WebSocket


class Model(BaseModel):
    """A thing."""

    id: str


class Gone(NotFoundError):
    """An error of its own."""


GET: Operation[Model] = operation("GET", "/models/{model_id}", Model)
ANY: Operation[Any] = operation("GET", "/models")


class Renaming(Service):
    """Written once."""

    @method
    def rename(self, model_id: str, *, name: str) -> Flow[Model]:
        """Rename."""
        model = yield from self._calling(GET, {"model_id": model_id})
        assert_type(model, Model)
        return model


class Operations:
    """What the mixins need."""

    get_operation = GET
    search_operation = list_operation = download_operation = ANY
    list_files_operation = upload_file_operation = delete_file_operation = ANY
    get_config_operation = update_config_operation = wait_operation = ANY


@final
class ModelsService(
    Operations,
    BaseService,
    Renaming,
    GetMixin[Model],
    ListMixin[Model],
    SearchMixin[Model],
    DownloadMixin,
    FileMixin[Model],
    ConfigMixin[Model],
    WaitMixin[Model],
):
    """All of it, blocking."""

    errors = {404: Gone}  # noqa: RUF012  # as users write it

    def first(self) -> Model:
        """Call one by one."""
        assert_type(self._call(GET, {"model_id": "a"}), Model)
        return self._request("GET", "/models/{id}", {"id": "a"}, cast_to=Model)


@final
class AsyncModelsService(
    Operations,
    AsyncBaseService,
    Renaming,
    GetMixin[Model],
    SearchMixin[Model],
    DownloadMixin,
    ConfigMixin[Model],
):
    """Some of it, awaited."""

    async def first(self) -> Model:
        """Await one by one."""
        assert_type(await self._call(GET, {"model_id": "a"}), Model)
        return await self._request("GET", "/models/{id}", {"id": "a"}, cast_to=Model)


class BareService(Operations, BaseService, SearchMixin, DownloadMixin, FileMixin, ConfigMixin):
    """Without brackets: whatever it is."""


class Client(SyncClient):
    """A client."""

    models = service(ModelsService)
    bare = service(BareService)

    @lazy_service
    def late(self) -> ModelsService:
        """Made later."""
        return ModelsService(self)


class LaterClient(AsyncClient):
    """Its twin."""

    models = service(AsyncModelsService)


def blocking(client: Client) -> None:
    """Nothing is awaited."""
    assert_type(client.models, ModelsService)
    assert_type(client.late, ModelsService)
    assert_type(client.models.rename("a", name="b"), Model)
    assert_type(client.models.get("a"), Model)
    assert_type(client.models.list(page=1), Pages[Model])
    assert_type(client.models.search("x", sort="name").first(), Page[Model])
    assert_type(client.models.search("x").limit(max_items=3).collect(), list[Model])
    assert_type(client.models.download("a", to="b"), Path)
    assert_type(client.models.get_config("a"), Versioned[Model])
    assert_type(client.models.edit_config("a", edit=lambda m: {"id": m.id}).value, Model)
    assert_type(client.models.delete_file("a"), None)
    assert_type(client.models.wait_for("a", until=lambda m: m.id == "a", timeout=3), Model)
    assert_type(client.with_options(timeout=3).models, ModelsService)
    assert_type(client.bare.search("x"), Pages[Any])
    for model in client.models.list():
        assert_type(model, Model)
    assert_type(poll(lambda: client.models.get("a"), lambda m: m.id == "b"), Model)


async def awaited(client: LaterClient) -> None:
    """Everything is awaited."""
    assert_type(client.models, AsyncModelsService)
    renaming: Coroutine[Any, Any, Model] = client.models.rename("a", name="b")
    assert_type(await renaming, Model)
    assert_type(await client.models.get("a"), Model)
    assert_type(client.models.search("x"), AsyncPages[Model])
    assert_type(await client.models.search("x").first(), AsyncPage[Model])
    assert_type(await client.models.search("x").collect(), list[Model])
    assert_type(await client.models.download("a", to="b"), Path)
    assert_type(await client.models.get_config("a"), Versioned[Model])
    async for model in client.models.search():
        assert_type(model, Model)
    assert_type(await async_poll(lambda: client.models.get("a")), Model)


def connected(client: SyncClient) -> None:
    """What connections that stay give is what was asked for, or else what comes over the wire."""
    assert_type(EventSource(client, "/a"), EventSource[ServerSentEvent])
    assert_type(next(EventSource(client, "/a", type=Model, method="POST")), Model)
    assert_type(WebSocket(client, "/a"), WebSocket[str | bytes])
    with WebSocket(client, "/a", type=object, max_queue=1) as socket:
        assert_type(socket.receive(), object)


async def awaited_over_connections(client: AsyncClient) -> None:
    """The same, awaited."""
    async for event in AsyncEventSource(client, "/a"):
        assert_type(event, ServerSentEvent)
    assert_type(AsyncEventSource(client, "/a", type=Model), AsyncEventSource[Model])
    assert_type(await AsyncWebSocket(client, "/a").receive(), str | bytes)
    async with AsyncWebSocket(client, "/a", type=Model) as socket:
        assert_type(await socket.receive(), Model)
