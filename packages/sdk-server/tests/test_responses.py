"""Answers with items: what is asked, in the words of the responses API, over HTTP."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from ._responses import NOTE, RESPONSES, WEATHER, ask, refused, said


def test_a_text_is_answered_with_a_message_and_its_usage(client: httpx.Client) -> None:
    """The answer is one message with one text."""
    answer = ask(client)
    (item,) = answer["output"]
    assert ("response", "completed", "echo-1") == tuple(
        answer[name] for name in ("object", "status", "model")
    )
    assert ("message", "assistant", "completed") == tuple(
        item[name] for name in ("type", "role", "status")
    )
    text = {"type": "output_text", "text": "Hello there!", "annotations": [], "logprobs": []}
    assert [text] == item["content"]
    assert {
        "input_tokens": 2,
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens": 2,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": 4,
    } == answer["usage"]


def test_the_answer_repeats_how_it_was_asked_for(client: httpx.Client) -> None:
    """What the request set is told, and the default of what it did not."""
    asked: dict[str, Any] = {
        "instructions": "Be brief.",
        "max_output_tokens": 20,
        "metadata": {"suite": "docs"},
        "temperature": 0.5,
        "tools": [WEATHER],
        "tool_choice": "none",
        "user": "u-1",
    }
    answer = ask(client, **asked)
    assert asked == {name: answer[name] for name in asked}
    defaults = {"top_p": 1.0, "truncation": "disabled", "store": True, "background": False}
    assert defaults == {name: answer[name] for name in defaults}
    assert {"format": {"type": "text"}} == answer["text"]


def test_a_conversation_may_be_given_as_items(client: httpx.Client) -> None:
    """Messages in short and in long, calls and results; the last user message is echoed."""
    items = [
        {"role": "system", "content": "Be kind."},
        {"role": "user", "content": [{"type": "input_text", "text": "First."}]},
        {"type": "reasoning", "id": "rs_1", "summary": []},
        {"role": "assistant", "content": "Second."},
        {"role": "assistant", "content": [{"type": "refusal", "refusal": "No."}]},
        {"type": "function_call", "call_id": "c1", "name": "weather", "arguments": "{}"},
        {"type": "custom_tool_call", "call_id": "c2", "name": "note", "input": "x"},
        {"type": "function_call_output", "call_id": "c1", "output": "Sunny."},
        {
            "type": "custom_tool_call_output",
            "call_id": "c2",
            "output": [{"type": "input_text", "text": "Noted."}],
        },
    ]
    assert "Sunny.\nNoted." == said(ask(client, items))
    assert "Third." == said(ask(client, [*items, {"role": "user", "content": "Third."}]))


def test_parts_that_are_no_text_reach_the_engine(client: httpx.Client) -> None:
    """The echo engine names what it got in the words of a chat."""
    parts = [
        {"type": "input_text", "text": "Look: "},
        {"type": "input_image", "image_url": "https://example.com/a.png", "detail": "original"},
        {"type": "input_file", "file_data": "data:text/plain;base64,aGk=", "filename": "a.txt"},
        {"type": "input_audio", "input_audio": {"data": "aGk=", "format": "wav"}},
    ]
    answer = ask(client, [{"role": "user", "content": parts}])
    assert "Look: \n[image_url]\n[file]\n[input_audio]" == said(answer)


def test_a_required_function_is_called(client: httpx.Client) -> None:
    """The arguments are made from the schema, as in a chat."""
    answer = ask(client, tools=[WEATHER, NOTE], tool_choice="required")
    (call,) = answer["output"]
    assert ("function_call", "weather", "completed") == (
        call["type"],
        call["name"],
        call["status"],
    )
    assert {"city": "city", "days": 2} == json.loads(call["arguments"])
    assert call["call_id"].startswith("call_")


def test_several_tools_are_called_at_once(client: httpx.Client) -> None:
    """A function gets arguments, a custom tool gets a text."""
    answer = ask(client, tools=[WEATHER, NOTE], tool_choice="required", parallel_tool_calls=True)
    assert ["function_call", "custom_tool_call"] == [item["type"] for item in answer["output"]]
    assert "Hello there!" == answer["output"][1]["input"]


@pytest.mark.parametrize(
    ("choice", "name"),
    [
        ({"type": "function", "name": "weather"}, "weather"),
        ({"type": "custom", "name": "note"}, "note"),
        (
            {
                "type": "allowed_tools",
                "mode": "required",
                "tools": [{"type": "custom", "name": "note"}],
            },
            "note",
        ),
    ],
)
def test_a_tool_can_be_chosen(client: httpx.Client, choice: Any, name: str) -> None:
    """By its name, or among those that are allowed."""
    answer = ask(client, tools=[WEATHER, NOTE], tool_choice=choice)
    assert [name] == [item["name"] for item in answer["output"]]


def test_tools_may_come_with_the_items(client: httpx.Client) -> None:
    """They are as good as those of the request."""
    items = [
        {"type": "additional_tools", "role": "developer", "tools": [WEATHER]},
        {"role": "user", "content": "Weather?"},
    ]
    assert "weather" == ask(client, items, tool_choice="required")["output"][0]["name"]


def test_the_grammar_of_a_custom_tool_is_passed_on(client: httpx.Client) -> None:
    """In the form of a chat, which has one more level."""
    form = {"type": "grammar", "definition": "start: /a+/", "syntax": "lark"}
    answer = ask(client, tools=[{**NOTE, "format": form}], tool_choice="required")
    assert "note" == answer["output"][0]["name"]


def test_text_can_follow_a_schema(client: httpx.Client) -> None:
    """The answer is an instance of it."""
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
    form = {"type": "json_schema", "name": "number", "schema": schema, "strict": True}
    answer = ask(client, text={"format": form, "verbosity": "low"})
    assert isinstance(json.loads(said(answer))["n"], int)
    assert form == answer["text"]["format"]


def test_text_can_be_any_json(client: httpx.Client) -> None:
    """The older way to ask for JSON."""
    answer = ask(client, '{"a": 1}', text={"format": {"type": "json_object"}})
    assert {"a": 1} == json.loads(said(answer))


def test_a_limit_of_tokens_leaves_the_answer_incomplete(client: httpx.Client) -> None:
    """The reason is told, and the item is as unfinished as the answer."""
    answer = ask(client, "One two three", max_output_tokens=2)
    assert ("incomplete", {"reason": "max_output_tokens"}, None) == (
        answer["status"],
        answer["incomplete_details"],
        answer["completed_at"],
    )
    assert ("One two", "incomplete") == (said(answer), answer["output"][0]["status"])


def test_log_probabilities_come_when_asked_for(client: httpx.Client) -> None:
    """For every token, with its alternatives."""
    answer = ask(client, top_logprobs=2, include=["message.output_text.logprobs"])
    told = answer["output"][0]["content"][0]["logprobs"]
    assert ["Hello", " there!"] == [entry["token"] for entry in told]
    assert [2, 2] == [len(entry["top_logprobs"]) for entry in told]


def test_reasoning_effort_is_passed_on(client: httpx.Client) -> None:
    """The echo engine does not mind."""
    answer = ask(client, reasoning={"effort": "low"}, service_tier="auto")
    assert ({"effort": "low"}, "default") == (answer["reasoning"], answer["service_tier"])


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"model": None}, "model"),
        ({"input": None}, "input"),
        ({"input": []}, "input"),
        ({"prompt": {"id": "p"}}, "prompt"),
        ({"moderation": {"model": "m"}}, "moderation"),
        ({"tools": [{"type": "web_search"}]}, "tools.0.type"),
        ({"tools": [WEATHER], "tool_choice": {"type": "file_search"}}, "tool_choice.type"),
        ({"tool_choice": "required"}, "tool_choice"),
        ({"stream_options": {"include_obfuscation": True}}, "stream_options"),
        ({"background": True, "store": False}, "background"),
        ({"previous_response_id": "resp_none"}, "previous_response_id"),
        ({"conversation": "c", "previous_response_id": "r"}, "previous_response_id"),
        (
            {"input": [{"type": "compaction", "encrypted_content": "?"}]},
            "input.0.encrypted_content",
        ),
        ({"input": [{"type": "function_call_output", "output": "x"}]}, "input.0.call_id"),
        (
            {"input": [{"type": "mcp_list_tools", "id": "m", "server_label": "s", "tools": []}]},
            "input.0.type",
        ),
        (
            {"input": [{"role": "user", "content": [{"type": "input_file", "file_url": "u"}]}]},
            "input.0.content.0",
        ),
    ],
)
def test_what_cannot_be_done_is_named(client: httpx.Client, body: Any, param: str) -> None:
    """Nothing is left out in silence."""
    sent = {name: value for name, value in body.items() if value is not None}
    empty = {name for name, value in body.items() if value is None}
    request = {"model": "echo-1", "input": "Hi.", **sent}
    response = client.post(
        RESPONSES, json={name: value for name, value in request.items() if name not in empty}
    )
    assert 400 == response.status_code, response.text
    assert param == response.json()["error"]["param"]


def test_an_unknown_model_is_a_404(client: httpx.Client) -> None:
    """As in a chat."""
    assert "model_not_found" == refused(client, 404, model="none")["code"]


def test_input_tokens_are_counted_without_an_answer(client: httpx.Client) -> None:
    """The number is that of the usage of the answer."""
    body = {"model": "echo-1", "input": "One two three", "instructions": "Be brief."}
    counted = client.post(f"{RESPONSES}/input_tokens", json=body).json()
    assert {"object": "response.input_tokens", "input_tokens": 5} == counted
    assert 5 == ask(client, "One two three", instructions="Be brief.")["usage"]["input_tokens"]


def test_a_conversation_can_be_shortened_and_continued(client: httpx.Client) -> None:
    """What comes back is the input of the next request."""
    items = [
        {"role": "user", "content": "My name is Ada."},
        {"type": "function_call", "call_id": "c", "name": "weather", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "c", "output": "Sunny."},
    ]
    response = client.post(f"{RESPONSES}/compact", json={"model": "echo-1", "input": items})
    compacted = response.json()
    (item,) = compacted["output"]
    assert ("response.compaction", "compaction") == (compacted["object"], item["type"])
    assert "Ada" not in item["encrypted_content"]
    assert compacted["usage"]["output_tokens"]
    answer = ask(client, [item, {"role": "user", "content": "Who am I?"}])
    assert "Who am I?" == said(answer)
    assert answer["usage"]["input_tokens"] > compacted["usage"]["output_tokens"]


def test_parts_may_name_files_of_the_server(client: httpx.Client) -> None:
    """Their content goes to the engine; an unknown file is a 404."""
    file = client.post(
        "/v1/files", files={"file": ("a.png", b"\x89PNG")}, data={"purpose": "vision"}
    ).json()
    image = {"type": "input_image", "file_id": file["id"]}
    document = {"type": "input_file", "file_id": file["id"]}
    content = [{"type": "input_text", "text": "See"}, image, document]
    answer = ask(client, [{"role": "user", "content": content}])
    assert "See\n[image_url]\n[file]" == said(answer)
    lost = {"type": "input_image", "file_id": "file-none"}
    error = refused(client, 404, input=[{"role": "user", "content": [lost]}])
    assert ("file_not_found", "input.0.content.0.file_id") == (error["code"], error["param"])


def test_a_conversation_that_is_too_long_can_be_cut(client: httpx.Client) -> None:
    """The oldest messages are left out, results with their calls; instructions stay."""
    long = "word " * 20_000
    items = [
        {"role": "user", "content": long},
        {"type": "function_call", "call_id": "c", "name": "f", "arguments": long},
        {"type": "function_call_output", "call_id": "c", "output": "one"},
        {"role": "user", "content": "two"},
    ]
    assert "context_length_exceeded" == refused(client, input=items)["code"]
    answer = ask(client, items, truncation="auto", instructions="three", max_output_tokens=20_000)
    assert ("two", 2) == (said(answer), answer["usage"]["input_tokens"])
    error = refused(client, input=long * 2, truncation="auto")
    assert "context_length_exceeded" == error["code"]
    assert (
        404
        == client.post(
            RESPONSES, json={"model": "none", "input": "x", "truncation": "auto"}
        ).status_code
    )
