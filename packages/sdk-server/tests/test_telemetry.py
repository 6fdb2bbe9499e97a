"""Telemetry events, over HTTP and in the database."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any
from uuid import uuid4

import attrs
import httpx
import pytest

from sdk_server import create_app
from sdk_server._database import Database
from sdk_server._telemetry_events import TelemetryEvents

from ._embedded import KEY, embedded

EVENTS = "/api/telemetry/events"
COUNTS = ("accepted", "duplicates")


def event(**changes: Any) -> dict[str, Any]:
    """Return an event that follows the rules, but for what is changed."""
    return {
        "event_id": str(uuid4()),
        "timestamp": "2026-11-21T10:05:00.250Z",
        "service_name": "shop",
        "trace_id": None,
        "span_id": None,
        "model": "echo-1",
        "prompt": {"text": "", "tokens": 7, "embedding": None},
        "response": {"text": "", "tokens": 3, "finish_reason": "stop", "embedding": [0.5]},
        "latency_ms": 250.5,
        "cost_usd": 0.0,
        "metadata": {"region": "eu"},
        "errors": [],
        **changes,
    }


def test_events_are_kept_once(client: httpx.Client) -> None:
    """A batch that comes again, or an event that stands twice in one, does no harm."""
    one, two = event(), event()
    twice = {**two, "event_id": two["event_id"].upper()}
    for batch, expected in (([one], (1, 0)), ([one, two, twice], (1, 2))):
        answer = client.post(EVENTS, json={"events": batch})
        receipt = {"accepted": expected[0], "duplicates": expected[1], "rejected": []}
        assert (202, receipt) == (answer.status_code, answer.json())


@pytest.mark.parametrize(
    ("wrong", "path", "words"),
    [
        ({"latency_ms": -1}, "latency_ms", "minimum of 0"),
        ({"timestamp": "2026-11-21T10:05:00"}, "timestamp", "date-time"),
        ({"timestamp": "2026-11-21T10:05:00+00:00Z"}, "timestamp", "date-time"),
        ({"event_id": "17"}, "event_id", "uuid"),
        ({"metadata": {"n": 1}}, "metadata/n", "string"),
        ({"errors": None}, "errors", "array"),
        ({"prompt": {"text": "x" * 100_001, "tokens": 1}}, "prompt/text", "100000"),
        ({"prompt": {"text": "", "tokens": 2**32}}, "prompt/tokens", "4294967295"),
    ],
)
def test_an_event_that_breaks_a_rule_is_rejected_by_itself(
    client: httpx.Client, wrong: dict[str, Any], path: str, words: str
) -> None:
    """The others are kept; what is wrong has its place, and no value is repeated."""
    bad = event(**wrong)
    answer = client.post(EVENTS, json={"events": [event(), bad]})
    [rejection] = answer.json()["rejected"]
    assert (202, 1, 1) == (answer.status_code, answer.json()["accepted"], rejection["index"])
    assert (bad["event_id"], f"#/events/1/{path}") == (rejection["event_id"], rejection["pointer"])
    assert words in rejection["reason"]


def test_an_object_that_is_no_event_is_rejected_by_itself(client: httpx.Client) -> None:
    """What has no identifier is found by its place."""
    answer = client.post(EVENTS, json={"events": [{}, event()]}).json()
    [rejection] = answer["rejected"]
    assert (1, 0, None) == (answer["accepted"], rejection["index"], rejection["event_id"])


@pytest.mark.parametrize("body", [{}, {"events": []}, {"events": [1]}, {"events": [{}] * 1001}, []])
def test_what_is_no_batch_is_refused(client: httpx.Client, body: Any) -> None:
    """As any other body that the document does not describe."""
    assert 422 == client.post(EVENTS, json=body).status_code


def test_a_stranger_may_not_send(server: Any) -> None:
    """Nothing is kept for who is not known."""
    assert 401 == httpx.post(f"{server.url}{EVENTS}", json={"events": [event()]}).status_code


@pytest.mark.anyio
async def test_each_user_has_events_of_their_own_and_the_newest_stay(tmp_path: Path) -> None:
    """By their number and by their size; after another start, too."""
    database = Database(tmp_path / "d.sqlite3")
    database.run_sync(
        lambda connection: connection.executemany(
            "INSERT INTO users VALUES (?, ?, NULL, NULL, x'', 0, 1.0)", [("a", "a"), ("b", "b")]
        )
    )
    events = TelemetryEvents(database, kept=3)
    assert 2 == await events.add("a", [("1", "one"), ("2", "two"), ("1", "one")])
    assert 2 == await events.add("b", [("1", "uno"), ("3", "tres")])
    assert ["two", "uno", "tres"] == await events.newest(9)
    assert ["tres"] == await events.newest(1)
    again = TelemetryEvents(database, kept=9, kept_bytes=10)
    await again.add("a", [("4", "four")])
    assert ["tres", "four"] == await again.newest(9)
    await again.add("a", [("5", "more than ten")])
    assert ["more than ten"] == await again.newest(9)
    database.close()


@pytest.mark.anyio
async def test_who_finds_the_platform_busy_is_told_to_come_again(tmp_path: Path) -> None:
    """A batch waits in memory, so only some do."""
    async with embedded(tmp_path) as made:
        database = Database(tmp_path / "other.sqlite3")
        events = TelemetryEvents(database, at_once=0)
        app = create_app(attrs.evolve(made.services, telemetry=events))
        headers = {"authorization": f"Bearer {KEY}"}
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="http://test", headers=headers
        ) as client:
            answer = await client.post(EVENTS, json={"events": [event()]})
        database.close()
        assert (429, "1", "busy") == (
            answer.status_code,
            answer.headers["retry-after"],
            answer.json()["code"],
        )


def test_a_compressed_body_is_read(client: httpx.Client) -> None:
    """As if it were not; whole or in pieces."""
    body = gzip.compress(json.dumps({"events": [event()] * 100}).encode())
    headers = {"content-type": "application/json", "content-encoding": "GZIP"}
    pieces = (body[at : at + 50] for at in range(0, len(body), 50))
    for content in (body, pieces):
        answer = client.post(EVENTS, content=content, headers=headers)
        assert (202, 100) == (answer.status_code, sum(answer.json()[k] for k in COUNTS))


@pytest.mark.parametrize("damage", [lambda body: body[:-4], lambda body: body * 2, lambda _: b"{}"])
def test_a_body_that_is_not_compressed_as_it_says_is_refused(
    client: httpx.Client, damage: Any
) -> None:
    """400, as for any body that cannot be read."""
    body = damage(gzip.compress(json.dumps({"events": [event()]}).encode()))
    headers = {"content-type": "application/json", "content-encoding": "gzip"}
    answer = client.post(EVENTS, content=body, headers=headers)
    assert (400, "invalid_gzip") == (answer.status_code, answer.json()["code"])


def test_a_small_body_that_would_be_a_large_one_is_refused(client: httpx.Client) -> None:
    """The limit is on what it holds, and no more than that is ever made of it."""
    bomb = gzip.compress(b" " * (32 * 1024 * 1024 + 1))
    headers = {"content-type": "application/json", "content-encoding": "gzip"}
    answer = client.post(EVENTS, content=bomb, headers=headers)
    assert (413, "body_too_large") == (answer.status_code, answer.json()["code"])
