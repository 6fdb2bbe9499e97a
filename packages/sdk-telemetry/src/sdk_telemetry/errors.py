"""
Errors: what can go wrong between an event and where it should arrive.

::

    sdk_core.errors.SDKError
    |-- sdk_core.errors.ConfigurationError    an option cannot work; named in backticks, at construction
    `-- TelemetryError                catch-all of this package
        |-- InvalidEventError         an event breaks a limit: `field`, what is wrong and what to do
        |   `-- EventTooLargeError        encoded, it is larger than the sink takes: `size`, `limit`
        |-- SendError                 a sink did not take an event: `sink`, `retryable`
        |   |-- SinkConnectionError       it cannot be reached, or hung up
        |   |-- SinkAuthenticationError   it knows us not, or forbids this: not repeated
        |   `-- SinkClosedError           the client was closed before
        |-- SendTimeoutError          no confirmation in time; the event may still arrive
        |-- QueueFullError            no room was left, in the queue or in the outbox: `queue`
        |-- OutboxError               the disk does not keep what it should: `path`
        `-- AlertError                what came as an alert is none

None of them shadows a builtin. All pickle. No message holds a prompt, an answer or a secret.
"""

from __future__ import annotations

from sdk_core.errors import ConfigurationError, SDKError

__all__ = [
    "AlertError",
    "ConfigurationError",
    "EventTooLargeError",
    "InvalidEventError",
    "OutboxError",
    "QueueFullError",
    "SendError",
    "SendTimeoutError",
    "SinkAuthenticationError",
    "SinkClosedError",
    "SinkConnectionError",
    "TelemetryError",
]


class TelemetryError(SDKError):
    """What this package raises, but for options that cannot work (`ConfigurationError`)."""


class InvalidEventError(TelemetryError, ValueError):
    """
    An event breaks a limit of its consumer.

    Args:
        message: The field in backticks, what is wrong with it, and what to do.
        field: The field's path in the event, as in ``prompt.text``.
    """

    def __init__(self, message: str, *, field: str = "") -> None:
        super().__init__(message)
        self.field = field


class EventTooLargeError(InvalidEventError):
    """
    An event is, as it would be sent, larger than its sink takes.

    Args:
        message: What is too large, and what to do.
        size: Bytes that it has.
        limit: Bytes that it may have.
    """

    def __init__(self, message: str, *, field: str = "", size: int = 0, limit: int = 0) -> None:
        super().__init__(message, field=field)
        self.size = size
        self.limit = limit


class SendError(TelemetryError):
    """
    A sink did not take an event.

    Args:
        message: What the sink said.
        sink: The name of the sink.
        retryable: The same event may be taken later.
    """

    def __init__(self, message: str, *, sink: str = "", retryable: bool = False) -> None:
        super().__init__(message)
        self.sink = sink
        self.retryable = retryable


class SinkConnectionError(SendError):
    """A sink cannot be reached, or hung up before it confirmed."""


class SinkAuthenticationError(SendError):
    """A sink does not know who sends, or does not let them."""


class SinkClosedError(SendError):
    """The client was closed before the event was confirmed."""


class SendTimeoutError(TelemetryError):
    """No confirmation came in time. The event is still on its way, and may arrive."""


class QueueFullError(TelemetryError):
    """
    No room was left for an event.

    Args:
        message: What is full, and what to do.
        queue: ``client``, or the name of the sink.
    """

    def __init__(self, message: str, *, queue: str = "") -> None:
        super().__init__(message)
        self.queue = queue


class OutboxError(TelemetryError):
    """
    The disk does not keep what it should.

    Args:
        message: What the disk said.
        path: The file, without which nothing can be kept.
    """

    def __init__(self, message: str, *, path: str = "") -> None:
        super().__init__(message)
        self.path = path


class AlertError(TelemetryError, ValueError):
    """What came as an alert cannot be read as one; the field is named in backticks."""
