"""Options of Kafka: checked once, by one set of rules, whatever library sends with them."""

from __future__ import annotations

import re
import ssl
from collections.abc import Callable, Iterable, Mapping, Sequence
from difflib import get_close_matches
from functools import partial
from importlib.util import find_spec
from math import isfinite
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import attrs

from ..errors import ConfigurationError

__all__ = ["CODECS", "ENGINES", "KafkaOptions", "engine_for", "tls_context", "unknown"]

CODECS: Final = ("none", "gzip", "snappy", "lz4", "zstd")
ENGINES: Final[Mapping[str, str]] = MappingProxyType(
    {"confluent": "confluent_kafka", "kafka-python": "kafka", "aiokafka": "aiokafka"}
)
"""Libraries by the name of their engine, the best first, and what they are imported as."""

_ACKS: Final[Mapping[object, int]] = MappingProxyType(
    {"all": -1, "-1": -1, -1: -1, "1": 1, 1: 1, "0": 0, 0: 0}
)
_EXTRAS: Final = {"confluent": "kafka", "kafka-python": "kafka-python", "aiokafka": "aiokafka"}
_MECHANISMS: Final = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER")
_MODULES_OF_CODECS: Final = {
    ("kafka-python", "lz4"): "lz4",
    ("kafka-python", "snappy"): "snappy",
    ("kafka-python", "zstd"): "zstandard",
    ("aiokafka", "lz4"): "cramjam",
    ("aiokafka", "snappy"): "cramjam",
    ("aiokafka", "zstd"): "cramjam",
}
_PORTS: Final = range(1, 65536)
_PROTOCOLS: Final = ("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL")
_TOPIC: Final = re.compile(r"(?!\.{1,2}$)[A-Za-z0-9._-]{1,249}")


def _brokers(given: Any) -> tuple[str, ...]:
    """Return addresses as ``host:port``."""
    if not isinstance(given, str | Sequence):
        msg = f"`brokers` must be addresses, as in ['kafka-1:9092'], not {type(given).__name__}"
        raise ConfigurationError(msg)
    words = given.split(",") if isinstance(given, str) else list(given)
    if not words:
        msg = "`brokers` is empty; give at least one address, as in ['kafka-1:9092']"
        raise ConfigurationError(msg)
    return tuple(_broker(word) for word in words)


def _broker(given: object) -> str:
    word = given.strip() if isinstance(given, str) else ""
    found = re.fullmatch(r"(\[[0-9A-Fa-f:.%\w]+\]|[^\s:/@\[\]]+)(?::(\d{1,5}))?", word)
    if "://" in word:
        msg = f"`brokers`: {word.split('://')[0]!r} does not belong into an address; say how to connect by `security_protocol`"
        raise ConfigurationError(msg)
    if found is None:
        shown = "an address with a name in it" if "@" in word else repr(given)
        msg = f"`brokers` must be addresses, as in 'kafka-1:9092' or '[::1]:9092', not {shown}"
        raise ConfigurationError(msg)
    host, port = found[1], int(found[2] or 9092)
    if port not in _PORTS:
        msg = f"`brokers`: the port in {word!r} must be between 1 and 65535"
        raise ConfigurationError(msg)
    return f"{host}:{port}"


def _topic(given: Any) -> str:
    if not isinstance(given, str) or not _TOPIC.fullmatch(given):
        msg = f"`topic` must be 1 to 249 letters, digits, dots, underscores and hyphens, not {given!r}"
        raise ConfigurationError(msg)
    return given


def _text(name: str, given: Any) -> str:
    if not isinstance(given, str) or not given or not given.isprintable():
        msg = f"`{name}` must be a text of printable characters that is not empty"
        raise ConfigurationError(msg)
    return given


def _one_of(name: str, allowed: Sequence[str], given: Any) -> str:
    if not isinstance(given, str) or given not in allowed:
        msg = f"`{name}` must be one of {', '.join(allowed)}, not {given!r}"
        raise ConfigurationError(msg)
    return given


