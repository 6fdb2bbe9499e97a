"""Cache: keep answers, and give them again as long as the server or the caller says."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from functools import partial
from hashlib import blake2b
from os import urandom
from typing import TYPE_CHECKING, Any, Literal, TypeAlias
from weakref import WeakKeyDictionary

import attrs

from .._credentials import OneSecret
from .._effects import Call
from .._figures import figure, function
from .._freshness import Entry, directives, entry_of
from .._messages import Response, Secret, is_credential
from ..caching import CacheStore, MemoryStore
from ..errors import APIConnectionError, ConfigurationError
from ..hooks import CacheEvent
from ._auth import ApiKey
from ._security import Security

if TYPE_CHECKING:
    from .._messages import Request
    from ..typing import Flow, Inner, Policy

Outcome: TypeAlias = Literal["hit", "miss", "revalidated", "stale", "stored"]

_METHODS = frozenset({"GET", "HEAD", "POST"})
_SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
# Headers that say who asks and how often, not for what.
_NEUTRAL = frozenset(
    {
        "accept-encoding",
        "baggage",
        "cache-control",
        "idempotency-key",
        "pragma",
        "traceparent",
        "tracestate",
        "user-agent",
        "x-request-id",
        "x-sdk-retry-count",
    }
)
_QUESTIONS = frozenset(
    {"if-match", "if-modified-since", "if-none-match", "if-range", "if-unmodified-since", "range"}
)


def _methods(value: Any) -> frozenset[str]:
    methods = frozenset(str(each).upper() for each in value)
    if isinstance(value, str) or not methods or not methods <= _METHODS:
        msg = f"`methods` of a cache must be some of {', '.join(sorted(_METHODS))}, not {value!r}"
        raise ConfigurationError(msg)
    return methods


def _store(_: Any, __: Any, value: Any) -> None:
    if not isinstance(value, CacheStore):
        msg = f"`store` of a cache must be a CacheStore, not {type(value).__name__}"
        raise ConfigurationError(msg)


@attrs.frozen
class ResponseCache:
    """
    Keep answers as RFC 9111 says, for clients whose option ``cache`` this is.

    Two calls are the same when method, address, body, credentials and headers are; headers that
    say who asks, such as ``User-Agent``, count only where the server's ``Vary`` names them. What is
    stale is asked for with the validators that came with it. A success of another method makes the
    client forget what it kept of that address. Streams, uploads from files and parts of things go
    past the cache, and so does what was redirected.

    What identifies a call is kept as a salted hash, credentials included; nobody finds an answer
    that another credential got. Of a credential that a policy of your own puts on requests only
    that policy knows: answers are then kept for this very policy.

    Args:
        store: Where answers are kept. Default: a `MemoryStore` of its own.
        ttl: Seconds that a success is fresh where the server says nothing about it. Default: none,
            it is then not kept.
        methods: ``POST`` among them keeps what a body was answered with, and needs *ttl*.
        stale_if_error: Seconds that a stale answer may stand in while the server cannot be reached
            or answers with 5xx; a longer time that the server itself allows counts.
        clock: The wall clock, in seconds.

    Raises:
        ConfigurationError: A value cannot be used; the message names it.
    """

    store: CacheStore = attrs.field(factory=MemoryStore, validator=_store)
    ttl: float | None = attrs.field(
        default=None, validator=figure(least=0, optional=True), kw_only=True
    )
    methods: Collection[str] = attrs.field(
        default=("GET", "HEAD"), converter=_methods, kw_only=True
    )
    stale_if_error: float = attrs.field(default=0.0, validator=figure(least=0), kw_only=True)
    clock: Callable[[], float] = attrs.field(
        default=time.time, validator=function, kw_only=True, repr=False
    )

    def __attrs_post_init__(self) -> None:
        if "POST" in self.methods and self.ttl is None:
            msg = "`methods` of a cache has POST, about which servers say nothing; give `ttl`"
            raise ConfigurationError(msg)

    def policy(self, auth: Policy | None = None, *, blocking: bool = True) -> Policy:
        """
        Return the policy that keeps the answers of one client.

        Args:
            auth: What puts credentials on its requests, further inside.
            blocking: Whether the client is of the blocking colour; another one must not wait for a
                file, so that a store that does I/O is asked in a thread.
        """
        return _Cache(self, auth, threaded=self.store.does_io and not blocking)


@attrs.frozen
class _Cache:
    cache: ResponseCache
    auth: Policy | None
    threaded: bool

    def __call__(self, request: Request, inner: Inner) -> Flow[Response]:
        """Answer *request* with what was kept, or keep what it is answered with; see `Policy`."""
        if not self._concerns(request):
            response = yield from inner(request)
            if request.method not in _SAFE and response.status_code < 400:
                yield from self._forget(request)
            return response
        asked = yield from self._identified(request)
        found: _Found = yield self._do(partial(self._look, asked))
        entry, now = found.entry, found.now
        if entry is not None:
            if entry.is_fresh(now, request):
                yield from _tell(request, "hit", entry.age_at(now))
                return entry.answer(request, now)
            if request.method != "POST":
                request = request.with_headers(entry.question())
        try:
            response = yield from inner(request)
        except APIConnectionError:
            if entry is None or not entry.is_tolerable(now, self.cache.stale_if_error):
                raise
            yield from _tell(request, "stale", entry.age_at(now))
            return entry.answer(request, now)
        if entry is not None and response.status_code == 304:
            found = yield self._do(partial(self._confirm, found, response))
            assert found.entry is not None
            yield from _tell(request, "revalidated", found.entry.age_at(found.now))
            return found.entry.answer(request, found.now)
        failed = response.status_code >= 500
        if entry is not None and failed and entry.is_tolerable(now, self.cache.stale_if_error):
            yield from _tell(request, "stale", entry.age_at(now))
            return entry.answer(request, now)
        kept = yield self._do(partial(self._keep, found, asked, response))
        yield from _tell(request, "stored" if kept else "miss", None)
        return response

    def _concerns(self, request: Request) -> bool:
        headers = request.headers
        return (
            request.method in self.cache.methods
            and not request.stream
            and (request.content is None or isinstance(request.content, bytes))
            and _QUESTIONS.isdisjoint(headers)
            and "no-store" not in directives(headers.get("cache-control", ""))
        )

    def _identified(self, request: Request) -> Flow[Request]:
        """Return *request* with the credentials that will go with it, or what stands for them."""
        if self.auth is None:
            return request
        if not _is_known(self.auth):
            return request.with_headers({"authorization": _token_of(self.auth)})
        signed = request

        def catch(made: Request) -> Flow[Response]:
            nonlocal signed
            signed = made
            yield from ()  # a flow, though it asks for nothing
            return Response(200, {}, request=made, content=b"")

        yield from self.auth(request, catch)
        return signed

    def _do(self, work: Callable[[], Any]) -> Call:
        if not self.threaded:
            return Call(work)
        from anyio.to_thread import run_sync  # noqa: PLC0415  # blocking programs need no anyio

        return Call(partial(run_sync, work))

    def _look(self, asked: Request) -> _Found:
        store = self.cache.store
        veil = partial(_veil, store.salt())
        key = veil(_material(asked))
        entry = store.get(key)
        headers = asked.headers
        if entry is not None and any(
            veil(headers.get(name, "")) != value for name, value in entry.varies.items()
        ):
            entry = None
        return _Found(key, veil, entry, self.cache.clock())

    def _confirm(self, found: _Found, response: Response) -> _Found:
        now = self.cache.clock()
        assert found.entry is not None
        entry = found.entry.confirmed(response, now, self.cache.ttl)
        self.cache.store.put(found.key, found.veil(_address(response.request)), entry)
        return attrs.evolve(found, entry=entry, now=now)

    def _keep(self, found: _Found, asked: Request, response: Response) -> bool:
        """Keep *response* if that is right; return whether it is."""
        sent = response.request
        if _is_known(self.auth):
            # What came by a redirect, or with a credential that was put on by a policy of the
            # user's, is not what the key stands for.
            same = sent.url == asked.url and _credentials(sent) == _credentials(asked)
        else:
            same = _address(sent) == _address(asked)
        if not same or response.stream is not None:
            return False
        entry = entry_of(response, self.cache.clock(), self.cache.ttl, found.veil)
        if entry is None or (sent.method == "POST" and entry.lifetime <= entry.age):
            return False
        self.cache.store.put(found.key, found.veil(_address(sent)), entry)
        return True

    def _forget(self, request: Request) -> Flow[None]:
        store = self.cache.store
        yield self._do(lambda: store.forget(_veil(store.salt(), _address(request))))


@attrs.frozen
class _Found:
    """What was looked up, and how it was called."""

    key: str
    veil: Callable[[str], str]
    entry: Entry | None
    now: float


def _tell(request: Request, outcome: Outcome, age: float | None) -> Flow[None]:
    if request.hooks is not None:
        yield from request.hooks.tell(CacheEvent(request, outcome, age))


def _veil(salt: bytes, text: str) -> str:
    """Return what stands for *text*, and is of no use to those who do not know it."""
    return blake2b(text.encode("utf-8", "surrogateescape"), key=salt, digest_size=20).hexdigest()


def _material(request: Request) -> str:
    """Return all that tells one call from another."""
    content = request.content
    body = content.decode("latin-1") if isinstance(content, bytes) else ""
    headers = sorted(
        f"{name}:{value}" for name, value in request.headers.items() if name not in _NEUTRAL
    )
    return "\n".join((request.method, request.url, *headers, "", body))


def _address(request: Request) -> str:
    """Return where *request* goes, without its query: what a change there makes doubtful."""
    return request.url.partition("?")[0]


def _credentials(request: Request) -> dict[str, str]:
    return {
        name: value
        for name, value in request.headers.items()
        if is_credential(name) or isinstance(value, Secret)
    }


def _is_known(auth: Policy | None) -> bool:
    """Return whether *auth* only writes down a credential, which can be asked for in advance."""
    return auth is None or isinstance(auth, ApiKey | Security | OneSecret)


_tokens: WeakKeyDictionary[Any, str] = WeakKeyDictionary()


def _token_of(auth: Policy) -> str:
    """Return what stands for the credential of a policy that this package does not know."""
    return _tokens.setdefault(auth, urandom(16).hex())
