"""
Limits: what the consumer of events takes, and checks that name the field that breaks one.

The consumer reads with Rust's serde and then its validator; whatever they refuse is dropped there,
logged where nobody of the application looks. So each of their rules is checked here, before an
event is on its way: a string is a string, tokens are an unsigned number of 32 bits, every number is
finite, and text is Unicode that UTF-8 can carry.
"""

from __future__ import annotations

import math
import re
import sys
from array import array
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from operator import index
from typing import Any, Final, NoReturn, TypeGuard, TypeVar

from .errors import InvalidEventError

P = TypeVar("P")

MAX_TEXT: Final = 100_000
"""Characters (code points) of a prompt or a response."""
MAX_SERVICE_NAME: Final = 255
"""Characters of `service_name`, of which there is at least one."""
MAX_TOKENS: Final = 2**32 - 1
"""Of prompt and response together: the consumer adds them up in 32 bits."""
MAX_FLOAT32: Final = (2 - 2**-23) * 2.0**127
"""The largest number of an embedding, which the consumer keeps in single precision."""

_DOUBTFUL_LATENCY: Final = 600_000.0
_DOUBTFUL_TOKENS: Final = 128_000
_DOUBTFUL_COST: Final = 100.0
_SEQUENCES: Final = (list, tuple)
_UUID = re.compile(r"([0-9a-f]{8})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{12})")
_is_written = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}").fullmatch
_RFC3339 = re.compile(
    r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.\d+)?(?P<zone>[Zz]|[+-]\d\d:\d\d)?", re.ASCII
)


def refuse(field: str, fault: str) -> NoReturn:
    """
    Say of *field* what is wrong with it; *fault* never holds its value.

    Raises:
        InvalidEventError: Always.
    """
    msg = f"`{field}` {fault}"
    raise InvalidEventError(msg, field=field) from None


def kind(value: object) -> str:
    """Return what *value* is, for a message."""
    return "None" if value is None else type(value).__name__


def is_mapping(value: object) -> TypeGuard[Mapping[Any, Any]]:
    """Return whether *value* is one; a `dict` costs a tenth of what others do."""
    return type(value) is dict or isinstance(value, Mapping)


def _is_row(value: object) -> TypeGuard[Iterable[Any]]:
    """Return whether *value* is one thing after another: an array is, a string is not."""
    return type(value) in _SEQUENCES or (
        isinstance(value, Iterable) and not isinstance(value, str | bytes | Mapping)
    )


def row(field: str, value: object) -> Iterable[Any]:
    """Return *value* if it is one thing after another."""
    if not _is_row(value):
        refuse(field, f"must be a sequence, not {kind(value)}")
    return value


def unicode(value: str) -> str:
    """
    Return *value* as UTF-8 can carry it.

    Surrogates that stand in pairs become the characters that they stand for; alone, they become
    U+FFFD, the replacement character.
    """
    if type(value) is not str:
        value = str.__str__(value)  # of a subclass, the plain string
    if value.isascii():
        return value
    try:
        value.encode()
    except UnicodeEncodeError:
        return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return value


def string(field: str, value: object, *, most: int = sys.maxsize, least: int = 0) -> str:
    """Return *value* if it is a string, of *least* to *most* characters."""
    if not isinstance(value, str):
        refuse(field, f"must be a string, not {kind(value)}")
    text = unicode(value)
    if len(text) < least:
        refuse(field, "must not be empty")
    if len(text) > most:
        refuse(field, f"has {len(text)} characters; {most} are the most: cut it")
    return text


def service_name(value: object) -> str:
    """Return *value* if it can name a service."""
    return string("service_name", value, least=1, most=MAX_SERVICE_NAME)


def optional(field: str, value: object) -> str | None:
    """Return *value* if it is a string or None."""
    if value is None:
        return None
    if not isinstance(value, str):
        refuse(field, f"must be a string or None, not {kind(value)}")
    return unicode(value)


def tokens(field: str, value: object) -> int:
    """Return *value* if it is an unsigned number of 32 bits; what counts as one may be NumPy's."""
    try:
        number = None if isinstance(value, bool) else index(value)  # type: ignore[arg-type]  # raises
    except TypeError:
        number = None
    if number is None:
        refuse(field, f"must be a whole number, not {kind(value)}")
    if not 0 <= number <= MAX_TOKENS:
        refuse(field, f"must be from 0 to {MAX_TOKENS}")
    return number


def total(prompt_tokens: int, response_tokens: int) -> None:
    """Refuse tokens that the consumer cannot add up."""
    if prompt_tokens + response_tokens > MAX_TOKENS:
        refuse("response.tokens", f"and `prompt.tokens` together exceed {MAX_TOKENS}")


