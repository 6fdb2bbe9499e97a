"""What may be changed for a copy of a client, and for one call by path."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypedDict

from sdk_core.typing import HeadersLike, NotGiven, PathOptions, Policy, TimeoutLike

if TYPE_CHECKING:
    import httpx

    from sdk_core.transports import TransportLike

    from ._quirks import Quirks
    from .auth import WorkloadIdentity


DataResidency: TypeAlias = Literal["global", "us", "eu", "ae", "au", "in", "jp"]


class CopyOptions(PathOptions, total=False):
    """Options of ``copy`` and ``with_options``: the constructor's, and two that replace."""

    api_key: str | Callable[[], Any] | None
    admin_api_key: str | None
    organization: str | None
    project: str | None
    webhook_secret: str | None
    base_url: str | httpx.URL | NotGiven | None
    websocket_base_url: str | httpx.URL | None
    timeout: TimeoutLike | NotGiven
    max_retries: int | NotGiven
    deadline: float | NotGiven | None
    default_headers: HeadersLike | NotGiven | None
    set_default_headers: HeadersLike | None
    default_query: Mapping[str, object] | NotGiven | None
    set_default_query: Mapping[str, object] | None
    http_client: Any
    transport: TransportLike | None
    auth: Policy | None
    workload_identity: WorkloadIdentity | None
    data_residency: DataResidency | None
    _enforce_credentials: bool
    quirks: Quirks | None
    strict: bool
    _strict_response_validation: bool
    _extra_kwargs: Mapping[str, Any]


class RequestOptions(TypedDict, total=False):
    """
    Options of a call by path.

    Attributes:
        headers: More headers; a value `omit` takes a default one away.
        params: More of the query.
        max_retries: Instead of the client's.
        timeout: Instead of the client's.
        idempotency_key: Sent as ``Idempotency-Key``, on every attempt the same.
        extra_json: Members on top of the body.
    """

    headers: HeadersLike
    params: Mapping[str, object]
    max_retries: int
    timeout: TimeoutLike
    idempotency_key: str
    extra_json: Mapping[str, object]
