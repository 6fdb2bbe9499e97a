"""The echo engine's chat completions, over HTTP."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

CHAT = "/v1/chat/completions"

WEATHER = {
    "type": "function",
    "function": {
        "name": "weather",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}, "days": {"type": "integer", "minimum": 2}},
            "required": ["city", "days"],
        },
    },
}
CLOCK = {"type": "function", "function": {"name": "clock"}}
NOTE = {"type": "custom", "custom": {"name": "note"}}


def ask(client: httpx.Client, text: object = "Hello there, world!", **more: Any) -> dict[str, Any]:
    """Return the whole answer to one user message."""
    response = client.post(CHAT, json=request(text, **more))
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    return answer


def request(text: object, **more: Any) -> dict[str, Any]:
    """Return a request with one user message."""
    return {"model": "echo-1", "messages": [{"role": "user", "content": text}], **more}


def message(answer: dict[str, Any]) -> dict[str, Any]:
    """Return the message of the first choice."""
    found: dict[str, Any] = answer["choices"][0]["message"]
    return found


def chunks(client: httpx.Client, body: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the chunks of the streamed answer."""
    response = client.post(CHAT, json={**body, "stream": True})
    assert response.headers["content-type"].startswith("text/event-stream")
    *events, done, end = response.text.split("\n\n")
    assert ("data: [DONE]", "") == (done, end)
    return [json.loads(event.removeprefix("data: ")) for event in events]


def test_the_last_user_message_comes_back_with_its_usage(client: httpx.Client) -> None:
    """The answer is the question, counted in tokens."""
    answer = ask(client)
    assert {"role": "assistant", "content": "Hello there, world!", "refusal": None} == message(
        answer
    )
    assert "stop" == answer["choices"][0]["finish_reason"]
    usage = answer["usage"]
    assert (3, 3, 6) == tuple(
        usage[name] for name in ("prompt_tokens", "completion_tokens", "total_tokens")
    )


def test_a_stream_says_the_same_token_by_token(client: httpx.Client) -> None:
    """Role first, then one token an event, then the reason, then the usage; one id throughout."""
    got = chunks(client, request("Hello there, world!", stream_options={"include_usage": True}))
    assert 1 == len({chunk["id"] for chunk in got})
    *told, usage = got
    deltas = [chunk["choices"][0]["delta"] for chunk in told]
    assert {"role": "assistant", "content": "", "refusal": None} == deltas[0]
    assert ["Hello", " there,", " world!"] == [d["content"] for d in deltas[1:-1]]
    assert {} == deltas[-1]
    reasons = [chunk["choices"][0]["finish_reason"] for chunk in told]
    assert [None] * (len(told) - 1) + ["stop"] == reasons
    assert [None] * len(told) == [chunk["usage"] for chunk in told]
    assert ([], 6) == (usage["choices"], usage["usage"]["total_tokens"])


def test_a_stream_tells_no_usage_unless_asked(client: httpx.Client) -> None:
    """Without `include_usage` no chunk has the member."""
    assert all("usage" not in chunk for chunk in chunks(client, request("Hi")))


def test_obfuscation_pads_the_chunks(client: httpx.Client) -> None:
    """With `include_obfuscation` every chunk has padding."""
    got = chunks(client, request("Hi", stream_options={"include_obfuscation": True}))
    assert all("obfuscation" in chunk for chunk in got)


@pytest.mark.parametrize("name", ["max_tokens", "max_completion_tokens"])
def test_a_token_limit_cuts_the_answer(client: httpx.Client, name: str) -> None:
    """`finish_reason` is `length`, and the limit is kept, down to no token at all."""
    answer = ask(client, **{name: 2})
    assert "Hello there," == message(answer)["content"]
    assert "length" == answer["choices"][0]["finish_reason"]
    assert "" == message(ask(client, **{name: 0}))["content"]


@pytest.mark.parametrize("stop", [" there", ["world", " there"], ["", " there"]])
def test_the_first_stop_text_ends_the_answer(client: httpx.Client, stop: object) -> None:
    """The answer ends before it, and an empty stop text ends nothing."""
    answer = ask(client, stop=stop)
    assert ("Hello", "stop") == (
        message(answer)["content"],
        answer["choices"][0]["finish_reason"],
    )


def test_n_choices_are_the_same_and_all_are_counted(client: httpx.Client) -> None:
    """Whole and streamed, each choice has its index."""
    answer = ask(client, n=3)
    assert [0, 1, 2] == [choice["index"] for choice in answer["choices"]]
    assert 9 == answer["usage"]["completion_tokens"]
    ends = [
        chunk["choices"][0]["index"]
        for chunk in chunks(client, request("Hello", n=3))
        if chunk["choices"][0]["finish_reason"]
    ]
    assert [0, 1, 2] == ends


