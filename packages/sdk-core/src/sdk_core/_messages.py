"""Requests and responses as the call path sees them, whatever engine carries them."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Callable, ItemsView, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Protocol, Self, SupportsIndex, TypeVar, overload

import attrs

from ._addresses import redacted, secrets_in
from ._values import Shown
from .errors import ConfigurationError

if TYPE_CHECKING:
    from ._uploads import Upload
    from .hooks import Hooks
    from .operations import Operation
    from .options import Timeout

CREDENTIAL_HEADERS = frozenset(
    {
        "api-key",
        "authorization",
        "cookie",
        "openai-api-key",
        "proxy-authorization",
        "set-cookie",
        "x-amz-security-token",
        "x-api-key",
        "x-auth-token",
        "x-goog-api-key",
    }
)
T = TypeVar("T")

_SHORTEST_SECRET = 8  # shorter words, such as a scheme's name, are no secrets


class Secret(str):
    """
    The value of a header that holds a credential, whatever the header's name.

    Args:
        value: The value.
        words: What a server may say of it where the value is no word of its own.
    """

    __slots__ = ("words",)

    words: tuple[str, ...]

    def __new__(cls, value: str, *words: str) -> Self:
        made = super().__new__(cls, value)
        made.words = words
        return made

    def __repr__(self) -> str:
        return "'[secret]'"

    def __getitem__(self, place: SupportsIndex | slice) -> Secret:
        return Secret(super().__getitem__(place))  # who shows a long text shows its beginning

    def __reduce__(self) -> tuple[type[str], tuple[str]]:
        return str, ("[secret]",)

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, _: dict[int, Any]) -> Self:
        return self


class SecretBody(bytes):
    """
    A body that holds credentials: it is sent, and neither shown nor pickled.

    Args:
        value: The body.
        words: The credentials in it, as a server may say them again.
    """

    words: tuple[str, ...]

    def __new__(cls, value: bytes, *words: str) -> Self:
        made = super().__new__(cls, value)
        made.words = words
        return made

    def __repr__(self) -> str:
        return "b'[secret]'"

    def __getitem__(self, place: Any) -> Any:
        found = super().__getitem__(place)
        return SecretBody(found) if isinstance(found, bytes) else found

    def __reduce__(self) -> tuple[type[bytes], tuple[bytes]]:
        return bytes, (b"[secret]",)


class Headers(Mapping[str, str]):
    """
    Headers, looked up in any case, one value a name.

    ``repr()`` and pickles hold no credential.
    """

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = {name.lower(): value for name, value in values.items()}

    @classmethod
    def lowered(cls, values: dict[str, str]) -> Headers:
        """Return headers of *values*, whose names are in lower case already."""
        headers = cls.__new__(cls)
        headers._values = values  # noqa: SLF001  # the same class
        return headers

    @classmethod
    def received(cls, raw: Iterable[tuple[bytes, bytes]]) -> Headers:
        """Return the headers of an answer; repeated ones are joined (RFC 9110 §5.3)."""
        values: dict[str, str] = {}
        for raw_name, raw_value in raw:
            name, value = _name_of(raw_name), raw_value.decode("latin-1")
            values[name] = f"{values[name]}, {value}" if name in values else value
        return cls.lowered(values)

    def __getitem__(self, name: str) -> str:
        return self._values[name.lower()]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    # What a mapping derives from the three above, in a tenth of the time: every call asks often.
    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.lower() in self._values

    @overload
    def get(self, name: str, /) -> str | None: ...
    @overload
    def get(self, name: str, default: str, /) -> str: ...
    @overload
    def get(self, name: str, default: T, /) -> str | T: ...
    def get(self, name: str, default: Any = None, /) -> Any:
        """Return the value of *name*, in any case; *default* if there is none."""
        return self._values.get(name.lower(), default)

    def items(self) -> ItemsView[str, str]:
        """Return the names, in lower case, and the values."""
        return self._values.items()

    def __repr__(self) -> str:
        return f"Headers({self._without_secrets()!r})"

    def __reduce__(self) -> tuple[type[Headers], tuple[dict[str, str]]]:
        return Headers, (self._without_secrets(),)

    def _without_secrets(self) -> dict[str, str]:
        return {
            name: "[secret]" if is_credential(name) or isinstance(value, Secret) else value
            for name, value in self._values.items()
        }

    def censored(self, text: str) -> str:
        """Return *text*, such as a server's answer to a wrong key, without these credentials."""
        for name, shown in self._without_secrets().items():
            if shown == "[secret]":
                value = self._values[name]
                words = value.words if isinstance(value, Secret) else ()
                text = _without(text, (*words, *value.split()))
        return text

    def merged(self, changes: Mapping[str, str]) -> Headers:
        """Return a copy with *changes*."""
        return Headers.lowered(
            self._values | {name.lower(): value for name, value in changes.items()}
        )

    def only(self, names: frozenset[str]) -> Headers:
        """Return a copy with no other headers than *names* (lower case)."""
        return Headers({name: v for name, v in self._values.items() if name in names})


