from __future__ import annotations

import copy
import json
import pickle
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sdk_telemetry import errors
from sdk_telemetry.alerts import AlertContext, AlertDetails, AnomalyAlert
from sdk_telemetry.errors import AlertError
from sdk_telemetry.events import AnomalyType, DetectionMethod, Severity

from ._made import FOREIGN

ANOMALY: dict[str, Any] = {
    "alert_id": "01890a5d-ac96-774b-bcce-b302099a8057",
    "timestamp": "2026-01-31T12:00:00.500000Z",
    "severity": "high",
    "anomaly_type": "latency_spike",
    "service_name": "checkout",
    "model": "gpt-4o",
    "detection_method": {"custom": "my_detector"},
    "confidence": 0.95,
    "details": {
        "metric": "latency_ms",
        "value": 5000.0,
        "baseline": 150.0,
        "threshold": 500.0,
        "deviation_sigma": 5.2,
        "additional": {"p99": [1, 2]},
    },
    "context": {
        "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736",
        "user_id": None,
        "region": "eu",
        "time_window": "last_5_minutes",
        "sample_count": 1000,
        "additional": {"zone": "a"},
    },
    "root_cause": "a slow database",
    "remediation": ["add an index"],
    "related_alerts": ["01890a5d-ac96-774b-bcce-b302099a8058"],
    "runbook_url": "https://wiki.example.com/latency",
}


def test_an_anomaly_is_read_and_written_unchanged() -> None:
    """As the platform publishes it, key by key."""
    alert = AnomalyAlert.from_json(json.dumps(ANOMALY))
    assert alert == AnomalyAlert(
        alert_id=ANOMALY["alert_id"],
        timestamp=datetime(2026, 1, 31, 12, 0, 0, 500000, tzinfo=UTC),
        severity=Severity.HIGH,
        anomaly_type=AnomalyType.LATENCY_SPIKE,
        service_name="checkout",
        model="gpt-4o",
        detection_method=DetectionMethod.custom("my_detector"),
        confidence=0.95,
        details=AlertDetails(
            metric="latency_ms",
            value=5000,
            baseline=150,
            threshold=500,
            deviation_sigma=5.2,
            additional={"p99": [1, 2]},
        ),
        context=AlertContext(
            trace_id="4bf92f3577b34da6a3ce929d0e0e4736",
            region="eu",
            time_window="last_5_minutes",
            sample_count=1000,
            additional={"zone": "a"},
        ),
        root_cause="a slow database",
        remediation=["add an index"],
        related_alerts=["01890a5d-ac96-774b-bcce-b302099a8058"],
        runbook_url="https://wiki.example.com/latency",
    )
    assert list(alert.to_dict().items()) == list(ANOMALY.items())
    assert json.loads(alert.to_json()) == ANOMALY


def test_an_alert_with_an_anomaly_inside_is_the_same() -> None:
    """The form for incident managers has a title, and the anomaly inside."""
    names = ("alert_id", "timestamp", "severity", "service_name", "model")
    outer = {name: ANOMALY[name] for name in names} | {
        "title": "slow",
        "description": "very slow",
        "tags": ["severity:high"],
        "anomaly": ANOMALY,
    }
    alert = AnomalyAlert.from_dict(outer)
    assert (alert.title, alert.description, alert.tags) == ("slow", "very slow", ("severity:high",))
    assert alert.summary == "slow"
    assert alert.details.value == 5000.0
    assert not alert.extra
    assert AnomalyAlert.from_json(alert.to_json()) == alert


def test_little_is_enough_for_an_alert() -> None:
    """What is not there, or null, is as good as not said."""
    few = {name: ANOMALY[name] for name in list(ANOMALY)[:6]}
    alert = AnomalyAlert.from_dict({**few, "details": None, "confidence": None, "anomaly": None})
    assert (alert.details, alert.context) == (AlertDetails(), AlertContext())
    assert (alert.confidence, str(alert.detection_method)) == (0.0, "unknown")
    assert alert.summary == "latency_spike in checkout (gpt-4o)"


def test_what_nobody_knows_is_kept() -> None:
    """A newer platform may say more; it is written again, inside of parts as something additional."""
    more = {
        **ANOMALY,
        "details": {**ANOMALY["details"], "deviation_percent": 400.0},
        "context": {"zone": "b"},
        "anomaly_type": "gpu_meltdown",
        "new": {"key": [None]},
    }
    alert = AnomalyAlert.from_dict(more)
    assert alert.anomaly_type == AnomalyType.custom("gpu_meltdown")
    assert alert.extra == {"new": {"key": [None]}}
    assert alert.details.additional == {"deviation_percent": 400.0, "p99": [1, 2]}
    assert alert.context.additional == {"zone": "b"}
    assert AnomalyAlert.from_json(alert.to_json()) == alert
    assert alert.to_dict()["new"] == {"key": [None]}