def test_the_system_message_is_not_echoed_and_parts_are_joined(client: httpx.Client) -> None:
    """Only the last user message counts; parts that are no text leave a marker."""
    parts = [{"type": "text", "text": "See"}, {"type": "image_url", "image_url": {"url": "data:,"}}]
    body = request(parts)
    body["messages"] = [*body["messages"], {"role": "assistant", "content": "Before."}]
    answer = client.post(CHAT, json=body).json()
    assert "See\n[image_url]" == message(answer)["content"]


def test_without_a_user_the_last_message_is_echoed(client: httpx.Client) -> None:
    """There is always something to say."""
    body = {"model": "echo-1", "messages": [{"role": "system", "content": "Be brief."}]}
    assert "Be brief." == message(client.post(CHAT, json=body).json())["content"]


def test_tool_results_are_echoed_in_their_order(client: httpx.Client) -> None:
    """A loop of tool calls comes to an end: the results are the answer."""
    calls = [
        {"id": name, "type": "function", "function": {"name": name, "arguments": "{}"}}
        for name in ("a", "b")
    ]
    body = request("Do it.")
    body["messages"] += [
        {"role": "assistant", "tool_calls": calls},
        {"role": "tool", "tool_call_id": "a", "content": "one"},
        {"role": "tool", "tool_call_id": "b", "content": "two"},
    ]
    assert "one\ntwo" == message(client.post(CHAT, json=body).json())["content"]


def test_a_conversation_of_results_alone_is_echoed(client: httpx.Client) -> None:
    """Nothing must have been asked."""
    result = {"role": "tool", "tool_call_id": "a", "content": "one"}
    answer = client.post(CHAT, json={"model": "echo-1", "messages": [result]}).json()
    assert "one" == message(answer)["content"]


def test_a_required_tool_is_called_with_arguments_that_fit(client: httpx.Client) -> None:
    """The first tool is called, and its parameters' schema is followed."""
    answer = ask(client, tools=[WEATHER, CLOCK], tool_choice="required")
    (call,) = message(answer)["tool_calls"]
    assert ("function", "weather") == (call["type"], call["function"]["name"])
    assert {"city": "city", "days": 2} == json.loads(call["function"]["arguments"])
    assert (None, "tool_calls") == (
        message(answer)["content"],
        answer["choices"][0]["finish_reason"],
    )


def test_parallel_tool_calls_call_every_tool_with_ids_of_their_own(client: httpx.Client) -> None:
    """With `parallel_tool_calls` all tools are called, function or custom."""
    answer = ask(
        client, tools=[WEATHER, CLOCK, NOTE], tool_choice="required", parallel_tool_calls=True
    )
    calls = message(answer)["tool_calls"]
    assert ["function", "function", "custom"] == [call["type"] for call in calls]
    assert 3 == len({call["id"] for call in calls})
    assert "{}" == calls[1]["function"]["arguments"]
    assert {"name": "note", "input": "Hello there, world!"} == calls[2]["custom"]


@pytest.mark.parametrize(
    ("choice", "name"),
    [
        ({"type": "function", "function": {"name": "clock"}}, "clock"),
        ({"type": "custom", "custom": {"name": "note"}}, "note"),
        (
            {"type": "allowed_tools", "allowed_tools": {"mode": "required", "tools": [CLOCK]}},
            "clock",
        ),
    ],
)
def test_a_named_tool_is_called(client: httpx.Client, choice: dict[str, Any], name: str) -> None:
    """Whatever the form of `tool_choice`, the tool that it names is the one."""
    answer = ask(client, tools=[WEATHER, CLOCK, NOTE], tool_choice=choice)
    (call,) = message(answer)["tool_calls"]
    assert name == call[call["type"]]["name"]


@pytest.mark.parametrize("choice", ["auto", "none", None])
def test_tools_that_need_not_be_called_are_not(client: httpx.Client, choice: str | None) -> None:
    """The echo engine calls no tool by itself."""
    more = {} if choice is None else {"tool_choice": choice}
    assert "tool_calls" not in message(ask(client, tools=[WEATHER], **more))


def test_streamed_tool_calls_add_up_to_the_whole_ones(client: httpx.Client) -> None:
    """Index, id and name come first, then pieces of the arguments."""
    more = {"tools": [WEATHER, NOTE], "tool_choice": "required", "parallel_tool_calls": True}
    whole = message(ask(client, **more))["tool_calls"]
    made: list[dict[str, Any]] = []
    for chunk in chunks(client, request("Hello there, world!", **more)):
        for piece in chunk["choices"][0]["delta"].get("tool_calls", ()):
            kind = "custom" if "custom" in piece else "function"
            key = "input" if kind == "custom" else "arguments"
            if "id" in piece:
                assert piece["index"] == len(made)
                made.append({name: piece[name] for name in ("id", "type", kind)})
            else:
                made[piece["index"]][kind][key] += piece[kind][key]
    assert whole == made


