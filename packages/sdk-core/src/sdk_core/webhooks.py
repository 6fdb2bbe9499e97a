"""
Webhooks: requests that the API sends to you.

`unwrap` looks at the signature first and then decodes::

    event = unwrap(body, headers, WEBHOOK.type, verify=StandardWebhooks(secret))
"""

from __future__ import annotations

import hmac
import time
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

import attrs

from ._decoding import decoder
from ._messages import Headers
from .errors import ConfigurationError, InvalidWebhookError, InvalidWebhookSignatureError

if TYPE_CHECKING:
    from .operations import Ref

__all__ = ["StandardWebhooks", "Verifier", "Webhook", "unwrap"]


@attrs.frozen
class Webhook:
    """
    A request that the API may send (OpenAPI 3.2, ``webhooks``).

    Attributes:
        name: As in the document.
        type: Of the body; None where the document says nothing of it.
        description: In the words of the document.
    """

    name: str
    type: Ref | None = None
    description: str = ""


class Verifier(Protocol):
    """Says whether a webhook comes from whom it says it does; any function of this shape will do."""

    def __call__(self, payload: bytes, headers: Mapping[str, str], /) -> None:
        """
        Check *payload*, just as it was received; returning False is a refusal, too.

        Raises:
            InvalidWebhookSignatureError: It is not signed as it must be.
        """
        ...


def _key_of(secret: Any) -> bytes:
    if isinstance(secret, str):
        try:
            secret = b64decode(secret.removeprefix("whsec_"), validate=True)
        except ValueError:
            msg = "`secret` must be what the sender shows: `whsec_` and a text in base64"
            raise ConfigurationError(msg) from None
    if not isinstance(secret, bytes | bytearray) or not secret:
        msg = "`secret` must be a text that is not empty, or bytes"
        raise ConfigurationError(msg)
    return bytes(secret)


@attrs.frozen
class StandardWebhooks:
    """
    Verify what is signed as Standard Webhooks says (standardwebhooks.com, symmetric, ``v1``).

    Args:
        secret: What the sender showed, with or without ``whsec_``; or the key itself, as bytes.
        tolerance: Seconds that a message may be old, and that its clock may be ahead. Default: 300.
        clock: Returns the time in seconds since 1970.

    Raises:
        ConfigurationError: The secret is none.
    """

    _key: bytes = attrs.field(alias="secret", repr=False, converter=_key_of)
    tolerance: float = attrs.field(default=300.0, kw_only=True)
    clock: Callable[[], float] = attrs.field(default=time.time, kw_only=True, repr=False)

    def __call__(self, payload: bytes, headers: Mapping[str, str], /) -> None:
        """Check *payload*; see `Verifier`."""
        names = ("webhook-id", "webhook-timestamp", "webhook-signature")
        found = Headers(headers)
        for name in names:
            if not found.get(name):
                msg = f"the header `{name}` is missing"
                raise InvalidWebhookSignatureError(msg)
        number, sent, signatures = (found[name] for name in names)
        self._check_age(sent)
        signed = b".".join([number.encode("utf-8", "replace"), sent.encode(), payload])
        wanted = b"v1," + b64encode(hmac.digest(self._key, signed, "sha256"))
        # Several, while the sender changes its secret; all are compared, however long it takes.
        given = signatures.encode("utf-8", "replace").split()
        matches = [hmac.compare_digest(wanted, each) for each in given]
        if not any(matches):
            msg = "no signature in `webhook-signature` fits the message: wrong secret, or a changed body"
            raise InvalidWebhookSignatureError(msg)

    def _check_age(self, sent: str) -> None:
        if not (sent.isascii() and sent.isdigit() and len(sent) < 20):
            msg = "`webhook-timestamp` must be in whole seconds since 1970"
            raise InvalidWebhookSignatureError(msg)
        age = self.clock() - int(sent)
        if not abs(age) <= self.tolerance:  # a tolerance that is no number tolerates nothing
            far = "old" if age > 0 else "ahead of this machine's clock"
            msg = f"the message is {abs(age):.0f} s {far}; {self.tolerance:g} s are allowed"
            raise InvalidWebhookSignatureError(msg)


def unwrap(
    payload: bytes | str,
    headers: Mapping[str, str],
    ref: Ref | None,
    *,
    verify: Verifier | None,
    strict: bool = False,
) -> Any:
    """
    Return the webhook that *payload* holds, once it is known to be genuine.

    Args:
        payload: The body, just as it was received: formatted anew, it has another signature.
        headers: Of the request, in any case.
        ref: The type of the result; None gives JSON of any shape.
        verify: Looks at the signature; None trusts whoever sends.
        strict: Refuse what does not fit the type.

    Raises:
        ConfigurationError: The payload is no body, but something that was made of one.
        InvalidWebhookSignatureError: It is not signed as it must be.
        InvalidWebhookError: It is signed, but no such webhook.
    """
    if isinstance(payload, str):
        payload = payload.encode("utf-8", "surrogatepass")
    elif not isinstance(payload, bytes | bytearray | memoryview):
        msg = f"`payload` must be the body as it was received, not {type(payload).__name__}"  # type: ignore[unreachable]  # for those who do not check types
        raise ConfigurationError(msg)
    content = bytes(payload)
    if verify is not None:
        verdict: object = verify(content, Headers(headers))
        if verdict is False:  # as functions that compare signatures say it
            msg = "the function given as `verify` says that the webhook is not genuine"
            raise InvalidWebhookSignatureError(msg)
    try:
        return decoder(ref)(content, strict)
    except ValueError:
        name = ref.name if ref is not None else "JSON"
        msg = f"the webhook is no valid {name}"
        raise InvalidWebhookError(msg) from None
