"""Who is told what, on calls that really go through."""

from __future__ import annotations

import inspect
import logging
import pickle
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any, get_args

import anyio
import anyio.lowlevel
import attrs
import pytest

from sdk_core import hooks as module
from sdk_core.clients import AsyncClient, SyncClient
from sdk_core.errors import (
    APIResponseValidationError,
    ConfigurationError,
    InternalServerError,
    StreamInterruptedError,
)
from sdk_core.hooks import (
    ErrorEvent,
    Event,
    Hooks,
    RequestEvent,
    ResponseEvent,
    RetryEvent,
    StreamEvent,
)
from sdk_core.models import BaseModel
from sdk_core.streams import Stream
from sdk_core.testing import play, request, response, send

Serve = Callable[..., SimpleNamespace]
Http = Callable[..., bytes]


def run(colour: str, url: str, work: Callable[[Any], Any], **options: Any) -> Any:
    """Return the result of *work*, which is given a client; of what it awaits in one colour."""
    options = {"max_retries": 0, **options}
    if colour == "sync":
        with SyncClient(base_url=url, **options) as client:
            return work(client)

    async def main() -> Any:
        async with AsyncClient(base_url=url, **options) as client:
            return await work(client)

    return anyio.run(main)


def names(events: list[Event]) -> list[str]:
    """Return the names of the events."""
    return [type(event).__name__ for event in events]


def test_a_call_is_told_from_its_attempts_to_its_end(serve: Serve, http: Http, colour: str) -> None:
    """Each attempt begins and is answered; what failed for a while is repeated."""
    answers = iter([http(b"{}", 503, retry_after=0), http(b"{}", 200)])
    server = serve(lambda _: [next(answers)])
    told: list[Any] = []
    run(colour, server.url, lambda c: c.request("GET", "/x"), hooks=told.append, max_retries=1)
    assert names(told) == [
        "RequestEvent",
        "ResponseEvent",
        "RetryEvent",
        "RequestEvent",
        "ResponseEvent",
    ]
    assert [told[0].request.retry_count, told[3].request.retry_count] == [0, 1]
    assert [told[1].response.status_code, told[4].response.status_code] == [503, 200]
    assert (told[2].reason, told[2].wait) == ("503", 0.0)


class Thing(BaseModel):
    """What the server does not answer with."""

    a: int


@pytest.mark.parametrize(
    ("status", "error"), [(500, InternalServerError), (200, APIResponseValidationError)]
)
def test_a_call_that_fails_for_good_is_told(
    serve: Serve, http: Http, colour: str, status: int, error: type[Exception]
) -> None:
    """The hook gets the very error that the caller gets, refused or not understood."""
    server = serve(lambda _: [http(b'{"a": "b"}', status)])
    told: list[Any] = []
    with pytest.raises(error) as caught:
        run(
            colour,
            server.url,
            lambda client: client.request("GET", "/x", cast_to=Thing),
            hooks=Hooks(on_error=told.append),
            strict=True,
        )
    assert [event.error for event in told] == [caught.value]


def read(colour: str, client: Any) -> Any:
    """Read the items of a stream."""
    if colour == "sync":
        return list(client.request("POST", "/x", body={}, stream=True))

    async def items() -> list[Any]:
        stream = await client.request("POST", "/x", body={}, stream=True)
        return [item async for item in stream]

    return items()


def events(*data: str) -> bytes:
    """Return an event stream."""
    return "".join(f"data: {each}\n\n" for each in data).encode()


def test_the_items_of_a_stream_are_told(serve: Serve, http: Http, colour: str) -> None:
    """With their numbers, in order."""
    body = events('{"a": 1}', '{"a": 2}', "[DONE]")
    server = serve(lambda _: [http(body, content_type="text/event-stream")])
    told: list[Any] = []
    hooks = Hooks(on_stream=told.append)
    items = run(colour, server.url, lambda client: read(colour, client), hooks=hooks)
    assert [(event.item, event.index) for event in told] == [(items[0], 0), (items[1], 1)]
    assert told[0].request.method == "POST"


