"""Which kind of body is sent, and how forms and plain bodies are written."""

from __future__ import annotations

import subprocess
import sys
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest

from sdk_core._bodies import encode_body, encode_form
from sdk_core._uploads import Upload
from sdk_core.clients import SyncClient
from sdk_core.errors import ConfigurationError
from sdk_core.models import BaseModel, Field
from sdk_core.operations import Body, Operation, Part
from sdk_core.typing import omit


class Thing(BaseModel):
    """With a name on the wire, and bytes, for which JSON has no place."""

    class_: str = Field(alias="class")
    data: bytes | None = None


JSON = Body()
FORM = Body("application/x-www-form-urlencoded", "form")
FILES = Body("multipart/form-data", "multipart")
TEXT = Body("text/plain", "text")
XML = Body("application/xml", "text")
BYTES = Body("application/octet-stream", "bytes")
IMAGE = Body("image/*", "bytes")


def taking(*kinds: Body) -> Operation[None]:
    """Return an operation that takes these kinds of body."""
    first, *others = kinds
    body = Body(first.media_type, first.encoding, False, first.parts, first.members, tuple(others))
    return Operation("op", "POST", "/x", body=body)


def sent(operation: Operation[None], body: Any, wanted: str | None = None) -> tuple[bytes, str]:
    """Return the body and its content type, the boundary of a form shortened."""
    content, content_type = encode_body(operation, body, body, wanted)
    data = b"".join(content) if isinstance(content, Upload) else content
    boundary = content_type.partition("boundary=")[2] or "no boundary"
    return data.replace(boundary.encode(), b"B"), content_type.replace(boundary, "B")


def with_members(kind: Body, *members: str) -> Body:
    """Return *kind* with these members."""
    return Body(kind.media_type, kind.encoding, members=frozenset(members))


FILE_OR_URL = (with_members(JSON, "url", "n"), with_members(FILES, "file", "n"))


@pytest.mark.parametrize(
    ("kinds", "body", "media_type"),
    [
        (FILE_OR_URL, {"url": "x", "n": 1}, "application/json"),
        (FILE_OR_URL, {"file": b"x", "n": 1}, "multipart/form-data"),
        (FILE_OR_URL, {"n": 1}, "application/json"),
        (FILE_OR_URL, {"n": b"x"}, "multipart/form-data"),
        (FILE_OR_URL, {"n": [BytesIO(b"x")]}, "multipart/form-data"),
        (FILE_OR_URL, {"file": b"x", "url": omit}, "multipart/form-data"),
        (FILE_OR_URL, [1], None),
        ((JSON, FILES), {"any": Path("/nowhere")}, None),
        ((JSON, FORM), {"a": 1}, "application/json"),
        ((FORM, JSON), {"a": 1}, "application/x-www-form-urlencoded"),
        ((FORM, JSON), [1], "application/json"),
        ((FORM, FILES), {"a": b"x"}, "multipart/form-data"),
        ((JSON, BYTES), b"x", "application/octet-stream"),
        ((JSON, BYTES), BytesIO(b"x"), "application/octet-stream"),
        ((JSON, BYTES), [b"x"], "application/octet-stream"),
        ((JSON, BYTES), ["x"], "application/json"),
        ((JSON, TEXT), "x", "application/json"),
        ((with_members(JSON, "a"), TEXT), "x", "text/plain"),
        ((with_members(JSON, "a"), TEXT), iter([b"x"]), "text/plain"),
        ((XML, JSON), b"<a/>", "application/xml"),
        ((XML, BYTES), b"x", "application/octet-stream"),
        ((XML, BYTES), "<a/>", "application/xml"),
        ((JSON, FORM), Thing.model_validate({"class": "x"}), "application/json"),
        (
            (with_members(JSON, "b"), with_members(FORM, "class")),
            Thing.model_validate({"class": "x"}),
            "application/x",
        ),
    ],
)
def test_the_first_kind_that_fits_is_sent(
    kinds: tuple[Body, ...], body: Any, media_type: str | None
) -> None:
    """It knows every member that is given, and can carry what they hold."""
    if media_type is None:
        with pytest.raises(ConfigurationError):
            sent(taking(*kinds), body)
    else:
        assert sent(taking(*kinds), body)[1].startswith(media_type)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"url": "x", "file": b"x"}, "can carry `file`, `url` together"),
        ({"url": b"x", "other": 1}, "can carry `other`, `url` together"),
        (7, "can carry a int together"),
    ],
)
def test_members_that_do_not_go_together_are_named(body: Any, words: str) -> None:
    """With the kinds that there are."""
    with pytest.raises(ConfigurationError) as caught:
        sent(taking(*FILE_OR_URL), body)
    assert words in str(caught.value)
    assert "(application/json, multipart/form-data)" in str(caught.value)


