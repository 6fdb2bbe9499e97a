"""Files: how they go to the server, and how they come back."""

from __future__ import annotations

import io
import pickle
from pathlib import Path
from typing import Any

import httpx
import pytest

from sdk_openai_compat import ConfigurationError, HttpxBinaryResponseContent
from sdk_openai_compat.resources.files import Files

from ._clients import Wire, done, entered, items

pytestmark = pytest.mark.anyio

FILE = {
    "id": "file-1",
    "object": "file",
    "bytes": 5,
    "created_at": 1,
    "filename": "a.txt",
    "purpose": "batch",
    "status": "processed",
}


def filed(_: httpx.Request) -> httpx.Response:
    """Answer with a file."""
    return httpx.Response(200, json=FILE)


def parts_of(request: httpx.Request) -> list[bytes]:
    """Return the parts of a form, without what is between them."""
    boundary = request.headers["content-type"].partition("boundary=")[2].encode()
    return request.content.split(b"--" + boundary)[1:-1]


def kept(folder: Path, content: bytes = b"hello") -> Path:
    """Return the path of a file with *content*."""
    path = folder / "a.txt"
    path.write_bytes(content)
    return path


FORMS: Any = {
    "bytes": (lambda _: b"hello", b'filename="upload"', b"application/octet-stream"),
    "a path": (kept, b'filename="a.txt"', b"text/plain"),
    "an open file": (lambda folder: kept(folder).open("rb"), b'filename="a.txt"', b"text/plain"),
    "memory": (lambda _: io.BytesIO(b"hello"), b'filename="upload"', b"application/octet-stream"),
    "a name": (lambda _: ("b.json", b"hello"), b'filename="b.json"', b"application/json"),
    "a type": (lambda _: ("b", io.BytesIO(b"hello"), "x/y"), b'filename="b"', b"x/y"),
    "headers": (lambda _: ("b", b"hello", "x/y", {"X-A": "1"}), b"X-A: 1", b"x/y"),
    "text": (lambda _: ("b.txt", "hello"), b'filename="b.txt"', b"text/plain"),
}


@pytest.mark.parametrize("form", FORMS)
async def test_a_file_may_have_any_form(colour: str, form: str, tmp_path: Path) -> None:
    """Those that openai's `FileTypes` has; what is a text for a named file is sent as one."""
    make, named, media_type = FORMS[form]
    wire = Wire(filed)
    file = make(tmp_path)
    answer = await done(wire.client(colour).files.create(file=file, purpose="batch"))
    assert "file-1" == answer.id
    assert "POST /v1/files" == f"{wire.sent.method} {wire.sent.url.path}"
    sent, purpose = parts_of(wire.sent)
    assert b'name="file"' in sent
    assert named in sent
    assert b"Content-Type: " + media_type in sent
    assert sent.endswith(b"\r\n\r\nhello\r\n")
    assert purpose.endswith(b'name="purpose"\r\n\r\nbatch\r\n')
    if hasattr(file, "close"):
        file.close()


@pytest.mark.parametrize("form", ["bytes", "a path", "an open file", "memory"])
async def test_a_file_is_sent_again_from_where_it_began(
    colour: str, form: str, tmp_path: Path
) -> None:
    """When an attempt failed; what has been read is rewound."""
    wire = Wire(
        lambda request: (
            filed(request)
            if len(wire.requests) > 1
            else httpx.Response(500, headers={"retry-after": "0"})
        )
    )
    file = FORMS[form][0](tmp_path)
    await done(wire.client(colour).files.create(file=file, purpose="batch"))
    first, second = (parts_of(request) for request in wire.requests)
    assert first == second
    if hasattr(file, "close"):
        file.close()


async def test_objects_in_a_form_are_written_as_openai_does(colour: str) -> None:
    """One part for each member."""
    wire = Wire(filed)
    expires: Any = {"anchor": "created_at", "seconds": 3600}
    await done(wire.client(colour).files.create(file=b"x", purpose="batch", expires_after=expires))
    _, _, anchor, seconds = parts_of(wire.sent)
    assert b'name="expires_after[anchor]"\r\n\r\ncreated_at' in anchor
    assert b'name="expires_after[seconds]"\r\n\r\n3600' in seconds


async def test_several_images_are_parts_of_one_name(colour: str) -> None:
    """`image[]`; one image alone is called `image`."""
    wire = Wire(lambda _: httpx.Response(200, json={"created": 1, "data": []}))
    images = wire.client(colour).images
    await done(images.edit(image=[b"1", ("b.png", b"2"), ("c.txt", "3")], prompt="p", mask=b"4"))
    await done(images.edit(image=b"1", prompt="p"))
    many, one = (parts_of(request) for request in wire.requests)
    assert [b"image[]", b"image[]", b"image[]", b"prompt", b"mask"] == [
        part.partition(b'name="')[2].partition(b'"')[0] for part in many
    ]
    assert b"3\r\n" == many[2][-3:]
    assert [b'name="image"', b'name="prompt"'] == [
        part.partition(b"form-data; ")[2].partition(b"\r\n")[0].partition(b";")[0] for part in one
    ]


