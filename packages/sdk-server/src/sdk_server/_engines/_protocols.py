"""The contract between the server and an engine."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from typing import Any, Literal, Protocol

import attrs

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

    async def aclose(self) -> None:
        """Give back what the engine holds, such as connections."""
        ...
