from __future__ import annotations

import copy
import json
import pickle
from collections import UserDict
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from typing import Any
from uuid import UUID, uuid4

import pytest

from sdk_telemetry._limits import doubtful
from sdk_telemetry.errors import InvalidEventError
from sdk_telemetry.events import (
    MAX_TEXT,
    MAX_TOKENS,
    PromptInfo,
    ResponseInfo,
    TelemetryEvent,
    time_ns_of,
)

SECRET = "canary-7c1f"
EVENT_ID = "01890a5d-ac96-774b-bcce-b302099a8057"
AT = datetime(2026, 1, 31, 12, 0, 0, 123456, tzinfo=UTC)


def event(**changes: Any) -> TelemetryEvent:
    """Return an event that says all there is, with some changes."""
    members: dict[str, Any] = {
        "service_name": "checkout",
        "model": "gpt-4o",
        "prompt": PromptInfo(SECRET, 3),
        "response": ResponseInfo(f"{SECRET}!", 2, finish_reason="stop"),
        "event_id": EVENT_ID,
        "timestamp": AT,
        "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736",
        "span_id": "00f067aa0ba902b7",
        "latency_ms": 150.5,
        "cost_usd": 0.001,
        "metadata": {"region": SECRET},
        "errors": [SECRET],
    }
    return TelemetryEvent(**(members | changes))


def test_an_event_is_written_as_its_schema_says() -> None:
    """Every key is there, in the documented order, and of the documented type."""
    assert list(event().to_dict().items()) == [
        ("event_id", EVENT_ID),
        ("timestamp", "2026-01-31T12:00:00.123456Z"),
        ("service_name", "checkout"),
        ("model", "gpt-4o"),
        ("trace_id", "4bf92f3577b34da6a3ce929d0e0e4736"),
        ("span_id", "00f067aa0ba902b7"),
        ("prompt", {"text": SECRET, "tokens": 3, "embedding": None}),
        (
            "response",
            {"text": f"{SECRET}!", "tokens": 2, "finish_reason": "stop", "embedding": None},
        ),
        ("latency_ms", 150.5),
        ("cost_usd", 0.001),
        ("metadata", {"region": SECRET}),
        ("errors", [SECRET]),
    ]


def test_the_json_of_an_event_is_its_dictionary() -> None:
    """Both forms hold the same, in the same order."""
    made = event(prompt=PromptInfo("é", 1, [0.5, 2]))
    assert json.loads(made.to_json()) == made.to_dict()
    assert list(json.loads(made.to_json())) == list(made.to_dict())
    assert "é".encode() in made.to_json()


def test_what_is_left_out_has_a_default() -> None:
    """A service and a model are enough; time and identifier are new."""
    before = datetime.now(UTC) - timedelta(microseconds=1)
    made = TelemetryEvent("checkout", "gpt-4o")
    assert before <= made.timestamp <= datetime.now(UTC)
    assert UUID(made.event_id).version == 7
    assert (made.prompt, made.response) == (PromptInfo(), ResponseInfo())
    assert (made.trace_id, made.span_id, made.errors, dict(made.metadata)) == (None, None, (), {})
    assert made.event_id != TelemetryEvent("checkout", "gpt-4o").event_id


def test_an_event_keeps_its_own_copies() -> None:
    """What the caller changes afterwards changes no event, and nobody changes its metadata."""
    metadata, errors, vector = {"a": "b"}, ["x"], [1.0]
    made = event(metadata=metadata, errors=errors, prompt=PromptInfo("", 0, vector))
    metadata["c"] = "d"
    errors.append("y")
    vector.append(2.0)
    assert (dict(made.metadata), made.errors) == ({"a": "b"}, ("x",))
    assert made.prompt.embedding == (1.0,)
    with pytest.raises(TypeError):
        made.metadata["c"] = "d"  # type: ignore[index]


@pytest.mark.parametrize(
    "copied", [copy.copy, copy.deepcopy, lambda it: pickle.loads(pickle.dumps(it))]
)
def test_events_are_equal_by_value(copied: Any) -> None:
    """A copy, or what another process gets, is the same event, with the same hash."""
    made = event(prompt=PromptInfo("x", 1, [0.25]))
    again = copied(made)
    assert again == made
    assert hash(again) == hash(made)
    assert hash(again.prompt) == hash(made.prompt)
    assert again != event(cost_usd=1)
    assert made != made.to_dict()
    assert made.prompt != made.response


def test_replace_makes_another_event() -> None:
    """What is not named stays, the identifier too; what is named is checked."""
    made = event()
    other = made.replace(cost_usd=0.5, metadata={})
    assert (other.cost_usd, dict(other.metadata), other.event_id) == (0.5, {}, EVENT_ID)
    assert made.cost_usd == 0.001
    with pytest.raises(InvalidEventError, match="`cost_usd`"):
        made.replace(cost_usd=-1)


