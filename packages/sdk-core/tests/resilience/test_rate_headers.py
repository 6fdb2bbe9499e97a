from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdk_core._messages import Headers
from sdk_core._rate_headers import Quota, duration, quotas

SENT = "Sat, 21 Nov 2026 10:00:00 GMT"  # is 1795255200
OPENAI = {
    "x-ratelimit-limit-requests": "60",
    "x-ratelimit-remaining-requests": "59",
    "x-ratelimit-reset-requests": "1s",
    "x-ratelimit-limit-tokens": "150000",
    "x-ratelimit-remaining-tokens": "149984",
    "x-ratelimit-reset-tokens": "6m0s",
}


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("6m0s", 360.0),
        ("1s", 1.0),
        ("20ms", 0.02),
        ("1h2m3.5s", 3723.5),
        ("1d", 86400.0),
        ("500us", 0.0005),
        ("17", 17.0),
        ("0", 0.0),
        ("1.5", 1.5),
        (" 2s ", 2.0),
        *[(garbage, None) for garbage in ("", "soon", "-1", "1x", "s", "1s?", "1_0", "inf", None)],
    ],
)
def test_durations_are_read_as_go_writes_them(text: str | None, seconds: float | None) -> None:
    """Or as a plain number of seconds."""
    assert duration(text) == (None if seconds is None else pytest.approx(seconds))


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, []),
        ({"x-request-id": "ratelimit"}, []),
        (
            OPENAI,
            [
                Quota("requests", 60, 59, 1, 1.0, refills=True),
                Quota("tokens", 150000, 149984, 360, 0.0004, refills=True),
            ],
        ),
        ({"x-ratelimit-remaining-tokens": "5"}, [Quota("tokens", None, 5, refills=True)]),
        ({"x-ratelimit-limit-requests": "0"}, []),
        (
            {
                "x-ratelimit-limit": "5000",
                "x-ratelimit-remaining": "4999",
                "x-ratelimit-reset": "1795255260",
                "date": SENT,
            },
            [Quota("requests", 5000, 4999, 60.0)],
        ),
        (
            {"x-ratelimit-remaining": "3", "x-ratelimit-reset": "7"},
            [Quota("requests", None, 3, 7.0)],
        ),
        ({"x-ratelimit-limit": "5000"}, []),
        (
            {
                "ratelimit-limit": "100, 100;w=60",
                "ratelimit-remaining": "50",
                "ratelimit-reset": "30",
            },
            [Quota("requests", 100, 50, 30)],
        ),
        (
            {
                "ratelimit": "limit=100, remaining=50, reset=30",
                "ratelimit-policy": "100;w=60",
            },
            [Quota("requests", 100, 50, 30, 0.6)],
        ),
        (
            {"ratelimit": "limit=100, remaining=50, reset=30"},
            [Quota("requests", 100, 50, 30)],
        ),
        (
            {
                "ratelimit": '"default";r=50;t=30',
                "ratelimit-policy": '"default";q=100;w=60;pk=:cHNzdA==:',
            },
            [Quota("requests", 100, 50, 30, 0.6)],
        ),
        (
            {
                "ratelimit": '"a";r=1;t=2, "b";r=3;t=4, "c";r=9, "d";t=1',
                "ratelimit-policy": '"a";q=10;w=1,"b";q=20;w=2;qu="tokens","c";q=1;w=1;qu="bytes"',
            },
            [Quota("requests", 10, 1, 2, 0.1), Quota("tokens", 20, 3, 4, 0.1)],
        ),
        ({"ratelimit": "default;r=5"}, [Quota("requests", None, 5)]),
    ],
)
def test_every_form_is_read(headers: dict[str, str], expected: list[Quota]) -> None:
    """OpenAI's, GitHub's, and three generations of the IETF's drafts."""
    assert [*quotas(Headers(headers))] == expected


def test_a_point_in_time_without_a_date_is_measured_by_the_clock() -> None:
    """Long ago means now."""
    headers = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1500000000"}
    assert quotas(Headers(headers)) == (Quota("requests", None, 0, 0.0),)


NAMES = [
    *OPENAI,
    *(
        f"{family}-{what}"
        for family in ("x-ratelimit", "ratelimit")
        for what in ("limit", "remaining", "reset", "policy")
    ),
    "ratelimit",
    "date",
]
PARTS = ['"a"', ";", "=", ",", "r", "t", "q=1", "w=0", "remaining=", "limit=", "\\", '"', "9" * 400]


@given(
    st.dictionaries(
        st.sampled_from(NAMES),
        st.text(max_size=30) | st.lists(st.sampled_from(PARTS), max_size=8).map("".join),
    )
)
def test_no_header_raises(headers: dict[str, str]) -> None:
    """Whatever a server sends, what is understood is finite and not negative."""
    for quota in quotas(Headers(headers)):
        for figure in (quota.limit, quota.remaining, quota.reset, quota.pace):
            assert figure is None or (math.isfinite(figure) and figure >= 0)
