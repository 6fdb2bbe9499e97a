"""Exchanges: calls, what must arrive at the server for them, and what it answers."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from operator import attrgetter
from pathlib import Path
from typing import Any, Self

import attrs

from .operations import SecurityScheme
from .typing import Credential

STREAMS = ("events", "lines")


@attrs.frozen
class Exchange:
    """
    One call of an operation, and what goes over the wire for it.

    Generated packages keep theirs in ``tests/exchanges.json``.

    Attributes:
        operation: The `operationId`.
        case: What the call is an example of, such as ``required`` or ``full``.
        call: Where the method is in the client, such as ``chat.completions.create``.
        request: What must arrive: method, path, query, headers, cookies, body and security.
        answer: Status, media type, more headers and body; ``events`` and ``lines`` are items of a
            stream.
        deprecated: Whether the call must be warned of.
    """

    operation: str
    case: str
    call: str
    request: Mapping[str, Any] = attrs.field(repr=False)
    answer: Mapping[str, Any] = attrs.field(repr=False)
    deprecated: bool = False
    _arguments: Mapping[str, Any] = attrs.field(factory=dict, repr=False)

    @classmethod
    def load(cls, path: str | Path) -> list[Self]:
        """Return the exchanges that a file holds, as a JSON array."""
        return [cls(**item) for item in json.loads(Path(path).read_text(encoding="utf-8"))]

    def __str__(self) -> str:
        return f"{self.call}-{self.case}"

    @property
    def arguments(self) -> dict[str, Any]:
        """The arguments of the call; files are pairs of name and content."""
        return {name: _unmarked(value) for name, value in self._arguments.items()}

    @property
    def streams(self) -> bool:
        """Whether the call gives its result item by item."""
        return any(kind in self.answer for kind in STREAMS)

    @property
    def strict(self) -> bool:
        """Whether the answer fits its schema; false where the document leaves no value that does."""
        return bool(self.answer.get("strict", True))

    @property
    def expected(self) -> Any:
        """What the result is, as JSON has it; bytes where it is no text."""
        if "base64" in self.answer:
            return b64decode(self.answer["base64"])
        return next((self.answer[k] for k in ("json", "text", *STREAMS) if k in self.answer), None)

    def start(self, client: Any) -> Any:
        """Call the method on *client*: the result, or for an asynchronous client its coroutine."""
        return attrgetter(self.call)(client)(**self.arguments)

    def differences(self, result: Any) -> list[str]:
        """
        Return how *result* differs from what was answered; empty where nothing is lost or added.

        Args:
            result: What the call gave; of a stream the list of its items.
        """
        return differences(self.expected, plain(result), "result")


def credentials_for(schemes: Mapping[str, SecurityScheme]) -> dict[str, Credential]:
    """
    Return a credential for each scheme that takes one; servers that only look accept them.

    Args:
        schemes: The security schemes of a client, by name.
    """
    found: dict[str, Credential] = {}
    for name, scheme in schemes.items():
        kind = (scheme.scheme or "").lower() if scheme.kind == "http" else scheme.kind
        if kind == "basic":
            found[name] = ("user", "password")
        elif kind in {"bearer", "oauth2", "openIdConnect"} or (kind == "apiKey" and scheme.name):
            found[name] = f"secret-{len(found)}"
    return found


def plain(value: Any) -> Any:
    """Return *value* with models as dictionaries, by their names on the wire."""
    if hasattr(value, "to_dict"):
        value = value.to_dict()
    if isinstance(value, Mapping):
        return {name: plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value


def differences(expected: Any, actual: Any, path: str) -> list[str]:
    """Return where two values of JSON differ, one sentence for each place."""
    if isinstance(expected, Mapping) and isinstance(actual, Mapping):
        found = [f"`{path}.{name}` is missing" for name in expected if name not in actual]
        found += [f"`{path}.{name}` is too much" for name in actual if name not in expected]
        for name in expected:
            if name in actual:
                found += differences(expected[name], actual[name], f"{path}.{name}")
        return found
    if _are_lists(expected, actual) and len(expected) == len(actual):
        pairs = enumerate(zip(expected, actual, strict=True))
        return [
            difference
            for index, (one, other) in pairs
            for difference in differences(one, other, f"{path}[{index}]")
        ]
    same = isinstance(expected, bool) is isinstance(actual, bool) and expected == actual
    if same or (isinstance(expected, str) and _is_date(expected, actual)):
        return []
    return [f"`{path}` is {_short(actual)} instead of {_short(expected)}"]


def _are_lists(expected: Any, actual: Any) -> bool:
    return isinstance(expected, Sequence) and all(
        not isinstance(value, str | bytes) and isinstance(value, Sequence)
        for value in (expected, actual)
    )


def _is_date(text: str, value: Any) -> bool:
    """Return whether *value* is the date, or the moment, that *text* names."""
    try:
        if isinstance(value, datetime):
            return datetime.fromisoformat(text.upper()) == value
        return isinstance(value, date) and date.fromisoformat(text) == value
    except (ValueError, TypeError):  # as with a moment that has a zone, and one that has none
        return False


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


def _unmarked(value: Any) -> Any:
    """Return an argument: bytes and files, for which JSON has no values, have a mark."""
    if isinstance(value, list):
        return [_unmarked(item) for item in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        [(mark, inner)] = value.items()
        if mark == "$bytes":
            return b64decode(inner)
        if mark == "$file":
            return inner[0], b64decode(inner[1])
        if mark == "$plain":
            value = inner
    return {name: _unmarked(item) for name, item in value.items()}