def test_a_stream_that_is_cut_is_an_error(serve: Serve, http: Http, colour: str) -> None:
    """What breaks after the headers is told like any failure."""

    def cut(_: SimpleNamespace) -> Iterator[bytes]:
        yield http(events("1"), content_type="text/event-stream", **{"content-length": 99})
        raise ConnectionAbortedError

    server = serve(cut)
    told: list[Any] = []
    with pytest.raises(StreamInterruptedError) as caught:
        run(
            colour,
            server.url,
            lambda client: read(colour, client),
            hooks=Hooks(on_error=told.append),
        )
    assert [event.error for event in told] == [caught.value]


def test_a_stream_that_nobody_listens_to_is_the_usual_one(serve: Serve, http: Http) -> None:
    """Telling costs nothing where nobody asked for items or errors."""
    server = serve(lambda _: [http(events("[DONE]"), content_type="text/event-stream")])
    with (
        SyncClient(base_url=server.url, hooks=Hooks(on_request=print)) as client,
        client.request("POST", "/x", body={}, stream=True) as stream,
    ):
        assert type(stream) is Stream


def test_asynchronous_subscribers_are_waited_for(serve: Serve, http: Http) -> None:
    """The call goes on when they are done, on the way and between items."""
    server = serve(lambda _: [http(events("1", "[DONE]"), content_type="text/event-stream")])
    told: list[str] = []

    async def listen(event: Event) -> None:
        await anyio.lowlevel.checkpoint()
        told.append(type(event).__name__)

    run("async", server.url, lambda client: read("async", client), hooks=listen)
    assert told == ["RequestEvent", "ResponseEvent", "StreamEvent"]


def test_hooks_are_changed_for_a_part_of_the_work(serve: Serve, http: Http) -> None:
    """A copy of the client tells others, or nobody."""
    server = serve(lambda _: [http()])
    told: list[Any] = []
    with SyncClient(base_url=server.url, hooks=told.append) as client:
        client.with_options(hooks=None).request("GET", "/x")
        assert told == []
        client.with_options(timeout=5).request("GET", "/x")
        assert names(told) == ["RequestEvent", "ResponseEvent"]


def test_a_hook_that_fails_breaks_nothing(
    serve: Serve, http: Http, colour: str, caplog: pytest.LogCaptureFixture
) -> None:
    """The call succeeds, and the log says which function failed at what."""
    server = serve(lambda _: [http(b'{"a": 1}')])

    def broken(_: object) -> None:
        msg = "not today"
        raise ValueError(msg)

    hooks = Hooks(on_request=broken)
    assert run(colour, server.url, lambda c: c.request("GET", "/x"), hooks=hooks) == {"a": 1}
    record = caplog.records[0]
    assert (record.name, record.levelno) == ("sdk_core.hooks", logging.ERROR)
    assert "broken" in record.getMessage()
    assert "RequestEvent" in record.getMessage()


def test_an_asynchronous_hook_that_fails_breaks_nothing(caplog: pytest.LogCaptureFixture) -> None:
    """What it raises while it is waited for is logged too."""

    async def broken(_: object) -> None:
        msg = "not today"
        raise ValueError(msg)

    anyio.run(Hooks(broken).aemit, RequestEvent(request()))
    assert "not today" in caplog.text


def test_a_blocking_client_refuses_async_functions() -> None:
    """It could not wait for them, and says so when it is made."""

    async def listen(_: object) -> None: ...

    with pytest.raises(ConfigurationError, match=r"`hooks`.*listen"):
        SyncClient(base_url="http://localhost", hooks=listen)


class Later:
    """Returns something to wait for, which nobody can see beforehand."""

    def __init__(self, *, closes: bool = True) -> None:
        self._closes = closes

    def __call__(self, _: object) -> Any:
        """Return it."""

        async def nothing() -> None: ...

        made = nothing()
        if self._closes:
            return made
        made.close()
        return SimpleNamespaceAwaitable()


class SimpleNamespaceAwaitable:
    """Something to wait for that need not be closed."""

    def __await__(self) -> Iterator[None]:
        return iter(())


