from __future__ import annotations

import json
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdk_core import _validators
from sdk_core._decoding import WARM, _Anything, _tolerant, choose, contents_for, no_stream, read
from sdk_core._error_bodies import said
from sdk_core._messages import Response
from sdk_core.errors import APIError, APIResponseValidationError
from sdk_core.models import BaseModel
from sdk_core.operations import Content, Operation, Ref
from sdk_core.testing import request, response


class Thing(BaseModel):
    """What the operation answers with."""

    id: str
    n: int = 0


JSON = Content("application/json", "json", Ref.to(Thing))
ANY = Content("application/json", "json")
EVENTS = Content("text/event-stream", "events", Ref.to(Thing))
TEXT = Content("text/plain", "text")
IMAGE = Content("image/*", "bytes")

URL = "https://user:canary@api.example.com/things?key=canary"


def answer(
    content: bytes,
    content_type: str | None = "application/json",
    status: int = 200,
    **headers: str,
) -> Response:
    """Return an answer that has been read."""
    if content_type is not None:
        headers["content-type"] = content_type
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return response(status, named, content, request=request(URL))


def operation(*contents: Content, **responses: tuple[Content, ...]) -> Operation[Any]:
    """Return an operation that answers so."""
    named = {name.removeprefix("s"): each for name, each in responses.items()}
    return Operation("getThing", "GET", "/things", responses={"200": contents, **named})


@pytest.mark.parametrize(
    "content_type",
    [
        *("application/json", "APPLICATION/JSON; charset=utf-8", "application/problem+json"),
        *("text/json", "text/plain", None),
    ],
)
def test_a_model_is_read(content_type: str | None) -> None:
    """JSON is read as JSON, whatever the server calls it."""
    thing = read(operation(JSON), answer(b' {"id": "a", "n": 1}', content_type), strict=False)
    assert (type(thing), thing.id, thing.n) == (Thing, "a", 1)


def test_the_request_id_is_on_the_model() -> None:
    """The object that a call returns knows the server's name for the call."""
    content = b'{"id": "a"}'
    found = read(operation(JSON), answer(content, x_request_id="r-1"), strict=False)
    assert found._request_id == "r-1"
    assert read(operation(JSON), answer(content), strict=False)._request_id is None
    assert read(operation(ANY), answer(content, x_request_id="r"), strict=False) == {"id": "a"}


@pytest.mark.parametrize(
    ("contents", "content", "content_type", "expected"),
    [
        ((ANY,), b'{"a": [1]}', "application/json", {"a": [1]}),
        ((ANY,), b"7", "application/json", 7),
        ((TEXT,), b"caf\xc3\xa9", "text/plain", "café"),
        ((TEXT,), b"caf\xe9", "text/plain; charset=latin-1", "café"),
        ((TEXT, ANY), b"[1]", "application/json", [1]),
        ((IMAGE,), b"\x89PNG", "image/png", b"\x89PNG"),
        ((Content("*/*", "bytes"),), b"x", "a/b", b"x"),
        ((TEXT,), b"x", None, "x"),
        ((), b"anything", "a/b", None),
    ],
)
def test_each_kind_of_content_is_read_as_such(
    contents: tuple[Content, ...], content: bytes, content_type: str | None, expected: object
) -> None:
    """JSON of any shape, text in its charset, bytes, and nothing at all."""
    assert expected == read(operation(*contents), answer(content, content_type), strict=False)


@pytest.mark.parametrize(
    ("status", "expected"),
    [(200, "exact"), (201, "range"), (299, "range"), (302, "default"), (404, "default")],
)
def test_the_nearest_status_is_chosen(status: int, expected: str) -> None:
    """A status itself comes before its range, and that before the default."""
    named = {name: (Content(name, "text"),) for name in ("exact", "range", "default")}
    described: Operation[None] = Operation(
        "x",
        "GET",
        "/x",
        responses={"200": named["exact"], "2XX": named["range"], "default": named["default"]},
    )
    assert named[expected] == contents_for(described, status)


def test_a_success_that_the_document_forgot_is_read_like_another() -> None:
    """A 201 where only a 200 is described holds most likely the same."""
    assert contents_for(operation(JSON), 201) == (JSON,)
    assert contents_for(operation(JSON), 404) == ()
    assert contents_for(Operation("x", "GET", "/x"), 200) == ()


@pytest.mark.parametrize(
    ("content_type", "body", "expected"),
    [
        ("text/event-stream", None, EVENTS),
        ("application/json", None, JSON),
        ("text/plain", b"plain", None),
        ("text/plain", b"", None),
        ("text/plain", b' [{"id": 1}]', JSON),
        ("text/plain", None, None),
        (None, b"", None),
        (None, b"{}", JSON),
        (None, b"x", EVENTS),
        ("", b"x", None),
    ],
)
def test_the_media_type_decides_and_the_body_helps(
    content_type: str | None, body: bytes | None, expected: Content | None
) -> None:
    """A wrong media type does not matter where the body looks like JSON."""
    assert expected == choose((EVENTS, JSON), content_type, body)


