"""
Policies: one concern of the call path a file, for clients and for those who write their own.

A policy is ``(request, inner) -> flow`` and delegates with ``yield from inner(request)``; beside that
it may yield the effects `Sleep`, `Now` and `Call`. `sdk_core.testing.play` tests one without a loop.
"""

from .._effects import Call, Now, Send, Sleep
from ._auth import ApiKey, Bearer
from ._redirect import Redirect
from ._retry import Retry
from ._security import Security

__all__ = ["ApiKey", "Bearer", "Call", "Now", "Redirect", "Retry", "Security", "Send", "Sleep"]
