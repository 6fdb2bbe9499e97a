"""Stages: what interceptors, enrichment, prices and redaction do to events, and in which order."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from sdk_telemetry import interceptors as interception
from sdk_telemetry._fields import Fields
from sdk_telemetry.enrichment import telemetry_context
from sdk_telemetry.events import PromptInfo, ResponseInfo
from sdk_telemetry.prices import Prices
from sdk_telemetry.redaction import Redaction
from sdk_telemetry.sinks import MemorySink

from ._scripted import Driven, ScriptedSink, event


def test_interceptors_change_events_and_leave_them_out(colour: str) -> None:
    """They run in their order; False leaves the event out, and is counted; `send` says so."""

    def tag(fields: Fields) -> None:
        fields.metadata = {**(fields.metadata or {}), "tag": "x"}

    def no_playground(fields: Fields) -> bool:
        assert fields.metadata == {"tag": "x"}
        return fields.model != "playground"

    sink = MemorySink()
    with Driven(colour, sink, interceptors=[tag, no_playground]) as client:
        client.track("gpt")
        client.track("playground")
        receipt = client.send(event("playground"))
        assert (receipt.delivered, receipt.reason, receipt.error) == (False, "intercepted", None)
        client.flush()
        assert sink.events[0].metadata == {"tag": "x"}
        stats = client.stats()
        assert stats.dropped_by == {"intercepted": 2}
        assert stats.lost == 0


def test_an_interceptor_that_raises_costs_texts_and_not_numbers(colour: str) -> None:
    """It may have been the one that was to take something out."""

    def fail(_: Fields) -> None:
        raise LookupError

    sink = MemorySink()
    with Driven(colour, sink, interceptors=[fail], redaction="full") as client:
        client.track(
            "gpt",
            "a secret",
            "a secret",
            prompt_tokens=5,
            metadata={"a": "secret"},
            errors=["a secret"],
            prompt_embedding=[1.0],
        )
        client.flush()
        (record,) = sink.records
        assert b"a secret" not in record.payload
        found = record.event
        assert (found.prompt.tokens, found.prompt.embedding) == (5, None)
        assert list(found.errors) == ["withheld"]
        assert client.stats().faults == {"interceptor": 1}


def test_what_an_interceptor_writes_is_redacted(colour: str) -> None:
    """Redaction is the last to change an event."""

    def leak(fields: Fields) -> None:
        fields.prompt_text = "write to ann@example.com"

    sink = MemorySink()
    redaction = Redaction("full", patterns=["email"])
    with Driven(colour, sink, interceptors=[leak], redaction=redaction) as client:
        assert client.client.redaction is redaction
        client.track("gpt")
        client.flush()
        assert sink.events[0].prompt.text == "write to [email]"


def test_enrichment_adds_to_events(colour: str) -> None:
    """A function that fails is counted, and the event is not lost."""

    def fail(_: Fields) -> None:
        raise LookupError

    def add(fields: Fields) -> None:
        fields.headers = (("x", b"y"),)

    sink = MemorySink()
    with Driven(colour, sink, enrich=[fail, add]) as client:
        client.track("gpt")
        client.flush()
        assert sink.records[0].headers == (("x", b"y"),)
        assert client.stats().faults == {"enrich": 1}


def test_the_context_of_the_caller_is_added(colour: str) -> None:
    """What the event says itself counts more."""
    sink = MemorySink()
    with Driven(colour, sink) as client:
        with telemetry_context(user="u", session="s"):
            client.track("gpt", metadata={"user": "mine"})
            client.track("gpt")
        client.flush()
        first, second = sink.events
        assert first.metadata == {"user": "mine", "session": "s"}
        assert second.metadata == {"user": "u", "session": "s"}


def test_what_a_call_cost_is_looked_up(colour: str) -> None:
    """Unless the event says it; a price list that fails is counted."""

    class Broken(Prices):
        def cost(self, model: str, *args: Any, **options: Any) -> float | None:
            if model == "broken":
                raise LookupError
            return super().cost(model, *args, **options)

    sink = MemorySink()
    prices = Broken({"mine": {"input": 1_000_000.0, "output": 2_000_000.0}}, built_in=False)
    with Driven(colour, sink, prices=prices) as client:
        client.track("mine", prompt_tokens=1, response_tokens=2)
        client.track("mine", prompt_tokens=1, response_tokens=2, cost_usd=7.0)
        client.track("nobody's", prompt_tokens=1)
        client.track("broken", prompt_tokens=1)
        client.flush()
        assert [found.cost_usd for found in sink.events] == [5.0, 7.0, 0.0, 0.0]
        assert client.stats().faults == {"prices": 1}


def test_an_error_that_nobody_expects_costs_one_event(colour: str) -> None:
    """The thread of the pipeline goes on."""

    class Odd(str):
        __slots__ = ()

        def __len__(self) -> int:
            raise RuntimeError

    sink = MemorySink()
    with Driven(colour, sink) as client:
        assert not client.track("gpt", metadata=Odd("x"))  # type: ignore[arg-type]  # that is the point
        client.track("gpt", prompt_embedding=Odd("x"))  # type: ignore[arg-type]  # as above
        client.track("gpt", trace_id=object())  # type: ignore[arg-type]  # as above
        client.track("gpt")
        client.flush()
        assert len(sink) == 1
        assert client.stats().dropped_by == {"invalid": 3}


def test_what_an_interceptor_breaks_costs_one_event(colour: str) -> None:
    """Whatever it puts into the fields."""

    def break_it(fields: Fields) -> None:
        if fields.model == "broken":
            fields.time_ns = None  # type: ignore[assignment]  # that is the point

    sink = MemorySink()
    with Driven(colour, sink, interceptors=[break_it]) as client:
        client.track("broken")
        client.track("gpt")
        client.flush()
        assert len(sink) == 1
        assert client.stats().dropped_by == {"invalid": 1}


def test_the_span_that_the_caller_is_in_is_that_of_the_event(colour: str) -> None:
    """Unless it names another trace; a vector that is named goes before that of the parts."""
    sink = MemorySink()
    with Driven(colour, sink) as client:
        client.client._ids = lambda: ("t" * 32, "s" * 16)
        client.track("gpt", PromptInfo("", 1, [1.0]), prompt_embedding=[2.0])
        client.track(
            "gpt",
            "",
            ResponseInfo("", 1, embedding=[1.0]),
            response_embedding=[2.0],
            trace_id="mine",
        )
        client.flush()
        first, second = sink.events
        assert (first.trace_id, first.span_id) == ("t" * 32, "s" * 16)
        assert (second.trace_id, second.span_id) == ("mine", None)
        assert first.prompt.embedding == second.response.embedding == (2.0,)


def test_an_interceptor_may_track(colour: str) -> None:
    """An event about an event does not lock up the pipeline."""
    sink = ScriptedSink()

    def tell(fields: Fields) -> None:
        if fields.model == "gpt":
            client.track("another")

    with Driven(colour, sink, interceptors=[tell]) as client:
        client.track("gpt")
        while len(sink.arrived) < 2:
            client.flush()
        assert sink.models == ["gpt", "another"]


def test_a_callback_may_track_and_look(colour: str) -> None:
    """`on_delivery` can call the client that calls it."""
    sink = ScriptedSink()
    seen = threading.Event()

    def tell(_: object) -> None:
        if client.stats().accepted < 3:
            client.track("another")
        else:
            seen.set()

    with Driven(colour, sink, on_delivery=tell) as client:
        client.track("gpt")
        assert seen.wait(10)


def test_fields_show_no_text() -> None:
    """Their repr may end in a log."""
    assert "secret" not in repr(Fields(0, "chat", "gpt", "a secret", response_text="a secret"))


def test_fields_can_be_imported_from_interceptors() -> None:
    """For annotations; loading them is left to who asks."""
    assert interception.Fields is Fields
    with pytest.raises(AttributeError, match="nothing"):
        _ = interception.nothing
