"""A server that answers from exchanges, on loopback."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Iterable, Iterator, Mapping
from email.message import Message
from email.parser import BytesParser
from email.policy import HTTP
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, unquote

import attrs

from ._exchanges import STREAMS, Exchange, differences

_UNFRAMED = frozenset({204, 304})
"""What has no length, for it never has a body; a 205 has one, of zero (RFC 9110 §15.3.6)."""


@attrs.frozen
class Received:
    """
    A request that arrived.

    Attributes:
        path: As it came, without the query.
        query: Names and values, decoded.
        headers: By names in small letters.
    """

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    headers: Mapping[str, str] = attrs.field(repr=False)
    body: bytes = attrs.field(repr=False)


class ExampleServer:
    """
    Answer each request as the exchange says that it fits.

    A request that fits none gets 400 and JSON whose ``error.message`` says what differs. Use it as
    a context manager::

        with ExampleServer(Exchange.load("exchanges.json")) as server:
            client = Client(base_url=server.url, credential="any")

    Args:
        exchanges: What it answers from.

    Attributes:
        exchanges: The same; may be replaced between two calls.
        calls: What arrived, in order.
    """

    def __init__(self, exchanges: Iterable[Exchange] = ()) -> None:
        self.exchanges = list(exchanges)
        self.calls: list[Received] = []
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.examples = self
        # A short interval only matters at the end, which waits for one to pass.
        self._thread = Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def url(self) -> str:
        """The address, with the port that the system chose."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def answer(self, call: Received) -> Mapping[str, Any]:
        """Return the answer to *call*, as exchanges have it."""
        nearest: list[str] | None = None
        fitting: list[Exchange] = []
        for exchange in self.exchanges:
            request = exchange.request
            if request["method"] == call.method and _segments(request["path"]) == _segments(
                call.path
            ):
                found = list(_mismatches(request, call))
                if not found:
                    fitting.append(exchange)
                elif nearest is None or len(found) < len(nearest):
                    nearest = found
        if fitting:  # RFC 9110 §12.5.1: the client says which kind of answer it would rather have
            accepted = [item.strip() for item in call.headers.get("accept", "").split(",")]
            return min(fitting, key=lambda exchange: _rank(exchange, accepted)).answer
        if nearest is None:
            nearest = [f"no operation has {call.method} {call.path}"]
        return {"status": 400, "json": {"error": {"message": "; ".join(nearest)}}}


def _rank(exchange: Exchange, accepted: list[str]) -> int:
    media_type = exchange.answer.get("type")
    return accepted.index(media_type) if media_type in accepted else len(accepted)


def _segments(path: str) -> list[str]:
    """Return a path decoded: which characters are escaped is the sender's choice, but slashes."""
    return [unquote(segment) for segment in path.split("/")]


def _mismatches(request: Mapping[str, Any], call: Received) -> Iterator[str]:
    """Say how *call* differs from what must arrive."""
    alternatives = request.get("security", [])
    yield from _security(alternatives, call)
    secrets = {(place["in"], place["name"].lower()) for places in alternatives for place in places}
    query = [pair for pair in request.get("query", ()) if ("query", pair[0].lower()) not in secrets]
    arrived = [pair for pair in call.query if ("query", pair[0].lower()) not in secrets]
    yield from _pairs(query, arrived, "query")
    for name, value in request.get("headers", {}).items():
        if ("header", name) not in secrets:
            yield from differences(value, call.headers.get(name), f"headers.{name}")
    cookies = _cookies(call)
    for name, value in request.get("cookies", {}).items():
        if ("cookie", name.lower()) not in secrets:
            yield from differences(value, cookies.get(name), f"cookies.{name}")
    body = request.get("body")
    if body is not None:
        yield from _body(body, call)
    elif call.body:
        yield f"there is a body of {len(call.body)} bytes"


def _security(alternatives: list[list[dict[str, str]]], call: Received) -> Iterator[str]:
    if alternatives and not any(
        all(_arrived(place, call) for place in places) for places in alternatives
    ):
        places = " or ".join(
            " with ".join(f"`{place['name']}` in the {place['in']}" for place in places)
            for places in alternatives
        )
        yield f"there is no credential: {places}"


def _arrived(place: Mapping[str, str], call: Received) -> bool:
    name = place["name"]
    if place["in"] == "query":
        return any(key == name and value for key, value in call.query)
    if place["in"] == "cookie":
        return bool(_cookies(call).get(name))
    value = call.headers.get(name.lower(), "")
    return bool(value) and value.lower().startswith(place.get("scheme", ""))


def _cookies(call: Received) -> dict[str, str]:
    pairs = (pair.partition("=") for pair in call.headers.get("cookie", "").split(";"))
    return {name.strip(): unquote(value.strip()) for name, _, value in pairs}


def _pairs(expected: Iterable[Any], arrived: Iterable[Any], where: str) -> Iterator[str]:
    """Compare names and values; a value that is JSON is compared as such."""
    wanted = sorted(([name, value] for name, value in expected), key=repr)
    left = [list(pair) for pair in arrived]
    for pair in wanted:
        found = next((other for other in left if _is_pair(pair, other)), None)
        if found is None:
            yield f"the {where} has no `{pair[0]}={pair[1]}`"
        else:
            left.remove(found)
    for name, value in left:
        yield f"the {where} has `{name}={value}`"


