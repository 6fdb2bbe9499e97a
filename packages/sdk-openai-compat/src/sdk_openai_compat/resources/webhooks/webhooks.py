"""``client.webhooks``: requests that the service sends to you, verified and decoded."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from sdk_core.errors import ConfigurationError
from sdk_core.operations import Ref
from sdk_core.resources import AsyncResource, SyncResource
from sdk_core.webhooks import StandardWebhooks, unwrap

if TYPE_CHECKING:
    from typing import Protocol

    from sdk_inference_api.models import WebhookEvent

    class HasHeaders(Protocol):
        """What a web framework calls headers."""

        def get(self, key: str, /) -> str | None: ...

    HeadersLike: TypeAlias = Mapping[str, str] | HasHeaders

__all__ = ["AsyncWebhooks", "Webhooks"]

_EVENT = Ref("sdk_inference_api.models", "WebhookEvent")
_NAMES = ("webhook-id", "webhook-timestamp", "webhook-signature")
_MISSING = (
    "pass `secret`, or `webhook_secret` to the client, or set the environment variable "
    "`OPENAI_WEBHOOK_SECRET`"
)


class _Verified:
    """What both colours share: nothing here waits."""

    _client: Any

    def unwrap(
        self, payload: str | bytes, headers: HeadersLike, *, secret: str | None = None
    ) -> WebhookEvent:
        """
        Return the event that a request carries, once it is known to be the service's.

        Args:
            payload: The body, just as it was received: formatted anew, it has another signature.
            headers: Of the request, in any case.
            secret: What the service showed, ``whsec_`` included. Default: the client's
                `webhook_secret`.

        Raises:
            InvalidWebhookSignatureError: It is not signed with the secret, or too old.
            InvalidWebhookError: It is signed, but no event.
            ConfigurationError: There is no secret, or the payload is no body.
        """
        verify = self._verifier(secret, 300)
        strict = self._client._strict  # noqa: SLF001  # one family
        found = unwrap(payload, _mapping(headers), _EVENT, verify=verify, strict=strict)
        return cast("WebhookEvent", found)

    def verify_signature(
        self,
        payload: str | bytes,
        headers: HeadersLike,
        *,
        secret: str | None = None,
        tolerance: float = 300,
    ) -> None:
        """
        Check that a request is the service's, signed as standardwebhooks.com says.

        Args:
            payload: The body, just as it was received.
            headers: Of the request, in any case.
            secret: As in `unwrap`.
            tolerance: Seconds that it may be old, or its clock ahead of ours.

        Raises:
            InvalidWebhookSignatureError: It is not signed with the secret, or too old.
            ConfigurationError: There is no secret.
        """
        content = payload.encode("utf-8", "surrogatepass") if isinstance(payload, str) else payload
        self._verifier(secret, tolerance)(content, _mapping(headers))

    def _verifier(self, secret: str | None, tolerance: float) -> StandardWebhooks:
        secret = self._client.webhook_secret if secret is None else secret
        if not secret:
            raise ConfigurationError(_MISSING)
        # A secret without the mark is the key itself, as the service's own library has it.
        key: Any = secret if secret.startswith("whsec_") else secret.encode()
        # The clock is looked up late: tests put another one in its place.
        return StandardWebhooks(key, tolerance=tolerance, clock=lambda: time.time())  # noqa: PLW0108  # as said


def _mapping(headers: Any) -> Mapping[str, str]:
    """Return the headers that matter, of whatever a web framework calls headers."""
    if hasattr(headers, "items"):
        return cast("Mapping[str, str]", headers)
    return {name: value for name in _NAMES if (value := headers.get(name)) is not None}


class Webhooks(_Verified, SyncResource):
    """Requests that the service sends to you."""


class AsyncWebhooks(_Verified, AsyncResource):
    """The twin of `Webhooks` for asynchronous clients; its methods do not wait, either."""
