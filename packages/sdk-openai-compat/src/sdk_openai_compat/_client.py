"""The clients: everything of the generated tree, with openai's options and names."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Unpack

from sdk_core.options import DEFAULT_MAX_RETRIES, refuse_unknown_options
from sdk_core.typing import HeadersLike, NotGiven, PathOptions, Policy, TimeoutLike, not_given
from sdk_inference_api.client import AsyncClient as AsyncInferenceClient
from sdk_inference_api.client import Client as InferenceClient

from ._options import DataResidency
from ._paths import Paths
from ._quirks import Quirks
from ._settings import Settings
from ._streams import AsyncStream, Stream

if TYPE_CHECKING:
    import httpx

    from sdk_core.plugins import Plugin
    from sdk_core.transports import TransportLike

    from .auth import WorkloadIdentity
    from .resources.audio.audio import AsyncAudio, Audio
    from .resources.batches import AsyncBatches, Batches
    from .resources.beta.beta import AsyncBeta, Beta
    from .resources.chat.chat import AsyncChat, Chat
    from .resources.completions import AsyncCompletions, Completions
    from .resources.conversations.conversations import AsyncConversations, Conversations
    from .resources.embeddings import AsyncEmbeddings, Embeddings
    from .resources.files import AsyncFiles, Files
    from .resources.fine_tuning.fine_tuning import AsyncFineTuning, FineTuning
    from .resources.images import AsyncImages, Images
    from .resources.models import AsyncModels, Models
    from .resources.moderations import AsyncModerations, Moderations
    from .resources.realtime.realtime import AsyncRealtime, Realtime
    from .resources.responses.responses import AsyncResponses, Responses
    from .resources.uploads.uploads import AsyncUploads, Uploads
    from .resources.vector_stores.vector_stores import AsyncVectorStores, VectorStores
    from .resources.webhooks.webhooks import AsyncWebhooks, Webhooks


@refuse_unknown_options
class OpenAI(Settings, Paths, InferenceClient):
    """
    Calls any server that speaks OpenAI's API.

    Safe to share between threads; clients with equal options share their connections.

    Args:
        api_key: The key, or a function that returns one, asked before each attempt. Default: the
            environment variable ``OPENAI_API_KEY``.
        admin_api_key: Used where there is no *api_key*. Default: ``OPENAI_ADMIN_KEY``.
        workload_identity: Whose identity the program has, instead of a key; see
            `sdk_openai_compat.auth`.
        organization: Sent as ``OpenAI-Organization``. Default: ``OPENAI_ORG_ID``.
        project: Sent as ``OpenAI-Project``. Default: ``OPENAI_PROJECT_ID``.
        webhook_secret: Verifies webhooks. Default: ``OPENAI_WEBHOOK_SECRET``.
        base_url: Where the server is, path included. Default: ``OPENAI_BASE_URL``, else OpenAI.
        data_residency: The region of OpenAI's own service, instead of *base_url*.
        websocket_base_url: Where its WebSockets are, if elsewhere.
        timeout: Seconds, or a `Timeout` by phase. Default: 600 s, 5 s to connect.
        max_retries: Repeats of a failed attempt. Default: 2.
        deadline: Seconds for a whole call, repeats and waits included; for a stream, until it
            begins, and the longest silence in it. Default: none.
        default_headers: Sent with every request; ``OPENAI_CUSTOM_HEADERS`` adds to them.
        default_query: Added to every request's query.
        http_client: Your own ``httpx.Client``.
        transport: What carries the calls: ``"httpx"``, ``"aiohttp"``, ``"httptools"``,
            ``"pyreqwest"``, one of these with options, or your own; see `sdk_core.transports`.
        plugins: Names, or objects, that add to every call; see `sdk_core.plugins`.
        auth: A policy that authenticates, such as `sdk_auth.OAuth`, instead of the keys; no secret,
            name or header of the environment is used beside it.
        quirks: What is mended in answers besides what always is; see `Quirks`.
        strict: Mend nothing, and refuse every answer that is not as the specification has it.
        _strict_response_validation: The same, as openai calls it.
        _enforce_credentials: Whether a client without a credential is refused.
        **path: What every call goes through, such as ``rate_limit``, ``circuit_breaker``, ``cache``
            and ``hooks``; see `sdk_core.typing.PathOptions`.

    Raises:
        ConfigurationError: An option is missing or wrong; the message names it.
    """

    _stream = Stream

    def __init__(
        self,
        *,
        api_key: str | Callable[[], str] | None = None,
        admin_api_key: str | None = None,
        workload_identity: WorkloadIdentity | None = None,
        organization: str | None = None,
        project: str | None = None,
        webhook_secret: str | None = None,
        base_url: str | httpx.URL | None = None,
        data_residency: DataResidency | None = None,
        websocket_base_url: str | httpx.URL | None = None,
        timeout: TimeoutLike | NotGiven = not_given,
        max_retries: int = DEFAULT_MAX_RETRIES,
        deadline: float | None = None,
        default_headers: HeadersLike | None = None,
        default_query: Mapping[str, object] | None = None,
        http_client: httpx.Client | None = None,
        transport: TransportLike | None = None,
        plugins: Sequence[str | Plugin] = (),
        auth: Policy | None = None,
        quirks: Quirks | None = None,
        strict: bool = False,
        _strict_response_validation: bool = False,
        _enforce_credentials: bool = True,
        **path: Unpack[PathOptions],
    ) -> None:
        arguments = {name: value for name, value in locals().items() if name not in _NO_OPTIONS}
        self._set_up(arguments)

    @cached_property
    def audio(self) -> Audio:
        """Sound from text, and text from sound."""
        from .resources.audio.audio import Audio  # noqa: PLC0415  # lazy, as the generated tree is

        return Audio(self, self._mode)

    @cached_property
    def batches(self) -> Batches:
        """Many requests, answered within a day."""
        from .resources.batches import Batches  # noqa: PLC0415  # lazy, as the generated tree is

        return Batches(self, self._mode)

    @cached_property
    def beta(self) -> Beta:
        """Another way to `chat`."""
        from .resources.beta.beta import Beta  # noqa: PLC0415  # lazy, as the generated tree is

        return Beta(self, self._mode)

    @cached_property
    def chat(self) -> Chat:
        """Conversations, message by message."""
        from .resources.chat.chat import Chat  # noqa: PLC0415  # lazy, as the generated tree is

        return Chat(self, self._mode)

    @cached_property
    def completions(self) -> Completions:
        """How a prompt goes on."""
        from .resources.completions import Completions  # noqa: PLC0415  # lazy, as the generated tree is

        return Completions(self, self._mode)

    @cached_property
    def conversations(self) -> Conversations:
        """Conversations that the server keeps."""
        from .resources.conversations.conversations import Conversations  # noqa: PLC0415  # lazy, as the generated tree is

        return Conversations(self, self._mode)

    @cached_property
    def embeddings(self) -> Embeddings:
        """Vectors that place texts by meaning."""
        from .resources.embeddings import Embeddings  # noqa: PLC0415  # lazy, as the generated tree is

        return Embeddings(self, self._mode)

    @cached_property
    def files(self) -> Files:
        """Documents that other calls refer to."""
        from .resources.files import Files  # noqa: PLC0415  # lazy, as the generated tree is

        return Files(self, self._mode)

    @cached_property
    def fine_tuning(self) -> FineTuning:
        """Models made of your examples."""
        from .resources.fine_tuning.fine_tuning import FineTuning  # noqa: PLC0415  # lazy, as the generated tree is

        return FineTuning(self, self._mode)

    @cached_property
    def images(self) -> Images:
        """Pictures from text and from pictures."""
        from .resources.images import Images  # noqa: PLC0415  # lazy, as the generated tree is

        return Images(self, self._mode)

    @cached_property
    def models(self) -> Models:
        """What the server can run."""
        from .resources.models import Models  # noqa: PLC0415  # lazy, as the generated tree is

        return Models(self, self._mode)

    @cached_property
    def moderations(self) -> Moderations:
        """Whether a text or picture is harmful."""
        from .resources.moderations import Moderations  # noqa: PLC0415  # lazy, as the generated tree is

        return Moderations(self, self._mode)

    @cached_property
    def realtime(self) -> Realtime:
        """Spoken conversations over a WebSocket."""
        from .resources.realtime.realtime import Realtime  # noqa: PLC0415  # lazy, as the generated tree is

        return Realtime(self, self._mode)

    @cached_property
    def responses(self) -> Responses:
        """Answers with tools, stored if you like."""
        from .resources.responses.responses import Responses  # noqa: PLC0415  # lazy, as the generated tree is

        return Responses(self, self._mode)

    @cached_property
    def uploads(self) -> Uploads:
        """Large files, in pieces."""
        from .resources.uploads.uploads import Uploads  # noqa: PLC0415  # lazy, as the generated tree is

        return Uploads(self, self._mode)

    @cached_property
    def vector_stores(self) -> VectorStores:
        """Files that are found by meaning."""
        from .resources.vector_stores.vector_stores import VectorStores  # noqa: PLC0415  # lazy, as the generated tree is

        return VectorStores(self, self._mode)

    @cached_property
    def webhooks(self) -> Webhooks:
        """What the service sends to you."""
        from .resources.webhooks.webhooks import Webhooks  # noqa: PLC0415  # lazy, as the generated tree is

        return Webhooks(self, self._mode)


@refuse_unknown_options
class AsyncOpenAI(Settings, Paths, AsyncInferenceClient):
    """
    The asynchronous twin of `OpenAI`, with the same options.

    *api_key* may be an asynchronous function, *http_client* is an ``httpx.AsyncClient``. Works in
    any event loop, and in one after the other.
    """

    _stream = AsyncStream

    def __init__(
        self,
        *,
        api_key: str | Callable[[], Awaitable[str] | str] | None = None,
        admin_api_key: str | None = None,
        workload_identity: WorkloadIdentity | None = None,
        organization: str | None = None,
        project: str | None = None,
        webhook_secret: str | None = None,
        base_url: str | httpx.URL | None = None,
        data_residency: DataResidency | None = None,
        websocket_base_url: str | httpx.URL | None = None,
        timeout: TimeoutLike | NotGiven = not_given,
        max_retries: int = DEFAULT_MAX_RETRIES,
        deadline: float | None = None,
        default_headers: HeadersLike | None = None,
        default_query: Mapping[str, object] | None = None,
        http_client: httpx.AsyncClient | None = None,
        transport: TransportLike | None = None,
        plugins: Sequence[str | Plugin] = (),
        auth: Policy | None = None,
        quirks: Quirks | None = None,
        strict: bool = False,
        _strict_response_validation: bool = False,
        _enforce_credentials: bool = True,
        **path: Unpack[PathOptions],
    ) -> None:
        arguments = {name: value for name, value in locals().items() if name not in _NO_OPTIONS}
        self._set_up(arguments)

    @cached_property
    def audio(self) -> AsyncAudio:
        """Sound from text, and text from sound."""
        from .resources.audio.audio import AsyncAudio  # noqa: PLC0415  # lazy, as the generated tree is

        return AsyncAudio(self, self._mode)

    @cached_property
    def batches(self) -> AsyncBatches:
        """Many requests, answered within a day."""
        from .resources.batches import AsyncBatches  # noqa: PLC0415  # lazy, as the generated tree is

        return AsyncBatches(self, self._mode)

    @cached_property
    def beta(self) -> AsyncBeta:
        """Another way to `chat`."""
        from .resources.beta.beta import AsyncBeta  # noqa: PLC0415  # lazy, as the generated tree is

        return AsyncBeta(self, self._mode)

    @cached_property
    def chat(self) -> AsyncChat:
        """Conversations, message by message."""
        from .resources.chat.chat import AsyncChat  # noqa: PLC0415  # lazy, as the generated tree is

        return AsyncChat(self, self._mode)

    @cached_property
    def completions(self) -> AsyncCompletions:
        """How a prompt goes on."""
        from .resources.completions import AsyncCompletions  # noqa: PLC0415  # lazy, as the generated tree is

        return AsyncCompletions(self, self._mode)

    @cached_property
    def conversations(self) -> AsyncConversations:
        """Conversations that the server keeps."""
        from .resources.conversations.conversations import AsyncConversations  # noqa: PLC0415  # lazy, as the generated tree is

        return AsyncConversations(self, self._mode)

    @cached_property
    def embeddings(self) -> AsyncEmbeddings:
        """Vectors that place texts by meaning."""
        from .resources.embeddings import AsyncEmbeddings  # noqa: PLC0415  # lazy, as the generated tree is

        return AsyncEmbeddings(self, self._mode)

    @cached_property
    def files(self) -> AsyncFiles:
        """Documents that other calls refer to."""
        from .resources.files import AsyncFiles  # noqa: PLC0415  # lazy, as the generated tree is

        return AsyncFiles(self, self._mode)

    @cached_property
    def fine_tuning(self) -> AsyncFineTuning:
        """Models made of your examples."""
        from .resources.fine_tuning.fine_tuning import AsyncFineTuning  # noqa: PLC0415  # lazy, as the generated tree is

        return AsyncFineTuning(self, self._mode)

    @cached_property
    def images(self) -> AsyncImages:
        """Pictures from text and from pictures."""
        from .resources.images import AsyncImages  # noqa: PLC0415  # lazy, as the generated tree is

        return AsyncImages(self, self._mode)

    @cached_property
    def models(self) -> AsyncModels:
        """What the server can run."""
        from .resources.models import AsyncModels  # noqa: PLC0415  # lazy, as the generated tree is

        return AsyncModels(self, self._mode)

    @cached_property
    def moderations(self) -> AsyncModerations:
        """Whether a text or picture is harmful."""
        from .resources.moderations import AsyncModerations  # noqa: PLC0415  # lazy, as the generated tree is

        return AsyncModerations(self, self._mode)

    @cached_property
    def realtime(self) -> AsyncRealtime:
        """Spoken conversations over a WebSocket."""
        from .resources.realtime.realtime import AsyncRealtime  # noqa: PLC0415  # lazy, as the generated tree is

        return AsyncRealtime(self, self._mode)

    @cached_property
    def responses(self) -> AsyncResponses:
        """Answers with tools, stored if you like."""
        from .resources.responses.responses import AsyncResponses  # noqa: PLC0415  # lazy, as the generated tree is

        return AsyncResponses(self, self._mode)

    @cached_property
    def uploads(self) -> AsyncUploads:
        """Large files, in pieces."""
        from .resources.uploads.uploads import AsyncUploads  # noqa: PLC0415  # lazy, as the generated tree is

        return AsyncUploads(self, self._mode)

    @cached_property
    def vector_stores(self) -> AsyncVectorStores:
        """Files that are found by meaning."""
        from .resources.vector_stores.vector_stores import AsyncVectorStores  # noqa: PLC0415  # lazy, as the generated tree is

        return AsyncVectorStores(self, self._mode)

    @cached_property
    def webhooks(self) -> AsyncWebhooks:
        """What the service sends to you."""
        from .resources.webhooks.webhooks import AsyncWebhooks  # noqa: PLC0415  # lazy, as the generated tree is

        return AsyncWebhooks(self, self._mode)


_NO_OPTIONS: Any = frozenset({"self", "__class__"})
