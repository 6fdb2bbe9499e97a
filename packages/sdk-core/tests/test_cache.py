"""The response cache: what is kept, for whom, and for how long."""

from __future__ import annotations

import stat
from collections.abc import Callable
from email.utils import formatdate
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import anyio
import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdk_core._effects import Effect
from sdk_core._freshness import directives, seconds
from sdk_core._messages import Response
from sdk_core.caching import CacheStore, MemoryStore, ResponseCache, SQLiteStore
from sdk_core.clients import AsyncClient, SyncClient
from sdk_core.errors import APIConnectionError, ConfigurationError, NotFoundError, SDKError
from sdk_core.hooks import CacheEvent, Hooks
from sdk_core.operations import SecurityScheme
from sdk_core.policies import ApiKey, Bearer, Security
from sdk_core.testing import Played, play, request, response, send

Serve = Callable[..., SimpleNamespace]
Http = Callable[..., bytes]

NOW = 1_700_000_000.0
CANARY = "sk-canary-0123456789"


class Clock:
    """A wall clock that a test moves."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        """Return the time."""
        return self.now


class Desk:
    """Plays calls through one cache, and notes what hooks are told."""

    def __init__(self, store: CacheStore | None = None, **options: Any) -> None:
        self.clock = Clock()
        self.cache = ResponseCache(store or MemoryStore(), clock=self.clock, **options)
        self.told: list[str] = []

    def ask(
        self,
        *answers: Response | SDKError,
        auth: Any = None,
        inner: Any = None,
        **asked: Any,
    ) -> Played[Response]:
        """Play one call."""
        hooks = Hooks(on_cache=lambda event: self.told.append(event.outcome))
        policy = self.cache.policy(auth)

        def innermost(made: Any) -> Any:
            return auth(made, inner or send) if auth is not None else (inner or send)(made)

        return play(policy(request(hooks=hooks, **asked), innermost), *answers)

    def is_kept(self, answer: Response, **asked: Any) -> bool:
        """Return whether a second call is spared when the first is answered so."""
        assert len(self.ask(answer, **asked).sent) == 1
        return not self.ask(answer, **asked).sent


def date(seconds: float) -> str:
    """Return an HTTP date, that many seconds from now."""
    return formatdate(NOW + seconds, usegmt=True)


# What is kept.


@pytest.mark.parametrize(
    ("headers", "kept"),
    [
        ({"cache-control": "max-age=60"}, True),
        ({"cache-control": "private, max-age=60"}, True),
        ({"cache-control": 'foo="a,b", MAX-AGE="60"'}, True),
        ({"cache-control": "max-age=60, max-age=0"}, True),
        ({"expires": date(60)}, True),
        ({"expires": date(60), "date": date(0)}, True),
        ({}, False),
        ({"cache-control": "max-age=0"}, False),
        ({"cache-control": "max-age=soon"}, False),
        ({"cache-control": "max-age=-1"}, False),
        ({"cache-control": "max-age=60, no-store"}, False),
        ({"cache-control": "max-age=60, no-cache"}, False),
        ({"cache-control": "max-age=60", "vary": "*"}, False),
        ({"cache-control": "max-age=60", "age": "60"}, False),
        ({"cache-control": "max-age=60", "date": date(-61)}, False),
        ({"cache-control": "s-maxage=60"}, False),
        ({"cache-control": "max-age=0", "expires": date(60)}, False),
        ({"expires": "0"}, False),
        ({"expires": date(-1)}, False),
    ],
)
def test_the_server_says_what_is_kept(headers: dict[str, str], kept: bool) -> None:
    """As RFC 9111 §3 and §4.2 have it, for a private cache."""
    assert Desk().is_kept(response(200, headers)) is kept


@pytest.mark.parametrize(
    ("status", "kept"), [(200, True), (204, True), (404, True), (206, False), (500, False)]
)
def test_the_status_says_what_is_kept(status: int, kept: bool) -> None:
    """Errors that last may be kept on the server's word, parts of things may not."""
    assert Desk().is_kept(response(status, {"cache-control": "max-age=60"})) is kept


@pytest.mark.parametrize(
    ("headers", "status", "kept"),
    [
        ({}, 200, True),
        ({}, 404, False),
        ({"cache-control": "no-store"}, 200, False),
        ({"cache-control": "no-cache"}, 200, False),
        ({"cache-control": "max-age=0"}, 200, False),
        ({"date": date(-3600)}, 200, True),
    ],
)
def test_the_caller_speaks_where_the_server_is_silent(
    headers: dict[str, str], status: int, kept: bool
) -> None:
    """A ``ttl`` is for successes, counts from now, and overrules nobody."""
    assert Desk(ttl=60).is_kept(response(status, headers)) is kept


