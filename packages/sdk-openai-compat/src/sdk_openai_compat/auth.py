"""
Workload identity: a token of the platform that a program runs on, exchanged for one of OpenAI's.

Nothing secret has to be configured: ``OpenAI(workload_identity={...})`` shows whose identity it
has, and gets a token that lasts for an hour or so (RFC 8693). For any other authorization server
see ``OpenAI(auth=...)`` and the package ``sdk-auth``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, NotRequired, TypedDict

import attrs

from sdk_core.errors import (
    APIConnectionError,
    APIStatusError,
    AuthenticationError,
    ConfigurationError,
    SDKError,
)
from sdk_core.messages import Headers, Request, Response, Secret, SecretBody
from sdk_core.options import Timeout
from sdk_core.policies import Call, Exclusive, Now, Retry, Send
from sdk_core.typing import Flow

if TYPE_CHECKING:
    from os import PathLike

    from sdk_core.typing import Inner

__all__ = [
    "OAuthError",
    "SubjectTokenProvider",
    "SubjectTokenProviderError",
    "SubjectTokenWorkloadIdentity",
    "WorkloadIdentity",
    "WorkloadIdentityAuth",
    "azure_managed_identity_token_provider",
    "gcp_id_token_provider",
    "k8s_service_account_token_provider",
]

TOKEN_URL: Final = "https://auth.openai.com/oauth/token"  # noqa: S105  # an address
EARLY: Final = 1200.0
"""Seconds before its end at which a token is renewed, at most half of its life."""

_KINDS = {
    "jwt": "urn:ietf:params:oauth:token-type:jwt",
    "id": "urn:ietf:params:oauth:token-type:id_token",
}
_NOW = Now()
_TIMEOUT = Timeout(10.0)
_retry = Retry(2, 45.0, base=0.2, cap=2.0, statuses=frozenset({408, 429, 500, 502, 503, 504}))


class OAuthError(AuthenticationError):
    """
    The token exchange was refused.

    Attributes:
        error: The code of RFC 6749 §5.2, such as ``invalid_grant``, or None.
    """

    error: str | None

    def __init__(self, message: str = "", *, response: Any, body: Any) -> None:
        error = body.get("error") if isinstance(body, Mapping) else None
        self.error = error if isinstance(error, str) else None
        super().__init__(message or "the token exchange was refused", response=response, body=body)


class SubjectTokenProviderError(SDKError):
    """
    The platform gave no token.

    Attributes:
        response: What its metadata service answered, or None.
    """

    def __init__(self, message: str, *, response: Any = None) -> None:
        super().__init__(message)
        self.response = response


class SubjectTokenProvider(TypedDict):
    """Where the platform's token comes from: what kind it is, and a function that returns it."""

    token_type: Literal["jwt", "id"]
    get_token: Callable[[], str]


class WorkloadIdentity(TypedDict):
    """
    Whose identity a program has.

    Attributes:
        identity_provider_id: The provider, as it is registered with OpenAI.
        service_account_id: The account that the identity is bound to.
        provider: Where the platform's token comes from.
        refresh_buffer_seconds: Instead of `EARLY`.
    """

    identity_provider_id: str
    service_account_id: str
    provider: SubjectTokenProvider
    refresh_buffer_seconds: NotRequired[float]


SubjectTokenWorkloadIdentity = WorkloadIdentity


@attrs.frozen
class _Held:
    """A token, and from when on it is renewed, on the driver's clock."""

    header: Secret
    until: float


