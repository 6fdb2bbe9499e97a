"""
Alerts: what the platform's detectors found, as they publish it.

::

    alert = AnomalyAlert.from_json(message)
    if alert.severity >= Severity.HIGH:
        page_somebody(alert.summary, alert.runbook_url)

Both forms that are published are read: the anomaly, and the alert that holds one and has a title.
What nobody here knows is kept, and written again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from math import isfinite
from time import time_ns
from typing import Any, ClassVar, Final, Self, TypeAlias

import attrs

from . import _limits as limits
from ._enums import AnomalyType, DetectionMethod, Severity
from ._ids import moment, nanoseconds, new_event_id, timestamp
from .errors import AlertError, InvalidEventError

__all__ = ["AlertContext", "AlertDetails", "AnomalyAlert"]


Check: TypeAlias = Callable[[str, Any], Any]


class _Checked:
    """What checks, and converts, its own fields once they are set."""

    __slots__ = ()
    _checks: ClassVar[Mapping[str, Check]]

    def __attrs_post_init__(self) -> None:
        for name, check in self._checks.items():
            try:
                value = check(name, getattr(self, name))
            except InvalidEventError as exc:  # the checks are those of events
                raise AlertError(str(exc)) from None
            object.__setattr__(self, name, value)


def _number(field: str, value: object) -> float | None:
    """Return *value* if it is a finite number; serde writes those that are not as null."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        limits.refuse(field, f"must be a finite number or None, not {limits.kind(value)}")
    return float(value)


def _confidence(field: str, value: object) -> float:
    number = limits.amount(field, value)
    if number > 1:
        limits.refuse(field, "must be from 0 to 1")
    return number


def _severity(field: str, value: Any) -> Severity:
    try:
        return Severity(value)
    except ValueError:
        limits.refuse(field, f"must be one of {', '.join(Severity)}")


def _anomaly_type(field: str, value: object) -> AnomalyType:
    try:
        return AnomalyType.from_wire(value)
    except ValueError as exc:
        limits.refuse(field, str(exc))


def _method(field: str, value: object) -> DetectionMethod:
    try:
        return DetectionMethod.from_wire(value)
    except ValueError as exc:
        limits.refuse(field, str(exc))


def _texts(field: str, value: object) -> tuple[str, ...]:
    return tuple(limits.messages(field, value))


def _identifiers(field: str, value: object) -> tuple[str, ...]:
    return tuple(limits.identifier(field, each) for each in limits.row(field, value))


def _anything(field: str, value: object) -> dict[str, Any]:
    if not limits.is_mapping(value) or not all(isinstance(name, str) for name in value):
        limits.refuse(field, "must map strings to what JSON can hold")
    return dict(value)


def _details(field: str, value: object) -> AlertDetails:
    return limits.part(field, value, AlertDetails)


def _context(field: str, value: object) -> AlertContext:
    return limits.part(field, value, AlertContext)


@attrs.frozen(kw_only=True)
class AlertDetails(_Checked):
    """
    What was measured.

    Args:
        metric: Of what, as in ``latency_ms``.
        value: What it was.
        baseline: What was to be expected.
        threshold: What it should not have passed.
        deviation_sigma: How far off, in standard deviations, where the method knows.
        additional: More, by name.
    """

    metric: str = ""
    value: float | None = None
    baseline: float | None = None
    threshold: float | None = None
    deviation_sigma: float | None = None
    additional: Mapping[str, Any] = attrs.field(factory=dict, hash=False)

    _checks: ClassVar[Mapping[str, Check]] = {
        "metric": limits.string,
        "value": _number,
        "baseline": _number,
        "threshold": _number,
        "deviation_sigma": _number,
        "additional": _anything,
    }


@attrs.frozen(kw_only=True)
class AlertContext(_Checked):
    """
    Where and when it was measured.

    Args:
        trace_id: Of a call that shows it.
        user_id: Whose call that was.
        region: Where it was made.
        time_window: What was looked at, as in ``last_5_minutes``.
        sample_count: How many calls that were.
        additional: More, by name.
    """

    trace_id: str | None = None
    user_id: str | None = None
    region: str | None = None
    time_window: str = ""
    sample_count: int = 0
    additional: Mapping[str, Any] = attrs.field(factory=dict, hash=False)

    _checks: ClassVar[Mapping[str, Check]] = {
        "trace_id": limits.optional,
        "user_id": limits.optional,
        "region": limits.optional,
        "time_window": limits.string,
        "sample_count": limits.tokens,
        "additional": _anything,
    }


