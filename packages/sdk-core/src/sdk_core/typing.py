"""Public types: sentinels for arguments, the shape of flows and policies, and what call options accept."""

from __future__ import annotations

from collections.abc import AsyncIterable, Callable, Generator, Iterable, Mapping
from os import PathLike
from typing import (
    IO,
    TYPE_CHECKING,
    Any,
    Final,
    Literal,
    Protocol,
    TypeAlias,
    TypedDict,
    TypeVar,
    final,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ._effects import Effect
    from ._messages import Request, Response
    from ._uploads import Watched
    from .caching import ResponseCache
    from .hooks import Event, Hooks, Subscriber
    from .options import Timeout
    from .policies import AdaptiveConcurrency, CircuitBreaker, Hedge, RetryBudget

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
    "PathOptions",
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
Progress: TypeAlias = "Callable[[int, int | None], None] | Literal['auto', 'bar', 'lines', 'off']"
"""
Called with the bytes that are there, and all that there will be, if that is known; or the name of
a display: see `sdk_core.progress`.
"""

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


class PathOptions(TypedDict, total=False):
    """
    What may be put into the path of every call of a client, from the outermost to the innermost.

    Attributes:
        cache: Keeps answers: a `sdk_core.caching.ResponseCache`. Default: none.
        call_policies: Your own, around each call that is not answered by the cache, with all its
            attempts and waits; first one outermost.
        retry_budget: Bounds the repeats of this client and its copies together, so that an outage
            is not multiplied; ``False`` leaves them to *max_retries* alone. Default: ``True``.
        rate_limit: Waits so that limits of the server are kept. Default: none.
        max_concurrency: How many calls may run at once: a number, or a policy that learns it.
            Default: no limit.
        circuit_breaker: Fails at once while the server is down; ``True`` for one with the
            defaults. Default: none.
        hedge: Sends idempotent reads that are slow a second time. Default: none.
        attempt_deadline: Seconds for one attempt, its whole body included. Default: none.
        policies: Your own, around each attempt, first one outermost.
        hooks: Who is told what happens; see `sdk_core.hooks`.
    """

    cache: ResponseCache | None
    call_policies: Sequence[Policy]
    retry_budget: RetryBudget | bool | None
    rate_limit: Policy | None
    max_concurrency: AdaptiveConcurrency | int | None
    circuit_breaker: CircuitBreaker | bool | None
    hedge: Hedge | None
    attempt_deadline: float | None
    policies: Sequence[Policy]
    hooks: Hooks | Subscriber[Event] | Sequence[Hooks | Subscriber[Event]] | None


TokenProvider: TypeAlias = Callable[[], Any]
"""Returns a secret, or (for asynchronous clients) an awaitable of one; asked before each attempt."""

Credential: TypeAlias = "str | tuple[str, str] | TokenProvider"
"""A secret, or a user's name and password, or a function that returns one of them."""

# A name may stand behind IO[bytes], which is no class.
FileContent: TypeAlias = IO[bytes] | "Watched" | bytes | bytearray | memoryview | PathLike[str]  # noqa: TC010  # as said above
"""
What is in a file: bytes, a file that is open for reading bytes, or the path of one; any of them
with somebody who is told how far it is: see `sdk_core.transfers.with_progress`.
"""

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
