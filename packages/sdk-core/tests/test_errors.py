from __future__ import annotations

import copy
import json
import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdk_core import errors
from sdk_core._error_bodies import describe
from sdk_core._messages import Response
from sdk_core.errors import (
    APIConnectionError,
    APIError,
    APIResponseValidationError,
    APIStatusError,
    APITimeoutError,
    AuthenticationError,
    BadRequestError,
    ConfigurationError,
    ConflictError,
    InternalServerError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    SDKError,
    StreamInterruptedError,
    UnknownOptionError,
    UnprocessableEntityError,
)
from sdk_core.models import BaseModel
from sdk_core.operations import Operation, Ref
from sdk_core.testing import request, response

CANARY = "canary-91bc"
URL = f"https://user:{CANARY}@api.example.com/v1/things?api_key={CANARY}&page=2"


def error(
    status: int = 400,
    content: bytes | str = b"",
    content_type: str | None = None,
    url: str = "https://api.example.com/v1/things",
    **headers: str,
) -> APIStatusError:
    """Return the error for such an answer."""
    content = content.encode() if isinstance(content, str) else content
    if content_type is not None:
        headers["content-type"] = content_type
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return APIStatusError.of(response(status, named, content, request=request(url)))


def of(body: object, status: int = 400) -> APIStatusError:
    """Return the error for a JSON body."""
    return error(status, json.dumps(body), "application/json")


@pytest.mark.parametrize(
    ("status", "cls"),
    [
        (400, BadRequestError),
        (401, AuthenticationError),
        (403, PermissionDeniedError),
        (404, NotFoundError),
        (409, ConflictError),
        (422, UnprocessableEntityError),
        (429, RateLimitError),
        (500, InternalServerError),
        (503, InternalServerError),
        (599, InternalServerError),
        (402, APIStatusError),
        (418, APIStatusError),
    ],
)
def test_the_status_decides_the_class(status: int, cls: type[APIStatusError]) -> None:
    """Seven statuses and everything from 500 have a class; others below are the plain one."""
    raised = error(status)
    assert cls is type(raised)
    assert status == raised.status_code == raised.response.status_code


def test_the_tree_is_as_drawn() -> None:
    """The first branch is what the caller can do, and the built-in kin is kept."""
    assert issubclass(ConfigurationError, SDKError)
    assert issubclass(ConfigurationError, ValueError)
    assert issubclass(UnknownOptionError, ConfigurationError)
    assert issubclass(UnknownOptionError, TypeError)
    assert not issubclass(ConfigurationError, APIError)
    assert issubclass(APITimeoutError, APIConnectionError)
    assert issubclass(StreamInterruptedError, APIConnectionError)
    for cls in (APIConnectionError, APIResponseValidationError, APIStatusError):
        assert cls.__bases__ == (APIError,)
    for name in errors.__all__:
        assert issubclass(getattr(errors, name), SDKError)
        assert name in (errors.__doc__ or "")


BODIES: dict[str, tuple[object, str]] = {
    "OpenAI": ({"error": {"message": "no", "type": "t", "code": "c", "param": "p"}}, "no"),
    "an error that is a string": ({"error": "no"}, "no"),
    "FastAPI": ({"detail": "no"}, "no"),
    "FastAPI, invalid": (
        {"detail": [{"loc": ["body", "messages", 0], "msg": "field required", "type": "missing"}]},
        "body.messages.0: field required",
    ),
    "several problems": (
        {"detail": [{"loc": ["a"], "msg": "x"}, {"msg": "y"}, "z", 7, {}]},
        "a: x; y; z",
    ),
    "a nested detail": ({"detail": {"error": {"message": "no"}}}, "no"),
    "vLLM, old": ({"object": "error", "message": "no", "code": 400}, "no"),
    "a bare message": ({"message": "no"}, "no"),
    "Gemini": ([{"error": {"code": 400, "message": "no", "status": "INVALID_ARGUMENT"}}], "no"),
    "Anthropic": ({"type": "error", "error": {"type": "invalid_request", "message": "no"}}, "no"),
    "OAuth (RFC 6749)": ({"error": "invalid_grant", "error_description": "no"}, "no"),
    "OAuth, without words": ({"error": "invalid_grant", "error_description": ""}, "invalid_grant"),
    "problem details (RFC 9457)": ({"type": "about:blank", "title": "T", "detail": "no"}, "no"),
    "problem details, title only": ({"type": "about:blank", "title": "no", "status": 400}, "no"),
    "pointers": ([{"pointer": "#/a", "detail": "x"}, {"pointer": "#/b"}], "#/a: x"),
    "a reason": ({"reason": "no"}, "no"),
    "a message in several lines": ({"message": " a\n\tb  c "}, "a b c"),
    "an empty message": ({"error": {"message": ""}, "detail": "no"}, "no"),
    "an error list": ({"error": [{"message": "a"}, {"message": "b"}]}, "a; b"),
}


