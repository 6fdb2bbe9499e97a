"""Making a client: what was said, checked, and put together."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, get_args

from ._loading import loading
from ._options import OnFull, Options
from ._pipeline import Pipeline
from .errors import ConfigurationError
from .redaction import Redaction
from .sampling import Sampling

if TYPE_CHECKING:
    from ._receipts import Receipt
    from ._stages import Stages
    from .config import TelemetryConfig
    from .interceptors import Interceptor
    from .outbox import Outbox
    from .prices import Prices
    from .sinks import Sink

__all__ = ["made"]


def made(
    *,
    brokers: Sequence[str] | str | None,
    sinks: Sequence[Sink],
    service_name: str | None,
    config: TelemetryConfig | None,
    outbox: Outbox | str | os.PathLike[str] | None,
    durable: bool | None,
    on_full: OnFull | None,
    max_events: int | None,
    max_bytes: int | None,
    block_timeout: float | None,
    sampling: Sampling | float | None,
    redaction: Any,
    enrich: Sequence[Callable[..., object]],
    interceptors: Sequence[Interceptor],
    on_delivery: Callable[[Receipt], object] | None,
    prices: Prices | None,
    kafka: Mapping[str, Any],
) -> tuple[Pipeline, Redaction]:
    """
    Put a pipeline together, as `TelemetryClient` is told to; nothing is connected to, or started.

    Raises:
        ConfigurationError: An option cannot work.
    """
    from .config import TelemetryConfig  # noqa: PLC0415  # the configuration may import much

    told = config if config is not None else TelemetryConfig.from_env()
    if sinks and (brokers is not None or kafka):
        named = "brokers" if brokers is not None else min(kafka)
        msg = f"`{named}` and `sinks` exclude each other: hand in `KafkaSink(...)` as one of the sinks"
        raise ConfigurationError(msg)
    if brokers is not None or kafka:
        told = told.replace(**({} if brokers is None else {"brokers": brokers}), **kafka)
    kept = told.new_outbox() if outbox is None else _outbox(outbox)
    durable = bool(_or(durable, told.durable))
    options = Options(
        on_full=_on_full(_or(on_full, told.on_full), kept, durable=durable),
        max_events=_number("max_events", _or(max_events, told.max_events)),
        max_bytes=_number("max_bytes", _or(max_bytes, told.max_bytes)),
        block_timeout=_seconds(_or(block_timeout, told.block_timeout)),
        durable=durable,
        faults=Counter(),
    )
    cleaning = Redaction.of(_or(redaction, told.capture_content))
    sampler = told.new_sampling() if sampling is None else _sampling(sampling)
    name = _service_name(_or(service_name, told.service_name))
    _check_all("enrich", enrich)
    _check_all("interceptors", interceptors)
    if on_delivery is not None:
        _check_all("on_delivery", [on_delivery])

    def stages(**told_of: Any) -> Stages:
        with loading():
            from ._stages import Stages  # noqa: PLC0415  # the pipeline's thread loads msgspec

        return Stages(
            service_name=name,
            redaction=cleaning,
            sampling=sampler if sampler.leaves_out else None,
            prices=prices,
            enrich=tuple(enrich),
            interceptors=tuple(interceptors),
            faults=options.faults,
            **told_of,
        )

    pipeline = Pipeline(_sinks(sinks or told.sinks()), options, stages, kept, on_delivery)
    return pipeline, cleaning


def _or(*values: Any) -> Any:
    """Return the first that is not None."""
    return next((value for value in values if value is not None), None)


def _sinks(sinks: Sequence[Sink]) -> Sequence[Sink]:
    from .sinks import Sink  # noqa: PLC0415  # as for the configuration

    if not sinks:
        msg = "`brokers` or `sinks` are missing: where should events go?"
        raise ConfigurationError(msg)
    given: Sequence[object] = sinks
    names = Counter(sink.name if isinstance(sink, Sink) else "" for sink in given)
    if names[""]:
        msg = "`sinks` must be sinks (`sdk_telemetry.sinks`) that have a `name`"
        raise ConfigurationError(msg)
    name, often = names.most_common(1)[0]
    if often > 1:
        msg = f"`sinks` has {often} with the `name` {name!r}: give each one of its own"
        raise ConfigurationError(msg)
    return sinks


def _outbox(given: Outbox | str | os.PathLike[str] | None) -> Outbox | None:
    if given is None or not isinstance(given, str | os.PathLike):
        return given
    from .outbox import Outbox  # noqa: PLC0415  # loads SQLite

    return Outbox(given)


def _sampling(given: Sampling | float) -> Sampling:
    return given if isinstance(given, Sampling) else Sampling(given)


def _on_full(given: Any, outbox: Outbox | None, *, durable: bool) -> OnFull:
    if durable and outbox is None:
        msg = "`durable` needs an `outbox`: the directory where events are kept"
        raise ConfigurationError(msg)
    if given is None:
        return "drop_newest" if outbox is None else "spill"
    if given not in get_args(OnFull):
        msg = f"`on_full` must be one of {', '.join(get_args(OnFull))}, not {given!r}"
        raise ConfigurationError(msg)
    if given == "spill" and outbox is None:
        msg = '`on_full="spill"` needs an `outbox`: the directory where events are kept'
        raise ConfigurationError(msg)
    found: OnFull = given
    return found


def _number(name: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        msg = f"`{name}` must be a whole number from 1, not {value!r}"
        raise ConfigurationError(msg)
    return value


def _seconds(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not value >= 0:
        msg = f"`block_timeout` must be seconds from 0, not {value!r}"
        raise ConfigurationError(msg)
    return float(value)


def _service_name(value: Any) -> str:
    if value is None:
        return "unknown"
    if not isinstance(value, str) or not 0 < len(value) <= 255:
        msg = f"`service_name` must be text of 1 to 255 characters, not {value!r}"
        raise ConfigurationError(msg)
    return value


def _check_all(name: str, functions: Sequence[Any]) -> None:
    if not all(map(callable, functions)):
        msg = f"`{name}` must be functions"
        raise ConfigurationError(msg)
