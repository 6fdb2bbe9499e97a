"""Encoding and reading: what is emitted is what the consumer takes, for every event there can be."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sdk_telemetry._ids import moment
from sdk_telemetry.errors import InvalidEventError
from sdk_telemetry.events import PromptInfo, ResponseInfo, TelemetryEvent, encode

from ._consumer import Dropped, Number, accept
from ._made import FIELDS, FOREIGN

GOOD: dict[str, Any] = {
    "service_name": "checkout",
    "model": "gpt-4o",
    "prompt_text": "Say hello.",
    "prompt_tokens": 3,
    "prompt_embedding": None,
    "response_text": "Hello!",
    "response_tokens": 2,
    "finish_reason": "stop",
    "response_embedding": None,
    "event_id": "01890a5d-ac96-774b-bcce-b302099a8057",
    "time_ns": 1769860800_123456_789,
    "trace_id": None,
    "span_id": None,
    "latency_ms": 150.5,
    "cost_usd": 0.001,
    "metadata": {"region": "eu"},
    "errors": (),
}


def built(fields: dict[str, Any]) -> TelemetryEvent:
    """Return the event of the same fields, the long way."""
    return TelemetryEvent(
        fields["service_name"],
        fields["model"],
        PromptInfo(fields["prompt_text"], fields["prompt_tokens"], fields["prompt_embedding"]),
        ResponseInfo(
            fields["response_text"],
            fields["response_tokens"],
            finish_reason=fields["finish_reason"],
            embedding=fields["response_embedding"],
        ),
        timestamp=moment(fields["time_ns"]),
        **{
            name: fields[name]
            for name in ("event_id", "trace_id", "span_id", "latency_ms", "cost_usd")
        },
        metadata=fields["metadata"],
        errors=fields["errors"],
    )


@settings(deadline=None)
@given(FIELDS)
def test_every_event_is_accepted_by_the_consumer(fields: dict[str, Any]) -> None:
    """Whatever it holds: surrogates, NUL, huge numbers, times before the epoch."""
    payload = encode(**fields)
    taken = accept(payload)
    assert payload == built(fields).to_json()
    made = TelemetryEvent.from_json(payload)
    assert made == built(fields)
    assert made.to_json() == payload
    said = made.to_dict()
    assert taken["timestamp"] == made.timestamp
    assert taken["metadata"] == said["metadata"]
    assert (taken["prompt"]["text"], taken["prompt"]["tokens"]) == (
        said["prompt"]["text"],
        said["prompt"]["tokens"],
    )
    for name in ("event_id", "service_name", "model", "latency_ms", "cost_usd", "errors"):
        assert taken[name] == said[name]


@settings(deadline=None)
@given(st.sampled_from(sorted(GOOD)), FOREIGN)
@example("latency_ms", math.nan)
@example("cost_usd", math.inf)
@example("prompt_tokens", True)
@example("prompt_text", "x" * 100_001)
@example("response_text", "\ud83d\ude00" * 100_000)
@example("prompt_embedding", [10**400])
@example("metadata", {"n": 1})
@example("errors", "one")
@example("event_id", "01890A5D-AC96-774B-BCCE-B302099A8057")
@example("service_name", None)
@example("prompt_text", "a\ud800b")
@example("metadata", {"\ud800": "\ud83d\ude00"})
@example("event_id", None)
def test_what_is_foreign_is_accepted_by_the_consumer_or_refused(name: str, value: Any) -> None:
    """Nothing that can be handed in comes out as something that the consumer drops."""
    fields = GOOD | {name: value}
    if name == "time_ns" and type(value) is not int:
        return  # the clock's own
    try:
        payload = encode(**fields)
    except InvalidEventError as refused:
        path = name.replace("prompt_", "prompt.").replace("response_", "response.")
        expected = {"finish_reason": "response.finish_reason", "time_ns": "timestamp"}.get(
            name, path
        )
        assert refused.field == expected  # noqa: PT017  # most values are good
        return
    accept(payload)
    if value is not None or name not in {"metadata", "errors"}:
        assert payload == built(fields).to_json()


def test_nothing_is_no_metadata_and_no_errors() -> None:
    """The client's stages know none of them as None; the consumer gets both, empty."""
    taken = accept(encode(**(GOOD | {"metadata": None, "errors": None})))
    assert (taken["metadata"], taken["errors"]) == ({}, [])


def test_times_are_written_in_microseconds() -> None:
    """What is finer is cut, as `datetime` has no room for it."""
    assert accept(encode(**GOOD))["timestamp"].microsecond == 123456


@settings(deadline=None)
@given(FIELDS, st.data())
def test_an_event_is_read_as_strictly_as_by_the_consumer(
    fields: dict[str, Any], data: st.DataObject
) -> None:
    """What the consumer drops is refused here, and what it takes is taken, whatever is changed."""
    tree = built(fields).to_dict()
    part = data.draw(st.sampled_from([tree, tree["prompt"], tree["response"]]))
    name = data.draw(st.sampled_from(sorted(part)))
    if data.draw(st.booleans()):
        del part[name]
    else:
        part[name] = data.draw(FOREIGN.filter(_writable))
    message = json.dumps(tree, ensure_ascii=data.draw(st.booleans())).encode(errors="surrogatepass")
    try:
        taken = accept(message)
    except Dropped:
        with pytest.raises(InvalidEventError):
            TelemetryEvent.from_json(message)
        return
    try:
        made = TelemetryEvent.from_json(message)
    except InvalidEventError as refused:
        # The one thing that we insist on and the consumer does not: that the model has a name.
        assert (refused.field, taken["model"]) == ("model", "")  # noqa: PT017
    else:
        assert made.latency_ms == taken["latency_ms"]


