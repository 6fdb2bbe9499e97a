"""Answers as types: ``responses.parse``."""

from __future__ import annotations

import inspect
import json
import pickle
import subprocess
import sys
import warnings
from typing import Any

import pytest

from sdk_core.typing import omit
from sdk_inference_api.models import Response
from sdk_openai_compat import (
    ConfigurationError,
    pydantic_function_tool,
    pydantic_responses_function_tool,
)
from sdk_openai_compat.lib import _parsing
from sdk_openai_compat.lib._chat_models import ParsedChatCompletionMessage
from sdk_openai_compat.lib._parsing._completions import (
    has_rich_response_format,
    is_response_format_param,
)
from sdk_openai_compat.lib._parsing._responses import type_to_text_format_param
from sdk_openai_compat.lib._response_models import ParsedResponse
from sdk_openai_compat.resources.chat.completions import completions as completions_module
from sdk_openai_compat.resources.chat.completions._arguments import ChatArguments
from sdk_openai_compat.resources.responses._arguments import ResponseArguments

from ._clients import Wire, done
from ._parsed import (
    LAX,
    STRICT,
    Answer,
    Look,
    answering,
    message,
    parsed_response,
    response,
    text,
)

pytestmark = pytest.mark.anyio


async def test_the_text_of_a_response_is_read_as_the_type(colour: str) -> None:
    """The first one that was parsed is `output_parsed`; arguments are read as their tools say."""
    answer = response(
        {"type": "reasoning", "id": "rs", "summary": []},
        message({"type": "refusal", "refusal": "no"}, text('{"value": 3}')),
        {"type": "function_call", "call_id": "c", "name": "Look", "arguments": '{"name": "x"}'},
        {"type": "function_call", "call_id": "d", "name": "lax", "arguments": "{}"},
        {"type": "function_call", "call_id": "e", "name": "other", "arguments": "{}"},
    )
    wire = answering(answer)
    client = wire.client(colour)
    lax = {"type": "function", "name": "lax", "parameters": {}}
    parsed = await done(
        client.responses.parse(
            model="m",
            input="hello",
            text_format=Answer,
            text={"verbosity": "low"},
            tools=[pydantic_function_tool(Look), lax],
        )
    )
    assert isinstance(parsed, Response)
    assert type(parsed) is ParsedResponse
    assert parsed.output_parsed == Answer(value=3)
    assert parsed.output_text == '{"value": 3}'
    output: Any = parsed.output
    calls = [item.parsed_arguments for item in output[2:]]
    assert calls == [Look(name="x"), None, None]
    sent = json.loads(wire.sent.content)
    assert sent["text"]["verbosity"] == "low"
    assert sent["text"]["format"] == type_to_text_format_param(Answer)
    assert sent["tools"][0]["name"] == "Look"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        dumped: Any = parsed.to_dict()
        assert dumped["output"][1]["content"][1]["parsed"] == {"value": 3}
        assert json.loads(parsed.to_json()) == json.loads(
            parsed.model_dump_json(exclude_unset=True)
        )
    assert pickle.loads(pickle.dumps(parsed)) == parsed


async def test_the_output_of_a_parsed_response_is_sent_back_as_it_came(colour: str) -> None:
    """Item by item, as the input of the next request."""
    output = [
        message(text('{"value": 3}')),
        {"type": "function_call", "call_id": "c", "name": "Look", "arguments": '{"name": "x"}'},
    ]
    wire = answering(response(*output))
    client = wire.client(colour)
    tools = [pydantic_responses_function_tool(Look)]
    parsed = await done(
        client.responses.parse(model="m", input="hello", text_format=Answer, tools=tools)
    )
    wire.requests.clear()
    await done(client.responses.create(model="m", input=parsed.output))
    assert json.loads(wire.sent.content)["input"] == output


async def test_every_response_has_its_text(colour: str) -> None:
    """Of all messages together; empty, if there is none."""
    answer = response(
        message(text("a"), text("b")), {"type": "reasoning", "id": "r", "summary": []}
    )
    client = answering(answer).client(colour)
    for made in (
        client.responses.create(model="m", input="hello"),
        client.responses.retrieve("resp-1"),
        client.responses.cancel("resp-1"),
    ):
        assert (await done(made)).output_text == "ab"
    raw = await done(client.responses.with_raw_response.create(model="m", input="hello"))
    assert raw.parse().output_text == "ab"
    empty = answering(response()).client(colour)
    assert (await done(empty.responses.create(model="m", input="hello"))).output_text == ""


