"""
HTTP/1.1 as a client writes and reads it (RFC 9112); sans-IO.

Heads are written here, answers are parsed by httptools, which is the parser of Node.js.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

from ._answers import check_deadline
from ._failures import unsendable
from ._messages import Headers, is_token
from ._uploads import Upload
from .errors import ConfigurationError

if TYPE_CHECKING:
    from ._messages import Request

_HEAD_LIMIT = 102_400  # bytes before a body, those of interim answers included
_WITH_BODY = frozenset({"PATCH", "POST", "PUT"})

# A value is visible to its ends (RFC 9110 §5.5).
_is_value = re.compile(r"(?:[^\0-\x20\x7f](?:[^\0-\x08\x0a-\x1f\x7f]*[^\0-\x20\x7f])?)?").fullmatch


class AnswerError(Exception):
    """What came is no answer of HTTP/1.1, or not all of one."""


def head(request: Request, target: str, host: str, *more: str) -> tuple[bytes, int | None]:
    """
    Return the head of *request*, and the length of its body; None: the body goes in chunks.

    Args:
        request: What is to be sent.
        target: What the first line asks for.
        host: The server, as a header has it.
        more: Lines for the next server only, each with its end.

    Raises:
        ConfigurationError: Something in it cannot be sent; the message names it.
    """
    headers = request.headers
    items = headers.items()
    lines = "".join([f"{_label(name)}{value}\r\n" for name, value in items])
    # All values at once: a look at each costs more than all else that is done to them.
    values = "".join([value for _, value in items])
    if not (lines.isascii() and values.isprintable()) or ":  " in lines or " \r" in lines:
        _refuse_unfit(request)
    body = request.content
    length = body.length if isinstance(body, Upload) else len(body or b"")
    framing = ""
    if "transfer-encoding" in headers or "content-length" in headers:
        length = _declared(request, length)
    elif length is None:
        framing = "transfer-encoding: chunked\r\n"
    elif body is not None or request.method in _WITH_BODY:
        framing = f"content-length: {length}\r\n"
    first = "" if "host" in headers else f"host: {host}\r\n"
    text = f"{request.method} {target} HTTP/1.1\r\n{first}{''.join(more)}{lines}{framing}\r\n"
    return text.encode("latin-1"), length


@lru_cache(maxsize=256)
def _label(name: str) -> str:
    """Return the beginning of a line, or nothing for what cannot be a name."""
    return f"{name}: " if is_token(name) else ":  "


@lru_cache(maxsize=1024)  # servers send the same ones with every answer
def _lowered(name: bytes) -> str:
    return name.decode("latin-1").lower()


def chunk(piece: bytes) -> bytes:
    """Return *piece* as one chunk of a body; an empty one ends it (RFC 9112 §7.1)."""
    return b"%x\r\n%b\r\n" % (len(piece), piece)


class Sending:
    """
    The bytes of a body on their way.

    Args:
        request: Whose body.
        length: Of how many bytes; None: it goes in chunks.
    """

    def __init__(self, request: Request, length: int | None) -> None:
        self._request = request
        self._length = length
        self._sent = 0

    def whole(self, body: bytes | None) -> bytes:
        """Return what is sent of a *body* in memory."""
        if self._length is not None:
            return body or b""
        return (chunk(body) if body else b"") + chunk(b"")

    def piece(self, piece: bytes) -> bytes:
        """
        Return what is sent of the next *piece*.

        Raises:
            APITimeoutError: The deadline is over.
            ConfigurationError: The body is longer than its head says.
        """
        check_deadline(self._request)
        self._sent += len(piece)
        if self._length is None:
            return chunk(piece)
        if self._sent > self._length:
            raise wrong_length(self._request)
        return piece

    def end(self) -> bytes:
        """
        Return what is sent behind the last piece.

        Raises:
            ConfigurationError: The body is shorter than its head says.
        """
        if self._length is None:
            return chunk(b"")
        if self._sent < self._length:
            raise wrong_length(self._request)
        return b""


def _declared(request: Request, length: int | None) -> int | None:
    """Return the length of a body whose framing is the caller's; None: chunks."""
    if (coding := request.headers.get("transfer-encoding")) is not None:
        if coding != "chunked" or "content-length" in request.headers:
            why = "`transfer-encoding` can be chunked only, without a `content-length`"
            raise unsendable(request, why)
        return None
    text = request.headers["content-length"]
    declared = int(text) if text.isascii() and text.isdigit() else -1
    if declared < 0 or length not in {None, declared}:
        raise wrong_length(request)
    return declared


def wrong_length(request: Request) -> ConfigurationError:
    """Return the error for a body that is longer or shorter than its head says."""
    return unsendable(request, "its body is not as long as `content-length` says")


