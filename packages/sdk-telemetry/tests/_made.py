"""Events that Hypothesis makes: whatever can be handed in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from hypothesis import strategies as st

_CHARACTERS = st.characters() | st.sampled_from("\ud800\ud83d\ude00\x00😀")
TEXTS = st.text(_CHARACTERS, max_size=40)
"""Any characters, surrogates and NUL among them."""
TOKENS = st.integers(0, 2**31)
AMOUNTS = st.floats(0, allow_nan=False, allow_infinity=False) | st.integers(0, 2**70)
EMBEDDINGS = st.none() | st.lists(
    st.floats(width=32, allow_nan=False, allow_infinity=False), max_size=5
)
ZONES = st.integers(-1439, 1439).map(lambda minutes: timezone(timedelta(minutes=minutes)))
TIMES = st.datetimes(datetime(2, 1, 1), datetime(9998, 12, 31), timezones=st.just(UTC) | ZONES)  # noqa: DTZ001  # the zone comes from there

FIELDS = st.fixed_dictionaries(
    {
        "service_name": st.text(_CHARACTERS, min_size=1, max_size=255),
        "model": st.text(_CHARACTERS, min_size=1, max_size=40),
        "prompt_text": TEXTS,
        "prompt_tokens": TOKENS,
        "prompt_embedding": EMBEDDINGS,
        "response_text": TEXTS,
        "response_tokens": st.integers(0, 2**31 - 1),
        "finish_reason": TEXTS,
        "response_embedding": EMBEDDINGS,
        "event_id": st.uuids().map(str),
        "time_ns": st.integers(-(10**18), 10**19),
        "trace_id": st.none() | TEXTS,
        "span_id": st.none() | TEXTS,
        "latency_ms": AMOUNTS,
        "cost_usd": AMOUNTS,
        "metadata": st.dictionaries(TEXTS, TEXTS, max_size=4),
        "errors": st.lists(TEXTS, max_size=3) | st.lists(TEXTS, max_size=3).map(tuple),
    }
)
"""The arguments of `encode`."""

FOREIGN: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    TEXTS,
    st.binary(max_size=5),
    st.lists(st.none() | st.booleans() | st.integers() | st.floats() | TEXTS, max_size=3),
    st.dictionaries(TEXTS, st.none() | st.integers() | TEXTS, max_size=3),
    st.datetimes(),
    st.builds(object),
    st.decimals(),
)
"""Anything, for any argument."""