@pytest.mark.parametrize(("body", "text"), BODIES.values(), ids=BODIES.keys())
def test_the_server_is_heard_in_every_dialect(body: object, text: str) -> None:
    """The message is ``Error code: N - `` and the human part of the body, in one line."""
    assert f"Error code: 400 - {text}" == str(of(body))


@pytest.mark.parametrize(
    "body", [{"error": {"code": 7}}, {}, [], 7, {"message": 7}, {"error": None}, [1, 2], {"a": "b"}]
)
def test_a_body_without_words_leaves_the_status(body: object) -> None:
    """Nothing is made up where the server says nothing."""
    assert str(of(body)) == "Error code: 400"


def test_the_body_is_the_inner_error() -> None:
    """`body`, `code`, `param` and `type` are those of the inner object, as users know them."""
    inner = {"message": "no", "type": "t", "code": "c", "param": "p"}
    raised = of({"error": inner})
    assert inner == raised.body
    assert ("c", "p", "t") == (raised.code, raised.param, raised.type)
    assert raised.message == "Error code: 400 - no"


@pytest.mark.parametrize(
    ("content", "body"),
    [
        (b'{"detail": "x"}', {"detail": "x"}),
        (b'{"error": "x"}', "x"),
        (b'{"error": null, "a": 1}', {"error": None, "a": 1}),
        (b" plain words ", "plain words"),
        (b"", None),
        (b"  \n", None),
        (b"{cut", "{cut"),
        (b"[1, 2]", [1, 2]),
        (b"\xff\xfe bytes", "\ufffd\ufffd bytes"),
    ],
)
def test_the_body_is_what_can_be_made_of_it(content: bytes, body: object) -> None:
    """JSON where it is JSON, else the text, else None."""
    assert body == error(500, content).body


@pytest.mark.parametrize(
    "content",
    [
        'data: {"error": {"message": "no"}}\n\n',
        'event: error\ndata: {"error": {"message": "no"}}\n\n',
        'event: error\r\ndata: nonsense\r\ndata: {"error": {"message": "no"}}\r\n\r\ndata: [DONE]',
        'data:{"error":{"message":"no"}}\r\r',
    ],
)
def test_an_error_may_come_as_an_event(content: str) -> None:
    """A refused stream's body is an event stream on some servers."""
    raised = error(500, content, "text/event-stream")
    assert str(raised) == "Error code: 500 - no"
    assert raised.body == {"message": "no"}


def test_an_event_stream_without_an_error_stays_text() -> None:
    """What holds no JSON is kept as it is."""
    assert error(500, "data: hello\n\n").body == "data: hello"


@pytest.mark.parametrize(
    ("page", "words"),
    [
        ("<html><head><title>502 Bad\n Gateway</title></head><p>x</html>", "502 Bad Gateway"),
        ("<!DOCTYPE html><html><body><h1>Sorry</h1></body></html>", "Sorry"),
        ("<script>var a = 1 < 2</script><style>p {}</style><p>Down</p>", "Down"),
        ("<title><b>Log in</b></title>", "Log in"),
    ],
)
def test_a_web_page_is_said_in_a_few_words(page: str, words: str) -> None:
    """Its title, or its text without tags, and that it is a web page."""
    message = f"Error code: 502 - the server answered with a web page ({words})"
    assert message == str(error(502, page, "text/html; charset=utf-8"))
    assert message == str(error(502, page))


@pytest.mark.parametrize("page", ["<script>" * 150_000, "<title>" * 150_000, "<" * 1_000_000])
def test_a_hostile_page_costs_no_time(page: str) -> None:
    """What is searched of a page is limited, so that no pattern takes minutes."""
    assert len(str(error(500, page, "text/html"))) < 700


@pytest.mark.parametrize("body", ['{"error":' * 900 + "1" + "}" * 900, "[" * 100_000])
def test_a_hostile_nesting_is_no_crash(body: str) -> None:
    """However deep a body goes, the answer is an error of ours."""
    assert str(error(500, body)).startswith("Error code: 500")


def test_a_body_may_be_nested_deeper_than_python() -> None:
    """Words that nobody can have meant for a person are not looked for."""
    body: object = "no"
    for _ in range(100_000):
        body = {"error": body}
    assert describe(response(500), body) == ""


def test_a_long_message_is_cut() -> None:
    """A message is for a person; the whole is in `body`."""
    raised = error(400, "x" * 10_000)
    assert len(str(raised)) < 600
    assert str(raised).endswith("…")
    assert raised.body == "x" * 10_000


