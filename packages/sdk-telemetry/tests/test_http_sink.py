"""Events over HTTP: to the platform's server, and to servers that misbehave."""

from __future__ import annotations

import gzip
import json
import sqlite3
import subprocess
import sys
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from sdk_auth import OAuth, Password
from sdk_core.errors import ConfigurationError
from sdk_core.testing import ExampleServer, FakeTransport, Received
from sdk_server.testing import RunningServer, running_server
from sdk_telemetry import AsyncTelemetryClient, TelemetryClient
from sdk_telemetry.errors import SendError, SinkAuthenticationError, SinkConnectionError
from sdk_telemetry.sinks import HTTPSink, Record

PATH = "/api/telemetry/events"


def record(number: int = 1, **changes: Any) -> Record:
    """Return an event as the pipeline makes it, but for what is changed."""
    event = {
        "event_id": str(uuid4()),
        "timestamp": "2026-11-21T10:05:00.250Z",
        "service_name": "shop",
        "trace_id": None,
        "span_id": None,
        "model": f"m{number}",
        "prompt": {"text": "", "tokens": 7, "embedding": None},
        "response": {"text": "", "tokens": 3, "finish_reason": "stop", "embedding": None},
        "latency_ms": 250.5,
        "cost_usd": 0.0,
        "metadata": {},
        "errors": [],
        **changes,
    }
    return Record(number, event["event_id"], json.dumps(event).encode())


class Settled:
    """Keeps what the sink says of records."""

    def __init__(self) -> None:
        self.errors: dict[int, SendError | None] = {}

    def __call__(self, records: Sequence[Record], error: SendError | None) -> None:
        """Take what became of some."""
        for each in records:
            assert each.number not in self.errors
            self.errors[each.number] = error

    @property
    def delivered(self) -> list[int]:
        """The numbers of those that arrived."""
        return sorted(number for number, error in self.errors.items() if error is None)

    @property
    def only(self) -> SendError:
        """The error of the only one."""
        [error] = self.errors.values()
        assert error is not None
        return error


def deliver(sink: HTTPSink, records: Sequence[Record]) -> Settled:
    """Hand in records and return what became of them, which is said of the first ones at once."""
    settled = Settled()
    taken = sink.deliver(records, settled)
    assert set(settled.errors) == {each.number for each in records[:taken]}
    return settled


# The platform


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the data folder of the server."""
    return tmp_path_factory.mktemp("platform")


@pytest.fixture(scope="module")
def platform(folder: Path) -> Iterator[RunningServer]:
    """Run the platform's server, which obeys fault headers."""
    with running_server(faults=True, data=folder) as running:
        yield running


@pytest.fixture
def options(platform: RunningServer) -> dict[str, Any]:
    """Return what a sink needs to send to the server."""
    return {"url": f"{platform.url}{PATH}", "credential": platform.api_key}


def kept(folder: Path) -> dict[str, str]:
    """Return the models of the events that the server keeps, by the events' ids."""
    with sqlite3.connect(folder / "platform.sqlite3") as connection:
        rows = connection.execute("SELECT event_id, body FROM telemetry_events").fetchall()
    connection.close()
    return {event_id: json.loads(body)["model"] for event_id, body in rows}


@pytest.mark.parametrize("compression", ["gzip", "none"])
def test_events_arrive_at_the_platform_once(
    folder: Path, options: dict[str, Any], compression: Any
) -> None:
    """In batches; those that are sent again are known there."""
    records = [record(number) for number in range(25)]
    sink = HTTPSink(**options, batch_events=10, compression=compression)
    for _ in range(2):
        assert list(range(25)) == deliver(sink, records).delivered
    sink.close(1)
    there = kept(folder)
    assert [f"m{number}" for number in range(25)] == [there[each.event_id] for each in records]


def test_only_what_the_platform_rejects_has_failed(options: dict[str, Any]) -> None:
    """With the reason, and for good."""
    records = [record(1), record(2, latency_ms=-1), record(3), record(4, model=None)]
    settled = deliver(HTTPSink(**options), records)
    assert [1, 3] == settled.delivered
    assert "`latency_ms`" in str(settled.errors[2])
    assert "`model`" in str(settled.errors[4])
    assert [False, False] == [error.retryable for error in settled.errors.values() if error]


def test_a_batch_that_is_no_json_loses_only_the_culprit(options: dict[str, Any]) -> None:
    """It is divided until the others are through."""
    records = [record(number) for number in range(8)]
    records[5] = Record(5, "five", b'{"latency_ms": NaN}')
    settled = deliver(HTTPSink(**options), records)
    assert [0, 1, 2, 3, 4, 6, 7] == settled.delivered
    assert "answered 400" in str(settled.errors[5])


