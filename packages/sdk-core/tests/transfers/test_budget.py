"""What downloads that are asked for again cost, and who hears of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from sdk_core.errors import APIConnectionError
from sdk_core.hooks import BudgetEvent, ErrorEvent, Hooks, RequestEvent, RetryEvent
from sdk_core.policies import RetryBudget

from ._remote import Remote

Fetch = Callable[..., Path]
COST = 14


class Barren(Remote):
    """Gives some bytes, and from then on none, whoever asks."""

    def handle(self, request: SimpleNamespace) -> Iterator[bytes]:
        """Cut the connection behind the first bytes, or behind the headers."""
        self.asked.append(request.headers.get("range"))
        head, _, body = self.answer(request)
        yield head + (b"" if self.asked[1:] else body[:1000])
        raise ConnectionAbortedError


def origin(server: Remote) -> str:
    """Return what the budget knows the server by."""
    return f"http://127.0.0.1:{server.url.rpartition(':')[2]}"


def test_a_repeat_that_brings_nothing_stays_paid(remote: Any, fetch: Fetch, tmp_path: Path) -> None:
    """An outage is not multiplied by those who download."""
    server, budget = remote(kind=Barren), RetryBudget()
    with pytest.raises(APIConnectionError):
        fetch(server.url, tmp_path / "file", client={"max_retries": 2, "retry_budget": budget})
    assert 3 == len(server.asked)
    # Each answer is a call that succeeds, as far as its headers go.
    assert 500 - 2 * COST + 2 == budget.tokens(origin(server))


def test_a_repeat_that_brings_more_is_given_back(remote: Any, fetch: Fetch, tmp_path: Path) -> None:
    """So that a file may come in any number of pieces."""
    server, budget = remote(cuts=tuple(range(10_000, 200_000, 10_000))), RetryBudget(capacity=COST)
    client = {"max_retries": 1, "retry_budget": budget}
    assert server.data == fetch(server.url, tmp_path / "file", client=client).read_bytes()
    assert 20 == len(server.asked)
    assert COST == budget.tokens(origin(server))


def test_a_spent_budget_ends_a_download(remote: Any, fetch: Fetch, tmp_path: Path) -> None:
    """What has come is kept; the error and the hooks say why there is no repeat."""
    heard: list[Any] = []
    server, budget = remote(kind=Barren), RetryBudget(capacity=COST)
    client = {"max_retries": 9, "retry_budget": budget, "hooks": Hooks(heard.append)}
    with pytest.raises(APIConnectionError, match="not repeated: the retry budget is spent"):
        fetch(server.url, tmp_path / "file", client=client)
    assert 2 == len(server.asked)
    assert [BudgetEvent, ErrorEvent] == [type(event) for event in heard[-2:]]
    assert 1000 == (tmp_path / "file.part").stat().st_size


def test_a_spent_budget_needs_nobody_to_hear_of_it(
    remote: Any, fetch: Fetch, tmp_path: Path
) -> None:
    """Most programs have no hooks."""
    server, budget = remote(kind=Barren), RetryBudget(capacity=COST)
    with pytest.raises(APIConnectionError, match="not repeated: the retry budget is spent"):
        fetch(server.url, tmp_path / "file", client={"max_retries": 9, "retry_budget": budget})
    assert 2 == len(server.asked)


def test_a_budget_may_be_none(remote: Any, fetch: Fetch, tmp_path: Path) -> None:
    """Then all repeats are free."""
    server = remote(cuts=(70_000, 150_000))
    client = {"retry_budget": False}
    assert server.data == fetch(server.url, tmp_path / "file", client=client).read_bytes()


@pytest.mark.parametrize("elsewhere", [False, True])
def test_hooks_hear_of_each_cut(
    remote: Any, fetch: Fetch, tmp_path: Path, *, elsewhere: bool
) -> None:
    """As of any attempt that is repeated, at the client's own server and at others."""
    heard: list[Any] = []
    server = remote(cuts=(70_000, 150_000))
    source = f"{server.url}/file" if elsewhere else "/file"
    own = "http://own.example" if elsewhere else server.url
    fetch(own, tmp_path / "file", source, client={"hooks": Hooks(heard.append)})
    repeats = [event for event in heard if isinstance(event, RetryEvent)]
    assert [("APIConnectionError", 0.0)] * 2 == [(event.reason, event.wait) for event in repeats]
    assert all(isinstance(event.cause, APIConnectionError) for event in repeats)
    assert 3 == sum(isinstance(event, RequestEvent) for event in heard)
    assert not any(isinstance(event, ErrorEvent) for event in heard)