def test_a_lost_path_says_what_is_likely_wrong() -> None:
    """A 404 that is no API's, on a URL without ``/v1``, hints at the base URL."""
    url = "https://api.example.com/chat"
    assert "does `base_url` lack `/v1`?" in str(error(404, "Not found", "text/plain", url))
    assert "lack" not in str(error(404, "{}", "application/json", url))
    assert "lack" not in str(error(404, "Not found", "text/plain", f"{url}/v1/x"))


def test_a_bare_401_says_what_to_check() -> None:
    """Where the server gives no words, ours name the option."""
    assert str(error(401)) == "Error code: 401 - the credential was refused; check the key"


def test_an_error_carries_what_its_answer_says() -> None:
    """`request`, `response`, `request_id` and `retry_after` are at hand."""
    raised = error(429, x_request_id="r-1", retry_after="7")
    assert raised.request is raised.response.request
    assert ("r-1", 7.0, 0) == (raised.request_id, raised.retry_after, raised.retries_taken)
    assert (error().request_id, error().retry_after) == (None, None)


def test_an_error_without_a_message_is_an_empty_line() -> None:
    """`message` is always a string."""
    assert SDKError().message == ""
    assert SDKError("x").message == "x"


def test_defaults_are_those_that_users_know() -> None:
    """Constructors and default messages are openai's."""
    sent = request()
    assert str(APIConnectionError(request=sent)) == "Connection error."
    assert str(APITimeoutError(sent)) == "Request timed out."
    assert APITimeoutError(sent).request is sent
    invalid = APIResponseValidationError(response(200, {"x-request-id": "r"}), {"a": 1})
    assert str(invalid) == "Data returned by API invalid for expected schema."
    assert (invalid.status_code, invalid.body, invalid.request_id) == (200, {"a": 1}, "r")


def test_a_connection_error_knows_whether_a_repeat_is_safe() -> None:
    """In doubt the request may have been processed."""
    assert APIConnectionError().maybe_processed
    assert APITimeoutError().maybe_processed
    assert StreamInterruptedError().maybe_processed
    assert not APITimeoutError(maybe_processed=False).maybe_processed


def secretive() -> Response:
    """Return an answer that is full of secrets."""
    sent = request(
        URL,
        headers={"authorization": f"Bearer {CANARY}", "x-api-key": CANARY, "accept": "a/b"},
    )
    return response(
        429,
        {"set-cookie": CANARY, "x-auth-token": CANARY, "retry-after": "3", "x-request-id": "r"},
        b'{"error": {"message": "no", "code": "c"}}',
        request=sent,
    )


def every_error() -> list[SDKError]:
    """Return one error of each class, with as much in it as it can hold."""
    answer = secretive()
    made: list[SDKError] = [
        SDKError("m"),
        ConfigurationError("m"),
        UnknownOptionError("m"),
        errors.InvalidWebhookError("m"),
        errors.InvalidWebhookSignatureError("m"),
        APIError("m", answer.request, body={"code": "c"}),
        APIConnectionError(message="m", request=answer.request, maybe_processed=False),
        APITimeoutError(answer.request, maybe_processed=False),
        errors.CircuitOpenError(answer.request, message="m", retry_after=1.5),
        errors.LimitReachedError(answer.request, message="m", retry_after=2.5),
        StreamInterruptedError("m", request=answer.request, response=answer, partial=[1, {"a": 2}]),
        APIResponseValidationError(answer, {"a": 1}),
        errors.ChecksumError(answer, algorithm="md5", expected="0a", found="0b", source="`etag`"),
        APIStatusError.of(answer),
        errors.PollError("m", last={"a": 1}, response=answer),
        errors.PollTimeoutError("m"),
        errors.PollCancelledError("m"),
        errors.PollFailedError("m"),
    ]
    made += [
        errors.status_error_type(status)("m", response=answer, body={"code": "c"})
        for status in (402, 400, 401, 403, 404, 409, 422, 429, 500)
    ]
    return made


def test_every_class_is_pickled_here() -> None:
    """The list above leaves no class of the tree out."""
    assert set(errors.__all__) == {type(each).__name__ for each in every_error()}


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("raised", every_error(), ids=lambda e: type(e).__name__)
def test_every_error_pickles(raised: SDKError, protocol: int) -> None:
    """Message and attributes survive; secrets do not travel."""
    pickled = pickle.dumps(raised, protocol)
    assert CANARY.encode() not in pickled
    again = pickle.loads(pickled)
    assert type(raised) is type(again)
    assert str(raised) == str(again)
    names = ["body", "code", "param", "type", "partial", "maybe_processed", "status_code"]
    for name in [*names, "request_id", "retry_after", "retries_taken"]:
        assert getattr(raised, name, None) == getattr(again, name, None)
    if raised.request is not None:
        assert again.request.method == "GET"
        assert again.request.url == "https://api.example.com/v1/things?api_key=[secret]&page=2"
        assert again.request.headers["accept"] == "a/b"
        assert again.request.operation is None
    if raised.response is not None:
        assert raised.response.content == again.response.content
        assert again.response.headers["retry-after"] == "3"
        assert again.response.http_response is None


