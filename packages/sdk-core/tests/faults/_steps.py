"""Cancel a coroutine at its n-th wait, whatever it waits for."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Generator
from typing import Any


class Stepped:
    """
    An awaitable that runs *coroutine* and calls *cancel* when it waits for the *at*-th time.

    What it waits for is then under way, which is when a real cancellation comes.

    Attributes:
        waits: How often it has waited.
    """

    def __init__(
        self, coroutine: Coroutine[Any, Any, Any], at: int, cancel: Callable[[], Any]
    ) -> None:
        self.waits = 0
        self._coroutine = coroutine
        self._at = at
        self._cancel = cancel

    def __await__(self) -> Generator[Any, Any, Any]:
        step: Callable[[Any], Any] = self._coroutine.send
        value: Any = None
        while True:
            try:
                awaited = step(value)
            except StopIteration as stop:
                return stop.value
            if self.waits == self._at:
                self._cancel()
            self.waits += 1
            step = self._coroutine.send
            try:
                value = yield awaited
            except BaseException as exc:
                step, value = self._coroutine.throw, exc