@pytest.mark.parametrize(
    "asked",
    [
        {"method": "POST", "content": b"{}"},
        {"method": "DELETE"},
        {"stream": True},
        {"content": object()},
        {"headers": {"range": "bytes=0-1"}},
        {"headers": {"if-none-match": '"a"'}},
        {"headers": {"cache-control": "no-store"}},
        {"headers": {"cache-control": "no-cache"}},
        {"headers": {"cache-control": "max-age=0"}},
    ],
)
def test_some_calls_go_past_the_cache(asked: dict[str, Any]) -> None:
    """Other methods, streams, parts, and what the caller wants anew."""
    assert not Desk().is_kept(response(200, {"cache-control": "max-age=60"}), **asked)


def test_an_answer_is_given_again_with_its_age() -> None:
    """The same status, headers and body; what belongs to one connection or user is left out."""
    desk = Desk()
    headers = {
        "cache-control": "max-age=60",
        "content-type": "text/plain",
        "connection": "x-hop",
        "x-hop": "1",
        "set-cookie": CANARY,
        "x-auth-token": CANARY,
    }
    desk.ask(response(200, headers, b"body"))
    desk.clock.now += 59.9
    again = desk.ask().result
    assert (again.status_code, again.content, again.headers["age"]) == (200, b"body", "59")
    assert sorted(again.headers) == ["age", "cache-control", "content-type"]
    desk.clock.now += 0.1
    assert len(desk.ask(response()).sent) == 1


def test_a_clock_that_is_set_back_makes_nothing_older() -> None:
    """Ages do not go below what they were."""
    desk = Desk()
    desk.ask(response(200, {"cache-control": "max-age=60", "age": "7"}))
    desk.clock.now -= 3600
    assert desk.ask().result.headers["age"] == "7"


# For whom it is kept.


@pytest.mark.parametrize(
    ("asked", "shared"),
    [
        ({}, True),
        ({"headers": {"user-agent": "b"}}, True),
        ({"headers": {"idempotency-key": "b"}}, True),
        ({"method": "HEAD"}, False),
        ({"url": "https://api.example.com/v1/things?a=1"}, False),
        ({"headers": {"accept": "text/plain"}}, False),
        ({"headers": {"x-tenant": "b"}}, False),
        ({"headers": {"authorization": "Bearer b"}}, False),
        ({"headers": {"cookie": "b"}}, False),
        ({"content": b"{}"}, False),
    ],
)
def test_what_tells_calls_apart(asked: dict[str, Any], shared: bool) -> None:
    """Everything but what says who asks and how often."""
    desk = Desk(ttl=60)
    desk.ask(response())
    assert (not desk.ask(response(), **asked).sent) is shared


def test_the_server_may_name_more_that_tells_calls_apart() -> None:
    """``Vary`` counts also for headers that do not matter otherwise."""
    desk = Desk(ttl=60)
    kept = response(200, {"vary": "User-Agent, Accept"})
    desk.ask(kept, headers={"user-agent": "a"})
    assert not desk.ask(headers={"user-agent": "a"}).sent
    assert desk.ask(kept, headers={"user-agent": "b"}).sent


KEYED = {"key": SecurityScheme("apiKey", location="query", name="k")}


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (Bearer("secret-a"), Bearer("secret-b")),
        (ApiKey("secret-a"), None),
        (Bearer(lambda: "secret-a"), Bearer(lambda: "secret-b")),
        (Security(KEYED, {"key": "secret-a"}), Security(KEYED, {"key": "secret-b"})),
    ],
)
def test_no_answer_goes_to_another_credential(first: Any, second: Any) -> None:
    """Even where two clients share a store, and the cache is outside of what authenticates."""
    desk = Desk(ttl=60)
    desk.ask(response(), auth=first)
    assert desk.ask(response(), auth=second).sent
    assert not desk.ask(auth=first).sent


def own(asked: Any, inner: Any) -> Any:
    """Put on a credential that this package knows nothing of."""
    return (yield from inner(asked.with_headers({"x-signed": "a"})))


def another(asked: Any, inner: Any) -> Any:
    """Put on another one."""
    return (yield from inner(asked.with_headers({"x-signed": "b"})))


def test_a_policy_of_ones_own_has_answers_of_its_own() -> None:
    """Of its credentials nothing is known but whose they are."""
    desk = Desk(ttl=60)
    desk.ask(response(), auth=own)
    assert not desk.ask(auth=own).sent
    assert desk.ask(response(), auth=another).sent