def test_who_is_not_known_is_not_heard_again(options: dict[str, Any]) -> None:
    """A wrong key is refused, and the message does not repeat it."""
    error = deliver(HTTPSink(**{**options, "credential": "sk-wrong"}), [record()]).only
    assert isinstance(error, SinkAuthenticationError)
    assert (False, "http") == (error.retryable, error.sink)
    assert "credential" in str(error)
    assert "sk-wrong" not in str(error)


def test_a_platform_that_fails_is_asked_again(options: dict[str, Any]) -> None:
    """Not by the sink but by its lane, which is told how long to wait; what follows waits too."""
    headers = {"x-sdk-fault": f"status=503; times=1; retry-after=7; id={uuid4()}"}
    sink = HTTPSink(**options, headers=headers, batch_events=2)
    records = [record(number) for number in range(5)]
    settled = deliver(sink, records)
    assert [0, 1] == list(settled.errors)
    assert [(True, 7.0)] * 2 == [(e.retryable, e.retry_after) for e in settled.errors.values() if e]
    assert [0, 1, 2, 3, 4] == deliver(sink, records).delivered


@pytest.mark.parametrize("fault", ["html", "cut=1", "malformed=1"])
def test_an_answer_that_is_no_receipt_is_not_believed(options: dict[str, Any], fault: str) -> None:
    """A web page, or half an answer: the batch is sent again, and the platform knows it."""
    headers = {"x-sdk-fault": f"{fault}; times=1; id={uuid4()}"}
    sink = HTTPSink(**options, headers=headers)
    records = [record(1), record(2, latency_ms=-1)]  # a receipt that is long enough to be cut
    settled = deliver(sink, records)
    assert [True, True] == [error.retryable for error in settled.errors.values() if error]
    assert [1] == deliver(sink, records).delivered


def test_a_server_that_is_not_there_is_tried_again() -> None:
    """The message says which, and no path or query of it."""
    sink = HTTPSink("http://127.0.0.1:9/api?key=secret")
    error = deliver(sink, [record()]).only
    assert isinstance(error, SinkConnectionError)
    assert error.retryable
    assert "127.0.0.1" in str(error)
    assert "secret" not in f"{error} {sink!r}"


@pytest.mark.anyio
async def test_what_a_client_tracks_arrives_at_the_platform(
    colour: str, folder: Path, options: dict[str, Any]
) -> None:
    """By both clients, with awkward values, in a batch; nothing of it is rejected."""
    model = f"{colour}-{uuid4()}"
    told: dict[str, Any] = {"prompt_tokens": 7, "metadata": {"a\ud800": "\x00"}, "errors": ["e"]}
    sink = HTTPSink(**options)
    if colour == "sync":
        with TelemetryClient(sinks=[sink], service_name="shop") as client:
            assert all(client.track(model, "Hi", "Ho", **told) for _ in range(20))
            assert 0 == client.flush(30)
            stats = client.stats()
    else:
        async with AsyncTelemetryClient(sinks=[sink], service_name="shop") as client:
            assert all(client.track(model, "Hi", "Ho", **told) for _ in range(20))
            assert 0 == await client.flush(30)
            stats = client.stats()
    assert (20, 20) == (stats.accepted, stats.delivered)
    assert 20 == list(kept(folder).values()).count(model)


def test_a_platform_that_is_away_for_a_while_gets_all_in_order(
    folder: Path, options: dict[str, Any]
) -> None:
    """The lane repeats what failed; an answer that was lost makes no event come twice."""
    faults = ("status=503; retry-after=0", "cut=1", "html")
    models = [f"{uuid4()}" for _ in range(30)]
    headers = {"x-sdk-fault": ""}
    for fault in faults:
        headers["x-sdk-fault"] = f"{fault}; times=2; id={uuid4()}"
        sink = HTTPSink(**options, headers=headers, batch_events=7)
        with TelemetryClient(sinks=[sink], service_name="shop") as client:
            assert all(client.track(model) for model in models)
            assert 0 == client.flush(30)
            assert (30, 30) == (client.stats().accepted, client.stats().delivered)
    found = [model for model in kept(folder).values() if model in set(models)]
    assert models * len(faults) == found


