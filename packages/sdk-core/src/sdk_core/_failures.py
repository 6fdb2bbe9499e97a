"""The errors of httpx and its family as ours, sorted by what happened."""

from __future__ import annotations

import re
import ssl
import sys
from typing import TYPE_CHECKING, Any, NoReturn

from ._addresses import redacted
from ._frames import forget
from ._redaction import scrub
from .errors import APIConnectionError, APITimeoutError, ConfigurationError

if TYPE_CHECKING:
    from ._messages import Request

_forbidden = re.compile(r"[\0\n\v\f\r]|^\s|\s$").search
UNASKED = "it held an answer that nobody had asked for"
"""Why a connection is not used again."""

_WORDS = 300  # characters
_WHAT = {
    "connect": "no connection",
    "pool": "no free connection",
    "write": "the request could not be written",
}


def timed_out(request: Request, phase: str | None, proxy: str | None = None) -> APITimeoutError:
    """Return the error for a *phase* (as `Timeout` calls it) that took too long."""
    where = redacted(request.url) + through(proxy)
    seconds = getattr(request.timeout, phase or "", None)
    what = _WHAT.get(phase or "", "no answer")
    return APITimeoutError(
        request,
        message=f"Request timed out: {what} within {seconds:g} s from {where}"
        if seconds is not None
        else f"Request timed out: {what} from {where}",
        maybe_processed=phase not in {"connect", "pool"},
    )


def unreachable(request: Request, why: str, proxy: str | None = None) -> APIConnectionError:
    """Return the error for a request that certainly was not sent."""
    check = "check the proxy" if proxy else "check `base_url`, and that the server is running"
    return APIConnectionError(
        message=f"Connection error: cannot reach {redacted(request.url)}{through(proxy)} "
        f"({_line(why, request)}); {check}",
        request=request,
        maybe_processed=False,
    )


def broken(request: Request, why: str, proxy: str | None = None) -> APIConnectionError:
    """Return the error for a connection that broke on the way."""
    where = redacted(request.url) + through(proxy)
    return APIConnectionError(
        message=f"Connection error: the connection to {where} broke ({_line(why, request)})",
        request=request,
    )


def unsendable(request: Request, why: str) -> ConfigurationError:
    """Return the error for a request that HTTP does not allow."""
    for name, value in request.headers.items():
        if _forbidden(value):  # the engine's words hold the value, which may be a secret
            why = f"the header `{name}` holds a line end, NUL or outer space; strip it"
    msg = f"the request to {redacted(request.url)} cannot be sent: {request.censored(scrub(why))}"
    return ConfigurationError(msg)


def _line(why: str, request: Request) -> str:
    """Return an engine's words, which may quote the server's, as one line of a bearable length."""
    return " ".join(_censored(why, request).split())[:_WORDS]


def through(proxy: str | None) -> str:
    """Return the words for a *proxy* on the way."""
    return f" through the proxy {proxy}" if proxy else ""


def conceal(exc: BaseException, request: Request) -> None:
    """Take what was sent out of the frames of an engine's error, and what came out of its words."""
    forget(exc, lambda text: _censored(text, request))


def alone(error: Exception) -> NoReturn:
    """Raise *error* without what led to it: some errors of engines hold the whole request."""
    try:
        raise error from None
    finally:
        error.__context__ = None


def _censored(text: str, request: Request) -> str:
    return scrub(request.censored(text.replace(request.url, redacted(request.url))))


def of_httpx(exc: BaseException) -> BaseException:
    """Return an error of httpcore's as httpx has it, with *exc* behind it; others as they are."""
    import httpx  # noqa: PLC0415  # calls that go well do without

    for kind in type(exc).__mro__:
        if kind.__module__ == "httpcore" and (known := getattr(httpx, kind.__name__, None)):
            made: BaseException = known(str(exc))
            made.__cause__ = exc
            return made
    return exc


def pool_timeout(exc: Exception) -> Exception:
    """Return what httpx raises where no connection became free."""
    import httpx  # noqa: PLC0415  # as above

    return httpx.PoolTimeout(str(exc))


def translate(
    exc: BaseException, request: Request, family: Any, proxy: str | None = None
) -> NoReturn:
    """
    Raise *exc* as an error of our own, if it is one of *family*'s; else as it is.

    Args:
        exc: What the engine has raised.
        request: What was asked for.
        family: httpx, or a module with the same errors; None: httpcore, whose errors become httpx's.
        proxy: The proxy on the way.
    """
    if family is None and isinstance(exc, Exception):
        exc = of_httpx(exc)
        family = sys.modules["httpx"]
    conceal(exc, request)
    if family is None:
        raise exc
    if isinstance(exc, family.TimeoutException):
        phase = type(exc).__name__.removesuffix("Timeout").lower()
        raise timed_out(request, phase, proxy) from exc
    if isinstance(exc, family.ConnectError | family.ProxyError):
        raise unreachable(request, _words(exc), proxy) from exc
    if isinstance(exc, family.UnsupportedProtocol | family.InvalidURL | family.LocalProtocolError):
        raise unsendable(request, str(exc)) from None
    if isinstance(exc, UnicodeError) and "'idna' codec" in str(exc):
        raise unsendable(request, "its host is no name that could be looked up") from None
    if isinstance(exc, family.DecodingError):
        where = redacted(request.url)
        raise APIConnectionError(
            message=f"Connection error: the answer of {where} cannot be decompressed ({exc})",
            request=request,
        ) from exc
    if isinstance(exc, family.TransportError | ssl.SSLError):  # the latter slips through httpcore
        raise broken(request, _words(exc), proxy) from exc
    raise exc


def _words(exc: BaseException) -> str:
    """Return what *exc* says, or else what led to it; trio's errors are silent themselves."""
    found: BaseException | None = exc
    while found is not None and not str(found):
        found = found.__cause__ or found.__context__
    return type(exc).__name__ if found is None else str(found)
