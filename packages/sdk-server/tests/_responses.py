"""Ask for answers, whole and as events."""

from __future__ import annotations

import json
from typing import Any

import httpx

RESPONSES = "/v1/responses"

Json = dict[str, Any]

WEATHER: Json = {
    "type": "function",
    "name": "weather",
    "parameters": {
        "type": "object",
        "properties": {"city": {"type": "string"}, "days": {"type": "integer", "minimum": 2}},
        "required": ["city", "days"],
    },
}
NOTE: Json = {"type": "custom", "name": "note"}


def ask(client: httpx.Client, question: object = "Hello there!", **more: Any) -> Json:
    """Return the whole answer to an input."""
    response = client.post(RESPONSES, json={"model": "echo-1", "input": question, **more})
    assert response.status_code == 200, response.text
    answer: Json = response.json()
    return answer


def refused(client: httpx.Client, status: int = 400, **body: Any) -> Json:
    """Return the error of a request that is refused."""
    response = client.post(RESPONSES, json={"model": "echo-1", "input": "Hi.", **body})
    assert status == response.status_code, response.text
    error: Json = response.json()["error"]
    return error


def said(answer: Json) -> str:
    """Return all text of an answer."""
    return "".join(
        part["text"]
        for item in answer["output"]
        if item["type"] == "message"
        for part in item["content"]
    )


def stream(client: httpx.Client, question: object = "Hello there!", **more: Any) -> list[Json]:
    """Return the events of a streamed answer."""
    body = {"model": "echo-1", "input": question, "stream": True, **more}
    return events(client.post(RESPONSES, json=body))


def events(response: httpx.Response) -> list[Json]:
    """Return the events of a stream, each of which is named after its type."""
    assert response.status_code == 200, response.text
    assert response.headers["content-type"].startswith("text/event-stream")
    found = []
    for block in response.text.split("\n\n")[:-1]:
        name, data = block.split("\n")
        event = json.loads(data.removeprefix("data: "))
        assert f"event: {event['type']}" == name
        found.append(event)
    return found
