"""Recording what goes over the wire, and playing it again."""

from __future__ import annotations

import json
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from sdk_core._cassettes import (
    Sent,
)
from sdk_core._fakes import Pieces
from sdk_core._messages import Response
from sdk_core.errors import (
    APIConnectionError,
    APITimeoutError,
    ConfigurationError,
    InternalServerError,
)
from sdk_core.operations import Body, Operation
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
    first_of,
    make,
    open_stream,
    pieces_of,
    recordings,
    text_of,
)

FORM: Any = Operation("upload", "POST", "/files", body=Body("multipart/form-data", "multipart"))
Serve = Callable[..., SimpleNamespace]
Http = Callable[..., bytes]


pytestmark = pytest.mark.anyio


async def test_what_was_recorded_is_played(
    colour: str, serve: Serve, http: Http, file: Path
) -> None:
    """With the same status, headers and body, and without a server."""
    server = serve(lambda sent: [http(b'{"a": [1, 2]}', 201, x_own="yes")])
    with recorded(file, mode="record") as transport:
        client = connect(colour, transport, server.url)
        assert await done(client.request("POST", "/a", body={"b": 1})) == {"a": [1, 2]}
        await done(client.close())
    with recorded(file) as transport:
        client = connect(colour, transport, server.url)
        answer = await done(client.with_raw_response.request("POST", "/a", body={"b": 1}))
        assert (answer.status_code, answer.headers["x-own"]) == (201, "yes")
        assert answer.content == b'{"a": [1, 2]}'
    assert len(server.requests) == 1


async def test_a_stream_is_played_in_the_same_pieces(
    colour: str, serve: Serve, http: Http, file: Path
) -> None:
    """As they were cut when they came."""
    server = serve(
        lambda _: [
            http(b"", content_type="text/event-stream", content_length=None)
            .strip()
            .replace(b"content-type", b"transfer-encoding: chunked\r\ncontent-type")
            + b"\r\n\r\n",
            b"3\r\nabc\r\n",
            b"2\r\n\xc3\xa4\r\n",
            b"1\r\n\xff\r\n0\r\n\r\n",
        ]
    )
    with recorded(file, mode="record") as transport:
        client = connect(colour, transport)
        came = await pieces_of(await open_stream(client, url=server.url), colour)
        await done(client.close())
    with recorded(file) as transport:
        client = connect(colour, transport)
        assert await pieces_of(await open_stream(client, url=server.url), colour) == came
    assert b"".join(came) == b"abc\xc3\xa4\xff"


async def test_a_stream_that_its_reader_closed_ends_there(colour: str, file: Path) -> None:
    """Whoever reads on in the recording is told why there is no more."""
    fake = FakeTransport([streamed(b"a", b"b")])
    with recorded(file, mode="record", transport=fake) as transport:
        body = await open_stream(connect(colour, transport))
        assert await first_of(body, colour) == b"a"
        await done(body.close() if colour == "sync" else body.aclose())
        assert await pieces_of(body, colour) == []
    body = await open_stream(connect(colour, Replayer(file)))
    assert await first_of(body, colour) == b"a"
    with pytest.raises(APIConnectionError, match="its reader closed the stream"):
        await pieces_of(body, colour)


class Dropping:
    """A transport that counts the bodies that were dropped."""

    closed = False
    dropped = 0

    def answer(self, sent: Any) -> Response:
        """Return an answer with a body that may be dropped."""
        body: Any = Pieces([b"a"])
        body.abandon = self.drop
        return Response(200, {}, request=sent, stream=body)

    def drop(self) -> None:
        """Count one."""
        self.dropped += 1

    def send(self, sent: Any) -> Response:
        """See `Transport`."""
        return self.answer(sent)

    def close(self) -> None:
        """See `Transport`."""


class AsyncDropping(Dropping):
    """The same, asynchronously."""

    async def send(self, sent: Any) -> Any:  # type: ignore[override]  # of the other colour
        """See `AsyncTransport`."""
        return self.answer(sent)

    async def aclose(self) -> None:
        """See `AsyncTransport`."""


async def test_a_stream_that_was_dropped_is_closed(colour: str, file: Path) -> None:
    """By what carries it, where that can close it from elsewhere; the recording ends there."""
    own = Dropping() if colour == "sync" else AsyncDropping()
    client = connect(colour, Recorder(file, own))
    body = await open_stream(client)
    body.abandon()
    await done(client.close())
    assert own.dropped == 1
    assert recordings(file)[0]["error"]["kind"] == "closed"


async def test_a_stream_that_broke_breaks_again(colour: str, file: Path) -> None:
    """At the same place, with the same words."""
    fake = FakeTransport([streamed(b"a", APIConnectionError(message="cut"))])
    with recorded(file, mode="record", transport=fake) as transport:
        body = await open_stream(connect(colour, transport))
        with pytest.raises(APIConnectionError, match="cut"):
            await pieces_of(body, colour)
        assert await pieces_of(body, colour) == []
    body = await open_stream(connect(colour, Replayer(file)))
    with pytest.raises(APIConnectionError, match="cut"):
        await pieces_of(body, colour)


