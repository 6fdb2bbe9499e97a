"""Which options are Kafka's, and what its libraries call those that only some of them have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from .errors import ConfigurationError

__all__ = ["OF_KAFKA", "OF_LIBRARIES", "translated"]

OF_KAFKA: Final = (
    *("brokers", "topic", "client_id", "compression", "acks", "idempotence", "linger_ms"),
    *("batch_bytes", "max_request_bytes", "buffer_bytes", "buffer_messages", "delivery_timeout"),
    *("security_protocol", "sasl_mechanism", "sasl_username", "sasl_password", "sasl_token"),
    *("ssl_ca_location", "ssl_cert_location", "ssl_key_location", "ssl_key_password"),
    *("engine", "encoding"),
)


def _named(name: str, *, aiokafka: bool = True) -> dict[str, str]:
    found = {"confluent": name.replace("_", "."), "kafka-python": name}
    return {**found, "aiokafka": name} if aiokafka else found


OF_LIBRARIES: Final = {
    "retries": _named("retries", aiokafka=False),
    "retry_backoff_ms": _named("retry_backoff_ms"),
    "request_timeout_ms": _named("request_timeout_ms"),
    "max_in_flight_requests": _named("max_in_flight_requests_per_connection", aiokafka=False),
    "metadata_max_age_ms": _named("metadata_max_age_ms"),
}
"""Options that only some libraries have, and what these call them."""


def translated(given: Mapping[str, Any], engine: str, compression: str) -> dict[str, Any]:
    """
    Return options by the names that the library has for them.

    Raises:
        ConfigurationError: It has no such option, or is not installed.
    """
    if not given:
        return {}
    from .sinks._kafka_options import engine_for  # noqa: PLC0415  # only few say such options

    engine = engine_for(engine, compression)
    found = {}
    for name, value in given.items():
        theirs = OF_LIBRARIES[name].get(engine)
        if theirs is None:
            msg = f"`{name}` is no option of {engine}; leave it out, and set `delivery_timeout`"
            raise ConfigurationError(msg)
        found[theirs] = value
    return found
