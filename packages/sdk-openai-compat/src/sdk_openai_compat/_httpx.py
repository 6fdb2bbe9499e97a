"""httpx's clients with the facade's defaults; imported when one of them is asked for."""

from __future__ import annotations

from typing import Any

import httpx

from sdk_core.options import DEFAULT_TIMEOUT

DEFAULT_CONNECTION_LIMITS = httpx.Limits(max_connections=1000, max_keepalive_connections=100)

_DEFAULTS: dict[str, Any] = {
    "timeout": httpx.Timeout(DEFAULT_TIMEOUT.read, connect=DEFAULT_TIMEOUT.connect),
    "limits": DEFAULT_CONNECTION_LIMITS,
    "follow_redirects": True,
}


class DefaultHttpxClient(httpx.Client):
    """
    An ``httpx.Client`` with the timeout and the limits that `OpenAI` has without one.

    For your own proxy, certificates or transport: ``OpenAI(http_client=DefaultHttpxClient(...))``.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**{**_DEFAULTS, **options})


class DefaultAsyncHttpxClient(httpx.AsyncClient):
    """The asynchronous twin of `DefaultHttpxClient`."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{**_DEFAULTS, **options})
