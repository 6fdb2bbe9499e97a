from __future__ import annotations

import copy
import math
import pickle
from typing import Any

import httpx
import pytest

import sdk_core
from sdk_core._clients import _merge
from sdk_core.errors import ConfigurationError
from sdk_core.options import DEFAULT_TIMEOUT, ClientOptions, Timeout
from sdk_core.typing import NotGiven, Omit, not_given, omit


def phases(timeout: Timeout) -> tuple[float | None, ...]:
    """Return the four figures."""
    return timeout.connect, timeout.read, timeout.write, timeout.pool


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Timeout(30), (30.0, 30.0, 30.0, 30.0)),
        (Timeout(0), (0.0, 0.0, 0.0, 0.0)),
        (Timeout(None), (None, None, None, None)),
        (Timeout(600, connect=5), (5.0, 600.0, 600.0, 600.0)),
        (Timeout(None, read=1), (None, 1.0, None, None)),
        (Timeout(5, pool=None), (5.0, 5.0, 5.0, None)),
        (Timeout(connect=1, read=2, write=3, pool=4), (1.0, 2.0, 3.0, 4.0)),
        (Timeout(Timeout(1, read=2)), (1.0, 2.0, 1.0, 1.0)),
        (Timeout(httpx.Timeout(1, read=2)), (1.0, 2.0, 1.0, 1.0)),
        (Timeout(httpx.Timeout(None), connect=3), (3.0, None, None, None)),
        (Timeout.of(httpx.Timeout(7, pool=None)), (7.0, 7.0, 7.0, None)),
        (Timeout.of(2.5), (2.5, 2.5, 2.5, 2.5)),
        (Timeout.of(None), (None, None, None, None)),
        (Timeout(math.inf, read=1), (None, 1.0, None, None)),
        (DEFAULT_TIMEOUT, (5.0, 600.0, 600.0, 600.0)),
    ],
)
def test_a_timeout_has_a_figure_for_each_phase(
    value: Timeout, expected: tuple[float | None, ...]
) -> None:
    """A default, single phases, and other libraries' timeouts are all understood."""
    assert expected == phases(value)


@pytest.mark.parametrize(
    ("arguments", "phase"),
    [
        ({"timeout": -1}, "connect"),
        ({"timeout": math.nan}, "connect"),
        ({"timeout": "5"}, "connect"),
        ({"timeout": True}, "connect"),
        ({"timeout": (1, 2, 3, 4)}, "connect"),
        ({"timeout": 5, "read": -0.1}, "read"),
        ({"timeout": 5, "pool": "never"}, "pool"),
        ({"timeout": httpx.Timeout(5, read=-1)}, "read"),
        ({}, "connect"),
        ({"connect": 1, "read": 2, "write": 3}, "pool"),
    ],
)
def test_a_bad_timeout_is_named(arguments: dict[str, Any], phase: str) -> None:
    """The message names the option and the phase."""
    with pytest.raises(ConfigurationError, match="`timeout`") as caught:
        Timeout(**arguments)
    assert phase in str(caught.value)


def test_of_keeps_a_timeout() -> None:
    """Nothing is made where nothing has to be."""
    timeout = Timeout(3)
    assert Timeout.of(timeout) is timeout


def test_within_shortens_every_phase() -> None:
    """What is left of a deadline bounds each phase, also those without a limit."""
    assert phases(Timeout(10, connect=1, pool=None).within(4)) == (1.0, 4.0, 4.0, 4.0)


def test_timeouts_are_values() -> None:
    """Equal figures are equal timeouts, which pickle and cannot be changed."""
    assert Timeout(5) == Timeout(connect=5, read=5, write=5, pool=5)
    assert pickle.loads(pickle.dumps(Timeout(5, read=1))) == Timeout(5, read=1)
    assert len({Timeout(5), Timeout(5.0)}) == 1
    with pytest.raises(AttributeError):
        Timeout(5).read = 1  # type: ignore[misc]


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("max_retries", -1),
        ("max_retries", None),
        ("max_retries", 1.5),
        ("max_retries", "2"),
        ("max_retries", True),
        ("deadline", 0),
        ("deadline", -1),
        ("deadline", math.nan),
        ("deadline", math.inf),
        ("attempt_deadline", math.inf),
        ("deadline", "1"),
        ("deadline", True),
        ("default_headers", [("a", "b")]),
        ("default_query", "a=b"),
        ("timeout", "fast"),
    ],
)
def test_a_bad_option_is_named(option: str, value: object) -> None:
    """The message names the option in backticks."""
    with pytest.raises(ConfigurationError, match=f"`{option}`"):
        ClientOptions().evolve(**{option: value})


def test_an_option_that_is_not_given_stays() -> None:
    """`not_given` keeps what was, None does not."""
    options = ClientOptions(timeout=7, max_retries=5, deadline=9)
    assert options == options.evolve(timeout=not_given, max_retries=not_given)
    assert options.evolve(timeout=None, deadline=None).timeout == Timeout(None)
    assert options.evolve(deadline=None).deadline is None


def test_none_is_no_headers_and_no_query() -> None:
    """Facades pass None through."""
    options = ClientOptions(default_headers=None, default_query=None)
    assert ({}, {}) == (options.default_headers, options.default_query)


def test_options_show_no_headers_and_no_query() -> None:
    """They may hold secrets."""
    options = ClientOptions(default_headers={"a": "canary"}, default_query={"b": "canary"})
    assert "canary" not in repr(options)


@pytest.mark.parametrize(("value", "text"), [(omit, "omit"), (not_given, "NOT_GIVEN")])
def test_sentinels_are_false_one_and_readable(value: object, text: str) -> None:
    """A copy or a pickle of a sentinel is the sentinel."""
    assert not value
    assert text == repr(value)
    assert pickle.loads(pickle.dumps(value)) is value
    assert copy.deepcopy(value) is value


def test_the_package_gives_the_names_that_users_import() -> None:
    """The front page of the package is small and sorted."""
    assert sorted(sdk_core.__all__) == sdk_core.__all__
    for name in sdk_core.__all__:
        assert hasattr(sdk_core, name)
    assert isinstance(sdk_core.omit, Omit)
    assert isinstance(sdk_core.NOT_GIVEN, NotGiven)


def test_headers_are_merged_in_any_case() -> None:
    """A later value wins whatever its case; `omit` takes away, None says nothing."""
    changes = {"B": "2", "C": omit, "D": None, "E": "5"}
    assert {"a": "1", "b": "2", "e": "5"} == _merge({"a": "1", "b": "1", "c": "1"}, changes)


@pytest.mark.parametrize(
    ("changes", "words"), [({"X-A": 7}, "`X-A`"), ({"x": b"b"}, "`x`"), ([("a", "b")], "mapping")]
)
def test_a_bad_header_is_named(changes: Any, words: str) -> None:
    """Only strings are sent."""
    with pytest.raises(ConfigurationError, match=words):
        _merge({}, changes)