def _writable(value: Any) -> bool:
    try:
        json.dumps(value)
    except (TypeError, ValueError):
        return False
    return True


@pytest.mark.parametrize(
    ("message", "field"),
    [
        (b"", ""),
        (b"{", ""),
        (b"[]", ""),
        (b"null", ""),
        (b"\xff", ""),
        ("\ufeff{}", ""),
        ("\ud800", ""),
        (b"[" * 100_000, ""),
        (b"{}", "event_id"),
    ],
)
def test_what_is_no_event_is_refused(message: bytes | str, field: str) -> None:
    """The error says where it ends, and shows nothing of it."""
    with pytest.raises(InvalidEventError) as caught:
        TelemetryEvent.from_json(message)
    assert caught.value.field == field


@pytest.mark.parametrize("name", ["event_id", "prompt", "text", "metadata"])
@pytest.mark.parametrize("space", ["", " ", "\n"])
def test_a_key_that_stands_twice_is_refused(name: str, space: str) -> None:
    """Readers differ in which they take; the consumer takes neither."""
    payload = encode(**GOOD).decode().replace(f'"{name}":', f'"{name}":null,"{name}"{space}:', 1)
    with pytest.raises(Dropped):
        accept(payload.encode())
    with pytest.raises(InvalidEventError, match=f"`{name}` has a key that stands twice"):
        TelemetryEvent.from_json(payload)


def test_a_name_of_metadata_that_stands_twice_is_refused() -> None:
    """Though the consumer would take the last."""
    payload = encode(**GOOD).replace(b'{"region":', b'{"region":"us","region":')
    with pytest.raises(InvalidEventError, match="`metadata`"):
        TelemetryEvent.from_json(payload)


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview, bytes.decode])
def test_json_may_come_in_any_form(kind: Any) -> None:
    """As bytes of any type or as a string; with spaces; with keys that nobody knows."""
    made = built(GOOD)
    payload = json.dumps({**made.to_dict(), "new": {"key": [1]}}, indent=1).encode()
    assert TelemetryEvent.from_json(kind(payload)) == made


def test_null_is_no_identifier_and_no_time() -> None:
    """It would make a new one, and the same event twice would be two."""
    for name in ("event_id", "timestamp"):
        with pytest.raises(InvalidEventError, match=f"`{name}` must not be null"):
            TelemetryEvent.from_dict(built(GOOD).to_dict() | {name: None})


@pytest.mark.parametrize("name", ["prompt", "response", "metadata"])
def test_a_part_is_an_object(name: str) -> None:
    """Anything else is refused by the part's name."""
    with pytest.raises(InvalidEventError, match=f"`{name}`") as caught:
        TelemetryEvent.from_dict(built(GOOD).to_dict() | {name: 1})
    assert caught.value.field == name


def test_who_vouches_for_an_identifier_saves_its_check() -> None:
    """The pipeline has made it or checked it before; the bytes are the same."""
    assert encode(**GOOD, made=True) == encode(**GOOD)


@pytest.mark.parametrize("name", ["trace_id", "span_id"])
def test_what_may_be_null_may_be_absent(name: str) -> None:
    """As serde reads an `Option`."""
    tree = built(GOOD).to_dict()
    del tree[name], tree["prompt"]["embedding"]
    assert TelemetryEvent.from_dict(tree) == built(GOOD)
    accept(json.dumps(tree).encode())


@pytest.mark.parametrize(
    "change",
    [
        ('"tokens":3', '"tokens":3.0'),
        ('"tokens":3', '"tokens":-0'),
        ('"tokens":3', '"tokens":true'),
        ('"latency_ms":150.5', '"latency_ms":NaN'),
        ('"latency_ms":150.5', '"latency_ms":1e400'),
        ('"latency_ms":150.5', '"latency_ms":null'),
        ("00.123456Z", "00.123456+00:00Z"),
        ("00.123456Z", "00.123456"),
        ('"gpt-4o"', '"\\ud800"'),
        ('"metadata":{"region":"eu"}', '"metadata":{"region":1}'),
        ('"metadata":{"region":"eu"}', '"metadata":[]'),
        ('"errors":[]', '"errors":{}'),
        ('"embedding":null', '"embedding":[1e39]'),
        ('"event_id":"01', '"event_id":"x1'),
        ("Say hello.", "x" * 100_001),
        ("checkout", ""),
        ('"tokens":3', '"tokens":4294967295'),
    ],
)
def test_the_rules_of_the_consumer(change: tuple[str, str]) -> None:
    """The rules that the tests hold events to do refuse what they are for."""
    payload = encode(**GOOD)
    accept(payload)
    changed = payload.decode().replace(*change, 1)
    assert changed != payload.decode()
    with pytest.raises(Dropped):
        accept(changed.encode())


def test_numbers_are_read_as_they_are_written() -> None:
    """A zero with a sign is no integer for serde."""
    assert Number("-1").is_integer
    assert not Number("-0").is_integer
    assert not Number("1e2").is_integer