def test_errors_can_be_copied() -> None:
    """`copy` goes the way of pickle."""
    raised = error(429, x_request_id="r")
    assert copy.copy(raised).request_id == "r"
    assert str(copy.deepcopy(raised)) == str(raised)


class _OwnError(RateLimitError):
    """What a user may derive, with another constructor."""

    def __init__(self, extra: int) -> None:
        super().__init__("m", response=response(429), body=None)
        self.extra = extra


def test_errors_that_users_derive_pickle_too() -> None:
    """Another constructor does not matter."""
    again = pickle.loads(pickle.dumps(_OwnError(7)))
    assert (again.extra, str(again), again.status_code) == (7, "m", 429)


@pytest.mark.parametrize("raised", every_error(), ids=lambda e: type(e).__name__)
def test_no_error_shows_a_secret(raised: SDKError) -> None:
    """Neither the error nor what it carries shows a credential when printed."""
    for shown in (raised, raised.request, raised.response, getattr(raised.response, "headers", 0)):
        assert CANARY not in repr(shown)
        assert CANARY not in str(shown)


def test_no_hint_shows_a_secret() -> None:
    """A message that names the URL names it without its secrets."""
    url = URL.replace("/v1/things", "/things")
    raised = error(404, "Not found", "text/plain", url)
    assert "https://api.example.com/things" in str(raised)
    assert CANARY not in str(raised)


def test_a_secret_that_the_server_repeats_is_not_shown() -> None:
    """Servers quote the wrong key; a message, which ends in logs, does not."""
    sent = request(headers={"authorization": f"Bearer {CANARY}", "x-own": "own"})
    raised = APIStatusError.of(response(401, json={"error": f"wrong: {CANARY}"}, request=sent))
    assert str(raised) == "Error code: 401 - wrong: [secret]"


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["error", "message", "detail", "loc", "msg", "title", "errors"]), inner
        )
    ),
    max_leaves=12,
)


@given(_JSON)
def test_any_json_makes_an_error_of_one_line(body: Any) -> None:
    """No body breaks the making of its error."""
    raised = of(body, 503)
    assert type(raised) is InternalServerError
    assert "\n" not in str(raised)


@given(st.binary(max_size=200), st.sampled_from(["text/html", "application/json", "x/y", None]))
def test_any_bytes_make_an_error_of_one_line(content: bytes, content_type: str | None) -> None:
    """Nor do bytes of any kind."""
    assert str(error(404, content, content_type)).startswith("Error code: 404")


@pytest.mark.parametrize(
    "charset", ["latin-1", "'", "no-such", "idna", "undefined", "zlib", "hex", "utf-16", "\0", ""]
)
def test_any_charset_makes_an_error(charset: str) -> None:
    """A declared charset that does not exist, or is none for text, costs no more than letters."""
    raised = error(400, b"caf\xe9", f"text/plain; charset={charset}")
    assert str(raised).startswith("Error code: 400")


class Refusal(BaseModel):
    """What an API's document says of its refusals."""

    code: int
    reason: str


def refused(content: bytes, **errors: Ref) -> APIStatusError:
    """Return the error of a call whose operation declares *errors*."""
    operation = Operation[Any](
        "op", "GET", "/", errors={k.lstrip("_"): v for k, v in errors.items()}
    )
    answer = response(404, content=content, request=request(operation=operation))
    return APIStatusError.of(answer)


@pytest.mark.parametrize("status", ["_404", "_4XX", "default"])
def test_an_error_holds_the_model_that_the_document_has_for_the_status(status: str) -> None:
    """The status itself, its range and the default are looked up, in this order."""
    caught = refused(b'{"code": 7, "reason": "gone"}', **{status: Ref.to(Refusal)})
    assert Refusal(code=7, reason="gone") == caught.model


@pytest.mark.parametrize("content", [b"<html>", b"", b"[1]"])
def test_an_error_that_is_no_such_model_has_none(content: bytes) -> None:
    """A proxy's page is no refusal of the API's."""
    assert refused(content, default=Ref.to(Refusal)).model is None


def test_an_error_that_the_document_does_not_know_has_no_model() -> None:
    """There is nothing to decode it as, and none is left once it was pickled."""
    assert refused(b'{"code": 7}').model is None
    caught = refused(b'{"code": 7, "reason": "gone"}', default=Ref.to(Refusal))
    assert pickle.loads(pickle.dumps(caught)).model is None
