"""Encoding: from the arguments of a call to the URL and body of a request."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import Enum
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, quote_plus

from .errors import ConfigurationError
from .typing import NotGiven, Omit

if TYPE_CHECKING:
    from .operations import Operation, Parameter


def given(value: object) -> bool:
    """Return whether *value* is to be sent at all."""
    return not isinstance(value, Omit | NotGiven)


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
    if hasattr(value, "model_dump"):
        # No warnings: what a server sent and no type fits was kept, and goes back as it came.
        return value.model_dump(mode="json", by_alias=True, exclude_unset=True, warnings=False)
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


def encode_form(value: object) -> bytes:
    """Return *value* as ``application/x-www-form-urlencoded``; nested names as ``a[b]``."""
    if not isinstance(value, Mapping):
        msg = f"a form needs a mapping of names to values, not {type(value).__name__}"
        raise ConfigurationError(msg)
    return encode_query(value).encode()


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
        f"{quote_plus(name, safe='[]')}={quote_plus(text)}"
        for key, value in query.items()
        for name, text in _pairs(key, value, lists)
    )


def _pairs(name: str, value: object, lists: str) -> Iterator[tuple[str, str]]:
    if value is None or not given(value):
        return
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _pairs(f"{name}[{key}]", item, lists)
    elif isinstance(value, Iterable) and not isinstance(value, str | bytes):
        for item in value:
            yield from _pairs(name + lists, item, lists)
    else:
        yield name, text_of(value)


def text_of(value: Any) -> str:
    """Return a single *value* as it stands in a URL, a header or a form."""
    if value is True or value is False:
        return "true" if value else "false"
    if isinstance(value, bytes):
        return value.decode("latin-1")
    if isinstance(value, Enum):  # the name of a `str` that is an Enum is no value on the wire
        return text_of(value.value)
    text = value.isoformat() if hasattr(value, "isoformat") else str(value)
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            msg = f"{text!r} cannot be sent: it holds half of a surrogate pair"
            raise ConfigurationError(msg) from None
    return text


def place(
    operation: Operation[Any], arguments: Mapping[str, object]
) -> tuple[str, list[str], dict[str, str]]:
    """
    Return the path, the parts of the query and the headers that *arguments* make.

    Lists and objects are written as each parameter's style says (OpenAPI 3.2, §4.12.2).

    Raises:
        ConfigurationError: A required argument is missing or empty.
    """
    path = operation.path
    query: list[str] = []
    headers: dict[str, str] = {}
    cookies: list[str] = []
    for parameter in operation.parameters:
        value = arguments.get(parameter.name)
        if value is None or not given(value):
            if parameter.required:
                msg = f"`{parameter.name}` is required by {operation.id}"
                raise ConfigurationError(msg)
            continue
        if parameter.location == "path":
            text = _joined(parameter, value, _quoted)
            if text in {"", ".", ".."}:  # the dots would lead to another path
                msg = f"`{parameter.name}` is part of the path of {operation.id}; it is {text!r}"
                raise ConfigurationError(msg)
            path = path.replace(f"{{{parameter.wire}}}", text)
        elif parameter.location == "query":
            query.append(_query_part(parameter, value))
        elif parameter.location == "header":
            headers[parameter.wire] = _joined(parameter, value)
        else:
            cookies.append(f"{parameter.wire}={quote(_joined(parameter, value))}")
    if cookies:
        headers["cookie"] = "; ".join(cookies)
    return path, query, headers


_SEPARATORS = {"spaceDelimited": "%20", "pipeDelimited": "|"}


def _query_part(parameter: Parameter, value: object) -> str:
    name = parameter.wire
    if isinstance(value, Mapping) and parameter.style != "deepObject" and parameter.explode:
        return encode_query(value)
    if isinstance(value, Mapping) or parameter.explode or isinstance(value, str | bytes):
        if isinstance(value, Mapping) and parameter.style != "deepObject":
            return f"{quote_plus(name)}={_joined(parameter, value, _quoted)}"
        return encode_query({name: value})
    if isinstance(value, Iterable):
        separator = _SEPARATORS.get(parameter.style, ",")
        return f"{quote_plus(name)}={separator.join(quote_plus(text_of(v)) for v in value)}"
    return encode_query({name: value})


def _joined(parameter: Parameter, value: object, write: Callable[[Any], str] = text_of) -> str:
    """Write *value* in style ``simple``: ``a,b`` for lists, ``k,v`` or ``k=v`` for objects."""
    if isinstance(value, Mapping):
        link = "=" if parameter.explode else ","
        return ",".join(f"{write(key)}{link}{write(item)}" for key, item in value.items())
    if isinstance(value, Iterable) and not isinstance(value, str | bytes):
        return ",".join(map(write, value))
    return write(value)


def _quoted(value: object) -> str:
    return quote(text_of(value), safe="")
