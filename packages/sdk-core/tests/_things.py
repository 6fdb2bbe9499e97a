"""A service, its operations and its clients, in both colours."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

from sdk_core.clients import AsyncClient, SyncClient
from sdk_core.errors import (
    APIStatusError,
    ConflictError,
    NotFoundError,
    RateLimitError,
)
from sdk_core.models import BaseModel
from sdk_core.operations import Body, Pagination
from sdk_core.services import (
    AsyncBaseService,
    BaseService,
    Service,
    lazy_service,
    method,
    operation,
    paged,
    service,
)
from sdk_core.typing import Flow

Serve = Callable[..., SimpleNamespace]
Http = Callable[..., bytes]


class Thing(BaseModel):
    """What the service is about."""

    id: str
    name: str | None = None


class ThingNotFoundError(NotFoundError):
    """There is no such thing."""


class QuotaError(RateLimitError):
    """It is used up, whatever the status."""


class BusyError(ConflictError):
    """Said by a base class."""


GET_THING = operation("GET", "/things/{thing_id}", Thing)
NAME_THING = operation("PUT", "/things/{thing-id}", Thing, body=Body(required=True))
LIST_THINGS = operation(
    "GET",
    "/things",
    query=["after"],
    pagination=Pagination(
        "cursor",
        ({"name": "after", "in": "parameters", "type": "cursor"},),
        {"results": "$.data", "nextCursor": "$.next"},
    ),
)
GET_FILE = operation("GET", "/things/{thing_id}/file", bytes)


class Naming(Service):
    """Flows, written once."""

    errors: ClassVar[Mapping[int | str, type[APIStatusError]]] = {409: BusyError}

    @method
    def rename(self, thing_id: str, *, name: str) -> Flow[str]:
        """Rename a thing, and say what both are called."""
        old = yield from self._calling(GET_THING, {"thing_id": thing_id})
        new = yield from self._calling(NAME_THING, {"thing_id": thing_id}, body={"name": name})
        return f"{old.name} -> {new.name}"

    @method
    def get_or_make(self, thing_id: str) -> Flow[Thing]:
        """Get a thing; make it if there is none."""
        try:
            return (yield from self._calling(GET_THING, {"thing_id": thing_id}))
        except ThingNotFoundError:
            return (yield from self._calling(NAME_THING, {"thing_id": thing_id}, body={}))

    @method
    def nothing(self) -> Flow[int]:
        """Call nobody."""
        yield from ()
        return 3

    @paged
    def every(self) -> Any:
        """Page."""
        return self._paging(LIST_THINGS)

    @method
    def save(self, thing_id: str, to: Path) -> Flow[Path]:
        """Download."""
        return (yield from self._saving(GET_FILE, to, {"thing_id": thing_id}))


class ThingsService(BaseService, Naming):
    """Blocks."""

    errors: ClassVar[Mapping[int | str, type[APIStatusError]]] = {
        404: ThingNotFoundError,
        "quota": QuotaError,
        "https://errors.example.com/quota": QuotaError,
    }

    def get(self, thing_id: str) -> Thing:
        """Call an operation."""
        return self._call(GET_THING, {"thing_id": thing_id})

    def ask(self, *args: Any, **options: Any) -> Any:
        """Call a path."""
        return self._request(*args, **options)


class AsyncThingsService(AsyncBaseService, Naming):
    """Is awaited."""

    errors = ThingsService.errors

    async def get(self, thing_id: str) -> Thing:
        """Call an operation."""
        return await self._call(GET_THING, {"thing_id": thing_id})

    async def ask(self, *args: Any, **options: Any) -> Any:
        """Call a path."""
        return await self._request(*args, **options)


class Session:
    """Something that a client keeps, and closes."""

    def __init__(self, client: object) -> None:
        self.client = client
        self.closed = 0

    def __enter__(self) -> None: ...
    def __exit__(self, *_: object) -> None: ...
    def close(self) -> None:
        """Count."""
        self.closed += 1


class AsyncSession(Session):
    """The same, awaited."""

    async def close(self) -> None:  # type: ignore[override]  # its twin's
        """Count."""
        super().close()


class Client(SyncClient):
    """Blocks."""

    things = service(ThingsService)

    @lazy_service
    def session(self) -> Session:
        """What is kept open."""
        return Session(self)


class LaterClient(AsyncClient):
    """Is awaited."""

    things = service(AsyncThingsService)

    @lazy_service
    def session(self) -> AsyncSession:
        """What is kept open."""
        return AsyncSession(self)


def answers(http: Http, *bodies: Any) -> Callable[[SimpleNamespace], list[bytes]]:
    """Answer with each in turn: JSON, or a pair of it and a status."""
    left = iter(bodies)

    def handle(_: SimpleNamespace) -> list[bytes]:
        body = next(left)
        body, status = body if isinstance(body, tuple) else (body, 200)
        return [http(json.dumps(body).encode(), status)]

    return handle
