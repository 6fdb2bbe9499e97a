"""
Cassettes: recorded calls in one file of JSON, for people to read and for versions to compare.

::

    {
      "format": "sdk-core cassette",
      "version": 1,
      "recordings": [
        {
          "request": {"method": "POST", "url": "https://...", "headers": {...}, "body": BODY},
          "response": {"status": 200, "http_version": "HTTP/1.1", "headers": {...}, "body": BODY}
        }
      ]
    }

A BODY is ``{"json": ...}``, ``{"text": "..."}`` or ``{"base64": "..."}``, and gives back the bytes
that came. JSON that was not written in the shortest way has a ``layout``, and an ``end`` if white
space stood behind it. Of a stream there are ``pieces``, a list of bodies, instead of one. A call
that failed has an ``error``, behind the ``response`` if it failed in the middle of that.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Any, Self

import attrs

from ._media_types import is_json
from ._messages import Request
from ._part_files import PartFile
from .errors import APIConnectionError, APITimeoutError, ConfigurationError, SDKError

_FORMAT = "sdk-core cassette"
_VERSION = 1
_LAYOUTS: Mapping[str, dict[str, Any]] = {
    "compact": {"separators": (",", ":"), "ensure_ascii": False},
    "spaced": {"ensure_ascii": False},
    "indented": {"indent": 2, "ensure_ascii": False},
    "compact ascii": {"separators": (",", ":")},
    "spaced ascii": {},
    "indented ascii": {"indent": 2},
}


@attrs.frozen
class Sent:
    """
    A request as it is kept and compared: without secrets.

    Attributes:
        headers: By names in small letters, sorted.
    """

    method: str
    url: str
    headers: Mapping[str, str] = attrs.field(repr=False)
    body: bytes = attrs.field(default=b"", repr=False)

    @property
    def value(self) -> Any:
        """The body as it is compared: the value of JSON, else text, else bytes."""
        if self.body and is_json(self.headers.get("content-type", "")):
            try:
                return json.loads(self.body)
            except (ValueError, RecursionError):
                pass
        try:
            return self.body.decode()
        except UnicodeDecodeError:
            return self.body

    def to_json(self) -> dict[str, Any]:
        """Return it as the file has it."""
        made = {"method": self.method, "url": self.url, "headers": dict(self.headers)}
        if self.body:
            made["body"] = encode_body(self.body, self.headers.get("content-type", ""))
        return made

    @classmethod
    def from_json(cls, found: Any) -> Self:
        """Return what the file has. Raises ValueError, KeyError or TypeError if it is damaged."""
        body = decode_body(found["body"]) if "body" in found else b""
        return cls(_text(found["method"]), _text(found["url"]), _headers(found), body)


@attrs.frozen
class Answer:
    """
    What came for a request.

    Attributes:
        headers: By names in small letters, sorted.
        pieces: The body as it was cut; of one that was read at once, one piece.
        streamed: Whether it was read piece by piece.
    """

    status: int
    headers: Mapping[str, str] = attrs.field(repr=False)
    pieces: tuple[bytes, ...] = attrs.field(repr=False)
    streamed: bool = False
    http_version: str = "HTTP/1.1"

    def to_json(self) -> dict[str, Any]:
        """Return it as the file has it."""
        made: dict[str, Any] = {"status": self.status, "http_version": self.http_version}
        made["headers"] = dict(self.headers)
        if self.streamed:
            made["pieces"] = [encode_body(piece, "") for piece in self.pieces]
        elif body := b"".join(self.pieces):
            made["body"] = encode_body(body, self.headers.get("content-type", ""))
        return made

    @classmethod
    def from_json(cls, found: Any) -> Self:
        """Return what the file has. Raises ValueError, KeyError or TypeError if it is damaged."""
        status, version = found["status"], _text(found["http_version"])
        if type(status) is not int or not 100 <= status <= 999:
            msg = f"{status!r} is no status"
            raise ValueError(msg)
        streamed = "pieces" in found
        bodies = found["pieces"] if streamed else [found["body"]] if "body" in found else []
        if not isinstance(bodies, list):
            msg = "`pieces` is no list"
            raise TypeError(msg)
        pieces = tuple(decode_body(body) for body in bodies)
        return cls(status, _headers(found), pieces, streamed, version)


@attrs.frozen
class Failure:
    """
    Why a call has no answer, or its answer no end.

    Attributes:
        kind: ``connection`` or ``timeout``; or ``closed`` by the reader.
        message: That of the error.
        maybe_processed: See `APIConnectionError`.
    """

    kind: str
    message: str
    maybe_processed: bool = True

    @classmethod
    def of(cls, error: APIConnectionError) -> Self:
        """Return what is kept of *error*."""
        kind = "timeout" if isinstance(error, APITimeoutError) else "connection"
        return cls(kind, error.message, error.maybe_processed)

    def error(self, request: Request) -> SDKError:
        """Return it as the error that it was."""
        if self.kind == "timeout":
            return APITimeoutError(
                request, message=self.message, maybe_processed=self.maybe_processed
            )
        return APIConnectionError(
            request=request, message=self.message, maybe_processed=self.maybe_processed
        )

    @classmethod
    def from_json(cls, found: Any) -> Self:
        """Return what the file has. Raises ValueError, KeyError or TypeError if it is damaged."""
        if found["kind"] not in {"connection", "timeout", "closed"}:
            msg = f"{found['kind']!r} is no kind of error"
            raise ValueError(msg)
        return cls(found["kind"], _text(found["message"]), bool(found["maybe_processed"]))


@attrs.frozen
class Recording:
    """One call: what was sent, what came, and what went wrong. There is at least one of the two."""

    sent: Sent
    answer: Answer | None
    failure: Failure | None = None

    def to_json(self) -> dict[str, Any]:
        """Return it as the file has it."""
        made: dict[str, Any] = {"request": self.sent.to_json()}
        if self.answer is not None:
            made["response"] = self.answer.to_json()
        if self.failure is not None:
            made["error"] = attrs.asdict(self.failure)
        return made

    @classmethod
    def from_json(cls, found: Any) -> Self:
        """Return what the file has. Raises ValueError, KeyError or TypeError if it is damaged."""
        answer = Answer.from_json(found["response"]) if "response" in found else None
        failure = Failure.from_json(found["error"]) if "error" in found else None
        if answer is None and failure is None:
            msg = "it has neither a response nor an error"
            raise ValueError(msg)
        return cls(Sent.from_json(found["request"]), answer, failure)


def load(file: str | PathLike[str]) -> list[Recording]:
    """
    Return the recordings of the cassette at *file*.

    Raises:
        ConfigurationError: It cannot be read, is none, is damaged, or of another version.
    """
    path = Path(file)
    try:
        found = json.loads(path.read_bytes())
    except OSError as exc:
        msg = f"the cassette {path} cannot be read ({exc.strerror}); record it with mode='auto'"
        raise ConfigurationError(msg) from exc
    except (ValueError, RecursionError) as exc:
        msg = f"the cassette {path} is damaged: {exc}; delete it, and record it again"
        raise ConfigurationError(msg) from exc
    if not isinstance(found, dict) or found.get("format") != _FORMAT:
        msg = f'{path} is no cassette: it has no "format": "{_FORMAT}"'
        raise ConfigurationError(msg)
    if found.get("version") != _VERSION:
        msg = (
            f"the cassette {path} is of version {found.get('version')!r}, and this release reads "
            f"version {_VERSION}; record it again"
        )
        raise ConfigurationError(msg)
    recordings = found.get("recordings")
    if not isinstance(recordings, list):
        msg = f"the cassette {path} is damaged: it has no list of recordings"
        raise ConfigurationError(msg)
    return [_checked(path, number, each) for number, each in enumerate(recordings, 1)]


def _checked(path: Path, number: int, found: Any) -> Recording:
    try:
        return Recording.from_json(found)
    except (ValueError, KeyError, TypeError) as exc:
        what = f"{exc} is missing" if isinstance(exc, KeyError) else str(exc)
        msg = f"the cassette {path} is damaged: recording {number}: {what}; record it again"
        raise ConfigurationError(msg) from exc


def save(file: str | PathLike[str], recordings: Sequence[Recording]) -> None:
    """Write *recordings* to *file* in one step: who reads it finds all of the old or of the new."""
    whole = {
        "format": _FORMAT,
        "version": _VERSION,
        "recordings": [each.to_json() for each in recordings],
    }
    text = json.dumps(whole, indent=2, ensure_ascii=False) + "\n"
    Path(file).parent.mkdir(parents=True, exist_ok=True)
    with PartFile(file) as part:
        part.write(text.encode())


def encode_body(body: bytes, content_type: str) -> dict[str, Any]:
    """Return *body* as the file has it: as JSON or text where that gives back the same bytes."""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return {"base64": b64encode(body).decode()}
    return (is_json(content_type) and _as_json(text)) or {"text": text}


def _as_json(text: str) -> dict[str, Any] | None:
    content = text.rstrip(" \t\r\n")
    try:
        value = json.loads(content)
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError):  # no JSON, or what other programs could not read
        return None
    for layout, options in _LAYOUTS.items():
        if json.dumps(value, **options) == content:
            made = {"json": value}
            if layout != "compact":
                made["layout"] = layout
            if content != text:
                made["end"] = text[len(content) :]
            return made
    return None


def decode_body(found: Any) -> bytes:
    """Return the bytes. Raises ValueError, KeyError or TypeError if it is no body."""
    if "json" in found:
        layout = _LAYOUTS[found.get("layout", "compact")]
        return (json.dumps(found["json"], **layout) + _text(found.get("end", ""))).encode()
    if "text" in found:
        return _text(found["text"]).encode()
    return b64decode(found["base64"], validate=True)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        msg = f"{value!r} is no text"
        raise TypeError(msg)
    return value


def _headers(found: Any) -> dict[str, str]:
    headers = found["headers"]
    if not isinstance(headers, dict):
        msg = "`headers` is no object"
        raise TypeError(msg)
    return {name: _text(value) for name, value in headers.items()}
