from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdk_core._retry_after import hint_of, retry_after
from sdk_core.testing import response

SENT = "Sat, 21 Nov 2026 10:00:00 GMT"


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, None),
        ({"retry-after": "0"}, 0.0),
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": " 7 "}, 7.0),
        ({"retry-after": "1.5"}, 1.5),
        ({"retry-after-ms": "1500"}, 1.5),
        ({"retry-after-ms": "1500", "retry-after": "9"}, 1.5),
        ({"retry-after-ms": "soon", "retry-after": "9"}, 9.0),
        ({"retry-after-ms": "-1", "retry-after": "9"}, 9.0),
        ({"retry-after": "Sat, 21 Nov 2026 10:00:30 GMT", "date": SENT}, 30.0),
        ({"retry-after": "Saturday, 21-Nov-26 10:00:30 GMT", "date": SENT}, 30.0),
        ({"retry-after": "Sat Nov 21 10:00:30 2026", "date": SENT}, 30.0),
        ({"retry-after": "Sat, 21 Nov 2026 09:00:00 GMT", "date": SENT}, 0.0),
        ({"retry-after": "1795255230", "date": SENT}, 30.0),
        ({"retry-after": "1500000000"}, 0.0),
    ],
)
def test_every_form_of_the_hint_is_read(headers: dict[str, str], expected: float | None) -> None:
    """Milliseconds come first, then seconds, then a date or Unix time against the answer's own."""
    assert expected == retry_after(headers)


@pytest.mark.parametrize(
    "value",
    [
        *("", "soon", "-1", "nan", "inf", "-inf", "1e400", "1_0", "0x10", "5 s", "²"),
        *("2026-11-21", "32 Nov", "Sat, 99 Nov 2026 10:00:30 GMT"),
        "Sat, 21 Nov 99999 10:00:30 GMT",
    ],
)
def test_what_is_no_hint_is_ignored(value: str) -> None:
    """Garbage, negative and infinite waits count as no hint."""
    assert retry_after({"retry-after": value, "date": SENT}) is None


def test_a_date_is_measured_against_the_clock_where_the_answer_has_none() -> None:
    """Without a ``Date``, or with a broken one, this side's clock must do."""
    then = datetime.now(UTC) + timedelta(seconds=100)
    for headers in ({}, {"date": "yesterday"}):
        hint = retry_after({"retry-after": format_datetime(then, usegmt=True), **headers})
        assert hint is not None
        assert 90 < hint <= 100


@given(st.text(st.characters(max_codepoint=255), max_size=40), st.text(max_size=40))
def test_no_header_raises(value: str, date: str) -> None:
    """Whatever a server sends, the hint is None or a finite number of seconds."""
    hint = retry_after({"retry-after": value, "retry-after-ms": date, "date": date})
    assert hint is None or (hint >= 0 and math.isfinite(hint))


RETRY_INFO = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "36.5s"}


@pytest.mark.parametrize(
    ("status", "headers", "body", "expected"),
    [
        (429, {"retry-after": "7"}, {"details": [RETRY_INFO]}, 7.0),
        (429, {}, {"details": [RETRY_INFO]}, 36.5),
        (503, {}, {"details": [RETRY_INFO]}, None),
        (429, {}, {"retryDelay": "soon"}, None),
        (
            429,
            {"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "6m0s"},
            {},
            360.0,
        ),
        (
            429,
            {"x-ratelimit-remaining-requests": "1", "x-ratelimit-reset-requests": "6m0s"},
            {},
            None,
        ),
        (429, {"x-ratelimit-remaining-requests": "0"}, {}, None),
        (
            429,
            {
                "x-ratelimit-remaining-requests": "0",
                "x-ratelimit-reset-requests": "1s",
                "x-ratelimit-remaining-tokens": "0",
                "x-ratelimit-reset-tokens": "20ms",
            },
            {},
            1.0,
        ),
        (429, {}, {}, None),
    ],
)
def test_a_refusal_for_too_many_says_it_in_other_ways_too(
    status: int, headers: dict[str, str], body: object, expected: float | None
) -> None:
    """In Google's form in the body, or by the limit of which nothing is left; headers go before."""
    assert expected == hint_of(response(status, headers=headers, json=body))
