"""
The openai interface against any OpenAI-compatible server.

``from sdk_openai_compat import OpenAI`` instead of ``from openai import OpenAI``; the rest of the
program stays. Importing this package loads neither an HTTP library nor pydantic.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

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
    InvalidWebhookSignatureError,
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
from sdk_core.typing import NOT_GIVEN, NotGiven, Omit, not_given, omit

from .__about__ import __version__
from ._client import AsyncOpenAI, OpenAI
from ._environment import variable as _variable
from ._errors import ContentFilterFinishReasonError, LengthFinishReasonError
from ._lazy import lazy
from ._module_names import REMOVED as _REMOVED
from ._module_names import RESOURCES as _RESOURCES
from ._options import DataResidency, RequestOptions
from ._quirks import Quirks

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import httpx

    from sdk_core.models import BaseModel

    # As the signatures of calls have them; what is derived from these is for who patches streams.
    from sdk_core.streams import AsyncStream, Stream
    from sdk_core.typing import TimeoutLike

    from . import types
    from ._binary import HttpxBinaryResponseContent
    from ._httpx import (
        DEFAULT_CONNECTION_LIMITS,
        DefaultAioHttpClient,
        DefaultAsyncHttpx2Client,
        DefaultAsyncHttpxClient,
        DefaultHttpx2Client,
        DefaultHttpxClient,
    )
    from ._install import install_as_openai
    from ._websockets.errors import WebSocketConnectionClosedError, WebSocketQueueFullError
    from ._websockets.options import ReconnectingEvent, ReconnectingOverrides
    from .auth import OAuthError
    from .lib._tools import pydantic_function_tool, pydantic_responses_function_tool
    from .lib.azure import AsyncAzureOpenAI, AzureOpenAI
    from .resources.audio import Audio as _Audio
    from .resources.batches import Batches as _Batches
    from .resources.chat import Chat as _Chat
    from .resources.completions import Completions as _Completions
    from .resources.conversations import Conversations as _Conversations
    from .resources.embeddings import Embeddings as _Embeddings
    from .resources.files import Files as _Files
    from .resources.fine_tuning import FineTuning as _FineTuning
    from .resources.images import Images as _Images
    from .resources.models import Models as _Models
    from .resources.moderations import Moderations as _Moderations
    from .resources.realtime import Realtime as _Realtime
    from .resources.responses import Responses as _Responses
    from .resources.uploads import Uploads as _Uploads
    from .resources.vector_stores import VectorStores as _VectorStores
    from .resources.webhooks import Webhooks as _Webhooks

    audio: _Audio
    batches: _Batches
    chat: _Chat
    completions: _Completions
    conversations: _Conversations
    embeddings: _Embeddings
    files: _Files
    fine_tuning: _FineTuning
    images: _Images
    models: _Models
    moderations: _Moderations
    realtime: _Realtime
    responses: _Responses
    uploads: _Uploads
    vector_stores: _VectorStores
    webhooks: _Webhooks
else:  # what would load pydantic or httpx waits until it is asked for
    from ._streams import AsyncStream, Stream

    __getattr__, __dir__ = lazy(
        __name__,
        {
            "AsyncAzureOpenAI": f"{__name__}.lib.azure:AsyncAzureOpenAI",
            "AzureOpenAI": f"{__name__}.lib.azure:AzureOpenAI",
            "OAuthError": f"{__name__}.auth:OAuthError",
            "BaseModel": "sdk_core.models:BaseModel",
            "DEFAULT_CONNECTION_LIMITS": f"{__name__}._httpx:DEFAULT_CONNECTION_LIMITS",
            "DefaultAioHttpClient": f"{__name__}._httpx:DefaultAioHttpClient",
            "DefaultAsyncHttpx2Client": f"{__name__}._httpx:DefaultAsyncHttpx2Client",
            "DefaultHttpx2Client": f"{__name__}._httpx:DefaultHttpx2Client",
            "DefaultAsyncHttpxClient": f"{__name__}._httpx:DefaultAsyncHttpxClient",
            "DefaultHttpxClient": f"{__name__}._httpx:DefaultHttpxClient",
            "HttpxBinaryResponseContent": f"{__name__}._binary:HttpxBinaryResponseContent",
            "install_as_openai": f"{__name__}._install:install_as_openai",
            "ReconnectingEvent": f"{__name__}._websockets.options:ReconnectingEvent",
            "ReconnectingOverrides": f"{__name__}._websockets.options:ReconnectingOverrides",
            "WebSocketConnectionClosedError": (
                f"{__name__}._websockets.errors:WebSocketConnectionClosedError"
            ),
            "WebSocketQueueFullError": f"{__name__}._websockets.errors:WebSocketQueueFullError",
            "pydantic_function_tool": f"{__name__}.lib._tools:pydantic_function_tool",
            "pydantic_responses_function_tool": (
                f"{__name__}.lib._tools:pydantic_responses_function_tool"
            ),
            "types": f"{__name__}.types",
            "_reset_client": f"{__name__}._module_client:reset",
            **{name: f"{__name__}._module_client:{name}" for name in _RESOURCES},
            **{name: f"{__name__}._old_api:{name}" for name in _REMOVED},
        },
    )

if _level := _variable("OPENAI_LOG"):
    from ._logging import listen as _listen

    _listen(_level)

Client = OpenAI
AsyncClient = AsyncOpenAI

# What the client of the module itself is made of: `sdk_openai_compat.api_key = ...`.
api_key: str | Callable[[], str] | None = None
admin_api_key: str | None = None
organization: str | None = None
project: str | None = None
webhook_secret: str | None = None
base_url: str | httpx.URL | None = None
timeout: TimeoutLike = DEFAULT_TIMEOUT
max_retries: int = DEFAULT_MAX_RETRIES
default_headers: Mapping[str, str] | None = None
default_query: Mapping[str, object] | None = None
http_client: httpx.Client | None = None
api_type: Literal["openai", "azure"] | Any = _variable("OPENAI_API_TYPE")
api_version: str | None = _variable("OPENAI_API_VERSION")
azure_endpoint: str | None = _variable("AZURE_OPENAI_ENDPOINT")
azure_ad_token: str | None = None
azure_ad_token_provider: Callable[[], str] | None = None

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
    "AsyncAzureOpenAI",
    "AsyncClient",
    "AsyncOpenAI",
    "AsyncStream",
    "AuthenticationError",
    "AzureOpenAI",
    "BadRequestError",
    "BaseModel",
    "Client",
    "ConfigurationError",
    "ConflictError",
    "ContentFilterFinishReasonError",
    "DataResidency",
    "DefaultAioHttpClient",
    "DefaultAsyncHttpx2Client",
    "DefaultAsyncHttpxClient",
    "DefaultHttpx2Client",
    "DefaultHttpxClient",
    "HttpxBinaryResponseContent",
    "InternalServerError",
    "InvalidWebhookSignatureError",
    "LengthFinishReasonError",
    "NotFoundError",
    "NotGiven",
    "OAuthError",
    "Omit",
    "OpenAI",
    "OpenAIError",
    "PermissionDeniedError",
    "Quirks",
    "RateLimitError",
    "ReconnectingEvent",
    "ReconnectingOverrides",
    "RequestOptions",
    "Stream",
    "StreamInterruptedError",
    "Timeout",
    "UnknownOptionError",
    "UnprocessableEntityError",
    "WebSocketConnectionClosedError",
    "WebSocketQueueFullError",
    "__version__",
    "install_as_openai",
    "not_given",
    "omit",
    "pydantic_function_tool",
    "pydantic_responses_function_tool",
    "types",
]
