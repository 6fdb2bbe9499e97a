"""
Calls of clients whose ``request`` somebody has replaced, as tracers do.

openai sends every call of a resource through ``client.request(cast_to, options, stream=,
stream_cls=)``, so that who replaces it, on a client or on a class, sees all of them. Here calls go
through it only then, in openai's form; what is replaced finds in the options what it needs to carry
the call out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, get_origin
from urllib.parse import quote

import attrs

from sdk_core.operations import Operation
from sdk_core.responses import APIResponse
from sdk_core.typing import NotGiven, Omit, not_given, omit

if TYPE_CHECKING:
    from ._openai._models import FinalRequestOptions

_LEFT_OUT = (Omit, NotGiven)


@attrs.frozen
class Call:
    """A call of an operation, kept in the options that a replacement is handed."""

    operation: Operation[Any]
    arguments: Mapping[str, object] | None
    given: dict[str, Any]  # what `BaseClient.call` takes beside these two
    cast_to: Any
    url: str


def detour(
    client: Any,
    core: Callable[..., Any],
    foreign: bool,
    request: Any,
    operation: Operation[Any],
    arguments: Any = None,
    **given: Any,
) -> Any:
    """
    Carry *operation* out where the straight way is not enough.

    Args:
        client: Whose call it is.
        core: The straight way, `sdk_core.clients.SyncClient.call` or its twin.
        foreign: Whether openai itself is loaded, whose sentinels may be among the arguments.
        request: What stands in the place of ``client.request`` where nobody replaced it.
        operation: As *core* takes it.
        arguments: As *core* takes them.
        **given: As *core* takes it.
    """
    if foreign:
        arguments, given = adopt(arguments, given)
    if is_replaced(client, request):
        return through(client, call_of(operation, arguments, given))
    return core(operation, arguments, **given)


def is_replaced(client: Any, request: Any) -> bool:
    """Return whether *client*, or its class, has something else in the place of *request*."""
    return "request" in client.__dict__ or type(client).request is not request


def through(client: Any, call: Call, stream_cls: Any = None) -> Any:
    """Carry *call* out by what stands in the place of ``client.request``."""
    from ._openai._models import FinalRequestOptions  # noqa: PLC0415  # needs pydantic

    given, operation = call.given, call.operation
    body = given.get("body", omit)
    options = FinalRequestOptions(
        method=operation.method.lower(),
        url=call.url,
        params=dict(given.get("extra_query") or {}),
        headers=given.get("extra_headers"),
        timeout=given.get("timeout", not_given),
        json_data=None if body is omit else _filled(body),
        extra_json=given.get("extra_body"),
    )
    options._call = call  # noqa: SLF001  # of this package
    stream = _streams(operation, body)
    if stream and stream_cls is None:
        stream_cls = client._stream[_item(operation)]  # noqa: SLF001  # one family
    return client.request(call.cast_to, options, stream=stream, stream_cls=stream_cls)


def changed(options: FinalRequestOptions, cast_to: Any) -> Call | None:
    """
    Return the call that *options* were made of, with what has been changed in them since.

    None: they were made by hand, or speak of another call by now.
    """
    call: Call | None = options._call  # noqa: SLF001  # of this package
    if (
        call is None
        or options.url != call.url
        or options.method.upper() != call.operation.method
        or cast_to is not call.cast_to
    ):
        return None
    given = {
        **call.given,
        "extra_headers": options.headers,
        "extra_query": options.params,
        "timeout": options.timeout,
        "extra_body": options.extra_json,
    }
    if options.json_data is not None:
        given["body"] = options.json_data
    return attrs.evolve(call, given=given)


def call_of(operation: Operation[Any], arguments: Any, given: dict[str, Any]) -> Call:
    """Return the call of *operation*."""

    def fill(match: re.Match[str]) -> str:
        return quote(str((arguments or {}).get(match[1], match[0])), safe="")

    url = re.sub(r"\{(\w+)\}", fill, operation.path)
    return Call(operation, arguments, given, _answer(operation), url)


def as_stream(client: Any, call: Call, stream_cls: Any) -> Any:
    """Carry *call* out with a class of streams that is not the client's own."""
    given = dict(call.given)
    mode, then = given.pop("mode", None), given.pop("then", None)
    request = client._build(call.operation, call.arguments, mode, **given)  # noqa: SLF001  # one family

    def parse(response: Any) -> Any:
        if not response.request.stream_items:
            result = client._read(response)  # noqa: SLF001  # as above
        else:
            kind = client._told(response, get_origin(stream_cls) or stream_cls)  # noqa: SLF001  # as above
            result = kind(cast_to=call.cast_to, response=response, client=client)
        return result if then is None else then(result, response)

    def finish(response: Any) -> Any:
        return parse(response) if mode is None else APIResponse(response, parse)

    return later(client._send(request), finish)  # noqa: SLF001  # as above


def is_own_stream(client: Any, stream_cls: Any) -> bool:
    """Return whether *stream_cls* says no more than the client knows."""
    return stream_cls is None or (get_origin(stream_cls) or stream_cls) is client._stream  # noqa: SLF001  # as above


def later(answer: Any, finish: Callable[[Any], Any]) -> Any:
    """Return what *finish* makes of *answer*, or an awaitable of it."""
    if not hasattr(answer, "__await__"):
        return finish(answer)

    async def wait() -> Any:
        return finish(await answer)

    return wait()


def _streams(operation: Operation[Any], body: Any) -> bool:
    streaming = operation.streaming
    if streaming is None or streaming.switch is None:
        return streaming is not None
    given = body.get(streaming.switch) if isinstance(body, Mapping) else None
    return given is True if streaming.switch_value is None else given == streaming.switch_value


def _contents(operation: Operation[Any]) -> list[Any]:
    return [
        each
        for status, several in operation.responses.items()
        if status.startswith("2")
        for each in several
    ]


def _answer(operation: Operation[Any]) -> Any:
    """Return the type of an answer that is no stream, as openai's `cast_to` says it."""
    contents = _contents(operation)
    for content in contents:
        if content.kind == "json":
            return object if content.type is None else content.type.resolve()
    kinds = {content.kind for content in contents}
    if "text" in kinds:
        return str
    return bytes if "bytes" in kinds else type(None)


def _item(operation: Operation[Any]) -> Any:
    """Return the type of a stream's items."""
    for content in _contents(operation):
        if content.kind in {"events", "lines"} and content.type is not None:
            return content.type.resolve()
    return object


def _filled(body: Any) -> Any:
    if not isinstance(body, dict):
        return body
    return {name: value for name, value in body.items() if not isinstance(value, _LEFT_OUT)}


def adopt(arguments: Any, given: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    """
    Return the arguments of a call with openai's sentinels replaced by this package's.

    Who imports ``omit`` from openai and calls a client of this package means the same by it.
    """
    given = {name: _own(value) for name, value in given.items()}
    for name in ("body", "extra_headers", "extra_query", "extra_body"):
        if isinstance(given.get(name), dict):
            given[name] = {key: _own(value) for key, value in given[name].items()}
    if isinstance(arguments, dict):
        arguments = {name: _own(value) for name, value in arguments.items()}
    return arguments, given


def _own(value: Any) -> Any:
    for kind in type(value).__mro__:
        if kind.__module__.partition(".")[0] == "openai":
            if kind.__name__ == "Omit":
                return omit
            if kind.__name__ == "NotGiven":
                return not_given
    return value