def amount(field: str, value: object) -> float:
    """Return *value* if it is a number that is finite and not negative; `Decimal` is one."""
    if type(value) is float and 0.0 <= value < math.inf:
        return value
    if isinstance(value, bool) or not (hasattr(value, "__float__") or hasattr(value, "__index__")):
        refuse(field, f"must be a number, not {kind(value)}")
    try:
        number = float(value)  # type: ignore[arg-type]  # has one of the two
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number):
        refuse(field, "must be finite")
    if number < 0:
        refuse(field, "must not be negative")
    return number


def embedding(field: str, value: Any) -> tuple[float, ...] | None:
    """Return *value*, a vector or None, as numbers that single precision can hold."""
    if value is None:
        return None
    if not _is_row(value):
        refuse(field, f"must be a sequence of numbers or None, not {kind(value)}")
    given = value.tolist() if hasattr(value, "tolist") else list(value)  # arrays know a fast way
    try:
        # An array would take truth values for numbers.
        numbers = None if bool in set(map(type, given)) else array("d", given).tolist()
    except (TypeError, OverflowError):
        numbers = None
    if numbers is None:
        refuse(field, "must hold numbers, and nothing else")
    # The sum is not finite if one of them is not.
    if numbers and not (
        math.isfinite(sum(numbers)) and max(numbers) <= MAX_FLOAT32 and min(numbers) >= -MAX_FLOAT32
    ):
        refuse(field, "must hold numbers that are finite in single precision")
    return tuple(numbers)


def strings(field: str, value: object) -> dict[str, str]:
    """Return *value* if it maps strings to strings."""
    if not is_mapping(value):
        refuse(field, f"must map strings to strings, not be {kind(value)}")
    found: dict[str, str] = {}
    for name, each in value.items():
        if not isinstance(name, str):
            refuse(field, f"must map strings to strings; a name is {kind(name)}")
        if not isinstance(each, str):
            shown = f"of {name!r}" if name.isidentifier() and len(name) <= 64 else "of one"
            fault = f"must map strings to strings; the value {shown} is {kind(each)}"
            refuse(field, f"{fault}: use `str()`")
        found[unicode(name)] = unicode(each)
    return found


def messages(field: str, value: object) -> list[str]:
    """Return *value* if it is a sequence of strings; a string by itself is none."""
    if not _is_row(value):
        refuse(field, f"must be a sequence of strings, not {kind(value)}")
    found = []
    for each in value:
        if not isinstance(each, str):
            refuse(field, f"must hold strings; one is {kind(each)}")
        found.append(unicode(each))
    return found


def part(field: str, value: object, parts: type[P]) -> P:
    """Return *value* if it is one of *parts*; instead of None, one that says nothing."""
    if value is None:
        return parts()
    if not isinstance(value, parts):
        refuse(field, f"must be a {parts.__name__}, not {kind(value)}")
    return value


def identifier(field: str, value: object) -> str:
    """Return *value*, a UUID or its text, as text in lower case with hyphens (RFC 9562 §4)."""
    if not isinstance(value, str):
        from uuid import UUID  # noqa: PLC0415  # who uses it has loaded it

        if not isinstance(value, UUID):
            refuse(field, f"must be a UUID, not {kind(value)}")
        return str(value)
    if _is_written(value):
        return value
    found = _UUID.fullmatch(value.lower()) if value.isascii() else None
    if found is None:
        refuse(field, "must be a UUID, as in 01890a5d-ac96-774b-bcce-b302099a8057")
    return "-".join(found.groups())


def instant(field: str, value: object) -> datetime:
    """
    Return *value*, an aware time or the text of one (RFC 3339), in UTC.

    Digits of a text beyond microseconds are dropped.
    """
    if isinstance(value, str):
        found = _RFC3339.fullmatch(value)
        if found is None:
            refuse(field, "must be a time as in RFC 3339: 2026-01-31T12:00:00.000000Z")
        if found["zone"] is None:
            refuse(field, "has no UTC offset: end it with `Z` if it is in UTC")
        try:
            value = datetime.fromisoformat(value.upper())
        except ValueError:
            refuse(field, "is no time that there is")
    elif not isinstance(value, datetime):
        refuse(field, f"must be a time or the text of one, not {kind(value)}")
    if value.utcoffset() is None:
        refuse(field, "has no time zone: use `datetime.now(UTC)`")
    try:
        return value.astimezone(UTC)
    except OverflowError:
        refuse(field, "is, in UTC, no time of the years 1 to 9999")


def doubtful(latency_ms: float, tokens: int, cost_usd: float) -> str | None:
    """
    Return the field that a consumer with its default settings turns down though it may be right.

    Whoever runs the consumer can set these bounds; an event is sent whatever they are. None: it
    keeps them all.

    Args:
        latency_ms: Of the call; ten minutes are the most.
        tokens: Of prompt and response together; 128,000 are the most.
        cost_usd: Of the call; 100 are the most.
    """
    if latency_ms > _DOUBTFUL_LATENCY:
        return "latency_ms"
    if tokens > _DOUBTFUL_TOKENS:
        return "response.tokens"
    return "cost_usd" if cost_usd > _DOUBTFUL_COST else None
