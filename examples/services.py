"""
A client of one's own: services made of mixins, on top of generated operations.

Run it with ``SDK_PLATFORM_API_BASE_URL`` and ``SDK_PLATFORM_API_KEY`` set. Searching asks that
server; what it does not offer (files and configurations) is asked of a server of examples.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, final

from sdk_core.clients import AsyncClient, SyncClient
from sdk_core.errors import APIStatusError, NotFoundError
from sdk_core.mixins import ConfigMixin, DownloadMixin, FileMixin, SearchMixin
from sdk_core.models import BaseModel
from sdk_core.operations import Body, Pagination
from sdk_core.services import AsyncBaseService, BaseService, Service, method, operation, service
from sdk_core.testing import ExampleServer, Exchange
from sdk_core.typing import Flow
from sdk_platform_api import operations
from sdk_platform_api.client import SECURITY_SCHEMES
from sdk_platform_api.models import Model

KEY = os.environ.get("SDK_PLATFORM_API_KEY")


class File(BaseModel):
    """A file of a model."""

    name: str
    size: int


class Config(BaseModel):
    """How a model is run."""

    temperature: float


class ModelNotFoundError(NotFoundError):
    """There is no such model."""


class Models(Service):
    """What a service of models can call, and what it does beyond that, for both colours."""

    errors: ClassVar[Mapping[int | str, type[APIStatusError]]] = {404: ModelNotFoundError}

    search_operation = operations.SEARCH_MODELS
    download_operation = operation("GET", "/models/{model_id}/files/{name}", bytes)
    list_files_operation = operation(
        "GET",
        "/models/{model_id}/files",
        query=["page"],
        pagination=Pagination(
            "page",
            inputs=({"name": "page", "in": "parameters", "type": "page"},),
            outputs={"results": "$.items", "numPages": "$.pages"},
        ),
    )
    upload_file_operation = operation(
        "PUT",
        "/models/{model_id}/files/{name}",
        File,
        body=Body("application/octet-stream", "bytes"),
    )
    delete_file_operation = operation("DELETE", "/models/{model_id}/files/{name}", None)
    get_config_operation = operation("GET", "/models/{model_id}/config", Config)
    update_config_operation = operation("PATCH", "/models/{model_id}/config", Config, body=Body())

    @method
    def describe(self, model_id: str) -> Flow[str]:
        """Return a model in one sentence."""
        model = yield from self._calling(operations.GET_MODEL, {"model_id": model_id})
        return f"{model.name} can do {', '.join(model.capabilities)}"


@final
class ModelsService(
    Models, BaseService, SearchMixin[Model], DownloadMixin, FileMixin, ConfigMixin[Config]
):
    """Models, blocking."""


@final
class AsyncModelsService(
    Models, AsyncBaseService, SearchMixin[Model], DownloadMixin, FileMixin, ConfigMixin[Config]
):
    """Models, awaited."""


class PlatformClient(SyncClient):
    """A client whose services are made when they are first asked for."""

    security_schemes = SECURITY_SCHEMES
    base_url_variable = "SDK_PLATFORM_API_BASE_URL"

    models = service(ModelsService)


class AsyncPlatformClient(AsyncClient):
    """The same, awaited."""

    security_schemes = SECURITY_SCHEMES
    base_url_variable = "SDK_PLATFORM_API_BASE_URL"

    models = service(AsyncModelsService)


def search(client: PlatformClient) -> None:
    """Search, page by page, and name what is not there."""
    for model in client.models.search(capabilities=["chat"], per_page=10):
        print(f"found {model.id}: {client.models.describe(model.id)}")
    page = client.models.search("no-such-words").first()
    print(f"found {len(page)} of {page.answer.total} without sense")
    try:
        client.models.describe("no-such-model")
    except ModelNotFoundError as error:
        print(f"{type(error).__name__}: {error}")


async def search_later() -> None:
    """Do the same, awaited."""
    async with AsyncPlatformClient(credential=KEY) as client:
        async for model in client.models.search("embed").limit(max_items=5):
            print(f"later {model.id}: {await client.models.describe(model.id)}")


def keep_files(client: PlatformClient, folder: Path) -> None:
    """Upload, list, download and delete a file."""
    file: File = client.models.upload_file("echo-1", "a.txt", file=b"abc")
    print(f"uploaded {file.name}, {file.size} bytes")
    print("files:", [each["name"] for each in client.models.list_files("echo-1").collect()])
    path = client.models.download("echo-1", "a.txt", to=folder / "a.txt")
    print(f"downloaded {path.read_text()!r}")
    client.models.delete_file("echo-1", "a.txt")


def configure(client: PlatformClient) -> None:
    """Change a configuration, unless somebody else did meanwhile."""
    edited = client.models.edit_config(
        "echo-1", edit=lambda config: {"temperature": config.temperature / 2}
    )
    print(f"configured {edited.value.temperature} in version {edited.etag}")


def exchange(method: str, path: str, answer: Mapping[str, Any], **request: Any) -> Exchange:
    """Return what the server of examples is asked, and what it answers."""
    return Exchange(path, method, "models", {"method": method, "path": path, **request}, answer)


FILE = "/models/echo-1/files/a.txt"
CONFIG = "/models/echo-1/config"
BYTES = {"type": "application/octet-stream", "base64": "YWJj"}
EXAMPLES = (
    exchange("PUT", FILE, {"status": 200, "json": {"name": "a.txt", "size": 3}}, body=BYTES),
    exchange(
        "GET",
        "/models/echo-1/files",
        {"status": 200, "json": {"items": [{"name": "a.txt"}], "pages": 1}},
    ),
    exchange("GET", FILE, {"status": 200, **BYTES}),
    exchange("DELETE", FILE, {"status": 204}),
    exchange(
        "GET", CONFIG, {"status": 200, "json": {"temperature": 1.0}, "headers": {"etag": '"1"'}}
    ),
    exchange(
        "PATCH",
        CONFIG,
        {"status": 200, "json": {"temperature": 0.5}, "headers": {"etag": '"2"'}},
        headers={"if-match": '"1"'},
        body={"type": "application/json", "json": {"temperature": 0.5}},
    ),
)


def main() -> None:
    """Search on one server, keep files and configurations on the other."""
    with PlatformClient(credential=KEY) as client:
        search(client)
    asyncio.run(search_later())
    with (
        ExampleServer(EXAMPLES) as server,
        PlatformClient(base_url=server.url) as client,
        tempfile.TemporaryDirectory() as folder,
    ):
        keep_files(client, Path(folder))
        configure(client)


if __name__ == "__main__":
    main()
