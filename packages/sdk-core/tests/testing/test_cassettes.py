"""The file that recordings are kept in."""

from __future__ import annotations

import errno
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sdk_core._cassettes import (
    Answer,
    Failure,
    Recording,
    Sent,
    decode_body,
    encode_body,
    load,
    save,
)
from sdk_core.errors import (
    ConfigurationError,
)
from sdk_core.testing import (
    FakeTransport,
    Recorder,
    Replayer,
    recorded,
    response,
)

from ._calls import (
    URL,
    connect,
    done,
    make,
    neighbours,
    recordings,
    text_of,
)

pytestmark = pytest.mark.anyio


async def test_the_file_is_for_people(colour: str, file: Path) -> None:
    """JSON in a fixed order, with the values of JSON as such and headers sorted."""
    fake = FakeTransport([response(200, {"z": "1", "a": "2"}, json={"b": 1, "a": 2})])
    with recorded(file, mode="record", transport=fake) as transport:
        await done(connect(colour, transport).request("POST", "/a", body={"q": "ä"}))
    text = text_of(file)
    assert text.startswith('{\n  "format": "sdk-core cassette",\n  "version": 1,\n')
    assert '"q": "ä"' in text
    found = recordings(file)[0]
    assert list(found) == ["request", "response"]
    assert list(found["request"]["headers"]) == sorted(found["request"]["headers"])
    assert list(found["response"]["headers"]) == ["a", "content-type", "z"]
    assert found["response"]["body"] == {"json": {"b": 1, "a": 2}, "layout": "spaced"}
    save(file, load(file))
    assert text_of(file) == text


def test_a_missing_cassette_is_named(file: Path) -> None:
    """With what makes one."""
    with pytest.raises(ConfigurationError, match=r"calls\.json cannot be read .* mode='auto'"):
        Replayer(file)


REQUEST = {"method": "GET", "url": "https://x.example", "headers": {}}
RESPONSE = {"status": 200, "http_version": "HTTP/1.1", "headers": {}}


@pytest.mark.parametrize(
    ("recording", "words"),
    [
        ({}, "neither a response nor an error"),
        ([], "neither a response nor an error"),
        (7, "not iterable"),
        ({"response": RESPONSE}, "'request' is missing"),
        ({"request": {**REQUEST, "url": 7}, "response": RESPONSE}, "7 is no text"),
        ({"request": REQUEST, "response": {**RESPONSE, "status": "200"}}, "'200' is no status"),
        ({"request": REQUEST, "response": {**RESPONSE, "status": 20}}, "20 is no status"),
        ({"request": REQUEST, "response": {**RESPONSE, "headers": []}}, "`headers` is no object"),
        ({"request": REQUEST, "response": {**RESPONSE, "pieces": {}}}, "`pieces` is no list"),
        ({"request": REQUEST, "response": {**RESPONSE, "body": {}}}, "'base64' is missing"),
        ({"request": REQUEST, "response": {**RESPONSE, "body": {"base64": "*"}}}, "[Bb]ase64"),
        ({"request": REQUEST, "error": {"kind": "odd"}}, "'odd' is no kind of error"),
    ],
)
def test_a_damaged_recording_is_named(file: Path, recording: Any, words: str) -> None:
    """By the file, its number and what is wrong."""
    make(file)
    whole = json.loads(file.read_bytes())
    file.write_text(json.dumps({**whole, "recordings": [recording]}), encoding="utf-8")
    with pytest.raises(
        ConfigurationError, match=rf"calls\.json is damaged: recording 1: .*{words}"
    ):
        Replayer(file)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b'{"format": "sdk-core c', "damaged"),
        (b"\xff\xfe", "damaged"),
        (b"[" * 100_000, "damaged"),
        (b"[]", "is no cassette"),
        (b'{"interactions": []}', "is no cassette"),
        (b'{"format": "sdk-core cassette"}', "of version None, and this release reads version 1"),
        (b'{"format": "sdk-core cassette", "version": 2}', "of version 2, and this release reads"),
        (b'{"format": "sdk-core cassette", "version": 1}', "has no list of recordings"),
    ],
)
def test_a_file_that_is_no_cassette_is_refused(file: Path, content: bytes, words: str) -> None:
    """By its name, whatever is in it."""
    file.parent.mkdir()
    file.write_bytes(content)
    with pytest.raises(ConfigurationError, match=words) as caught:
        Recorder(file, mode="auto")
    assert str(file) in str(caught.value)


async def test_a_file_that_cannot_be_written_stays_as_it_was(
    colour: str, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is written beside, and moved; nothing is left beside it."""
    make(file, Sent("GET", f"{URL}/old", {}))
    before = text_of(file)

    def fail(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "no disk")

    monkeypatch.setattr("sdk_core._part_files.os.fsync", fail)
    client = connect(colour, Recorder(file, FakeTransport([response(json=1)])))
    await done(client.request("GET", "/a"))
    with pytest.raises(OSError, match="no disk"):
        await done(client.close())
    assert text_of(file) == before
    assert neighbours(file) == [file.name]


@given(
    body=st.binary()
    | st.text().map(str.encode)
    | st.builds(
        lambda value, end, options: (json.dumps(value, **options) + end).encode(),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
            lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
            max_leaves=8,
        ),
        st.sampled_from(["", "\n", " \r\n"]),
        st.sampled_from([{}, {"separators": (",", ":")}, {"indent": 2}, {"indent": 3}]),
    ),
    kind=st.sampled_from(["", "application/json", "text/plain; charset=latin-1"]),
)
def test_bodies_come_back_byte_by_byte(body: bytes, kind: str) -> None:
    """Whatever the content type says, and through the file."""
    written = json.dumps(encode_body(body, kind), ensure_ascii=False).encode()
    assert decode_body(json.loads(written)) == body


_HEADERS = st.dictionaries(
    st.text("abcdefghijklmnopqrstuvwxyz-", min_size=1), st.text(st.characters(max_codepoint=255))
)


@given(
    sent=st.builds(Sent, st.sampled_from(["GET", "PUT"]), st.just(URL), _HEADERS, st.binary()),
    answer=st.none()
    | st.builds(
        lambda status, headers, pieces: Answer(status, headers, tuple(pieces), streamed=True),
        st.integers(100, 999),
        _HEADERS,
        st.lists(st.binary()),
    ),
    failure=st.builds(
        Failure, st.sampled_from(["connection", "timeout", "closed"]), st.text("abä"), st.booleans()
    ),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
def test_recordings_come_back(
    tmp_path: Path, sent: Sent, answer: Answer | None, failure: Failure
) -> None:
    """From the file, as they were written."""
    file = tmp_path / "any.json"
    save(file, [Recording(sent, answer, failure)])
    assert load(file) == [Recording(sent, answer, failure)]
