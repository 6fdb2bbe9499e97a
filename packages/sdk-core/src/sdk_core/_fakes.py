"""A transport without a network: it answers as a test says, and keeps what was sent."""

from __future__ import annotations

from collections.abc import (
    AsyncIterator,
    Callable,
    Iterable,
    Iterator,
    Mapping,
)
from threading import Lock
from types import TracebackType
from typing import Any, Self, TypeAlias

from ._addresses import redacted
from ._fake_answers import NoAnswerError, source_of
from ._messages import Headers, Request, Response
from ._outgoing import CLOSED, close_body
from ._uploads import Upload
from .errors import ConfigurationError

Answers: TypeAlias = Iterable[Any] | Callable[..., Any] | Mapping[str, Any]
"""Of what kinds the answers are, see `FakeTransport`; literals mix them, as type checkers dislike."""


class UnexpectedRequestError(AssertionError):
    """
    A request was sent for which the test has no answer.

    It is no `SDKError`: nothing repeats it, and nothing takes it for a failure of a server.

    Attributes:
        request: What was sent.
    """

    request: Any = None

    def __init__(self, message: str, request: Request | None = None) -> None:
        super().__init__(message)
        self.request = request


class Pieces:
    """
    A body that comes in given *pieces*, to either colour; an exception among them is raised.

    Attributes:
        pieces: All of them, whatever has been read.
    """

    def __init__(self, pieces: Iterable[bytes | Exception]) -> None:
        self.pieces = tuple(piece for piece in pieces if piece != b"")
        self._left: Iterator[bytes | Exception] = iter(self.pieces)

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        piece = next(self._left)
        if isinstance(piece, Exception):
            self.close()
            raise piece
        return piece

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        for piece in self:
            return piece
        raise StopAsyncIteration

    def close(self, *, grace: float = 0.0) -> None:  # noqa: ARG002  # nothing has to come
        self._left = iter(())

    async def aclose(self, *, grace: float = 0.0) -> None:
        self.close(grace=grace)


