"""``openai._constants``: defaults of clients, and the header that says in which form to answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sdk_core.options import DEFAULT_MAX_RETRIES, DEFAULT_TIMEOUT

if TYPE_CHECKING:
    from ._http_clients import DEFAULT_CONNECTION_LIMITS
else:
    from .._lazy import lazy

    __getattr__, __dir__ = lazy(
        __name__,
        {"DEFAULT_CONNECTION_LIMITS": f"{__package__}._http_clients:DEFAULT_CONNECTION_LIMITS"},
    )

__all__ = [
    "DEFAULT_CONNECTION_LIMITS",
    "DEFAULT_MAX_RETRIES",
    "DEFAULT_TIMEOUT",
    "RAW_RESPONSE_HEADER",
]

RAW_RESPONSE_HEADER = "X-Stainless-Raw-Response"
"""What openai marks a call of ``with_raw_response`` by; here the view itself says it."""