async def test_nothing_parsed_is_none(colour: str) -> None:
    """Without a type, and for what the model only said on its way."""
    parsed = await parsed_response(colour, response(message(text("{}"))))
    assert parsed.output_parsed is None
    answer = response(message(text("thinking"), phase="commentary"), message(text('{"value": 3}')))
    parsed = await parsed_response(colour, answer, text_format=Answer)
    assert parsed.output_parsed == Answer(value=3)
    assert parsed.output[0].content[0].parsed is None


@pytest.mark.parametrize(
    ("namespace", "expected"),
    [(None, None), ("group", Look(name="x")), ("Look", None), ("Top", Look(name="x"))],
)
async def test_a_tool_is_found_in_its_namespace(
    colour: str, namespace: str | None, expected: Any
) -> None:
    """A tool that was found by search is a namespace of its own."""
    inner = pydantic_responses_function_tool(Look)
    tools = [
        {"type": "web_search"},
        {"type": "namespace", "name": "group", "description": "g", "tools": iter([inner])},
        pydantic_responses_function_tool(Look, name="Top"),
    ]
    name = "Top" if namespace == "Top" else "Look"
    item = {"type": "function_call", "call_id": "c", "name": name, "arguments": '{"name": "x"}'}
    answer = response({**item, "namespace": namespace})
    parsed = await parsed_response(colour, answer, tools=tools)
    assert parsed.output[0].parsed_arguments == expected


async def test_a_namespace_that_nobody_gave_has_no_tools(colour: str) -> None:
    """A call of it is not parsed."""
    item = {"type": "function_call", "call_id": "c", "name": "Look", "arguments": '{"name": "x"}'}
    answer = response({**item, "namespace": "group"})
    tools = [pydantic_responses_function_tool(Look)]
    assert (await parsed_response(colour, answer, tools=tools)).output[0].parsed_arguments is None


async def test_items_that_a_server_left_something_out_of_are_parsed(colour: str) -> None:
    """They are still of the type that they say."""
    part = {"type": "output_text", "text": '{"value": 3}', "annotations": None}
    items: list[dict[str, Any]] = [
        {"type": "message", "content": [part]},
        {"type": "function_call", "name": "Look", "arguments": '{"name": "x"}'},
    ]
    tools = [pydantic_responses_function_tool(Look)]
    parsed = await parsed_response(colour, response(*items), text_format=Answer, tools=tools)
    assert parsed.output_parsed == Answer(value=3)
    assert parsed.output[1].parsed_arguments == Look(name="x")


async def test_a_name_that_its_namespace_lacks_is_no_tool(colour: str) -> None:
    """It is not looked for elsewhere."""
    tools = [
        {"type": "namespace", "name": "group", "description": "g", "tools": []},
        pydantic_responses_function_tool(Look),
    ]
    item = {"type": "function_call", "call_id": "c", "name": "Look", "arguments": '{"name": "x"}'}
    answer = response({**item, "namespace": "group"})
    assert (await parsed_response(colour, answer, tools=tools)).output[0].parsed_arguments is None


UPDATE = {"type": "configuration_update", "text": {"format": {"type": "text"}}}


SCHEMA = {"type": "configuration_update", "text": {"format": {"type": "json_schema", "name": "n"}}}


async def test_an_update_of_the_format_decides_what_is_parsed(colour: str) -> None:
    """Plain text is not parsed; for another schema `parse_as` says the type."""
    answer = response(message(text('{"value": 3}')))
    client = answering(answer).client(colour)

    async def parsed(sent: list[Any], **options: Any) -> Any:
        return (await done(client.responses.parse(model="m", input=sent, **options))).output_parsed

    assert await parsed([UPDATE], text_format=Answer) is None
    assert await parsed([SCHEMA], parse_as=Answer) == Answer(value=3)
    assert await parsed([SCHEMA], text_format=Look, parse_as=Answer) == Answer(value=3)
    assert await parsed([SCHEMA], text_format=Look, parse_as=None) is None
    other = {"type": "configuration_update", "text": None}
    assert await parsed([SCHEMA, UPDATE, other, "hi"], text_format=Answer) is None
    body = {"input": [UPDATE]}
    assert await parsed([SCHEMA], text_format=Answer, extra_body=body) is None
    same = {"type": "configuration_update", "text": {"format": type_to_text_format_param(Answer)}}
    assert await parsed([same], text_format=Answer) == Answer(value=3)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"input": [SCHEMA], "text_format": Answer}, "say in `parse_as` which type that is"),
        ({"input": [UPDATE], "parse_as": Answer}, "changes the format to plain text"),
        (
            {"input": "x", "text_format": Answer, "text": {"format": {"type": "text"}}},
            "say the same thing; give one of them",
        ),
    ],
)
async def test_formats_that_exclude_each_other_are_a_type_error(
    colour: str, options: Any, message: str
) -> None:
    """As in openai; nothing is sent."""
    wire = Wire()
    with pytest.raises(TypeError, match=message) as caught:
        await done(wire.client(colour).responses.parse(model="m", **options))
    assert isinstance(caught.value, ConfigurationError)
    assert not wire.requests