@pytest.mark.parametrize(
    "changes",
    [
        {"url": "https://elsewhere.example.com/"},
        {"headers": request(headers={"authorization": "Bearer x"}).headers},
    ],
)
def test_what_came_in_another_way_is_not_kept(changes: dict[str, Any]) -> None:
    """By a redirect, or with a credential that a policy further inside put on."""

    def inner(asked: Any) -> Any:
        return (yield from send(asked.evolve(**changes)))

    desk = Desk(ttl=60)
    desk.ask(response(), inner=inner)
    assert desk.ask(response(), inner=inner).sent


@pytest.mark.parametrize("kind", ["memory", "file"])
def test_a_store_holds_no_credential(tmp_path: Path, kind: str) -> None:
    """Neither in its keys nor in what it keeps; and keys cannot be guessed from another store."""
    store = MemoryStore() if kind == "memory" else SQLiteStore(tmp_path / "c.db")
    desk = Desk(store, ttl=60)
    headers = {"vary": "authorization", "set-cookie": CANARY}
    desk.ask(response(200, headers), auth=Bearer(CANARY), url=f"https://a.example/?key={CANARY}")
    if isinstance(store, SQLiteStore):
        store.close()
        assert all(CANARY.encode() not in path.read_bytes() for path in tmp_path.iterdir())
        assert stat.S_IMODE((tmp_path / "c.db").stat().st_mode) == 0o600
    else:
        assert CANARY not in repr(store._entries)
    assert store.salt() != MemoryStore().salt()


# How it becomes stale, and what then.


@pytest.mark.parametrize(
    ("validator", "question"),
    [
        ({"etag": '"a"'}, {"if-none-match": '"a"'}),
        ({"last-modified": date(-9)}, {"if-modified-since": date(-9)}),
    ],
)
def test_what_is_stale_is_asked_for(validator: dict[str, str], question: dict[str, str]) -> None:
    """An answer of 304 makes it fresh again, with the headers that came (RFC 9111 §4.3.4)."""
    desk = Desk()
    desk.ask(response(200, {"cache-control": "max-age=60", **validator}, b"body"))
    desk.clock.now += 61
    news = {"cache-control": "max-age=30", "x-new": "1", "content-length": "0"}
    played = desk.ask(response(304, news))
    sent = played.sent[0].headers
    assert {name: sent[name] for name in question} == question
    assert (played.result.status_code, played.result.content) == (200, b"body")
    assert (played.result.headers["x-new"], "content-length" in played.result.headers) == (
        "1",
        False,
    )
    desk.clock.now += 29
    assert not desk.ask().sent
    desk.clock.now += 1
    assert desk.ask(response(304)).sent
    assert desk.told == ["stored", "revalidated", "hit", "revalidated"]


def test_what_has_changed_is_replaced() -> None:
    """A full answer to the question is the new one."""
    desk = Desk()
    headers = {"cache-control": "max-age=60", "etag": '"a"'}
    desk.ask(response(200, headers, b"old"))
    desk.clock.now += 61
    assert desk.ask(response(200, headers, b"new")).result.content == b"new"
    assert desk.ask().result.content == b"new"


def test_what_must_always_be_asked_for_is_kept_for_the_question() -> None:
    """``no-cache`` saves the body, not the call."""
    desk = Desk()
    desk.ask(response(200, {"cache-control": "no-cache", "etag": '"a"'}, b"body"))
    assert desk.ask(response(304)).result.content == b"body"


@pytest.mark.parametrize("failure", [response(503), APIConnectionError()])
@pytest.mark.parametrize(
    ("directive", "seconds", "later", "given"),
    [
        ("", 0, 61, False),
        ("", 10, 69, True),
        ("", 10, 71, False),
        (", stale-if-error=10", 0, 69, True),
        (", must-revalidate", 10, 69, False),
    ],
)
def test_a_stale_answer_may_stand_in(
    failure: Any, directive: str, seconds: float, later: float, given: bool
) -> None:
    """While the server fails, for as long as the caller or the server says (RFC 5861 §4)."""
    desk = Desk(stale_if_error=seconds)
    desk.ask(response(200, {"cache-control": f"max-age=60{directive}"}))
    desk.clock.now += later
    played = desk.ask(failure)
    ok = played.error is None and played.result.status_code == 200
    assert ok is given
    assert (desk.told[-1] == "stale") is given


def test_without_anything_kept_a_failure_is_a_failure() -> None:
    """The cache invents nothing."""
    assert isinstance(Desk(stale_if_error=9).ask(APIConnectionError()).error, APIConnectionError)


