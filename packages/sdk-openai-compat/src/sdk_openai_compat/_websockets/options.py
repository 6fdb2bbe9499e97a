"""What a WebSocket takes, under openai's names."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias, TypedDict

import attrs

from sdk_core.errors import ConfigurationError, UnknownOptionError
from sdk_core.typing import Omit

if TYPE_CHECKING:
    from sdk_core.typing import HeadersLike, QueryLike

__all__ = [
    "Plan",
    "ReconnectingEvent",
    "ReconnectingOverrides",
    "SyncWebSocketConnectionOptions",
    "WebSocketConnectionOptions",
]

UNLIMITED = 1 << 31
"""Messages: more than fit into memory."""


class SyncWebSocketConnectionOptions(TypedDict, total=False):
    """
    How a connection is made.

    Attributes:
        subprotocols: Those that we speak, the best first.
        compression: ``"deflate"`` offers compression (RFC 7692), ``None`` does not. Default: it is
            offered if *max_size* is a number.
        max_size: Bytes that a message may hold; ``None``, the default: any number.
        max_queue: Messages that are kept until they are read; of a pair the first counts. Default:
            16. ``None``: any number.
        ping_interval: Seconds between two pings. Default: 20. ``None``: there are none.
        ping_timeout: Seconds after which a ping without an answer ends the connection. Default: 20.
        close_timeout: Seconds to wait for the other side's goodbye. Default: 5.
    """

    subprotocols: Sequence[str] | None
    compression: str | None
    max_size: int | None
    max_queue: int | tuple[int | None, int | None] | None
    ping_interval: float | None
    ping_timeout: float | None
    close_timeout: float


class WebSocketConnectionOptions(SyncWebSocketConnectionOptions, total=False):
    """How a connection is made; the same for both colours."""


@attrs.frozen
class ReconnectingEvent:
    """
    A connection was lost, and another is about to be made.

    Attributes:
        attempt: Which attempt this is, from 1; counted anew once events came.
        max_attempts: How many there will be.
        delay: Seconds until then.
        close_code: Why it was lost (RFC 6455 §7.4); 1006: it broke.
        extra_query: The query, as it stands.
        extra_headers: The headers, as they stand.
    """

    attempt: int
    max_attempts: int
    delay: float
    close_code: int
    extra_query: QueryLike = attrs.field(repr=False)
    extra_headers: HeadersLike = attrs.field(repr=False)


class ReconnectingOverrides(TypedDict, total=False):
    """
    What is to change.

    Attributes:
        extra_query: The query from now on.
        extra_headers: The headers from now on.
        abort: Whether to give up.
    """

    extra_query: QueryLike
    extra_headers: HeadersLike
    abort: bool


OnReconnecting: TypeAlias = Callable[[ReconnectingEvent], ReconnectingOverrides | None]


@attrs.frozen(kw_only=True)
class Plan:
    """
    What a connection is made of, once and again.

    Attributes:
        path: A path below the client's address, or an address.
        query: Of the address.
        headers: Beside the client's.
        options: How a connection is made.
        on_reconnecting: Told of each further attempt. Without it there is none.
        max_retries: Attempts in a row.
        initial_delay: Seconds, the longest wait before the first of them.
        max_delay: Seconds, the longest.
        max_queue_size: Bytes that are kept while there is no connection.
    """

    path: str
    query: QueryLike = attrs.field(repr=False)
    headers: HeadersLike = attrs.field(repr=False)
    options: Mapping[str, Any] = attrs.field(repr=False)
    on_reconnecting: OnReconnecting | None
    max_retries: int
    initial_delay: float
    max_delay: float
    max_queue_size: int

    @classmethod
    def of(
        cls,
        client: Any,
        path: str,
        named: Mapping[str, object],
        query: QueryLike | None,
        headers: HeadersLike | None,
        options: Mapping[str, Any] | None,
        **more: Any,
    ) -> Plan:
        """
        Return the plan for a WebSocket of *client*.

        Args:
            client: Says where it is.
            path: Below the client's address.
            named: The members of the query that have an argument of their own.
            query: What the caller adds to them.
            headers: As an attribute.
            options: As an attribute.
            **more: The other attributes.
        """
        given = {name: value for name, value in named.items() if not isinstance(value, Omit)}
        path, own = client._websocket_target(path, given)  # noqa: SLF001  # of our own client
        return cls(
            path=path,
            query={**own, **(query or {})},
            headers=headers or {},
            options=options or {},
            **more,
        )

    def socket_options(self) -> dict[str, Any]:
        """
        Return the options of `sdk_core.websockets`.

        Raises:
            ConfigurationError: One of `websocket_connection_options` cannot be used.
        """
        from sdk_core.websockets import RETRIED_CODES, Reconnect  # noqa: PLC0415  # waits for `connect`

        given = dict(self.options)
        known = SyncWebSocketConnectionOptions.__annotations__
        if unknown := sorted(given.keys() - known.keys()):
            msg = (
                f"`websocket_connection_options` has no `{unknown[0]}`; "
                f"it takes {', '.join(sorted(known))}"
            )
            raise UnknownOptionError(msg)
        size = given.pop("max_size", None)
        if size is not None and (not isinstance(size, int) or size < 1):
            msg = f"`max_size` must be a number of bytes or None, not {size!r}"
            raise ConfigurationError(msg)
        wanted: dict[str, Any] = {
            "query": self.query,
            "headers": self.headers,
            "max_message_size": size,
            "compression": _compression(given.pop("compression", size and "deflate")),
            "subprotocols": given.pop("subprotocols", None) or (),
            "retried_codes": RETRIED_CODES if self.on_reconnecting else frozenset(),
            # How often is counted by the connection: an event that is an error is no success.
            "reconnect": Reconnect(
                attempts=None, base=self.initial_delay, cap=self.max_delay, rand=random.random
            ),
        }
        if "max_queue" in given:
            queue = given.pop("max_queue")
            queue = queue[0] if isinstance(queue, tuple) else queue
            wanted["max_queue"] = UNLIMITED if queue is None else queue
        return {**given, **wanted}


def _compression(value: Any) -> bool:
    if value not in {None, "deflate"}:
        msg = f"`compression` must be 'deflate' or None, not {value!r}"
        raise ConfigurationError(msg)
    return value is not None