def _refuse_unfit(request: Request) -> None:
    """Refuse a header that cannot be sent; its value may be a secret."""
    for name, value in request.headers.items():
        if not name.isascii() or max(value, default="") > "\xff":
            msg = f"the header `{name}` holds characters that HTTP cannot carry; encode them first"
            raise ConfigurationError(msg)
        if not is_token(name):
            raise unsendable(request, f"{name!r} cannot be the name of a header")
        if not _is_value(value):
            raise unsendable(request, f"the header `{name}` holds control characters")


class Answers:
    """
    The answers that come on one connection, one after the other.

    Attributes:
        status: The status of the present one.
        pieces: What has come of its body, for the caller to take away.
        begun: Whether its head has come.
        ended: Whether all of it has come.
        reusable: Whether another request may follow, once it has ended.
    """

    __slots__ = (
        "_bodiless",
        "_headers",
        "_parser",
        "_refusal",
        "_size",
        "begun",
        "ended",
        "pieces",
        "reusable",
        "status",
    )

    def __init__(self) -> None:
        self._parser = self._made()
        self._bodiless = False
        self.expect()

    def _made(self) -> HttpResponseParser:
        parser = HttpResponseParser(self)
        # Lines may end as in Unix (RFC 9112 §2.2): nobody else reads this connection differently.
        parser.set_dangerous_leniencies(lenient_optional_cr_before_lf=True)
        return parser

    def expect(self, *, bodiless: bool = False) -> None:
        """Begin a new answer; *bodiless*, if it ends with its head, whatever that says."""
        if self._bodiless:  # the parser, which knows nothing of it, still waits for the body
            self._parser = self._made()
        self._bodiless = bodiless
        self._refusal = ""
        self._size = 0
        self.status = 0
        self._headers: dict[str, str] = {}
        self.pieces: list[bytes] = []
        self.begun = self.ended = self.reusable = False

    @property
    def headers(self) -> Headers:
        """The headers; repeated ones are joined (RFC 9110 §5.3)."""
        return Headers.lowered(self._headers)

    @property
    def version(self) -> str:
        """The version of the protocol, such as ``HTTP/1.1``."""
        return f"HTTP/{self._parser.get_http_version()}"

    def feed(self, data: bytes) -> None:
        """
        Take what has come; nothing is the end of the connection.

        Raises:
            AnswerError: This is no answer.
        """
        if not data:
            self._end()
            return
        try:
            self._parser.feed_data(data)
        except HttpParserUpgrade:
            self._refusal = "it changes the protocol, for which nobody had asked"
        except HttpParserError as exc:
            self._refusal = str(exc)
        if self._refusal:
            self.reusable = False
            if not self.ended:
                raise AnswerError(self._refusal)
        if not self.begun:
            self._size += len(data)
            if self._size > _HEAD_LIMIT:
                msg = f"its head is longer than {_HEAD_LIMIT:,} bytes"
                raise AnswerError(msg)

    def _end(self) -> None:
        self.reusable = False
        if self.ended:
            return
        if not self.begun:
            msg = "the server closed it before it had answered"
            raise AnswerError(msg)
        if not self._headers.keys().isdisjoint(("content-length", "transfer-encoding")):
            msg = "the server closed it in the middle of its answer"
            raise AnswerError(msg)
        self.ended = True

    # What httptools calls.

    def on_message_begin(self) -> None:
        """Note that something comes behind the answer."""
        if self.ended:
            self.reusable = False

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep a header; those behind the body are left out."""
        if self.begun:
            return
        key, text = _lowered(name), value.decode("latin-1").rstrip(" \t")
        headers = self._headers
        headers[key] = f"{headers[key]}, {text}" if key in headers else text

    def on_headers_complete(self) -> None:
        """Note the status, and what is to be thought of the rest."""
        status = self.status = self._parser.get_status_code()
        if status < 200:
            return
        headers = self._headers
        if "transfer-encoding" in headers and headers["transfer-encoding"].lower() != "chunked":
            self._refusal = "its transfer coding is not known"
        self.begun = True
        if self._bodiless:
            self.ended = True
            old = self._parser.get_http_version() < "1.1"
            self.reusable = not old and "close" not in headers.get("connection", "").lower()

    def on_body(self, piece: bytes) -> None:
        """Keep a piece of the body."""
        if self.ended:
            self.reusable = False
        else:
            self.pieces.append(piece)

    def on_message_complete(self) -> None:
        """Note the end, or go on behind an interim answer (RFC 9110 §15.2)."""
        if self.status < 200:
            self._headers = {}
        elif not self.ended:
            self.ended = True
            self.reusable = self._parser.should_keep_alive()
