"""What is let go of: at the end of a ``with`` block, or when it takes too long to come."""

from __future__ import annotations

from abc import abstractmethod
from types import TracebackType
from typing import Any, Self

__all__ = ["AsyncClosing", "Closing", "hurry"]


class Closing:
    """A context manager that closes itself."""

    @abstractmethod
    def close(self) -> None: ...

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


class AsyncClosing:
    """The asynchronous twin of `Closing`."""

    @abstractmethod
    async def close(self) -> None: ...

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()


def hurry(body: Any, seconds: float) -> None:
    """Have *body*, which blocks, wait so many *seconds* at most for each further piece, if it can."""
    if (found := getattr(body, "hurry", None)) is not None:
        found(seconds)