async def test_a_client_that_plays_can_be_closed(colour: str, file: Path) -> None:
    """It sends nothing any more, and the file stays as it is."""
    make(file, Sent("GET", f"{URL}/a", {}))
    before = text_of(file)
    client = connect(colour, Replayer(file))
    await done(client.close())
    assert client.is_closed()
    with pytest.raises(ConfigurationError, match="the client has been closed"):
        await done(client.request("GET", "/a"))
    assert text_of(file) == before


async def test_errors_of_the_network_are_recorded(colour: str, file: Path) -> None:
    """Policies above repeat them as they did, whether they time out or break."""
    errors = [APITimeoutError(maybe_processed=False), APIConnectionError(message="gone")]
    fake = FakeTransport([*errors, response(json=1)])
    with recorded(file, mode="record", transport=fake) as transport:
        client = connect(colour, transport, max_retries=2)
        assert await done(client.request("GET", "/a")) == 1
    assert [each.get("error", {}).get("kind") for each in recordings(file)] == [
        "timeout",
        "connection",
        None,
    ]
    client = connect(colour, Replayer(file))
    with pytest.raises(APITimeoutError) as caught:
        await done(client.request("GET", "/a"))
    assert caught.value.maybe_processed is False
    with pytest.raises(APIConnectionError, match="gone"):
        await done(client.request("GET", "/a"))
    assert await done(client.request("GET", "/a")) == 1


async def test_other_errors_leave_nothing(colour: str, file: Path) -> None:
    """What the code or the test did wrong is no part of the server."""
    fake = FakeTransport([ZeroDivisionError()])
    with recorded(file, mode="record", transport=fake) as transport:
        client = connect(colour, transport)
        with pytest.raises(ZeroDivisionError):
            await done(client.request("GET", "/a"))
        await done(client.close())
    assert not exists(file)


async def test_auto_records_what_is_missing(colour: str, file: Path) -> None:
    """And plays the rest; the file keeps what it had."""
    for path, number in (("/a", 1), ("/a", 1), ("/b", 2)):
        fake = FakeTransport([response(json=number)])
        with recorded(file, mode="auto", transport=fake) as transport:
            assert await done(connect(colour, transport).request("GET", path)) == number
    assert [each["request"]["url"] for each in recordings(file)] == [f"{URL}/a", f"{URL}/b"]


async def test_record_begins_anew(colour: str, file: Path) -> None:
    """What the file had is gone; not so if nothing was sent."""
    for number in (1, 2):
        fake = FakeTransport([response(json=number)])
        with recorded(file, mode="record", transport=fake) as transport:
            await done(connect(colour, transport).request("GET", "/a"))
    with recorded(file, mode="record", transport=FakeTransport()):
        pass
    assert await done(connect(colour, Replayer(file)).request("GET", "/a")) == 2


async def test_closing_a_client_writes_the_file(colour: str, file: Path) -> None:
    """For those who use a recorder without `with`."""
    client = connect(colour, Recorder(file, FakeTransport([response(json=1)])))
    await done(client.request("GET", "/a"))
    await done(client.close())
    assert len(recordings(file)) == 1
    with pytest.raises(ConfigurationError, match="the client has been closed"):
        await done(client.request("GET", "/a"))


JSON = {"content-type": "application/json"}


async def test_json_is_compared_by_its_value(colour: str, file: Path) -> None:
    """The order of members and white space mean nothing."""
    make(file, Sent("POST", f"{URL}/a", JSON, b'{ "b": 1, "a": 2.0 }'))
    client = connect(colour, Replayer(file))
    assert await done(client.request("POST", "/a", body={"a": 2, "b": 1})) == 0


async def test_queries_match_in_any_order_and_without_keys(colour: str, file: Path) -> None:
    """Tests need no credential to play what was recorded with one."""
    make(file, Sent("GET", f"{URL}/a?api_key=[secret]&b=1&c=2", {}))
    client = connect(colour, Replayer(file))
    assert await done(client.request("GET", "/a", query={"c": 2, "b": 1})) == 0


async def test_like_requests_are_answered_in_order(colour: str, file: Path) -> None:
    """One too many says that they have been played."""
    make(file, *[Sent("GET", f"{URL}/a", {})] * 2)
    replayer = Replayer(file)
    client = connect(colour, replayer)
    assert await done(client.request("GET", "/a")) == 0
    assert replayer.unused == [f"GET {URL}/a"]
    with pytest.raises(AssertionError, match=f"no request came for 1 of the recordings: GET {URL}"):
        replayer.assert_all_used()
    assert await done(client.request("GET", "/a")) == 1
    replayer.assert_all_used()
    with pytest.raises(UnexpectedRequestError, match="so often: recording 1 is like it"):
        await done(client.request("GET", "/a"))


