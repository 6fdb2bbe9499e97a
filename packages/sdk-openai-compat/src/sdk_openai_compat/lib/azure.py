"""Azure OpenAI: the same calls, to deployments, with Azure's keys, tokens and API versions."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeAlias, Unpack
from urllib.parse import quote

import attrs

from sdk_core.errors import ConfigurationError
from sdk_core.options import DEFAULT_MAX_RETRIES, refuse_unknown_options
from sdk_core.policies import ApiKey, Bearer
from sdk_core.typing import HeadersLike, NotGiven, PathOptions, Policy, TimeoutLike, not_given

from .._client import AsyncOpenAI, OpenAI
from .._environment import variable
from .._settings import Settings, refuse_no_key

if TYPE_CHECKING:
    import httpx

    from sdk_core.operations import Operation
    from sdk_core.plugins import Plugin
    from sdk_core.transports import TransportLike

__all__ = [
    "AsyncAzureADTokenProvider",
    "AsyncAzureOpenAI",
    "AzureADTokenProvider",
    "AzureOpenAI",
    "MutuallyExclusiveAuthError",
]

AzureADTokenProvider: TypeAlias = Callable[[], str]
AsyncAzureADTokenProvider: TypeAlias = Callable[[], str | Awaitable[str]]

_OWN = (
    "api_version",
    "azure_endpoint",
    "azure_deployment",
    "azure_ad_token",
    "azure_ad_token_provider",
)
API_KEY_SENTINEL = ""  # what `api_key` is of a client that has none, under openai's name
_CREDENTIALS = ("api_key", "azure_ad_token", "azure_ad_token_provider", "auth")
# The paths that Azure serves by deployment; all others stand beside the deployments.
_DEPLOYED = frozenset(
    {
        "/audio/speech",
        "/audio/transcriptions",
        "/audio/translations",
        "/chat/completions",
        "/completions",
        "/embeddings",
        "/images/edits",
        "/images/generations",
    }
)
_MISSING = (
    "Missing credentials. Pass one of `api_key`, `azure_ad_token` and `azure_ad_token_provider`, or "
    "set the environment variable `AZURE_OPENAI_AD_TOKEN` or `AZURE_OPENAI_API_KEY`."
)


class MutuallyExclusiveAuthError(ConfigurationError):
    """More than one of the ways to authenticate was given."""

    def __init__(self, message: str = "") -> None:
        super().__init__(
            message
            or f"{', '.join(f'`{name}`' for name in _CREDENTIALS)} "
            "exclude each other; give one of them"
        )


class AzureSettings(Settings):
    """What `AzureOpenAI` and `AsyncAzureOpenAI` share: where deployments are, and who calls."""

    _credentials = _CREDENTIALS
    _places = ("base_url", "azure_endpoint")
    _api_version: str
    _azure_endpoint: str | None
    _azure_deployment: str | None
    _azure_ad_token: str | None
    _azure_ad_token_provider: Callable[[], Any] | None

    def _set_up(self, given: Mapping[str, Any]) -> None:
        given = dict(given)
        own = {name: given.pop(name) for name in _OWN}
        version = own["api_version"] or variable("OPENAI_API_VERSION")
        if version is None:
            msg = "pass `api_version`, or set the environment variable `OPENAI_API_VERSION`"
            raise ConfigurationError(msg)
        self._api_version = version
        self._azure_ad_token = own["azure_ad_token"]
        self._azure_ad_token_provider = own["azure_ad_token_provider"]
        self._place(own["azure_endpoint"], own["azure_deployment"], given)
        given["default_query"] = {**(given["default_query"] or {}), "api-version": version}
        super()._set_up(given)

    def _place(self, endpoint: str | None, deployment: str | None, given: dict[str, Any]) -> None:
        """Note where the resource is, and put the address of the calls into *given*."""
        if given["base_url"] is not None:
            if endpoint is not None:
                msg = "`base_url` and `azure_endpoint` exclude each other; give one of them"
                raise ConfigurationError(msg)
            self._azure_endpoint = self._azure_deployment = None
            return
        endpoint = endpoint or variable("AZURE_OPENAI_ENDPOINT")
        if endpoint is None:
            msg = (
                "pass `azure_endpoint` (or `base_url`), or set the environment variable "
                "`AZURE_OPENAI_ENDPOINT`"
            )
            raise ConfigurationError(msg)
        self._azure_endpoint, self._azure_deployment = endpoint.rstrip("/"), deployment
        below = "" if deployment is None else f"/deployments/{quote(deployment, safe='')}"
        given["base_url"] = f"{self._azure_endpoint}/openai{below}"

    def _authenticating(self, policy: Any, key: Any) -> Any:
        token, provider = self._azure_ad_token, self._azure_ad_token_provider
        ways = [way for way in (key, token, provider, policy) if way is not None]
        if len(ways) > 1:
            raise MutuallyExclusiveAuthError
        if not ways:
            token = self._azure_ad_token = variable("AZURE_OPENAI_AD_TOKEN")
            key = variable("AZURE_OPENAI_API_KEY") if token is None else None
        self._api_key, self._policy = key, policy
        if policy is not None:
            return policy
        if (secret := token or provider) is not None:
            return Bearer(secret)
        return self._bearer(key)

    def _bearer(self, key: Any) -> Any:
        refuse_no_key(key, key)
        if not key and self._enforce_credentials:
            raise ConfigurationError(_MISSING)
        self._api_key, self._policy = key, None
        self._azure_ad_token = self._azure_ad_token_provider = None
        return ApiKey(key, header="api-key") if key else None

    @property
    def auth_headers(self) -> dict[str, str]:
        """The headers that authenticate, where the key or the token is a text."""
        if isinstance(self._azure_ad_token, str):
            return {"Authorization": f"Bearer {self._azure_ad_token}"}
        return {"api-key": self._api_key} if isinstance(self._api_key, str) else {}

    def _base_of(self, operation: Operation[Any]) -> tuple[str, str]:
        if self._azure_deployment is not None and operation.path not in _DEPLOYED:
            return f"{self._azure_endpoint}/openai", self._base_query
        return super()._base_of(operation)

    def _build(self, operation: Operation[Any], *arguments: Any, **options: Any) -> Any:
        if operation.path in _DEPLOYED and "/deployments" not in self._base_url:
            body = options.get("body")
            model = body.get("model") if isinstance(body, Mapping) else None
            if isinstance(model, str):
                operation = _deployed(operation, model)
        return super()._build(operation, *arguments, **options)

    def _websocket_target(self, path: str, query: Mapping[str, Any]) -> Any:
        named = dict(query)
        deployment = self._azure_deployment or named.pop("model", None)
        named.pop("model", None)
        if deployment is not None:
            named["deployment"] = deployment
        return super()._websocket_target(path, named)

    def copy(self, **changes: Any) -> Any:
        """Return a client with other options, on the same connections; see `OpenAI.copy`."""
        if changes.get("data_residency") is not None:
            msg = "`data_residency` is where OpenAI's own service is; `AzureOpenAI` takes none"
            raise ConfigurationError(msg)
        return super().copy(**changes)

    with_options = copy

    def _arguments(self) -> dict[str, Any]:
        arguments = super()._arguments()
        if self._azure_endpoint is not None:
            arguments["base_url"] = None
        return {
            **arguments,
            "api_version": self._api_version,
            "azure_endpoint": self._azure_endpoint,
            "azure_deployment": self._azure_deployment,
            "azure_ad_token": self._azure_ad_token,
            "azure_ad_token_provider": self._azure_ad_token_provider,
        }


@lru_cache(maxsize=256)
def _deployed(operation: Operation[Any], model: str) -> Operation[Any]:
    """Return *operation* at the deployment named *model*."""
    if model in {".", ".."}:
        msg = (
            f"`model` names the deployment, and {model!r} is a dot segment, which an address drops"
        )
        raise ConfigurationError(msg)
    path = f"/deployments/{quote(model, safe='')}{operation.path}"
    return attrs.evolve(operation, path=path)


@refuse_unknown_options
class AzureOpenAI(AzureSettings, OpenAI):
    """
    Calls Azure OpenAI.

    Chat, completions, embeddings, audio and images go to a deployment: *azure_deployment*, or the
    one that has the name of the call's *model*.

    Args:
        api_version: Sent as ``api-version``. Default: ``OPENAI_API_VERSION``.
        azure_endpoint: The resource, such as ``https://name.openai.azure.com``. Default:
            ``AZURE_OPENAI_ENDPOINT``.
        azure_deployment: The deployment of all calls, whatever their model is.
        api_key: Sent as ``api-key``. Default: ``AZURE_OPENAI_API_KEY``.
        azure_ad_token: A token of Microsoft Entra ID, instead of a key. Default, and before the
            key's: ``AZURE_OPENAI_AD_TOKEN``.
        azure_ad_token_provider: A function that returns one, asked before each attempt.
        base_url: The address below which ``/chat/completions`` is, instead of *azure_endpoint*.

    The other options are those of `OpenAI`.

    Raises:
        MutuallyExclusiveAuthError: More than one credential was given.
        ConfigurationError: An option is missing or wrong; the message names it.
    """

    def __init__(
        self,
        *,
        api_version: str | None = None,
        azure_endpoint: str | None = None,
        azure_deployment: str | None = None,
        api_key: str | Callable[[], str] | None = None,
        admin_api_key: str | None = None,
        azure_ad_token: str | None = None,
        azure_ad_token_provider: AzureADTokenProvider | None = None,
        organization: str | None = None,
        project: str | None = None,
        webhook_secret: str | None = None,
        base_url: str | httpx.URL | None = None,
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
        _strict_response_validation: bool = False,
        _enforce_credentials: bool = True,
        **path: Unpack[PathOptions],
    ) -> None:
        arguments = {name: value for name, value in locals().items() if name not in _NO_OPTIONS}
        self._set_up(arguments)


@refuse_unknown_options
class AsyncAzureOpenAI(AzureSettings, AsyncOpenAI):
    """The asynchronous twin of `AzureOpenAI`, with the same options."""

    def __init__(
        self,
        *,
        api_version: str | None = None,
        azure_endpoint: str | None = None,
        azure_deployment: str | None = None,
        api_key: str | Callable[[], Awaitable[str] | str] | None = None,
        admin_api_key: str | None = None,
        azure_ad_token: str | None = None,
        azure_ad_token_provider: AsyncAzureADTokenProvider | None = None,
        organization: str | None = None,
        project: str | None = None,
        webhook_secret: str | None = None,
        base_url: str | httpx.URL | None = None,
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
        _strict_response_validation: bool = False,
        _enforce_credentials: bool = True,
        **path: Unpack[PathOptions],
    ) -> None:
        arguments = {name: value for name, value in locals().items() if name not in _NO_OPTIONS}
        self._set_up(arguments)


_NO_OPTIONS: Any = frozenset({"self", "__class__"})
