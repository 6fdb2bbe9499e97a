"""The contract between the server and an engine."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Any, Literal, Protocol

import attrs
from starlette.datastructures import UploadFile

from .._catalog import Catalog
from .._events import Delta

Task = Literal["chat", "completion", "embedding"]


@attrs.frozen(kw_only=True)
class EngineRequest:
    """Ask an engine for one answer.

    Args:
        task: What to do.
        body: The request body, valid by the document.
        headers: Headers of the request that an upstream may see, names in lower case.
    """

    task: Task
    body: Mapping[str, Any]
    headers: Mapping[str, str] = attrs.field(factory=dict)


@attrs.frozen(kw_only=True)
class Answer:
    """Hold a whole answer: an object to encode, or JSON bytes to pass as they are."""

    body: Mapping[str, Any] | bytes
    headers: Mapping[str, str] = attrs.field(factory=dict)


@attrs.frozen(kw_only=True)
class Streamed:
    """Hold an answer that is still to come. Who takes it must close `deltas`."""

    deltas: AsyncGenerator[Delta, None]
    headers: Mapping[str, str] = attrs.field(factory=dict)


@attrs.frozen(kw_only=True)
class ForwardRequest:
    """Ask an upstream for what no engine does by itself.

    Args:
        operation: The `operationId`, for messages.
        method: HTTP method.
        path: Path below the base URL, with the query.
        headers: Headers that the upstream may see, names in lower case.
        json: Body as JSON text, `None` without one.
        form: Fields of a form with files, `None` for other bodies.
    """

    operation: str
    method: str
    path: str
    headers: Mapping[str, str]
    json: bytes | None
    form: Sequence[tuple[str, str | UploadFile]] | None


@attrs.frozen(kw_only=True)
class Passed:
    """Hold an upstream's answer that is still to come. Who takes it must close `pieces`."""

    status: int
    media_type: str
    pieces: AsyncGenerator[bytes, None]
    headers: Mapping[str, str]


class Engine(Protocol):
    """Answer inference requests; refuse with `Problem`."""

    @property
    def catalog(self) -> Catalog:
        """The models that the engine runs."""
        ...

    async def complete(self, request: EngineRequest) -> Answer:
        """Return the whole answer."""
        ...

    async def stream(self, request: EngineRequest) -> Streamed:
        """Begin to answer; what can be refused is refused here, before the first delta."""
        ...

    async def count(self, request: EngineRequest) -> int:
        """Return the number of tokens that a chat request has."""
        ...

    async def forward(self, request: ForwardRequest) -> Passed:
        """Have an upstream answer; without one the request is refused with 501."""
        ...

    async def aclose(self) -> None:
        """Give back what the engine holds, such as connections."""
        ...
