"""
`Stream` and `AsyncStream` in the shape that libraries around openai patch and derive from.

They replace ``stream._iterator``, derive a class with a ``__stream__`` of its own, and make one with
``cls(cast_to=..., response=..., client=...)``. Nothing of this costs a stream that nobody touches.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar, overload

from sdk_core import streams
from sdk_core.errors import ConfigurationError

if TYPE_CHECKING:
    from sdk_core.messages import Response

T = TypeVar("T")

_NO_READER = (
    "a stream needs `client`, which knows how to read the answer; `response` must be the answer of "
    "one of its calls"
)


class Stream(streams.Stream[T]):
    """
    Iterate over the items of an answer while it comes; see `sdk_core.streams.Stream`.

    A subclass may override ``__stream__``, and call ``super().__stream__()`` for the items.
    """

    @overload
    def __init__(self, response: Response, reader: Any) -> None: ...
    @overload
    def __init__(
        self, *, cast_to: Any, response: Response, client: Any, options: Any = None
    ) -> None: ...
    def __init__(
        self,
        response: Any,
        reader: Any = None,
        *,
        cast_to: Any = None,  # noqa: ARG002  # what is read is the operation's to say
        client: Any = None,
        options: Any = None,  # noqa: ARG002  # as above
    ) -> None:
        super().__init__(response, reader or _reader(client, response))
        self._source = self._iterator
        if type(self).__stream__ is not Stream.__stream__:
            self._iterator = iter(self.__stream__())

    def __stream__(self) -> Iterator[T]:
        """Return the items as they come."""
        return self._source


class AsyncStream(streams.AsyncStream[T]):
    """The asynchronous twin of `Stream`."""

    @overload
    def __init__(self, response: Response, reader: Any) -> None: ...
    @overload
    def __init__(
        self, *, cast_to: Any, response: Response, client: Any, options: Any = None
    ) -> None: ...
    def __init__(
        self,
        response: Any,
        reader: Any = None,
        *,
        cast_to: Any = None,  # noqa: ARG002  # as above
        client: Any = None,
        options: Any = None,  # noqa: ARG002  # as above
    ) -> None:
        super().__init__(response, reader or _reader(client, response))
        if type(self).__stream__ is not AsyncStream.__stream__:
            self._iterator = aiter(self.__stream__())

    def __stream__(self) -> AsyncIterator[T]:
        """Return the items as they come."""
        return _Items(self)

    @property
    def _iterator(self) -> AsyncIterator[T]:
        """Where the items come from."""
        replaced: AsyncIterator[T] | None = self.__dict__.get("_iterator")
        return self.__stream__() if replaced is None else replaced

    @_iterator.setter
    def _iterator(self, iterator: AsyncIterator[T]) -> None:
        # Another class, not a question at every item: who sets nothing pays nothing.
        if not hasattr(type(self), "_own_anext"):
            kind: Any = type(self)
            self.__class__ = _redirected(kind)
        self.__dict__["_iterator"] = iterator


class _Items(AsyncIterator[T]):
    """The items of a stream, whatever its ``_iterator`` has become."""

    def __init__(self, stream: AsyncStream[T]) -> None:
        kind: Any = type(stream)
        own: Callable[[Any], Coroutine[Any, Any, T]] = getattr(kind, "_own_anext", kind.__anext__)
        self._stream = stream
        self._anext = own

    def __anext__(self) -> Coroutine[Any, Any, T]:
        return self._anext(self._stream)


@lru_cache(maxsize=16)  # libraries make a class for each call
def _redirected(kind: Any) -> type[Any]:
    """Return *kind*, whose items come from the ``_iterator`` that was set."""

    async def __anext__(self: Any) -> Any:  # noqa: N807  # it is one
        return await anext(self.__dict__["_iterator"])

    members = {
        "__anext__": __anext__,
        "__module__": kind.__module__,
        "__qualname__": kind.__qualname__,
        "_own_anext": kind.__anext__,
    }
    return type(kind.__name__, (kind,), members)


def _reader(client: Any, response: Any) -> Any:
    read = getattr(client, "_reader", None)
    if read is None or not hasattr(response, "request"):
        raise ConfigurationError(_NO_READER)
    return read(response)
