"""The options of a configuration: how each is read, what it may be, and what it is when nobody says."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final, NamedTuple, NoReturn, TypeAlias

__all__ = ["OPTIONS", "Option", "known"]

Reader: TypeAlias = Callable[[Any], Any]
"""Takes what was given, a text if it is from the environment; ValueError says what it must be."""


class Option(NamedTuple):
    """
    One option.

    Attributes:
        read: Checks what was given, and returns it in its own type.
        default: What it is when nobody says.
        others: Other names that it is known by.
        is_secret: It is never shown.
        is_text: The environment and files can say it.
    """

    read: Reader
    default: Any = None
    others: tuple[str, ...] = ()
    is_secret: bool = False
    is_text: bool = True


def _refuse(must: str) -> NoReturn:
    msg = f"must be {must}"
    raise ValueError(msg)


def _text(given: Any) -> str:
    if not isinstance(given, str) or not given.strip():
        _refuse("a text that is not empty")
    return given


def _path(given: Any) -> str:
    found = os.fspath(given) if isinstance(given, os.PathLike) else given
    if not isinstance(found, str) or not found:
        _refuse("a path")
    return found


def _words(given: Any) -> tuple[str, ...]:
    words = given.split(",") if isinstance(given, str) else given
    if not isinstance(words, Sequence) or not all(isinstance(word, str) for word in words):
        _refuse("texts, or one text with commas between them")
    found = tuple(word.strip() for word in words)
    if not found or not all(found):
        _refuse("at least one text, and none that is empty")
    return found


def _flag(given: Any) -> bool:
    if isinstance(given, bool):
        return given
    word = given.strip().lower() if isinstance(given, str) else ""
    if word in {"1", "true", "yes", "on"}:
        return True
    if word in {"0", "false", "no", "off"}:
        return False
    _refuse("true or false")


def _whole(low: int) -> Reader:
    def read(given: Any) -> int:
        try:
            found = int(given) if isinstance(given, str) else given
        except ValueError:
            found = None
        if isinstance(found, bool) or not isinstance(found, int) or found < low:
            _refuse(f"a whole number >= {low}")
        return found

    return read


def _number(low: float, high: float = math.inf) -> Reader:
    def read(given: Any) -> float:
        try:
            found: Any = float(given) if isinstance(given, str) else given
        except ValueError:
            found = None
        is_number = isinstance(found, int | float) and not isinstance(found, bool)
        if not is_number or not math.isfinite(found) or not low <= found <= high:
            limits = f">= {low:g}" if high == math.inf else f"from {low:g} to {high:g}"
            _refuse(f"a number {limits}")
        return float(found)

    return read


def _choice(*words: str, upper: bool = False) -> Reader:
    def read(given: Any) -> str:
        word = given.strip() if isinstance(given, str) else ""
        word = word.upper() if upper else word.lower()
        if word not in words:
            _refuse(f"one of {', '.join(words)}")
        return word

    return read


def _acks(given: Any) -> str | int:
    word = given.strip().lower() if isinstance(given, str) else given
    if isinstance(word, str | int) and not isinstance(word, bool) and str(word) in _ACKS:
        return _ACKS[str(word)]
    _refuse("all, 1 or 0")


def _capture(given: Any) -> str:
    word = given.strip().lower() if isinstance(given, str) else ""
    mode, _, limit = word.partition(":")
    if word in {"none", "hash", "truncate", "full"} or (
        mode == "truncate" and limit.isdecimal() and int(limit)
    ):
        return word
    _refuse("one of none, hash, truncate, full, or truncate:<characters>")


def _mapping(given: Any) -> Mapping[str, Any]:
    try:
        found = json.loads(given) if isinstance(given, str) else given
    except ValueError:
        found = None
    if not isinstance(found, Mapping) or not all(isinstance(name, str) for name in found):
        _refuse("names and values, as a JSON object where it is a text")
    return MappingProxyType(dict(found))


def _headers(given: Any) -> Mapping[str, str]:
    found = _mapping(given)
    if not all(isinstance(value, str) for value in found.values()):
        _refuse("names and texts")
    return found


def _as_it_is(given: Any) -> Any:
    return given


_ACKS: Final[Mapping[str, str | int]] = MappingProxyType(
    {"all": "all", "-1": "all", "1": 1, "0": 0}
)

OPTIONS: Final[Mapping[str, Option]] = MappingProxyType(
    {
        "service_name": Option(_text),
        # Kafka
        "brokers": Option(_words),
        "topic": Option(_text, "llm-telemetry"),
        "client_id": Option(_text, "sdk-telemetry"),
        "compression": Option(
            _choice("none", "gzip", "snappy", "lz4", "zstd"), "zstd", ("compression_type",)
        ),
        "acks": Option(_acks, "all"),
        "idempotence": Option(_flag, None, ("enable_idempotence",)),
        "linger_ms": Option(_number(0), 20.0),
        "batch_bytes": Option(_whole(1), 262_144, ("batch_size",)),
        "max_request_bytes": Option(_whole(1_000), 1_048_576, ("max_request_size",)),
        "buffer_bytes": Option(_whole(1_024), 33_554_432, ("buffer_memory",)),
        "buffer_messages": Option(_whole(1), 100_000),
        "delivery_timeout": Option(_number(0.001), 120.0),
        "retries": Option(_whole(0)),
        "retry_backoff_ms": Option(_whole(1)),
        "request_timeout_ms": Option(_whole(1)),
        "max_in_flight_requests": Option(_whole(1)),
        "metadata_max_age_ms": Option(_whole(1)),
        "security_protocol": Option(
            _choice("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL", upper=True)
        ),
        "sasl_mechanism": Option(
            _choice("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER", upper=True)
        ),
        "sasl_username": Option(_text, is_secret=True),
        "sasl_password": Option(_text, is_secret=True),
        "sasl_token": Option(_as_it_is, is_secret=True, is_text=False),
        "ssl_ca_location": Option(_path),
        "ssl_cert_location": Option(_path),
        "ssl_key_location": Option(_path),
        "ssl_key_password": Option(_text, is_secret=True),
        "engine": Option(_choice("auto", "confluent", "kafka-python", "aiokafka"), "auto"),
        "kafka_options": Option(_mapping, MappingProxyType({}), ("additional_config", "options")),
        "encoding": Option(_as_it_is, is_text=False),
        # Other sinks
        "http_url": Option(_text, is_secret=True),  # it may hold a password
        "http_token": Option(_text, is_secret=True),
        "otlp_endpoint": Option(_text, is_secret=True),
        "otlp_headers": Option(_headers, MappingProxyType({}), is_secret=True),
        "file": Option(_path),
        "file_rotate_bytes": Option(_whole(1), 104_857_600),
        "file_keep": Option(_whole(0), 5),
        "console": Option(_flag, default=False),
        # The client
        "on_full": Option(_choice("drop_newest", "drop_oldest", "block", "spill")),
        "max_events": Option(_whole(1), 100_000),
        "max_bytes": Option(_whole(1), 67_108_864),
        "block_timeout": Option(_number(0), 5.0),
        "durable": Option(_flag, default=False),
        "outbox": Option(_path),
        "outbox_max_bytes": Option(_whole(2**20), 2**30),
        "outbox_max_age": Option(_number(0.001)),
        "outbox_fsync": Option(_flag, default=False),
        "capture_content": Option(_capture),
        "sample_rate": Option(_number(0, 1), 1.0),
        "sample_by": Option(_text),
        "sample_slow_ms": Option(_number(0)),
        "sample_errors": Option(_flag, default=True),
    }
)

_NAMES: Final = {
    **{name: name for name in OPTIONS},
    **{other: name for name, option in OPTIONS.items() for other in option.others},
}


def known(name: str) -> str | None:
    """Return the option that is called so; None if there is none."""
    return _NAMES.get(name)
