"""The completion that ``chat.completions.stream`` makes of its chunks."""

from __future__ import annotations

import copy
from typing import Any

import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdk_core.models import construct
from sdk_inference_api.models import ChatCompletionChunk
from sdk_openai_compat.lib.streaming._texts import Text, merged, text_of
from sdk_openai_compat.lib.streaming.chat import (
    ChatCompletionStreamState,
)
from sdk_openai_compat.lib.streaming.chat._state import completion_of

from ._chat_streams import LAX, LOOK, TEXT, USAGE, fed, in_order, told
from ._chunks import called, choice, chunk, model, piece

pytestmark = pytest.mark.anyio


def test_usage_and_identity_are_not_lost() -> None:
    """The identity of the first chunk that has one; of anything else the last word."""
    pieces = [
        chunk(id="", model="", prompt_filter_results=[{"prompt_index": 0}]),
        piece({"content": "a"}),
        chunk(usage=USAGE, id="other", service_tier="flex", citations=["x"]),
        chunk(choice({"content": "b"}, "stop"), system_fingerprint="fp", citations=["y"]),
    ]
    completion = fed(pieces)[0].get_final_completion()
    assert (completion.id, completion.model, completion.object) == (
        "chatcmpl-1",
        "m",
        "chat.completion",
    )
    assert completion.usage.total_tokens == 3
    assert (completion.service_tier, completion.system_fingerprint) == ("flex", "fp")
    assert completion.citations == ["x", "y"]
    assert completion.prompt_filter_results == [{"prompt_index": 0}]


@pytest.mark.difference(
    "Streams",
    openai="Whatever comes in pieces is appended: `role`, `id` and `expires_at` that come twice, too.",
    here="Names and identifiers are taken once, texts are appended, of other values the last counts.",
)
def test_members_of_the_message_that_are_no_text_are_put_together() -> None:
    """As the message declares them, and those that it does not declare."""
    pieces = [
        piece(
            {"role": "assistant", "audio": {"id": "x", "data": "aa"}, "plan": {"id": "p", "a": "1"}}
        ),
        piece({"role": "assistant", "audio": {"id": "x", "data": "bb", "expires_at": 5}}),
        piece({"audio": {"transcript": "hi"}, "plan": {"id": "p", "a": "2"}, "thought": "so "}),
        piece(
            {"function_call": {"name": "f", "arguments": "{"}, "thought": "on"}, stop_reason="eos"
        ),
        piece({"function_call": {"arguments": "}"}}),
        piece(
            {"annotations": [{"type": "url_citation", "url_citation": {"url": "u", "title": "t"}}]}
        ),
        piece({}, "stop", stop_reason="end"),
    ]
    found = fed(pieces)[0].get_final_completion().choices[0]
    message = found.message
    assert found.stop_reason == "end"
    assert (message.role, message.content) == ("assistant", None)
    audio = {"id": "x", "data": "aabb", "expires_at": 5, "transcript": "hi"}
    assert message.audio.to_dict() == audio
    assert message.function_call.to_dict() == {"name": "f", "arguments": "{}"}
    assert message.annotations[0].url_citation.url == "u"
    assert (message.plan, message.thought) == ({"id": "p", "a": "12"}, "so on")
    assert message.to_dict() == {
        "role": "assistant",
        "content": None,
        "audio": audio,
        "function_call": {"name": "f", "arguments": "{}"},
        "annotations": [{"type": "url_citation", "url_citation": {"url": "u", "title": "t"}}],
        "plan": {"id": "p", "a": "12"},
        "thought": "so on",
    }


def test_reasoning_is_sent_back_under_the_name_that_came() -> None:
    """And can be read under both."""
    pieces = [piece({"reasoning": "a"}), piece({"reasoning": "b"}), piece({"content": "c"}, "stop")]
    message = fed(pieces)[0].get_final_completion().choices[0].message
    assert (message.reasoning, message.reasoning_content) == ("ab", "ab")
    assert message.to_dict() == {"role": "assistant", "content": "c", "reasoning": "ab"}


def test_text_in_parts_is_text() -> None:
    """Some servers send the pieces of a text as a list of parts."""
    pieces = [piece({"content": [{"type": "text", "text": "a"}, {"type": "x"}]}), piece({}, "stop")]
    state: Any = ChatCompletionStreamState()
    events = [
        e for each in pieces for e in state.handle_chunk(construct(ChatCompletionChunk, each))
    ]
    assert told(events)[0].delta == "a"
    assert state.get_final_completion().choices[0].message.content == "a"
    assert text_of({"text": "b"}) == "b"


