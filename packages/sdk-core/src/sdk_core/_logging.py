"""
Logging: what happens to calls, as records of the logger ``sdk_core.calls``.

The root logger is left alone, and so is ``sdk_core`` (it has a `logging.NullHandler`) unless the
environment has ``SDK_LOG``, which names a level: that one then goes to the standard error.

======= ===========================================================================
level   what is told
======= ===========================================================================
DEBUG   an attempt begins; the cache was asked
INFO    an attempt was answered; a call failed for good; (``sdk_core.retry``) a repeat
WARNING a limit, a circuit or a store is in trouble (by the loggers of those)
======= ===========================================================================

Every record has ``method``, ``path`` (as the API's document writes it), ``attempt`` (from 0), and
where there is an answer ``status``, ``elapsed`` (seconds) and ``request_id`` as attributes. None
has a header, a query or a body.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from .errors import ConfigurationError
from .hooks import CacheEvent, ErrorEvent, Hooks, RequestEvent, ResponseEvent

if TYPE_CHECKING:
    from ._messages import Request

VARIABLE = "SDK_LOG"
_LEVELS = ("debug", "info", "warning", "error")

_family = logging.getLogger("sdk_core")
_log = logging.getLogger("sdk_core.calls")


def _begun(event: RequestEvent) -> None:
    fields = _fields(event.request)
    _log.debug("%s %s begins", *_names(fields), extra=fields)


def _answered(event: ResponseEvent) -> None:
    response = event.response
    fields = {
        **_fields(event.request),
        "status": response.status_code,
        "elapsed": response.elapsed,
        "request_id": response.headers.get("x-request-id"),
    }
    text = "%s %s answered %d in %.3f s"
    _log.info(text, *_names(fields), response.status_code, response.elapsed, extra=fields)


def _failed(event: ErrorEvent) -> None:
    error = event.error
    fields = {
        **_fields(event.request),
        "attempt": error.retries_taken,
        "status": getattr(error, "status_code", None),
        "request_id": error.request_id,
    }
    # The class alone: what a server says of an error may repeat what it was sent.
    _log.info("%s %s failed (%s)", *_names(fields), type(error).__name__, extra=fields)


def _cached(event: CacheEvent) -> None:
    fields = _fields(event.request)
    _log.debug("%s %s cache: %s", *_names(fields), event.outcome, extra=fields)


def _fields(request: Request) -> dict[str, Any]:
    operation = request.operation
    # The template, where there is one: it holds no data of the call, and groups well.
    path = urlsplit(request.url).path if operation is None else operation.path
    return {"method": request.method, "path": path, "attempt": request.retry_count}


def _names(fields: dict[str, Any]) -> tuple[str, str]:
    return fields["method"], fields["path"]


_LOGGING = Hooks(on_request=_begun, on_response=_answered, on_error=_failed, on_cache=_cached)


def logged(hooks: Hooks | None) -> Hooks:
    """Return *hooks* with those that write the log."""
    return _LOGGING if hooks is None else _LOGGING + hooks


def listen(level: str) -> None:
    """
    Write what this package logs to the standard error, as the environment asks for.

    Args:
        level: The value of ``SDK_LOG``.

    Raises:
        ConfigurationError: It names no level.
    """
    if level.lower() not in _LEVELS:
        msg = f"`{VARIABLE}` must be one of {', '.join(_LEVELS)}, not {level!r}"
        raise ConfigurationError(msg)
    if any(isinstance(handler, _Handler) for handler in _family.handlers):
        return
    handler = _Handler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    _family.addHandler(handler)
    _family.setLevel(level.upper())


class _Handler(logging.StreamHandler):  # type: ignore[type-arg]  # generic for checkers alone
    """The one that `listen` adds, told from the user's own."""
