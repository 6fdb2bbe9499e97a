"""Correlation: whatever comes in whatever order, each call ends once, and with its own answer."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
)

from sdk_core._correlation import Calls, Waiter
from sdk_core.errors import StreamInterruptedError


class Once:
    """An event that may be set once."""

    def __init__(self) -> None:
        self.set_times = 0

    def set(self) -> None:
        """Count."""
        self.set_times += 1


LOST = StreamInterruptedError("lost")
ENDED = StreamInterruptedError("ended")


class Interleavings(RuleBasedStateMachine):
    """Calls, answers, losses and cancellations in any order, against a model of them."""

    waiters = Bundle("waiters")

    @initialize(rearm=st.booleans())
    def begin(self, rearm: bool) -> None:
        """Begin with nothing."""
        self.rearm = rearm
        self.calls = Calls(rearm=rearm)
        self.calls.connected()
        self.connected = True
        self.ended = False
        self.issued: dict[int, Waiter] = {}
        self.expected: dict[int, tuple[str, Any]] = {}  # what each call that is over ended with
        self.total = 0

    @rule(target=waiters)
    def register(self) -> Any:
        """Begin a call."""
        if self.ended:
            with pytest.raises(StreamInterruptedError, match="ended"):
                self.calls.register(Once())
            return multiple()
        waiter = self.calls.register(Once())
        assert waiter.id not in self.issued
        self.issued[waiter.id] = waiter
        return waiter

    @rule(waiter=waiters, payload=st.integers(), age=st.sampled_from([0, 0, 0, 1, 2]))
    def answer(self, waiter: Waiter, payload: int, age: int) -> None:
        """Bring an answer to a call, over this connection or an old one."""
        before = self.expected.get(waiter.id)
        verdict = self.calls.answer(waiter.id, payload, self.calls.generation - age)
        self.total += 1
        if before is not None:
            assert verdict == ("duplicate" if before[0] == "answer" else "late")
        elif age:
            assert verdict == "stale"
        else:
            assert verdict == "accepted"
            self.expected[waiter.id] = ("answer", payload)

    @rule(
        number=st.integers(max_value=0)
        | st.integers(min_value=10_000)
        | st.booleans()
        | st.floats()
        | st.text(max_size=3)
        | st.none()
        | st.lists(st.integers(), max_size=2)
        | st.sampled_from([1.0, 2.0, True, "1"])
    )
    def answer_to_nobody(self, number: object) -> None:
        """Bring an answer that no call was marked with."""
        assert self.calls.answer(number, "foreign", self.calls.generation) == "foreign"
        self.total += 1

    @rule(waiter=waiters)
    def forget(self, waiter: Waiter) -> None:
        """Give a call up."""
        waited = waiter.id not in self.expected
        assert self.calls.forget(waiter) is waited
        if waited:
            self.expected[waiter.id] = ("forgotten", None)

    @rule()
    def lose(self) -> None:
        """Lose the connection."""
        self.calls.lost(LOST)
        if not self.rearm:
            self._all_fail("lost")

    @rule()
    def connect(self) -> None:
        """Connect again."""
        before = self.calls.generation
        assert self.calls.connected() == before + 1

    @rule()
    def end(self) -> None:
        """End for good."""
        self.calls.end(ENDED)
        self.ended = True
        self._all_fail("ended")

    def _all_fail(self, why: str) -> None:
        for number in self.issued.keys() - self.expected.keys():
            self.expected[number] = ("error", why)

    @invariant()
    def each_call_is_what_it_should_be(self) -> None:
        """No waiter is lost, ends twice, or has another one's answer."""
        if not hasattr(self, "issued"):
            return
        for number, waiter in self.issued.items():
            kind, value = self.expected.get(number, ("waiting", None))
            assert waiter.over is (kind != "waiting")
            assert waiter.event.set_times == int(waiter.over)  # type: ignore[attr-defined]
            assert waiter.answer == (value if kind == "answer" else None)
            assert (str(waiter.error) == value) if kind == "error" else waiter.error is None
        assert len(self.calls) == len(self.issued) - len(self.expected)
        assert sum(self.calls.counts.values()) == self.total


Interleavings.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestInterleavings = Interleavings.TestCase


def test_calls_that_are_over_are_forgotten_in_the_end() -> None:
    """Their ids do not fill the memory; an answer to a very old one counts as late."""
    calls = Calls(rearm=False)
    first = calls.register(Once())
    calls.answer(first.id, 1, 0)
    for _ in range(5000):
        calls.forget(calls.register(Once()))
    assert len(calls._done) == 4096
    assert calls.answer(first.id, 1, 0) == "late"


def test_each_caller_gets_an_error_of_its_own() -> None:
    """One object in many threads would collect the tracebacks of all."""
    calls = Calls(rearm=False)
    one, two = calls.register(Once()), calls.register(Once())
    calls.lost(LOST)
    assert one.error is not two.error
    assert [str(one.error), str(two.error)] == ["lost", "lost"]


def test_threads_may_call_and_answer_at_once() -> None:
    """Every call gets its own answer."""
    calls = Calls(rearm=False)
    wrong: list[Any] = []
    ready: list[Waiter] = []
    more = threading.Condition()

    def answer() -> None:
        for _ in range(4 * 200):
            with more:
                more.wait_for(lambda: ready, 10)
                waiter = ready.pop()
            calls.answer(waiter.id, -waiter.id, 0)

    def call() -> None:
        for _ in range(200):
            event = threading.Event()
            waiter = calls.register(event)
            with more:
                ready.append(waiter)
                more.notify()
            if not event.wait(10) or waiter.answer != -waiter.id:
                wrong.append(waiter)

    threads = [threading.Thread(target=answer), *(threading.Thread(target=call) for _ in range(4))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert not wrong
    assert len(calls) == 0
