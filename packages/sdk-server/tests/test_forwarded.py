"""What only an upstream can do: forwarded as it is, or refused."""

from __future__ import annotations

import json

import httpx
import pytest

from ._upstreams import Upstream, reply


@pytest.mark.parametrize(
    ("method", "path", "operation"),
    [
        ("GET", "/v1/fine_tuning/jobs", "listFineTuningJobs"),
        ("POST", "/v1/fine_tuning/jobs/ft/cancel", "cancelFineTuningJob"),
    ],
)
def test_without_an_upstream_it_is_refused_by_name(
    client: httpx.Client, method: str, path: str, operation: str
) -> None:
    """In the error shape of the API; nothing is made up."""
    response = client.request(method, path)
    error = response.json()["error"]
    assert (501, "server_error", "not_implemented") == (
        response.status_code,
        error["type"],
        error["code"],
    )
    assert f"`{operation}`" in error["message"]


def test_only_callers_learn_what_is_not_served(client: httpx.Client) -> None:
    """Credentials and bodies are checked before."""
    assert 401 == httpx.get(client.base_url.join("/v1/fine_tuning/jobs")).status_code
    assert 400 == client.post("/v1/moderations", json={}).status_code


def test_json_goes_to_the_same_path(crooked: httpx.Client, upstream: Upstream) -> None:
    """With its query; the answer comes back with the headers that are for callers."""
    upstream.answer = reply(
        "200 OK", "application/json", b'{"data": []}', "openai-version: 1", "set-cookie: a=b"
    )
    response = crooked.get("/v1/fine_tuning/jobs", params={"limit": 2, "metadata[a]": "b"})
    assert upstream.head.startswith(b"GET /v1/fine_tuning/jobs?limit=2&metadata%5Ba%5D=b ")
    assert ({"data": []}, "1") == (response.json(), response.headers["openai-version"])
    assert "set-cookie" not in response.headers
    crooked.post("/v1/moderations", json={"input": "x"})
    assert upstream.head.startswith(b"POST /v1/moderations ")
    assert b'{"input":"x"}' == upstream.body


def test_forms_are_sent_on_with_their_files(crooked: httpx.Client, upstream: Upstream) -> None:
    """Every field under its own name, every file with its own."""
    upstream.answer = reply("200 OK", "application/json", b'{"text": "Hi."}')
    data = {"model": "m", "timestamp_granularities[]": ["word", "segment"]}
    files = {"file": ("a.wav", b"RIFF", "audio/wav")}
    response = crooked.post("/v1/audio/transcriptions", data=data, files=files)
    assert {"text": "Hi."} == response.json()
    assert b"content-type: multipart/form-data; boundary=" in upstream.head.lower()
    assert b'name="file"; filename="a.wav"\r\nContent-Type: audio/wav\r\n\r\nRIFF' in upstream.body
    assert 2 == upstream.body.count(b'name="timestamp_granularities[]"\r\n\r\n')
    crooked.post("/v1/audio/transcriptions", data=data, files={"file": ("a", b"x")})
    assert b'filename="a"\r\nContent-Type: application/octet-stream' in upstream.body


def test_bytes_and_events_pass_as_they_come(crooked: httpx.Client, upstream: Upstream) -> None:
    """A sound is no JSON, and a stream is none either."""
    body = {"model": "m", "input": "Hi.", "voice": "alloy"}
    upstream.answer = reply("200 OK", "audio/mpeg", b"\xff\xfb")
    sound = crooked.post("/v1/audio/speech", json=body)
    assert (b"\xff\xfb", "audio/mpeg") == (sound.content, sound.headers["content-type"])
    upstream.answer = reply("200 OK", "text/event-stream", b"data: {}\n\n")
    told = crooked.post("/v1/audio/speech", json={**body, "stream_format": "sse"})
    assert "data: {}\n\n" == told.text


def test_an_answer_may_say_where_something_is(crooked: httpx.Client, upstream: Upstream) -> None:
    """The status and the place are the upstream's."""
    upstream.answer = reply("201 Created", "application/sdp", b"v=0", "location: /calls/1")
    response = crooked.post("/v1/realtime/calls", files={"sdp": (None, b"v=0")})
    assert (201, "/calls/1", "v=0") == (
        response.status_code,
        response.headers["location"],
        response.text,
    )


def test_refusals_are_those_of_the_upstream(crooked: httpx.Client, upstream: Upstream) -> None:
    """As for every other operation."""
    upstream.answer = reply("400 Bad", "application/json", b'{"error": {"message": "No."}}')
    response = crooked.post("/v1/moderations", json={"input": "x"})
    assert (400, "No.") == (response.status_code, response.json()["error"]["message"])


def test_the_requests_of_a_batch_are_forwarded_too(
    crooked: httpx.Client, upstream: Upstream
) -> None:
    """Each as if it was sent by itself."""
    upstream.answer = reply("200 OK", "application/json", b'{"results": []}')
    url = "/v1/moderations"
    line = {"custom_id": "a", "method": "POST", "url": url, "body": {"input": "x"}}
    files = {"file": ("a.jsonl", json.dumps(line).encode())}
    file = crooked.post("/v1/files", files=files, data={"purpose": "batch"}).json()
    body = {"input_file_id": file["id"], "endpoint": url, "completion_window": "24h"}
    batch = crooked.post("/v1/batches", json=body).json()
    while batch["status"] in ("validating", "in_progress", "finalizing"):
        batch = crooked.get(f"/v1/batches/{batch['id']}").json()
    result = crooked.get(f"/v1/files/{batch['output_file_id']}/content").json()
    assert (200, {"results": []}) == (
        result["response"]["status_code"],
        result["response"]["body"],
    )