async def test_the_content_of_a_file_is_a_binary_answer(colour: str) -> None:
    """As bytes, as text, as JSON, in pieces, and in a file."""
    content = b'{"a": "\xc3\xa9"}\r\nb\r'
    wire = Wire(lambda _: httpx.Response(200, content=content))
    answer = await done(wire.client(colour).files.content("file-1"))
    assert isinstance(answer, HttpxBinaryResponseContent)
    assert "/v1/files/file-1/content" == wire.sent.url.path
    assert content == answer.content == answer.read() == await answer.aread()
    assert content.decode() == answer.text
    assert content == b"".join(answer.iter_bytes()) == b"".join(answer.iter_raw(3))
    assert [3, 3] == [len(piece) for piece in answer.iter_bytes(3)][:2]
    assert ['{"a": "é"}', "b"] == list(answer.iter_lines())
    assert ['{"a"'] == [*answer.iter_text(4)][:1]
    assert [b'{"a"'] == [piece async for piece in await answer.aiter_bytes(4)][:1]
    assert [b'{"a"'] == [piece async for piece in await answer.aiter_raw(4)][:1]
    assert ['{"a"'] == [piece async for piece in await answer.aiter_text(4)][:1]
    assert ['{"a": "é"}', "b"] == [line async for line in await answer.aiter_lines()]
    assert "<HttpxBinaryResponseContent of 15 bytes>" == repr(answer)
    with pytest.raises(ConfigurationError, match="`chunk_size` must be at least 1"):
        answer.iter_bytes(0)
    answer.close()
    await answer.aclose()
    assert 200 == answer.response.status_code
    assert content == pickle.loads(pickle.dumps(answer)).content


async def test_a_binary_answer_goes_to_a_file(colour: str, tmp_path: Path) -> None:
    """Under all of openai's names."""
    client = Wire(lambda _: httpx.Response(200, content=b'{"a": 1}')).client(colour)
    answer = await done(client.files.content("file-1"))
    answer.write_to_file(tmp_path / "1")
    answer.stream_to_file(str(tmp_path / "2"), chunk_size=2)
    await answer.astream_to_file(tmp_path / "3")
    found = [(tmp_path / name).read_bytes() for name in "123"]  # in a test
    assert [b'{"a": 1}'] * 3 == found
    assert {"a": 1} == answer.json()
    assert {"a": 1.0} == answer.json(parse_int=float)


async def test_an_empty_file_has_no_pieces(colour: str) -> None:
    """And is no error."""
    client = Wire(lambda _: httpx.Response(200, content=b"")).client(colour)
    answer = await done(client.files.content("file-1"))
    assert (b"", []) == (answer.content, list(answer.iter_bytes()))


def test_a_binary_answer_is_made_of_any_response() -> None:
    """Such as one of httpx, as libraries around openai do."""
    response = httpx.Response(200, content=b"abc", headers={"content-type": "text/plain"})
    answer = HttpxBinaryResponseContent(response)
    assert ("abc", response) == (answer.text, answer.response)
    assert (response.encoding, None) == (answer.encoding, answer.charset_encoding)
    assert [b"ab", b"c"] == list(answer.iter_bytes(2))


async def test_content_comes_in_every_view(colour: str, tmp_path: Path) -> None:
    """Raw, the bytes are there; streaming, they are read when they are asked for."""
    client = Wire(lambda _: httpx.Response(200, content=b"abc")).client(colour)
    raw = await done(client.files.with_raw_response.content("file-1"))
    assert b"abc" == raw.content == raw.parse().content
    view = client.files.with_streaming_response
    async with entered(view.content("file-1")) as unread:
        assert [b"abc"] == await items(unread.iter_bytes())
    async with entered(view.content("file-1")) as unread:
        await done(unread.stream_to_file(tmp_path / "a"))
    async with entered(view.content("file-1")) as unread:
        assert b"abc" == await done(unread.parse())
    assert b"abc" == (tmp_path / "a").read_bytes()


async def test_content_is_also_a_text(colour: str) -> None:
    """`retrieve_content`, of which openai warns, too."""
    client = Wire(lambda _: httpx.Response(200, content="é".encode())).client(colour)
    with pytest.warns(DeprecationWarning, match="deprecated"):
        assert "é" == await done(client.files.retrieve_content("file-1"))
    with pytest.warns(DeprecationWarning, match="deprecated"):
        raw = await done(client.files.with_raw_response.retrieve_content("file-1"))
    assert "é" == raw.parse()


@pytest.mark.difference(
    "Calls",
    openai="`extra_body` of a method that sends no body is dropped for GET, and sent for others.",
    here="It may be None there; anything else is a `ConfigurationError`.",
)
async def test_options_without_a_body_may_be_handed_on(colour: str) -> None:
    """`extra_body=None` is accepted by methods that send no body; a value is refused at once."""
    wire = Wire(filed)
    files = wire.client(colour).files
    assert "file-1" == (await done(files.retrieve("file-1", extra_body=None))).id
    with pytest.raises(ConfigurationError, match="`extra_body` was given, but `retrieve` sends no"):
        await done(files.retrieve("file-1", extra_body={"a": 1}))
    assert 1 == len(wire.requests)


def test_a_class_that_is_derived_keeps_its_methods() -> None:
    """What takes `extra_body` once is not wrapped again."""

    class Own(Files):
        pass

    assert Files.retrieve is Own.retrieve