def streamed(
    *pieces: bytes | Exception, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """
    Return an answer whose body comes in these *pieces*.

    Args:
        *pieces: The body, cut as it is to come; an exception is raised where it stands.
        status: The status.
        headers: The headers; without ``content-type`` it is an event stream.
    """
    given = Headers(headers or {})
    given = Headers({"content-type": "text/event-stream"}).merged(given)
    request = Request("GET", "https://api.example.com/", Headers({}), None, _NO_LIMITS)
    return Response(status, given, request=request, stream=Pieces(pieces))


_NO_LIMITS: Any = None  # the request of an answer is replaced by the one that it answers


def deliver(
    request: Request,
    status: int,
    headers: Mapping[str, str],
    pieces: Iterable[bytes | Exception],
    http_version: str = "HTTP/1.1",
) -> Response:
    """Return an answer to *request*, left unread where a transport would leave it so."""
    body = Pieces(pieces)
    response = Response(status, Headers(headers), request=request, http_version=http_version)
    if request.stream and status < 300:
        response.stream = body
    else:
        response.content = b"".join(body)
    return response


def whole(request: Request) -> Request:
    """Return *request* with its body in memory."""
    if not isinstance(request.content, Upload):
        return request
    try:
        return request.evolve(content=b"".join(request.content))
    finally:
        close_body(request)


async def awhole(request: Request) -> Request:
    """Do as `whole`, asynchronously."""
    if not isinstance(request.content, Upload):
        return request
    try:
        return request.evolve(content=b"".join([piece async for piece in request.content]))
    finally:
        close_body(request)


class FakeTransport:
    """
    Answer requests without a network, for clients of either colour.

    Give it to a client as ``transport=``. As a context manager it ends with `assert_all_used`::

        with FakeTransport([response(503), response(json=[1])]) as fake:
            client = SyncClient(base_url="https://api.example.com", transport=fake)
            assert client.request("GET", "/things") == [1]

    An answer is a response (`response`, or `streamed` in given pieces), an exception, which is
    raised, or a function of the request that returns one of them. The body of each request is read
    into memory, as an engine would read it. Threads may send at the same time.

    Args:
        answers: Answers in order, each for one request; one function for all requests; or a table
            of routes, such as ``"GET /things/{id}"`` (a path as it is sent, base included, or a
            whole URL without query). The first route that fits answers: always with its answer, or
            in order with those of a list. Its function gets the parts of the path by name, too.

    Raises:
        ConfigurationError: *answers* is nothing of the kind.

    Attributes:
        requests: What was sent, in order, credentials included.
        unexpected: What was raised for requests without an answer.
    """

    def __init__(self, answers: Answers = ()) -> None:
        self.requests: list[Request] = []
        self.unexpected: list[UnexpectedRequestError] = []
        self._source = source_of(answers)
        self._lock = Lock()

    def open_transport(self, *, synchronous: bool) -> Any:
        """Return a transport for one client; see `transports.TransportFactory`."""
        return _Fake(self.answer) if synchronous else _AsyncFake(self.answer)

    def answer(self, request: Request) -> Any:
        """
        Keep *request*, and return its answer, or what an ``async`` function of the test returned.

        Raises:
            UnexpectedRequestError: There is none.
        """
        with self._lock:
            self.requests.append(request)
            try:
                answer, parts = self._source.take(request)
            except NoAnswerError as exc:
                number = len(self.requests)
                shown = f"{request.method} {redacted(request.url)}"
                error = UnexpectedRequestError(f"request {number}, {shown}, {exc}", request)
                self.unexpected.append(error)
                raise error from None
        return answer(request, **parts) if callable(answer) else answer

    @property
    def unused(self) -> list[str]:
        """The answers, or the routes, that no request has come to need."""
        return self._source.unused()

    def assert_all_used(self) -> None:
        """
        Raise what is wrong with the requests as a whole.

        Raises:
            UnexpectedRequestError: There was one, and somebody has caught it.
            AssertionError: There are answers that nobody has asked for.
        """
        if self.unexpected:
            raise self.unexpected[0]
        if unused := self.unused:
            msg = f"no request came for {len(unused)} of the answers: {', '.join(unused)}"
            raise AssertionError(msg)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if exc_type is None:
            self.assert_all_used()


class _Fake:
    """What a client that blocks sends through."""

    closed = False

    def __init__(self, answer: Callable[[Request], Any]) -> None:
        self._answer = answer

    def send(self, request: Request) -> Response:
        if self.closed:
            raise ConfigurationError(CLOSED)
        request = whole(request)
        answer = self._answer(request)
        if hasattr(answer, "__await__"):
            answer.close()  # a coroutine that is dropped would warn
            msg = "`answers` has an async function, and this client blocks; use a plain one"
            raise ConfigurationError(msg)
        return _given(request, answer)

    def close(self) -> None:
        self.closed = True


class _AsyncFake:
    """What an asynchronous client sends through."""

    closed = False

    def __init__(self, answer: Callable[[Request], Any]) -> None:
        self._answer = answer

    async def send(self, request: Request) -> Response:
        if self.closed:
            raise ConfigurationError(CLOSED)
        request = await awhole(request)
        answer = self._answer(request)
        return _given(request, await answer if hasattr(answer, "__await__") else answer)

    async def aclose(self) -> None:
        self.closed = True


def _given(request: Request, answer: Any) -> Response:
    """Return a copy of *answer*, so that one can be given several times; or raise it."""
    if isinstance(answer, Exception):
        raise answer
    if not isinstance(answer, Response) or not (
        answer.is_read or isinstance(answer.stream, Pieces)
    ):
        msg = (
            "`answers` must be responses (`response` and `streamed` make them), exceptions, or "
            f"functions that return one of these, not {answer!r}"
        )
        raise ConfigurationError(msg)
    pieces = answer.stream.pieces if isinstance(answer.stream, Pieces) else (answer.content,)
    return deliver(request, answer.status_code, answer.headers, pieces, answer.http_version)
