"""Documents from URLs."""

from __future__ import annotations

import gzip
import http.server
import threading
from collections.abc import Callable, Iterator

import attrs
import pytest

from sdk_codegen._fetch import relative_name, resolve, shown
from sdk_codegen._http import fetch
from sdk_codegen._load import read
from sdk_codegen._source import DEFAULT_LIMITS
from sdk_codegen.errors import LoadError

DOCUMENT = b"openapi: 3.1.0\ninfo: {title: T}\npaths: {}\n"


class Server(http.server.ThreadingHTTPServer):
    """Answers each path as a test says."""

    daemon_threads = True
    block_on_close = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.answers: dict[str, tuple[int, dict[str, str], bytes]] = {}
        self.seen: list[tuple[str, str | None]] = []
        self.released = threading.Event()

    @property
    def url(self) -> str:
        """Where the server is."""
        return f"http://127.0.0.1:{self.server_port}"


class Answer(http.server.BaseHTTPRequestHandler):
    """One exchange."""

    server: Server

    def do_GET(self) -> None:
        """Answer from the table."""
        self.server.seen.append((self.path, self.headers.get("Authorization")))
        if self.path == "/hangs":
            self.server.released.wait()  # whoever waits for an answer waits for ever
        status, headers, body = self.server.answers.get(self.path, (404, {}, b""))
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[Server]:
    """Run a server on the loopback interface."""
    running = Server()
    thread = threading.Thread(target=running.serve_forever, args=(0.01,))
    thread.start()
    yield running
    running.released.set()
    running.shutdown()
    thread.join()
    running.server_close()


def test_a_url_is_read_like_a_file(server: Server) -> None:
    """The name is the URL, the content is what came."""
    server.answers["/x.yaml"] = 200, {}, DOCUMENT
    source = read(f"{server.url}/x.yaml")
    assert (f"{server.url}/x.yaml", DOCUMENT) == (source.name, source.content)


def test_the_declared_charset_is_used(server: Server) -> None:
    """A server may say that its document is no UTF-8."""
    text = DOCUMENT.decode().replace("T", "é").encode("latin-1")
    server.answers["/x.yaml"] = 200, {"Content-Type": "text/yaml; charset=iso-8859-1"}, text
    assert "é" == read(f"{server.url}/x.yaml").document["info"]["title"]


def test_a_packed_answer_is_unpacked(server: Server) -> None:
    """Gzip is what is asked for."""
    server.answers["/x.yaml"] = 200, {"Content-Encoding": "gzip"}, gzip.compress(DOCUMENT)
    assert DOCUMENT == read(f"{server.url}/x.yaml").content


@pytest.mark.parametrize("absolute", [False, True])
def test_redirects_are_followed_and_keep_the_password_on_their_host(
    server: Server, absolute: bool
) -> None:
    """User and password of the URL are sent, again after a redirect to the same place."""
    location = f"{server.url}/new.yaml" if absolute else "/new.yaml"
    server.answers["/old.yaml"] = 302, {"Location": location}, b""
    server.answers["/new.yaml"] = 200, {}, DOCUMENT
    url = server.url.replace("http://", "http://user:pass@")
    source = read(f"{url}/old.yaml")
    assert f"{server.url}/old.yaml" == source.name
    assert [("/old.yaml", "Basic dXNlcjpwYXNz"), ("/new.yaml", "Basic dXNlcjpwYXNz")] == server.seen


def test_a_redirect_to_another_host_gets_no_password(server: Server) -> None:
    """Another name is another host, even on one machine."""
    elsewhere = f"http://localhost:{server.server_port}/new.yaml"
    server.answers["/old.yaml"] = 302, {"Location": elsewhere}, b""
    server.answers["/new.yaml"] = 200, {}, DOCUMENT
    read(server.url.replace("http://", "http://user:pass@") + "/old.yaml")
    assert ("/new.yaml", None) == server.seen[1]


