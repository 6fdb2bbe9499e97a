"""Where the answers of a fake transport come from: a function, a list, or a table of routes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import unquote, urlsplit

from .errors import ConfigurationError

if TYPE_CHECKING:
    from ._messages import Request


class NoAnswerError(Exception):
    """There is no answer, and why."""


class Source(Protocol):
    """Where answers come from."""

    def take(self, request: Request) -> tuple[Any, dict[str, str]]:
        """Return an answer, and what its function is to be told. Raises `NoAnswerError`."""

    def unused(self) -> list[str]:
        """Return what has not been asked for, for people."""


def source_of(answers: Any) -> Source:
    """
    Return where *answers* come from.

    Raises:
        ConfigurationError: They are nothing of the kind.
    """
    if callable(answers):
        return _Always(answers)
    if isinstance(answers, Mapping):
        return _Routes(answers)
    if isinstance(answers, Iterable) and not isinstance(answers, str | bytes):
        return _Queue(answers)
    msg = (
        "`answers` must be a list of answers, a function of the request, or a mapping of routes, "
        f"not {type(answers).__name__}"
    )
    raise ConfigurationError(msg)


class _Always:
    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function

    def take(self, _: Request) -> tuple[Any, dict[str, str]]:
        return self._function, {}

    def unused(self) -> list[str]:
        return []


class _Queue:
    def __init__(self, answers: Iterable[Any]) -> None:
        self._left = list(answers)
        self._given = len(self._left)

    def take(self, _: Request) -> tuple[Any, dict[str, str]]:
        if not self._left:
            msg = f"is one too many: {self._given} answers were given"
            raise NoAnswerError(msg)
        return self._left.pop(0), {}

    def unused(self) -> list[str]:
        return [repr(answer) for answer in self._left]


class _Routes:
    def __init__(self, table: Mapping[str, Any]) -> None:
        self._routes = [_Route(label, answer) for label, answer in table.items()]

    def take(self, request: Request) -> tuple[Any, dict[str, str]]:
        for route in self._routes:
            parts = route.parts_of(request)
            if parts is not None:
                return route.take(request), parts
        labels = ", ".join(f"`{route.label}`" for route in self._routes)
        msg = f"fits no route; there are {labels or 'none'}"
        raise NoAnswerError(msg)

    def unused(self) -> list[str]:
        return [each for route in self._routes for each in route.unused()]


_PART = re.compile(r"\{(\w+)\}")


class _Route:
    """One line of a table: a method, and a path or a URL with names in braces."""

    def __init__(self, label: str, answer: Any) -> None:
        self.label = label
        method, _, place = label.partition(" ")
        if not method.isupper() or not (place.startswith("/") or "://" in place):
            msg = f"`answers`: {label!r} is no route; write it like 'GET /things/{{id}}'"
            raise ConfigurationError(msg)
        self._method = method
        self._whole = "://" in place
        # Every second one is a name.
        parts = enumerate(_PART.split(place))
        pattern = "".join(f"(?P<{p}>[^/]+)" if i % 2 else re.escape(p) for i, p in parts)
        self._pattern = re.compile(pattern)
        listed = isinstance(answer, Sequence) and not isinstance(answer, str | bytes)
        self._queue = _Queue(answer) if listed else None
        self._answer = answer
        self._asked = False

    def parts_of(self, request: Request) -> dict[str, str] | None:
        """Return the named parts of the address, decoded; None if it is another one."""
        address = request.url.partition("?")[0] if self._whole else urlsplit(request.url).path
        found = self._pattern.fullmatch(address)
        if found is None or request.method != self._method:
            return None
        return {name: unquote(value) for name, value in found.groupdict().items()}

    def take(self, request: Request) -> Any:
        self._asked = True
        if self._queue is None:
            return self._answer
        try:
            return self._queue.take(request)[0]
        except NoAnswerError as exc:
            msg = f"{exc} for `{self.label}`"
            raise NoAnswerError(msg) from None

    def unused(self) -> list[str]:
        if self._queue is not None:
            return [f"`{self.label}` {left}" for left in self._queue.unused()]
        return [] if self._asked else [f"`{self.label}`"]
