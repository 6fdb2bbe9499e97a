"""What clients of both colours share: their options, and who calls. Nothing here sends."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Unpack

from sdk_core.clients import BaseClient
from sdk_core.options import refuse_unknown_options
from sdk_core.typing import (
    HeadersLike,
    NotGiven,
    PathOptions,
    Policy,
    QueryLike,
    TimeoutLike,
    not_given,
)
from sdk_platform_api.client import SECURITY_SCHEMES, SERVERS

from ._account import Account
from ._credentials import PREFIX, Given

if TYPE_CHECKING:
    from sdk_auth.typing import TokenStore
    from sdk_core.plugins import Plugin
    from sdk_core.transports import TransportLike


@refuse_unknown_options
class Settings(BaseClient):
    """The options of a platform client."""

    servers = SERVERS
    security_schemes = SECURITY_SCHEMES
    base_url_variable = f"{PREFIX}BASE_URL"

    inference_url: str | None

    def __init__(
        self,
        *,
        base_url: str | None = None,
        username: str | None = None,
        password: str | None = None,
        api_key: str | Callable[[], Any] | None = None,
        auth: Policy | None = None,
        store: TokenStore | None = None,
        inference_url: str | None = None,
        timeout: TimeoutLike | NotGiven = not_given,
        max_retries: int | NotGiven = not_given,
        deadline: float | None = None,
        default_headers: HeadersLike | None = None,
        default_query: QueryLike | None = None,
        strict: bool = False,
        http_client: Any = None,
        transport: TransportLike | None = None,
        plugins: Sequence[str | Plugin] = (),
        **path: Unpack[PathOptions],
    ) -> None:
        given = Given(auth=auth, api_key=api_key, username=username, password=password)
        account = Account(store)  # opened when it is known where the platform is
        super().__init__(
            base_url=base_url,
            auth=account,
            timeout=timeout,
            max_retries=max_retries,
            deadline=deadline,
            default_headers=default_headers,
            default_query=default_query,
            strict=strict,
            http_client=http_client,
            transport=transport,
            plugins=plugins,
            **path,
        )
        self.inference_url = inference_url
        account.open(self._base_url, given)
