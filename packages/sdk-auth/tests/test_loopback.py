"""The loopback listener: one answer, on this machine only, and nothing else."""

from __future__ import annotations

import pickle
import socket
from collections.abc import Callable, Iterator
from contextlib import closing
from threading import Thread

import httpx
import pytest

from sdk_auth._loopback import Listener
from sdk_core._effects import Wait
from sdk_core._waits import wait

from ._server import browsers

ANSWER = "code=canary-code&state=canary-state"
Say = Callable[[bytes], bytes]


@pytest.fixture
def listener() -> Iterator[Listener]:
    """Listen until the test is over."""
    with closing(Listener("/callback")) as listener:
        yield listener


@pytest.fixture
def say(listener: Listener) -> Say:
    """Return what sends bytes to the listener, and returns all that it answers."""

    def say(text: bytes) -> bytes:
        with socket.create_connection(("127.0.0.1", listener.port), 10) as connection:
            connection.sendall(text)
            connection.shutdown(socket.SHUT_WR)
            return b"".join(iter(lambda: connection.recv(65536), b""))

    return say


def get(listener: Listener, path: str, **options: object) -> httpx.Response:
    """Ask as a browser would."""
    return browsers.get(f"http://127.0.0.1:{listener.port}{path}", **options)  # type: ignore[arg-type]  # headers


def test_the_answer_is_taken_and_thanked_for(listener: Listener) -> None:
    """Whoever waits is called, after the page has been written."""
    page = get(listener, f"/callback?{ANSWER}")
    assert page.status_code == 200
    assert "close this window" in page.text
    assert wait(Wait(listener.ticket, 10))
    assert listener.query == ANSWER


def test_the_page_holds_no_secret(listener: Listener) -> None:
    """Neither it nor its headers; it takes the address out of the bar, and refers to nobody."""
    page = get(listener, f"/callback?{ANSWER}")
    assert "canary" not in page.text + str(page.headers.raw)
    assert "history.replaceState" in page.text
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["referrer-policy"] == "no-referrer"
    assert "default-src 'none'" in page.headers["content-security-policy"]


def test_a_refusal_has_a_page_of_its_own(listener: Listener) -> None:
    """It repeats nothing of what the server said."""
    page = get(listener, "/callback?error=access_denied&error_description=%3Cscript%3Ecanary")
    assert page.status_code == 200
    assert "did not succeed" in page.text
    assert "canary" not in page.text
    assert listener.query is not None


def test_the_first_answer_is_the_only_one(listener: Listener) -> None:
    """A second one is not even looked at."""
    get(listener, f"/callback?{ANSWER}")
    assert get(listener, "/callback?code=other&state=other").status_code == 404
    assert listener.query == ANSWER


@pytest.mark.parametrize(
    "path",
    ["/", "/favicon.ico", "/callback", "/callback?state=a", "/callback/?code=a", "/x?code=a"],
)
def test_everything_else_is_not_found(listener: Listener, path: str) -> None:
    """Browsers ask for more than they are sent to, and the listener waits on."""
    assert get(listener, path).status_code == 404
    assert listener.query is None
    assert not listener.ticket.called


def test_only_get_is_known(listener: Listener) -> None:
    """No page may post an answer."""
    url = f"http://127.0.0.1:{listener.port}/callback?{ANSWER}"
    assert {browsers.request(method, url).status_code for method in ("POST", "PUT", "HEAD")} == {
        404
    }
    assert listener.query is None


def test_only_its_own_name_is_known(listener: Listener) -> None:
    """A page elsewhere whose name leads here is refused (DNS rebinding)."""
    evil = get(listener, f"/callback?{ANSWER}", headers={"host": "evil.example.com"})
    assert evil.status_code == 404
    by_name = {"host": f"localhost:{listener.port}"}
    assert get(listener, f"/callback?{ANSWER}", headers=by_name).status_code == 200


@pytest.mark.parametrize(
    "text",
    [b"", b"\r\n\r\n", b"canary \xff\r\n\r\n", b"GET /" + b"a" * 70000 + b" HTTP/1.1\r\n\r\n"],
)
def test_what_is_no_request_is_borne(listener: Listener, say: Say, text: bytes) -> None:
    """It is answered with as little as possible, or not at all."""
    assert b"canary" not in say(text)
    assert get(listener, f"/callback?{ANSWER}").status_code == 200


def test_a_connection_that_says_nothing_keeps_nobody_waiting(listener: Listener) -> None:
    """Browsers open some in advance."""
    with socket.create_connection(("127.0.0.1", listener.port)):
        assert get(listener, f"/callback?{ANSWER}").status_code == 200


def test_a_browser_that_leaves_at_once_has_brought_its_answer(listener: Listener) -> None:
    """Nobody needs to read the page."""
    request = f"GET /callback?{ANSWER} HTTP/1.1\r\nhost: 127.0.0.1:{listener.port}\r\n\r\n"
    with socket.create_connection(("127.0.0.1", listener.port)) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        connection.sendall(request.encode())
    # It was reset, perhaps before it was read: then nothing came.
    wait(Wait(listener.ticket, 0.2))
    assert listener.query in {ANSWER, None}


def test_it_listens_on_this_machine_only() -> None:
    """On 127.0.0.1, whatever other addresses there are (msal listens on all in containers)."""
    with closing(Listener("/")) as listener:
        assert listener._socket.getsockname()[0] == "127.0.0.1"


def test_it_is_gone_when_it_is_closed() -> None:
    """Once or more, from any thread, and without a wait."""
    listener = Listener("/")
    other = Thread(target=listener.close)
    other.start()
    listener.close()
    other.join()
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", listener.port)) != 0


def test_it_shows_nothing_and_stays_here(listener: Listener) -> None:
    """Neither in its repr nor in a pickle."""
    get(listener, f"/callback?{ANSWER}")
    assert "canary" not in repr(listener)
    with pytest.raises(TypeError):
        pickle.dumps(listener)
