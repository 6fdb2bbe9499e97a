"""What services of both colours share: their flows, their errors, and operations by path."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache, lru_cache, partial
from typing import TYPE_CHECKING, Any, ClassVar, TypedDict, TypeVar, Unpack, overload

import attrs

from ._effects import Call
from ._polls import Pace, following, has_failed, is_done, polling
from ._unnamed import ad_hoc
from .errors import APIStatusError, ConfigurationError, SDKError, status_error_type
from .operations import Body, Operation, Pagination, Parameter
from .pagination import Paging
from .resources import Resource
from .responses import APIResponse
from .typing import CallOptions, Flow, omit

if TYPE_CHECKING:
    from os import PathLike
    from pathlib import Path

    from ._polls import Cancel
    from .typing import HeadersLike, NotGiven, Progress, QueryLike, TimeoutLike

T = TypeVar("T")

_PLACEHOLDER = re.compile(r"\{([^{}]+)\}")  # of an argument in a path


class OperationParts(TypedDict, total=False):
    """What `operation` takes beside the method, the path and the type of the result."""

    query: Sequence[str]
    body: Body | None
    pagination: Pagination | None
    stream: bool


@overload
def operation(
    method: str, path: str, cast_to: type[T], **parts: Unpack[OperationParts]
) -> Operation[T]: ...
@overload
def operation(
    method: str, path: str, cast_to: None, **parts: Unpack[OperationParts]
) -> Operation[None]: ...
@overload
def operation(
    method: str, path: str, cast_to: Any = ..., **parts: Unpack[OperationParts]
) -> Operation[Any]: ...
def operation(
    method: str,
    path: str,
    cast_to: Any = object,
    *,
    query: Sequence[str] = (),
    body: Body | None = None,
    pagination: Pagination | None = None,
    stream: bool = False,
) -> Operation[Any]:
    """
    Return an operation for an API that no generated package knows.

    Args:
        method: The HTTP method.
        path: Relative to the base URL; ``{name}`` stands for an argument, which is escaped.
        cast_to: The type of the result: a model, ``str``, ``bytes``, ``None``, or ``object`` for
            JSON of any shape.
        query: The names of the arguments that go into the query.
        body: How the body is encoded; ``Body()`` is JSON.
        pagination: How it pages.
        stream: Whether it answers with events or JSON lines, each a *cast_to*.
    """
    made = ad_hoc(method, path, cast_to, has_body=False, stream=stream)
    named = [
        Parameter(_argument(wire), wire, "path", required=True, style="simple", explode=False)
        for wire in _PLACEHOLDER.findall(path)
    ]
    named += [Parameter(_argument(wire), wire, "query") for wire in query]
    return attrs.evolve(made, parameters=tuple(named), body=body, pagination=pagination)


def _argument(wire: str) -> str:
    return re.sub(r"\W", "_", wire)


@lru_cache(maxsize=512)
def by_path(method: str, path: str, cast_to: Any, has_body: bool, stream: bool) -> Operation[Any]:
    """Return `operation`, kept, because the first answer of each makes the decoder of its type."""
    return operation(method, path, cast_to, body=Body() if has_body else None, stream=stream)


class RequestOptions(TypedDict, total=False):
    """
    What a request by path takes beside the arguments in its path.

    Attributes:
        body: Sent as JSON; in a mapping, values that are `omit` are left out.
        query: More of the query.
        headers: More headers; a value `omit` takes a default one away.
        timeout: Instead of the client's.
        stream: Whether to return a stream of events or JSON lines, each a *cast_to*.
    """

    body: object
    query: QueryLike | None
    headers: HeadersLike | None
    timeout: TimeoutLike | NotGiven
    stream: bool


_NAMES = {"query": "extra_query", "headers": "extra_headers"}


def requested(
    method: str, path: str, cast_to: Any, options: RequestOptions
) -> tuple[Operation[Any], CallOptions]:
    """Return the operation and the options of a call for a request by path."""
    given: dict[str, Any] = {_NAMES.get(name, name): value for name, value in options.items()}
    stream = given.pop("stream", False)
    has_body = given.get("body", omit) is not omit
    call_options: Any = given
    return by_path(method, path, cast_to, has_body, stream), call_options


class Service(Resource):
    """
    What services of both colours share; flows that are written once belong into subclasses of it.

    Class attributes:
        errors: Which errors are more than their status says: classes by status, or by the code or
            type in the body of the error (which goes before). Each derives from the class that it
            refines; those of base classes and mixins hold too.
    """

    errors: ClassVar[Mapping[int | str, type[APIStatusError]]] = {}
    _raises: ClassVar[Mapping[int | str, type[APIStatusError]]] = {}

    if TYPE_CHECKING:  # what the colours differ in
        _fetch: Callable[..., Any]

        def _pause(self, cancel: Cancel, seconds: float) -> Any: ...

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        merged: dict[int | str, type[APIStatusError]] = {}
        for base in reversed(cls.__mro__):
            own = vars(base).get("errors", {})
            _check_errors(base, own)
            merged.update(own)
        cls._raises = merged

    def _own(self, operation: Operation[T]) -> Operation[T]:
        """Return *operation*, raising the errors of this service."""
        kind: Any = type(self)
        return raising(kind, operation) if self._raises else operation

    def _asking(
        self,
        operation: Operation[T],
        arguments: Mapping[str, object] | None = None,
        **options: Unpack[CallOptions],
    ) -> Flow[APIResponse[T]]:
        """Return the flow of one call; it gives the answer with its HTTP around it."""
        self._refuse_streaming(operation)
        call: Any = self._client.call
        asked = partial(call, self._own(operation), arguments, mode="raw", **options)
        answer: APIResponse[T] = yield Call(asked)
        return answer

    def _calling(
        self,
        operation: Operation[T],
        arguments: Mapping[str, object] | None = None,
        **options: Unpack[CallOptions],
    ) -> Flow[T]:
        """Return the flow of one call."""
        if self._mode is not None:  # the HTTP is wanted too; see `with_answer`
            answer = yield from self._asking(operation, arguments, **options)
            return answer.parse()
        call: Any = self._client.call
        result: T = yield Call(partial(call, self._own(operation), arguments, **options))
        return result

    def _paging(
        self,
        operation: Operation[Any],
        arguments: Mapping[str, object] | None = None,
        **options: Unpack[CallOptions],
    ) -> Paging[Any]:
        """Return the pages of *operation*, for methods that are `paged`."""
        return Paging(self._pager(self._own(operation), arguments, options))

    def _saving(
        self,
        operation: Operation[Any],
        file: str | PathLike[str],
        arguments: Mapping[str, object] | None = None,
        *,
        checksum: str | None = None,
        resume: bool = True,
        progress: Progress | None = None,
        **options: Unpack[CallOptions],
    ) -> Flow[Path]:
        """
        Return the flow that writes what *operation* answers with to *file*.

        It goes on where an earlier one was cut; see `sdk_core.transfers.download`.
        """
        self._refuse_streaming(operation)
        asked = partial(self._fetch, self._own(operation), file, arguments, **options)
        path: Path = yield Call(partial(asked, checksum=checksum, resume=resume, progress=progress))
        return path

    def _waiting(
        self,
        operation: Operation[T],
        arguments: Mapping[str, object] | None = None,
        *,
        until: Callable[[T], Any] = is_done,
        failed: Callable[[T], Any] | None = has_failed,
        pace: Pace | None = None,
        **options: Unpack[CallOptions],
    ) -> Flow[T]:
        """
        Return the flow that calls *operation* until its result is what is waited for.

        Args:
            operation: What asks.
            arguments: Of each call.
            until: Whether that is it. Default: its ``status`` or ``state`` says so.
            failed: Whether there is nothing to wait for any more; a string says why. Default: the
                same.
            pace: How often and how long; see `sdk_core.polling.Pace`.
            **options: Of each call.

        Raises:
            PollError: It did not end well.
        """
        answer = yield from polling(
            partial(self._asking, operation, arguments, **options),
            pace or Pace(),
            self._pause,
            until=lambda answer: until(answer.parse()),
            failed=None if failed is None else lambda answer: failed(answer.parse()),
        )
        return answer.parse()

    def _finishing(
        self,
        operation: Operation[Any],
        arguments: Mapping[str, object] | None = None,
        *,
        cast_to: type[T] | Any = object,
        pace: Pace | None = None,
        **options: Unpack[CallOptions],
    ) -> Flow[T]:
        """
        Return the flow of an operation that may go on after its answer, until its result is there.

        Such an answer is 202 with a ``Location``, or any with an ``Operation-Location``; these are
        asked, on the client's own server only, as often as *pace* and the server say.

        Args:
            operation: What begins it.
            arguments: Of the first call.
            cast_to: The type of the result.
            pace: How often and how long.
            **options: Of the first call.

        Raises:
            PollError: It did not end well.
            APIResponseValidationError: The answer leads nowhere, or to another server.
        """
        begun = yield from self._asking(operation, arguments, **options)
        base, _ = self._client._base_of(operation)  # noqa: SLF001  # one family
        ended = yield from following(begun, self._getting, pace or Pace(), self._pause, base)
        result: T = ended.parse(to=cast_to)
        return result

    def _getting(self, url: str) -> Flow[APIResponse[Any]]:
        """Return the flow that gets what is at an address of the client's own server."""
        from ._pagination import Turn  # noqa: PLC0415  # few calls follow links

        turn: Any = self._client._turn  # noqa: SLF001  # one family
        got = self._own(by_path("GET", "/", object, has_body=False, stream=False))
        answer: APIResponse[Any] = yield Call(partial(turn, got, Turn({}, {}, url)))
        return answer

    def _run(self, flow: Flow[Any]) -> Any:
        """Perform *flow*; an asynchronous service returns what is to be awaited."""
        if self._mode == "raw":
            flow = with_answer(flow)
        return self._client._driver.run(flow)  # noqa: SLF001  # one family


