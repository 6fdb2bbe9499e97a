"""What never reaches the file of a recording."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdk_core._cassettes import (
    Sent,
    load,
)
from sdk_core._censor import Censor, words_in, words_of
from sdk_core._messages import SecretBody
from sdk_core.clients import AsyncClient, SyncClient
from sdk_core.errors import (
    APIConnectionError,
    ConfigurationError,
)
from sdk_core.operations import SecurityScheme
from sdk_core.testing import (
    FakeTransport,
    Recorder,
    Replayer,
    UnexpectedRequestError,
    recorded,
    request,
    response,
    streamed,
)

from ._calls import (
    URL,
    connect,
    done,
    exists,
    make,
    open_stream,
    pieces_of,
    recordings,
    text_of,
)

pytestmark = pytest.mark.anyio


CANARIES = {
    name: f"canary-{name}-4711/+&ä"
    for name in ("bearer", "key", "query", "cookie", "session", "later", "mine", "form", "signed")
}


async def test_no_credential_reaches_the_file(colour: str, file: Path) -> None:
    """Not from headers, URLs, cookies or bodies, and not where a server repeats one."""
    c = CANARIES
    ascii_only = {name: f"canary-{name}-4711" for name in c}
    echo = f"wrong: {ascii_only['bearer']}, {c['query']}"
    fake = FakeTransport(
        [
            response(
                200,
                {
                    "set-cookie": f"sid={ascii_only['session']}; Path=/; Max-Age=31536000",
                    "content-location": f"https://x.example/?sig={ascii_only['signed']}",
                    "x-echo": ascii_only["key"],
                },
                json={
                    "access_token": c["later"],
                    "echo": echo,
                    "next": f"https://x.example/a?b=1&X-Amz-Signature={ascii_only['signed']}",
                    "max_age": 31536000,
                },
            ),
            response(json={"client_secret": c["form"], "again": ascii_only["session"]}),
            response(json={}),
        ]
    )

    def mine(body: bytes) -> bytes:
        return body.replace(ascii_only["mine"].encode(), b"-")

    password = b64encode(f"user:{ascii_only['form']}".encode()).decode()
    with recorded(file, mode="record", transport=fake, scrub=mine) as transport:
        client = connect(colour, transport, credential=ascii_only["bearer"])
        await done(
            client.request(
                "POST",
                "/a",
                query={"api_key": c["query"], "page": 2},
                headers={"x-own-key": ascii_only["key"], "cookie": f"a={ascii_only['cookie']}"},
                body={"said": [ascii_only[name] for name in ("cookie", "mine", "key", "later")]},
            )
        )
        await done(
            client.request(
                "POST",
                f"/b/{ascii_only['later']}",
                headers={"authorization": f"Bearer {ascii_only['later']}"},
            )
        )
        await done(client.request("GET", "/", headers={"authorization": f"Basic {password}"}))
    text = text_of(file)
    assert "canary" not in text
    assert password not in text
    assert "page=2" in text
    assert "31536000" in text


async def test_a_secret_that_is_cut_in_two_is_taken_out(colour: str, file: Path) -> None:
    """The cut moves behind it; the others stay."""
    secret = "canary-c0de-0123"
    fake = FakeTransport([streamed(b"data: ", b"canary-c0", b"de-", b"0123 a", b"b"), response()])
    with recorded(file, mode="record", transport=fake) as transport:
        client = connect(colour, transport)
        body = await open_stream(client, headers={"x-api-key": secret})
        assert b"".join(await pieces_of(body, colour)) == f"data: {secret} ab".encode()
    assert recordings(file)[0]["response"]["pieces"] == [
        {"text": "data: "},
        {"text": "[secret]"},
        {"text": " a"},
        {"text": "b"},
    ]


@pytest.mark.parametrize(
    ("taken", "kept"),
    [(b"b", [b"a", b"-c", b"d"]), (b"bcd", [b"a-"]), (b"x", [b"a", b"bc", b"d"])],
)
async def test_a_hook_takes_from_streams(
    colour: str, file: Path, taken: bytes, kept: list[bytes]
) -> None:
    """The cuts stay, unless what it takes out lies across one."""
    fake = FakeTransport([streamed(b"a", b"bc", b"d")])

    def scrub(body: bytes) -> bytes:
        return body.replace(taken, b"-")

    with recorded(file, mode="record", transport=fake, scrub=scrub) as transport:
        await pieces_of(await open_stream(connect(colour, transport)), colour)
    answer = load(file)[0].answer
    assert answer is not None
    assert list(answer.pieces) == kept


async def test_what_a_hook_returns_must_be_bytes(colour: str, file: Path) -> None:
    """It is refused by name, before anything is sent or kept."""
    wrong: Any = lambda body: body.decode()  # noqa: E731  # short
    client = connect(colour, Recorder(file, FakeTransport([response()]), scrub=wrong))
    with pytest.raises(ConfigurationError, match="`scrub` must return bytes, not str"):
        await done(client.request("GET", "/"))
    assert not exists(file)


async def test_the_length_is_that_of_what_is_kept(colour: str, file: Path) -> None:
    """Where the server has said one."""
    body = b'{"password": "canary-c0de-0123"}'
    fake = FakeTransport([response(200, {"content-length": str(len(body))}, body), response()])
    with recorded(file, mode="record", transport=fake) as transport:
        await done(connect(colour, transport).with_raw_response.request("GET", "/"))
    answer = load(file)[0].answer
    assert answer is not None
    assert int(answer.headers["content-length"]) == len(answer.pieces[0]) < len(body)


async def test_a_refusal_to_play_shows_no_secret(colour: str, file: Path) -> None:
    """Neither of the URL nor of the body."""
    secret = "canary-c0de-0123"
    make(file, Sent("POST", f"{URL}/a", {"content-type": "application/json"}, b'{"a": 1}'))
    client = connect(colour, Replayer(file), credential=secret)
    with pytest.raises(UnexpectedRequestError) as caught:
        await done(client.request("POST", "/a", query={"api_key": secret}, body={"a": secret}))
    assert secret not in str(caught.value)


class Keyed(SyncClient):
    """A client whose secrets go under names that nobody would take for such."""

    security_schemes: ClassVar = {
        "site": SecurityScheme("apiKey", location="query", name="site"),
        "own": SecurityScheme("apiKey", location="header", name="x-thing"),
    }


class AsyncKeyed(AsyncClient):
    """The same."""

    security_schemes = Keyed.security_schemes


@pytest.mark.parametrize("scheme", ["site", "own"])
async def test_secrets_under_any_name_are_left_out(colour: str, file: Path, scheme: str) -> None:
    """By what the document says of them; and none is needed to play."""
    secret = "canary-c0de 0123"
    fake = FakeTransport([response(json={"echo": secret, "quoted": "canary-c0de+0123"})])
    cls: Any = Keyed if colour == "sync" else AsyncKeyed
    with recorded(file, mode="record", transport=fake) as transport:
        client = cls(base_url=URL, transport=transport, credentials={scheme: secret})
        await done(client.request("GET", "/a"))
    assert "canary" not in text_of(file)
    again = await done(connect(colour, Replayer(file)).request("GET", "/a"))
    assert again == {"echo": "[secret]", "quoted": "[secret]"}


@given(
    secret=st.text('abc"\\/&+ ä%=', min_size=8, max_size=12).filter(lambda text: text.strip("[]")),
    before=st.binary(max_size=20),
    cuts=st.lists(st.integers(0, 60), max_size=6),
    form=st.sampled_from([str, lambda text: json.dumps(text)[1:-1], quote_plus, quote]),
)
def test_no_cut_and_no_escape_hides_a_secret(
    secret: str, before: bytes, cuts: list[int], form: Callable[[str], str]
) -> None:
    """However it is written, and wherever the body is cut."""
    written = form(secret).encode()
    body = before + written + b" and so on"
    places = [0, *sorted(min(cut, len(body)) for cut in cuts), len(body)]
    pieces = [body[a:b] for a, b in pairwise(places)]
    kept = Censor([secret]).body(pieces)
    assert written not in b"".join(kept)
    assert b"".join(kept).endswith(b" and so on")
    assert len(kept) <= len(pieces)


def test_the_secrets_of_a_body_are_known() -> None:
    """Those that whoever made it has named, beside those of the headers."""
    sent = request(headers={"authorization": "Bearer abc"}, content=SecretBody(b"a=b&c=d", "b"))
    assert list(words_in(sent)) == ["abc", "b"]


@pytest.mark.parametrize(
    ("headers", "words"),
    [
        ({"authorization": "Bearer abc"}, ["abc"]),
        ({"authorization": "abc"}, ["abc"]),
        ({"Authorization": "Basic dXNlcjpwYXNz"}, ["dXNlcjpwYXNz", "pass"]),
        ({"authorization": "Basic ?"}, ["?"]),
        ({"authorization": "Digest a=1, b=2"}, ["a=1,", "b=2"]),
        ({"cookie": "a=1; b=2"}, ["1", "2"]),
        ({"set-cookie": "a=1; Max-Age=31536000, b=2; Expires=Wed, 21 Oct 2026"}, ["1", "2"]),
        ({"accept": "text/plain"}, []),
    ],
)
def test_the_secrets_of_headers_are_known(headers: dict[str, str], words: list[str]) -> None:
    """Without what stands beside them: schemes, names and attributes."""
    assert list(words_of(headers)) == words


async def test_an_error_of_the_network_is_kept_without_secrets(colour: str, file: Path) -> None:
    """Though engines say what they were asked."""
    secret = "canary-c0de-0123"
    error = APIConnectionError(message=f"no https://x.example/?sig=canary-1 with {secret}")
    with recorded(file, mode="record", transport=FakeTransport([error])) as transport:
        client = connect(colour, transport, credential=secret)
        with pytest.raises(APIConnectionError):
            await done(client.request("GET", "/a"))
    assert "canary" not in text_of(file)
    assert recordings(file)[0]["error"]["message"].startswith("no https://x.example/")


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        (
            b'{"password": "", "Password" : "a\\"b", "n": 1}',
            b'{"password": "", "Password" : "[secret]", "n": 1}',
        ),
        (
            b"grant_type=x&client_secret=abc&max_tokens=5",
            b"grant_type=x&client_secret=[secret]&max_tokens=5",
        ),
        (
            b'{"next": "https:\\/\\/x.example\\/?a=1\\u0026sig=abc&page=2"}',
            b'{"next": "https:\\/\\/x.example\\/?a=1\\u0026sig=[secret]&page=2"}',
        ),
        (b'{"token": "Hello", "total_tokens": 7, "code": "busy"}', None),
    ],
)
def test_what_is_called_a_secret_is_taken_for_one(body: bytes, kept: bytes | None) -> None:
    """In JSON, forms and URLs, by names that data never have."""
    assert Censor([]).body([body]) == (kept or body,)