def test_a_forked_child_sends_on_connections_of_its_own(
    folder: Path, options: dict[str, Any]
) -> None:
    """Parent and child go on with the same sink, and neither hears the answers of the other."""
    program = """
import json, os, sys
from sdk_telemetry.sinks import HTTPSink, Record
options, payloads = json.load(sys.stdin)
records = [Record(n, json.loads(p)["event_id"], p.encode()) for n, p in enumerate(payloads)]
sink, told = HTTPSink(**options), []
def send(record):
    sink.deliver([record], lambda records, error: told.append(error))
send(records[0])
child = os.fork()
for record in records[1:4] if child else records[4:]:
    send(record)
assert not any(told), told
os._exit(0) if not child else sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
    records = [record(number) for number in range(7)]
    given = json.dumps([options, [each.payload.decode() for each in records]])
    subprocess.run([sys.executable, "-c", program], input=given, text=True, check=True, timeout=60)
    assert {each.event_id for each in records} <= set(kept(folder))


def test_tokens_come_from_sdk_auth(platform: RunningServer, options: dict[str, Any]) -> None:
    """A grant signs in when the first batch goes."""
    grant = Password(
        client_id="telemetry",
        username=platform.admin_user,
        password=platform.admin_password,
        token_url=f"{platform.platform_url}/auth/token",
    )
    sink = HTTPSink(options["url"], auth=OAuth(grant))
    assert [1] == deliver(sink, [record()]).delivered


# Servers that misbehave


class Scripted(ExampleServer):
    """Answers in turn, the last one again and again."""

    def __init__(self, *answers: Mapping[str, Any]) -> None:
        super().__init__()
        self.answers = deque(answers)

    def answer(self, call: Received) -> Mapping[str, Any]:
        """Return the next answer."""
        return self.answers.popleft() if len(self.answers) > 1 else self.answers[0]

    @property
    def sizes(self) -> list[int]:
        """How many events each request had."""
        return [len(json.loads(gzip.decompress(call.body))["events"]) for call in self.calls]


TAKEN = {"status": 204}


class Small(Scripted):
    """Takes bodies of at most so many bytes."""

    most = 1_500

    def answer(self, call: Received) -> Mapping[str, Any]:
        """Judge by the size."""
        return TAKEN if len(gzip.decompress(call.body)) <= self.most else {"status": 413}


def test_a_batch_that_is_too_large_is_divided() -> None:
    """And the batches that follow begin smaller; nothing is sent twice or out of order."""
    with Small(TAKEN) as server:
        sink = HTTPSink(server.url)
        records = [record(number) for number in range(16)]
        assert list(range(16)) == deliver(sink, records).delivered
        tried = len(server.calls)
        assert 16 == len(deliver(sink, records).delivered)
        assert all(len(gzip.decompress(c.body)) <= 1_500 for c in server.calls[tried:])


def test_one_event_that_is_too_large_fails_alone() -> None:
    """There is nothing to divide."""
    with Small(TAKEN) as server:
        records = [record(0), record(1, model="m" * 2_000), record(2)]
        settled = deliver(HTTPSink(server.url), records)
        assert [0, 2] == settled.delivered
        assert (False, "127.0.0.1 answered 413") == (
            getattr(settled.errors[1], "retryable", None),
            str(settled.errors[1]),
        )


def test_what_fails_behind_a_division_is_not_lost() -> None:
    """The half that was not sent is left to the lane."""
    with Scripted({"status": 413}, TAKEN, {"status": 500}) as server:
        records = [record(number) for number in range(4)]
        settled = deliver(HTTPSink(server.url), records)
        assert [0, 1] == settled.delivered
        assert [4, 2, 2] == server.sizes


@pytest.mark.parametrize(
    ("status", "retryable"),
    [
        *((400, False), (403, False), (404, False), (405, False), (415, False), (422, False)),
        *((501, False), (505, False)),
        *(
            (408, True),
            (409, True),
            (425, True),
            (429, True),
            (500, True),
            (502, True),
            (599, True),
        ),
    ],
)
def test_a_refusal_is_repeated_where_that_makes_sense(status: int, retryable: bool) -> None:
    """By its status; what the server says beyond that is not repeated."""
    answer = {"status": status, "json": {"detail": "secret prompt"}}
    with Scripted(answer) as server:
        error = deliver(HTTPSink(server.url), [record()]).only
        assert (retryable, 1) == (error.retryable, len(server.calls))
        assert "secret" not in str(error)


@pytest.mark.parametrize(
    "answer",
    [
        {"status": 200, "text": "ok", "type": "text/plain"},
        {"status": 200, "json": []},
        {
            "status": 201,
            "json": {"rejected": [7, {"index": 99}, {"index": "0"}, {"event_id": "x"}]},
        },
        {"status": 202, "json": {"accepted": 3}},
        TAKEN,
    ],
)
def test_any_other_success_means_that_the_events_are_there(answer: Mapping[str, Any]) -> None:
    """Not every server writes receipts, and not every receipt makes sense."""
    with Scripted(answer) as server:
        records = [record(number) for number in range(3)]
        assert [0, 1, 2] == deliver(HTTPSink(server.url), records).delivered


def test_a_receipt_that_leaves_events_out_is_not_believed() -> None:
    """What is not counted may not be there, so the batch is sent again."""
    receipt = {"accepted": 1, "duplicates": 0, "rejected": []}
    with Scripted({"status": 202, "json": receipt}) as server:
        settled = deliver(HTTPSink(server.url), [record(1), record(2)])
        assert [True, True] == [error.retryable for error in settled.errors.values() if error]


def test_a_batch_may_be_rejected_as_a_whole() -> None:
    """By its places alone; a long reason is cut."""
    rejected = [{"index": 0, "reason": "x" * 999}, {"index": 1}]
    with Scripted({"status": 202, "json": {"accepted": 0, "rejected": rejected}}) as server:
        settled = deliver(HTTPSink(server.url), [record(1), record(2)])
        assert [] == settled.delivered
        assert len(str(settled.errors[1])) < 300
        assert "no reason given" in str(settled.errors[2])


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["accepted", "duplicates", "rejected", "index", "event_id", "reason"]),
            inner,
        )
    ),
    max_leaves=9,
)


@settings(max_examples=50)
@given(receipt=JSON, status=st.sampled_from([200, 202, 207]))
def test_whatever_a_receipt_says_each_event_is_settled_once(receipt: object, status: int) -> None:
    """A server may answer anything."""
    with Scripted({"status": status, "json": receipt}) as server:
        assert {1, 2} == set(deliver(HTTPSink(server.url), [record(1), record(2)]).errors)


def test_batches_end_by_their_bytes() -> None:
    """An event that is larger goes alone."""
    with Scripted(TAKEN) as server:
        size = len(record().payload)
        sink = HTTPSink(server.url, batch_bytes=3 * size)
        records = [record(n, service_name="s" * (3 * size if n == 4 else 4)) for n in range(7)]
        assert 7 == len(deliver(sink, records).delivered)
        assert [2, 2, 1, 2] == server.sizes


def test_the_request_is_as_its_options_say() -> None:
    """Path and query of the address, headers, and zstd where the server knows it."""
    with Scripted(TAKEN) as server:
        sink = HTTPSink(
            f"{server.url}/in/events?tenant=a", headers={"x-team": "t"}, compression="zstd"
        )
        deliver(sink, [one := record()])
        [call] = server.calls
    assert ("POST", "/in/events", (("tenant", "a"),)) == (call.method, call.path, call.query)
    assert ("zstd", "application/json", "t") == tuple(
        call.headers[name] for name in ("content-encoding", "content-type", "x-team")
    )
    assert b'{"events":[%s]}' % one.payload == zstandard.decompress(call.body)


def test_the_credential_is_asked_for_when_it_is_needed() -> None:
    """A function gives the token of the moment; one that fails is tried again by the lane."""
    tokens = iter(["one", "two"])
    with Scripted(TAKEN) as server:
        sink = HTTPSink(server.url, credential=lambda: next(tokens))
        for _ in range(2):
            deliver(sink, [record()])
        sent = [call.headers["authorization"] for call in server.calls]
        assert ["Bearer one", "Bearer two"] == sent


def test_a_credential_that_cannot_be_had_is_tried_again() -> None:
    """The server of tokens may come back."""

    def fail() -> str:
        raise SinkConnectionError("away")  # noqa: EM101  # any error of the family

    error = deliver(HTTPSink("http://127.0.0.1:9/", credential=fail), [record()]).only
    assert (True, "127.0.0.1 was not asked: SinkConnectionError") == (error.retryable, str(error))


def test_what_the_client_cannot_send_has_failed() -> None:
    """Such as with a credential that is none: repeating it changes nothing."""
    error = deliver(HTTPSink("http://127.0.0.1:9/", credential=lambda: ""), [record()]).only
    assert not error.retryable


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"url": "platform.example"}, "`url`"),
        ({"url": "ftp://user:pass@host/"}, "`url`"),
        ({"batch_events": 0}, "`batch_events`"),
        ({"batch_bytes": True}, "`batch_bytes`"),
        ({"compression": "snappy"}, "`compression`"),
        ({"timeout": -1}, "timeout"),
        ({"credential": ""}, "`credential`"),
    ],
)
def test_an_option_that_cannot_work_is_refused_at_once(options: dict[str, Any], words: str) -> None:
    """By its name, and without a secret."""
    with pytest.raises(ConfigurationError, match=words) as caught:
        HTTPSink(**{"url": "https://host/events", **options})
    assert "pass" not in str(caught.value)


def test_zstd_needs_its_library(monkeypatch: pytest.MonkeyPatch) -> None:
    """The message says what to install."""
    monkeypatch.setitem(sys.modules, "zstandard", None)
    monkeypatch.setattr("sdk_telemetry.sinks._http.find_spec", lambda name: None)
    with pytest.raises(ConfigurationError, match=r"sdk-telemetry\[zstd\]"):
        HTTPSink("https://host/events", compression="zstd")


def test_other_options_are_the_clients() -> None:
    """Such as a transport that a test plays."""
    assert isinstance(HTTPSink("https://host/", transport=FakeTransport()), HTTPSink)