def test_no_repr_shows_a_text() -> None:
    """A log may show an event: names and numbers, but nothing that was said."""
    made = event(prompt=PromptInfo(SECRET, 3, [1.0, 2.0]))
    assert SECRET not in repr(made)
    assert "11 characters, tokens=3, embedding of 2" in repr(made)
    assert EVENT_ID in repr(made)


def test_totals() -> None:
    """Tokens add up; an event is wrong as a whole or not at all."""
    assert event().total_tokens() == 5
    assert event().has_errors()
    assert event().error_rate() == 1.0
    assert not event(errors=()).has_errors()
    assert event(errors=()).error_rate() == 0.0


BAD: list[tuple[str, Any, str]] = [
    ("service_name", "", "service_name"),
    ("service_name", "x" * 256, "service_name"),
    ("service_name", None, "service_name"),
    ("service_name", b"x", "service_name"),
    ("model", "", "model"),
    ("model", 4, "model"),
    ("prompt", "text", "prompt"),
    ("response", PromptInfo(), "response"),
    ("event_id", "not-a-uuid", "event_id"),
    ("event_id", "01890a5d-ac96-774b-bcce-b302099a805\u0660", "event_id"),
    ("event_id", 7, "event_id"),
    ("timestamp", datetime(2026, 1, 31), "timestamp"),  # noqa: DTZ001  # as naive as can be
    ("timestamp", "2026-01-31T12:00:00", "timestamp"),
    ("timestamp", "2026-01-31T12:00:00+00:00Z", "timestamp"),
    ("timestamp", "2026-02-30T12:00:00Z", "timestamp"),
    ("timestamp", "yesterday", "timestamp"),
    ("timestamp", 1769860800, "timestamp"),
    ("timestamp", datetime.min.replace(tzinfo=timezone(timedelta(hours=1))), "timestamp"),
    ("trace_id", 5, "trace_id"),
    ("span_id", b"x", "span_id"),
    ("latency_ms", float("nan"), "latency_ms"),
    ("latency_ms", float("inf"), "latency_ms"),
    ("latency_ms", -0.1, "latency_ms"),
    ("latency_ms", "5", "latency_ms"),
    ("latency_ms", None, "latency_ms"),
    ("latency_ms", True, "latency_ms"),
    ("latency_ms", 10**400, "latency_ms"),
    ("cost_usd", float("-inf"), "cost_usd"),
    ("cost_usd", -1, "cost_usd"),
    ("cost_usd", Decimal("NaN"), "cost_usd"),
    ("cost_usd", Decimal("sNaN"), "cost_usd"),
    ("cost_usd", [1], "cost_usd"),
    ("metadata", None, "metadata"),
    ("metadata", [("a", "b")], "metadata"),
    ("metadata", {"n": 1}, "metadata"),
    ("metadata", {"not an identifier": None}, "metadata"),
    ("metadata", {1: "n"}, "metadata"),
    ("errors", "one", "errors"),
    ("errors", None, "errors"),
    ("errors", ["x", ValueError("x")], "errors"),
    ("errors", {"x": "y"}, "errors"),
]


@pytest.mark.parametrize(("name", "value", "field"), BAD)
def test_what_breaks_a_limit_is_refused_by_name(name: str, value: Any, field: str) -> None:
    """The error says which field it is, in its message and for programs."""
    with pytest.raises(InvalidEventError, match=f"`{field}`") as caught:
        event(**{name: value})
    assert caught.value.field == field
    assert SECRET not in str(caught.value)


BAD_PARTS: list[tuple[str, Any]] = [
    ("text", "x" * (MAX_TEXT + 1)),
    ("text", None),
    ("text", b"x"),
    ("tokens", -1),
    ("tokens", MAX_TOKENS + 1),
    ("tokens", True),
    ("tokens", 1.0),
    ("tokens", "1"),
    ("tokens", None),
    ("embedding", "abc"),
    ("embedding", 1.0),
    ("embedding", [True]),
    ("embedding", ["1"]),
    ("embedding", [float("nan")]),
    ("embedding", [1.0, float("inf"), float("-inf")]),
    ("embedding", [1e39]),
    ("embedding", [-1e39]),
    ("embedding", [10**400]),
    ("embedding", {1.0: 1.0}),
]


@pytest.mark.parametrize(("name", "value"), BAD_PARTS)
@pytest.mark.parametrize("part", [PromptInfo, ResponseInfo])
def test_parts_are_as_strict(part: Any, name: str, value: Any) -> None:
    """The error says which part it is of."""
    field = f"{part.__name__.removesuffix('Info').lower()}.{name}"
    with pytest.raises(InvalidEventError, match=f"`{field}`") as caught:
        part(**{name: value})
    assert caught.value.field == field