@pytest.mark.parametrize(
    ("kinds", "body", "wanted", "expected"),
    [
        ((JSON, FORM), {"a": 1}, "application/x-www-form-urlencoded", b"a=1"),
        ((JSON, FORM), {"a": 1}, "Application/JSON; charset=utf-8", b'{"a":1}'),
        ((JSON, TEXT), "x", "text/plain", b"x"),
        ((JSON, IMAGE), b"x", "image/png", b"x"),
        ((JSON,), {"a": 1}, "application/merge-patch+json", b'{"a":1}'),
        ((BYTES,), b"x", "video/mp4", b"x"),
    ],
)
def test_the_caller_may_choose_the_kind(
    kinds: tuple[Body, ...], body: Any, wanted: str, expected: bytes
) -> None:
    """By its content type, which stands in the request as the caller wrote it."""
    assert (expected, wanted) == sent(taking(*kinds), body, wanted)


@pytest.mark.parametrize(
    ("kind", "wanted", "expected"),
    [
        (FILES, "multipart/form-data; boundary=own", "multipart/form-data; boundary=B"),
        (FILES, "application/json", "multipart/form-data; boundary=B"),
        (Body("multipart/*", "multipart"), None, "multipart/form-data; boundary=B"),
        (Body("multipart/*", "multipart"), "multipart/mixed", "multipart/mixed; boundary=B"),
        (Body("multipart/mixed", "multipart"), None, "multipart/mixed; boundary=B"),
    ],
)
def test_a_multipart_body_names_its_own_boundary(
    kind: Body, wanted: str | None, expected: str
) -> None:
    """Whatever the caller writes: the body could not be read otherwise."""
    body, content_type = sent(taking(kind), {"a": "x"}, wanted)
    assert b'--B\r\nContent-Disposition: form-data; name="a"\r\n\r\nx\r\n--B--\r\n' == body
    assert expected == content_type


@pytest.mark.parametrize(
    ("kind", "body", "expected"),
    [
        (Body("*/*", "bytes"), b"x", "application/octet-stream"),
        (IMAGE, b"x", "application/octet-stream"),
        (Body("text/*", "text"), "x", "text/plain"),
        (Body("application/*+json", "json"), {}, "application/json"),
        (Body("*/*", "form"), {}, "application/x-www-form-urlencoded"),
    ],
)
def test_a_wildcard_is_not_sent(kind: Body, body: Any, expected: str) -> None:
    """The wire gets a media type."""
    assert expected == sent(taking(kind), body)[1]


@pytest.mark.parametrize(
    ("kind", "body", "expected"),
    [
        (TEXT, "é", "é".encode()),
        (TEXT, b"\xff", b"\xff"),
        (TEXT, 7, b"7"),
        (TEXT, True, b"true"),
        (BYTES, "é", "é".encode()),
        (BYTES, bytearray(b"x"), b"x"),
        (BYTES, memoryview(b"x"), b"x"),
        (BYTES, BytesIO(b"x"), b"x"),
        (BYTES, (b"x", bytearray(b"y")), b"xy"),
    ],
)
def test_a_plain_body_is_sent_as_it_is(kind: Body, body: Any, expected: bytes) -> None:
    """Texts in UTF-8."""
    assert expected == sent(taking(kind), body)[0]