def _optional(check: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda given: None if given is None else check(given)


def _codec(given: Any) -> str:
    return _one_of("compression", CODECS, "none" if given is None else given)


def _acks(given: Any) -> int:
    if isinstance(given, bool) or not isinstance(given, str | int) or given not in _ACKS:
        msg = f"`acks` must be 'all', 1 or 0, not {given!r}"
        raise ConfigurationError(msg)
    return _ACKS[given]


def _number(name: str, low: float, high: float, given: Any) -> float:
    if isinstance(given, bool) or not isinstance(given, int | float) or not isfinite(given):
        msg = f"`{name}` must be a number between {low} and {high}, not {given!r}"
        raise ConfigurationError(msg)
    if not low <= given <= high:
        msg = f"`{name}` must be between {low} and {high}, not {given}"
        raise ConfigurationError(msg)
    return given


def _whole(name: str, low: int, high: int, given: Any) -> int:
    number = _number(name, low, high, given)
    if number != int(number):
        msg = f"`{name}` must be a whole number, not {given}"
        raise ConfigurationError(msg)
    return int(number)


def _file(name: str, given: Any) -> str:
    try:
        if Path(given).is_dir() and name == "ssl_ca_location":
            return str(given)
        with Path(given).open("rb"):
            return str(given)
    except (OSError, TypeError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else type(given).__name__
        msg = f"`{name}` must be a file in PEM format that can be read: {given} ({why})"
    raise ConfigurationError(msg)


def _ca(given: Any) -> str | None:
    return None if given is None else _file("ssl_ca_location", given)


def _cert(given: Any) -> str | None:
    return None if given is None else _file("ssl_cert_location", given)


def _key(given: Any) -> str | None:
    return None if given is None else _file("ssl_key_location", given)


def _raw(given: Any) -> Mapping[str, Any]:
    if given is not None and not isinstance(given, Mapping):
        msg = (
            f"`options` must be a mapping of the library's own options, not {type(given).__name__}"
        )
        raise ConfigurationError(msg)
    return MappingProxyType(dict(given or {}))


def _names(options: Mapping[str, Any]) -> str:
    return ", ".join(sorted(options))  # their values may be secrets


def _checked(check: Callable[..., Any], name: str, *limits: Any) -> Any:
    return attrs.field(converter=partial(check, name, *limits))


def _maybe(check: Callable[..., Any], name: str, *limits: Any, secret: bool = False) -> Any:
    converter = _optional(partial(check, name, *limits))
    return attrs.field(default=None, converter=converter, repr=not secret)


@attrs.frozen(kw_only=True, eq=False)
class KafkaOptions:
    """
    What a `KafkaSink` was told, checked, with defaults in; see there.

    No secret is in its ``repr``.

    Raises:
        ConfigurationError: An option cannot work, alone or beside another; it is named.
    """

    brokers: tuple[str, ...] = attrs.field(converter=_brokers)
    topic: str = attrs.field(converter=_topic)
    client_id: str = _checked(_text, "client_id")
    compression: str = attrs.field(converter=_codec)
    acks: int = attrs.field(converter=_acks)
    idempotence: bool | None = None
    linger_ms: float = _checked(_number, "linger_ms", 0, 900_000)
    batch_bytes: int = _checked(_whole, "batch_bytes", 1, 2_147_483_647)
    max_request_bytes: int = _checked(_whole, "max_request_bytes", 1_000, 1_000_000_000)
    buffer_bytes: int = _checked(_whole, "buffer_bytes", 1_024, 2_147_483_647_000)
    buffer_messages: int = _checked(_whole, "buffer_messages", 1, 2_147_483_647)
    delivery_timeout: float = _checked(_number, "delivery_timeout", 0.001, 2_147_483)
    security_protocol: str | None = _maybe(_one_of, "security_protocol", _PROTOCOLS)
    sasl_mechanism: str | None = _maybe(_one_of, "sasl_mechanism", _MECHANISMS)
    sasl_username: str | None = _maybe(_text, "sasl_username", secret=True)
    sasl_password: str | None = _maybe(_text, "sasl_password", secret=True)
    sasl_token: Any = attrs.field(default=None, repr=False)
    ssl_ca_location: str | None = attrs.field(default=None, converter=_ca)
    ssl_cert_location: str | None = attrs.field(default=None, converter=_cert)
    ssl_key_location: str | None = attrs.field(default=None, converter=_key)
    ssl_key_password: str | None = _maybe(_text, "ssl_key_password", secret=True)
    raw: Mapping[str, Any] = attrs.field(default=None, converter=_raw, repr=_names)

    def __attrs_post_init__(self) -> None:
        if self.idempotence is None:
            object.__setattr__(self, "idempotence", self.acks == -1)
        elif self.idempotence and self.acks != -1:
            msg = "`idempotence` needs `acks='all'`; give that, or `idempotence=False`"
            raise ConfigurationError(msg)
        if self.buffer_bytes < self.max_request_bytes:
            msg = "`buffer_bytes` must have room for `max_request_bytes`"
            raise ConfigurationError(msg)
        if self.linger_ms >= self.delivery_timeout * 1000:
            msg = "`linger_ms` must be less than `delivery_timeout`, which is in seconds"
            raise ConfigurationError(msg)
        self._check_protocol()
        if self.sasl:
            self._check_sasl()
        if self.tls and (self.ssl_ca_location or self.ssl_cert_location or self.ssl_key_location):
            tls_context(self)

    @property
    def sasl(self) -> bool:
        """Whether brokers want to know who sends."""
        return self.security_protocol in {"SASL_PLAINTEXT", "SASL_SSL"}

    @property
    def tls(self) -> bool:
        """Whether connections are encrypted."""
        return self.security_protocol in {"SSL", "SASL_SSL"}

    def _check_protocol(self) -> None:
        sasl = [name for name in _SASL if getattr(self, name) is not None]
        files = [name for name in _TLS if getattr(self, name) is not None]
        if self.security_protocol is None:  # what is told must not go out in the clear
            inferred = "SASL_SSL" if sasl else "SSL" if files else "PLAINTEXT"
            object.__setattr__(self, "security_protocol", inferred)
        if sasl and not self.sasl:
            msg = f"`{sasl[0]}` is of no use with `security_protocol={self.security_protocol!r}`; that must be SASL_SSL"
            raise ConfigurationError(msg)
        if files and not self.tls:
            msg = f"`{files[0]}` is of no use with `security_protocol={self.security_protocol!r}`; that must be SSL or SASL_SSL"
            raise ConfigurationError(msg)

    def _check_sasl(self) -> None:
        if self.sasl_mechanism is None and self.sasl_token is not None:
            object.__setattr__(self, "sasl_mechanism", "OAUTHBEARER")
        if self.sasl_mechanism is None:
            msg = f"`sasl_mechanism` is missing; give one of {', '.join(_MECHANISMS)}"
            raise ConfigurationError(msg)
        wanted = {"sasl_username", "sasl_password"}
        if self.sasl_mechanism == "OAUTHBEARER":
            wanted = {"sasl_token"}
        for name in ("sasl_username", "sasl_password", "sasl_token"):
            given = getattr(self, name) is not None
            if given and name not in wanted:
                msg = f"`{name}` is of no use with `sasl_mechanism={self.sasl_mechanism!r}`"
                raise ConfigurationError(msg)
            if not given and name in wanted and not self._in_raw:
                msg = f"`{name}` is missing, which `sasl_mechanism={self.sasl_mechanism!r}` needs"
                raise ConfigurationError(msg)
        if self.sasl_token is not None and not _gives_tokens(self.sasl_token):
            msg = "`sasl_token` must be a function that returns a token, or a credential of sdk-auth, so that it can be renewed"
            raise ConfigurationError(msg)

    @property
    def _in_raw(self) -> bool:
        """Whether the library was told itself how to sign in, as by ``sasl.oauthbearer.method``."""
        return any(name.startswith("sasl") for name in self.raw)


_SASL: Final = ("sasl_mechanism", "sasl_username", "sasl_password", "sasl_token")
_TLS: Final = ("ssl_ca_location", "ssl_cert_location", "ssl_key_location", "ssl_key_password")


def _gives_tokens(source: object) -> bool:
    return callable(source) or callable(getattr(source, "token", None))


def tls_context(options: KafkaOptions) -> ssl.SSLContext:
    """
    Return what encrypts connections, with the files of *options* read.

    Raises:
        ConfigurationError: A file holds what it should not; its option is named.
    """
    ca, cert, key = options.ssl_ca_location, options.ssl_cert_location, options.ssl_key_location
    if key is not None and cert is None:
        msg = "`ssl_key_location` needs `ssl_cert_location`"
        raise ConfigurationError(msg)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    name = "ssl_ca_location"
    try:
        if ca is None:
            context.load_default_certs()
        else:
            folder = Path(ca).is_dir()
            context.load_verify_locations(None if folder else ca, ca if folder else None)
        name = "ssl_cert_location"
        if cert is not None:
            # A password that is missing is refused, rather than asked for at the terminal.
            context.load_cert_chain(cert, key, options.ssl_key_password or "")
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
        why = getattr(error, "reason", None) or error
        beside = " (or `ssl_key_location`, or `ssl_key_password`)" if "cert" in name else ""
        msg = f"`{name}`{beside} cannot be used: {why}"
        raise ConfigurationError(msg) from None
    return context


def engine_for(wanted: str, codec: str) -> str:
    """
    Return the engine to send with.

    Args:
        wanted: Its name, or ``auto`` for the best that is installed.
        codec: What it must be able to compress with.

    Raises:
        ConfigurationError: It is unknown, or something is not installed; the extra is named.
    """
    _one_of("engine", ("auto", *ENGINES), wanted)
    names = list(ENGINES) if wanted == "auto" else [wanted]
    found = next((name for name in names if find_spec(ENGINES[name])), None)
    if found is None:
        library = "confluent-kafka" if names[0] == "confluent" else names[0]
        msg = f"{library} is not installed; install sdk-telemetry[{_EXTRAS[names[0]]}]"
        raise ConfigurationError(msg)
    module = _MODULES_OF_CODECS.get((found, codec))
    if module is not None and find_spec(module) is None:
        msg = f"`compression={codec!r}` needs {module} beside {found}; install sdk-telemetry[{_EXTRAS[found]}], or give another `compression`"
        raise ConfigurationError(msg)
    return found


def unknown(name: str, known: Iterable[str], library: str) -> ConfigurationError:
    """Return the error for a raw option that *library* does not know."""
    close = get_close_matches(name, list(known), n=1)
    hint = f"; did you mean `{close[0]}`?" if close else ""
    return ConfigurationError(f"`options`: {library} has no option `{name}`{hint}")
