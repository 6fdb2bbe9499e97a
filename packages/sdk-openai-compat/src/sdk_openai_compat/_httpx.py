"""httpx's clients with the facade's defaults; imported when one of them is asked for."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

import httpx

from sdk_core.errors import ConfigurationError
from sdk_core.options import DEFAULT_TIMEOUT

if TYPE_CHECKING:
    import httpx2

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


def DefaultHttpx2Client(**options: Any) -> httpx2.Client:  # noqa: N802  # openai's name
    """
    Return an ``httpx2.Client`` with the timeout and the limits that `OpenAI` has without one.

    Raises:
        ConfigurationError: httpx2 is not installed.
    """
    library = _httpx2()
    client: httpx2.Client = library.Client(**_httpx2_options(library, options))
    return client


def DefaultAsyncHttpx2Client(**options: Any) -> httpx2.AsyncClient:  # noqa: N802  # as above
    """Return the asynchronous twin of `DefaultHttpx2Client`."""
    library = _httpx2()
    client: httpx2.AsyncClient = library.AsyncClient(**_httpx2_options(library, options))
    return client


def _httpx2() -> Any:
    try:
        return import_module("httpx2")
    except ImportError:
        msg = "httpx2 is not installed: `pip install sdk-openai-compat[httpx2]`"
        raise ConfigurationError(msg) from None


def _httpx2_options(library: Any, options: dict[str, Any]) -> dict[str, Any]:
    return {
        "timeout": library.Timeout(DEFAULT_TIMEOUT.read, connect=DEFAULT_TIMEOUT.connect),
        "limits": library.Limits(max_connections=1000, max_keepalive_connections=100),
        "follow_redirects": True,
        **options,
    }


if TYPE_CHECKING:  # a stand-in for checkers, which may not see the library
    DefaultAioHttpClient = httpx.AsyncClient
else:

    def __getattr__(name: str) -> object:
        # Made when it is asked for: the library imports aiohttp.
        if name != "DefaultAioHttpClient":
            msg = f"module {__name__!r} has no attribute {name!r}"
            raise AttributeError(msg)
        try:
            base = import_module("httpx_aiohttp").HttpxAiohttpClient
        except ImportError:
            base = None
        globals()[name] = kind = _on_aiohttp(base)
        return kind


def _on_aiohttp(base: type[httpx.AsyncClient] | None) -> type[httpx.AsyncClient]:
    """Return the class of clients whose transport is aiohttp's, or one that says what is missing."""

    class DefaultAioHttpClient(base or httpx.AsyncClient):  # type: ignore[misc]  # one of two
        """
        An ``httpx.AsyncClient`` that is carried by aiohttp, with the facade's defaults.

        ``AsyncOpenAI(transport="aiohttp")`` is faster: it leaves httpx out.

        Raises:
            ConfigurationError: The library is not installed.
        """

        def __init__(self, **options: Any) -> None:
            if base is None:
                msg = "httpx-aiohttp is not installed: `pip install sdk-openai-compat[aiohttp]`"
                raise ConfigurationError(msg)
            super().__init__(**{**_DEFAULTS, **options})

    return DefaultAioHttpClient
