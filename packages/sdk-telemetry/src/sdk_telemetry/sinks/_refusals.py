"""What answers over HTTP mean for the events that they answer."""

from __future__ import annotations

from typing import Final

from ..errors import SendError, SinkAuthenticationError

__all__ = ["DIVIDED", "refusal"]

DIVIDED: Final = frozenset({400, 413, 422})
"""Refusals of a body as a whole. A smaller batch may go through, at least without the culprit."""

# What a server says when it may think otherwise later; and any failure of its own but these two:
# it does not know how, and will not learn it (RFC 9110 sections 15.6.2 and 15.6.6).
_PASSING: Final = frozenset({408, 409, 421, 425, 429})
_LASTING: Final = frozenset({501, 505})


def refusal(host: str, status: int, retry_after: float | None, *, sink: str) -> SendError:
    """
    Return what the lane is told of an answer that is no success.

    Args:
        host: Who answered.
        status: The status. What else a server says may repeat what it was sent.
        retry_after: Seconds that it asks to wait.
        sink: The name of the sink.
    """
    msg = f"{host} answered {status}"
    if status in {401, 403}:
        why = "the credential is missing or wrong" if status == 401 else "it may not send events"
        return SinkAuthenticationError(f"{msg}: {why}", sink=sink)
    passing = status in _PASSING or (status >= 500 and status not in _LASTING)
    error = SendError(msg, sink=sink, retryable=passing)
    error.retry_after = retry_after
    return error
