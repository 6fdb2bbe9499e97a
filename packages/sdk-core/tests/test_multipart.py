"""Multipart bodies, read back by the parser for mail that Python brings along."""

from __future__ import annotations

import datetime as dt
import enum
import json
import uuid
from collections import Counter
from collections.abc import Mapping
from email.message import Message
from email.parser import BytesParser
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdk_core._multipart import encode_multipart
from sdk_core._uploads import Upload
from sdk_core.errors import ConfigurationError
from sdk_core.models import BaseModel
from sdk_core.operations import Part
from sdk_core.typing import not_given, omit

NOON = dt.datetime(2026, 11, 21, 12, 0, tzinfo=dt.UTC)
UUID = uuid.UUID("12345678-1234-5678-1234-567812345678")


class Size(enum.Enum):
    """No string."""

    BIG = 3


class Thing(BaseModel):
    """What is sent as JSON."""

    a: int = 1


def sent(members: Mapping[str, Any], **parts: Part) -> tuple[bytes, str]:
    """Return the whole body and its boundary."""
    pieces, boundary = encode_multipart(members, parts)
    return b"".join(Upload(pieces)), boundary


def parsed(body: bytes, boundary: str) -> list[Message]:
    """Return the parts that a receiver sees."""
    if body == f"--{boundary}--\r\n".encode():  # mail has no such form
        return []
    head = f"Content-Type: multipart/form-data; boundary={boundary}\r\n\r\n".encode()
    whole = BytesParser().parsebytes(head + body)
    assert not whole.defects
    assert not whole.preamble
    assert not whole.epilogue
    found = whole.get_payload()
    return [part for part in found if isinstance(part, Message)]


def seen(part: Message) -> tuple[str | None, str | None, str | None, bytes]:
    """Return name, file name, content type and content of one part."""
    # What is not ASCII comes out of the parser as it went in, byte by byte.
    (raw,) = [value for name, value in part.raw_items() if name == "Content-Disposition"]
    disposition = Message()
    disposition["x"] = raw.encode("ascii", "surrogateescape").decode()

    def text(key: str) -> str | None:
        value = disposition.get_param(key, header="x")
        assert value is None or isinstance(value, str)
        return value

    content = part.get_payload(decode=True)
    assert isinstance(content, bytes)
    return text("name"), text("filename"), part["content-type"], content


def received(members: Mapping[str, Any], **parts: Part) -> list[tuple[Any, ...]]:
    """Return what a receiver sees of each part."""
    return [seen(part) for part in parsed(*sent(members, **parts))]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("text", [(None, None, b"text")]),
        ("é", [(None, None, "é".encode())]),
        (7, [(None, None, b"7")]),
        (True, [(None, None, b"true")]),
        (NOON, [(None, None, b"2026-11-21T12:00:00+00:00")]),
        (UUID, [(None, None, str(UUID).encode())]),
        (Size.BIG, [(None, None, b"3")]),
        (None, []),
        (omit, []),
        (not_given, []),
        (["a", None, 1], [(None, None, b"a"), (None, None, b"1")]),
        (("a", "b"), [(None, None, b"a"), (None, None, b"b")]),
        ((None, "a"), [(None, None, b"a")]),
        ([], []),
        ({"a": 1}, [(None, "application/json", b'{"a":1}')]),
        (Thing(a=1), [(None, "application/json", b'{"a":1}')]),
        ([{"a": 1}, Thing(a=2)], [(None, "application/json", b'{"a":%d}' % n) for n in (1, 2)]),
        ([[1, 2], [3]], [(None, "application/json", text) for text in (b"[1,2]", b"[3]")]),
        (b"\xff", [("upload", "application/octet-stream", b"\xff")]),
        (bytearray(b"x"), [("upload", "application/octet-stream", b"x")]),
        (memoryview(b"x"), [("upload", "application/octet-stream", b"x")]),
        (BytesIO(b"x"), [("upload", "application/octet-stream", b"x")]),
        ([b"x", BytesIO(b"y")], [("upload", "application/octet-stream", c) for c in (b"x", b"y")]),
        (("a.png", b"x"), [("a.png", "image/png", b"x")]),
        (("a.png", b"x", None), [("a.png", "image/png", b"x")]),
        (("a.png", b"x", "a/b"), [("a.png", "a/b", b"x")]),
        ((None, b"x", "a/b"), [(None, "a/b", b"x")]),
        ((None, b"x"), [(None, "application/octet-stream", b"x")]),
        (("a", [b"x", b"y"]), [("a", "application/octet-stream", b"xy")]),
        (("a", iter([b"x", b"y"])), [("a", "application/octet-stream", b"xy")]),
        ([("a", b"x"), ("b", b"y")], [(n, "application/octet-stream", c) for n, c in ("ax", "by")]),
        (("a.tar.gz", b"x"), [("a.tar.gz", "application/octet-stream", b"x")]),
        (("data:text/html,x", b"x"), [("data:text/html,x", "application/octet-stream", b"x")]),
    ],
)
def test_values_become_parts(value: Any, expected: list[tuple[Any, ...]]) -> None:
    """Files, texts and JSON, each as it is usual; lists are one part for each item."""
    expected = [
        (name, kind, text.encode() if isinstance(text, str) else text)
        for name, kind, text in expected
    ]
    assert [("n", *each) for each in expected] == received({"n": value})


