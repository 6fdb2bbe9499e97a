"""What the errors of Kafka's protocol mean to a sink, whatever library passes them on."""

from __future__ import annotations

from typing import Final

from ..errors import SendError, SinkAuthenticationError, SinkConnectionError
from ._kafka_engine import RefusedError

__all__ = ["broker_error", "denies"]

_AWAY: Final = frozenset({7, 8, 13})
"""REQUEST_TIMED_OUT, BROKER_NOT_AVAILABLE, NETWORK_EXCEPTION."""

_DENIED: Final = frozenset({29, 31, 33, 34, 53, 58})
"""The topic, the cluster, a SASL mechanism or its state, the transactional id, the credentials."""

_HOPELESS: Final = frozenset({17, 21, 35, 42, 43, 76})
"""INVALID_TOPIC, and what brokers say of requests that they do not know, or not so."""

_REFUSED: Final = frozenset({4, 10, 18, 32, 44, 87})
"""What brokers say of a batch for what may be in one of its messages: sizes, times, policies."""


def denies(code: object) -> bool:
    """Return whether such an answer says that we may not."""
    return code in _DENIED


def broker_error(code: int, said: str) -> SendError:
    """
    Return what the answer of a broker means.

    What is not known to be hopeless can be tried again: rather twice than never.

    Args:
        code: As https://kafka.apache.org/protocol numbers it.
        said: The same in words.
    """
    message = f"Kafka: {said}"
    if code in _REFUSED:
        return RefusedError(message)
    if code in _DENIED:
        return SinkAuthenticationError(message)
    if code in _AWAY:
        return SinkConnectionError(message, retryable=True)
    return SendError(message, retryable=code not in _HOPELESS)
