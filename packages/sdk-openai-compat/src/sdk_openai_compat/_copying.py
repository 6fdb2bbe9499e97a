"""What may be changed for a copy of a client."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from sdk_core.typing import HeadersLike, NotGiven, PathOptions, Policy, TimeoutLike

if TYPE_CHECKING:
    import httpx

    from sdk_core.transports import TransportLike

    from ._options import DataResidency
    from ._quirks import Quirks
    from .auth import WorkloadIdentity


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