@pytest.mark.parametrize(
    ("value", "part", "expected"),
    [
        ("a", Part("application/json"), ["application/json", b'"a"']),
        (["a", 1], Part("application/vnd.x+json"), ["application/vnd.x+json", b'"a"', b"1"]),
        ([["a"]], Part("application/json"), ["application/json", b'["a"]']),
        ("<a/>", Part("application/xml"), ["application/xml", b"<a/>"]),
        ({"a": 1}, Part("text/plain"), ["text/plain", b'{"a":1}']),
        ("a", Part("text/*"), [None, b"a"]),
        (b"a", Part("image/png"), ["image/png", b"a"]),
        (b"a", Part("text/csv; charset=utf-8"), ["text/csv; charset=utf-8", b"a"]),
        (("a.gif", b"a"), Part("image/png, image/gif"), ["image/gif", b"a"]),
        (("a.txt", b"a"), Part("image/png, image/gif"), ["image/png", b"a"]),
        (("a.gif", b"a"), Part("image/*"), ["image/gif", b"a"]),
        (("a.txt", b"a"), Part("image/*"), ["application/octet-stream", b"a"]),
        (("a.txt", b"a"), Part("*/*"), ["text/plain", b"a"]),
        (("a.txt", b"a", "a/b"), Part("image/png"), ["a/b", b"a"]),
        (["a", None, 1], Part(explode=False), [None, b"a,1"]),
    ],
)
def test_a_part_may_be_declared(value: Any, part: Part, expected: list[Any]) -> None:
    """The document's content type is sent, where it names one and the caller does not."""
    found = received({"n": value}, n=part)
    assert expected[1:] == [each[3] for each in found]
    assert {expected[0]} == {each[2] for each in found}


def test_a_deep_object_is_a_part_for_each_value() -> None:
    """Files in it as well."""
    value = {"a": {"b": 1}, "c": b"x", "d": None}
    found = received({"n": value}, n=Part(style="deepObject"))
    assert [("n[a][b]", None, b"1"), ("n[c]", "upload", b"x")] == [
        (name, filename, content) for name, filename, _, content in found
    ]


def test_paths_and_open_files_bring_their_names(tmp_path: Path) -> None:
    """The last part of the path, no folders; standard input and alike have none."""
    path = tmp_path / "é.json"
    path.write_bytes(b"{}")
    nameless = BytesIO(b"")
    nameless.name = "<stdin>"  # as some files have it
    numbered = BytesIO(b"")
    numbered.name = 3  # as files have it that were opened so
    with path.open("rb") as file:
        found = received({"n": [path, file, ("own.json", path), nameless, numbered]})
        assert not file.closed
    expected = [("é.json", b"{}"), ("é.json", b"{}"), ("own.json", b"{}")]
    assert [*expected, ("upload", b""), ("upload", b"")] == [(each[1], each[3]) for each in found]


def test_a_part_may_have_headers() -> None:
    """They are the fourth of a file; the content type may be among them."""
    headers = {"X-A": "1", "content-type": "a/b"}
    first, second = parsed(
        *sent({"n": [("a", b"x", None, headers), ("b", b"y", "c/d", headers)], "m": None})
    )
    assert [("x-a", "1"), ("content-type", "a/b")] == [
        (name.lower(), value) for name, value in first.items()[1:]
    ]
    assert ("1", ["c/d"]) == (second["X-A"], second.get_all("content-type"))


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (StringIO("x"), "`n` is a file opened as text; open it with mode 'rb'"),
        (("a", StringIO("x")), "`n` is a file opened as text"),
        (Path("/nowhere/at-all"), "`n` cannot be read"),
        (Path("nul\0"), "`n` cannot be read"),
        (Path("/"), "`n` is a directory"),
        (("a", b"x", 7), "the media type of `n` must be a string, not int"),
        (("a", b"x", None, 7), "the headers of `n` must be a mapping, not int"),
        (("a", b"x", None, {1: "b"}), "the headers of `n` must have strings as names"),
        (object(), "cannot be sent as text"),
        (("a", b"x", "a/b\r\nX-Forged: 1"), "the header `Content-Type` of `n`"),
        (("a", b"x", None, {"X": "1\r\nX-Forged: 1"}), "the header `X` of `n`"),
        (("a", b"x", None, {"X": 1}), "the header `X` of `n` must be a string"),
        (("a", b"x", None, {"X: 1\r\nY": "1"}), "`n`, cannot have a header"),
        (("a", b"x", None, {"Content-Disposition": "x"}), "`n`, cannot have a header"),
        (("a\ud800", b"x"), "`n` has a name or a header that cannot be sent"),
        ("\ud800", "`n`: "),
        ({"a": object()}, "`n`: `a` cannot be sent as JSON"),
    ],
)
def test_what_cannot_be_a_part_is_named(value: Any, words: str) -> None:
    """Each is an error that says which member, before anything is sent."""
    with pytest.raises(ConfigurationError) as caught:
        encode_multipart({"n": value}, {})
    assert words in str(caught.value)