def test_a_web_page_is_not_an_answer() -> None:
    """A 200 with HTML is an error that says what is likely wrong, without secrets."""
    with pytest.raises(APIResponseValidationError) as caught:
        read(operation(JSON), answer(b"<html>Log in</html>", "text/html"), strict=False)
    assert str(caught.value) == (
        "200 with text/html instead of application/json from GET https://api.example.com/things; "
        "that is a web page: is `base_url` right, with its path (such as `/v1`)?"
    )
    assert caught.value.body == "<html>Log in</html>"
    assert caught.value.response.status_code == 200


def test_an_empty_answer_is_not_an_object() -> None:
    """Nothing where JSON was promised is an error, too."""
    with pytest.raises(APIResponseValidationError, match="200 with no content type instead of"):
        read(operation(JSON, TEXT), answer(b"", None), strict=False)


@pytest.mark.parametrize("body", [b"", b"x", b'{"a": 1}', b"[1]"])
def test_a_text_of_no_declared_type_is_one_whatever_it_looks_like(body: bytes) -> None:
    """Where nothing else is promised: empty, or like JSON, too."""
    assert TEXT is choose((TEXT, EVENTS), None, body)


@pytest.mark.parametrize("status", [204, 205])
def test_a_status_that_has_no_body_gives_nothing(status: int) -> None:
    """A server may answer 204 where the document forgot it (RFC 9110 §15.3.5)."""
    assert read(operation(JSON), answer(b"", None, status), strict=False) is None


class Job(BaseModel):
    """An object of which an error is part."""

    id: str
    error: dict[str, str] | None = None


def test_an_error_that_belongs_to_the_object_is_no_failure() -> None:
    """A job that failed is an answer like any other."""
    content = Content("application/json", "json", Ref.to(Job))
    body = b'{"id": "j", "error": {"message": "no"}}'
    assert Job(id="j", error={"message": "no"}) == read(
        operation(content), answer(body), strict=False
    )


class Done(BaseModel):
    """An object of which no error is part."""

    kind: Literal["done"]


class Failed(BaseModel):
    """The variant that has one."""

    kind: Literal["failed"]
    error: dict[str, str]


OUTCOME = Content("application/json", "json", Ref.to(Done | Failed))  # type: ignore[arg-type]  # a union is no class


def test_an_error_that_belongs_to_one_variant_is_no_failure_of_that_one() -> None:
    """In place of the other one it is."""
    failed = b'{"kind": "failed", "error": {"message": "no"}}'
    assert Failed(kind="failed", error={"message": "no"}) == read(
        operation(OUTCOME), answer(failed), strict=False
    )
    for body in (b'{"kind": "done", "error": {"message": "no"}}', b'{"error": {"message": "no"}}'):
        with pytest.raises(APIError, match="no"):
            read(operation(OUTCOME), answer(body), strict=False)


@pytest.mark.parametrize(("content", "what"), [(JSON, "Thing"), (ANY, "JSON")])
def test_cut_json_is_an_error_of_ours(content: Content, what: str) -> None:
    """The message says what was expected, and where from."""
    expected = f"the answer of GET https://api.example.com/things is no valid {what}: "
    with pytest.raises(APIResponseValidationError) as caught:
        read(operation(content), answer(b'{"id": "a'), strict=False)
    assert str(caught.value).startswith(expected)
    assert isinstance(caught.value.__cause__, ValueError)
    assert caught.value.body == '{"id": "a'


def test_strict_refuses_a_misfit() -> None:
    """Without it the same answer is read as far as it goes."""
    misfit = answer(b'{"id": 7}')
    assert read(operation(JSON), misfit, strict=False).id == 7
    with pytest.raises(APIResponseValidationError, match="no valid Thing: 1 validation error"):
        read(operation(JSON), misfit, strict=True)


@pytest.mark.parametrize("content", [JSON, ANY])
@pytest.mark.parametrize(
    ("body", "message", "inner"),
    [
        ({"error": {"message": "no", "code": 3}}, "no", {"message": "no", "code": 3}),
        ({"error": "no"}, "no", "no"),
        ({"error": {"code": 3}}, "the server reports an error without a message", {"code": 3}),
        ({"a": 1, "error": {"message": "no"}}, "no", {"message": "no"}),
    ],
)
def test_an_error_in_a_success_is_an_error(
    content: Content, body: object, message: str, inner: object
) -> None:
    """Some servers say 200 and mean no."""
    refused = answer(json.dumps(body).encode(), x_request_id="r")
    with pytest.raises(APIError) as caught:
        read(operation(content), refused, strict=False)
    assert (message, inner) == (str(caught.value), caught.value.body)
    assert caught.value.response is refused
    assert caught.value.request_id == "r"
    assert caught.value.code == (inner.get("code") if isinstance(inner, dict) else None)