@pytest.mark.parametrize(("status", "gone"), [(200, True), (204, True), (400, False)])
def test_a_change_makes_the_client_forget(status: int, gone: bool) -> None:
    """What was kept of an address goes, with every query, when a change succeeds there (§4.4)."""
    desk = Desk(ttl=60)
    url = "https://api.example.com/things"
    desk.ask(response(), url=f"{url}?page=2")
    desk.ask(response(), url=f"{url}/1")
    desk.ask(response(status), url=url, method="POST", content=b"{}")
    assert bool(desk.ask(response(), url=f"{url}?page=2").sent) is gone
    assert not desk.ask(url=f"{url}/1").sent


def test_answers_to_bodies_are_kept_when_asked_to() -> None:
    """Each body has its own, and none is asked for with a question."""
    desk = Desk(ttl=60, methods={"get", "post"})
    asked = {"method": "POST", "content": b"1"}
    kept = response(200, {"etag": '"a"'})
    desk.ask(kept, **asked, headers={"idempotency-key": "a"})
    assert not desk.ask(**asked, headers={"idempotency-key": "b"}).sent
    assert desk.ask(response(), method="POST", content=b"2").sent
    desk.clock.now += 61
    assert "if-none-match" not in desk.ask(kept, **asked).sent[0].headers
    assert not desk.is_kept(
        response(200, {"etag": '"a"', "cache-control": "no-cache"}), method="POST", content=b"3"
    )


# Options.


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        ({"ttl": -1}, "ttl"),
        ({"ttl": "60"}, "ttl"),
        ({"stale_if_error": None}, "stale_if_error"),
        ({"methods": {"PUT"}}, "methods"),
        ({"methods": "GET"}, "methods"),
        ({"methods": ()}, "methods"),
        ({"methods": {"POST"}}, "ttl"),
        ({"store": {}}, "store"),
        ({"clock": 3}, "clock"),
    ],
)
def test_a_cache_that_cannot_work_is_refused(arguments: dict[str, Any], name: str) -> None:
    """When it is made, by name."""
    with pytest.raises(ConfigurationError, match=f"`{name}`"):
        ResponseCache(**arguments)


@pytest.mark.parametrize("value", [True, ResponseCache, MemoryStore(), 60])
def test_what_is_no_cache_is_refused(value: Any) -> None:
    """When the client is made."""
    with pytest.raises(ConfigurationError, match="`cache`"):
        SyncClient(base_url="http://localhost", cache=value)


@given(st.text())
def test_any_header_is_read(text: str) -> None:
    """Whatever a server writes, its directives are words and numbers, or nothing."""
    for value in directives(text).values():
        assert seconds(value) >= 0


@pytest.mark.parametrize("kind", ["memory", "file"])
def test_a_client_asks_once(
    serve: Serve, http: Http, colour: str, tmp_path: Path, kind: str
) -> None:
    """The second call is answered from the store, in both colours, and says so to hooks."""
    server = serve(lambda _: [http(b'{"a": 1}', cache_control="max-age=60")])
    store: Any = MemoryStore() if kind == "memory" else SQLiteStore(tmp_path / "c.db")
    told: list[CacheEvent] = []
    options: Any = {"cache": ResponseCache(store), "hooks": Hooks(on_cache=told.append)}
    if colour == "sync":
        with SyncClient(base_url=server.url, credential=CANARY, **options) as client:
            answers = [client.request("GET", "/x") for _ in range(2)]
            answers.append(client.with_options(timeout=9).request("GET", "/x"))
    else:

        async def main() -> list[Any]:
            async with AsyncClient(base_url=server.url, credential=CANARY, **options) as client:
                answers = [await client.request("GET", "/x") for _ in range(2)]
                return [*answers, await client.with_options(timeout=9).request("GET", "/x")]

        answers = anyio.run(main)
    assert answers == [{"a": 1}] * 3
    assert len(server.requests) == 1
    assert [event.outcome for event in told] == ["stored", "hit", "hit"]
    if kind == "file":
        store.close()


def test_errors_that_were_kept_are_raised_again(serve: Serve, http: Http) -> None:
    """A refusal that may be kept is a refusal each time."""
    server = serve(lambda _: [http(b"{}", 404, cache_control="max-age=60")])
    with SyncClient(base_url=server.url, cache=ResponseCache()) as client:
        for _ in range(2):
            with pytest.raises(NotFoundError):
                client.request("GET", "/x")
    assert len(server.requests) == 1


def test_an_event_loop_never_waits_for_a_file(tmp_path: Path) -> None:
    """What asynchronous clients ask of a store that does I/O is an awaitable, done in a thread."""
    with SQLiteStore(tmp_path / "c.db") as store:
        policy: Any = ResponseCache(store).policy(blocking=False)
        effect: Effect = next(policy(request(), send))
        assert attrs.asdict(effect)["function"].func.__name__ == "run_sync"