@attrs.frozen(kw_only=True)
class AnomalyAlert(_Checked):
    """
    Something that a detector found out of order.

    Args:
        severity: How bad it is; ordered.
        anomaly_type: What it is.
        service_name: Whose calls show it.
        model: Which model they were made to.
        detection_method: How it was found.
        alert_id: Its UUID; default: a new one.
        timestamp: When it was found, aware; default: now.
        confidence: How sure the method is, from 0 to 1.
        details: What was measured.
        context: Where and when.
        root_cause: Why it happened, where somebody knows.
        remediation: What may help.
        related_alerts: UUIDs of others that belong to it.
        runbook_url: Where it stands what to do.
        title: One line, if the sender wrote one; see `summary`.
        description: More lines.
        tags: Words to sort it by, as in ``service:checkout``.
        extra: All that came with it and is none of these.

    Raises:
        AlertError: One of them cannot be; it is named.
    """

    severity: Severity
    anomaly_type: AnomalyType
    service_name: str
    model: str
    detection_method: DetectionMethod = attrs.field(
        factory=lambda: DetectionMethod.custom("unknown")
    )
    timestamp: datetime = attrs.field(factory=lambda: moment(time_ns()))
    alert_id: str = attrs.field(factory=lambda: new_event_id(time_ns()))
    confidence: float = 0.0
    details: AlertDetails = attrs.field(factory=AlertDetails)
    context: AlertContext = attrs.field(factory=AlertContext)
    root_cause: str | None = None
    remediation: Sequence[str] = ()
    related_alerts: Sequence[str] = ()
    runbook_url: str | None = None
    title: str = ""
    description: str = ""
    tags: Sequence[str] = ()
    extra: Mapping[str, Any] = attrs.field(factory=dict)

    _checks: ClassVar[Mapping[str, Check]] = {
        "severity": _severity,
        "anomaly_type": _anomaly_type,
        "service_name": limits.string,
        "model": limits.string,
        "detection_method": _method,
        "timestamp": limits.instant,
        "alert_id": limits.identifier,
        "confidence": _confidence,
        "details": _details,
        "context": _context,
        "root_cause": limits.optional,
        "remediation": _texts,
        "related_alerts": _identifiers,
        "runbook_url": limits.optional,
        "title": limits.string,
        "description": limits.string,
        "tags": _texts,
        "extra": _anything,
    }

    def __hash__(self) -> int:
        return hash(self.alert_id)

    @property
    def summary(self) -> str:
        """The title, or what it would be: one line that says what is wrong where."""
        if self.title:
            return self.title
        found = f"{self.anomaly_type} in {self.service_name} ({self.model})"
        if self.details.value is None:
            return found
        named = {"baseline": self.details.baseline, "threshold": self.details.threshold}
        beside = ", ".join(f"{name} {it:g}" for name, it in named.items() if it is not None)
        metric = self.details.metric or "value"
        return f"{found}: {metric} {self.details.value:g}" + (f" ({beside})" if beside else "")

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON holds it: an anomaly, and title, description and tags if it has any."""
        found = {
            "alert_id": self.alert_id,
            "timestamp": timestamp(nanoseconds(self.timestamp)),
            "severity": str(self.severity),
            "anomaly_type": self.anomaly_type.wire,
            "service_name": self.service_name,
            "model": self.model,
            "detection_method": self.detection_method.wire,
            "confidence": self.confidence,
            "details": attrs.asdict(self.details),
            "context": attrs.asdict(self.context),
            "root_cause": self.root_cause,
            "remediation": list(self.remediation),
            "related_alerts": list(self.related_alerts),
            "runbook_url": self.runbook_url,
        }
        for name in ("title", "description"):
            if getattr(self, name):
                found[name] = getattr(self, name)
        if self.tags:
            found["tags"] = list(self.tags)
        return {**self.extra, **found}

    def to_json(self) -> bytes:
        """
        Return it as JSON in UTF-8.

        Raises:
            AlertError: `extra`, or `additional` of a part, holds what JSON cannot.
        """
        import msgspec  # noqa: PLC0415  # quickly used and not quickly imported

        try:
            return msgspec.json.encode(self.to_dict())
        except (TypeError, ValueError, RecursionError):
            msg = "`extra` or `additional` holds what JSON cannot hold"
            raise AlertError(msg) from None

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """
        Return the alert that *data* says, in either of the published forms.

        Raises:
            AlertError: What makes an alert is missing, or something in it cannot be.
        """
        found = dict(_object("alert", data))
        if found.get("anomaly") is not None:
            # The alert's own words go before those of the anomaly inside.
            found = {**_object("anomaly", found.pop("anomaly")), **found}
        for name in _NEEDED:
            if found.get(name) is None:
                msg = f"`{name}` is missing: this is no alert"
                raise AlertError(msg)
        for name, part in (("details", AlertDetails), ("context", AlertContext)):
            if found.get(name) is not None:
                found[name] = _part(part, _object(name, found[name]))
        known = {field.name for field in attrs.fields(cls)} - {"extra"}
        members = {name: it for name, it in found.items() if name in known and it is not None}
        return cls(**members, extra={name: it for name, it in found.items() if name not in known})

    @classmethod
    def from_json(cls, data: bytes | bytearray | memoryview | str) -> Self:
        """
        Return the alert that JSON says.

        Raises:
            AlertError: It is no JSON (RFC 8259), or as for `from_dict`.
        """
        import msgspec  # noqa: PLC0415  # as above

        try:
            found = msgspec.json.decode(data)
        except (ValueError, RecursionError):
            msg = "an alert is JSON in UTF-8, which this is not"
            raise AlertError(msg) from None
        return cls.from_dict(found)


_NEEDED: Final = (
    "alert_id",
    "timestamp",
    "severity",
    "anomaly_type",
    "service_name",
    "model",
)


def _object(name: str, value: object) -> Mapping[str, Any]:
    if not limits.is_mapping(value):
        msg = f"`{name}` must be an object, not {limits.kind(value)}"
        raise AlertError(msg)
    return value


def _part(part: Any, data: Mapping[str, Any]) -> Any:
    """Return *part* made of *data*; what it has no field for is something additional."""
    known = {field.name for field in attrs.fields(part)} - {"additional"}
    members = {name: it for name, it in data.items() if name in known and it is not None}
    beside = {name: it for name, it in data.items() if name not in known and name != "additional"}
    given = _object("additional", data.get("additional") or {})
    return part(**members, additional={**beside, **given})
