"""
httpx, entered at its transport level, and clients of httpx's that users have made.

A full ``httpx.Client.request`` costs about 1.6 times the transport alone, for things that the
call path does itself (URLs, redirects, authentication).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import httpx

from ._addresses import redacted
from ._failures import of_httpx, translate
from ._httpx_bodies import (
    AsyncSending,
    Sending,
    Whole,
    afinish,
    encoded,
    finish,
    framing,
    limits,
    parts_of,
)
from ._outgoing import CLOSED, close_body
from ._proxies import unusable
from ._redaction import learn
from ._tls import context_of, untrusting
from .errors import ConfigurationError

if TYPE_CHECKING:
    import httpcore

    from ._messages import Request, Response
    from .transports import HTTPX

FAMILY = httpx
_url = lru_cache(maxsize=256)(httpx.URL)
_SHOWN = 100  # characters of a URL that may be the fault


class Stream(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body of ours as one of httpx's."""

    def __init__(self, body: Any) -> None:
        self._body = body

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._body)

    def __aiter__(self) -> AsyncIterator[bytes]:
        return aiter(self._body)


class _Received(Stream):
    """The body of an answer of httpcore's, with httpx's errors."""

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield from self._body
        except Exception as exc:
            raise of_httpx(exc) from exc

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for piece in self._body:
                yield piece
        except Exception as exc:
            raise of_httpx(exc) from exc


def viewed(
    request: httpcore.Request, answer: httpcore.Response
) -> tuple[httpx.Request, httpx.Response]:
    """Return what was sent and received without httpx as httpx has it."""
    asked = httpx.Request(
        request.method.decode("ascii"),
        bytes(request.url).decode("ascii"),
        headers=request.headers,
        stream=Stream(request.stream),
        extensions=request.extensions,
    )
    received = httpx.Response(
        answer.status,
        headers=answer.headers,
        stream=_Received(answer.stream),
        extensions=answer.extensions,
        request=asked,
    )
    return asked, received


def outgoing(
    request: Request,
    sending: type[Sending | AsyncSending] = Sending,
    trace: Callable[..., Any] | None = None,
) -> httpx.Request:
    """
    Return *request* as one of httpx's.

    Args:
        request: What is to be sent.
        sending: How a body that is not in memory is sent.
        trace: What httpcore tells of the connection of a stream.

    Raises:
        ConfigurationError: Its address or a header cannot be sent.
    """
    url = address(request.url)
    headers, stream, extensions = parts_of(request, url.netloc, sending, trace)
    return httpx.Request(
        request.method, url, headers=headers, stream=Stream(stream), extensions=extensions
    )


def address(url: str) -> httpx.URL:
    """Return *url* as one of httpx's. Raises ConfigurationError if it is none."""
    try:
        return _url(url)
    except httpx.InvalidURL as exc:
        msg = f"`{redacted(url)[:_SHOWN]}` is no valid URL: {exc}"
        raise ConfigurationError(msg) from None


def received(answer: httpx.Response) -> httpx.Response:
    """Return what a transport has answered."""
    return answer


def opened(
    options: HTTPX, origin: str, proxy: str | None, number: int, *, synchronous: bool
) -> httpx.HTTPTransport | httpx.AsyncHTTPTransport:
    """
    Return a transport with one connection, or with all of them where HTTP/2 shares one.

    Args:
        options: How connections are made.
        origin: Where to.
        proxy: The proxy on the way; None: there is none.
        number: How many there are already.
        synchronous: Which colour.

    Raises:
        ConfigurationError: The proxy cannot be used.
    """
    shared = options.http2
    kept = options.max_keepalive if shared else int(number < options.max_keepalive)
    each = httpx.Limits(
        max_connections=options.max_connections if shared else 1,
        max_keepalive_connections=kept,
        keepalive_expiry=options.keepalive_expiry,
    )
    secure = origin.startswith("https:") or proxy is not None
    tls = context_of(options, *["h2"] * shared) if secure else untrusting()
    kind = httpx.HTTPTransport if synchronous else httpx.AsyncHTTPTransport
    try:
        via = None
        if proxy is not None:
            via = httpx.Proxy(proxy, ssl_context=tls if proxy[:6] == "https:" else None)
        return kind(verify=tls, limits=each, proxy=via, http2=shared)
    except (ImportError, ValueError, httpx.InvalidURL) as exc:
        words = str(exc) if isinstance(exc, ImportError) else "its address is not understood"
        raise unusable(proxy or "", words) from None


class ClientTransport:
    """A user's own ``httpx.Client`` (or httpx2's) as a `Transport`."""

    def __init__(self, client: Any, family: Any) -> None:
        self._client = client
        self._family = family

    @property
    def closed(self) -> bool:
        """Whether the user's client is closed."""
        return bool(self._client.is_closed)

    def send(self, request: Request) -> Response:
        """Send *request*; see `Transport`."""
        if self._client.is_closed:
            raise ConfigurationError(CLOSED)
        try:
            raw, auth = _build(self._client, request, self._family, Sending)
            answer = self._client.send(raw, stream=True, follow_redirects=False, **auth)
        except Exception as exc:  # sorted out, and what is not httpx's passes
            translate(exc, request, self._family)
        finally:
            close_body(request)
        return finish(request, raw, answer, self._family)

    def close(self) -> None:
        """Close the user's client, as its users expect of the client that wraps it."""
        self._client.close()


class AsyncClientTransport:
    """A user's own ``httpx.AsyncClient`` (or httpx2's) as an `AsyncTransport`."""

    def __init__(self, client: Any, family: Any) -> None:
        self._client = client
        self._family = family

    @property
    def closed(self) -> bool:
        """Whether the user's client is closed."""
        return bool(self._client.is_closed)

    async def send(self, request: Request) -> Response:
        """Send *request*; see `AsyncTransport`."""
        if self._client.is_closed:
            raise ConfigurationError(CLOSED)
        try:
            raw, auth = _build(self._client, request, self._family, AsyncSending)
            answer = await self._client.send(raw, stream=True, follow_redirects=False, **auth)
        except Exception as exc:  # as above
            translate(exc, request, self._family)
        finally:
            close_body(request)
        return await afinish(request, raw, answer, self._family)

    async def aclose(self) -> None:
        """Close the user's client."""
        await self._client.aclose()


def _build(
    client: Any, request: Request, family: Any, sending: type[Sending | AsyncSending]
) -> tuple[Any, dict[str, Any]]:
    """Return the request as one of *client*'s, and how `send` is to authenticate it."""
    learn(request.url)  # a whole client logs it
    body = request.content
    headers = encoded(request)
    content: Any = body
    if body is not None and not isinstance(body, bytes):
        headers += framing(request, body)
        content = sending(request, body)
    if request.foreign:
        # The client's own headers, cookies, query and `auth` are for the host that it was made for.
        raw = family.Request(
            request.method,
            request.url,
            headers=headers,
            content=content,
            extensions=limits(request),
        )
        return _whole(raw, body, family, sending), {"auth": None}
    timeout = request.timeout
    raw = client.build_request(
        request.method,
        request.url,
        headers=headers,
        content=content,
        timeout=(timeout.connect, timeout.read, timeout.write, timeout.pool),
    )
    return _whole(raw, body, family, sending), {}


def _whole(raw: Any, body: Any, family: Any, sending: type[Sending | AsyncSending]) -> Any:
    """Return *raw* with a body that leaves nothing half-way; httpx2 has one of its own."""
    if family is httpx and sending is AsyncSending and isinstance(body, bytes):
        raw.stream = Stream(Whole(body))
    return raw