@pytest.mark.parametrize("closes", [True, False])
def test_what_turns_out_to_be_asynchronous_is_logged(
    serve: Serve, http: Http, caplog: pytest.LogCaptureFixture, closes: bool
) -> None:
    """A blocking client drops it, on the way and between items, and the call succeeds."""
    server = serve(lambda _: [http(events("1", "[DONE]"), content_type="text/event-stream")])
    hooks = Hooks(Later(closes=closes))
    assert run("sync", server.url, lambda client: read("sync", client), hooks=hooks) == [1]
    assert len(caplog.records) == 3
    assert "Later" in caplog.text


@pytest.mark.parametrize("given", [3, "print", [print, 3], [None], {"a": print}])
def test_what_is_no_hook_is_refused(given: object) -> None:
    """By name, when the client is made."""
    with pytest.raises(ConfigurationError, match="`hooks`"):
        SyncClient(base_url="http://localhost", hooks=given)  # type: ignore[arg-type]


def test_what_is_no_subscriber_is_refused() -> None:
    """The message names the event's argument."""
    with pytest.raises(ConfigurationError, match="`on_retry`"):
        Hooks(on_retry=3)  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match="`every`"):
        Hooks(Hooks())  # type: ignore[arg-type]


def test_several_hooks_are_told_in_their_order() -> None:
    """Functions and hooks together make one; the sum has the left ones first."""
    told: list[str] = []
    first = Hooks(lambda _: told.append("a"), on_request=[lambda _: told.append("b")])
    both = Hooks.of([first, lambda _: told.append("c")]) + Hooks(lambda _: told.append("d"))
    both.emit(RequestEvent(request()))
    assert told == ["a", "b", "c", "d"]
    assert repr(Hooks(on_retry=print)) == "Hooks(RetryEvent: 1)"
    assert not Hooks(on_retry=print).wants(RequestEvent)


def test_the_contract_is_on_one_screen() -> None:
    """The table names each event, its argument and its fields, and fits on a screen."""
    kinds = get_args(Event)
    lines = (module.__doc__ or "").splitlines()
    assert len(lines) <= 50
    arguments = inspect.signature(Hooks).parameters
    for kind in kinds:
        start = next(i for i, line in enumerate(lines) if line.startswith(f"`{kind.__name__}`"))
        row = " ".join(lines[start : start + 3])
        argument = next(word for word in row.split() if word.startswith("``on_")).strip("`")
        assert arguments[argument].annotation == f"Subscribers[{kind.__name__}]"
        for field in attrs.fields(kind):
            assert f"``{field.name}``" in row, (kind, field.name)
    assert len(arguments) == len(kinds) + 1


def test_requests_lose_their_hooks_in_pickles() -> None:
    """Functions need not be there where it is unpickled."""
    assert pickle.loads(pickle.dumps(request(hooks=Hooks(lambda _: None)))).hooks is None


def test_a_policy_tells_with_an_effect() -> None:
    """So that the same line serves both colours, and a test without a loop."""
    told: list[Any] = []

    def policy(asked: Any, inner: Any) -> Any:
        if asked.hooks is not None:
            yield from asked.hooks.tell(RetryEvent(asked, 1.0, "why", response(500)))
        return (yield from inner(asked))

    played = play(policy(request(hooks=Hooks(told.append)), send), response())
    assert [type(effect).__name__ for effect in played.effects] == ["Call", "Send"]
    assert told[0].reason == "why"
    assert play(policy(request(), send), response()).effects[0].request.hooks is None  # type: ignore[union-attr]


def test_events_show_no_credential(serve: Serve, http: Http, colour: str) -> None:
    """Neither as text nor in a pickle."""
    canary = "sk-canary-0123456789"
    server = serve(lambda _: [http(b"{}", 401)])
    told: list[Any] = []
    with pytest.raises(Exception, match="401"):
        run(
            colour,
            f"{server.url}?api_key={canary}",
            lambda c: c.request("GET", "/x", headers={"x-my-token": canary}),
            hooks=told.append,
            credential=canary,
        )
    assert {type(event) for event in told} == {RequestEvent, ResponseEvent, ErrorEvent}
    for event in told:
        assert canary not in repr(event)
        assert canary.encode() not in pickle.dumps(event)
    assert StreamEvent(request(), 1, 0).index == 0
