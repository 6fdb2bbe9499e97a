"""The responses API in front of an upstream that knows chats alone."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from ._responses import NOTE, RESPONSES, WEATHER, Json, ask, events, said, stream
from ._upstreams import Upstream, reply

BODY = {"model": "m", "input": "Hi."}


def streamed(*chunks: object, end: bytes = b"data: [DONE]\n\n") -> bytes:
    """Return an upstream's stream of chunks."""
    told = b"".join(b"data: " + json.dumps(chunk).encode() + b"\r\n\r\n" for chunk in chunks)
    return reply("200 OK", "text/event-stream", told + end)


def chunk(delta: Json, reason: str | None = None, **more: Any) -> Json:
    """Return a chunk with one choice."""
    choice = {"index": 0, "delta": delta, "finish_reason": reason}
    return {"id": "x", "model": "m-1", "choices": [choice], **more}


def completion(message: Json, **more: Any) -> bytes:
    """Return an upstream's whole answer."""
    choice = {"index": 0, "message": message, "finish_reason": None}
    body = {"id": "x", "model": "m-1", "choices": [choice], **more}
    return reply("200 OK", "application/json", json.dumps(body).encode())


def test_an_answer_comes_from_a_chat(through: httpx.Client) -> None:
    """With memory, though the upstream keeps nothing."""
    first = ask(through, "One.")
    second = ask(through, "Two.", previous_response_id=first["id"], instructions="Be brief.")
    assert ("Two.", 2 + 1 + 1 + 1) == (said(second), second["usage"]["input_tokens"])
    assert second == through.get(f"{RESPONSES}/{second['id']}").json()


def test_a_stream_comes_from_a_stream(through: httpx.Client) -> None:
    """With calls of tools, and the usage at the end."""
    told = stream(through, tools=[WEATHER, NOTE], tool_choice="required", parallel_tool_calls=True)
    whole = ask(through, tools=[WEATHER, NOTE], tool_choice="required", parallel_tool_calls=True)
    last = told[-1]["response"]
    assert "response.completed" == told[-1]["type"]
    for each in (last, whole):
        for item in each["output"]:
            del item["id"]
    assert (whole["output"], whole["usage"]) == (last["output"], last["usage"])


def test_tokens_are_counted_by_the_upstream(through: httpx.Client) -> None:
    """The number is that of its usage."""
    body = {"model": "echo-1", "input": "One two three"}
    counted = through.post(f"{RESPONSES}/input_tokens", json=body).json()
    assert 3 == counted["input_tokens"]


def test_the_upstream_gets_a_chat_and_no_word_of_storage(
    crooked: httpx.Client, upstream: Upstream
) -> None:
    """What is kept is kept here."""
    upstream.answer = completion({"content": "x"})
    crooked.post(RESPONSES, json={**BODY, "store": True, "metadata": {"a": "b"}, "user": "u"})
    assert upstream.head.startswith(b"POST /v1/chat/completions ")
    sent = {"model": "m", "user": "u", "messages": [{"role": "user", "content": "Hi."}]}
    assert sent == json.loads(upstream.body)


def test_reasoning_becomes_an_item(crooked: httpx.Client, upstream: Upstream) -> None:
    """By either of the names that servers give it, before the text."""
    upstream.answer = streamed(
        {"choices": []},
        chunk({"reasoning_content": "Hm"}),
        chunk({"reasoning": "m."}),
        chunk({"content": "Yes."}, "stop"),
    )
    told = events(crooked.post(RESPONSES, json={**BODY, "stream": True}))
    last = told[-1]["response"]
    assert ["reasoning", "message"] == [item["type"] for item in last["output"]]
    assert [{"type": "reasoning_text", "text": "Hmm."}] == last["output"][0]["content"]
    deltas = [event["delta"] for event in told if "reasoning_text.delta" in event["type"]]
    assert (["Hm", "m."], "m-1", None) == (deltas, last["model"], last["usage"])


def test_a_refusal_is_a_part_of_its_own(crooked: httpx.Client, upstream: Upstream) -> None:
    """In whole answers and in streams."""
    refusal = {"type": "refusal", "refusal": "No."}
    upstream.answer = completion({"refusal": "No."}, usage={"prompt_tokens": 1})
    whole = crooked.post(RESPONSES, json=BODY).json()
    assert [refusal] == whole["output"][0]["content"]
    assert (1, 0, 1) == tuple(
        whole["usage"][name] for name in ("input_tokens", "output_tokens", "total_tokens")
    )
    upstream.answer = streamed(chunk({"refusal": "No."}, "content_filter"))
    last = events(crooked.post(RESPONSES, json={**BODY, "stream": True}))[-1]
    assert "response.incomplete" == last["type"]
    assert {"reason": "content_filter"} == last["response"]["incomplete_details"]
    assert [refusal] == last["response"]["output"][0]["content"]


