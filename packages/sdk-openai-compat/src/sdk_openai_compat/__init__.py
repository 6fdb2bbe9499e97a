"""
The openai interface against any OpenAI-compatible server.

``from sdk_openai_compat import OpenAI`` instead of ``from openai import OpenAI``; the rest of the
program stays. Importing this package loads neither an HTTP library nor pydantic.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sdk_core.errors import (
    APIConnectionError,
    APIError,
    APIResponseValidationError,
    APIStatusError,
    APITimeoutError,
    AuthenticationError,
    BadRequestError,
    ConfigurationError,
    ConflictError,
    InternalServerError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    StreamInterruptedError,
    UnknownOptionError,
    UnprocessableEntityError,
)
from sdk_core.errors import SDKError as OpenAIError
from sdk_core.options import DEFAULT_MAX_RETRIES, DEFAULT_TIMEOUT, Timeout
from sdk_core.responses import APIResponse
from sdk_core.streams import AsyncStream, Stream
from sdk_core.typing import NOT_GIVEN, NotGiven, Omit, not_given, omit

from .__about__ import __version__
from ._client import AsyncOpenAI, OpenAI
from ._lazy import lazy
from ._options import RequestOptions

if TYPE_CHECKING:
    from sdk_core.models import BaseModel

    from . import types
    from ._httpx import DEFAULT_CONNECTION_LIMITS, DefaultAsyncHttpxClient, DefaultHttpxClient
else:  # what would load pydantic or httpx waits until it is asked for
    __getattr__, __dir__ = lazy(
        __name__,
        {
            "BaseModel": "sdk_core.models:BaseModel",
            "DEFAULT_CONNECTION_LIMITS": f"{__name__}._httpx:DEFAULT_CONNECTION_LIMITS",
            "DefaultAsyncHttpxClient": f"{__name__}._httpx:DefaultAsyncHttpxClient",
            "DefaultHttpxClient": f"{__name__}._httpx:DefaultHttpxClient",
            "types": f"{__name__}.types",
        },
    )

Client = OpenAI
AsyncClient = AsyncOpenAI

__all__ = [
    "DEFAULT_CONNECTION_LIMITS",
    "DEFAULT_MAX_RETRIES",
    "DEFAULT_TIMEOUT",
    "NOT_GIVEN",
    "APIConnectionError",
    "APIError",
    "APIResponse",
    "APIResponseValidationError",
    "APIStatusError",
    "APITimeoutError",
    "AsyncClient",
    "AsyncOpenAI",
    "AsyncStream",
    "AuthenticationError",
    "BadRequestError",
    "BaseModel",
    "Client",
    "ConfigurationError",
    "ConflictError",
    "DefaultAsyncHttpxClient",
    "DefaultHttpxClient",
    "InternalServerError",
    "NotFoundError",
    "NotGiven",
    "Omit",
    "OpenAI",
    "OpenAIError",
    "PermissionDeniedError",
    "RateLimitError",
    "RequestOptions",
    "Stream",
    "StreamInterruptedError",
    "Timeout",
    "UnknownOptionError",
    "UnprocessableEntityError",
    "__version__",
    "not_given",
    "omit",
    "types",
]