@pytest.mark.parametrize(
    ("status", "headers", "body", "reason"),
    [
        (404, {}, b"", "answered 404 Not Found"),
        (500, {}, b"", "answered 500 Internal Server Error"),
        (302, {"Location": "/x"}, b"", "redirects more than 10 times"),
        (302, {"Location": "file:///etc/passwd"}, b"", "which is less secure; refused"),
        (200, {"Content-Encoding": "br"}, b"x", "is packed as `br`, which was not asked for"),
        (200, {"Content-Encoding": "gzip"}, b"x" * 20, "is not what its `Content-Encoding` says"),
        (200, {"Content-Encoding": "gzip"}, gzip.compress(DOCUMENT)[:-9], "ends too early"),
        (200, {"Content-Encoding": "gzip"}, gzip.compress(b"\0" * 10**7), "larger than the limit of"),
        (200, {}, b"x" * 2001, "larger than the limit of 2000 bytes"),
        (200, {"Content-Length": "100"}, b"x", "cannot be fetched"),
        (200, {}, b"<!DOCTYPE html>", "is a web page or XML"),
    ],
)  # fmt: skip
def test_an_answer_that_is_no_document_is_refused_without_the_password(
    server: Server, status: int, headers: dict[str, str], body: bytes, reason: str
) -> None:
    """The error names the URL, and what the server did."""
    server.answers["/x?token=secret"] = server.answers["/x"] = status, headers, body
    url = server.url.replace("http://", "http://user:pass@")
    with pytest.raises(LoadError) as caught:
        read(f"{url}/x?token=secret", limits=attrs.evolve(DEFAULT_LIMITS, size=2000))
    assert reason in str(caught.value)
    assert server.url in str(caught.value)
    for secret in ("pass@", "secret"):
        assert secret not in str(caught.value)


def test_a_server_that_does_not_answer_is_left(server: Server) -> None:
    """The limit of time is for everything together."""
    with pytest.raises(LoadError, match="took longer than the limit of time"):
        read(f"{server.url}/hangs", limits=attrs.evolve(DEFAULT_LIMITS, seconds=0.2))


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://127.0.0.1:1/x.yaml", "cannot be fetched: ConnectError"),
        ("http://[/x.yaml", "cannot be fetched"),
        ("http://127.0.0.1:99999/x.yaml", "is no valid URL"),
        ("http:///x.yaml", "cannot be fetched"),
        ("http://\0/x", "is no valid URL"),
    ],
)
def test_a_url_that_leads_nowhere_is_an_error(url: str, reason: str) -> None:
    """Whatever is wrong with it, it is one line."""
    with pytest.raises(LoadError) as caught:
        read(url)
    assert reason in str(caught.value)
    assert "\n" not in str(caught.value)


def test_what_was_encrypted_does_not_continue_in_the_open(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """From https to http is a redirect that only an attacker needs."""
    import httpx  # noqa: PLC0415 - the only test that needs it

    def answer(request: httpx.Request) -> httpx.Response:
        assert "https" == request.url.scheme
        return httpx.Response(302, headers={"Location": "http://h.example/x"})

    client = httpx.AsyncClient
    monkeypatch.setattr(
        httpx,
        "AsyncClient",
        lambda **options: client(transport=httpx.MockTransport(answer), **options),
    )
    with pytest.raises(LoadError, match="which is less secure; refused"):
        fetch("https://h.example/x", 1000, 5)


@pytest.mark.parametrize(
    ("reference", "base", "location"),
    [
        ("b.yaml", "https://h/a/x.yaml", "https://h/a/b.yaml"),
        ("../b.yaml", "https://h/a/x.yaml", "https://h/b.yaml"),
        ("//g/b.yaml", "https://h/a/x.yaml", "https://g/b.yaml"),
        ("http://g/b.yaml", "/a/x.yaml", "http://g/b.yaml"),
        ("../b.yaml", "/a/x.yaml", "/b.yaml"),
        ("/c/b%20c.yaml", "/a/x.yaml", "/c/b c.yaml"),
        ("file:///c/b%20c.yaml", "/a/x.yaml", "/c/b c.yaml"),
    ],
)
def test_a_reference_is_resolved_against_its_document(
    reference: str, base: str, location: str
) -> None:
    """RFC 3986, section 5, for URLs and for files."""
    assert location == resolve(reference, base)


@pytest.mark.parametrize(
    ("location", "expected"),
    [
        ("https://u:p@h/x?a=1&api_key=2&sig=3", "https://h/x?a=1&api_key=...&sig=..."),
        ("https://[/x", "https://..."),
        ("a/b@c:d.yaml", "a/b@c:d.yaml"),
    ],
)
def test_a_location_is_shown_without_secrets(location: str, expected: str) -> None:
    """Messages, locks and reports are read by others."""
    assert expected == shown(location)


def test_parts_are_named_relative_to_the_main_file() -> None:
    """Absolute paths would differ from machine to machine."""
    assert "../b/c.yaml" == relative_name("/x/b/c.yaml", "/x/a/main.yaml")
    assert "https://h/c.yaml" == relative_name("https://u:p@h/c.yaml", "/x/a/main.yaml")


def test_callers_may_have_an_event_loop(server: Server) -> None:
    """Reading works where `asyncio.run` does not, such as in a notebook."""
    import asyncio  # noqa: PLC0415 - the only test that needs it

    server.answers["/x.yaml"] = 200, {}, DOCUMENT

    async def call(function: Callable[[str], object]) -> object:
        return function(f"{server.url}/x.yaml")

    assert asyncio.run(call(read)) == read(f"{server.url}/x.yaml")
