"""Public types: sentinels for arguments, the shape of flows and policies, and what call options accept."""

from __future__ import annotations

from collections.abc import AsyncIterable, Callable, Generator, Iterable, Mapping
from os import PathLike
from typing import IO, TYPE_CHECKING, Any, Final, Protocol, TypeAlias, TypedDict, TypeVar, final

if TYPE_CHECKING:
    from ._effects import Effect
    from ._messages import Request, Response
    from .options import Timeout

__all__ = [
    "NOT_GIVEN",
    "BinaryTypes",
    "BodyLike",
    "CallOptions",
    "Credential",
    "FileContent",
    "FileTypes",
    "Flow",
    "HeadersLike",
    "Inner",
    "NotGiven",
    "Omit",
    "Policy",
    "Progress",
    "QueryLike",
    "TimeoutLike",
    "TokenProvider",
    "not_given",
    "omit",
]

T = TypeVar("T")


@final
class Omit:
    """
    Say that an argument is left out of the request.

    ``None`` cannot say this: it is a value that APIs accept (JSON ``null``). As the value of a
    header in ``extra_headers``, `omit` takes a default header away.
    """

    __slots__ = ()

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return "omit"

    def __reduce__(self) -> str:
        return "omit"


@final
class NotGiven:
    """Say that an option keeps the client's default, where ``None`` means something else."""

    __slots__ = ()

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return "NOT_GIVEN"

    def __reduce__(self) -> str:
        return "not_given"


omit: Final = Omit()
not_given: Final = NotGiven()
NOT_GIVEN: Final = not_given

Flow: TypeAlias = "Generator[Effect, Any, T]"
"""A generator that yields effects, is sent their results, and returns a ``T``."""

Inner: TypeAlias = "Callable[[Request], Flow[Response]]"
"""The rest of the call path as a policy sees it."""


class Policy(Protocol):
    """
    One concern of the call path, written once for both colours.

    A policy delegates with ``response = yield from inner(request)``. It may do so several times
    (retry), with another request (authentication), or not at all (cache); it performs no I/O, it
    yields effects.
    """

    def __call__(self, request: Request, inner: Inner) -> Flow[Response]:
        """Carry *request* through, by way of *inner*."""
        ...


HeadersLike: TypeAlias = Mapping[str, "str | Omit"]
QueryLike: TypeAlias = Mapping[str, object]
BodyLike: TypeAlias = object
Progress: TypeAlias = "Callable[[int, int | None], None]"
"""Called with the bytes that have been written, and all that there are, if that is known."""

TimeoutLike: TypeAlias = "float | Timeout | None"
"""Seconds for every phase, a `Timeout` with one figure a phase, or ``None`` for no limit."""


class CallOptions(TypedDict, total=False):
    """
    What every call takes beside the arguments of its operation.

    Attributes:
        body: What the request carries; in a mapping, values that are `omit` are left out.
        extra_headers: More headers; a value `omit` takes a default one away.
        extra_query: More of the query.
        extra_body: Members for the body that its type does not know.
        timeout: Instead of the client's.
    """

    body: object
    extra_headers: HeadersLike | None
    extra_query: QueryLike | None
    extra_body: BodyLike | None
    timeout: TimeoutLike | NotGiven


TokenProvider: TypeAlias = Callable[[], Any]
"""Returns a secret, or (for asynchronous clients) an awaitable of one; asked before each attempt."""

Credential: TypeAlias = "str | tuple[str, str] | TokenProvider"
"""A secret, or a user's name and password, or a function that returns one of them."""

FileContent: TypeAlias = IO[bytes] | bytes | bytearray | memoryview | PathLike[str]
"""What is in a file: bytes, a file that is open for reading bytes, or the path of one."""

BinaryTypes: TypeAlias = FileContent | Iterable[bytes] | AsyncIterable[bytes]
"""
A body of bytes. It is sent piece by piece, so that it may be larger than the memory.

What can be read once only, such as a generator or a pipe, is not sent again: no repetition follows
a failure. An asynchronous iterable is for an asynchronous client.
"""

FileTypes: TypeAlias = (
    FileContent
    | tuple[str | None, BinaryTypes]
    | tuple[str | None, BinaryTypes, str | None]
    | tuple[str | None, BinaryTypes, str | None, Mapping[str, str]]
)
"""
A file in a form: its content, ``(name, content)``, ``(name, content, media type)`` or
``(name, content, media type, headers)``.

Without a name, that of the file itself is sent; without a media type, the one that the document
names, else the one that the name suggests. A name of ``None`` is not sent.
"""
