"""The clients: services made of mixins, and openai's interface, each made when it is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sdk_core.clients import AsyncClient, SyncClient
from sdk_core.services import lazy_service

from ._settings import Settings

if TYPE_CHECKING:
    from sdk_openai_compat import AsyncOpenAI, OpenAI

    from ._auth import AsyncAuthService, AuthService
    from ._keys import AsyncKeysService, KeysService
    from ._models import AsyncModelsService, ModelsService


class PlatformClient(Settings, SyncClient):
    """
    A client of the platform that blocks.

    Safe to share between threads. Without `username`, `api_key` and `auth` it takes the first that
    it finds of ``SDK_PLATFORM_API_CREDENTIAL`` (a key), the other variables that `sdk_auth` knows
    with that prefix, a profile (``SDK_PLATFORM_API_SETTINGS``), and the session of whoever signed in
    last with the same `store`.

    Args:
        base_url: Where the platform's API is. Default: ``SDK_PLATFORM_API_BASE_URL``, else a server
            on this machine.
        username: Signs in with the first call.
        password: Belongs to `username`.
        api_key: A key, or a function that returns one, asked before each attempt.
        auth: A policy that authenticates, such as one of `sdk_auth`.
        store: Keeps tokens between runs and for other processes; see `sdk_auth.stores`. Default:
            memory for a `username`, else a `FileStore` at its usual place.
        inference_url: Where the inference API is. Default: beside `base_url`, at ``/v1`` instead of
            ``/api``.
        timeout: Seconds by phase; see `Timeout`. Default: 600 s between two reads, 5 s to connect.
        max_retries: Repeats of a failed attempt. Default: 2.
        deadline: Seconds for a whole call, repeats and waits included. Default: none.
        default_headers: Sent with every request.
        default_query: Added to every request's query.
        strict: Refuse answers that do not fit their model instead of keeping what they hold.
        http_client: Your own ``httpx.Client``.
        transport: The engine that carries the calls; see `sdk_core.transports`.
        plugins: What other packages add; see `sdk_core.plugins`.
        **path: Limits, a cache, hooks and policies of your own; see `sdk_core.typing.PathOptions`.

    Raises:
        ConfigurationError: An option cannot be used; the message names it.
    """

    @lazy_service
    def auth(self) -> AuthService:
        """Signing in and out, and who it is that calls."""
        from ._auth import AuthService  # noqa: PLC0415  # with the first use

        return AuthService(self)

    @lazy_service
    def models(self) -> ModelsService:
        """What the platform can run, and the files of it."""
        from ._models import ModelsService  # noqa: PLC0415  # as above

        return ModelsService(self)

    @lazy_service
    def keys(self) -> KeysService:
        """API keys, for programs that sign in as nobody."""
        from ._keys import KeysService  # noqa: PLC0415  # as above

        return KeysService(self)

    @lazy_service
    def openai(self) -> OpenAI:
        """The inference API by openai's interface: the same transport, account and options."""
        from sdk_openai_compat import OpenAI  # noqa: PLC0415  # as above

        from ._facades import facade_of  # noqa: PLC0415  # as above

        return facade_of(OpenAI, self)


class AsyncPlatformClient(Settings, AsyncClient):
    """
    The asynchronous twin of `PlatformClient`, with the same options.

    *http_client* is an ``httpx.AsyncClient``. Works in any event loop, and in one after the other.
    """

    @lazy_service
    def auth(self) -> AsyncAuthService:
        """Signing in and out, and who it is that calls."""
        from ._auth import AsyncAuthService  # noqa: PLC0415  # as above

        return AsyncAuthService(self)

    @lazy_service
    def models(self) -> AsyncModelsService:
        """What the platform can run, and the files of it."""
        from ._models import AsyncModelsService  # noqa: PLC0415  # as above

        return AsyncModelsService(self)

    @lazy_service
    def keys(self) -> AsyncKeysService:
        """API keys, for programs that sign in as nobody."""
        from ._keys import AsyncKeysService  # noqa: PLC0415  # as above

        return AsyncKeysService(self)

    @lazy_service
    def openai(self) -> AsyncOpenAI:
        """The inference API by openai's interface: the same transport, account and options."""
        from sdk_openai_compat import AsyncOpenAI  # noqa: PLC0415  # as above

        from ._facades import facade_of  # noqa: PLC0415  # as above

        return facade_of(AsyncOpenAI, self)