def test_calls_may_lack_what_an_answer_needs(crooked: httpx.Client, upstream: Upstream) -> None:
    """An identifier is made; arguments as an object become text; no text is an empty message."""
    call = {"function": {"name": "f", "arguments": {"a": 1}}}
    upstream.answer = completion({"tool_calls": [call], "content": None}, service_tier="flex")
    whole = crooked.post(RESPONSES, json=BODY).json()
    (item,) = whole["output"]
    assert ('{"a":1}', "flex") == (item["arguments"], whole["service_tier"])
    assert item["call_id"].startswith("call_")
    upstream.answer = completion({"content": None})
    assert [("message", "")] == [
        (each["type"], each["content"][0]["text"])
        for each in crooked.post(RESPONSES, json=BODY).json()["output"]
    ]


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (streamed(chunk({"content": "a"}), end=b""), "The upstream's answer was cut."),
        (streamed({"error": {"message": "Out of memory."}}), "The upstream failed: Out of memory."),
        (streamed({"error": "Broken."}), "The upstream failed: Broken."),
        (streamed([]), "The upstream failed: no message"),
        (streamed(end=b"data: {\n\n"), "The upstream sent invalid JSON"),
        (
            streamed(
                *(
                    chunk({"tool_calls": [{"index": index, "function": {"name": "f"}}]})
                    for index in (0, 1, 0)
                )
            ),
            "The upstream came back to a tool call that it had ended.",
        ),
    ],
)
def test_a_stream_that_fails_is_an_answer_that_failed(
    crooked: httpx.Client, upstream: Upstream, answer: bytes, message: str
) -> None:
    """The last event says why, and so does the stored answer."""
    upstream.answer = answer
    last = events(crooked.post(RESPONSES, json={**BODY, "stream": True}))[-1]
    assert "response.failed" == last["type"]
    assert message in last["response"]["error"]["message"]
    stored = crooked.get(f"{RESPONSES}/{last['response']['id']}").json()
    assert ("failed", last["response"]["error"]) == (stored["status"], stored["error"])


@pytest.mark.parametrize("end", [b"data: [DONE]\n\n", b""])
def test_a_stream_is_whole_by_its_end_or_by_its_reason(
    crooked: httpx.Client, upstream: Upstream, end: bytes
) -> None:
    """Some servers leave out one, some the other."""
    upstream.answer = streamed(chunk({"content": "a"}, None if end else "stop"), end=end)
    last = events(crooked.post(RESPONSES, json={**BODY, "stream": True}))[-1]
    assert ("response.completed", "a") == (last["type"], said(last["response"]))


@pytest.mark.parametrize("body", [b"[]", b"{}", b'{"choices": []}', b"{"])
def test_an_answer_that_is_none_is_a_502(
    crooked: httpx.Client, upstream: Upstream, body: bytes
) -> None:
    """Whoever asked is told, and nothing is stored."""
    upstream.answer = reply("200 OK", "application/json", body)
    assert 502 == crooked.post(RESPONSES, json=BODY).status_code
    counted = crooked.post(f"{RESPONSES}/input_tokens", json=BODY)
    assert 502 == counted.status_code


@pytest.mark.parametrize(
    ("status", "code"),
    [("429 Slow", "rate_limit_exceeded"), ("500 Oops", "server_error")],
)
def test_a_refusal_in_the_background_is_kept(
    crooked: httpx.Client, upstream: Upstream, status: str, code: str
) -> None:
    """With a code that says whether it is worth another try."""
    upstream.answer = reply(status, "application/json", b'{"error": "No."}')
    body = {**BODY, "background": True}
    place = f"{RESPONSES}/{crooked.post(RESPONSES, json=body).json()['id']}"
    while (answer := crooked.get(place).json())["status"] in ("queued", "in_progress"):
        pass
    assert ("failed", code) == (answer["status"], answer["error"]["code"])


def test_a_chat_is_stored_here(crooked: httpx.Client, upstream: Upstream) -> None:
    """Whole or streamed, once it is complete, and the upstream is not asked to store it."""
    chat = {"model": "m", "messages": [{"role": "user", "content": "Hi."}], "store": True}
    place = "/v1/chat/completions"
    upstream.answer = completion({"role": "assistant", "content": "a"})
    crooked.post(place, json=chat)
    assert "store" not in json.loads(upstream.body)
    assert "a" == crooked.get(f"{place}/x").json()["choices"][0]["message"]["content"]
    for answer, stored in (
        (streamed(chunk({"content": "b"}, "stop")), "b"),
        (streamed(chunk({"content": "c"}, "stop"), end=b""), "c"),
        (streamed(chunk({"content": "d"}), end=b""), "c"),
    ):
        upstream.answer = answer
        assert crooked.post(place, json={**chat, "stream": True}).content in answer
        assert stored == crooked.get(f"{place}/x").json()["choices"][0]["message"]["content"]
