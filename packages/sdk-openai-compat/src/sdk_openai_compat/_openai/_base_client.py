"""``openai._base_client``: what both clients derive from, their defaults, and options of a call."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sdk_core.clients import AsyncClient as AsyncAPIClient
from sdk_core.clients import BaseClient
from sdk_core.clients import SyncClient as SyncAPIClient
from sdk_core.options import DEFAULT_MAX_RETRIES, DEFAULT_TIMEOUT
from sdk_core.typing import HeadersLike, NotGiven, TimeoutLike, not_given

from .._options import RequestOptions

if TYPE_CHECKING:
    from .._httpx import DefaultAioHttpClient
    from ..pagination import AsyncPaginator
    from ._http_clients import (
        DEFAULT_CONNECTION_LIMITS,
        DefaultAsyncHttpxClient,
        DefaultHttpxClient,
    )
    from ._models import FinalRequestOptions
else:
    from .._lazy import lazy

    __getattr__, __dir__ = lazy(
        __name__,
        {
            "AsyncPaginator": "sdk_openai_compat.pagination:AsyncPaginator",
            "DEFAULT_CONNECTION_LIMITS": f"{__package__}._http_clients:DEFAULT_CONNECTION_LIMITS",
            "DefaultAioHttpClient": "sdk_openai_compat._httpx:DefaultAioHttpClient",
            "DefaultAsyncHttpxClient": f"{__package__}._http_clients:DefaultAsyncHttpxClient",
            "DefaultHttpxClient": f"{__package__}._http_clients:DefaultHttpxClient",
            "FinalRequestOptions": f"{__package__}._models:FinalRequestOptions",
        },
    )

__all__ = [
    "DEFAULT_CONNECTION_LIMITS",
    "DEFAULT_MAX_RETRIES",
    "DEFAULT_TIMEOUT",
    "AsyncAPIClient",
    "AsyncPaginator",
    "BaseClient",
    "DefaultAioHttpClient",
    "DefaultAsyncHttpxClient",
    "DefaultHttpxClient",
    "FinalRequestOptions",
    "SyncAPIClient",
    "make_request_options",
]


def make_request_options(
    *,
    query: Mapping[str, object] | None = None,
    extra_headers: HeadersLike | None = None,
    extra_query: Mapping[str, object] | None = None,
    extra_body: Any = None,
    idempotency_key: str | None = None,
    timeout: TimeoutLike | NotGiven = not_given,
) -> RequestOptions:
    """Return the options of one call by path: see `RequestOptions`."""
    options = RequestOptions()
    if extra_headers is not None:
        options["headers"] = extra_headers
    if params := {**(query or {}), **(extra_query or {})}:
        options["params"] = params
    if extra_body is not None:
        options["extra_json"] = extra_body
    if idempotency_key is not None:
        options["idempotency_key"] = idempotency_key
    if not isinstance(timeout, NotGiven):
        options["timeout"] = timeout
    return options
