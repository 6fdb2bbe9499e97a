"""Encoding: from what programs hold to JSON, and to the names and values of a query."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from enum import Enum
from typing import Any, TypeGuard
from urllib.parse import quote_plus

from .errors import ConfigurationError
from .typing import NotGiven, Omit


def given(value: object) -> bool:
    """Return whether *value* is to be sent at all."""
    return not isinstance(value, (Omit, NotGiven))


def present(value: object) -> bool:
    """Return whether *value* is something where ``None`` says nothing: beside JSON."""
    return value is not None and given(value)


def is_model(value: object) -> bool:
    """Return whether *value* is an object of a model, of either flavour."""
    return hasattr(value, "model_dump") and not isinstance(value, type)


def dumped(value: Any) -> Any:
    """Return a model as the mapping or list that is sent for it, anything else as it is."""
    if is_model(value):
        # No warnings: what a server sent and no type fits was kept, and goes back as it came.
        options: dict[str, Any] = {"by_alias": True, "exclude_unset": True, "warnings": False}
        if excluded := getattr(value, "__api_exclude__", None):  # what only programs are to see
            options["exclude"] = excluded
        return value.model_dump(mode="json", **options)
    return value


def encode_json(value: object) -> bytes:
    """
    Return *value* as compact JSON in UTF-8.

    Models are sent as they were received or filled, without fields that nobody set; datetimes as
    RFC 3339, other iterables as lists.

    Raises:
        ConfigurationError: A value cannot be sent as JSON; the message says where it is.
    """
    try:
        try:
            return _json(value).encode()
        except _OmittedError:  # rare: only then is the whole body gone through
            return _json(_without_omitted(value)).encode()
    except (TypeError, ValueError) as exc:
        where = _find(value, "", ()) or "the body"
        msg = f"`{where}` cannot be sent as JSON: {exc}"
        raise ConfigurationError(msg) from exc
    except RecursionError as exc:
        msg = "the body cannot be sent as JSON: it is nested too deeply"
        raise ConfigurationError(msg) from exc


class _OmittedError(TypeError):
    """Something inside the body is to be left out."""


def _without_omitted(value: Any) -> Any:
    """Return *value* without the members of its objects that are not to be sent."""
    if isinstance(value, Mapping):
        return {name: _without_omitted(item) for name, item in value.items() if given(item)}
    if isinstance(value, list | tuple):
        return [_without_omitted(item) for item in value]
    if isinstance(value, Iterator):  # the first attempt has read from it
        msg = "beside an iterator nothing can be left out; make the iterator a list"
        raise TypeError(msg)
    return value


def _plain(value: Any) -> Any:
    """Return what JSON can say of *value*; called for what the encoder does not know."""
    if not given(value):
        msg = "`omit` leaves out a member of an object; here it stands for itself"
        raise _OmittedError(msg)
    if is_model(value):
        return dumped(value)
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {name: item for name, item in value.items() if given(item)}
    if isinstance(value, Iterable) and not isinstance(value, bytes | bytearray | memoryview):
        return list(value)
    if type(value).__name__ in {"UUID", "Decimal", "URL"}:
        return str(value)
    if isinstance(value, Enum):
        return value.value
    msg = f"{type(value).__name__} is no JSON value"
    raise TypeError(msg)


_json = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_plain
).encode


def _find(value: Any, path: str, above: tuple[int, ...]) -> str:
    """Return the path of the innermost value that cannot be encoded."""
    above = (*above, id(value))
    if isinstance(value, Mapping):
        inner = [(f"{path}.{name}" if path else str(name), item) for name, item in value.items()]
    elif isinstance(value, list | tuple):
        inner = [(f"{path}[{index}]", item) for index, item in enumerate(value)]
    else:
        inner = []
    for where, item in inner:
        try:
            _json(item).encode()
        except (TypeError, ValueError):
            # What holds itself would be looked into for ever.
            return where if id(item) in above else _find(item, where, above)
    return path


def encode_query(query: Mapping[str, object], *, lists: str = "") -> str:
    """
    Return *query* encoded: lists repeat their name, mappings nest as ``a[b]``.

    Args:
        query: Names and values; what is None or omitted is left out.
        lists: Written behind the name of a list; ``[]`` where a server expects ``a[]=1&a[]=2``.
    """
    if not isinstance(query, Mapping):
        msg = f"a query must be a mapping of names to values, not {type(query).__name__}"  # type: ignore[unreachable]
        raise ConfigurationError(msg)
    return "&".join(
        f"{quote_plus(text_of(name), safe='[]')}={quote_plus(text)}"
        for key, value in query.items()
        for name, text in _pairs(key if type(key) is str else text_of(key), value, lists)
    )


def _pairs(name: str, value: object, lists: str) -> Iterator[tuple[str, str]]:
    if type(value) is str:
        yield name, text_of(value)
        return
    if not present(value):
        return
    value = dumped(value)
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _pairs(f"{name}[{key}]", item, lists)
    elif is_list(value):
        for item in value:
            yield from _pairs(name + lists, item, lists)
    else:
        yield name, text_of(value)


def is_list(value: object) -> TypeGuard[Iterable[Any]]:
    """Return whether *value* holds others in a row."""
    return isinstance(value, Iterable) and not isinstance(value, str | bytes | Mapping)


def text_of(value: Any) -> str:
    """
    Return a single *value* as it stands in a URL, a header or a form.

    What holds others has no text of its own there, and is written as JSON.

    Raises:
        ConfigurationError: It has no text that anybody but Python would understand.
    """
    if type(value) is str:
        text = value
    elif value is True or value is False:
        return "true" if value else "false"
    elif isinstance(value, bytes):
        return value.decode("latin-1")
    elif isinstance(value, Enum):  # the name of a `str` that is an Enum is no value on the wire
        return text_of(value.value)
    elif isinstance(value, Mapping) or is_list(value) or is_model(value):
        return encode_json(value).decode()
    elif callable(value) or _is_bare(type(value)):  # such as a method that nobody called
        msg = f"{value!r} cannot be sent as text"
        raise ConfigurationError(msg)
    else:
        text = value.isoformat() if hasattr(value, "isoformat") else str(value)
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            msg = f"{text!r} cannot be sent: it holds half of a surrogate pair"
            raise ConfigurationError(msg) from None
    return text


def _is_bare(cls: Any) -> bool:
    """Return whether objects of *cls* say nothing of themselves but where they are in memory."""
    return bool(cls.__str__ is object.__str__ and cls.__repr__ is object.__repr__)