@lru_cache(maxsize=1024)  # servers send the same ones with every answer
def _name_of(raw: bytes) -> str:
    return raw.decode("latin-1").lower()


def _without(text: str, words: Iterable[str]) -> str:
    for word in words:
        if len(word) >= _SHORTEST_SECRET:
            text = text.replace(word, "[secret]")
    return text


is_token: Callable[[str], object] = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+").fullmatch
"""Return something true if a text may be a method or the name of a header (RFC 9110 §5.6.2)."""

holds_control: Callable[[str], object] = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]").search
"""Return something true if a text has what no value of a header may have (RFC 9110 §5.5)."""


def refuse_unfit(name: str, value: str) -> None:
    """
    Refuse a header that would end early, and begin another one behind it.

    Raises:
        ConfigurationError: Its name or its value has what it must not have.
    """
    if not is_token(name):
        msg = f"{name!r} cannot be the name of a header; use letters, digits and hyphens"
        raise ConfigurationError(msg)
    if holds_control(value) or value != value.strip(" \t"):
        msg = f"the header `{name}` holds a line end, a control character or outer space; strip it"
        raise ConfigurationError(msg)


def is_credential(name: str) -> bool:
    """Return whether a header of this (lower-case) name usually carries a secret."""
    return name in CREDENTIAL_HEADERS or name.endswith(("-key", "-token", "-secret", "-signature"))


def _default_timeout() -> Timeout:
    from .options import DEFAULT_TIMEOUT  # noqa: PLC0415  # clients always give one

    return DEFAULT_TIMEOUT


@attrs.frozen(slots=False, repr=False, eq=False)  # slots take three times as long to make and copy
class Request(Shown):
    """
    A request, ready to be sent.

    Attributes:
        url: Absolute, query included.
        content: The encoded body, or one that is read while it is sent; pickles hold no such one.
        timeout: Limits of this attempt.
        stream: Whether a successful answer's body is left unread, for the caller to iterate.
        stream_items: Whether the operation was asked to answer with a stream of items.
        operation: What the request is an instance of.
        retry_count: How many attempts went before.
        foreign: Whether a redirect led to an origin that the caller did not name, where nothing
            goes along that the engine would add by itself.
        ends: When the attempt, its body included, must be over, on `time.monotonic`; None: no
            deadline.
        hooks: Who is told what happens to it; None: nobody. Pickles hold none.
    """

    method: str
    url: str = attrs.field(repr=redacted)
    headers: Headers = attrs.field(factory=lambda: Headers({}))
    content: bytes | Upload | None = attrs.field(default=None, repr=False)
    timeout: Timeout = attrs.field(factory=_default_timeout)
    stream: bool = False
    stream_items: bool = False
    operation: Operation[Any] | None = attrs.field(default=None, repr=False)
    retry_count: int = 0
    foreign: bool = False
    ends: float | None = None
    hooks: Hooks | None = attrs.field(default=None, repr=False)

    @property
    def spent(self) -> bool:
        """Whether the body has been read and cannot be sent again."""
        content = self.content
        return content is not None and not isinstance(content, bytes) and content.spent

    def evolve(self, **changes: Any) -> Request:
        """Return a copy with *changes*."""
        if not changes.keys() <= _NAMES:
            msg = f"a request has no {', '.join(map(repr, sorted(changes.keys() - _NAMES)))}"
            raise TypeError(msg)
        made = Request.__new__(Request)
        made.__dict__.update(self.__dict__, **changes)
        return made

    def with_headers(self, changes: Mapping[str, str]) -> Request:
        """Return a copy with more headers."""
        return self.evolve(headers=self.headers.merged(changes))

    def with_header(self, name: str, value: str) -> Request:
        """Return a copy with one more header, of a *name* in lower case: what every call needs."""
        values = self.headers._values.copy()  # noqa: SLF001  # one module
        values[name] = value
        made = Request.__new__(Request)
        made.__dict__.update(self.__dict__, headers=Headers.lowered(values))
        return made

    def censored(self, text: str) -> str:
        """Return *text*, such as a server's answer to a wrong key, without these credentials."""
        words = self.content.words if isinstance(self.content, SecretBody) else ()
        return _without(self.headers.censored(text), (*words, *secrets_in(self.url)))

    def __getstate__(self) -> dict[str, Any]:
        # What is pickled travels to logs and other processes: no secrets, no functions, and no
        # operation, whose references mean something only where the generated package is installed.
        state = {a.name: getattr(self, a.name) for a in attrs.fields(Request)}
        state.update(url=redacted(self.url), operation=None, hooks=None)
        if not isinstance(self.content, bytes):  # what is read from files stays with them
            state["content"] = None
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(**state)  # type: ignore[misc]  # a frozen value is filled by its constructor


_NAMES = frozenset(attrs.fields_dict(Request))


