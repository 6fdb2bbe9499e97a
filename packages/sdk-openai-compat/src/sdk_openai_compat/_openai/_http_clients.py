"""
The clients that openai 3.x has for users who bring their own settings: those of httpx2.

Libraries read in openai's version that these are httpx2's, and hand them httpx2's transports. Where
httpx2 is not installed, they are httpx's, as this package's own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from sdk_core.options import DEFAULT_TIMEOUT

__all__ = [
    "DEFAULT_CONNECTION_LIMITS",
    "DefaultAsyncHttpxClient",
    "DefaultHttpxClient",
    "ProxiesTypes",
    "Transport",
]

if TYPE_CHECKING:
    import httpx as httpx2
else:
    try:
        import httpx2
    except ImportError:
        import httpx as httpx2

DEFAULT_CONNECTION_LIMITS = httpx2.Limits(max_connections=1000, max_keepalive_connections=100)

Transport: TypeAlias = httpx2.BaseTransport
ProxiesTypes: TypeAlias = str | httpx2.Proxy | Mapping[str, str | httpx2.Proxy | None]

_DEFAULTS: dict[str, Any] = {
    "timeout": httpx2.Timeout(DEFAULT_TIMEOUT.read, connect=DEFAULT_TIMEOUT.connect),
    "limits": DEFAULT_CONNECTION_LIMITS,
    "follow_redirects": True,
}


class DefaultHttpxClient(httpx2.Client):
    """A client of the HTTP library with the timeout and the limits of `OpenAI`."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{**_DEFAULTS, **options})


class DefaultAsyncHttpxClient(httpx2.AsyncClient):
    """The asynchronous twin of `DefaultHttpxClient`."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{**_DEFAULTS, **options})