@pytest.mark.parametrize("name", list(ANOMALY)[:6])
def test_what_makes_an_alert_must_be_there(name: str) -> None:
    """Which it is, is named."""
    with pytest.raises(AlertError, match=f"`{name}` is missing"):
        AnomalyAlert.from_dict({**ANOMALY, name: None})


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"alert_id": "x"}, "alert_id"),
        ({"timestamp": "2026-01-31"}, "timestamp"),
        ({"severity": "urgent"}, "severity"),
        ({"severity": 3}, "severity"),
        ({"anomaly_type": 3}, "anomaly_type"),
        ({"detection_method": {"other": "x"}}, "detection_method"),
        ({"service_name": 1}, "service_name"),
        ({"confidence": 1.5}, "confidence"),
        ({"confidence": "sure"}, "confidence"),
        ({"details": []}, "details"),
        ({"details": {"value": "x"}}, "value"),
        ({"details": {"value": True}}, "value"),
        ({"details": {"additional": [1]}}, "additional"),
        ({"context": 1}, "context"),
        ({"context": {"sample_count": -1}}, "sample_count"),
        ({"remediation": "x"}, "remediation"),
        ({"related_alerts": ["x"]}, "related_alerts"),
        ({"related_alerts": "x"}, "related_alerts"),
        ({"runbook_url": 1}, "runbook_url"),
        ({"anomaly": "x"}, "anomaly"),
    ],
)
def test_what_cannot_be_is_named(change: dict[str, Any], named: str) -> None:
    """The error is one of alerts, and says which member is wrong."""
    with pytest.raises(AlertError, match=f"`{named}`"):
        AnomalyAlert.from_dict(ANOMALY | change)


@pytest.mark.parametrize("message", [b"", b"{", b"[]", b"1", b"\xff", b"[" * 10_000, "\ud800"])
def test_what_is_no_alert_is_refused(message: bytes | str) -> None:
    """As a message of another kind on the same topic is."""
    with pytest.raises(AlertError):
        AnomalyAlert.from_json(message)


@settings(deadline=None)
@given(st.sampled_from(sorted(ANOMALY)), FOREIGN)
def test_foreign_messages_are_alerts_or_errors(name: str, value: Any) -> None:
    """Nothing else is ever raised, and an alert can be written and read again."""
    try:
        alert = AnomalyAlert.from_dict(ANOMALY | {name: value})
        payload = alert.to_json()
    except AlertError:
        return
    assert AnomalyAlert.from_json(payload).to_json() == payload


@pytest.mark.parametrize("value", [object(), "\ud800"])
def test_what_json_cannot_hold_is_an_error(value: object) -> None:
    """Only an alert that was made by hand can hold such."""
    alert = AnomalyAlert(
        severity=Severity.LOW,
        anomaly_type=AnomalyType.COST_ANOMALY,
        service_name="checkout",
        model="gpt-4o",
        extra={"x": value},
    )
    with pytest.raises(AlertError, match="`extra` or `additional`"):
        alert.to_json()
    with pytest.raises(AlertError, match="`extra` must map"):
        AnomalyAlert.from_dict({**alert.to_dict(), 1: 2})  # type: ignore[dict-item]


def test_alerts_are_values() -> None:
    """Equal by what they say, in another process too; nothing can be assigned."""
    alert = AnomalyAlert.from_dict(ANOMALY)
    for again in (copy.deepcopy(alert), pickle.loads(pickle.dumps(alert))):
        assert again == alert
        assert hash(again) == hash(alert)
    assert hash(alert.details) == hash(copy.copy(alert.details))
    with pytest.raises(AttributeError):
        alert.title = "x"  # type: ignore[misc]
    assert issubclass(errors.AlertError, errors.TelemetryError)


@pytest.mark.parametrize(
    ("details", "summary"),
    [
        (AlertDetails(), ""),
        (AlertDetails(value=3), ": value 3"),
        (AlertDetails(metric="cost", value=3.25, baseline=1), ": cost 3.25 (baseline 1)"),
        (
            AlertDetails(metric="cost", value=3, baseline=1, threshold=2),
            ": cost 3 (baseline 1, threshold 2)",
        ),
    ],
)
def test_a_summary_says_what_is_wrong_where(details: AlertDetails, summary: str) -> None:
    """In one line, from what there is."""
    alert = AnomalyAlert(
        severity=Severity.LOW,
        anomaly_type=AnomalyType.custom("x"),
        service_name="checkout",
        model="gpt-4o",
        details=details,
    )
    assert alert.summary == f"x in checkout (gpt-4o){summary}"