class ByteStream(Protocol):
    """A body that is read piece by piece, by one colour; see `_closing.hurry` for what it may have."""

    def __iter__(self) -> Iterator[bytes]: ...
    def __aiter__(self) -> AsyncIterator[bytes]: ...
    def close(self, *, grace: float = 0.0) -> None: ...
    async def aclose(self, *, grace: float = 0.0) -> None:
        """Let go; give the rest of the body *grace* seconds to come, to keep the connection."""


class Response:
    """
    An answer. Reads like an httpx response; is one only in `http_response`.

    Attributes:
        status_code: The status.
        headers: Looked up in any case.
        request: What this answers.
        stream: The body, while it has not been read; else None.
        begun: Whether somebody has begun to read *stream*, which can be read once only.
        http_version: Such as ``HTTP/1.1``.
        retries_taken: How many attempts went before the one that got this answer.
        elapsed: Seconds from the sending to this answer; for a stream, to its headers.
        not_repeated: Why the attempt was not repeated, though its status is worth it; else empty.
    """

    __slots__ = (
        "_content",
        "_engine",
        "begun",
        "elapsed",
        "headers",
        "http_version",
        "not_repeated",
        "request",
        "retries_taken",
        "status_code",
        "stream",
    )

    def __init__(
        self,
        status_code: int,
        headers: Mapping[str, str],
        *,
        request: Request,
        content: bytes | None = None,
        stream: ByteStream | None = None,
        http_version: str = "HTTP/1.1",
        engine: tuple[Any, Any] | None = None,
    ) -> None:
        self.status_code = status_code
        self.headers = headers
        self.request = request
        self.stream = stream
        self.begun = False
        self.http_version = http_version
        self.retries_taken = request.retry_count
        self.elapsed = 0.0
        self.not_repeated = ""
        self._content = content
        self._engine = engine

    def __repr__(self) -> str:
        return f"<Response [{self.status_code}]>"

    def __reduce__(self) -> tuple[Any, ...]:
        headers = Headers({n: v for n, v in self.headers.items() if n.lower() != "set-cookie"})
        return _restore, (self.status_code, headers, self.request, self._content, self.http_version)

    @property
    def content(self) -> bytes:
        """The body, decompressed. Raises RuntimeError while it is still a stream."""
        if self._content is None:
            msg = "the body has not been read; read the stream first"
            raise RuntimeError(msg)
        return self._content

    @content.setter
    def content(self, value: bytes) -> None:
        self._content = value
        self.stream = None

    @property
    def is_read(self) -> bool:
        """Whether `content` is there."""
        return self._content is not None

    @property
    def text(self) -> str:
        """The body as text, by the declared charset, else UTF-8; bad bytes become U+FFFD."""
        charset = "utf-8"
        for parameter in self.headers.get("content-type", "").split(";")[1:]:
            name, _, value = parameter.partition("=")
            if name.strip().lower() == "charset":
                charset = value.strip().strip('"')
        try:
            return self.content.decode(charset, errors="replace")
        except (LookupError, ValueError):  # no codec, or one that is not for text
            return self.content.decode("utf-8", errors="replace")

    def json(self) -> Any:
        """Return the body as JSON. Raises ValueError when it is none."""
        return json.loads(self.content)

    @property
    def url(self) -> str:
        """The URL that was asked."""
        return self.request.url

    @property
    def method(self) -> str:
        """The method that was used."""
        return self.request.method

    @property
    def reason_phrase(self) -> str:
        """The standard words for the status."""
        from http import HTTPStatus  # noqa: PLC0415  # only for people, never on the call path

        try:
            return HTTPStatus(self.status_code).phrase
        except ValueError:
            return ""

    @property
    def is_success(self) -> bool:
        """Whether the status is 2xx."""
        return 200 <= self.status_code <= 299

    @property
    def is_error(self) -> bool:
        """Whether the status is 400 or more."""
        return self.status_code >= 400

    @property
    def is_closed(self) -> bool:
        """Whether the connection has been let go."""
        answer = None if self._engine is None else self._engine[1]
        return self.is_read or bool(getattr(answer, "is_closed", True))

    def close(self) -> None:
        """Let go of a body that is being streamed; what has not come of it is lost."""
        if self.stream is not None:
            self.stream.close()

    async def aclose(self) -> None:
        """Do as `close`, for an answer to the asynchronous client."""
        if self.stream is not None:
            await self.stream.aclose()

    @property
    def http_response(self) -> Any:
        """The same as a response of the engine (httpx by default); None after unpickling."""
        if self._engine is None:
            return None
        request, answer = self._engine
        if hasattr(answer, "view"):
            request, answer = answer.view(request)
        if request is None or self._content is None:  # other engines' answers stay as they are
            return answer
        headers = [
            (name, value)
            for name, value in answer.headers.multi_items()
            if name.lower() not in {"content-encoding", "transfer-encoding"}
        ]
        return type(answer)(
            self.status_code, headers=headers, content=self._content, request=request
        )


def _restore(
    status: int,
    headers: Headers,
    request: Request,
    content: bytes | None,
    http_version: str,
) -> Response:
    body = b"" if content is None else content
    return Response(status, headers, request=request, content=body, http_version=http_version)