def with_answer(flow: Flow[Any]) -> Flow[Any]:
    """Put the HTTP of the last call that *flow* makes around what it returns."""
    last: APIResponse[Any] | None = None
    step: Callable[[Any], Any] = flow.send
    value: Any = None
    while True:
        try:
            effect = step(value)
        except StopIteration as stop:
            result = stop.value
            break
        try:
            step, value = flow.send, (yield effect)
        except SDKError as error:
            step, value = flow.throw, error
        if isinstance(value, APIResponse):
            last = value
    if last is None:
        return result
    return APIResponse(last._response, lambda _: result)  # noqa: SLF001  # one family


def _check_errors(owner: type[Any], errors: Any) -> None:
    """Refuse what cannot be raised for an error, or would not pickle."""
    for key, kind in errors.items():
        what = f"`errors[{key!r}]` of {owner.__name__}"
        if isinstance(key, bool) or not isinstance(key, int | str):
            msg = f"{what}: write a status, or the code or type of an error"
        elif not (isinstance(kind, type) and issubclass(kind, APIStatusError)):
            msg = f"{what} must be a class that derives from APIStatusError, not {kind!r}"
        elif isinstance(key, int) and not issubclass(kind, status_error_type(key)):
            usual = status_error_type(key).__name__
            msg = f"{what} must derive from {usual}, which is caught where {key} is expected"
        elif "<locals>" in kind.__qualname__:
            msg = f"{what} cannot be pickled; define {kind.__name__} at the top of its module"
        elif not _is_made_alike(kind):
            msg = f"{what} must be made like APIStatusError: `(message, *, response, body)`"
        else:
            continue
        raise ConfigurationError(msg)


def _is_made_alike(kind: type[APIStatusError]) -> bool:
    try:
        inspect.signature(kind).bind("message", response=None, body=None)
    except TypeError:
        return False
    return True


@lru_cache(maxsize=2048)
def raising(owner: type[Any], operation: Operation[T]) -> Operation[T]:
    """Return *operation* with the errors of the service *owner*; the same one each time."""
    return attrs.evolve(operation, raises={**operation.raises, **owner._raises})  # noqa: SLF001  # one family


@cache
def missing(kind: type[Any]) -> str | None:
    """Return in a sentence what a mixin of *kind* needs and nobody gives, or None."""
    for base in kind.__mro__:
        for name, annotation in inspect.get_annotations(base).items():
            if str(annotation).startswith("ClassVar") and not hasattr(kind, name):
                return f"{kind.__name__} has no `{name}`, which {base.__name__} needs"
    return None