def _is_pair(expected: list[Any], actual: list[Any]) -> bool:
    if isinstance(expected[1], str):
        return expected == actual
    return bool(expected[0] == actual[0] and _json(actual[1]) == expected[1]["json"])


def _json(text: str | bytes) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


def _body(body: Mapping[str, Any], call: Received) -> Iterator[str]:
    content_type = call.headers.get("content-type", "")
    if "type" in body:
        media_type = content_type.partition(";")[0].strip().lower()
        yield from differences(body["type"], media_type, "content-type")
    if "json" in body:
        try:
            actual = json.loads(call.body)
        except ValueError:
            yield f"the body is no JSON: {call.body[:80]!r}"
        else:
            yield from differences(body["json"], actual, "body")
    elif "form" in body:
        text = call.body.decode("utf-8", "replace")
        yield from _pairs(body["form"], parse_qsl(text, keep_blank_values=True), "form")
    elif "parts" in body:
        yield from _parts(body["parts"], content_type, call.body)
    else:
        expected = b64decode(body["base64"]) if "base64" in body else body["text"].encode()
        yield from differences(expected, call.body, "body")


def _parts(expected: list[dict[str, Any]], content_type: str, body: bytes) -> Iterator[str]:
    parsed = BytesParser(policy=HTTP).parsebytes(
        b"Content-Type: " + content_type.encode() + b"\r\n\r\n" + body
    )
    # The order of members means nothing; that of parts with one name does, and is kept.
    parts = sorted((part for part in parsed.walk() if not part.is_multipart()), key=_name)
    expected = sorted(expected, key=lambda part: str(part["name"]))
    names = [_name(part) for part in parts]
    yield from differences([part["name"] for part in expected], names, "parts")
    if len(names) == len(expected):
        for wanted, part in zip(expected, parts, strict=True):
            payload = part.get_payload(decode=True)
            content = payload if isinstance(payload, bytes) else b""
            where = f"parts.{wanted['name']}"
            if "base64" in wanted:
                yield from differences(b64decode(wanted["base64"]), content, where)
                if part.get_filename() is None:
                    yield f"`{where}` has no file name"
            elif "json" in wanted:
                yield from differences(wanted["json"], _json(content), where)
            else:
                yield from differences(wanted["text"].encode(), content, where)


def _name(part: Message) -> str:
    return str(part.get_param("name", "", header="content-disposition"))


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False  # a client may keep its connection
    examples: ExampleServer


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 20.0  # seconds; a client that waits for what never comes is let go
    wbufsize = -1  # head and body in one write
    disable_nagle_algorithm = True
    server: _Server

    def __getattr__(self, name: str) -> Any:
        if name.startswith("do_"):  # whatever the method
            return self._respond
        raise AttributeError(name)

    def log_message(self, *_: Any) -> None:
        """Say nothing: `ExampleServer.calls` has it all."""

    def _respond(self) -> None:
        path, _, query = self.path.partition("?")
        call = Received(
            self.command,
            path,
            tuple(parse_qsl(query, keep_blank_values=True)),
            {name.lower(): value for name, value in self.headers.items()},
            self._received(),
        )
        self.server.examples.calls.append(call)
        self._send(self.server.examples.answer(call))

    def _received(self) -> bytes:
        if self.headers.get("transfer-encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("content-length") or 0))
        chunks = []
        while size := int(self.rfile.readline().partition(b";")[0], 16):
            chunks.append(self.rfile.read(size))
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass  # trailers
        return b"".join(chunks)

    def _send(self, answer: Mapping[str, Any]) -> None:
        self.send_response(answer["status"])
        for name, value in answer.get("headers", {}).items():
            self.send_header(name, value)
        media_type = answer.get("type", "application/json")
        kind = next((kind for kind in STREAMS if kind in answer), None)
        if kind is not None:
            self.send_header("content-type", media_type)
            self.send_header("transfer-encoding", "chunked")
            self.end_headers()
            for chunk in _chunks(answer, kind):
                self.wfile.write(b"%x\r\n%s\r\n" % (len(chunk), chunk))
                self.wfile.flush()
            self.wfile.write(b"0\r\n\r\n")
            return
        body = _content(answer)
        if body is not None:
            self.send_header("content-type", media_type)
        if answer["status"] not in _UNFRAMED:
            self.send_header("content-length", str(len(body or b"")))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body or b"")


def _content(answer: Mapping[str, Any]) -> bytes | None:
    if "json" in answer:
        return json.dumps(answer["json"], ensure_ascii=False).encode()
    if "text" in answer:
        text: str = answer["text"]
        return text.encode()
    return b64decode(answer["base64"]) if "base64" in answer else None


def _chunks(answer: Mapping[str, Any], kind: str) -> Iterator[bytes]:
    """Yield the pieces of a stream, one for each item."""
    before, behind = (b"data: ", b"\n\n") if kind == "events" else (b"", b"\n")
    for item in answer[kind]:
        yield before + json.dumps(item, ensure_ascii=False).encode() + behind
    if "terminator" in answer:
        yield before + str(answer["terminator"]).encode() + behind
