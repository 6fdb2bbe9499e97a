"""Tokens for OAUTHBEARER (RFC 7628), from whoever has them."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Generator
from typing import Any, Final

from ..errors import SinkConnectionError

__all__ = ["Tokens"]

_LIFETIME: Final = 300.0
"""Seconds after which a token is asked for anew that does not say when it ends."""


class Tokens:
    """
    Asks for tokens.

    Args:
        source: A function that returns a token; or a credential whose ``token()`` returns one, or
            returns a flow of one, as `sdk_auth.OAuth` does. A token is its text, or has an
            ``access_token`` and perhaps an ``expires_at`` in seconds since the epoch.
    """

    def __init__(self, source: Any) -> None:
        self._ask = source.token if callable(getattr(source, "token", None)) else source
        self._runner: Any = None

    def get(self) -> tuple[str, float]:
        """
        Return a token, and when it ends in seconds since the epoch.

        Raises:
            SinkConnectionError: There is none now. What its source raised is not shown: it might
                hold a secret.
        """
        try:
            given = self._ask()
            if isinstance(given, Generator):
                given = self._run(given)
        except Exception as error:
            msg = f"`sasl_token` gives no token: {type(error).__name__}"
            raise SinkConnectionError(msg, retryable=True) from None
        text = getattr(given, "access_token", given)
        if not isinstance(text, str) or not text:
            msg = f"`sasl_token` gives no token, but {type(given).__name__}"
            raise SinkConnectionError(msg, retryable=True)
        end = getattr(given, "expires_at", None) or _end(text) or time.time() + _LIFETIME
        return str(text), float(end)

    def _run(self, flow: Generator[Any, Any, Any]) -> Any:
        if self._runner is None:
            from sdk_core.flows import Runner  # noqa: PLC0415  # brings an HTTP engine

            self._runner = Runner()
        return self._runner.run(flow)


def _end(token: str) -> float | None:
    """Return when a JWT says that it ends (RFC 7519 §4.1.4); None for any other token."""
    try:
        _, claims, _ = token.split(".")
        said = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
        return float(said["exp"])
    except (ValueError, KeyError, TypeError):
        return None