async def test_what_nothing_matches_is_told_the_nearest(colour: str, file: Path) -> None:
    """With its number, what differs, and the file; nothing repeats it."""
    body = json.dumps({"model": "m", "n": 1}).encode()
    make(file, Sent("GET", f"{URL}/x", {}), Sent("POST", f"{URL}/a", JSON, body))
    client = connect(colour, Replayer(file), max_retries=3)
    words = r"in .*calls\.json, the nearest is recording 2: `body.model` is 'other' instead of 'm'"
    with pytest.raises(UnexpectedRequestError, match=words) as caught:
        await done(client.request("POST", "/a", body={"model": "other", "n": 1}))
    assert caught.value.request.method == "POST"


async def test_many_differences_are_counted(colour: str, file: Path) -> None:
    """Five are shown."""
    make(file, Sent("POST", f"{URL}/a", JSON, json.dumps(dict.fromkeys("abcdefg", 1)).encode()))
    with pytest.raises(UnexpectedRequestError, match="; and 2 more; record it"):
        await done(connect(colour, Replayer(file)).request("POST", "/a", body={}))


async def test_an_empty_cassette_has_nothing(colour: str, file: Path) -> None:
    """The message says so."""
    make(file)
    with pytest.raises(UnexpectedRequestError, match="which is empty"):
        await done(connect(colour, Replayer(file)).request("GET", "/a"))


@pytest.mark.parametrize(
    ("match_on", "fits"),
    [
        (["method", "path"], True),
        (["query"], True),
        (["body"], False),
        (["url"], False),
        (["header:X-Own"], True),
        (["header:accept"], False),
    ],
)
async def test_what_must_match_can_be_chosen(
    colour: str, file: Path, match_on: list[str], fits: bool
) -> None:
    """By names."""
    make(file, Sent("POST", "https://other.example/v1/a?b=1", {"x-own": "1"}, b"\xff"))
    client = connect(colour, Replayer(file, match_on=match_on))
    call = {"query": {"b": 1}, "headers": {"x-own": "1"}, "body": {}}
    if fits:
        assert await done(client.request("POST", "/a", **call)) == 0
        return
    with pytest.raises(UnexpectedRequestError):
        await done(client.request("POST", "/a", **call))


@pytest.mark.parametrize("match_on", [[], "method", ["methods"], [""]])
def test_what_cannot_be_matched_is_refused(file: Path, match_on: Any) -> None:
    """By name, when the transport is made."""
    make(file)
    with pytest.raises(ConfigurationError, match="`match_on`"):
        Replayer(file, match_on=match_on)


async def test_forms_with_files_match(colour: str, file: Path) -> None:
    """Though their boundary is drawn anew for each."""
    fake = FakeTransport([response(json=1)])
    for mode in ("record", "replay"):
        kept: Any = mode
        with recorded(file, mode=kept, transport=fake) as transport:
            body = {"file": ("a.bin", BytesIO(b"\xffabc"))}
            await done(connect(colour, transport).call(FORM, body=body))
    assert recordings(file)[0]["request"]["headers"]["content-type"] == (
        "multipart/form-data; boundary=boundary"
    )


async def test_a_broken_body_is_compared_as_it_is(colour: str, file: Path) -> None:
    """What calls itself JSON, and is none."""
    make(file, Sent("POST", f"{URL}/a", JSON, b"{"), Sent("POST", f"{URL}/a", JSON, b"\xff"))
    client = connect(colour, Replayer(file))
    transport = client._driver.transport
    for content in (b"{", b"\xff"):
        sent = request(f"{URL}/a", method="POST", headers=JSON, content=content)
        assert (await done(transport.send(sent))).status_code == 200


async def test_recorded_retries_are_played_as_they_were(colour: str, file: Path) -> None:
    """The recorder is below the policies: it sees each attempt."""
    refusals = [response(503, {"retry-after": "0"}), response(500)]
    fake = FakeTransport(refusals)
    for mode in ("record", "replay"):
        kept: Any = mode
        with recorded(file, mode=kept, transport=fake) as transport:
            client = connect(colour, transport, max_retries=1)
            with pytest.raises(InternalServerError, match="500"):
                await done(client.request("GET", "/a"))
    assert len(recordings(file)) == 2


@pytest.mark.parametrize("mode", ["once", "", None])
def test_modes_that_do_not_exist_are_refused(file: Path, mode: Any) -> None:
    """By name, and nothing is opened."""
    with pytest.raises(ConfigurationError, match="`mode` must be"), recorded(file, mode=mode):
        pass
    with pytest.raises(ConfigurationError, match="`mode` must be"):
        Recorder(file, mode=mode)
