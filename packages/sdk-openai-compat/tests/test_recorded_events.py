"""Stream helpers over what real servers sent; see `shared/wire`, which stands beside the repository."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from ._clients import HELLO, Wire, done, entered, items

WIRE = Path(__file__).resolve().parents[4] / "shared" / "wire"

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.shared,
    pytest.mark.skipif(not WIRE.is_dir(), reason="needs the recordings in ../shared/wire"),
]


def recorded(path: str) -> list[Any]:
    """Return the answers to streamed requests to *path*."""
    found = []
    for request in sorted(WIRE.glob("*/*.req")):
        line, _, rest = request.read_bytes().partition(b"\r\n")
        sent = rest.partition(b"\r\n\r\n")[2]
        answer = request.with_suffix(".resp").read_bytes()
        if line.split()[1:2] == [path.encode()] and b'"stream":true' in sent.replace(b" ", b""):
            body = request.with_suffix(".body").read_bytes()
            name = f"{request.parent.name}/{request.stem}"
            good = answer.split()[1:2] == [b"200"] and b'"error"' not in body
            if good and "chaos" not in name:  # which is what `tests/wire` is about
                found.append(pytest.param(body, id=name))
    return found


def data_of(body: bytes) -> list[dict[str, Any]]:
    """Return the JSON of each event of *body*, read by another way than the package's."""
    lines = [line.removeprefix("data:").strip() for line in body.decode().split("\n")]
    return [json.loads(line) for line in lines if line.startswith("{")]


def answering(body: bytes) -> Wire:
    """Return what streams *body*."""
    headers = {"content-type": "text/event-stream"}
    return Wire(lambda _: httpx.Response(200, content=body, headers=headers))


@pytest.mark.parametrize("body", recorded("/v1/chat/completions"))
async def test_a_recorded_chat_makes_one_completion(colour: str, body: bytes) -> None:
    """Its text, reasoning and arguments are those of its deltas, one behind the other."""
    client = answering(body).client(colour)
    async with entered(client.chat.completions.stream(model="m", messages=HELLO)) as stream:
        events = await items(stream)
        snapshot = stream.current_completion_snapshot
        if snapshot.choices[0].finish_reason == "length":
            completion = snapshot
        else:
            completion = await done(stream.get_final_completion())
    deltas = [
        choice["delta"]
        for each in data_of(body)
        for choice in each.get("choices", ())
        if not choice["index"]
    ]
    message = completion.choices[0].message
    assert (message.content or "") == "".join(each.get("content") or "" for each in deltas)
    reasoning = "".join(each.get("reasoning_content") or "" for each in deltas)
    assert (message.reasoning_content or "") == reasoning
    pieces = [call for each in deltas for call in each.get("tool_calls") or ()]
    arguments = "".join(call["function"].get("arguments") or "" for call in pieces)
    assert "".join(call.function.arguments for call in message.tool_calls or ()) == arguments
    if pieces:
        assert completion.choices[0].finish_reason == "tool_calls"
    kinds = [event.type for event in events]
    assert kinds.count("content.done") == (1 if message.content else 0)
    assert kinds.count("tool_calls.function.arguments.done") == len(message.tool_calls or ())


@pytest.mark.parametrize("body", recorded("/v1/responses"))
async def test_a_recorded_response_makes_one_response(colour: str, body: bytes) -> None:
    """Its text is that of its deltas, and of their snapshots; every event of the server is told."""
    client = answering(body).client(colour)
    async with entered(client.responses.stream(model="m", input="hello")) as stream:
        events = await items(stream)
        if events[-1].type != "response.completed":
            with pytest.raises(RuntimeError) as caught:
                await done(stream.get_final_response())
            response = caught.value.partial  # type: ignore[attr-defined]  # our own error
        else:
            response = await done(stream.get_final_response())
    sent = data_of(body)
    assert [event.type for event in events] == [each["type"] for each in sent]
    text = "".join(each["delta"] for each in sent if each["type"] == "response.output_text.delta")
    assert response.output_text == text
    snapshots = [each.snapshot for each in events if each.type == "response.output_text.delta"]
    assert snapshots[-1:] == ([text] if text else [])
