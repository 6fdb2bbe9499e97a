from __future__ import annotations

import copy
import json
import pickle
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sdk_telemetry.events import AnomalyType, DetectionMethod, Severity

OPEN = [AnomalyType, DetectionMethod]


def test_severities_are_ordered() -> None:
    """From low to critical, by every comparison, and not by their letters."""
    assert list(Severity) == sorted(Severity, key=["low", "medium", "high", "critical"].index)
    for lower, higher in pairwise(Severity):
        assert lower < higher
        assert lower <= higher
        assert higher > lower
        assert higher >= lower
        assert not higher < lower
        assert not higher <= lower
        assert lower <= lower  # noqa: PLR0124  # equal ones too
        assert lower >= lower  # noqa: PLR0124
    assert max(Severity) is Severity.CRITICAL


def test_a_severity_is_compared_with_names_too() -> None:
    """On either side; what is no severity is an error, not a comparison of letters."""
    assert Severity.HIGH > "low"
    assert "critical" > Severity.HIGH
    name: str = "high"
    assert Severity.HIGH == name
    for other in ("urgent", 3, None):
        with pytest.raises(TypeError, match="low, medium, high, critical"):
            assert Severity.HIGH < other
    with pytest.raises(TypeError):
        assert "urgent" < Severity.HIGH


def test_a_severity_is_its_name() -> None:
    """In text and in JSON."""
    assert f"{Severity.HIGH} {Severity('high')!s}" == "high high"
    assert json.dumps(Severity.HIGH) == '"high"'


@pytest.mark.parametrize("kind", OPEN)
def test_known_values_are_written_as_their_names(kind: Any) -> None:
    """As serde does, and read back as the very members."""
    for each in kind:
        assert each.wire == str(each) == each.value == f"{each}"
        assert kind.from_wire(each.wire) is each
        assert kind(each.value) is each
        assert not each.is_custom
        assert repr(each) == f"{kind.__name__}.{each.name}"


@settings(deadline=None)
@given(st.sampled_from(OPEN), st.text())
def test_custom_values_come_back_as_they_went(kind: Any, name: str) -> None:
    """Serde writes them as an object with the one key `custom`; as text they are their name."""
    made = kind.custom(name)
    assert made.wire == {"custom": name}
    assert str(made) == f"{made}" == name
    assert made.is_custom
    assert repr(made) == f"{kind.__name__}.custom({name!r})"
    for again in (
        kind.from_wire(json.loads(json.dumps(made.wire))),
        kind.from_wire(made),
        pickle.loads(pickle.dumps(made)),
        copy.deepcopy(made),
        copy.copy(made),
    ):
        assert type(again) is kind
        assert again == made
        assert hash(again) == hash(made)
        assert again.wire == made.wire


@pytest.mark.parametrize("kind", OPEN)
def test_a_custom_value_is_never_a_known_one(kind: Any) -> None:
    """Even of the same name: the consumer keeps the two apart."""
    known = next(iter(kind))
    custom = kind.custom(str(known))
    assert custom != known
    assert custom.wire != known.wire
    assert kind.from_wire(custom.wire) == custom
    assert pickle.loads(pickle.dumps(known)) is known
    assert custom == str(known)
    assert known == str(known)
    assert custom != 1


@pytest.mark.parametrize("kind", OPEN)
def test_a_name_that_nobody_knows_is_custom(kind: Any) -> None:
    """A newer platform may have more; what is read is kept."""
    assert kind.from_wire("gpu_meltdown") == kind.custom("gpu_meltdown")
    with pytest.raises(ValueError, match="gpu_meltdown"):
        kind("gpu_meltdown")


@pytest.mark.parametrize("kind", OPEN)
@pytest.mark.parametrize(
    "value", [None, 1, [], {}, {"custom": 1}, {"other": "x"}, {"custom": "x", "y": 1}]
)
def test_what_is_neither_is_refused(kind: Any, value: Any) -> None:
    """Only a string and an object with `custom` say a value."""
    with pytest.raises(ValueError, match="must be a string or"):
        kind.from_wire(value)


def test_a_custom_name_is_a_string() -> None:
    """Nothing else is."""
    with pytest.raises(TypeError):
        AnomalyType.custom(3)  # type: ignore[arg-type]