def test_the_old_function_call_works_whole_and_streamed(client: httpx.Client) -> None:
    """`functions` and `function_call` are answered in their own form."""
    more = {
        "functions": [CLOCK["function"], WEATHER["function"]],
        "function_call": {"name": "weather"},
    }
    answer = ask(client, **more)
    called = message(answer)["function_call"]
    assert "function_call" == answer["choices"][0]["finish_reason"]
    arguments = ""
    for chunk in chunks(client, request("Hello", **more)):
        arguments += chunk["choices"][0]["delta"].get("function_call", {}).get("arguments", "")
    assert {"name": "weather", "arguments": arguments} == called


def test_a_token_limit_cuts_tool_calls_too(client: httpx.Client) -> None:
    """What is over the limit is not said, and calls after the cut are not begun."""
    more = {"tools": [NOTE, CLOCK], "tool_choice": "required", "parallel_tool_calls": True}
    answer = ask(client, max_tokens=1, **more)
    (call,) = message(answer)["tool_calls"]
    assert ("Hello", "length") == (call["custom"]["input"], answer["choices"][0]["finish_reason"])
    answer = ask(client, max_tokens=4, **more)
    assert 2 == len(message(answer)["tool_calls"])
    assert "tool_calls" == answer["choices"][0]["finish_reason"]


def test_a_json_schema_is_followed(client: httpx.Client) -> None:
    """The answer is an instance of the schema of `response_format`."""
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
    form = {"type": "json_schema", "json_schema": {"name": "n", "schema": schema}}
    assert '{"n":1}' == message(ask(client, response_format=form))["content"]
    assert '{"n":5}' == message(ask(client, '{"n": 5}', response_format=form))["content"]


def test_json_mode_answers_an_object(client: httpx.Client) -> None:
    """A message that is an object is echoed, any other text is put into one."""
    form = {"type": "json_object"}
    assert '{"text":"Hi"}' == message(ask(client, "Hi", response_format=form))["content"]
    assert '{"a":[1]}' == message(ask(client, '{"a": [1]}', response_format=form))["content"]


def test_logprobs_come_for_each_token(client: httpx.Client) -> None:
    """One entry a token with as many alternatives as asked for, whole and streamed alike."""
    more = {"logprobs": True, "top_logprobs": 2}
    whole = ask(client, "Hi you", **more)["choices"][0]["logprobs"]["content"]
    assert ["Hi", " you"] == [entry["token"] for entry in whole]
    assert [2, 2] == [len(entry["top_logprobs"]) for entry in whole]
    assert list(b" you") == whole[1]["bytes"]
    streamed = [
        entry
        for chunk in chunks(client, request("Hi you", **more))
        for entry in (chunk["choices"][0]["logprobs"] or {"content": []})["content"]
    ]
    assert whole == streamed


def test_metadata_and_service_tier_are_told(client: httpx.Client) -> None:
    """Labels come back, and the tier is the only one there is."""
    answer = ask(client, metadata={"a": "b"}, service_tier="auto")
    assert ({"a": "b"}, "default") == (answer["metadata"], answer["service_tier"])


@pytest.mark.parametrize(
    ("more", "param"),
    [
        ({"top_logprobs": 2}, "top_logprobs"),
        ({"stream_options": {"include_usage": True}}, "stream_options"),
        ({"modalities": ["audio"]}, "modalities"),
        ({"tool_choice": "required"}, "tool_choice"),
        (
            {"tools": [CLOCK], "tool_choice": {"type": "function", "function": {"name": "x"}}},
            "tool_choice",
        ),
        ({"function_call": {"name": "x"}}, "function_call"),
        (
            {
                "tools": [
                    {
                        "type": "function",
                        "function": {"name": "x", "parameters": {"required": ["a"], "not": {}}},
                    }
                ],
                "tool_choice": "required",
            },
            "tools.0.function.parameters",
        ),
        (
            {
                "response_format": {
                    "type": "json_schema",
                    "json_schema": {"name": "x", "schema": {"type": "nonsense"}},
                }
            },
            "response_format.json_schema.schema",
        ),
    ],
)
def test_what_the_engine_cannot_do_is_refused_by_name(
    client: httpx.Client, more: dict[str, Any], param: str
) -> None:
    """Valid by the document, impossible all the same: 400 with the member's name."""
    for stream in (False, True) if "stream_options" not in more else (False,):
        response = client.post(CHAT, json=request("Hi", stream=stream, **more))
        assert (400, param) == (response.status_code, response.json()["error"]["param"])


@pytest.mark.parametrize("model", ["nothing", "echo-embed-1"])
def test_a_model_that_cannot_chat_is_not_found(client: httpx.Client, model: str) -> None:
    """404 with the code that clients know, also for a stream."""
    for stream in (False, True):
        response = client.post(CHAT, json={**request("Hi", stream=stream), "model": model})
        error = response.json()["error"]
        assert (404, "model_not_found", "model") == (
            response.status_code,
            error["code"],
            error["param"],
        )


def test_a_conversation_that_does_not_fit_the_context_is_refused(client: httpx.Client) -> None:
    """Prompt and answers together must fit, as with real models."""
    response = client.post(CHAT, json=request("a " * 16_000, n=2))
    error = response.json()["error"]
    assert (400, "context_length_exceeded") == (response.status_code, error["code"])