@attrs.define(eq=False)
class WorkloadIdentityAuth:
    """
    Exchange the platform's token, and show what came of it with every call: a policy.

    One exchange serves all threads and tasks. A call that is refused with 401 is repeated once
    with a new token, if its body can be sent again.

    Args:
        workload_identity: Whose identity it is.
        token_exchange_url: Where tokens are exchanged.

    Raises:
        ConfigurationError: The identity lacks a member, or has one that is no such thing.
    """

    workload_identity: WorkloadIdentity = attrs.field(repr=False)
    token_exchange_url: str = TOKEN_URL
    _held: _Held | None = attrs.field(default=None, init=False, repr=False)
    _line: Exclusive = attrs.field(factory=Exclusive, init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        identity: Any = self.workload_identity
        if not isinstance(identity, Mapping):
            identity = {}
        provider: Any = identity.get("provider")
        for name in ("identity_provider_id", "service_account_id"):
            if (
                not isinstance(provider, Mapping)
                or not isinstance(identity.get(name), str)
                or not identity[name]
            ):
                msg = f"`workload_identity` needs `{name}`, `provider` and their texts"
                raise ConfigurationError(msg)
        if provider.get("token_type") not in _KINDS or not callable(provider.get("get_token")):
            msg = (
                "`provider` of `workload_identity` needs `token_type`, one of "
                f"{', '.join(map(repr, _KINDS))}, and `get_token`, a function"
            )
            raise ConfigurationError(msg)

    def __call__(self, request: Request, inner: Inner) -> Flow[Response]:
        """Put a token on *request*, unless it has a credential of its own."""
        if "authorization" in request.headers:
            return (yield from inner(request))
        held = self._held
        if held is None or (yield _NOW) >= held.until:
            held = yield from self._line(self._following(held))
        response = yield from inner(request.with_header("authorization", held.header))
        if response.status_code != 401 or response.request.foreign or request.spent:
            return response
        held = yield from self._line(self._following(held))
        return (yield from inner(request.with_header("authorization", held.header)))

    def _following(self, old: _Held | None) -> Flow[_Held]:
        """Return the token after *old*: exchanged now, or by somebody else in the meantime."""
        if self._held is not None and self._held is not old:
            return self._held
        provider = self.workload_identity["provider"]
        subject = yield Call(provider["get_token"])
        if not isinstance(subject, str) or not subject:
            msg = "the provider of `workload_identity` returned an empty token"
            raise SubjectTokenProviderError(msg)
        response = yield from self._exchanged(subject, _KINDS[provider["token_type"]])
        token, lasts = _token_of(response)
        early = min(self.workload_identity.get("refresh_buffer_seconds", EARLY), lasts / 2)
        now = yield _NOW
        self._held = _Held(Secret(f"Bearer {token}"), now + lasts - early)
        return self._held

    def _exchanged(self, subject: str, kind: str) -> Flow[Response]:
        body = {
            "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
            "subject_token": subject,
            "subject_token_type": kind,
            "identity_provider_id": self.workload_identity["identity_provider_id"],
            "service_account_id": self.workload_identity["service_account_id"],
        }
        headers = {"content-type": "application/json", "accept": "application/json"}
        content = SecretBody(json.dumps(body).encode(), subject)
        request = Request(
            "POST", self.token_exchange_url, Headers(headers), content, _TIMEOUT, foreign=True
        )
        return (yield from _retry(request, _send))


def _send(request: Request) -> Flow[Response]:
    try:
        response: Response = yield Send(request)
    except APIConnectionError as error:
        error.maybe_processed = False  # the call that wants the token has not been sent
        raise
    return response


def _token_of(response: Response) -> tuple[str, float]:
    """Return the token that *response* holds and the seconds that it lasts, or raise its refusal."""
    message = APIStatusError.of(response).message  # which takes secrets out of the content, too
    try:
        body = json.loads(response.content)
    except ValueError:
        body = None
    if response.status_code >= 400:
        raise OAuthError(message, response=response, body=body)
    try:
        token, lasts = body["access_token"], float(body["expires_in"])
    except (ValueError, TypeError, KeyError):
        token, lasts = None, 0.0
    if not isinstance(token, str) or not token:
        msg = "the token exchange answered without `access_token` or `expires_in`"
        raise OAuthError(msg, response=response, body=None)
    return token, lasts


def k8s_service_account_token_provider(
    token_file_path: str | PathLike[str] = "/var/run/secrets/kubernetes.io/serviceaccount/token",  # noqa: S107  # a path
) -> SubjectTokenProvider:
    """
    Return the provider that reads the token of a Kubernetes service account from its file.

    Args:
        token_file_path: The file, read for each exchange, because the platform renews it.
    """

    def get_token() -> str:
        try:
            token = Path(token_file_path).read_text(encoding="utf-8").strip()
        except (OSError, ValueError) as error:
            msg = f"the token file {token_file_path} cannot be read: {error}"
            raise SubjectTokenProviderError(msg) from error
        if not token:
            msg = f"the token file {token_file_path} is empty"
            raise SubjectTokenProviderError(msg)
        return token

    return {"token_type": "jwt", "get_token": get_token}


def azure_managed_identity_token_provider(
    resource: str = "https://management.azure.com/",
    *,
    object_id: str | None = None,
    client_id: str | None = None,
    msi_res_id: str | None = None,
    api_version: str = "2018-02-01",
    timeout: float = 10.0,
    http_client: Any = None,
) -> SubjectTokenProvider:
    """
    Return the provider that asks Azure's instance metadata service.

    Args:
        resource: What the token is for.
        object_id: One of several identities, by its object.
        client_id: The same, by its client.
        msi_res_id: The same, by its resource.
        api_version: The version of the metadata service.
        timeout: Seconds.
        http_client: Your own ``httpx.Client``.
    """
    query = {
        "api-version": api_version,
        "resource": resource,
        "object_id": object_id,
        "client_id": client_id,
        "msi_res_id": msi_res_id,
    }

    def get_token() -> str:
        url = "http://169.254.169.254/metadata/identity/oauth2/token"
        answer = _metadata(url, query, {"Metadata": "true"}, timeout, http_client)
        token = answer.json().get("access_token")
        if not token:
            msg = "Azure's metadata service answered without an access token"
            raise SubjectTokenProviderError(msg)
        return str(token)

    return {"token_type": "jwt", "get_token": get_token}


def gcp_id_token_provider(
    audience: str = "https://api.openai.com/v1", *, timeout: float = 10.0, http_client: Any = None
) -> SubjectTokenProvider:
    """
    Return the provider that asks Google Cloud's instance metadata server.

    Args:
        audience: Whom the token is shown to.
        timeout: Seconds.
        http_client: Your own ``httpx.Client``.
    """

    def get_token() -> str:
        url = (
            "http://metadata.google.internal/computeMetadata/v1/instance/service-accounts/"
            "default/identity"
        )
        headers = {"Metadata-Flavor": "Google"}
        token = str(_metadata(url, {"audience": audience}, headers, timeout, http_client).text)
        if not token.strip():
            msg = "Google's metadata server answered with an empty token"
            raise SubjectTokenProviderError(msg)
        return token.strip()

    return {"token_type": "id", "get_token": get_token}


def _metadata(
    url: str,
    query: Mapping[str, str | None],
    headers: Mapping[str, str],
    timeout: float,
    http_client: Any,
) -> Any:
    """Ask a metadata service, through *http_client* or a client for this once, and no proxy."""
    import httpx  # noqa: PLC0415  # few programs ask it

    params = {name: value for name, value in query.items() if value is not None}
    client = http_client or httpx.Client(trust_env=False)
    try:
        answer = client.get(url, params=params, headers=headers, timeout=timeout)
    except httpx.HTTPError as error:
        msg = f"the metadata service cannot be reached: {type(error).__name__}"
        raise SubjectTokenProviderError(msg) from error
    finally:
        if http_client is None:
            client.close()
    if answer.status_code != 200:
        msg = f"the metadata service answered {answer.status_code}"
        raise SubjectTokenProviderError(msg, response=answer)
    return answer