def test_the_finish_reason_is_a_string() -> None:
    """Nothing is written as an empty string, never as null."""
    with pytest.raises(InvalidEventError, match=r"`response\.finish_reason`"):
        ResponseInfo("", 0, finish_reason=None)  # type: ignore[arg-type]


def test_tokens_together_stay_below_32_bits() -> None:
    """The consumer adds them up in a number of 32 bits, which overflows."""
    event(prompt=PromptInfo("", MAX_TOKENS - 1), response=ResponseInfo("", 1))
    with pytest.raises(InvalidEventError, match=r"`response\.tokens` and `prompt\.tokens`"):
        event(prompt=PromptInfo("", MAX_TOKENS), response=ResponseInfo("", 1))


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("a\ud800b", "a\ufffdb"),
        ("\udc00\ud83d", "\ufffd\ufffd"),
        ("\ud83d\ude00", "😀"),
        ("\ufeffé", "\ufeffé"),
        ("\x00", "\x00"),
    ],
)
def test_surrogates_are_replaced(given: str, kept: str) -> None:
    """In pairs they are a character; alone, U+FFFD stands for them; all else stays."""
    made = event(
        service_name=f"s{given}",
        model=f"m{given}",
        prompt=PromptInfo(given),
        response=ResponseInfo(given, finish_reason=given),
        trace_id=given,
        span_id=given,
        metadata={given: given},
        errors=[given],
    )
    assert made == event(
        service_name=f"s{kept}",
        model=f"m{kept}",
        prompt=PromptInfo(kept),
        response=ResponseInfo(kept, finish_reason=kept),
        trace_id=kept,
        span_id=kept,
        metadata={kept: kept},
        errors=[kept],
    )
    assert TelemetryEvent.from_json(made.to_json()) == made


class Text(str):
    """A string of a library's own."""

    __slots__ = ()


class Count:
    """A number as NumPy's are: no `int`, but good for an index."""

    def __index__(self) -> int:
        return 7


class Vector(list[float]):
    """An array as NumPy's are: it knows a fast way to a list."""

    def tolist(self) -> list[float]:
        """Return the numbers."""
        return [0.5]


def test_what_is_as_good_is_taken() -> None:
    """Subclasses, decimals and numbers of other libraries become plain ones."""
    made = event(
        service_name=Text("checkout"),
        prompt=PromptInfo(Text("x"), Count(), Vector()),  # type: ignore[arg-type]
        latency_ms=Count(),
        cost_usd=Decimal("0.5"),
        metadata=UserDict({Text("a"): Text("b")}),
        errors=(each for each in [Text("x")]),
    )
    assert type(made.service_name) is str
    assert (made.prompt.tokens, made.prompt.embedding) == (7, (0.5,))
    assert (made.latency_ms, made.cost_usd) == (7.0, 0.5)
    assert type(made.cost_usd) is float
    assert {type(made.metadata["a"]), type(made.errors[0])} == {str}
    assert event(cost_usd=Fraction(1, 4)).cost_usd == 0.25


@pytest.mark.parametrize(
    "given",
    [
        AT,
        AT.astimezone(timezone(timedelta(hours=5, minutes=30))),
        "2026-01-31T12:00:00.123456Z",
        "2026-01-31t17:30:00.123456999+05:30",
        "2026-01-31 12:00:00.123456z",
    ],
)
def test_times_are_kept_in_utc(given: datetime | str) -> None:
    """Whatever offset they come with, and in whole microseconds."""
    made = event(timestamp=given)
    assert made.timestamp == AT
    assert made.timestamp.tzinfo is UTC
    assert made.to_dict()["timestamp"] == "2026-01-31T12:00:00.123456Z"
    assert time_ns_of(given) == made.time_ns == 1769860800_123456_000


@pytest.mark.parametrize(
    "given",
    [UUID(EVENT_ID), EVENT_ID.upper(), EVENT_ID.replace("-", "")],
)
def test_identifiers_are_kept_in_one_form(given: UUID | str) -> None:
    """However a UUID is written, the consumer gets it in lower case with hyphens."""
    assert event(event_id=given).event_id == EVENT_ID
    other = uuid4()
    assert event(event_id=other).event_id == str(other)


@pytest.mark.parametrize(
    ("latency_ms", "tokens", "cost_usd", "field"),
    [
        (600_000.0, 128_000, 100.0, None),
        (600_000.5, 0, 0.0, "latency_ms"),
        (0.0, 128_001, 0.0, "response.tokens"),
        (0.0, 0, 100.5, "cost_usd"),
    ],
)
def test_doubtful_events_are_known(
    latency_ms: float, tokens: int, cost_usd: float, field: str | None
) -> None:
    """A consumer with default settings turns them down, though they may be right."""
    assert doubtful(latency_ms, tokens, cost_usd) == field
