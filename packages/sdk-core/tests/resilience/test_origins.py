from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdk_core._addresses import origin
from sdk_core.policies._origins import origin_of

HOSTS = ["a.example", "a.example.evil", "a.example:8443", "a.example:443", "user:pw@a.example"]
PATHS = ["", "/", "/x", "//b.example/", "?to=https://b.example/", "/@b.example", "#/"]
URLS = [
    f"{scheme}://{host}{path}" for scheme in ("http", "https") for host in HOSTS for path in PATHS
]


@given(st.lists(st.sampled_from(URLS), max_size=8))
def test_the_origin_of_a_url_is_that_of_no_other(urls: list[str]) -> None:
    """Whatever was asked before it, which is remembered."""
    assert [origin_of(url) for url in urls] == [origin(url) for url in urls]


@pytest.mark.parametrize("url", ["https://a.example:port/x", "https://a.example:port"])
def test_a_url_without_a_port_that_counts_is_invalid(url: str) -> None:
    """The engine refuses it later, and says why."""
    assert [origin_of(url), origin_of(url)] == ["invalid"] * 2
