"""Percentiles in bounded memory."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from sdk_telemetry._sketch import Sketch

values = st.lists(st.floats(0.001, 1e9), min_size=1)


def sketch(of: list[float]) -> Sketch:
    """Make a sketch of values."""
    made = Sketch()
    for each in of:
        made.add(each)
    return made


@given(values, st.floats(0, 1))
def test_a_percentile_is_within_one_percent(given_: list[float], q: float) -> None:
    """It is as near to the value of its rank as is promised."""
    exact = sorted(given_)[max(1, math.ceil(q * len(given_))) - 1]
    assert math.isclose(sketch(given_).quantile(q), exact, rel_tol=0.0101)


@given(values, values)
def test_merged_is_as_if_one_had_taken_all(one: list[float], other: list[float]) -> None:
    """Two that were merged are one of both."""
    merged = sketch(one)
    merged.merge(sketch(other))
    both = sketch(one + other)
    assert (both.count, both.quantile(0.9)) == (merged.count, merged.quantile(0.9))


@given(st.lists(st.floats()))
def test_any_number_is_taken(given_: list[float]) -> None:
    """Zero, negative, huge, infinite or none at all: counted, and the memory stays small."""
    made = sketch(given_)
    assert made.count == len(given_)
    assert 0 <= made.quantile(0.5) < 1.01e9
    assert len(made._buckets) <= 1_400


def test_its_memory_has_an_end() -> None:
    """However many values: no more buckets than the range has."""
    made = sketch([1.0015**n for n in range(-6_000, 16_000)])
    assert made.count == 22_000
    assert len(made._buckets) <= 1_400


def test_nothing_has_no_percentile() -> None:
    """Of no values it is zero."""
    assert Sketch().quantile(0.99) == 0.0
