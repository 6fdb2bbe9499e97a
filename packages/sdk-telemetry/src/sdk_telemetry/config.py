"""
Configuration: the options of a client from arguments, the environment and a file.

::

    config = TelemetryConfig.from_env()                     # SDK_TELEMETRY_BROKERS=kafka:9092 ...
    config = TelemetryConfig.from_file("telemetry.toml", profile="staging", topic="calls")
    print(config.explain())                                 # each value and where it is from
    client = TelemetryClient(config=config)

What counts most comes first: arguments, variables (``SDK_TELEMETRY_TOPIC``, else ``SENTINEL_TOPIC``,
as the SDK before this one called it), the profile of the file, the rest of the file::

    service_name = "chat"
    brokers = ["kafka-1:9092", "kafka-2:9092"]

    [profiles.staging]
    brokers = ["localhost:9092"]

``SDK_TELEMETRY_CONFIG`` names the file and ``SDK_TELEMETRY_PROFILE`` the profile where arguments do
not. A file is TOML, or JSON if its name ends so.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, NoReturn, TypeVar

from ._config_kafka import OF_KAFKA, OF_LIBRARIES, translated
from ._config_options import OPTIONS
from ._config_sources import (
    PREFIX,
    Given,
    concealed,
    from_arguments,
    from_environment,
    from_file,
)
from .errors import ConfigurationError

if TYPE_CHECKING:
    from ._options import OnFull
    from .outbox import Outbox
    from .sampling import Sampling
    from .sinks import KafkaSink, Sink
    from .sinks._kafka import Encoding

__all__ = ["TelemetryConfig"]

S = TypeVar("S")


class TelemetryConfig:
    """
    The options of a client, checked. Immutable; the attributes are named as the options are.

    No secret is in its ``repr``, in `explain`, in an error or in a pickle. The names that options
    had in the SDK before this one are accepted everywhere (in brackets).

    Args:
        service_name: Of events that do not say another.
        brokers: Addresses of Kafka, as in ``["kafka-1:9092"]``, or one text with commas.
        topic: Where events go: ``llm-telemetry``.
        client_id: Who sends, as brokers log it: ``sdk-telemetry``.
        compression: ``none``, ``gzip``, ``snappy``, ``lz4`` or ``zstd``, the default
            (``compression_type``).
        acks: ``"all"`` replicas must have an event, the default, or the leader (1), or nobody (0).
        idempotence: Repeated requests write nothing twice; default: with ``acks="all"``
            (``enable_idempotence``).
        linger_ms: Milliseconds that an event waits for company: 20.
        batch_bytes: Bytes of a batch of Kafka, at the most: 256 KiB (``batch_size``).
        max_request_bytes: Bytes of an event, at the most: 1 MiB (``max_request_size``).
        buffer_bytes: Bytes that may wait in the library: 32 MiB (``buffer_memory``).
        buffer_messages: Events that may wait in the library: 100,000.
        delivery_timeout: Seconds after which Kafka has failed to take an event: 120.
        retries: Attempts after the first, instead of as many as *delivery_timeout* allows.
        retry_backoff_ms: Milliseconds between two attempts.
        request_timeout_ms: Milliseconds that a broker has for its answer.
        max_in_flight_requests: Unanswered requests on a connection.
        metadata_max_age_ms: Milliseconds after which brokers are asked again who leads.
        security_protocol: ``PLAINTEXT``, ``SSL``, ``SASL_PLAINTEXT`` or ``SASL_SSL``; default: the
            encrypted one that the options below ask for, PLAINTEXT if there are none of them.
        sasl_mechanism: ``PLAIN``, ``SCRAM-SHA-256``, ``SCRAM-SHA-512`` or ``OAUTHBEARER``.
        sasl_username: Who sends, but for OAUTHBEARER.
        sasl_password: What proves it.
        sasl_token: Gives tokens for OAUTHBEARER; see `KafkaSink`. Only an argument.
        ssl_ca_location: Who signs the brokers' certificates: a file, or a folder of them.
        ssl_cert_location: Our certificate, a file in PEM format.
        ssl_key_location: Its key.
        ssl_key_password: What the key is locked with.
        engine: The library to send with: ``auto``, ``confluent``, ``kafka-python``, ``aiokafka``.
        kafka_options: More options of that library, by its own names (``additional_config``).
        encoding: Frames events otherwise than as JSON; see `KafkaSink`. Only an argument.
        http_url: An HTTP endpoint that events go to; see `HTTPSink`.
        http_token: Sent to it as ``Authorization: Bearer``.
        otlp_endpoint: A collector of OpenTelemetry that events go to; see `OTLPSink`.
        otlp_headers: Sent to it.
        file: A file that events go to, one a line; see `FileSink`.
        file_rotate_bytes: Bytes after which another one is begun: 100 MiB.
        file_keep: How many of the former ones are kept: 5.
        console: Events go to standard error, one a line.
        on_full: What happens to an event for which there is no room: ``drop_newest``,
            ``drop_oldest``, ``block`` or ``spill``; default: ``spill`` with an outbox, else
            ``drop_newest``.
        max_events: Events that each queue holds: 100,000.
        max_bytes: Bytes that each queue holds: 64 MiB.
        block_timeout: Seconds that ``block`` waits: 5.
        durable: An event is in the outbox before ``track`` returns.
        outbox: The directory where events wait on the disk; see `Outbox`.
        outbox_max_bytes: Bytes of the outbox of a process, at the most: 1 GiB.
        outbox_max_age: Seconds after which an event in it is not sent any more; default: never.
        outbox_fsync: The disk itself has an event before it counts as kept.
        capture_content: What is kept of prompts and answers: ``none``, the default, ``hash``,
            ``truncate:200`` or ``full``. ``SDK_TELEMETRY_DISABLE_CONTENT=1`` goes before all.
        sample_rate: Which part of events is kept, from 0 to 1; see `Sampling`.
        sample_by: What belongs together in it, such as ``trace_id``.
        sample_slow_ms: Events of calls that took so many milliseconds are kept all.
        sample_errors: Events with errors are kept all: true.
        **former: Options by the names in brackets.

    Raises:
        ConfigurationError: A value cannot be; the option, or the variable, is named.
        UnknownOptionError: There is no such option.
    """

    __slots__ = (*OPTIONS, "_origins")

    service_name: str | None
    brokers: tuple[str, ...] | None
    topic: str
    client_id: str
    compression: Literal["none", "gzip", "snappy", "lz4", "zstd"]
    acks: Literal["all", 0, 1]
    idempotence: bool | None
    linger_ms: float
    batch_bytes: int
    max_request_bytes: int
    buffer_bytes: int
    buffer_messages: int
    delivery_timeout: float
    retries: int | None
    retry_backoff_ms: int | None
    request_timeout_ms: int | None
    max_in_flight_requests: int | None
    metadata_max_age_ms: int | None
    security_protocol: str | None
    sasl_mechanism: str | None
    sasl_username: str | None
    sasl_password: str | None
    sasl_token: Any
    ssl_ca_location: str | None
    ssl_cert_location: str | None
    ssl_key_location: str | None
    ssl_key_password: str | None
    engine: Literal["auto", "confluent", "kafka-python", "aiokafka"]
    kafka_options: Mapping[str, Any]
    encoding: Encoding | None
    http_url: str | None
    http_token: str | None
    otlp_endpoint: str | None
    otlp_headers: Mapping[str, str]
    file: str | None
    file_rotate_bytes: int
    file_keep: int
    console: bool
    on_full: OnFull | None
    max_events: int
    max_bytes: int
    block_timeout: float
    durable: bool
    outbox: str | None
    outbox_max_bytes: int
    outbox_max_age: float | None
    outbox_fsync: bool
    capture_content: str | None
    sample_rate: float
    sample_by: str | None
    sample_slow_ms: float | None
    sample_errors: bool
    _origins: dict[str, str]

    @concealed
    def __init__(
        self,
        *,
        service_name: str | None = None,
        brokers: str | Sequence[str] | None = None,
        topic: str | None = None,
        client_id: str | None = None,
        compression: str | None = None,
        acks: str | int | None = None,
        idempotence: bool | None = None,
        linger_ms: float | None = None,
        batch_bytes: int | None = None,
        max_request_bytes: int | None = None,
        buffer_bytes: int | None = None,
        buffer_messages: int | None = None,
        delivery_timeout: float | None = None,
        retries: int | None = None,
        retry_backoff_ms: int | None = None,
        request_timeout_ms: int | None = None,
        max_in_flight_requests: int | None = None,
        metadata_max_age_ms: int | None = None,
        security_protocol: str | None = None,
        sasl_mechanism: str | None = None,
        sasl_username: str | None = None,
        sasl_password: str | None = None,
        sasl_token: Any = None,
        ssl_ca_location: str | os.PathLike[str] | None = None,
        ssl_cert_location: str | os.PathLike[str] | None = None,
        ssl_key_location: str | os.PathLike[str] | None = None,
        ssl_key_password: str | None = None,
        engine: str | None = None,
        kafka_options: Mapping[str, Any] | None = None,
        encoding: Encoding | None = None,
        http_url: str | None = None,
        http_token: str | None = None,
        otlp_endpoint: str | None = None,
        otlp_headers: Mapping[str, str] | None = None,
        file: str | os.PathLike[str] | None = None,
        file_rotate_bytes: int | None = None,
        file_keep: int | None = None,
        console: bool | None = None,
        on_full: OnFull | None = None,
        max_events: int | None = None,
        max_bytes: int | None = None,
        block_timeout: float | None = None,
        durable: bool | None = None,
        outbox: str | os.PathLike[str] | None = None,
        outbox_max_bytes: int | None = None,
        outbox_max_age: float | None = None,
        outbox_fsync: bool | None = None,
        capture_content: str | None = None,
        sample_rate: float | None = None,
        sample_by: str | None = None,
        sample_slow_ms: float | None = None,
        sample_errors: bool | None = None,
        **former: Any,
    ) -> None:
        said = {name: value for name, value in locals().items() if name in OPTIONS}
        self._fill(from_arguments({**said, **former}))

    @classmethod
    @concealed
    def from_env(
        cls, variables: Mapping[str, str] | None = None, **arguments: Any
    ) -> TelemetryConfig:
        """
        Return what arguments and the environment say, and the file that it names.

        Args:
            variables: Instead of those of the process.
            **arguments: Options, before all others.

        Raises:
            ConfigurationError: A value cannot be; the option, the variable or the file is named.
        """
        said = os.environ if variables is None else variables
        path, profile = said.get(f"{PREFIX}CONFIG"), said.get(f"{PREFIX}PROFILE")
        if not path and profile:
            msg = f"`{PREFIX}PROFILE` needs `{PREFIX}CONFIG`: the file that has the profile"
            raise ConfigurationError(msg)
        found = from_file(path, profile or None) if path else {}
        return cls._of({**found, **from_environment(said), **from_arguments(arguments)})

    @classmethod
    @concealed
    def from_file(
        cls,
        path: str | os.PathLike[str],
        profile: str | None = None,
        *,
        variables: Mapping[str, str] | None = None,
        **arguments: Any,
    ) -> TelemetryConfig:
        """
        Return what arguments, the environment and a file say.

        Args:
            path: TOML, or JSON if its name ends in ``.json``.
            profile: Which of its profiles counts. Default: what ``SDK_TELEMETRY_PROFILE`` says,
                else none.
            variables: Instead of those of the process.
            **arguments: Options, before all others.

        Raises:
            ConfigurationError: The file cannot be read, or a value cannot be; it is named.
        """
        said = os.environ if variables is None else variables
        found = from_file(path, profile or said.get(f"{PREFIX}PROFILE") or None)
        return cls._of({**found, **from_environment(said), **from_arguments(arguments)})

    def __repr__(self) -> str:
        said = ", ".join(f"{name}={self._shown(name)}" for name in self._origins)
        return f"{type(self).__name__}({said})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, TelemetryConfig):
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in OPTIONS)

    __hash__ = None  # type: ignore[assignment]  # it may hold mappings

    def __setattr__(self, name: str, value: object) -> NoReturn:
        msg = f"a configuration is immutable; `replace({name}=...)` returns another one"
        raise AttributeError(msg)

    def __delattr__(self, name: str) -> NoReturn:
        self.__setattr__(name, None)

    def __copy__(self) -> TelemetryConfig:
        return self

    def __deepcopy__(self, memo: object) -> TelemetryConfig:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        secrets = [name for name in self._origins if _may_hide(name)]
        if secrets:
            msg = f"`{secrets[0]}` is secret, so this is not pickled; load it in each process"
            raise TypeError(msg)
        return _restored, ({name: (getattr(self, name), o) for name, o in self._origins.items()},)

    def replace(self, **changes: Any) -> TelemetryConfig:
        """Return this configuration with other values; None leaves one as it is."""
        return self._of({**self._given(), **from_arguments(changes)})

    def explain(self) -> str:
        """Return a line for each option: its value and where that is from; no secrets."""
        origins = self._origins
        return "\n".join(
            f"{name} = {self._shown(name)} ({origins.get(name, 'default')})" for name in OPTIONS
        )

    def kafka(self) -> dict[str, Any]:
        """
        Return the arguments of `KafkaSink`, secrets among them.

        Raises:
            ConfigurationError: There are no `brokers`, or the library has no such option.
        """
        if self.brokers is None:
            msg = f"`brokers` are missing: give them, or set `{PREFIX}BROKERS`, as in kafka-1:9092"
            raise ConfigurationError(msg)
        found = {name: getattr(self, name) for name in OF_KAFKA}
        given = {name: getattr(self, name) for name in OF_LIBRARIES if name in self._origins}
        options = {**translated(given, self.engine, self.compression), **self.kafka_options}
        return {**found, "options": options or None}

    def kafka_sink(self) -> KafkaSink:
        """
        Return a sink for Kafka.

        Raises:
            ConfigurationError: An option cannot work, or the library is not installed.
        """
        from .sinks import KafkaSink  # noqa: PLC0415  # loads what only Kafka needs

        return self._blamed(lambda: KafkaSink(**self.kafka()), OF_KAFKA)

    def sinks(self) -> list[Sink]:
        """
        Return a sink for each that is configured: Kafka, HTTP, OpenTelemetry, a file, the console.

        Raises:
            ConfigurationError: An option cannot work, or an extra is not installed.
        """
        from . import sinks  # noqa: PLC0415  # each loads what it needs by itself

        found: list[Sink] = []
        if self.brokers is not None:
            found.append(self.kafka_sink())
        if (url := self.http_url) is not None:
            token = self.http_token
            found.append(self._blamed(lambda: sinks.HTTPSink(url, credential=token), ["http_url"]))
        if (endpoint := self.otlp_endpoint) is not None:
            headers = dict(self.otlp_headers)
            found.append(
                self._blamed(lambda: sinks.OTLPSink(endpoint, headers=headers), ["otlp_endpoint"])
            )
        if (path := self.file) is not None:
            size, keep = self.file_rotate_bytes, self.file_keep
            found.append(
                self._blamed(lambda: sinks.FileSink(path, rotate_bytes=size, keep=keep), ["file"])
            )
        if self.console:
            found.append(sinks.ConsoleSink())
        return found

    def new_outbox(self) -> Outbox | None:
        """Return the outbox; None if no directory is configured."""
        if self.outbox is None:
            return None
        from .outbox import Outbox  # noqa: PLC0415  # loads SQLite

        return Outbox(
            self.outbox,
            max_bytes=self.outbox_max_bytes,
            max_age=self.outbox_max_age,
            fsync=self.outbox_fsync,
        )

    def new_sampling(self) -> Sampling:
        """Return what decides which events are kept."""
        from .sampling import Sampling  # noqa: PLC0415  # only clients need it

        return Sampling(
            self.sample_rate,
            by=self.sample_by,
            keep_errors=self.sample_errors,
            slow_ms=self.sample_slow_ms,
        )

    @classmethod
    def _of(cls, found: Mapping[str, Given]) -> TelemetryConfig:
        self = cls.__new__(cls)
        self._fill(found)
        return self

    def _fill(self, found: Mapping[str, Given]) -> None:
        for name, option in OPTIONS.items():
            value = found[name].value if name in found else option.default
            object.__setattr__(self, name, value)
        origins = {name: found[name].origin for name in OPTIONS if name in found}
        object.__setattr__(self, "_origins", origins)

    def _given(self) -> dict[str, Given]:
        return {name: Given(getattr(self, name), o) for name, o in self._origins.items()}

    def _shown(self, name: str) -> str:
        value = getattr(self, name)
        if name == "kafka_options":  # there may be passwords among them
            return f"<{', '.join(sorted(value))}>" if value else "none"
        if value is not None and name in self._origins and OPTIONS[name].is_secret:
            return "***"
        return "none" if value is None else repr(dict(value) if name == "otlp_headers" else value)

    def _blamed(self, make: Callable[[], S], names: Sequence[str]) -> S:
        """Return what *make* makes; what it refuses is said with where that is from."""
        try:
            return make()
        except ConfigurationError as exc:
            fault = exc
        said = str(fault)
        froms = [
            f"`{name}` is from {self._origins[name]}"
            for name in names
            if self._origins.get(name, "argument") != "argument"
            and (f"`{name}`" in said or len(names) == 1)
        ]
        raise type(fault)(f"{said} ({', '.join(froms)})" if froms else said)


def _restored(values: Mapping[str, tuple[Any, str]]) -> TelemetryConfig:
    given = {name: Given(*pair) for name, pair in values.items()}
    return TelemetryConfig._of(given)  # noqa: SLF001  # our own


def _may_hide(name: str) -> bool:
    return OPTIONS[name].is_secret or name in {"kafka_options", "encoding"}
