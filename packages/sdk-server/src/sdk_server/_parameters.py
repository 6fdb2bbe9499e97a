"""Read parameters and form bodies as typed values, guided by their schemas."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl

from ._documents import Document, Operation, Parameter
from ._problems import Fault
from ._violations import find_faults

_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,17})", re.ASCII)
_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]{1,2})?", re.ASCII)
_MAX_FIELDS = 1000


def read_parameters(
    document: Document,
    operation: Operation,
    *,
    path: Mapping[str, str],
    query: str,
    header: Callable[[str], str | None],
) -> tuple[dict[str, Any], list[Fault]]:
    """Return the values of an operation's parameters by name, and what is wrong with them.

    Args:
        document: Resolves references in schemas.
        operation: Declares the parameters; others are ignored.
        path: Decoded values of the path parameters.
        query: The query as it was sent, percent-encoded, without the question mark.
        header: Looks up a header by its name.
    """
    values: dict[str, Any] = {}
    faults: list[Fault] = []
    try:
        queried = _fields(query)
    except ValueError as error:
        return values, [Fault(location="query", message=str(error))]
    for parameter in operation.parameters:
        if parameter.deep:
            value: Any = _deep(document, parameter, queried)
            texts = list(value)
        else:
            texts = _texts(parameter, path, queried, header)
        if not texts:
            if parameter.required:
                faults.append(_fault(parameter, message="is required"))
            continue
        if not parameter.deep:
            value = convert(document, parameter.schema, texts, explode=parameter.explode)
        wrong = find_faults(document.validator(parameter.place), value, parameter.location)
        if isinstance(value, tuple):
            faults.append(_fault(parameter, message="is given more than once"))
        elif wrong:
            faults.extend(_fault(parameter, *fault.path, message=fault.message) for fault in wrong)
        else:
            values[parameter.name] = value
    return values, faults


def read_form(document: Document, schema: Mapping[str, Any], data: bytes) -> dict[str, Any]:
    """Return the fields of an `application/x-www-form-urlencoded` body, typed as their schemas say.

    Raises:
        ValueError: The body is no such form; the message says why.
    """
    try:
        text = data.decode("ascii")
    except UnicodeDecodeError:
        msg = "the form holds bytes that are not percent-encoded"
        raise ValueError(msg) from None
    members = members_of(document, schema)
    values = {}
    for name, texts in _fields(text).items():
        value = convert(document, members.get(name, {}), texts, explode=True)
        if len(texts) > 1 and not isinstance(value, list):
            msg = f"the field `{name}` is given more than once"
            raise ValueError(msg)
        values[name] = value
    return values


def _fields(text: str) -> dict[str, list[str]]:
    fields: dict[str, list[str]] = {}
    try:
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=_MAX_FIELDS)
    except UnicodeDecodeError:
        msg = "percent-encoded bytes are not UTF-8"
        raise ValueError(msg) from None
    except ValueError:
        msg = f"more than {_MAX_FIELDS} fields"
        raise ValueError(msg) from None
    for name, value in pairs:
        if not name:
            msg = "a field has no name"
            raise ValueError(msg)
        fields.setdefault(name, []).append(value)
    return fields


def _texts(
    parameter: Parameter,
    path: Mapping[str, str],
    query: Mapping[str, list[str]],
    header: Callable[[str], str | None],
) -> list[str]:
    if parameter.location == "path":
        return [path[parameter.name]]
    if parameter.location == "query":
        # Some clients, openai's among them, mark the names of lists.
        return [*query.get(parameter.name, ()), *query.get(f"{parameter.name}[]", ())]
    value = header(parameter.name)
    return [] if value is None else [value]


def _deep(
    document: Document, parameter: Parameter, query: Mapping[str, list[str]]
) -> dict[str, Any]:
    """Return the members of an object whose fields are called `name[member]`."""
    begin = f"{parameter.name}["
    members = members_of(document, parameter.schema)
    others: Mapping[str, Any] = next(
        iter(keyword_of(document, parameter.schema, "additionalProperties")), {}
    )
    return {
        key: convert(document, members.get(key, others), texts, explode=True)
        for name, texts in query.items()
        if name.startswith(begin) and name.endswith("]")
        for key in [name[len(begin) : -1]]
    }


def convert(
    document: Document, schema: Mapping[str, Any], texts: Sequence[str], *, explode: bool
) -> Any:
    """Return one value, a list for an array, or a tuple where one value was given several times."""
    types = set(types_of(document, schema))
    if "array" in types:
        parts = texts if explode or len(texts) > 1 else texts[0].split(",")
        items: Mapping[str, Any] = next(iter(keyword_of(document, schema, "items")), {})
        return [_scalar(text, set(types_of(document, items))) for text in parts]
    return _scalar(texts[0], types) if len(texts) == 1 else tuple(texts)


def _scalar(text: str, types: set[str]) -> Any:
    if types & {"integer", "number"} and _INTEGER.fullmatch(text):
        return int(text)
    if "number" in types and _NUMBER.fullmatch(text):
        return float(text)
    if "boolean" in types and text in ("true", "false"):
        return text == "true"
    return text


def types_of(document: Document, schema: Mapping[str, Any]) -> Iterable[str]:
    """Yield the types that a schema allows."""
    for types in keyword_of(document, schema, "type"):
        yield from (types,) if isinstance(types, str) else types


def members_of(document: Document, schema: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Return the schemas of an object's members."""
    return {
        name: member
        for properties in keyword_of(document, schema, "properties")
        for name, member in properties.items()
    }


def keyword_of(document: Document, schema: Mapping[str, Any], keyword: str) -> Iterable[Any]:
    """Yield the values of a keyword in a schema and in what it is composed of."""
    schema = document.resolve(schema)
    if keyword in schema:
        yield schema[keyword]
    for composition in ("allOf", "anyOf", "oneOf"):
        for part in schema.get(composition, ()):
            yield from keyword_of(document, part, keyword)


def _fault(parameter: Parameter, *path: str | int, message: str) -> Fault:
    return Fault(location=parameter.location, path=(parameter.name, *path), message=message)
