"""
The openai interface against any OpenAI-compatible server.

``from sdk_openai_compat import OpenAI`` instead of ``from openai import OpenAI``; the rest of the
program stays. Importing this package loads neither an HTTP library nor pydantic.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

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

if TYPE_CHECKING:
    from sdk_core.models import BaseModel

Client = OpenAI
AsyncClient = AsyncOpenAI

__all__ = [
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
    "InternalServerError",
    "NotFoundError",
    "NotGiven",
    "Omit",
    "OpenAI",
    "OpenAIError",
    "PermissionDeniedError",
    "RateLimitError",
    "Stream",
    "StreamInterruptedError",
    "Timeout",
    "UnknownOptionError",
    "UnprocessableEntityError",
    "__version__",
    "not_given",
    "omit",
]


def __getattr__(name: str) -> Any:
    if name == "BaseModel":  # the one name whose import loads pydantic
        from sdk_core.models import BaseModel  # noqa: PLC0415

        return BaseModel
    msg = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(msg)
