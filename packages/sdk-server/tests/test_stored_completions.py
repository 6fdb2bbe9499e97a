"""Chat completions with `store: true`, over HTTP."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from sdk_server._inference._answers import Assembly

CHAT = "/v1/chat/completions"
TOOL = {"type": "function", "function": {"name": "f"}}


def ask(client: httpx.Client, text: object = "Hello there!", **more: Any) -> httpx.Response:
    """Ask for an answer that is stored."""
    messages = [{"role": "user", "content": text}]
    body = {"model": "echo-1", "messages": messages, "store": True, **more}
    response = client.post(CHAT, json=body)
    assert 200 == response.status_code, response.text
    return response


def test_a_stored_answer_can_be_had_again(client: httpx.Client) -> None:
    """As it was, with its labels; one that is not stored cannot."""
    answer = ask(client, metadata={"a": "b"}).json()
    assert answer == client.get(f"{CHAT}/{answer['id']}").json()
    other = ask(client, store=False).json()
    assert 404 == client.get(f"{CHAT}/{other['id']}").status_code


@pytest.mark.parametrize(
    "more", [{}, {"n": 2, "logprobs": True}, {"tools": [TOOL], "tool_choice": "required"}]
)
def test_a_streamed_answer_is_stored_whole(client: httpx.Client, more: dict[str, Any]) -> None:
    """What is stored is what the same request without a stream answers."""
    options = {"stream": True, "stream_options": {"include_usage": True}}
    text = ask(client, **more, **options).text
    assert text.endswith("data: [DONE]\n\n")
    identity = json.loads(text.split("\n\n")[0].removeprefix("data: "))["id"]
    stored = client.get(f"{CHAT}/{identity}").json()
    whole = client.get(f"{CHAT}/{ask(client, **more).json()['id']}").json()
    for answer in (stored, whole):
        del answer["id"], answer["created"]
        for choice in answer["choices"]:
            if not (choice["logprobs"] or {}).get("content"):
                choice["logprobs"] = None  # of a call there are none
            else:
                choice["logprobs"].setdefault("refusal", None)
                choice["logprobs"]["refusal"] = None
    assert whole == stored


def test_answers_are_listed_oldest_first_by_label_and_model(client: httpx.Client) -> None:
    """Every label that is named must fit."""
    label = "listed"
    first, second = (
        ask(client, metadata={"suite": label, "number": number}).json()["id"]
        for number in ("1", "2")
    )

    def ids(**parameters: Any) -> list[str]:
        given = {"metadata[suite]": label, **parameters}
        return [entry["id"] for entry in client.get(CHAT, params=given).json()["data"]]

    assert [first, second] == ids()
    assert [second, first] == ids(order="desc")
    assert [second] == ids(**{"metadata[number]": "2"})
    assert [second] == ids(after=first, model="echo-1")
    assert [] == ids(model="other")
    assert [] == ids(**{"metadata[none]": "1"})


def test_labels_can_be_replaced(client: httpx.Client) -> None:
    """All at once; null removes them."""
    place = f"{CHAT}/{ask(client, metadata={'a': 'b'}).json()['id']}"
    for given, kept in (({"c": "d"}, {"c": "d"}), (None, {})):
        assert kept == client.post(place, json={"metadata": given}).json()["metadata"]
        assert kept == client.get(place).json()["metadata"]


def test_the_messages_of_an_answer_are_listed(client: httpx.Client) -> None:
    """Oldest first; a message has a text or parts."""
    parts = [
        {"type": "text", "text": "See"},
        {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}},
        {"type": "input_audio", "input_audio": {"data": "aGk=", "format": "wav"}},
    ]
    answer = ask(client, parts).json()
    place = f"{CHAT}/{answer['id']}/messages"
    listed = client.get(place, params={"limit": 1}).json()
    assert (None, parts[:2], False) == (
        listed["data"][0]["content"],
        listed["data"][0]["content_parts"],
        listed["has_more"],
    )
    plain = client.get(f"{CHAT}/{ask(client).json()['id']}/messages").json()["data"]
    assert [("Hello there!", None)] == [(m["content"], m["content_parts"]) for m in plain]


def test_a_deleted_answer_is_gone(client: httpx.Client) -> None:
    """With its messages."""
    place = f"{CHAT}/{ask(client).json()['id']}"
    assert client.delete(place).json()["deleted"] is True
    for method, path in (("GET", ""), ("DELETE", ""), ("GET", "/messages")):
        assert 404 == client.request(method, place + path).status_code


def test_chunks_make_a_whole_answer() -> None:
    """Texts grow, calls are told apart by their index, and null does not hide what was said."""
    assembly = Assembly()
    for delta, reason in (
        ({"role": "assistant", "content": None}, None),
        (
            {"tool_calls": [{"index": 1, "id": "b", "function": {"name": "g", "arguments": "{"}}]},
            None,
        ),
        ({"tool_calls": [{"index": 0, "id": "a", "function": {"name": "f"}}]}, None),
        ({"tool_calls": [{"index": 1, "function": {"arguments": "}"}}], "content": None}, "stop"),
    ):
        assert not assembly.finished
        choice = {"index": 0, "delta": delta, "finish_reason": reason}
        assembly.feed({"id": "x", "object": "chunk", "choices": [choice], "usage": None})
    assert assembly.finished
    assert {
        "id": "x",
        "object": "chat.completion",
        "choices": [
            {
                "index": 0,
                "message": {
                    "role": "assistant",
                    "content": None,
                    "tool_calls": [
                        {"id": "a", "function": {"name": "f"}},
                        {"id": "b", "function": {"name": "g", "arguments": "{}"}},
                    ],
                },
                "logprobs": None,
                "finish_reason": "stop",
            }
        ],
    } == assembly.completion()
