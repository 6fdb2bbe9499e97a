"""
Policies: one concern of the call path a file, for clients and for those who write their own.

A policy is ``(request, inner) -> flow`` and delegates with ``yield from inner(request)``; beside that
it may yield the effects `Sleep`, `Now`, `Call`, `Wait`, `Race` and `Finish`, and run a flow under an
`Exclusive`. `sdk_core.testing.play` tests one without a loop.

Those that limit calls keep what they know inside, and are safe to share between clients, threads
and event loops: give the same object to all that should be limited together.
"""

from typing import TYPE_CHECKING, Any

from .._effects import Call, Finish, Now, Race, Send, Sleep, Wait
from .._figures import figure
from ._auth import ApiKey, Bearer
from ._budget import RetryBudget
from ._redirect import Redirect
from ._retry import Retry
from ._security import Security

if TYPE_CHECKING:
    from .._lines import Exclusive, Ticket
    from .._redis import RedisStore
    from ._breaker import CircuitBreaker
    from ._concurrency import AdaptiveConcurrency
    from ._deadline import AttemptDeadline
    from ._hedge import Hedge
    from ._rate_limit import RateLimit

__all__ = [
    "AdaptiveConcurrency",
    "ApiKey",
    "AttemptDeadline",
    "Bearer",
    "Call",
    "CircuitBreaker",
    "Exclusive",
    "Finish",
    "Hedge",
    "Now",
    "Race",
    "RateLimit",
    "Redirect",
    "RedisStore",
    "Retry",
    "RetryBudget",
    "Security",
    "Send",
    "Sleep",
    "Ticket",
    "Wait",
    "figure",
]

# What a client does without unless it is asked for is imported when it is.
_OPTIONAL = {
    "AdaptiveConcurrency": "._concurrency",
    "AttemptDeadline": "._deadline",
    "CircuitBreaker": "._breaker",
    "Exclusive": ".._lines",
    "Hedge": "._hedge",
    "RateLimit": "._rate_limit",
    "RedisStore": ".._redis",
    "Ticket": ".._lines",
}


def __getattr__(name: str) -> Any:
    if name not in _OPTIONAL:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    from importlib import import_module  # noqa: PLC0415  # as said above

    found = globals()[name] = getattr(import_module(_OPTIONAL[name], __name__), name)
    return found
