"""Mistakes that type checkers must find: each line that holds one says its kind, and what is named."""

from __future__ import annotations

from typing import Any, final

from sdk_core.clients import AsyncClient, SyncClient
from sdk_core.events import EventSource
from sdk_core.mixins import DownloadMixin, SearchMixin
from sdk_core.models import BaseModel
from sdk_core.operations import Operation
from sdk_core.services import AsyncBaseService, BaseService, operation, service
from sdk_core.websockets import AsyncWebSocket

SEARCH: Operation[Any] = operation("GET", "/models", query=["query"])


class Model(BaseModel):
    """A thing."""

    id: str


@final
class NothingToSearch(BaseService, SearchMixin[Model]):  # misc: search_operation
    """The operation is missing."""


class NothingToDownload(BaseService, SearchMixin[Model], DownloadMixin):
    """One of two is."""

    search_operation = SEARCH


class NoService(SearchMixin[Model]):
    """A mixin alone."""

    search_operation = SEARCH


class Models(BaseService, SearchMixin[Model]):
    """A good one."""

    search_operation = SEARCH


class AsyncModels(AsyncBaseService, SearchMixin[Model]):
    """What is no operation."""

    search_operation = "GET /models"  # assignment


class Client(SyncClient):
    """With a service that is abstract."""

    models = service(Models)
    downloads = service(NothingToDownload)  # type-abstract


def run(client: Client, other: AsyncClient) -> None:
    """Use them."""
    NothingToDownload(client)  # abstract: download_operation
    NoService()  # abstract: _paging
    Models(other)  # arg-type
    client.models.search(query=3)  # arg-type
    assert client.models.search("a").first().items[0].name  # attr-defined
    client.models.download("a", to="b")  # attr-defined
    client.models.serach("a")  # attr-defined
    EventSource(other, "/a")  # arg-type: AsyncClient
    EventSource(client, "/a", type=Model(id="a"))  # arg-type: Model
    EventSource(client, "/a", methods="GET")  # call-arg: methods
    AsyncWebSocket(client, "/a")  # arg-type: Client