def test_an_error_in_a_success_shows_no_credential_and_is_one_line() -> None:
    """Servers quote the key that they refuse, with whatever status."""
    sent = request(headers={"authorization": "Bearer canary-c0de"})
    body = {"error": "wrong key canary-c0de\nsee the docs"}
    with pytest.raises(APIError) as caught:
        read(operation(ANY), response(json=body, request=sent), strict=False)
    assert "wrong key [secret] see the docs" == str(caught.value)


def test_an_error_in_a_success_may_be_nested_deeper_than_python() -> None:
    """Its words are lost then; that it is an error is not."""
    nested: Any = {"message": "no"}
    for _ in range(sys.getrecursionlimit()):
        nested = {"error": nested}
    assert said(nested, response(200)) == "the server reports an error without a message"


@pytest.mark.parametrize(
    "body",
    [
        b'{"id": "j", "error": {"message": "no"}}',
        b'{"error": null}',
        b'{"error": {}}',
        b'{"a": "\\"error\\""}',
        b'["error"]',
        b'"error"',
    ],
)
def test_not_everything_named_error_is_one(body: bytes) -> None:
    """An empty error, and the word as a value, are data."""
    assert json.loads(body) == read(operation(ANY), answer(body), strict=False)


def test_an_error_in_bytes_that_are_no_utf8_is_found() -> None:
    """Bad bytes hide no error and raise none of their own."""
    with pytest.raises(APIError, match="caf\ufffd"):
        read(operation(JSON), answer(b'{"id": "a", "error": "caf\xc3"}'), strict=False)
    with pytest.raises(APIResponseValidationError):
        read(operation(JSON), answer(b'{"error": "caf\xc3'), strict=False)


@pytest.mark.parametrize(
    ("content", "content_type", "message"),
    [
        (b'{"error": {"message": "no"}}', "application/json", "no"),
        (b'{"id": "a"}', "application/json", "200 with application/json instead of text/event-str"),
        (b"<html>", "text/html", "200 with text/html instead of text/event-stream"),
        (b"", None, "200 with no content type instead of text/event-stream"),
    ],
)
def test_an_answer_that_is_no_stream_says_why(
    content: bytes, content_type: str | None, message: str
) -> None:
    """The server's own error where there is one, else what came instead."""
    error = no_stream(operation(JSON, EVENTS), answer(content, content_type))
    assert str(error).startswith(message)
    assert "canary" not in str(error)


@pytest.mark.parametrize("status", [300, 304, 399])
def test_a_status_that_is_neither_success_nor_refusal_is_refused(status: int) -> None:
    """A redirect that leads nowhere is no success, and the message names the status."""
    with pytest.raises(APIResponseValidationError, match=f"{status} with"):
        read(operation(JSON), answer(b"", status=status), strict=False)


def test_a_redirect_that_the_document_names_has_no_result() -> None:
    """What an operation answers with may be a status alone."""
    assert read(operation(s302=()), answer(b"", status=302), strict=False) is None


TEXTS = st.text(max_size=9) | st.sampled_from(["\ud800", "\u0000", "\U0001f600"])
NUMBERS = st.integers() | st.floats() | st.sampled_from([10**30, -(2**63) - 1, 1.7e308])
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
)
DOCUMENTS = st.builds(json.dumps, VALUES, ensure_ascii=st.booleans()).map(
    lambda text: text.encode("utf-8", "surrogatepass")
)


@given(DOCUMENTS | DOCUMENTS.map(lambda data: data[:-1]) | st.binary(max_size=12))
def test_what_has_become_work_is_read_alike(data: bytes) -> None:
    """The library for many answers says what the one for the first few says, errors included."""

    def outcome(read: Any) -> str:
        try:
            return repr(read(data))
        except ValueError:
            return "no JSON"

    assert outcome(WORKING) == outcome(_tolerant)


WORKING = _Anything()
WORKING(json.dumps("x" * WARM).encode())


@pytest.mark.parametrize("warm", [False, True])
def test_nesting_without_an_end_is_no_json(warm: bool) -> None:
    """It does not end the program, whichever library reads it."""
    decode = WORKING if warm else _Anything()
    with pytest.raises(ValueError, match=r"nested|recursion"):
        decode(b"[" * 200_000 + b"]" * 200_000)


def test_threads_that_read_a_type_first_share_what_is_built(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """None of them finds it half made."""

    class Fresh(BaseModel):
        """A type that has not been read."""

        id: str

    built: list[Any] = []
    begun, go = threading.Event(), threading.Event()

    class Slow(_validators._Build):
        def validator(self) -> Any:
            begun.set()
            go.wait()
            built.append(super().validator())
            return built[-1]

    monkeypatch.setattr(_validators, "_Build", Slow)
    reader = _validators.Reader(Fresh)
    with ThreadPoolExecutor(4) as pool:
        first = pool.submit(reader.validator)
        begun.wait()
        others = [pool.submit(reader.validator) for _ in range(3)]
        go.set()
        found = [each.result() for each in (first, *others)]
    assert built * 4 == found
