"""Censoring of what is kept of calls: no credential reaches the file of a recording."""

from __future__ import annotations

import json
import re
from base64 import b64decode
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias
from urllib.parse import quote

from ._addresses import is_secret, redacted, secrets_in
from ._messages import Headers, Request, Secret, SecretBody, is_credential
from ._redaction import scrub
from .errors import ConfigurationError

Scrub: TypeAlias = Callable[[bytes], bytes]
"""Takes from a body what must not be kept of it; what is JSON must stay so."""

MARK = "[secret]"
_SHORTEST = 8  # characters; what is shorter would be found where it means nothing

# Only names that are never those of data: `token`, `key` and `code` are.
_NAMES = (
    "access_token|refresh_token|id_token|session_token|client_secret|client_assertion|assertion|"
    "password|passwd|api_key|apikey|private_key|secret|secret_key|code_verifier|device_code|"
    "subject_token|actor_token"
)
_MEMBER = re.compile(rf'"(?:{_NAMES})"\s*:\s*"((?:[^"\\]|\\.)*)"'.encode(), re.IGNORECASE)
_FIELD = re.compile(rf"(?:^|[?&])(?:{_NAMES})=([^&\s\"]*)".encode(), re.IGNORECASE)
_URL = re.compile(rb"https?:(?:\\?/){2}[^\s\"'<>]+", re.IGNORECASE)
_QUERY = re.compile(rb"(?:[?&]|\\u0026)([^=&\\]+)=([^&\\]*)")
_COOKIE = re.compile(r"(?:^|[;,])\s*[^=;,\s]+=([^;,]*)")
_SET_COOKIE = re.compile(r"(?:^|, )[^=;,\s]+=([^;,]*)")


def words_of(headers: Mapping[str, str], url: str = "") -> Iterator[str]:
    """Yield the secrets that stand in *headers* and in the query of *url*."""
    yield from secrets_in(url)
    for name, value in Headers(headers).items():
        if isinstance(value, Secret):
            yield from value.words
        elif not is_credential(name):
            continue
        if name in {"cookie", "set-cookie"}:
            yield from (_COOKIE if name == "cookie" else _SET_COOKIE).findall(value)
            continue
        scheme, _, rest = value.partition(" ")
        yield from rest.split() if rest else (value,)
        if scheme.lower() == "basic":
            yield from _password(rest)


def words_in(request: Request) -> Iterator[str]:
    """Yield the secrets that stand in *request*."""
    yield from words_of(request.headers, request.url)
    if isinstance(request.content, SecretBody):
        yield from request.content.words


def _password(encoded: str) -> Iterator[str]:
    try:
        yield b64decode(encoded, validate=True).decode().partition(":")[2]
    except ValueError:  # which no server would understand, either
        return


class Censor:
    """
    Take secrets out of what is kept of calls.

    Args:
        words: Secrets that are known: none of them is kept anywhere, however it is escaped.
        hook: What the user wants to be taken out of bodies, besides.
    """

    def __init__(self, words: Iterable[str], hook: Scrub | None = None) -> None:
        secrets = {word for word in words if len(word) >= _SHORTEST and word != MARK}
        longest_first = sorted(sorted(secrets), key=len, reverse=True)
        pattern = "|".join(map(_any_form, longest_first))
        self._words = re.compile(pattern) if secrets else None
        self._bytes = re.compile(pattern.encode("utf-8", "surrogatepass")) if secrets else None
        self._hook = hook

    def text(self, text: str) -> str:
        """Return *text* without the secrets that are known, and without those of URLs in it."""
        text = scrub(text)
        return text if self._words is None else self._words.sub(MARK, text)

    def url(self, url: str) -> str:
        """Return *url* without secrets."""
        url = redacted(url)
        return url if self._words is None else self._words.sub(MARK, url)

    def words(self, body: bytes) -> bytes:
        """Return *body* without the secrets that are known, and with all else that is in it."""
        return body if self._bytes is None else self._bytes.sub(MARK.encode(), body)

    def headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        """Return *headers* by name, without credentials."""
        return {
            name: MARK
            if is_credential(name) or isinstance(value, Secret)
            else self.text(str(value))
            for name, value in sorted(Headers(headers).items())
        }

    def body(self, pieces: Sequence[bytes]) -> tuple[bytes, ...]:
        """
        Return the *pieces* of a body without secrets, also where one stands in two pieces.

        Cuts stay, but one inside a secret moves behind it, and what the user's hook changes across
        a cut becomes one piece.
        """
        kept = tuple(self._without_spans(pieces))
        if self._hook is None:
            return kept
        together = self._hooked(b"".join(kept))
        apart = tuple(self._hooked(piece) for piece in kept)
        return apart if b"".join(apart) == together else (together,)

    def _hooked(self, body: bytes) -> bytes:
        assert self._hook is not None
        result: object = self._hook(body)
        if not isinstance(result, bytes):
            msg = f"`scrub` must return bytes, not {type(result).__name__}"
            raise ConfigurationError(msg)
        return result

    def _without_spans(self, pieces: Sequence[bytes]) -> Iterator[bytes]:
        body = b"".join(pieces)
        spans = self._spans(body)
        if not spans:
            yield from pieces
            return
        end = start = place = 0
        for piece in pieces:
            end += len(piece)
            made = b""
            while place < len(spans) and spans[place][0] < end:
                made += body[start : spans[place][0]] + MARK.encode()
                start = spans[place][1]
                place += 1
            if start < end:
                made += body[start:end]
                start = end
            if made:
                yield made

    def _spans(self, body: bytes) -> list[tuple[int, int]]:
        """Return where secrets begin and end, in order and without overlap."""
        found = [match.span(1) for form in (_MEMBER, _FIELD) for match in form.finditer(body)]
        found += [
            member.span(2)
            for url in _URL.finditer(body)
            for member in _QUERY.finditer(body, *url.span())
            if is_secret(member[1].decode("latin-1"), frozenset())
        ]
        if self._bytes is not None:
            found += [match.span() for match in self._bytes.finditer(body)]
        merged: list[tuple[int, int]] = []
        for start, end in sorted(found):
            if merged and start < merged[-1][1]:
                merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
            elif start < end:
                merged.append((start, end))
        return merged


def _any_form(word: str) -> str:
    """Return a pattern for a secret as it may be written in URLs, forms and JSON."""
    return "".join(char if char.isalnum() and char.isascii() else _forms(char) for char in word)


def _forms(char: str) -> str:
    escaped = {quote(char, safe="", errors="replace"), json.dumps(char)[1:-1], f"\\{char}"}
    forms = sorted(f"(?i:{re.escape(form)})" for form in escaped if form != char)
    if char == " ":
        forms.append(r"\+")  # as forms have it
    return f"(?:{'|'.join([re.escape(char), *forms])})"