@pytest.mark.parametrize(
    ("kind", "body", "words"),
    [
        (BYTES, 7, "the body of op must be bytes or a string"),
        (TEXT, {"a": 1}, "iterable of bytes, not dict"),
        (TEXT, "\ud800", "half of a surrogate pair"),
        (BYTES, Path("/nowhere/at-all"), "`body` cannot be read"),
        (FORM, "a=b", "a form needs a mapping of names to values, not str"),
        (FILES, [("a", "b")], "a form needs a mapping of names to values, not list"),
        (FILES, BaseModel, "a form needs a mapping"),
    ],
)
def test_a_body_of_another_type_is_refused(kind: Body, body: Any, words: str) -> None:
    """The message says what was expected."""
    with pytest.raises(ConfigurationError) as caught:
        sent(taking(kind), body)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("value", "part", "expected"),
    [
        ({"a": 1, "b": {"c": 2}}, Part(style="deepObject"), "m[a]=1&m[b][c]=2"),
        ([1, 2], Part(explode=False), "m=1,2"),
        ([1, 2], Part(), "m=1&m=2"),
        ([1, 2], Part(style="pipeDelimited", explode=False), "m=1%7C2"),
        ({"a": 1}, Part(explode=True), "a=1"),
        ({"a": 1}, Part(explode=False), "m=a,1"),
        ({"a": [1]}, Part("application/json"), "m=%7B%22a%22%3A%5B1%5D%7D"),
        ({"a": [1]}, Part("text/plain"), "m[a]=1"),
        (None, Part("application/json"), ""),
        (omit, Part(explode=False), ""),
        ([], Part(explode=False), ""),
    ],
)
def test_a_member_of_a_form_is_written_as_the_document_says(
    value: Any, part: Part, expected: str
) -> None:
    """OpenAPI 3.2, Encoding Object; the others as usual."""
    encoded = encode_form({"x": {"y": 1}, "m": value, "z": [1, 2]}, {"m": part}).decode()
    assert "&".join(filter(None, ["x[y]=1", expected, "z=1&z=2"])) == encoded


def test_a_model_is_a_form() -> None:
    """By its names on the wire; what JSON has no place for stays what it is."""
    thing = Thing.model_validate({"class": "x", "data": b"\xff", "more": [1, 2]})
    pairs = [("class", "x"), ("data", "ÿ"), ("more", "1"), ("more", "2")]
    assert pairs == parse_qsl(encode_form(thing).decode())
    body, _ = sent(taking(FILES), thing)
    assert b'name="data"; filename="upload"' in body
    assert b"\r\n\r\n\xff\r\n" in body


def built(operation: Operation[None], **options: Any) -> Any:
    """Return the request of a call."""
    with SyncClient(base_url="https://api.example.com") as client:
        return client._build(operation, None, None, **options)


def test_extras_do_not_decide_on_the_kind() -> None:
    """`extra_body` is for what the document does not know."""
    made = built(taking(*FILE_OR_URL), body={"url": "x"}, extra_body={"new": 1})
    assert b'{"url":"x","new":1}' == made.content
    assert "application/json" == made.headers["content-type"]


def test_the_content_type_of_the_call_is_the_callers() -> None:
    """Set, taken away, or left to the body that needs its own."""
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    made = built(taking(JSON, FORM), body={"a": 1}, extra_headers=headers)
    assert (b"a=1", headers["Content-Type"]) == (made.content, made.headers["content-type"])
    made = built(taking(BYTES), body=b"x", extra_headers={"content-type": omit})
    assert "content-type" not in made.headers
    made = built(taking(JSON), body={"a": 1}, extra_headers={"content-type": "a/b"})
    assert "a/b" == made.headers["content-type"]
    headers = {"Content-Type": "multipart/form-data", "x-a": "1"}
    made = built(taking(FILES), body={"a": 1}, extra_headers=headers)
    assert made.headers["content-type"].startswith("multipart/form-data; boundary=")
    assert b"--" + made.headers["content-type"][-32:].encode() in made.content


def test_a_model_that_is_no_object_has_no_members() -> None:
    """Such as a model whose root is a list."""

    class Root:
        def model_dump(self, **_: Any) -> list[int]:
            return [1]

    assert (b"[1]", "application/json") == sent(taking(JSON, FORM), Root())


def test_the_types_of_files_cost_no_engine() -> None:
    """Generated packages name them in signatures, long before anything is sent."""
    script = (
        "import sys; from sdk_core.typing import BinaryTypes, FileContent, FileTypes\n"
        "from sdk_core.clients import SyncClient; SyncClient(base_url='http://localhost')\n"
        "print(sorted({'httpx', 'pydantic', 'mimetypes', 'sdk_core._multipart'} & {*sys.modules}))"
    )
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    assert b"[]" == found.stdout.strip()