def test_a_closed_file_is_named() -> None:
    """Reading it would fail in the middle of the request."""
    file = BytesIO(b"x")
    file.close()
    with pytest.raises(ConfigurationError, match="`n` is a closed file"):
        encode_multipart({"n": file}, {})


def test_a_foreign_media_type_is_not_believed() -> None:
    """A document cannot write headers by way of a content type."""
    with pytest.raises(ConfigurationError, match="without control characters"):
        encode_multipart({"n": "x"}, {"n": Part("text/plain\r\nX-Forged: 1")})


def test_a_form_may_be_empty() -> None:
    """Nothing but its end, as browsers send it."""
    body, boundary = sent({"n": None})
    assert f"--{boundary}--\r\n".encode() == body


def test_each_form_has_a_boundary_of_its_own() -> None:
    """None can be known before."""
    drawn = Counter(encode_multipart({"n": "x"}, {})[1] for _ in range(100))
    assert {1} == set(drawn.values())
    assert all(len(boundary) >= 32 for boundary in drawn)


def escaped(name: str) -> str:
    """Return *name* as browsers write it, which cannot be taken back."""
    return "".join(
        f"%{ord(each):02X}" if each in '"\\\x7f' or each < " " else each for each in name
    )


@pytest.mark.parametrize(
    "name",
    [
        'a"; filename="b',
        "a\r\nX-Forged: 1\r\n\r\nx",
        "a\\",
        "a\\\\",
        '\\"',
        "\0",
        "é",
        "日本",
        "a;b=c",
    ],
)
def test_no_name_leaves_its_quotes(name: str) -> None:
    """What looks like more of a header, or like its end, stays a name."""
    body, boundary = sent({name: (name, b"x", "a/b"), "last": "y"})
    first, last = parsed(body, boundary)
    assert (escaped(name), escaped(name), "a/b", b"x") == seen(first)
    assert ("last", None, None, b"y") == seen(last)
    assert 2 == len(first.items())


# Line ends, dashes and what looks like parts are drawn more often than chance would have it.
_CONTENTS = st.one_of(
    st.binary(max_size=200),
    st.lists(
        st.sampled_from(
            [b"\r\n", b"\n", b"\r", b"--", b"--+++", b"\r\n--", b"--\r\n", b"x", b"\0", b"\xff"]
        )
    ).map(b"".join),
    st.just(b'\r\n--+++\r\nContent-Disposition: form-data; name="admin"\r\n\r\n1\r\n--+++--\r\n'),
)
_NAMES = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


def file_of(content: bytes, how: str) -> Any:
    """Return *content* as one of the things that files are."""
    if how == "pieces":
        return [content[:3], b"", content[3:]]
    return BytesIO(content) if how == "file" else content


@given(
    st.lists(
        st.tuples(_NAMES, _NAMES, _CONTENTS, st.sampled_from(["bytes", "file", "pieces"])),
        max_size=5,
        unique_by=lambda each: each[0],
    )
)
def test_whatever_is_sent_comes_back(files: list[tuple[str, str, bytes, str]]) -> None:
    """Names, file names and contents, to the byte, and no part that was not sent."""
    members = {name: (own, file_of(content, how)) for name, own, content, how in files}
    found = received(members)
    assert [(escaped(n), escaped(own), content) for n, own, content, _ in files] == [
        (name, filename, content) for name, filename, _, content in found
    ]


@given(_CONTENTS)
def test_contents_that_know_another_boundary_stay_contents(content: bytes) -> None:
    """What was sent once cannot be made part of what is sent next."""
    first, boundary = sent({"n": content})
    nested = first + f"\r\n--{boundary}--\r\n".encode()
    assert [("n", "upload", "application/octet-stream", nested)] == received({"n": nested})


@given(st.dictionaries(_NAMES, st.text(st.characters(exclude_categories=["Cs"])), max_size=4))
def test_texts_come_back(members: dict[str, str]) -> None:
    """In UTF-8, whatever is in them."""
    expected = [(escaped(name), None, None, text.encode()) for name, text in members.items()]
    assert expected == received(members)


def test_json_parts_come_back() -> None:
    """They are what the receiver's parser makes of them."""
    value = {"a": [1, {"b": "é\r\n--x"}], "at": NOON, "left out": omit}
    ((_, filename, kind, content),) = received({"n": value})
    assert (None, "application/json") == (filename, kind)
    assert {"a": value["a"], "at": NOON.isoformat()} == json.loads(content)


def test_lists_may_be_marked() -> None:
    """Some servers want a list's name with brackets, which a document may have written already."""
    members = {"a": [b"x", 1], "b[]": ["y"], "c": "z", "d": [[1], [2]]}
    pieces, boundary = encode_multipart(members, {}, lists="[]")
    found = parsed(b"".join(Upload(pieces)), boundary)
    assert ["a[]", "a[]", "b[]", "c", "d[]", "d[]"] == [seen(part)[0] for part in found]