def test_a_chunk_that_says_nothing_makes_no_event() -> None:
    """Such as a ping."""
    state: Any = ChatCompletionStreamState()
    assert state.handle_chunk(construct(ChatCompletionChunk, {})) == []
    assert completion_of([]) is None
    assert completion_of([model(TEXT[1])]).choices[0].message.content == '{"val'


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (None, None, None),
        ("a", None, "a"),
        (None, ["a"], ["a"]),
        ("a", "b", "ab"),
        (1, 2, 2),
        ("a", 1, 1),
        ([1], [2], [1, 2]),
        ([{"index": 0, "t": "a"}], [{"index": 0, "t": "b"}], [{"index": 0, "t": "ab"}]),
        ([{"index": 0, "t": "a"}], [{"index": 1}], [{"index": 0, "t": "a"}, {"index": 1}]),
        (
            {"type": "a", "x": {"y": "b"}},
            {"type": "a", "x": {"y": "c"}},
            {"type": "a", "x": {"y": "bc"}},
        ),
        ({"id": "a"}, {"id": ""}, {"id": "a"}),
    ],
)
def test_pieces_of_undeclared_members_are_put_together(old: Any, new: Any, expected: Any) -> None:
    """By what they are; what was given stays as it is."""
    before = copy.deepcopy(new)
    assert merged(merged(None, old), new) == expected
    assert new == before


@given(st.lists(st.text(max_size=3)), st.data())
def test_a_growing_text_can_be_read_at_any_time(pieces: list[str], data: Any) -> None:
    """As far as it had come at any time before."""
    text, known = Text(), [0]
    for each in pieces:
        text.add(each)
        known.append(text.length)
        end = data.draw(st.sampled_from(known))
        assert text.upto(end) == "".join(pieces)[:end]
    assert text.whole() == "".join(pieces)


class _Calls(pydantic.BaseModel):
    """What Hypothesis makes tool calls of."""

    name: str
    arguments: str


texts = st.one_of(st.none(), st.text(min_size=1, max_size=12))


calls = st.lists(
    st.builds(_Calls, name=st.sampled_from(["Look", "lax"]), arguments=st.just('{"name": "é"}')),
    max_size=3,
)


def cut(draw: Any, text: str) -> list[str]:
    """Cut a text anywhere."""
    places = sorted(draw(st.lists(st.integers(0, len(text)), max_size=4)))
    return [text[a:b] for a, b in zip([0, *places], [*places, len(text)], strict=True)]


@st.composite
def messages(draw: Any) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return a message as one delta, and the same in pieces: any cuts, members in any order."""
    whole: dict[str, Any] = {"role": "assistant"}
    lanes: list[list[dict[str, Any]]] = []
    for name in ("content", "refusal", "reasoning_content", "vendor"):
        if (text := draw(texts)) is not None:
            whole[name] = text
            lanes.append([{name: part} for part in cut(draw, text)])
    lane: list[dict[str, Any]] = []
    for index, call in enumerate(draw(calls)):
        begin = called(index, "", id=f"c{index}", type="function", name=call.name)
        parts = [called(index, part) for part in cut(draw, call.arguments)]
        lane += [begin, *parts]
        complete = called(index, call.arguments, id=f"c{index}", type="function", name=call.name)
        whole["tool_calls"] = whole.get("tool_calls", []) + complete["tool_calls"]
    lanes.append(lane)
    pieces: list[dict[str, Any]] = [{"role": "assistant"}]
    while lanes := [each for each in lanes if each]:
        pieces.append(draw(st.sampled_from(lanes)).pop(0))
    return whole, pieces


@given(messages(), st.booleans())
def test_any_split_makes_the_same_completion(
    message: tuple[dict[str, Any], list[dict[str, Any]]], repeated: bool
) -> None:
    """Whatever is cut where, and whether the role comes with each chunk."""
    whole, pieces = message
    if repeated:
        pieces = [{"role": "assistant", **each} for each in pieces]
    options = {"input_tools": [LOOK, LAX]}
    at_once = fed([piece(whole, "stop")], **options)[0].get_final_completion()
    split = fed([*map(piece, pieces), piece({}, "stop")], **options)
    assert split[0].get_final_completion() == at_once
    in_order(split[1])
