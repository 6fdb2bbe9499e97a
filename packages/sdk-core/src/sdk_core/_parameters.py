"""Parameters: where the arguments of a call stand in its path, query, headers and cookies."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import quote, quote_plus

from ._encoding import dumped, encode_json, encode_query, is_list, present, text_of
from .errors import ConfigurationError

if TYPE_CHECKING:
    from .operations import Operation, Parameter

Write: TypeAlias = Callable[[Any], str]

# Beyond these a cookie would have to be quoted (RFC 6265 §4.1.1); style `cookie` quotes nothing.
_no_cookie = re.compile(r"[^!-~]|[\",;\\]").search
_no_header = re.compile(r"[\0\r\n]").search  # RFC 9110 §5.5
_DELIMITERS = {"spaceDelimited": "%20", "pipeDelimited": "%7C"}
_PREFIXES = {"label": ".", "matrix": ";"}


def place(
    operation: Operation[Any], arguments: Mapping[str, object], lists: str = ""
) -> tuple[str, list[str], dict[str, str]]:
    """
    Return the path, the parts of the query and the headers that *arguments* make.

    Lists and objects are written as each parameter's style says (OpenAPI 3.2, §4.12.3); inside
    them, None is left out, and what holds others yet is JSON. *lists* is written behind the names
    of lists in the query that are repeated.

    Raises:
        ConfigurationError: A required argument is missing or empty, or cannot be written.
    """
    path = operation.path
    query: list[str] = []
    headers: dict[str, str] = {}
    cookies: list[str] = []
    for parameter in operation.parameters:
        value = arguments.get(parameter.name)
        if not present(value):
            if parameter.required:
                msg = f"`{parameter.name}` is required by {operation.id}"
                raise ConfigurationError(msg)
            continue
        if parameter.media_type is None:
            value = value if type(value) is str else dumped(value)
        else:  # a text from here on, which no style takes apart
            value = _json(value, ascii_only=parameter.location == "header")
        if parameter.location == "path":
            text = _segment(parameter, value)
            if text in {"", ".", ".."}:  # the dots would lead to another path
                msg = f"`{parameter.name}` is part of the path of {operation.id}; it is {text!r}"
                raise ConfigurationError(msg)
            path = path.replace(f"{{{parameter.wire}}}", text)
        elif parameter.location == "query":
            query.append(in_query(parameter.wire, value, parameter.style, parameter.explode, lists))
        elif parameter.location == "header":
            items = list(_flat(value, parameter.explode, text_of))
            if any(map(_no_header, items)):  # not every engine would look
                msg = f"`{parameter.name}` is sent in a header, which cannot hold line ends or NUL"
                raise ConfigurationError(msg)
            if items:
                headers[parameter.wire] = ",".join(items)
        else:
            cookies += _cookies(parameter, value)
    if cookies:
        headers["cookie"] = "; ".join(cookies)
    return path, query, headers


def in_query(name: str, value: Any, style: str, explode: bool, lists: str = "") -> str:
    """
    Return *value* as a part of a query, or of an urlencoded form, in *style*.

    In ``deepObject``, the lists that OpenAPI leaves undefined repeat their name, and are numbered
    where they hold objects or are all there is: ``a[0][b]=c`` is what such servers read.
    """
    if type(value) is str:
        return encode_query({name: value})
    if style == "deepObject":
        return "&".join(_deep(name, value, numbered=True))
    if not isinstance(value, Mapping) and not is_list(value):
        return encode_query({name: value})
    if explode:
        return encode_query(value if isinstance(value, Mapping) else {name: value}, lists=lists)
    items = list(_flat(value, False, _plus))
    return f"{quote_plus(name)}={_DELIMITERS.get(style, ',').join(items)}" if items else ""


def _deep(name: str, value: Any, *, numbered: bool) -> Iterator[str]:
    value = dumped(value)
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _deep(f"{name}[{key}]", item, numbered=False)
    elif is_list(value):
        items = [dumped(item) for item in value if present(item)]
        numbered = numbered or any(isinstance(item, Mapping) or is_list(item) for item in items)
        for index, item in enumerate(items):
            yield from _deep(f"{name}[{index}]" if numbered else name, item, numbered=True)
    elif part := encode_query({name: value}):
        yield part


def _segment(parameter: Parameter, value: Any) -> str:
    """Write *value* for a path, in ``simple``, ``label`` or ``matrix``."""
    prefix = _PREFIXES.get(parameter.style, "")
    items = list(_flat(value, parameter.explode, _quoted))
    if not items:
        return ""
    if parameter.style != "matrix":
        return prefix + (prefix if prefix and parameter.explode else ",").join(items)
    name = _quoted(parameter.wire)
    if parameter.explode and isinstance(value, Mapping):
        return "".join(f";{item}" for item in items)
    if not parameter.explode:
        items = [",".join(items)]
    return "".join(f";{name}={item}" if item else f";{name}" for item in items)


def _cookies(parameter: Parameter, value: Any) -> Iterator[str]:
    """Write *value* as one cookie, or as one for each item where they are exploded."""
    raw = parameter.style == "cookie" and parameter.media_type is None
    items = list(_flat(value, parameter.explode, _unquoted if raw else quote))
    if parameter.explode and isinstance(value, Mapping):
        yield from items
    elif parameter.explode or not items:
        yield from (f"{parameter.wire}={item}" for item in items)
    else:
        yield f"{parameter.wire}={','.join(items)}"


def _flat(value: Any, explode: bool, write: Write) -> Iterator[str]:
    """Write the items of *value* in a row; those of an exploded object as ``key=item``."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            if present(item) and explode:
                yield f"{write(text_of(key))}={write(text_of(item))}"
            elif present(item):
                yield from (write(text_of(key)), write(text_of(item)))
    elif is_list(value):
        yield from (write(text_of(item)) for item in value if present(item))
    else:
        yield write(text_of(value))


def _plus(text: str) -> str:
    return quote_plus(text)


def _quoted(text: str) -> str:
    return quote(text, safe="")


def _unquoted(text: str) -> str:
    if _no_cookie(text):
        msg = f"{text!r} cannot be sent in a cookie, which is not quoted here"
        raise ConfigurationError(msg)
    return text


def _json(value: object, *, ascii_only: bool) -> str:
    text = encode_json(value).decode()
    # Headers are not percent-encoded; what they cannot carry, JSON can say in ASCII.
    return json.dumps(json.loads(text), separators=(",", ":")) if ascii_only else text


def is_switched(operation: Operation[Any], switch: str, arguments: Mapping[str, Any]) -> bool:
    """Return whether the parameter of the query that asks for a stream does so."""
    names = (parameter.name for parameter in operation.parameters if parameter.wire == switch)
    return any(arguments.get(name) is True for name in names)