async def test_a_nested_tool_must_know_its_model(colour: str) -> None:
    """The Responses API has another shape, which only a model's tool is brought into."""
    with pytest.raises(ConfigurationError, match=r"`tools\[0\]` has the shape of chat completions"):
        await parsed_response(colour, response(), tools=[STRICT])


@pytest.mark.difference(
    "Structured output",
    openai="`responses.parse(verbosity=...)` sends it beside `text`, where the API has no such field.",
    here="`responses.parse(verbosity=...)` sends it as `text.verbosity`.",
)
async def test_verbosity_is_part_of_the_text(colour: str) -> None:
    """Beside the format, if there is one."""
    wire = answering(response())
    await done(wire.client(colour).responses.parse(model="m", input="x", verbosity="low"))
    assert json.loads(wire.sent.content)["text"] == {"verbosity": "low"}


async def test_unknown_arguments_are_refused(colour: str) -> None:
    """By name, as Python does."""
    client = Wire().client(colour)
    with pytest.raises(TypeError, match="mesages"):
        await done(client.chat.completions.parse(model="m", mesages=[]))


@pytest.mark.parametrize(
    ("path", "ask"),
    [
        ("/v1/chat/completions", lambda client: client.chat.completions.list()),
        (
            "/v1/chat/completions/c/messages",
            lambda client: client.chat.completions.messages.list("c"),
        ),
        ("/v1/responses/r/input_items", lambda client: client.responses.input_items.list("r")),
    ],
)
async def test_lists_are_pages(colour: str, path: str, ask: Any) -> None:
    """Of what is stored, as all lists of the API."""
    wire = answering({"object": "list", "data": [], "has_more": False})
    page = await done(ask(wire.client(colour)))
    assert wire.sent.url.path == path
    assert (page.data, page.has_next_page()) == ([], False)


async def test_input_is_counted(colour: str) -> None:
    """By a resource below that of responses."""
    wire = answering({"object": "response.input_tokens", "input_tokens": 3})
    found = await done(wire.client(colour).responses.input_tokens.count(model="m", input="x"))
    assert found.input_tokens == 3


@pytest.mark.parametrize(
    ("resource", "arguments", "own"),
    [
        ("chat.completions", ChatArguments, {"response_format", "stream", "tools"}),
        ("responses", ResponseArguments, {"stream", "text", "tools"}),
    ],
)
def test_helpers_take_what_create_takes(resource: str, arguments: Any, own: set[str]) -> None:
    """For type checkers by a list that is held to the generated one, at run time by `inspect`."""
    client: Any = Wire().client("sync")
    for name in resource.split("."):
        client = getattr(client, name)
    taken = inspect.signature(client.create).parameters
    assert arguments.__annotations__.keys() == taken.keys() - own
    for helper in (client.parse, client.stream):
        assert inspect.signature(helper).parameters.keys() >= taken.keys() - {"stream"}


def test_other_packages_find_what_they_import() -> None:
    """Under openai's private names."""
    module: Any = completions_module  # where they are found is not part of its interface
    assert module._type_to_response_format is _parsing.type_to_response_format_param
    assert module._validate_input_tools is _parsing.validate_input_tools
    completions_module.validate_response_format({"type": "text"})
    assert _parsing.has_parseable_input(response_format=Answer)
    assert _parsing.has_parseable_input(response_format=omit, input_tools=[LAX, STRICT])
    custom: Any = {"type": "custom"}
    assert not _parsing.has_parseable_input(response_format={}, input_tools=[LAX, custom])
    assert _parsing.get_input_tool_by_name(input_tools=[custom, STRICT], name="strict") is STRICT
    assert _parsing.materialize_input_tools(iter([LAX])) == [LAX]
    assert has_rich_response_format(Answer)
    assert is_response_format_param({})
    message: Any = ParsedChatCompletionMessage.model_validate(
        {"role": "assistant", "content": None}
    )
    assert _parsing.maybe_parse_content(Answer, message) is None


def test_parsed_answers_are_imported_when_they_are_needed() -> None:
    """Not by the client, nor by its resources."""
    program = (
        "import sys; from sdk_openai_compat import OpenAI; c = OpenAI(api_key='k');"
        "c.chat.completions; c.responses; print('pydantic' in sys.modules)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert ran.stdout.strip() == "False"
