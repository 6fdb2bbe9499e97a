"""Sound: from text, and to text."""

from __future__ import annotations

import io
import json
from typing import Any

import httpx
import pytest

from sdk_inference_api import models
from sdk_openai_compat import HttpxBinaryResponseContent
from sdk_openai_compat._transcript_events import typed

from ._clients import Wire, done, entered, items

pytestmark = pytest.mark.anyio

EVENTS = {"content-type": "text/event-stream"}
SPOKEN = b'data: {"type": "speech.audio.delta", "audio": "AA=="}\n\n'


def chunk(text: str | None) -> dict[str, Any]:
    """Return a piece of a transcription as vLLM sends it."""
    return {
        "id": "trsc-1",
        "object": "transcription.chunk",
        "created": 1,
        "model": "m",
        "choices": [{"delta": {"content": text}, "finish_reason": None, "stop_reason": None}],
    }


def streamed(*events: Any) -> Wire:
    """Return a server that sends *events*."""
    lines = [b"data: " + json.dumps(event).encode() + b"\n\n" for event in events]
    body = b"".join([*lines, b"data: [DONE]\n\n"])
    return Wire(lambda _: httpx.Response(200, content=body, headers=EVENTS))


def spoken(content: bytes, content_type: str | None) -> Wire:
    """Return a server that answers with *content*."""
    headers = {} if content_type is None else {"content-type": content_type}
    return Wire(lambda _: httpx.Response(200, content=content, headers=headers))


FORMATS = [
    (None, models.Transcription),
    ("json", models.Transcription),
    ("verbose_json", models.TranscriptionVerbose),
    ("diarized_json", models.TranscriptionDiarized),
    ("its own", models.Transcription),
]


@pytest.mark.parametrize(("wanted", "kind"), FORMATS)
async def test_a_transcription_has_the_type_of_its_format(
    colour: str, wanted: str | None, kind: type[Any]
) -> None:
    """The server need not say which; the member of another format is no reason."""
    content = b'{"text": "hello", "segments": [], "duration": 1.0, "language": "en"}'
    wire = spoken(content, "application/json")
    given: Any = {} if wanted is None else {"response_format": wanted}
    create = wire.client(colour).audio.transcriptions.create
    answer = await done(create(file=("a.wav", b"x"), model="m", **given))
    assert kind is type(answer)
    assert "hello" == answer.text
    raw = wire.client(colour).audio.transcriptions.with_raw_response
    assert kind is type((await done(raw.create(file=b"x", model="m", **given))).parse())
    named = await done(create(file=b"x", model="m", extra_body=given))
    assert kind is type(named)


@pytest.mark.filterwarnings("ignore:.*is deprecated by the API:DeprecationWarning")
@pytest.mark.parametrize("wanted", ["text", "srt", "vtt"])
@pytest.mark.parametrize(
    "content_type", ["text/plain", "text/vtt", "application/x-subrip", "application/json", None]
)
async def test_a_transcription_as_text_is_a_text(
    colour: str, wanted: str, content_type: str | None
) -> None:
    """Whatever the server calls it, and whatever it looks like."""
    client = spoken(b'{"hello": 1}\n', content_type).client(colour)
    for part in (client.audio.transcriptions, client.audio.translations):
        answer = await done(part.create(file=b"x", model="m", response_format=wanted))
        assert '{"hello": 1}\n' == answer


@pytest.mark.filterwarnings("ignore:.*is deprecated by the API:DeprecationWarning")
@pytest.mark.parametrize(
    ("wanted", "kind"),
    [
        (None, models.Translation),
        ("json", models.Translation),
        ("verbose_json", models.TranslationVerbose),
    ],
)
async def test_a_translation_has_the_type_of_its_format(
    colour: str, wanted: str | None, kind: type[Any]
) -> None:
    """As a transcription has."""
    content = b'{"text": "hello", "segments": [], "duration": 1.0, "language": "en"}'
    given: Any = {} if wanted is None else {"response_format": wanted}
    client = spoken(content, "application/json").client(colour)
    answer = await done(client.audio.translations.create(file=b"x", model="m", **given))
    assert (kind, "hello") == (type(answer), answer.text)


async def test_lists_in_a_transcription_are_named_as_openai_names_them(colour: str) -> None:
    """With brackets, one part for each item."""
    wire = spoken(b'{"text": "a"}', "application/json")
    await done(
        wire.client(colour).audio.transcriptions.create(
            file=io.BytesIO(b"abc"),
            model="m",
            include=["logprobs"],
            timestamp_granularities=("word", "segment"),
            chunking_strategy={"type": "server_vad"},
            stream=False,
        )
    )
    names = [part.partition(b'"')[0] for part in wire.sent.content.split(b'; name="')[1:]]
    assert [
        b"file",
        b"model",
        b"chunking_strategy[type]",
        b"include[]",
        b"stream",
        b"timestamp_granularities[]",
        b"timestamp_granularities[]",
    ] == names


