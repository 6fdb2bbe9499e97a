"""A stage for many flows at once: it performs their effects one by one, in any order a test likes."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

from sdk_core.errors import SDKError
from sdk_core.testing import Call, Finish, Now, Send, Sleep, Wait


class Actor:
    """
    A flow in the middle.

    Attributes:
        name: What the test calls it.
        effect: What it asks for; None when it is over.
        result: What it returned.
        error: What it raised.
        inner: What it has begun and does not end with it; None: nothing.
    """

    def __init__(self, name: str, flow: Generator[Any, Any, Any], stage: Stage) -> None:
        self.name = name
        self.flow = flow
        self.stage = stage
        self.effect: Any = None
        self.result: Any = None
        self.error: SDKError | None = None
        self.wakes = 0.0
        self.inner: Actor | None = None
        self.over = False
        self.go(flow.send, None)

    def go(self, step: Callable[[Any], Any], value: Any) -> None:
        """Take one step."""
        try:
            self.effect = step(value)
        except StopIteration as stop:
            self.result, self.effect, self.over = stop.value, None, True
        except SDKError as error:
            self.error, self.effect, self.over = error, None, True
        if isinstance(self.effect, Sleep):
            self.wakes = self.stage.now + self.effect.seconds
        if isinstance(self.effect, Send):
            self.stage.sending.append(self)
        if isinstance(self.effect, Finish):
            self.inner = self.stage.begin(self.effect.flow, f"{self.name}, on its own")

    def cancel(self) -> None:
        """Do as a driver does whose task is cancelled."""
        self.flow.close()
        self.effect, self.over = None, True
        if self in self.stage.sending:
            self.stage.sending.remove(self)

    @property
    def can_go(self) -> bool:
        """Whether its next step needs nobody else, and no time."""
        effect = self.effect
        if isinstance(effect, Wait):
            return effect.ticket.called
        if isinstance(effect, Finish):
            return self.inner is not None and self.inner.over
        return isinstance(effect, Now | Call)


class Stage:
    """
    Flows, and the clock that they all see.

    Attributes:
        now: Seconds.
        sending: Who has a request on the way.
        actors: All of them.
    """

    def __init__(self) -> None:
        self.now = 0.0
        self.sending: list[Actor] = []
        self.actors: list[Actor] = []

    def begin(self, flow: Generator[Any, Any, Any], name: str = "") -> Actor:
        """Let a flow take its first step."""
        actor = Actor(name or str(len(self.actors)), flow, self)
        self.actors.append(actor)
        return actor

    def step(self, actor: Actor) -> None:
        """Let *actor*, which can go, take one step."""
        effect = actor.effect
        if isinstance(effect, Now):
            actor.go(actor.flow.send, self.now)
        elif isinstance(effect, Wait):
            actor.go(actor.flow.send, True)
        elif isinstance(effect, Finish):
            assert actor.inner is not None
            if actor.inner.error is not None:
                actor.go(actor.flow.throw, actor.inner.error)
            else:
                actor.go(actor.flow.send, actor.inner.result)
        else:
            assert isinstance(effect, Call)
            try:
                value = effect.function()
            except SDKError as error:
                actor.go(actor.flow.throw, error)
            else:
                actor.go(actor.flow.send, value)

    def settle(self) -> None:
        """Let all take the steps that need no answer and no time."""
        while ready := [actor for actor in self.actors if actor.can_go]:
            for actor in ready:
                if actor.can_go:
                    self.step(actor)

    def answer(self, actor: Actor, answer: Any) -> None:
        """Give *actor* the answer to its request, or the error."""
        self.sending.remove(actor)
        if isinstance(answer, SDKError):
            actor.go(actor.flow.throw, answer)
        else:
            answer.request = actor.effect.request
            actor.go(actor.flow.send, answer)

    def pass_time(self, seconds: float) -> None:
        """Move the clock, and wake who slept as long."""
        self.now += seconds
        for actor in self.actors:
            if isinstance(actor.effect, Sleep) and actor.wakes <= self.now:
                actor.go(actor.flow.send, None)