async def test_a_transcription_is_streamed(colour: str) -> None:
    """Event by event."""
    wire = streamed(
        {"type": "transcript.text.delta", "delta": "hel"},
        {"type": "transcript.text.done", "text": "hello"},
    )
    stream = await done(
        wire.client(colour).audio.transcriptions.create(file=b"x", model="m", stream=True)
    )
    first, last = await items(stream)
    assert models.TranscriptionTextDeltaEvent is type(first)
    assert ("hel", "hello") == (first.delta, last.text)


@pytest.mark.difference(
    "Servers",
    openai="The pieces of a transcription that vLLM streams have no `type`, and their text is in "
    "`choices` only.",
    here="They are `TranscriptionTextDeltaEvent`s, too: with `type` and `delta`, and with `choices` "
    "as they came.",
)
async def test_vllm_streams_transcriptions_in_its_own_way(colour: str) -> None:
    """Programs for OpenAI and programs for vLLM both find what they look for."""
    wire = streamed(chunk("hel"), chunk("lo"), {**chunk(None), "choices": []})
    stream = await done(
        wire.client(colour).audio.transcriptions.create(file=b"x", model="m", stream=True)
    )
    found = await items(stream)
    assert {models.TranscriptionTextDeltaEvent} == {type(event) for event in found}
    assert {"transcript.text.delta"} == {event.type for event in found}
    assert "hello" == "".join(event.delta for event in found)
    assert "hel" == found[0].choices[0].get("delta", {}).get("content")
    assert "transcription.chunk" == found[0].object


async def test_a_strict_client_leaves_vllms_pieces_as_they_are(colour: str) -> None:
    """The specification has no such events: they are of a kind that nobody knows."""
    client = streamed(chunk("a")).client(colour, _strict_response_validation=True)
    stream = await done(client.audio.transcriptions.create(file=b"x", model="m", stream=True))
    assert [chunk("a")] == [event.to_dict() for event in await items(stream)]


@pytest.mark.parametrize(
    ("event", "text"),
    [
        (1, None),
        ({"type": "x"}, None),
        ({"choices": 1}, None),
        ({"choices": [1, {"delta": 1}, {"delta": {"content": 2}}]}, ""),
        ({"choices": [{"delta": {"content": "a"}}, {"delta": {"content": "b"}}]}, "ab"),
    ],
)
def test_only_chunks_of_choices_become_events(event: Any, text: str | None) -> None:
    """Everything else stays as it is."""
    expected = event
    if text is not None:
        expected = {**event, "type": "transcript.text.delta", "delta": text}
    assert expected == typed(event)


@pytest.mark.parametrize(
    ("given", "content_type"), [({}, "audio/mpeg"), ({"stream_format": "sse"}, "text/event-stream")]
)
async def test_speech_is_a_binary_answer(
    colour: str, given: dict[str, Any], content_type: str
) -> None:
    """Events, too, come as the bytes that they are."""
    wire = spoken(SPOKEN, content_type)
    speech = wire.client(colour).audio.speech
    answer = await done(speech.create(input="a", model="m", voice="v", **given))
    assert isinstance(answer, HttpxBinaryResponseContent)
    assert SPOKEN == answer.content
    assert {"input": "a", "model": "m", "voice": "v", **given} == json.loads(wire.sent.content)
    view = speech.with_streaming_response
    async with entered(view.create(input="a", model="m", voice="v", **given)) as unread:
        assert SPOKEN == b"".join(await items(unread.iter_bytes()))


async def test_pictures_are_streamed(colour: str) -> None:
    """As partial ones and the last."""
    pieces = [
        {"type": "image_generation.partial_image", "b64_json": "a", "partial_image_index": 0},
        {"type": "image_generation.completed", "b64_json": "b"},
    ]
    stream = await done(streamed(*pieces).client(colour).images.generate(prompt="p", stream=True))
    assert ["a", "b"] == [event.b64_json for event in await items(stream)]
    edits = [
        {"type": "image_edit.partial_image", "b64_json": "a", "partial_image_index": 0},
        {"type": "image_edit.completed", "b64_json": "b"},
    ]
    edited = await done(
        streamed(*edits).client(colour).images.edit(image=b"x", prompt="p", stream=True)
    )
    assert ["a", "b"] == [event.b64_json for event in await items(edited)]
